"""The real processes are killed, at random under load and at chosen system calls: one note for each ticket.

At every system call, and hundreds of kills: `tests/long/`.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Iterator
from contextlib import suppress

import pytest

from tests.long.processes import alive, wait_for
from tests.long.stand import Stand
from tests.long.test_kill_points import Job, strike

KILLS = 4
TICKETS_PER_KILL = 6
MOST_CALLS = 40
"""How many calls to the helpdesk a kill waits for at most."""


@pytest.fixture(scope="module", params=["zendesk", "freshdesk"])
def stand(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with Stand(request.param, "note", tmp_path_factory.mktemp("kills") / "stand") as stand:
        # Zendesk does not deliver again what met a dead process: the poll finds it.
        stand.begin(poll_seconds=1 if stand.vendor == "zendesk" else 300)
        yield stand


def killed_at_random(stand: Stand, *, kills: int, tickets_per_kill: int, seed: int) -> list[int]:
    """Customers write, and in the midst of it the worker or the web process is killed, again and again.

    Everything that was not taken is delivered again. The tickets, when all has come to rest.
    """
    chance = random.Random(seed)
    tickets: list[int] = []
    for number in range(kills):
        before = len(stand.sandbox.journal.calls())
        tickets += [stand.customer_writes() for _ in range(tickets_per_kill)]
        wait_for_calls(stand, tickets, before + chance.randint(1, MOST_CALLS))
        if number % 2:
            kill_web(stand)
        else:
            stand.stop_worker()
            stand.start_worker()
    stand.web_process()
    assert stand.sandbox.drain(120)
    stand.redeliver_what_was_not_taken()
    stand.wait_until_all_settled(tickets, seconds=600)
    return tickets


def wait_for_calls(stand: Stand, tickets: list[int], enough: int) -> None:
    """Return when the worker has made so many calls, or has none left to make."""

    def reached() -> bool:
        return len(stand.sandbox.journal.calls()) >= enough or all(stand.written()[ticket] for ticket in tickets[-1:])

    wait_for(reached, seconds=180, what=f"{enough} calls by the worker")


def kill_web(stand: Stand) -> None:
    """Kill the process that answers webhooks; another one takes its place by itself."""
    process = stand.web_process()
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)
    wait_for(lambda: not alive(process), seconds=30, what="the kill")


def test_killed_at_random_under_load(stand: Stand) -> None:
    tickets = killed_at_random(stand, kills=KILLS, tickets_per_kill=TICKETS_PER_KILL, seed=20)
    assert len(tickets) == KILLS * TICKETS_PER_KILL
    assert stand.wrong(tickets) == {}
    assert stand.acknowledged_but_lost() == set()


@pytest.mark.parametrize(
    ("process", "call", "when"), [("worker", "sendto", 4), ("worker", "fdatasync", 2), ("web", "fdatasync", 1)]
)
def test_killed_at_a_system_call(stand: Stand, process: str, call: str, when: int) -> None:
    """Around the write to the helpdesk, between its commits, and before the receipt is on disk."""
    ticket, struck = strike(stand, Job(process, call, least=1), when)
    assert struck, f"the {process} did not come to its {call} number {when}: nothing was tested"
    assert stand.wrong([ticket]) == {}
    assert stand.acknowledged_but_lost() == set()
