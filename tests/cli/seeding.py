"""Puts into a ledger what a worker and people would have put there, and reads what commands say."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from click.testing import Result

from connector import app as apps
from connector.app import App
from connector.connecting import starter_config, starter_policy
from connector.model import Account, Event, EventKind, Stage
from connector.records import DecisionReceipt, Delivery, EventState

Cli = Callable[..., Result]


@contextmanager
def opened_app() -> Iterator[App]:
    """The app over the data folder of the current folder."""
    app = apps.build()
    try:
        yield app
    finally:
        app.close()


def one_sentence(result: Result, *words: str) -> str:
    """The line on stderr; fails where there is more than one or a word is missing."""
    lines = result.stderr.strip().split("\n")
    assert len(lines) == 1, result.stderr
    assert "Traceback" not in result.output
    for word in words:
        assert word in lines[0], lines[0]
    return lines[0]


def store_account(
    app: App, name: str = "acme", *, owner: str = "", stage: Stage = Stage.SHADOW, vendor: str = "zendesk"
) -> Account:
    """An account that was added earlier; nobody connects to its address."""
    account = Account(
        id=f"id-{name}",
        name=name,
        vendor=vendor,
        base_url=f"https://{name}.{vendor}.com",
        stage=stage,
        bot_user_id="900",
        config=starter_config(vendor, name),
        default_owner=owner or None,
        credentials={"kind": "client_credentials", "client_id": "i", "client_secret": "s" * 20},
        webhook_secrets=("first-secret",),
    )
    app.ledger.accounts.add(account, now=app.clock())
    app.ledger.policies.publish(account.id, starter_policy(owner), by="test", comment="starter", now=app.clock())
    return account


def receive(app: App, account: Account, ticket_id: str, *, at: datetime | None = None, number: int = 1) -> str:
    """A delivery in the inbox; returns its event id."""
    at = at or app.clock()
    key = f"key-{ticket_id}" if number == 1 else f"key-{ticket_id}-{number}"
    event = Event(key=key, ticket_id=ticket_id, kind=EventKind.CREATED, vendor_kind="ticket_created")
    delivery = Delivery(account_id=account.id, event=event, received_at=at, due_at=at)
    return app.ledger.inbox.receive(delivery).event_id


def decide(
    app: App,
    account: Account,
    ticket_id: str,
    *,
    intent: str = "order_status",
    would_send: bool = True,
    ago: timedelta = timedelta(),
    body: Mapping[str, object] | None = None,
    edition: str = "",
    number: int = 1,
    action: str = "shadow",
) -> DecisionReceipt:
    """A decision as the worker would have committed it; `number` tells several on one ticket apart."""
    now = datetime.now(UTC) - ago
    receive(app, account, ticket_id, at=now, number=number)
    claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
    assert claim is not None
    assert claim.ticket_id == ticket_id
    receipt = DecisionReceipt(
        id=f"receipt-{ticket_id}-{intent}-{number}",
        account_id=account.id,
        ticket_id=ticket_id,
        answers="c1",
        decided_at=now,
        action=action,
        intent=intent,
        template=intent,
        policy_version="1",
        would_send=would_send,
        body=body if body is not None else {"draft": {"text": f"Your order {ticket_id} is on its way."}},
        edition=edition,
    )
    app.ledger.work.decide(claim, receipt, (), None, now=now, event_state=EventState.DONE, reason="shadow")
    app.ledger.work.settle(claim, now=now, event_state=EventState.DONE, reason="shadow")
    return receipt


def wait_for(condition: Callable[[], object], *, seconds: float = 30) -> None:
    """Return when the condition holds; fail when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)
