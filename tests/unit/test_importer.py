"""An import of a history that goes round in circles."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from connector.errors import ProviderUnavailable
from connector.history.importer import Importer
from connector.ledger import open_ledger
from connector.model import Account, HistoryPage
from tests.ledger.samples import account

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Circle:
    """A helpdesk whose cursors come again after some pages."""

    def __init__(self, length: int) -> None:
        self.length, self.asked = length, 0

    def history(self, account: Account, *, cursor: str | None, since: datetime | None, now: datetime) -> HistoryPage:
        self.asked += 1
        return HistoryPage(tickets=(), cursor=str(self.asked % self.length), more=self.asked < 500)


@pytest.mark.parametrize("length", [1, 2, 7, 30])
def test_a_history_that_goes_in_circles_is_an_error_and_not_read_for_ever(tmp_path: Path, length: int) -> None:
    ledger = open_ledger(f"sqlite:///{tmp_path / 'handrail.db'}", keys=(Fernet.generate_key().decode(),))
    try:
        ledger.migrate()
        ledger.accounts.add(account("acme"), now=NOW)
        known = ledger.accounts.get("acme")
        assert known is not None
        desk = Circle(length)
        importer = Importer(ledger=ledger, clock=lambda: NOW, pause=lambda _: None)
        with pytest.raises(ProviderUnavailable, match="does not move on"):
            importer.run(known, desk, since=None, report=lambda _: None)  # type: ignore[arg-type] - the one verb that is used
        assert desk.asked <= 4 * length
    finally:
        ledger.close()
