"""What was received and decided, and why."""

from __future__ import annotations

import json

from connector.model import Account, Event, EventKind
from connector.records import Delivery
from tests.cli.seeding import Cli, decide, one_sentence, opened_app, receive, store_account


def test_events_are_listed_with_state_and_reason(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        waiting = receive(app, acme, "11")
        decide_after = receive(app, acme, "12")
    listed = json.loads(cli("events", "--json").stdout)
    assert {row["id"] for row in listed} == {waiting, decide_after}
    assert listed[0]["account"] == "acme"
    assert {row["ticket"] for row in listed} == {"11", "12"}
    assert json.loads(cli("events", "--state", "dead", "--json").stdout) == []
    assert "ticket" in cli("events").stdout


def test_without_events_it_says_so(cli: Cli) -> None:
    assert cli("events").stdout == "There are no such events.\n"


def test_a_dead_letter_can_be_replayed(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        event = receive(app, acme, "21")
        now = app.clock()
        claim = app.ledger.work.claim(now=now, lease_seconds=60, account_cap=16)
        assert claim is not None
        app.ledger.work.bury(claim, now=now, reason="the helpdesk said no")
    dead = json.loads(cli("events", "--state", "dead", "--json").stdout)
    assert [(row["id"], row["reason"]) for row in dead] == [(event, "the helpdesk said no")]
    assert json.loads(cli("replay", "--dead", "--json").stdout) == {"replayed": [event]}
    assert json.loads(cli("events", "--state", "waiting", "--json").stdout)[0]["id"] == event
    assert json.loads(cli("replay", "--dead", "--json").stdout) == {"replayed": []}


def test_a_dead_letter_that_nobody_can_mend_is_dismissed(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        event_id = receive(app, acme, "1")
        claim = app.ledger.work.claim(now=app.clock(), lease_seconds=60, account_cap=16)
        assert claim is not None
        app.ledger.work.bury(claim, now=app.clock(), reason="the ticket is gone")
    assert json.loads(cli("dismiss", event_id, "--json").stdout) == {"dismissed": [event_id]}
    assert json.loads(cli("events", "--state", "dead", "--json").stdout) == []
    (event,) = json.loads(cli("events", "--json").stdout)
    assert (event["state"], event["reason"]) == ("ignored", "dismissed: the ticket is gone")
    one_sentence(cli("dismiss", event_id), "no dead letter")
    assert cli("replay", event_id).exit_code == 0, "it can still be worked on"


def test_an_unknown_event_cannot_be_replayed(cli: Cli) -> None:
    result = cli("replay", "nothing")
    assert result.exit_code == 1
    one_sentence(result, "nothing", "handrail events")


BODY = {
    "draft": {"text": "Your order is on its way."},
    "triage": {
        "intent": "order_status",
        "confidence": 0.93,
        "language": "en",
        "human_only_probability": 0.01,
    },
    "decision": {
        "tier": "auto",
        "stage": "shadow",
        "reasons": [{"code": "stage_shadow", "detail": "account"}, {"code": "not_certified", "detail": ""}],
    },
    "checks": [{"name": "grounded", "passed": False, "detail": "a date nobody gave"}],
    "sources": [{"id": "s1", "title": "Where is my order?", "url": ""}],
    "card": None,
}


def test_a_receipt_answers_why(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        decide(app, acme, "31", body=BODY)
    told = cli("receipt", "31")
    assert told.exit_code == 0, told.stderr
    for words in ("shadow", "order_status", "0.93", "[not_certified]", "grounded", "Where is my order?"):
        assert words in told.stdout
    assert "nothing was written" in told.stdout
    found = json.loads(cli("receipt", "31", "--account", "acme", "--json").stdout)
    assert found["ticket"] == "31"
    assert found["receipts"][0]["decision"]["reasons"][0]["code"] == "stage_shadow"
    assert found["receipts"][0]["effects"] == []


def test_a_ticket_without_decision_is_said_to_have_none(cli: Cli, acme: Account) -> None:
    result = cli("receipt", "404")
    assert result.exit_code == 1
    one_sentence(result, "404", "handrail events")


def test_with_two_accounts_one_must_be_named(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        store_account(app, "second")
    result = cli("receipt", "31")
    assert result.exit_code == 2
    one_sentence(result, "--account", "acme, second")
    result = cli("receipt", "31", "--account", "third")
    assert result.exit_code == 2
    one_sentence(result, "third", "acme, second")


def test_the_record_can_be_verified_and_a_change_is_found(cli: Cli, acme: Account) -> None:
    cli("kill", "on")
    cli("kill", "off")
    assert json.loads(cli("audit", "verify", "--json").stdout) == {"whole": True}
    entries = json.loads(cli("audit", "list", "--json").stdout)
    assert [entry["verb"] for entry in entries] == ["kill off", "kill on"]
    assert entries[0]["actor"].startswith("cli:")
    import sqlite3

    with sqlite3.connect("var/handrail.db") as database:
        changed = database.execute("UPDATE audit SET actor = 'nobody' WHERE seq = (SELECT min(seq) FROM audit)")
        assert changed.rowcount == 1
    database.close()
    result = cli("audit", "verify")
    assert result.exit_code == 1
    one_sentence(result, "broken")


def test_echoes_of_our_own_writes_are_left_out_of_the_table_alone(cli: Cli, acme: Account) -> None:
    with opened_app() as app:
        receive(app, acme, "31")
        now = app.clock()
        echo = Event(key="e", ticket_id="32", kind=EventKind.UNKNOWN, vendor_kind="comment_added", ignore="own_echo")
        app.ledger.inbox.receive(Delivery(account_id=acme.id, event=echo, received_at=now, due_at=now))
    told = cli("events").stdout
    assert "own_echo" not in told
    assert "1 echo of our own writes left out: --all shows them." in told
    for options in (("--all",), ("--state", "ignored")):
        shown = cli("events", *options).stdout
        assert "own_echo" in shown
        assert "left out" not in shown
    assert {row["ticket"] for row in json.loads(cli("events", "--json").stdout)} == {"31", "32"}


def test_the_same_reason_is_told_once(cli: Cli, acme: Account) -> None:
    reason = {"code": "check_failed", "detail": "grounded"}
    with opened_app() as app:
        body = {**BODY, "decision": {**BODY["decision"], "reasons": [reason, reason]}}
        decide(app, acme, "33", body=body)
    assert cli("receipt", "33").stdout.count("[check_failed]") == 1


def test_help_says_that_events_of_all_accounts_are_listed(cli: Cli) -> None:
    assert "without --account, of all accounts" in " ".join(cli("events", "--help").stdout.replace("│", " ").split())
