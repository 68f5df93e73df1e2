"""Hand-offs nobody took, alarms, poll cursors, audit, and the check of the chains."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from connector.ledger.chain import Chain, Entry
from connector.ledger.database import Database, Executor, Row, Value
from connector.ledger.decisions import receipt_entry
from connector.ledger.moments import micros, moment, new_id
from connector.ledger.rewind import bring_back, horizon
from connector.records import Alarm, AuditEntry, HandOff

NOT_TAKEN = "hand_off_not_taken"
"""The kind of the alarm that tells of an overdue card; the same word stands in watch.sql."""


class SqlWatch:
    """The Watch port."""

    def __init__(self, database: Database, audit: Callable[[], Chain], receipts: Callable[[], Chain]) -> None:
        self._database = database
        self._audit = audit
        self._receipts = receipts

    def hand_offs_overdue(self, *, now: datetime) -> tuple[HandOff, ...]:
        """Cards past their time that nobody took and no open alarm tells of."""
        ahead, rows = self._database.read(
            lambda view: (
                view.one("hand_offs_ahead", horizon=horizon(now)),
                view.all("overdue_hand_offs", now=micros(now)),
            )
        )
        if ahead:  # those are not overdue, by either clock
            bring_back(self._database, "bring_hand_offs_back", now)
        return tuple(
            HandOff(
                account_id=row["account_id"],
                ticket_id=row["ticket_id"],
                effect_id=row["effect_id"],
                intent=row["intent"],
                owner=row["owner"],
                since=moment(row["since"]),
                take_by=moment(row["take_by"]),
            )
            for row in rows
        )

    def take_hand_off(self, account_id: str, ticket_id: str, *, now: datetime) -> None:
        """The ticket's open cards are taken, and the alarm that nobody took them is over."""

        def unit(transaction: Executor) -> None:
            where: dict[str, Value] = {"account_id": account_id, "now": micros(now)}
            if transaction.run("take_hand_offs", ticket_id=ticket_id, **where):
                transaction.run("clear_alarm", kind=NOT_TAKEN, subject=ticket_id, **where)

        self._database.write(unit)

    def raise_alarm(self, alarm: Alarm) -> bool:
        """Record it; False when the same alarm is open."""
        return self._database.write(lambda transaction: insert_alarm(transaction, alarm)) > 0

    def clear_alarm(self, account_id: str, kind: str, subject: str, *, now: datetime) -> None:
        """Close it."""
        self._database.write(
            lambda transaction: transaction.run(
                "clear_alarm", account_id=account_id, kind=kind, subject=subject, now=micros(now)
            )
        )

    def alarms(self, account_id: str | None = None) -> tuple[Alarm, ...]:
        """Open alarms, oldest first."""
        rows = self._database.read(lambda view: view.all("list_alarms", account_id=account_id))
        return tuple(
            Alarm(
                account_id=row["account_id"],
                kind=row["kind"],
                subject=row["subject"],
                detail=row["detail"],
                raised_at=moment(row["raised_at"]),
            )
            for row in rows
        )

    def cursor(self, account_id: str, name: str) -> tuple[str | None, datetime | None]:
        """A poll's cursor and when it was moved; two times None before the first move."""
        row = self._database.read(lambda view: view.one("cursor", account_id=account_id, name=name))
        return (None, None) if row is None else (row["position"], moment(row["moved_at"]))

    def move_cursor(self, account_id: str, name: str, value: str, *, now: datetime) -> None:
        """Store it."""
        self._database.write(
            lambda transaction: transaction.run(
                "move_cursor", account_id=account_id, name=name, position=value, now=micros(now)
            )
        )

    def record(self, entry: AuditEntry) -> None:
        """Append to the audit chain."""
        chain = self._audit()

        def unit(transaction: Executor) -> None:
            columns: dict[str, Value] = {
                "account_id": entry.account_id or "",
                "actor": entry.actor,
                "verb": entry.verb,
                "at": micros(entry.at),
            }
            link = chain.append(transaction, _facts(columns), entry.detail)
            transaction.run(
                "insert_audit",
                **columns,
                seq=link.seq,
                detail=entry.detail,
                salt=link.salt,
                detail_digest=link.content_digest,
                previous=link.previous,
                digest=link.digest,
            )

        self._database.write(unit)

    def audit(self, account_id: str | None = None, *, limit: int = 100) -> tuple[AuditEntry, ...]:
        """Newest first; None = all entries, those of the whole installation with them."""
        rows = self._database.read(lambda view: view.all("list_audit", account_id=account_id, limit=limit))
        return tuple(
            AuditEntry(
                account_id=row["account_id"] or None,
                actor=row["actor"],
                verb=row["verb"],
                detail=row["detail"] or "",
                at=moment(row["at"]),
            )
            for row in rows
        )

    def verify_chain(self) -> str | None:
        """None when both chains are whole, else where the first break is."""
        audit, receipts = self._audit(), self._receipts()
        return self._database.read(
            lambda view: (
                receipts.first_break(view, "receipt_chain", receipt_entry)
                or audit.first_break(view, "audit_chain", _audit_entry)
            )
        )


def insert_alarm(transaction: Executor, alarm: Alarm) -> int:
    """0 when the same alarm is open."""
    return transaction.run(
        "raise_alarm",
        id=new_id(alarm.raised_at),
        account_id=alarm.account_id,
        kind=alarm.kind,
        subject=alarm.subject,
        detail=alarm.detail,
        raised_at=micros(alarm.raised_at),
    )


def _audit_entry(row: Row) -> Entry:
    return Entry(
        seq=row["seq"],
        previous=row["previous"],
        digest=row["digest"],
        facts=_facts(row),
        content=row["detail"],
        salt=row["salt"],
        content_digest=row["detail_digest"],
    )


def _facts(row: Row) -> list[Value]:
    return [row[name] for name in ("account_id", "actor", "verb", "at")]
