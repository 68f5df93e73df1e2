"""Deliveries: stored once, durable before they are acknowledged."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from connector.errors import StoreError
from connector.ledger.database import Clash, Database, Executor, Row
from connector.ledger.moments import micros, moment, new_id, optional_micros, optional_moment
from connector.records import Delivery, EventState, Receipt, StoredEvent

NO_TICKET_ID = "no_ticket_id"
ACCOUNT_REMOVED = "account_removed"


class SqlInbox:
    """The Inbox port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receive(self, delivery: Delivery) -> Receipt:
        """Store one delivery; on disk when this returns."""
        return self.receive_many((delivery,))[0]

    def receive_many(self, deliveries: Iterable[Delivery]) -> tuple[Receipt, ...]:
        """Store a page in one transaction; receipts in the order of the deliveries."""
        page = tuple(deliveries)
        if not page:
            return ()
        try:
            return self._database.write(lambda transaction: receive(transaction, page))
        except Clash as error:
            raise StoreError(f"a delivery for an account that is not in the ledger ({error})") from error

    def events(
        self, *, account_id: str | None = None, state: str | None = None, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """Newest first."""
        rows = self._database.read(lambda view: _listed(view, account_id, state, limit))
        return tuple(stored_event(row) for row in rows)

    def replay(self, event_id: str, *, now: datetime) -> bool:
        """Let a finished event wait again. False also for an event that names no ticket or waits already."""
        return self._database.write(lambda transaction: _replay(transaction, event_id, now))

    def dismiss(self, event_id: str, *, now: datetime) -> bool:
        """A dead event is ignored from now on; why it died stays known."""
        changed = self._database.write(
            lambda transaction: transaction.run("dismiss_event", id=event_id, now=micros(now))
        )
        return changed > 0


def stored_event(row: Row) -> StoredEvent:
    """One row of the inbox as a value."""
    return StoredEvent(
        id=row["id"],
        account_id=row["account_id"],
        ticket_id=row["ticket_id"],
        kind=row["kind"],
        vendor_kind=row["vendor_kind"],
        state=EventState(row["state"]),
        received_at=moment(row["received_at"]),
        due_at=moment(row["due_at"]),
        reason=row["reason"],
        finished_at=optional_moment(row["finished_at"]),
    )


def _listed(view: Executor, account_id: str | None, state: str | None, limit: int) -> Sequence[Row]:
    if state == EventState.DEAD:
        return view.all("list_dead_events", account_id=account_id, limit=limit)
    if account_id is None:
        return view.all("list_events", state=state, limit=limit)
    return view.all("list_account_events", account_id=account_id, state=state, limit=limit)


def receive(transaction: Executor, page: Sequence[Delivery]) -> tuple[Receipt, ...]:
    """Store a page within a transaction; receipts in the order of the deliveries.

    Rows are touched in one global order, so that two pages never wait for each other in a circle."""
    receipts: dict[int, Receipt] = {}
    by_key = sorted(range(len(page)), key=lambda index: (page[index].account_id, page[index].event.key))
    for index in by_key:
        receipts[index] = _insert(transaction, page[index])
    fresh = [
        (delivery.account_id, delivery.event.ticket_id, receipts[index].event_id, delivery)
        for index, delivery in enumerate(page)
        if not receipts[index].duplicate and _waits(delivery) and delivery.event.ticket_id is not None
    ]
    for account_id, ticket_id, event_id, delivery in sorted(fresh, key=lambda item: item[:3]):
        if not _schedule(transaction, account_id, ticket_id, delivery.received_at, delivery.due_at):
            _end(transaction, account_id, event_id, delivery.received_at)
    return tuple(receipts[index] for index in range(len(page)))


def _waits(delivery: Delivery) -> bool:
    return delivery.event.ticket_id is not None and delivery.event.ignore is None


def _insert(transaction: Executor, delivery: Delivery) -> Receipt:
    event = delivery.event
    if _waits(delivery):
        state, reason = EventState.WAITING, ""
    elif event.ignore is not None:
        state, reason = EventState.IGNORED, event.ignore
    else:
        state, reason = EventState.DEAD, NO_TICKET_ID
    row = transaction.one(
        "insert_event",
        account_id=delivery.account_id,
        id=new_id(delivery.received_at),
        event_key=event.key,
        ticket_id=event.ticket_id,
        kind=event.kind,
        vendor_kind=event.vendor_kind,
        occurred_at=optional_micros(event.occurred_at),
        state=state,
        reason=reason,
        received_at=micros(delivery.received_at),
        due_at=micros(delivery.due_at),
        finished_at=None if state is EventState.WAITING else micros(delivery.received_at),
    )
    if row is not None:
        return Receipt(event_id=row["id"], duplicate=False)
    row = transaction.one("event_by_key", account_id=delivery.account_id, event_key=event.key)
    if row is None:
        raise StoreError("an event vanished while it was received")
    return Receipt(event_id=row["id"], duplicate=True)


def _schedule(
    transaction: Executor, account_id: str, ticket_id: str | None, waits_from: datetime, due_at: datetime
) -> bool:
    changed = transaction.run(
        "schedule_ticket",
        account_id=account_id,
        ticket_id=ticket_id,
        waits_from=micros(waits_from),
        due_at=micros(due_at),
        settle=max(0, micros(due_at) - micros(waits_from)),
    )
    return changed > 0


def _end(transaction: Executor, account_id: str, event_id: str, now: datetime) -> None:
    transaction.run(
        "end_event",
        account_id=account_id,
        id=event_id,
        state=EventState.IGNORED,
        reason=ACCOUNT_REMOVED,
        now=micros(now),
    )


def _replay(transaction: Executor, event_id: str, now: datetime) -> bool:
    row = transaction.one("replay_event", id=event_id, now=micros(now))
    if row is None:
        return False
    account_id, ticket_id = row["account_id"], row["ticket_id"]
    if not _schedule(transaction, account_id, ticket_id, now, now):
        _end(transaction, account_id, event_id, now)
        return False
    transaction.run("reopen_failed_note", account_id=account_id, ticket_id=ticket_id, now=micros(now))
    transaction.run("hurry_ticket", account_id=account_id, ticket_id=ticket_id, now=micros(now))
    return True
