"""Faults: the journal must know exactly what was applied."""

from __future__ import annotations

import socket
import threading
import time
from typing import Any

import pytest
import requests

from connector.sandbox import Sandbox
from tests.sandbox.conftest import Client

NOTE = {"body": "<p>note</p>", "private": True}


@pytest.fixture
def ticket(sandbox: Sandbox) -> int:
    return sandbox.add_ticket("freshdesk", body="Hello")


def post(freshdesk: Client, ticket: int) -> requests.Response:
    return freshdesk.post(f"/tickets/{ticket}/notes", json=NOTE)


@pytest.mark.parametrize(
    ("kind", "applied"), [("refuse", 0), ("reset_before", 0), ("reset_after", 1), ("hang", 0), ("apply_late", 0)]
)
def test_a_withheld_answer(sandbox: Sandbox, freshdesk: Client, ticket: int, kind: str, applied: int) -> None:
    sandbox.faults.add(kind, vendor="freshdesk", path="/notes$", method="POST")
    with pytest.raises(requests.ConnectionError):
        post(freshdesk, ticket)
    assert len(sandbox.journal.notes(ticket)) == applied
    assert post(freshdesk, ticket).status_code == 201
    assert len(sandbox.journal.notes(ticket)) == applied + 1
    assert [c.fault for c in sandbox.journal.calls(path="/notes")] == [kind, None]


def test_a_connection_refused_at_accept(sandbox: Sandbox, ticket: int) -> None:
    sandbox.faults.add("refuse", vendor="freshdesk")
    with pytest.raises(requests.ConnectionError):
        requests.get(f"{sandbox.freshdesk.url}/api/v2/tickets/{ticket}", timeout=10)
    assert sandbox.journal.calls(vendor="freshdesk") == []
    assert requests.get(f"{sandbox.freshdesk.url}/api/v2/tickets/{ticket}", timeout=10).status_code == 401


def test_a_late_request_is_applied_when_told(sandbox: Sandbox, freshdesk: Client, ticket: int) -> None:
    sandbox.faults.add("apply_late", vendor="freshdesk", path="/notes")
    with pytest.raises(requests.ConnectionError):
        post(freshdesk, ticket)
    assert (len(sandbox.journal.notes(ticket)), sandbox.faults.late_count) == (0, 1)
    assert sandbox.faults.apply_late() == 1
    assert len(sandbox.journal.notes(ticket)) == 1
    assert sandbox.faults.apply_late() == 0


def test_a_late_request_is_applied_by_itself(sandbox: Sandbox, freshdesk: Client, ticket: int) -> None:
    sandbox.faults.add("apply_late", vendor="freshdesk", path="/notes", after=0.05)
    with pytest.raises(requests.ConnectionError):
        post(freshdesk, ticket)
    deadline = time.monotonic() + 10
    while not sandbox.journal.notes(ticket) and time.monotonic() < deadline:
        threading.Event().wait(0.01)
    assert len(sandbox.journal.notes(ticket)) == 1


def test_a_late_fenced_write_meets_the_conflict(sandbox: Sandbox, zendesk: Client) -> None:
    ticket = sandbox.add_ticket("zendesk", body="Hello")
    stamp = zendesk.get(f"/tickets/{ticket}").json()["ticket"]["updated_at"]
    sandbox.faults.add("apply_late", vendor="zendesk", method="PUT")
    fields = {"comment": {"body": "late", "public": True}, "safe_update": True, "updated_stamp": stamp}
    with pytest.raises(requests.ConnectionError):
        zendesk.put(f"/tickets/{ticket}", json={"ticket": fields})
    sandbox.advance(3)
    sandbox.add_comment("zendesk", ticket, text="I wrote again")
    sandbox.faults.apply_late()
    assert sandbox.journal.replies(ticket) == []
    assert [c.status for c in sandbox.journal.calls(method="PUT")] == [0, 409]


@pytest.mark.parametrize("applied", [True, False])
def test_a_wrong_status_before_or_after_applying(
    sandbox: Sandbox, freshdesk: Client, ticket: int, applied: bool
) -> None:
    sandbox.faults.add(
        "status", path="/notes", status=503, headers={"Retry-After": "7"}, applied=applied, body="<h1>Sorry</h1>"
    )
    answer = post(freshdesk, ticket)
    assert (answer.status_code, answer.headers["Retry-After"], answer.text) == (503, "7", "<h1>Sorry</h1>")
    assert len(sandbox.journal.notes(ticket)) == int(applied)


def test_garbage_is_a_200_without_json(sandbox: Sandbox, freshdesk: Client, ticket: int) -> None:
    sandbox.faults.add("garbage", path="/notes", applied=True)
    answer = post(freshdesk, ticket)
    assert answer.status_code == 200
    with pytest.raises(ValueError, match=r".+"):
        answer.json()
    assert len(sandbox.journal.notes(ticket)) == 1


def test_a_slow_answer_runs_into_the_clients_time_out_but_is_applied(
    sandbox: Sandbox, freshdesk: Client, ticket: int
) -> None:
    sandbox.faults.add("slow", path="/notes", delay=30.0)
    with pytest.raises(requests.Timeout):
        freshdesk.post(f"/tickets/{ticket}/notes", json=NOTE, timeout=0.5)
    assert len(sandbox.journal.notes(ticket)) == 1


def test_a_dripping_answer_outlives_a_read_time_out(sandbox: Sandbox, freshdesk: Client, ticket: int) -> None:
    sandbox.faults.add("drip", path="/notes", delay=1.5)
    started = time.monotonic()
    assert freshdesk.post(f"/tickets/{ticket}/notes", json=NOTE, timeout=1.0).status_code == 201
    assert time.monotonic() - started > 1.0
    assert len(sandbox.journal.notes(ticket)) == 1


def test_times_skip_and_clear(sandbox: Sandbox, freshdesk: Client, ticket: int) -> None:
    sandbox.faults.add("status", path="/notes", status=500, times=2, skip=1)
    assert [post(freshdesk, ticket).status_code for _ in range(4)] == [201, 500, 500, 201]
    sandbox.faults.add("status", path="/notes", status=500, times=0)
    assert [post(freshdesk, ticket).status_code for _ in range(3)] == [500] * 3
    sandbox.faults.clear()
    assert post(freshdesk, ticket).status_code == 201


def test_an_unknown_fault_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="Unknown fault"):
        sandbox.faults.add("explode")


def test_connections_are_kept_and_many_are_served_at_once(sandbox: Sandbox, freshdesk: Client, ticket: int) -> None:
    address = ("127.0.0.1", sandbox.freshdesk.site.port)
    with socket.create_connection(address, timeout=10) as idle, socket.create_connection(address, timeout=10) as used:
        idle.sendall(b"GET /api/v2/agents/me HTTP/1.1\r\n")
        for _ in range(2):
            used.sendall(b"GET /api/v2/agents/me HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"401" in used.recv(65_536).split(b"\r\n", 1)[0]
        assert freshdesk.get(f"/tickets/{ticket}").status_code == 200


def test_two_racing_safe_updates_leave_one_reply(sandbox: Sandbox, zendesk: Client) -> None:
    ticket = sandbox.add_ticket("zendesk", body="Hello")
    stamp = zendesk.get(f"/tickets/{ticket}").json()["ticket"]["updated_at"]
    sandbox.advance(2)
    known = sandbox.credentials["zendesk"]
    statuses: list[int] = []

    def write(text: str) -> None:
        fields: dict[str, Any] = {"comment": {"body": text, "public": True}, "safe_update": True}
        answer = requests.put(
            f"{sandbox.zendesk.url}/api/v2/tickets/{ticket}",
            json={"ticket": {**fields, "updated_stamp": stamp}},
            auth=(f"{known['email']}/token", known["api_token"]),
            timeout=10,
        )
        statuses.append(answer.status_code)

    threads = [threading.Thread(target=write, args=(str(n),)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 409, 409, 409, 409, 409]
    assert len(sandbox.journal.replies(ticket)) == 1
