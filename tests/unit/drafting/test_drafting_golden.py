"""The drafts of `golden_drafts.md`: read the difference as the customer would."""

from __future__ import annotations

from golden_drafts import FILE, render


def test_the_drafts_read_as_they_were_approved() -> None:
    written = render()
    assert written == FILE.read_text(encoding="utf-8"), "read the change; then run golden_drafts.py to keep it"
