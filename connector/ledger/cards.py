"""Cards of hand-offs that a model puts better: wanted with the decision, claimed, asked about once, ended."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.errors import LeaseLost
from connector.ledger.codec import from_text, to_text
from connector.ledger.database import Database, Executor, Row, Value
from connector.ledger.moments import micros, optional_moment
from connector.ledger.rewind import bring_back, horizon
from connector.model import Writing
from connector.records import BetterCard, CardClaim, CardState, DecisionReceipt

_CLAIM_TRIES = 5


class SqlCards:
    """The Cards port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def claim(self, *, now: datetime, lease_seconds: float) -> CardClaim | None:
        """The card that waits longest of a ticket at rest, or None."""
        until = micros(now + timedelta(seconds=lease_seconds))
        for attempt in range(_CLAIM_TRIES):
            ahead, row = self._database.read(
                lambda view: (view.one("cards_ahead", horizon=horizon(now)), view.one("next_card", now=micros(now)))
            )
            if ahead and attempt == 0:
                bring_back(self._database, "bring_cards_back", now)
                continue
            if row is None:
                return None
            found = CardClaim(
                account_id=row["account_id"],
                receipt_id=row["receipt_id"],
                ticket_id=row["ticket_id"],
                answers=row["answers"],
                attempts=row["attempts"] + 1,
            )
            if self._leased(found, now, until):
                return found
        return None

    def begin(self, claim: CardClaim) -> None:
        """The model is asked now, and never again for this card. LeaseLost."""
        self._change(claim, "begin_card")

    def postpone(self, claim: CardClaim, *, now: datetime, due_at: datetime, reason: str) -> None:
        """Give it back before the model was asked. LeaseLost."""
        self._change(claim, "postpone_card", now=micros(now), ready_at=micros(due_at), reason=reason)

    def end(
        self,
        claim: CardClaim,
        *,
        now: datetime,
        state: CardState,
        reason: str = "",
        summary: str = "",
        next_action: str = "",
        writing: Writing | None = None,
    ) -> None:
        """What became of it, for good. LeaseLost."""
        body = None if writing is None else to_text(_body(summary, next_action, writing))
        self._change(claim, "end_card", state=state.value, reason=reason, body=body, now=micros(now))

    def of_ticket(self, account_id: str, ticket_id: str) -> tuple[BetterCard, ...]:
        """Oldest first."""
        rows = self._database.read(lambda view: view.all("list_cards", account_id=account_id, ticket_id=ticket_id))
        return tuple(_better(row) for row in rows)

    def _leased(self, claim: CardClaim, now: datetime, until: int) -> bool:
        where: dict[str, Value] = {
            "account_id": claim.account_id,
            "receipt_id": claim.receipt_id,
            "attempts": claim.attempts - 1,
        }
        return bool(
            self._database.write(
                lambda transaction: transaction.run("lease_card", **where, now=micros(now), lease_until=until)
            )
        )

    def _change(self, claim: CardClaim, statement: str, **values: Value) -> None:
        where: dict[str, Value] = {
            "account_id": claim.account_id,
            "receipt_id": claim.receipt_id,
            "attempts": claim.attempts,
        }
        if not self._database.write(lambda transaction: transaction.run(statement, **where, **values)):
            raise LeaseLost(f"the card of ticket {claim.ticket_id} of account {claim.account_id} is no longer ours")


def _where(claim: CardClaim, attempts: int) -> dict[str, Value]:
    return {"account_id": claim.account_id, "receipt_id": claim.receipt_id, "attempts": attempts}


def want_card(transaction: Executor, receipt: DecisionReceipt) -> None:
    """Record that the card of this decision is to be put better."""
    transaction.run(
        "want_card",
        account_id=receipt.account_id,
        receipt_id=receipt.id,
        ticket_id=receipt.ticket_id,
        answers=receipt.answers,
        now=micros(receipt.decided_at),
    )


def _body(summary: str, next_action: str, writing: Writing) -> dict[str, object]:
    told = {name: getattr(writing, name) for name in _WRITING}
    return {"summary": summary, "next_action": next_action, "writing": told}


_WRITING = ("prompt", "model", "tokens_in", "tokens_out", "cost_micros", "seconds")


def _better(row: Row) -> BetterCard:
    told = from_text(row["body"]) if row["body"] else {}
    return BetterCard(
        receipt_id=row["receipt_id"],
        state=CardState(row["state"]),
        reason=row["reason"],
        ended_at=optional_moment(row["ended_at"]),
        summary=told.get("summary", ""),
        next_action=told.get("next_action", ""),
        writing=Writing(**{name: told["writing"][name] for name in _WRITING}) if "writing" in told else None,
    )
