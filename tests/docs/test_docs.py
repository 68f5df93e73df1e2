"""What the documents promise is there, and what is there is documented."""

import re
import subprocess
from pathlib import Path

import rich_click as click

from connector import settings
from connector.cli import handrail

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


def test_every_page_is_linked_from_another() -> None:
    linked = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)\s#]+)", page.read_text())
        if (page.parent / target).resolve() != page
    }
    folders = {place for place in linked if place.is_dir()}
    alone = [
        str(page.relative_to(ROOT))
        for page in PAGES
        if page.is_relative_to(ROOT / "docs") and page not in linked and page.parent not in folders
    ]
    assert alone == []


def test_every_place_in_a_page_that_is_linked_is_there() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}#{heading}"
        for page in PAGES
        for target, heading in re.findall(r"\]\((?!https?:|mailto:)([^)\s#]*)#([^)\s]+)\)", page.read_text())
        if heading not in _headings((page.parent / target) if target else page)
    ]
    assert broken == []


def _headings(page: Path) -> set[str]:
    """The headings of a page as addresses: small letters, dashes for spaces, no other signs."""
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_every_command_in_a_page_exists_with_its_options() -> None:
    told = [(page, line) for page in PAGES for found in _commands(page.read_text()) for line in _each(found)]
    wrong = [f"{page.relative_to(ROOT)}: {line}" for page, line in told if not _is_command(line)]
    assert wrong == []
    assert len(told) > 50


def _commands(text: str) -> list[str]:
    """What pages tell people to run: in backticks, or as a line of a block, goes on after a backslash."""
    joined = text.replace("\\\n", " ")
    block = re.findall(r"^(?:\w+=\S+ )*handrail ([a-z][^#|\n]*)", joined, re.MULTILINE)
    return [*re.findall(r"`(?:\w+=\S+ )*handrail ([a-z][^`]*)`", joined), *block]


def _each(line: str) -> list[str]:
    """One line for each of the alternatives in `knowledge list|add`."""
    several = re.search(r"(?<=\s)\w+(?:\|\w+)+", line)
    return [line.replace(several[0], one) for one in several[0].split("|")] if several else [line]


def _is_command(line: str) -> bool:
    command: click.Command = handrail
    words = line.split("&&")[0].split()
    while words and isinstance(command, click.Group) and words[0] in command.commands:
        command = command.commands[words.pop(0)]
    if isinstance(command, click.Group) and not command.invoke_without_command:
        return command is not handrail and not words  # the name of a group as a whole
    known = {name for item in command.params for name in (*item.opts, *item.secondary_opts)} | {"--help"}
    return {
        word.split("=")[0].strip("[]().,") for word in words if word.startswith(("-", "[-")) and word != "-"
    } <= known
