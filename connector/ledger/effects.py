"""Effects as rows: planned with their decision, begun before a call leaves, settled with proof."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from connector.errors import StoreError
from connector.ledger.codec import effect_from_text, effect_to_text
from connector.ledger.database import Clash, Executor, Row
from connector.ledger.moments import micros, moment, new_id, optional_micros, optional_moment
from connector.model import Effect, EffectState, Proof
from connector.records import StoredEffect


def stored_effect(row: Row) -> StoredEffect:
    """One row as a value."""
    proof = None
    if row["remote_id"] is not None:
        proof = Proof(remote_id=row["remote_id"], posted_at=moment(row["posted_at"]), found=bool(row["found"]))
    return StoredEffect(
        effect=effect_from_text(row["content"]),
        state=EffectState(row["state"]),
        receipt_id=row["receipt_id"],
        attempts=row["attempts"],
        intent_at=optional_moment(row["intent_at"]),
        proof=proof,
        reason=row["reason"],
    )


def plan_effects(
    transaction: Executor, effects: Sequence[Effect], *, receipt_id: str, requester_id: str | None, now: datetime
) -> None:
    """Insert those that are new. StoreError where the ticket has another effect that is not settled."""
    for effect in effects:
        try:
            transaction.run(
                "insert_effect",
                account_id=effect.account_id,
                id=effect.id,
                ticket_id=effect.ticket_id,
                receipt_id=receipt_id,
                kind=effect.kind,
                answers=effect.basis.answers,
                revision=effect.revision,
                requester_id=requester_id,
                content=effect_to_text(effect),
                now=micros(now),
                planned_order=new_id(now),
            )
        except Clash as error:
            raise StoreError(
                f"ticket {effect.ticket_id} of account {effect.account_id} has another effect that is not settled"
            ) from error


def begin_effect(transaction: Executor, effect: Row, now: datetime) -> None:
    """Planned -> intent. StoreError where it is settled."""
    changed = transaction.run(
        "begin_effect",
        account_id=effect["account_id"],
        ticket_id=effect["ticket_id"],
        id=effect["id"],
        now=micros(now),
    )
    _require_change(changed, effect)


def end_effect(
    transaction: Executor, effect: Row, *, state: EffectState, reason: str, proof: Proof | None, now: datetime
) -> None:
    """Settle it, or give it back as planned where certainly nothing was applied."""
    where = {"account_id": effect["account_id"], "ticket_id": effect["ticket_id"], "id": effect["id"]}
    if state is EffectState.INTENT:
        raise StoreError("an effect does not end in `intent`")
    if state is EffectState.PLANNED:
        changed = transaction.run("unbegin_effect", **where, reason=reason)
    else:
        changed = transaction.run(
            "end_effect",
            **where,
            state=state,
            reason=reason,
            now=micros(now),
            remote_id=proof.remote_id if proof else None,
            posted_at=optional_micros(proof.posted_at if proof else None),
            found=None if proof is None else int(proof.found),
        )
    _require_change(changed, effect)


def find_effect(transaction: Executor, account_id: str, ticket_id: str, effect_id: str) -> Row:
    """The row of an effect of this ticket. StoreError when there is none."""
    row = transaction.one("effect", account_id=account_id, id=effect_id)
    if row is None or row["ticket_id"] != ticket_id:
        raise StoreError(f"ticket {ticket_id} of account {account_id} has no effect {effect_id}")
    return row


def _require_change(changed: int, effect: Row) -> None:
    if not changed:
        raise StoreError(f"effect {effect['id']} is settled already ({effect['state']})")
