"""A database as an earlier release left it is upgraded by the start, and work goes on where that release stopped."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.connecting import starter_config, starter_policy
from connector.ledger import SqlLedger, migrations, open_ledger
from connector.ledger.keys import Vault
from connector.ledger.sqlite import SqliteDatabase
from connector.model import Account, Event, EventKind, Stage
from connector.records import AuditEntry, DecisionReceipt, Delivery, EventState
from connector.sandbox import Sandbox
from tests.cli.seeding import wait_for
from tests.pipeline.service import Service

KEY = "a-key-that-is-long-enough"
SECRET = "a webhook secret of the release before"
OLD_SCHEMA = 12
"""Before verdicts became a log, and before spend, documents, history and better cards."""


@pytest.fixture
def stopped(tmp_path: Path) -> Iterator[Service]:
    """A service that nobody has started."""
    service = Service(home=tmp_path, environ={"HANDRAIL_POLL_SECONDS": "1"})
    yield service
    service.stop()


def left_behind(home: Path, sandbox: Sandbox, *, waiting: int) -> None:
    """What the earlier release stored: an account, a policy, a decision with its chain, and a message in the inbox."""
    (home / "secret.key").write_text(KEY, encoding="ascii")
    (home / "secret.key").chmod(0o600)
    ledger = SqlLedger(SqliteDatabase(home / "handrail.db"), Vault((KEY,)))
    migrations.migrate(ledger.database, to=OLD_SCHEMA)
    ledger.database.write(ledger._make_keys)
    now = datetime.now(UTC) - timedelta(minutes=2)
    known = sandbox.credentials["freshdesk"]
    account = Account(
        id="id-acme",
        name="acme",
        vendor="freshdesk",
        base_url=sandbox.freshdesk.url,
        stage=Stage.DRAFT,
        bot_user_id=str(known["bot_user_id"]),
        config=starter_config("freshdesk", "acme"),
        default_owner="Ana",
        credentials={"api_key": known["api_key"]},
        webhook_secrets=(SECRET,),
    )
    ledger.accounts.add(account, now=now)
    ledger.policies.publish(account.id, starter_policy("Ana"), by="ana", comment="starter", now=now)
    decided(ledger, account, now)
    ledger.watch.record(AuditEntry(account_id=account.id, actor="ana", verb="account stage", detail="draft", at=now))
    received(ledger, account, str(waiting), now)
    ledger.close()


def received(ledger: SqlLedger, account: Account, ticket: str, now: datetime) -> None:
    event = Event(key=f"key-{ticket}", ticket_id=ticket, kind=EventKind.CREATED, vendor_kind="ticket_created")
    ledger.inbox.receive(Delivery(account_id=account.id, event=event, received_at=now, due_at=now))


def decided(ledger: SqlLedger, account: Account, now: datetime) -> None:
    received(ledger, account, "4711", now)
    claim = ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
    assert claim is not None
    receipt = DecisionReceipt(
        id="receipt-of-then",
        account_id=account.id,
        ticket_id="4711",
        answers="c1",
        decided_at=now,
        action="shadow",
        intent="order_status",
        template="order_status",
        policy_version="1",
        would_send=True,
        body={"decision": {"tier": "auto", "stage": "shadow", "reasons": []}},
    )
    ledger.work.decide(claim, receipt, (), None, now=now, event_state=EventState.DONE, reason="shadow")
    ledger.work.settle(claim, now=now, event_state=EventState.DONE, reason="shadow")


def schema(home: Path) -> int:
    with closing(sqlite3.connect(home / "handrail.db")) as connection:
        (version,) = connection.execute("SELECT MAX(version) FROM schema_version").fetchone()
    return int(version)


def asks(sandbox: Sandbox, text: str) -> int:
    who = {"name": "Mara Lindqvist", "email": "mara.lindqvist@example.com", "verified": True}
    return sandbox.add_ticket("freshdesk", subject="Question", body=text, requester=who)


def test_a_database_of_the_release_before_is_upgraded_by_the_start(sandbox: Sandbox, stopped: Service) -> None:
    waits = asks(sandbox, "Hello, do you ship to Switzerland and what does shipping cost?")
    left_behind(stopped.home, sandbox, waiting=waits)
    assert schema(stopped.home) == OLD_SCHEMA

    stopped.start()
    assert schema(stopped.home) == migrations.migrations()[-1].version
    sandbox.set_webhook("freshdesk", f"{stopped.address}/webhooks/freshdesk/acme", secret=SECRET)
    new = asks(sandbox, "Hi, I would like to return the boots from order 47903, they are too small.")
    assert sandbox.drain(60)
    stopped.wait_until_quiet()

    assert [len(sandbox.journal.notes(ticket, vendor="freshdesk")) for ticket in (waits, new)] == [1, 1]
    (then,) = stopped.command("receipt", "4711", "--account", "acme")["receipts"]
    assert (then["id"], then["action"]) == ("receipt-of-then", "shadow")
    assert stopped.command("audit", "verify") == {"whole": True}
    assert "account stage" in {entry["verb"] for entry in stopped.command("audit", "list")}
    wait_for(lambda: stopped.command("waiting") == [])  # our own notes come back with the next poll


def test_a_process_that_waits_for_the_upgrade_goes_on_without_a_restart(sandbox: Sandbox, tmp_path: Path) -> None:
    """On a fleet the new release may start before `handrail migrate` has run."""
    left_behind(tmp_path, sandbox, waiting=1)
    waits = open_ledger(str(tmp_path / "handrail.db"), keys=(KEY,))
    assert waits.work.waiting(now=datetime.now(UTC)) != ()
    with pytest.raises(Exception, match="handrail migrate"):
        waits.sidebar.feedback("id-acme")
    upgrades = open_ledger(str(tmp_path / "handrail.db"), keys=(KEY,))
    upgrades.migrate()
    upgrades.close()
    assert waits.sidebar.feedback("id-acme") == ()
    assert waits.watch.verify_chain() is None
    waits.close()
