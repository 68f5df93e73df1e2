"""What the documents promise is there, and what is there is documented."""

import re
import subprocess
from pathlib import Path

from connector import settings

ROOT = Path(__file__).parents[2]
TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
PAGES = [ROOT / name for name in TRACKED if name.endswith(".md")]


def test_every_setting_is_documented_with_its_name_in_the_file() -> None:
    text = (ROOT / "docs/reference/settings.md").read_text()
    documented = dict(re.findall(r"^\| `(HANDRAIL_\w+)` \| `(\w+)` \|", text, re.MULTILINE))
    assert documented == {variable: key for key, (variable, _) in settings._READERS.items()}


def test_every_local_link_leads_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_every_make_target_of_the_readme_exists() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^make (\w[\w-]*)", (ROOT / "README.md").read_text(), re.MULTILINE))
    assert targets
    assert {target for target in targets if not re.search(rf"^{target}:", makefile, re.MULTILINE)} == set()


def test_every_place_the_readme_names_exists() -> None:
    table = (ROOT / "README.md").read_text().split("## Where things are")[1]
    places = [
        place
        for place in re.findall(r"`((?:connector|providers|mappings|migrations|docs)/[\w./-]*)`", table)
        if "<" not in place
    ]
    assert len(places) > 6
    assert [place for place in places if not (ROOT / place).exists()] == []


def test_requirement_files_hold_hashes_and_no_address() -> None:
    for name in ("runtime", "build", "dev", "encoder"):
        text = (ROOT / f"requirements/{name}.txt").read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|^--", text, re.MULTILINE)
        assert not re.search(r"^[a-z0-9-]+(?!.*==)", text, re.MULTILINE | re.IGNORECASE)
