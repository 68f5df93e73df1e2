"""What the provider tests share: accounts, a clock that stands still, effects, and accounts kept in memory."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.model import (
    Account,
    AccountConfig,
    Basis,
    Effect,
    EffectKind,
    Priority,
    RawRequest,
    Stage,
    Status,
    Ticket,
)

FIXTURES = Path(__file__).parent / "fixtures"
NOW = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)
NOTE_ID = "k7m2p4qaaaaaaaaaaaaaaaaaaaaaaaaa"
REPLY_ID = "r3n5t6wbbbbbbbbbbbbbbbbbbbbbbbbb"


def clock() -> datetime:
    return NOW


class MemoryAccounts:
    """The part of the accounts port that providers use, with the real rule: one refresher, stored before use."""

    def __init__(self, *accounts: Account) -> None:
        self.stored = {account.id: account for account in accounts}
        self.swaps = 0
        self._lock = threading.Lock()

    def get(self, name_or_id: str) -> Account | None:
        return self.stored.get(name_or_id)

    def swap_token(
        self,
        account_id: str,
        *,
        now: datetime,
        lease_seconds: float,
        refresh: Callable[[Mapping[str, str]], Mapping[str, str]],
    ) -> Mapping[str, str]:
        with self._lock:
            account = self.stored[account_id]
            fresh = refresh(account.credentials)
            if fresh != account.credentials:
                self.swaps += 1
                self.stored[account_id] = replace(account, credentials=fresh)
            return fresh


def account(vendor: str, **changes: Any) -> Account:
    base = {
        "zendesk": "https://nordlicht.zendesk.com",
        "freshdesk": "https://nordlicht.freshdesk.com",
        "console": "file:none.json",
    }[vendor]
    credentials = {
        "zendesk": {"kind": "api_token", "email": "bot@nordlicht.example", "api_token": "token-for-tests"},
        "freshdesk": {"api_key": "key-for-tests"},
        "console": {},
    }[vendor]
    values: dict[str, Any] = {
        "id": f"acc-{vendor}",
        "name": f"nordlicht-{vendor}",
        "vendor": vendor,
        "base_url": base,
        "stage": Stage.LIVE,
        "bot_user_id": "9001",
        "config": AccountConfig(company="Nordlicht"),
        "credentials": credentials,
        "webhook_secrets": ("whs-current-secret", "whs-previous-secret"),
    }
    return Account(**{**values, **changes})


def request(
    body: bytes | object, headers: Mapping[str, str] | None = None, path_secret: str | None = None
) -> RawRequest:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return RawRequest(headers=dict(headers or {}), body=raw, path_secret=path_secret)


def note(ticket: Ticket, **changes: Any) -> Effect:
    reference = f"HR-{changes.get('id', NOTE_ID)[:8].upper()}"
    values: dict[str, Any] = {
        "id": NOTE_ID,
        "kind": EffectKind.NOTE,
        "text": f"Handrail: draft\n\nThe parcel left on Monday & arrives <soon>.\n\nRef {reference}",
        "tags_add": frozenset({"hr", "hr_order_status", "hr_draft"}),
        "priority": Priority.HIGH,
    }
    return _effect(ticket, {**values, **changes})


def reply(ticket: Ticket, **changes: Any) -> Effect:
    values: dict[str, Any] = {
        "id": REPLY_ID,
        "kind": EffectKind.REPLY,
        "text": "Hello Mara,\n\nyour parcel left on Monday.\n\nThis is an automatic answer.",
        "tags_add": frozenset({"hr", "hr_sent"}),
        "status": Status.PENDING,
    }
    return _effect(ticket, {**values, **changes})


def _effect(ticket: Ticket, values: dict[str, Any]) -> Effect:
    newest = ticket.newest_customer_message
    basis = Basis(
        stamp=ticket.stamp,
        answers=newest.id if newest else "",
        comment_count=len(ticket.comments),
        status=ticket.status,
        assignee_id=ticket.assignee_id,
    )
    common: dict[str, Any] = {
        "account_id": ticket.account_id,
        "ticket_id": ticket.id,
        "intent": "order_status",
        "revision": 1,
        "basis": basis,
    }
    return Effect(**{**common, **values})


def allowed() -> None:
    """A permit that permits."""


def load(*parts: str) -> Any:
    return json.loads(FIXTURES.joinpath(*parts).read_text(encoding="utf-8"))
