"""Receipts and effects, to read; and how a receipt or a hand-off is written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime

from connector.ledger.chain import Chain, Entry
from connector.ledger.codec import effect_from_text, effect_to_text, from_text, to_text
from connector.ledger.database import Database, Executor, Row, Value
from connector.ledger.documents import forget_replies
from connector.ledger.effects import stored_effect
from connector.ledger.models import forget_ticket
from connector.ledger.moments import micros, moment, new_id, optional_moment
from connector.records import DecisionReceipt, HandOff, SentReply, StoredEffect

_PAGE = 500
_ALL = 1 << 31


class SqlDecisions:
    """The Decisions port, and the erasure of what it keeps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def receipts(
        self, account_id: str, *, ticket_id: str | None = None, limit: int = 100
    ) -> tuple[DecisionReceipt, ...]:
        """Newest first."""
        rows = self._database.read(lambda view: _listed(view, "receipts", account_id, ticket_id, limit))
        return tuple(stored_receipt(row) for row in rows)

    def decided(self, account_id: str, ticket_id: str, answers: str) -> DecisionReceipt | None:
        """The newest decision on this customer message; None when there was none but to ignore."""
        row = self._database.read(
            lambda view: view.one("decided", account_id=account_id, ticket_id=ticket_id, answers=answers)
        )
        return None if row is None else stored_receipt(row)

    def hand_offs(self, account_id: str, *, since: datetime, reason: str) -> Iterator[DecisionReceipt]:
        """In the order of the decisions, read page by page."""
        after = 0
        while rows := self._hand_offs_after(after, account_id, since, reason):
            yield from (stored_receipt(row) for row in rows)
            after = rows[-1]["seq"]

    def effects(self, account_id: str, *, ticket_id: str | None = None, limit: int = 100) -> tuple[StoredEffect, ...]:
        """Newest first."""
        rows = self._database.read(lambda view: _listed(view, "effects", account_id, ticket_id, limit))
        return tuple(stored_effect(row) for row in rows)

    def sends(self, account_id: str, *, since: datetime, requester: str | None = None) -> int:
        """Replies begun or done since then."""
        rows = self._database.read(
            lambda view: view.all("sends", account_id=account_id, since=micros(since), requester_id=requester)
        )
        return int(rows[0]["count"])

    def sent(self, account_id: str, *, since: datetime, until: datetime) -> Iterator[SentReply]:
        """Oldest first, read page by page."""
        after, after_id = 0, ""
        window: dict[str, Value] = {"account_id": account_id, "since": micros(since), "until": micros(until)}
        while rows := self._sent_after(after, after_id, window):
            yield from (_sent_reply(row) for row in rows)
            after, after_id = rows[-1]["intent_at"], rows[-1]["id"]

    def replied(self, account_id: str, ticket_id: str) -> datetime | None:
        """When the last reply left or may have left."""
        rows = self._database.read(lambda view: view.all("replied", account_id=account_id, ticket_id=ticket_id))
        return optional_moment(rows[0]["replied_at"])

    def reply_open(self, account_id: str, ticket_id: str) -> bool:
        """Whether a reply on this ticket may still be on its way, or its outcome is unknown."""
        rows = self._database.read(lambda view: view.all("reply_open", account_id=account_id, ticket_id=ticket_id))
        return bool(rows[0]["count"])

    def would_sends(self, account_id: str, *, intent: str | None = None) -> Iterator[DecisionReceipt]:
        """Oldest first, read page by page: there may be very many."""
        after = 0
        while rows := self._would_sends_after(after, account_id, intent):
            yield from (stored_receipt(row) for row in rows)
            after = rows[-1]["seq"]

    def first_edition(self, account_id: str, intent: str, template: str) -> str:
        """The edition of the oldest would-be send that names one."""
        row = self._database.read(
            lambda view: view.one("first_edition", account_id=account_id, intent=intent, template=template)
        )
        return "" if row is None else str(row["edition"])

    def coverage(self, account_id: str, *, since: datetime) -> Mapping[str, tuple[int, int]]:
        """Tickets read as each intent and those that would be sent."""
        rows = self._database.read(lambda view: view.all("coverage", account_id=account_id, since=micros(since)))
        return {row["intent"]: (int(row["tickets"]), int(row["sends"])) for row in rows}

    def revision(self, account_id: str, ticket_id: str, answers: str) -> int:
        """The highest note revision used for this comment."""
        rows = self._database.read(
            lambda view: view.all("revision", account_id=account_id, ticket_id=ticket_id, answers=answers)
        )
        return int(rows[0]["revision"] or 0)

    def erase(self, account_id: str, ticket_id: str) -> int:
        """Forget what the receipts, settled effects, cards, wishes and feedback of a ticket say and what models learnt
        from it; how many receipts were emptied.

        The chain stays whole: it holds salted digests, and the salts go too.
        """

        def unit(transaction: Executor) -> int:
            for row in _listed(transaction, "effects", account_id, ticket_id, _ALL):
                empty = replace(effect_from_text(row["content"]), text="", note_instead=None)
                transaction.run("erase_effects", account_id=account_id, id=row["id"], content=effect_to_text(empty))
            forget_ticket(transaction, account_id, ticket_id)
            transaction.run("erase_cards", account_id=account_id, ticket_id=ticket_id)
            forget_replies(transaction, account_id, ticket_id)
            transaction.run("erase_wishes", account_id=account_id, ticket_id=ticket_id)
            transaction.run("erase_feedback", account_id=account_id, ticket_id=ticket_id)
            return transaction.run("erase_receipts", account_id=account_id, ticket_id=ticket_id)

        return self._database.write(unit)

    def _sent_after(self, after: int, after_id: str, window: Mapping[str, Value]) -> list[Row]:
        return list(
            self._database.read(lambda view: view.all("sent", after=after, after_id=after_id, limit=_PAGE, **window))
        )

    def _hand_offs_after(self, after: int, account_id: str, since: datetime, reason: str) -> list[Row]:
        return list(
            self._database.read(
                lambda view: view.all(
                    "list_hand_offs",
                    account_id=account_id,
                    since=micros(since),
                    after=after,
                    named=f'%"{reason}"%',
                    limit=_PAGE,
                )
            )
        )

    def _would_sends_after(self, after: int, account_id: str, intent: str | None) -> list[Row]:
        return list(
            self._database.read(
                lambda view: view.all(
                    "list_would_sends", account_id=account_id, intent=intent, after=after, limit=_PAGE
                )
            )
        )


def insert_receipt(transaction: Executor, chain: Chain, receipt: DecisionReceipt) -> None:
    """Append a receipt to its chain."""
    body = to_text(receipt.body)
    columns: dict[str, Value] = {
        "account_id": receipt.account_id,
        "id": receipt.id,
        "ticket_id": receipt.ticket_id,
        "answers": receipt.answers,
        "decided_at": micros(receipt.decided_at),
        "action": receipt.action,
        "intent": receipt.intent,
        "template": receipt.template,
        "policy_version": receipt.policy_version,
        "would_send": int(receipt.would_send),
        "edition": receipt.edition,
    }
    link = chain.append(transaction, _facts(columns), body)
    transaction.run(
        "insert_receipt",
        **columns,
        seq=link.seq,
        body=body,
        salt=link.salt,
        body_digest=link.content_digest,
        previous=link.previous,
        digest=link.digest,
    )


def stored_receipt(row: Row) -> DecisionReceipt:
    """One row as a value; the body of an erased one is empty."""
    return DecisionReceipt(
        id=row["id"],
        account_id=row["account_id"],
        ticket_id=row["ticket_id"],
        answers=row["answers"],
        decided_at=moment(row["decided_at"]),
        action=row["action"],
        intent=row["intent"],
        template=row["template"],
        policy_version=row["policy_version"],
        would_send=bool(row["would_send"]),
        body={} if row["body"] is None else from_text(row["body"]),
        edition=row["edition"],
    )


def _sent_reply(row: Row) -> SentReply:
    """An effect's row with its receipt's columns beside it."""
    return SentReply(
        effect=stored_effect(row),
        receipt=stored_receipt({**row, "id": row["receipt_id"]}),
        requester_id=row["requester_id"] or "",
        sent_at=moment(row["intent_at"]),
    )


def receipt_entry(row: Row) -> Entry:
    """One receipt as the chain's check sees it."""
    return Entry(
        seq=row["seq"],
        previous=row["previous"],
        digest=row["digest"],
        facts=_facts(row),
        content=row["body"],
        salt=row["salt"],
        content_digest=row["body_digest"],
    )


def insert_hand_off(transaction: Executor, hand_off: HandOff) -> None:
    """Record a card that waits; the card of an effect is recorded once."""
    transaction.run(
        "insert_hand_off",
        account_id=hand_off.account_id,
        id=new_id(hand_off.since),
        ticket_id=hand_off.ticket_id,
        effect_id=hand_off.effect_id,
        intent=hand_off.intent,
        owner=hand_off.owner,
        since=micros(hand_off.since),
        take_by=micros(hand_off.take_by),
    )


def _facts(row: Row) -> list[Value]:
    names = ("account_id", "id", "ticket_id", "answers", "decided_at", "action", "intent", "template")
    facts = [row[name] for name in (*names, "policy_version", "would_send")]
    # Receipts from before editions were recorded were signed without one.
    return [*facts, row["edition"]] if row["edition"] else facts


def _listed(view: Executor, what: str, account_id: str, ticket_id: str | None, limit: int) -> list[Row]:
    if ticket_id is None:
        return list(view.all(f"list_{what}", account_id=account_id, limit=limit))
    return list(view.all(f"list_ticket_{what}", account_id=account_id, ticket_id=ticket_id, limit=limit))
