"""Freshdesk: automation rules, three ways to authenticate, late retries."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from connector.sandbox import Sandbox
from tests.sandbox.conftest import Client, Receiver


def test_the_secret_as_header(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("freshdesk", receiver.url, secret="s3")
    ticket = sandbox.add_ticket("freshdesk", body="Hello")
    got = receiver.wait(1)[0]
    assert got.headers["x-handrail-secret"] == "s3"
    assert json.loads(got.body) == {"v": 1, "event": "ticket_created", "ticket_id": str(ticket)}
    assert not [name for name in got.headers if "signature" in name]


def test_the_secret_as_basic_password(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("freshdesk", receiver.url, secret="s3", authentication="basic")
    sandbox.add_ticket("freshdesk", body="Hello")
    header = receiver.wait(1)[0].headers["authorization"]
    assert base64.b64decode(header.removeprefix("Basic ")) == b"freshdesk:s3"


def test_the_secret_in_the_address(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("freshdesk", receiver.url, secret="s3", authentication="url")
    sandbox.add_ticket("freshdesk", body="Hello")
    got = receiver.wait(1)[0]
    assert got.path == "/hook/s3"
    assert "x-handrail-secret" not in got.headers


def test_numbers_and_simple_content(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("freshdesk", receiver.url, ids="number")
    ticket = sandbox.add_ticket("freshdesk", body="Hello")
    assert json.loads(receiver.wait(1)[0].body)["ticket_id"] == ticket
    sandbox.set_webhook("freshdesk", receiver.url, content="simple")
    ticket = sandbox.add_ticket("freshdesk", subject='A "quoted" one', body="Hello", priority=3)
    body = json.loads(receiver.wait(2)[1].body)["freshdesk_webhook"]
    assert body["ticket_id"] == ticket
    assert (body["ticket_priority"], body["ticket_status"]) == ("High", "Open")
    assert body["ticket_subject"] == 'A "quoted" one'
    assert body["triggered_event"] == "{ticket_action:created}"


def test_an_admins_broken_template_stays_broken(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("freshdesk", receiver.url, template='{"ticket_id": {{ticket.id}}, "s": "{{ticket.subject}}",}')
    ticket = sandbox.add_ticket("freshdesk", subject='say "hi"', body="Hello")
    body = receiver.wait(1)[0].body.decode()
    assert body == f'{{"ticket_id": {ticket}, "s": "say \\"hi\\"",}}'


def test_by_default_only_the_requester_triggers_updates(
    sandbox: Sandbox, freshdesk: Client, receiver: Receiver
) -> None:
    ticket = sandbox.add_ticket("freshdesk", body="Hello", notify=False)
    sandbox.set_webhook("freshdesk", receiver.url)
    freshdesk.post(f"/tickets/{ticket}/notes", json={"body": "ours"})
    sandbox.add_comment("freshdesk", ticket, author="agent", text="a person")
    sandbox.add_comment("freshdesk", ticket, text="the customer")
    assert json.loads(receiver.wait(1)[0].body)["event"] == "customer_replied"
    assert sandbox.drain()
    assert len(receiver.received) == 1


def test_a_rule_for_either_performer_echoes_our_own_writes(
    sandbox: Sandbox, freshdesk: Client, receiver: Receiver
) -> None:
    ticket = sandbox.add_ticket("freshdesk", body="Hello", notify=False)
    sandbox.set_webhook("freshdesk", receiver.url, performer="either")
    freshdesk.post(f"/tickets/{ticket}/notes", json={"body": "ours"})
    freshdesk.put(f"/tickets/{ticket}", json={"status": 3})
    triggers = [json.loads(r.body)["trigger"] for r in receiver.wait(2)]
    assert sorted(triggers) == ["{note_type:private}", "{status:{from:2,to:3}}"]


def test_a_failed_hook_returns_after_5_30_and_60_minutes_and_then_never(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers.extend([(500, {}), (404, {}), (503, {}), (500, {})])
    sandbox.set_webhook("freshdesk", receiver.url)
    sandbox.add_ticket("freshdesk", body="Hello")
    receiver.wait(1)
    for tries, (early, due) in enumerate([(299, 2), (1799, 2), (3599, 2)], 1):
        assert sandbox.drain()
        sandbox.advance(early)
        assert sandbox.drain()
        assert len(receiver.received) == tries
        sandbox.advance(due)
        receiver.wait(tries + 1)
    assert sandbox.drain()
    sandbox.advance(86_400)
    assert sandbox.drain()
    (delivery,) = sandbox.deliveries("freshdesk")
    assert (len(delivery["attempts"]), delivery["state"]) == (4, "failed")


def test_rules_are_listed_for_admins(sandbox: Sandbox, desk: Client, receiver: Receiver) -> None:
    sandbox.set_webhook("freshdesk", receiver.url)
    admin = sandbox.freshdesk.account.store.bot()
    admin.role = "admin"
    with Client(f"{sandbox.freshdesk.url}/api/v2") as client:
        client.auth = (sandbox.credentials["freshdesk"]["api_key"], "X")
        rules: list[dict[str, Any]] = client.get("/automations/4/rules").json()
        assert rules[0]["performer"] == {"type": 2}
        assert client.delete(f"/automations/4/rules/{rules[0]['id']}").status_code == 204
        assert client.get("/automations/4/rules").json() == []


@pytest.mark.parametrize("copies", [1, 2])
def test_copies(sandbox: Sandbox, receiver: Receiver, copies: int) -> None:
    sandbox.set_webhook("freshdesk", receiver.url, copies=copies)
    sandbox.add_ticket("freshdesk", body="Hello")
    receiver.wait(copies)
    assert sandbox.drain()
    assert len(receiver.received) == copies
