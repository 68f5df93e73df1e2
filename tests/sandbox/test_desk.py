"""The control API, the agent view and the command."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys

import pytest
import requests

from connector.sandbox import Sandbox
from tests.sandbox.conftest import Client, Receiver


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_the_control_api_does_what_the_facade_does(sandbox: Sandbox, desk: Client, vendor: str) -> None:
    ids = desk.post(f"/control/{vendor}/tickets", json=[{"body": "one"}, {"body": "two", "notify": False}]).json()[
        "ids"
    ]
    (number,) = [desk.post(f"/control/{vendor}/tickets", json={"subject": "S", "body": "three"}).json()["id"]]
    assert len(desk.get(f"/control/{vendor}/tickets").json()["tickets"]) == len(ids) + 1
    path = f"/control/{vendor}/tickets/{number}"
    assert desk.post(f"{path}/comments", json={"author": "agent", "text": "note", "public": False}).status_code == 201
    pending = "pending" if vendor == "zendesk" else 3
    assert desk.post(path, json={"status": pending}).json()["ticket"]["status"] == pending
    ticket = desk.get(path).json()["ticket"]
    assert [n["text"] for n in ticket["notes"]] == ["note"]
    entries = desk.get(f"/control/journal?vendor={vendor}&ticket={number}").json()["entries"]
    assert [e["verb"] for e in entries] == ["created", "customer_message", "note", "status"]
    assert desk.post("/control/reset").status_code == 200
    assert desk.get(f"/control/{vendor}/tickets").json()["tickets"] == []
    assert desk.get("/control/journal").json()["entries"] == []


def test_webhooks_and_time_through_the_control_api(sandbox: Sandbox, desk: Client, receiver: Receiver) -> None:
    made = desk.post("/control/zendesk/webhook", json={"url": receiver.url, "secret": "s", "events": ["created"]})
    assert (made.status_code, made.json()["secret"]) == (201, "s")
    desk.post("/control/hold")
    desk.post("/control/zendesk/tickets", json={"body": "x"})
    assert desk.post("/control/deliveries/drain", json={"timeout_seconds": 5}).json() == {"drained": True}
    assert [d["state"] for d in desk.get("/control/deliveries").json()["deliveries"]] == ["held"]
    assert desk.post("/control/release", json={"shuffle_seed": 1}).json() == {"released": 1}
    receiver.wait(1)
    assert sandbox.drain()
    counts = desk.post("/control/deliveries/redeliver", json={"copies": 2, "connections": 2}).json()["counts"]
    assert counts == {"202": 2}
    before = sandbox.clock.now()
    desk.post("/control/advance", json={"seconds": 100})
    assert (sandbox.clock.now() - before).total_seconds() > 99


def test_faults_settings_and_calls_through_the_control_api(sandbox: Sandbox, desk: Client, zendesk: Client) -> None:
    fault = {"kind": "status", "vendor": "zendesk", "path": "/users", "status": 500}
    assert desk.post("/control/faults", json=fault).status_code == 201
    assert zendesk.get("/users/me").status_code == 500
    desk.post("/control/faults", json=fault)
    desk.delete("/control/faults")
    assert zendesk.get("/users/me").status_code == 200
    assert desk.get("/control/calls?vendor=zendesk&path=/users").json()["count"] == 2
    desk.post("/control/zendesk/settings", json={"calls_per_minute": 1, "enforce_limits": True})
    assert [zendesk.get("/users/me").status_code for _ in range(2)].count(429) >= 1
    assert desk.post("/control/zendesk/settings", json={"nonsense": 1}).status_code == 400
    assert desk.post("/control/faults/apply-late").json() == {"applied": 0}


def test_mistakes_are_answered_in_words(desk: Client) -> None:
    assert desk.get("/control/zendesk/tickets/9").status_code == 404
    assert "zendesk or freshdesk" in desk.get("/control/jira/tickets").json()["error"]
    number = desk.post("/control/zendesk/tickets", json={"body": "x"}).json()["id"]
    refused = desk.post(f"/control/zendesk/tickets/{number}", json={"status": "solved"})
    assert (refused.status_code, refused.json()["error"]["error"]) == (422, "RecordInvalid")
    assert desk.post(f"/control/zendesk/tickets/{number}/comments", json={"author": "nobody"}).status_code == 400
    assert desk.post("/control/hold", data="x=1", headers={"Content-Type": "text/plain"}).status_code == 200
    plain = desk.post("/control/zendesk/tickets", data='{"body":"x"}', headers={"Content-Type": "text/plain"})
    assert plain.status_code == 400


def token(page: str) -> str:
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found
    return found.group(1)


def test_the_list_shows_both_helpdesks_and_escapes_everything(sandbox: Sandbox, desk: Client) -> None:
    sandbox.add_ticket("zendesk", subject="<script>alert(1)</script>", body="x", tags=["vip"])
    sandbox.add_ticket("freshdesk", subject="Second", body="x", priority=4)
    answer = desk.get("/")
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text
    assert "Urgent" in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert desk.get("/static/desk.css").headers["Content-Type"].startswith("text/css")


def test_a_person_can_play_both_sides(sandbox: Sandbox, desk: Client) -> None:
    page = desk.get("/").text
    form = {"token": token(page), "vendor": "freshdesk", "subject": "Hi", "body": "Where is it?"}
    shown = desk.post("/tickets", data=form)
    assert shown.status_code == 200
    number = int(shown.url.rsplit("/", 1)[1])
    path = f"/tickets/freshdesk/{number}"
    for who, text in (("agent", "On its way"), ("note", "check the stock"), ("requester", "<b>Thanks</b>")):
        desk.post(f"{path}/comments", data={"token": token(page), "as": who, "text": text})
    assert [e.verb for e in sandbox.journal.entries(ticket=number)][2:] == ["reply", "note", "customer_message"]
    shown = desk.get(path)
    for mark in ("entry customer", "entry reply", "entry note", "&lt;b&gt;Thanks"):
        assert mark in shown.text
    desk.post(f"{path}/status", data={"token": token(page), "status": "4"})
    assert sandbox.ticket("freshdesk", number)["status"] == 4


def test_a_form_of_another_site_is_refused(sandbox: Sandbox, desk: Client) -> None:
    number = sandbox.add_ticket("zendesk", body="x")
    answer = desk.post(f"/tickets/zendesk/{number}/comments", data={"as": "agent", "text": "x", "token": "guess"})
    assert answer.status_code == 403
    assert sandbox.journal.replies(number, by=None) == []


def test_a_refusal_is_shown_on_the_page(sandbox: Sandbox, desk: Client) -> None:
    number = sandbox.add_ticket("zendesk", body="x")
    sandbox.change("zendesk", number, status="closed", assignee="agent")
    page = desk.get(f"/tickets/zendesk/{number}").text
    form = {"token": token(page), "as": "requester", "text": "hello?"}
    answer = desk.post(f"/tickets/zendesk/{number}/comments", data=form)
    assert answer.status_code == 400
    assert "closed prevents ticket update" in answer.text
    assert desk.get("/tickets/zendesk/999").status_code == 404


def test_the_command_prints_one_line_and_ends_on_a_signal() -> None:
    command = [sys.executable, "-m", "connector.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert set(ready) == {"desk", "zendesk", "zendesk_sdk", "freshdesk", "model", "credentials"}
        assert requests.get(ready["desk"], timeout=10).status_code == 200
        assert "ZAFClient" in requests.get(ready["zendesk_sdk"], timeout=10).text
        key = ready["credentials"]["freshdesk"]["api_key"]
        assert requests.get(f"{ready['freshdesk']}/api/v2/agents/me", auth=(key, "X"), timeout=10).status_code == 200
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0


def test_two_sandboxes_have_different_credentials(sandbox: Sandbox) -> None:
    with Sandbox() as other:
        assert other.credentials["zendesk"]["api_token"] != sandbox.credentials["zendesk"]["api_token"]
        assert other.credentials["freshdesk"]["api_key"] != sandbox.credentials["freshdesk"]["api_key"]
