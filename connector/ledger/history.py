"""Imported history and the results of back-tests; both are read in pages, so that a million tickets fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from connector.errors import StoreError
from connector.ledger.codec import from_text, to_text
from connector.ledger.database import Database, Executor, Row, Value
from connector.ledger.documents import forget_replies
from connector.ledger.moments import micros, moment, optional_moment
from connector.ledger.past import past_from_text, past_to_text, rating_to_text
from connector.model import HistoryPage, PastTicket
from connector.ports.history import ImportState, StoredPast, StoredResult

PAGE = 200
_FROM_THE_START = datetime(1970, 1, 1, tzinfo=UTC)
_AFTER_ALL = (1 << 63) - 1


class SqlHistory:
    """The History port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, account_id: str, page: HistoryPage, *, since: datetime | None, now: datetime) -> None:
        """Store tickets, ratings, deletions and the cursor together, or nothing."""
        rows: list[dict[str, Value]] = [
            {
                "ticket_id": past.ticket.id,
                "created_at": micros(past.ticket.created_at),
                "updated_at": micros(past.ticket.updated_at),
                "body": past_to_text(past),
                "rating": rating_to_text(past.rating),
            }
            for past in page.tickets
        ]

        def unit(transaction: Executor) -> None:
            if transaction.one("lock_account", id=account_id) is None:
                raise StoreError(f"there is no account {account_id}")
            for row in rows:
                transaction.run("put_past", account_id=account_id, **row)
            for ticket_id in page.gone:
                _forget(transaction, account_id, ticket_id)
            for ticket_id, rating in page.ratings.items():
                transaction.run("rate_past", account_id=account_id, ticket_id=ticket_id, rating=rating_to_text(rating))
            transaction.run(
                "move_import",
                account_id=account_id,
                position=page.cursor,
                since=micros(since or _FROM_THE_START),
                now=micros(now),
                finished_at=None if page.more else micros(now),
            )

        self._database.write(unit)

    def imported(self, account_id: str) -> ImportState | None:
        """How far the import is."""
        row = self._database.read(lambda view: view.one("import", account_id=account_id))
        if row is None:
            return None
        return ImportState(
            cursor=row["position"],
            since=moment(row["since"]) if row["since"] else None,
            moved_at=moment(row["moved_at"]),
            finished_at=optional_moment(row["finished_at"]),
        )

    def count(self, account_id: str) -> int:
        """How many past tickets there are."""
        row = self._database.read(lambda view: view.one("count_history", account_id=account_id))
        return int(row["count"]) if row else 0

    def stored(self, account_id: str, *, limit: int | None = None) -> Iterator[StoredPast]:
        """The newest first."""
        before_at, before_id, left = _AFTER_ALL, "", limit
        while left is None or left > 0:
            size = PAGE if left is None else min(PAGE, left)
            rows = self._page(account_id, before_at, before_id, size)
            yield from (_stored(row) for row in rows)
            if len(rows) < size:
                return
            before_at, before_id = rows[-1]["created_at"], rows[-1]["ticket_id"]
            left = None if left is None else left - size

    def tickets(self, account_id: str, *, limit: int | None = None) -> Iterator[PastTicket]:
        """The newest first, read."""
        return (past_from_text(item.body, item.rating) for item in self.stored(account_id, limit=limit))

    def forget(self, account_id: str, ticket_id: str) -> None:
        """Erase one ticket and every result on it."""
        self._database.write(lambda transaction: _forget(transaction, account_id, ticket_id))

    def put_results(self, account_id: str, run: str, results: Iterable[StoredResult], *, now: datetime) -> None:
        """Store what a run found."""
        rows = [(item.ticket_id, micros(item.updated_at), to_text(item.body)) for item in results]

        def unit(transaction: Executor) -> None:
            if transaction.one("lock_account", id=account_id) is None:
                raise StoreError(f"there is no account {account_id}")
            for ticket_id, updated_at, body in rows:
                transaction.run(
                    "put_result",
                    account_id=account_id,
                    run=run,
                    ticket_id=ticket_id,
                    updated_at=updated_at,
                    now=micros(now),
                    body=body,
                )

        self._database.write(unit)

    def done(self, account_id: str, run: str, stored: Iterable[StoredPast]) -> frozenset[str]:
        """Which of these tickets, as they are now, the run has a result for."""
        asked = [(item.ticket_id, micros(item.updated_at)) for item in stored]

        def unit(view: Executor) -> frozenset[str]:
            return frozenset(
                ticket_id
                for ticket_id, updated_at in asked
                if view.one("has_result", account_id=account_id, run=run, ticket_id=ticket_id, updated_at=updated_at)
            )

        return self._database.read(unit)

    def results(self, account_id: str, run: str) -> Iterator[StoredResult]:
        """By ticket id."""
        after = ""
        while True:
            rows = self._results(account_id, run, after)
            for row in rows:
                yield StoredResult(
                    ticket_id=row["ticket_id"], updated_at=moment(row["updated_at"]), body=from_text(row["body"])
                )
            if len(rows) < PAGE:
                return
            after = rows[-1]["ticket_id"]

    def _page(self, account_id: str, before_at: int, before_id: str, size: int) -> list[Row]:
        where = {"account_id": account_id, "before_id": before_id}
        return list(self._database.read(lambda view: view.all("past_page", **where, before_at=before_at, limit=size)))

    def _results(self, account_id: str, run: str, after: str) -> list[Row]:
        where = {"account_id": account_id, "run": run, "after": after}
        return list(self._database.read(lambda view: view.all("results", **where, limit=PAGE)))


def _forget(transaction: Executor, account_id: str, ticket_id: str) -> None:
    for statement in ("drop_past", "drop_results_of_ticket"):
        transaction.run(statement, account_id=account_id, ticket_id=ticket_id)
    forget_replies(transaction, account_id, ticket_id)


def _stored(row: Row) -> StoredPast:
    return StoredPast(
        ticket_id=row["ticket_id"],
        created_at=moment(row["created_at"]),
        updated_at=moment(row["updated_at"]),
        body=row["body"],
        rating=row["rating"],
    )
