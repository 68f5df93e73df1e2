"""The real processes are killed at every system call of one ticket's flow: nothing is lost, nothing is doubled.

A trap counts calls from the moment before the customer writes. A killed process is started again without it (the
web process by `handrail serve` itself), the helpdesk delivers again what got no 2xx, and its journal is the judge.
Run with `-s` to see how many points were struck.
"""

from __future__ import annotations

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.long.processes import Trap, alive
from tests.long.scripted_worker import MUTANT
from tests.long.stand import Stand

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]

EVERY = 12
"""Up to here every call is a point, above it every third: the long runs are pages of one commit."""
MOST = 240
LANES = 6
TRAPPED_SECONDS = 60


@dataclass(frozen=True)
class Job:
    """A sweep over one call of one process; `cold` means from the worker's start, with the webhook waiting."""

    process: str
    call: str
    least: int
    cold: bool = False

    def __str__(self) -> str:
        return f"{self.process}{' from its start' if self.cold else ''}: {self.call}"


WORKER = (
    Job("worker", "pwrite64", least=12),
    Job("worker", "fcntl", least=8),
    Job("worker", "poll", least=5),
    Job("worker", "sendto", least=4),
    Job("worker", "recvfrom", least=4),
    Job("worker", "fdatasync", least=4),
    Job("worker", "write", least=1),
    Job("worker", "connect", least=1, cold=True),
    Job("worker", "fdatasync", least=3, cold=True),
)
"""What changes the world or shows it: pages and commits, requests and answers, locks, log lines.

`least` is far below what was measured; with fewer points struck, the sweep has seen nothing.
"""
WEB = (
    Job("web", "pwrite64", least=8),
    Job("web", "fcntl", least=3),
    Job("web", "recvfrom", least=2),
    Job("web", "sendto", least=2),
    Job("web", "write", least=2),
    Job("web", "writev", least=1),
    Job("web", "fdatasync", least=1),
)


@dataclass
class Swept:
    """What one job found."""

    job: Job
    struck: list[int] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    replies: int = 0


def points() -> Iterator[int]:
    yield from range(1, EVERY + 1)
    yield from range(EVERY + 3, MOST, 3)


def sweep(stand: Stand, job: Job) -> Swept:
    """Kill at the 1st, 2nd, 3rd... call until the flow is twice through before it comes to that many."""
    swept = Swept(job)
    # The poll finds for Zendesk what it does not deliver again; elsewhere it must not help.
    stand.begin(poll_seconds=1 if job.process == "web" and stand.vendor == "zendesk" else 300)
    missed = 0
    for when in points():
        ticket, struck = strike(stand, job, when)
        swept.faults += [f"{job}, call {when}: {fault}" for fault in stand.violations(ticket)]
        swept.replies += stand.replies(ticket)
        if struck:
            swept.struck.append(when)
        missed = 0 if struck else missed + 1
        if missed == 2:
            break
    else:
        raise AssertionError(f"{job}: the flow never ended")
    swept.faults += [f"{job}: ticket {lost} was acknowledged and lost" for lost in stand.acknowledged_but_lost()]
    return swept


def strike(stand: Stand, job: Job, when: int) -> tuple[int, bool]:
    """One flow with a trap in it, brought to rest. Returns the ticket and whether the trap struck."""
    trap = Trap(job.call, when, stand.folder / "trace.txt")
    if job.process == "web":
        return strike_web(stand, trap)
    if job.cold:
        stand.stop_worker()
        ticket = stand.customer_writes()
        assert stand.sandbox.drain()
        stand.start_worker(*trap.command)
    else:
        assert stand.worker is not None
        trap.attach(stand.worker.pid)
        ticket = stand.customer_writes()
    wait_until(lambda: stand.worker_died or stand.settled(ticket))
    trap.release()  # first: an idle worker makes calls, too, and can still run into it
    struck = stand.worker_died
    if struck or job.cold:
        stand.stop_worker()
        stand.start_worker()
    if not stand.taken(ticket):  # a worker that dies slowly on a busy machine keeps the database from the web process
        assert stand.sandbox.drain()
        stand.redeliver_what_was_not_taken()
    stand.wait_until_settled(ticket)
    return ticket, struck


def strike_web(stand: Stand, trap: Trap) -> tuple[int, bool]:
    process = stand.web_process()
    trap.attach(process)
    ticket = stand.customer_writes()
    # The poll may bring the ticket to its end while the webhook is still on its way to the trap.
    wait_until(lambda: not alive(process) or stand.settled(ticket))
    trap.release()
    struck = not alive(process)
    stand.web_process()
    assert stand.sandbox.drain()
    stand.redeliver_what_was_not_taken()
    assert stand.sandbox.drain()
    stand.wait_until_settled(ticket)
    return ticket, struck


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + TRAPPED_SECONDS
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)


def sweep_all(vendor: str, mode: str, jobs: Sequence[Job], folder: Path) -> list[Swept]:
    """All jobs over a few stands at a time: most of a run is waiting for leases to end."""
    waiting: queue.SimpleQueue[Job] = queue.SimpleQueue()
    for job in jobs:
        waiting.put(job)

    def lane(number: int) -> list[Swept]:
        done = []
        with Stand(vendor, mode, folder / f"lane-{number}") as stand:
            while not waiting.empty():
                try:
                    job = waiting.get_nowait()
                except queue.Empty:
                    break
                swept = sweep(stand, job)
                last = max(swept.struck, default=0)
                print(f"{vendor} {mode}, {job}: {len(swept.struck)} kill points, the last at call {last}", flush=True)
                done.append(swept)
        return done

    with ThreadPoolExecutor(LANES) as pool:
        return [swept for found in pool.map(lane, range(LANES)) for swept in found]


@pytest.mark.parametrize(
    ("vendor", "mode", "jobs"),
    [
        ("zendesk", "note", WORKER + WEB),
        ("freshdesk", "note", WORKER + WEB),
        ("zendesk", "reply", WORKER),
        ("freshdesk", "reply", WORKER),
    ],
    ids=("zendesk-note", "freshdesk-note", "zendesk-reply", "freshdesk-reply"),
)
def test_killed_at_any_call(vendor: str, mode: str, jobs: Sequence[Job], tmp_path: Path) -> None:
    began = time.monotonic()
    found = sweep_all(vendor, mode, jobs, tmp_path)
    total = sum(len(swept.struck) for swept in found)
    print(f"{vendor} {mode}: {total} kill points in {(time.monotonic() - began) / 60:.1f} minutes")
    assert [fault for swept in found for fault in swept.faults] == []
    weak = [f"{swept.job}: {len(swept.struck)}" for swept in found if len(swept.struck) < swept.job.least]
    assert not weak, f"too few points were struck, the sweep proves nothing: {weak}"
    if mode == "reply":
        assert any(swept.replies for swept in found), "nothing was ever sent: the sweep saw no reply"


def test_the_sweep_finds_a_bad_protocol(tmp_path: Path) -> None:
    """One sweep has one or two points between sending and recording: on a busy machine it may strike beside them."""
    with Stand("freshdesk", "note", tmp_path / "lane", worker_words=(MUTANT,)) as stand:
        sweeps = (sweep(stand, Job("worker", call, least=1)) for call in ("fdatasync", "recvfrom", "pwrite64") * 2)
        found = any("2 notes" in fault for swept in sweeps for fault in swept.faults)
    assert found, "six sweeps over a worker that records after it has sent found nothing"
