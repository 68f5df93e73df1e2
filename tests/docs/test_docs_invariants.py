"""The page of invariants names tests that exist and mistakes that can still be made."""

import re
import subprocess
import sys
from pathlib import Path

from tests.breaks import BREAKS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/explanation/invariants.md").read_text(encoding="utf-8")
INVARIANTS = [f"I{number}" for number in range(1, 11)]


def named(text: str) -> set[str]:
    """The tests that a text names by path and name."""
    return set(re.findall(r"`(tests/[\w/]+\.py::\w+)`", text))


def test_every_named_test_is_collected() -> None:
    names = sorted(named(PAGE))
    assert len(names) > 20
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *names]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


def test_every_invariant_has_tests_and_a_mistake() -> None:
    rows = {
        row[0]: row[1] for row in re.findall(r"^\| (I\d+) \|(.+)\|$", PAGE.split("## Seen to fail")[0], re.MULTILINE)
    }
    assert sorted(rows) == sorted(INVARIANTS)
    assert {invariant for invariant, row in rows.items() if not named(row)} == set()
    assert {broken.invariant for broken in BREAKS} == set(INVARIANTS)


def test_the_mistakes_of_the_page_are_those_that_are_planted() -> None:
    rows = re.findall(r"^\| (I\d+) \| `([^`]+)` \| `(.+?)` \| `(.+?)` \| `([^`]+)` \|$", PAGE, re.MULTILINE)
    planted = [(item.invariant, item.file, item.old, item.new, item.test) for item in BREAKS]
    assert rows == planted


def test_every_mistake_can_be_made_in_one_place() -> None:
    places = {item: (ROOT / item.file).read_text(encoding="utf-8").count(item.old) for item in BREAKS}
    assert {item.old: count for item, count in places.items() if count != 1} == {}
