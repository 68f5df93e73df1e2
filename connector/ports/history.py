"""The port to imported history and to what back-tests made of it [O1]."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from connector.model import HistoryPage, PastTicket


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportState:
    """How far an import is. `since` None = everything; `finished_at` None = not at its end yet."""

    cursor: str
    since: datetime | None
    moved_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPast:
    """A past ticket as it is stored: `body` and `rating` are texts that `connector.ledger.past` reads."""

    ticket_id: str
    created_at: datetime
    updated_at: datetime
    body: str = field(repr=False)
    rating: str


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredResult:
    """What one run made of one ticket."""

    ticket_id: str
    updated_at: datetime
    body: Mapping[str, object] = field(repr=False)


class History(Protocol):
    """Past tickets of the accounts. They go with the account."""

    def keep(self, account_id: str, page: HistoryPage, *, since: datetime | None, now: datetime) -> None:
        """Store a page and its cursor in ONE transaction; a known ticket is replaced. StoreError: no account."""

    def imported(self, account_id: str) -> ImportState | None:
        """How far the import is; None before the first page."""

    def count(self, account_id: str) -> int:
        """How many past tickets there are."""

    def stored(self, account_id: str, *, limit: int | None = None) -> Iterator[StoredPast]:
        """The newest first, a page in memory at a time."""

    def tickets(self, account_id: str, *, limit: int | None = None) -> Iterator[PastTicket]:
        """The same, read."""

    def forget(self, account_id: str, ticket_id: str) -> None:
        """Erase one ticket and every result on it."""

    def put_results(self, account_id: str, run: str, results: Iterable[StoredResult], *, now: datetime) -> None:
        """Store what a run found, in one transaction."""

    def done(self, account_id: str, run: str, stored: Iterable[StoredPast]) -> frozenset[str]:
        """Which of these tickets, as they are now, the run has a result for."""

    def results(self, account_id: str, run: str) -> Iterator[StoredResult]:
        """By ticket id, a page in memory at a time."""
