"""Hundreds of tickets on both helpdesks while the worker is killed again and again: each gets exactly one note."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from connector.engine.supervisor import QUICK_SECONDS
from connector.sandbox import Sandbox
from tests.long.processes import ONE_THREAD, alive, child_with, wait_for
from tests.long.stand import ask
from tests.pipeline.service import Service

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

SEED = 20
KILLS = 20
TICKETS_PER_KILL = 15
MOST_CALLS = 90
"""How many calls of the worker a kill waits for at most; fifteen tickets need about as many."""

YOUNG_SHARE = 0.2
"""Of the kills, those that may strike a worker which has just been started (the supervisor then waits longer)."""


def test_every_ticket_gets_one_note_over_twenty_kills(sandbox: Sandbox, tmp_path: Path) -> None:
    service = Service(home=tmp_path, environ={**ONE_THREAD, "HANDRAIL_LEASE_SECONDS": "5"})
    service.start()
    try:
        for vendor in ("zendesk", "freshdesk"):
            service.connect(sandbox, vendor, name=f"acme-{vendor}")
        tickets, killed_at = _write_and_kill(sandbox, service)
        service.wait_until_quiet(seconds=120)
        assert sandbox.drain(60)  # our own echoes
        service.wait_until_quiet(seconds=max(1.0, 120 - (time.monotonic() - killed_at)))
        assert len(tickets) == KILLS * TICKETS_PER_KILL
        assert {ticket: notes for ticket, notes in _notes(sandbox, tickets).items() if notes != 1} == {}
        assert sandbox.journal.entries(verb="reply", by="integration") == []
        assert service.command("events", "--state", "dead") == []
        print(f"{len(tickets)} tickets, {KILLS} kills, quiet {time.monotonic() - killed_at:.0f} s after the last one")
    finally:
        service.stop()


def _write_and_kill(sandbox: Sandbox, service: Service) -> tuple[list[tuple[str, int]], float]:
    """Write tickets and kill the worker in the midst of them; returns the tickets and the last kill's moment."""
    chance = random.Random(SEED)
    tickets: list[tuple[str, int]] = []
    for _ in range(KILLS):
        worker = _new_worker(service, young=chance.random() < YOUNG_SHARE)
        calls = len(sandbox.journal.calls())
        for _ in range(TICKETS_PER_KILL):
            vendor = chance.choice(("zendesk", "freshdesk"))
            tickets.append((vendor, ask(sandbox, vendor, 40_000 + len(tickets))))
        _wait_for_calls(sandbox, tickets, calls + chance.randint(1, MOST_CALLS))
        assert alive(worker), "the worker died by itself"
        os.kill(worker, signal.SIGKILL)
        wait_for(partial(_gone, worker), seconds=10, what="the kill")
    return tickets, time.monotonic()


def _wait_for_calls(sandbox: Sandbox, tickets: list[tuple[str, int]], enough: int) -> None:
    def reached() -> bool:
        return len(sandbox.journal.calls()) >= enough or all(_notes(sandbox, tickets).values())

    wait_for(reached, seconds=180, what=f"{enough} calls by the worker")


def _new_worker(service: Service, *, young: bool) -> int:
    """The worker that the supervisor has started; unless young, old enough for its death to be no quick one."""
    wait_for(lambda: _worker(service), seconds=90, what="the supervisor starts a worker")
    seen_at, worker = time.monotonic(), _worker(service)
    assert worker is not None
    if not young:
        wait_for(lambda: time.monotonic() > seen_at + QUICK_SECONDS, seconds=60, what="a grown-up worker")
    return worker


def _gone(pid: int) -> bool:
    return not alive(pid)


def _worker(service: Service) -> int | None:
    assert service.process is not None
    found = child_with(service.process.pid, "connector worker")
    return found if found is not None and alive(found) else None


def _notes(sandbox: Sandbox, tickets: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
    """Notes of ours per ticket that stand there now (a removed twin does not)."""
    notes = Counter((entry.vendor, entry.ticket) for entry in sandbox.journal.entries(verb="note", by="integration"))
    removed = Counter((entry.vendor, entry.ticket) for entry in sandbox.journal.entries(verb="note_deleted"))
    return {ticket: notes[ticket] - removed[ticket] for ticket in tickets}
