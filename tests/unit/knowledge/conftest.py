"""A ledger for what is about the team's own texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.ledger import SqlLedger, open_ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(str(tmp_path / "handrail.db"), keys=("a-key-for-tests-only",))
    opened.migrate()
    yield opened
    opened.close()
