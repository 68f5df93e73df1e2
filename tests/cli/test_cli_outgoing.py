"""What went out, what waits and what somebody should look at."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest

from connector.app import App
from connector.ledger import SqlLedger
from connector.model import Account, Basis, Effect, EffectKind, EffectState, Proof, Status
from connector.records import DecisionReceipt, EventState
from tests.cli.seeding import Cli, one_sentence, opened_app, receive


def send(
    app: App,
    account: Account,
    ticket: str,
    *,
    ago: timedelta = timedelta(minutes=5),
    intent: str = "order_status",
    author: str = "template order_status",
    source: str = "Delivery times",
    text: str = "Your order is on its way.",
    state: EffectState = EffectState.DONE,
) -> None:
    """A reply as a worker sends it."""
    at = app.clock() - ago
    receive(app, account, ticket, at=at)
    claim = app.ledger.work.claim(now=at, lease_seconds=60, account_cap=16)
    assert claim is not None
    receipt = DecisionReceipt(
        id=f"receipt-{ticket}",
        account_id=account.id,
        ticket_id=ticket,
        answers="c1",
        decided_at=at,
        action="auto_send",
        intent=intent,
        template=intent,
        policy_version="1",
        would_send=True,
        body={
            "requester_id": f"user-{ticket}",
            "draft": {"text": text, "author": author},
            "sources": [{"id": "a1", "title": source, "url": "https://help.acme.example/a1"}],
        },
    )
    basis = Basis(stamp="s", answers="c1", comment_count=1, status=Status.NEW, assignee_id=None)
    effect = Effect(
        id=f"effect-{ticket}",
        kind=EffectKind.REPLY,
        account_id=account.id,
        ticket_id=ticket,
        intent=intent,
        revision=0,
        text=text,
        basis=basis,
    )
    app.ledger.work.decide(claim, receipt, (effect,), None, now=at, event_state=EventState.DONE, reason="auto_send")
    app.ledger.work.begin(claim, effect.id, now=at)
    proof = Proof(remote_id="r1", posted_at=at) if state is EffectState.DONE else None
    app.ledger.work.finish(claim, effect.id, now=at, state=state, proof=proof)
    app.ledger.work.settle(claim, now=at, event_state=EventState.DONE, reason="auto_send")


@pytest.fixture
def three_replies(acme: Account) -> Account:
    with opened_app() as app:
        send(app, acme, "1", ago=timedelta(days=3), text="Your order arrives on Monday.")
        send(app, acme, "2", intent="return_policy", author="gpt-x, prompt reply-3", source="Returns")
        send(app, acme, "3", ago=timedelta(minutes=1), state=EffectState.UNKNOWN)
    return acme


def tickets(cli: Cli, *options: str) -> list[str]:
    return [row["ticket"] for row in json.loads(cli("sent", *options, "--json").stdout)["sent"]]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ((), ["1", "2", "3"]),
        (("--intent", "return_policy"), ["2"]),
        (("--template", "order_status"), ["1", "3"]),
        (("--author", "GPT-x"), ["2"]),
        (("--source", "returns"), ["2"]),
        (("--containing", "monday"), ["1"]),
        (("--intent", "order_status", "--containing", "on its way"), ["3"]),
    ],
)
def test_replies_are_found_by_what_they_have_in_common(
    cli: Cli, three_replies: Account, options: tuple[str, ...], found: list[str]
) -> None:
    assert tickets(cli, *options) == found


def test_replies_are_found_by_time(cli: Cli, three_replies: Account) -> None:
    with opened_app() as app:
        yesterday = app.clock() - timedelta(days=1)
    assert tickets(cli, "--since", yesterday.isoformat()) == ["2", "3"]
    assert tickets(cli, "--since", "2020-01-01", "--until", f"{yesterday:%Y-%m-%dT%H:%M}") == ["1"]
    refused = cli("sent", "--since", "yesterday")
    assert refused.exit_code == 2
    one_sentence(refused, "2026-03-02")


def test_whom_to_write_stands_in_a_file_for_people(cli: Cli, three_replies: Account, tmp_path: Path) -> None:
    told = cli("sent", "--csv", tmp_path / "wrong.csv").stdout
    assert told.startswith("3 replies to 3 customers, written to ")
    with (tmp_path / "wrong.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["requester"] for row in rows] == ["user-1", "user-2", "user-3"]
    assert rows[0]["link"] == "https://acme.zendesk.com/agent/tickets/1"
    assert [row["arrived"] for row in rows] == ["yes", "yes", "perhaps: look at the ticket"]
    assert "Monday" not in (tmp_path / "wrong.csv").read_text(encoding="utf-8")
    one_sentence(cli("sent", "--csv", tmp_path / "wrong.csv"), "exists already")


def test_nothing_sent_is_said(cli: Cli, acme: Account) -> None:
    assert cli("sent").stdout == "0 replies to 0 customers.\n"


def test_many_replies_are_read_page_by_page(cli: Cli, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.ledger.decisions._PAGE", 2)
    with opened_app() as app:
        for number in range(5):
            send(app, acme, f"{number}")
    assert tickets(cli) == ["0", "1", "2", "3", "4"]


def test_notes_and_planned_replies_are_not_among_them(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        send(app, acme, "1")
        assert isinstance(app.ledger, SqlLedger)
        app.ledger.database.write(lambda view: view.define("UPDATE effects SET kind = 'note'"))
    assert tickets(cli) == []


# --- What waits -------------------------------------------------------------------------------------


def postpone(app: App, account: Account, ticket: str, *, failed: bool = True) -> None:
    now = app.clock()
    claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
    assert claim is not None
    assert claim.ticket_id == ticket
    error = "Zendesk answered 503" if failed else "throttled"
    app.ledger.work.postpone(claim, now=now, due_at=now + timedelta(hours=3), error=error, failed=failed)


def test_the_oldest_waiting_ticket_stands_first_with_its_reason(cli: Cli, acme: Account) -> None:
    assert cli("waiting").stdout.strip() == "No ticket waits."
    with opened_app() as app:
        receive(app, acme, "1", at=app.clock() - timedelta(hours=2))
        postpone(app, acme, "1")
        receive(app, acme, "2", at=app.clock() - timedelta(hours=1))
    rows = json.loads(cli("waiting", "--json").stdout)
    assert [(row["ticket"], row["minutes"]) for row in rows] == [("1", 120), ("2", 60)]
    assert rows[0]["failed_tries"] == 1
    assert rows[0]["why"] == "Zendesk answered 503"
    assert "503" in cli("waiting").stdout
    assert [row["ticket"] for row in json.loads(cli("waiting", "--limit", "1", "--json").stdout)] == ["1"]


def test_what_failed_is_tried_again_at_once(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        receive(app, acme, "1")
        postpone(app, acme, "1")
        receive(app, acme, "2")
        postpone(app, acme, "2", failed=False)
        assert app.ledger.work.claim(now=app.clock(), lease_seconds=60, account_cap=16) is None
    assert "1 ticket will be tried again now." in cli("waiting", "--retry").stdout
    with opened_app() as app:
        claim = app.ledger.work.claim(now=app.clock(), lease_seconds=60, account_cap=16)
        assert claim is not None
        assert (claim.ticket_id, claim.attempts) == ("1", 0)
        assert app.ledger.work.claim(now=app.clock(), lease_seconds=60, account_cap=16) is None, "throttled ones wait"
        assert [entry.verb for entry in app.ledger.watch.audit()] == ["waiting retry"]


# --- Backups that are only looked at ----------------------------------------------------------------


def test_a_backup_can_be_looked_at_without_restoring_it(cli: Cli, acme: Account, tmp_path: Path) -> None:
    cli("backup", tmp_path / "copy.db")
    cli("account", "remove", "acme")
    told = cli("restore", "--check", tmp_path / "copy.db")
    assert told.exit_code == 0, told.stderr
    assert "is whole and its key is here: 1 account, 0 receipts" in told.stdout
    assert json.loads(cli("account", "list", "--json").stdout) == []
