"""Values to store in tests; only what a test is about is named there."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from connector.ledger import SqlLedger
from connector.model import (
    Account,
    AccountConfig,
    Basis,
    Effect,
    EffectKind,
    Event,
    EventKind,
    Stage,
    Status,
)
from connector.records import Claim, DecisionReceipt, Delivery, HandOff, StoredEffect

KEY = "a-key-for-tests-only"
NOW = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)

_numbers = itertools.count(1)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def account(identity: str, **changes: object) -> Account:
    values: dict[str, object] = {
        "id": identity,
        "name": f"{identity} support",
        "vendor": "console",
        "base_url": f"https://{identity}.example",
        "stage": Stage.SHADOW,
        "bot_user_id": "900",
        "config": AccountConfig(company=f"{identity} GmbH", own_addresses=frozenset({f"help@{identity}.example"})),
        "credentials": {"access_token": f"canary-token-{identity}"},
        "webhook_secrets": (f"canary-secret-{identity}",),
    }
    return Account(**(values | changes))  # type: ignore[arg-type]  # a test names the fields it is about


def delivery(
    account_id: str,
    ticket_id: str | None,
    *,
    key: str | None = None,
    received: float = 0,
    settle: float = 0,
    ignore: str | None = None,
) -> Delivery:
    return Delivery(
        account_id=account_id,
        event=Event(
            key=key or f"key-{next(_numbers)}",
            ticket_id=ticket_id,
            kind=EventKind.CUSTOMER_REPLIED,
            vendor_kind="ticket.comment_added",
            ignore=ignore,
        ),
        received_at=later(received),
        due_at=later(received + settle),
    )


def receipt(account_id: str, ticket_id: str, **changes: object) -> DecisionReceipt:
    values: dict[str, object] = {
        "id": f"receipt-{next(_numbers):06}",
        "account_id": account_id,
        "ticket_id": ticket_id,
        "answers": "comment-1",
        "decided_at": NOW,
        "action": "draft",
        "intent": "order_status",
        "template": "order_status.en",
        "policy_version": "3",
        "would_send": False,
        "body": {"requester_id": "customer-1", "reasons": ["approval_tier"], "score": 0.93},
    }
    return DecisionReceipt(**(values | changes))  # type: ignore[arg-type]  # a test names the fields it is about


def effect(account_id: str, ticket_id: str, identity: str, **changes: object) -> Effect:
    values: dict[str, object] = {
        "id": identity,
        "kind": EffectKind.NOTE,
        "account_id": account_id,
        "ticket_id": ticket_id,
        "intent": "order_status",
        "revision": 1,
        "text": "Your parcel is on its way.",
        "basis": Basis(
            stamp="2026-11-23T08:59:00Z", answers="comment-1", comment_count=1, status=Status.OPEN, assignee_id=None
        ),
    }
    return Effect(**(values | changes))  # type: ignore[arg-type]  # a test names the fields it is about


def reply(account_id: str, ticket_id: str, identity: str, **changes: object) -> Effect:
    return effect(
        account_id, ticket_id, identity, **({"kind": EffectKind.REPLY, "revision": 0, "note_instead": "note"} | changes)
    )


def hand_off(account_id: str, ticket_id: str, *, effect_id: str = "", take_by: float = 60) -> HandOff:
    return HandOff(
        account_id=account_id,
        ticket_id=ticket_id,
        effect_id=effect_id,
        intent="refund",
        owner="billing",
        since=NOW,
        take_by=later(take_by),
    )


def claim(ledger: SqlLedger, *, at: float = 0, lease: float = 60, cap: int = 16) -> Claim | None:
    return ledger.work.claim(now=later(at), lease_seconds=lease, account_cap=cap)


def claimed(ledger: SqlLedger, *, at: float = 0, lease: float = 60, cap: int = 16) -> Claim:
    found = claim(ledger, at=at, lease=lease, cap=cap)
    assert found is not None
    return found


def claimed_ticket(ledger: SqlLedger, account_id: str, ticket_id: str) -> Claim:
    """A delivery for this ticket, received and claimed."""
    ledger.inbox.receive(delivery(account_id, ticket_id))
    found = claimed(ledger)
    assert (found.account_id, found.ticket_id) == (account_id, ticket_id)
    return found


def decided(ledger: SqlLedger, taken: Claim, *effects: Effect, **changes: object) -> tuple[StoredEffect, ...]:
    """The claim's decision with these effects, committed."""
    values: dict[str, object] = {"event_state": "done", "reason": "draft"}
    return ledger.work.decide(
        taken,
        receipt(taken.account_id, taken.ticket_id, **changes),
        effects,
        None,
        now=NOW,
        **values,  # type: ignore[arg-type]  # the two texts above
    )
