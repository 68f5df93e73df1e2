"""One folder per case: what a mail program sent beside what its author wrote newly."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.plaintext import html_to_text, newest_html_text, newest_text, visible_text

CASES = sorted(path for path in (Path(__file__).parent / "cases").iterdir() if path.is_dir())


def _read(case: Path) -> tuple[str, bool]:
    html = case / "input.html"
    source = html if html.exists() else case / "input.txt"
    return source.read_text(encoding="utf-8"), html.exists()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_newest_text_is_what_the_author_wrote(case: Path) -> None:
    raw, is_html = _read(case)
    found = newest_html_text(raw) if is_html else newest_text(raw)
    assert found == (case / "expected.txt").read_text(encoding="utf-8").strip()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_nothing_is_invented(case: Path) -> None:
    raw, is_html = _read(case)
    whole = html_to_text(raw) if is_html else visible_text(raw)
    found = newest_html_text(raw) if is_html else newest_text(raw)
    assert found
    assert set(found.split()) <= set(whole.split())


def test_every_kind_of_client_is_covered() -> None:
    names = [case.name for case in CASES]
    assert len(names) >= 24
    for client in ("gmail", "outlook_en", "outlook_de", "apple_mail", "thunderbird", "mobile"):
        mine = [case for case in CASES if case.name.startswith(client)]
        assert {_read(case)[1] for case in mine} == {True, False}, client
