"""A ticket in work stays its worker's for as long as the work may take, and not longer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from connector.engine.leases import LONGEST_SECONDS, Leases
from connector.engine.threads import ThreadEngine
from connector.errors import LeaseLost
from connector.ledger import SqlLedger, open_ledger
from connector.records import Claim, Delivery, EventState
from tests.ledger.samples import KEY, NOW, account, claim, claimed, claimed_ticket, delivery, later
from tests.long.processes import wait_for

PATIENCE_SECONDS = 60.0


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(str(tmp_path / "handrail.db"), keys=(KEY,))
    opened.migrate()
    opened.accounts.add(account("acme"), now=NOW)
    yield opened
    opened.close()


class Stopwatch:
    """A monotonic clock that is moved by hand."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def test_work_that_takes_longer_than_its_lease_keeps_it(ledger: SqlLedger) -> None:
    stopwatch = Stopwatch()
    leases = Leases(ledger, lease_seconds=60, monotonic=stopwatch)
    slow = claimed_ticket(ledger, "acme", "7")
    with leases.renewed(slow):
        for stopwatch.seconds in range(1, 301):
            leases.step(later(stopwatch.seconds))
            assert claim(ledger, at=stopwatch.seconds) is None
    assert claim(ledger, at=361) is not None, "nobody renews what is not in work"


def test_a_lease_is_not_renewed_before_a_third_of_it_is_over(ledger: SqlLedger) -> None:
    stopwatch = Stopwatch()
    leases = Leases(ledger, lease_seconds=60, monotonic=stopwatch)
    with leases.renewed(claimed_ticket(ledger, "acme", "7")):
        stopwatch.seconds = 19
        leases.step(later(19))
        assert ledger.work.next_due_at() == later(60)
        stopwatch.seconds = 20
        leases.step(later(20))
        assert ledger.work.next_due_at() == later(80)


def test_work_that_hangs_loses_its_lease(ledger: SqlLedger) -> None:
    stopwatch = Stopwatch()
    leases = Leases(ledger, lease_seconds=60, monotonic=stopwatch)
    with leases.renewed(claimed_ticket(ledger, "acme", "7")):
        for stopwatch.seconds in range(20, int(LONGEST_SECONDS) + 100, 20):
            leases.step(later(stopwatch.seconds))
        assert ledger.work.next_due_at() == later(LONGEST_SECONDS + 60)
        assert claimed(ledger, at=LONGEST_SECONDS + 60).ticket_id == "7"


def test_what_another_worker_took_is_left_to_it_and_the_others_go_on(ledger: SqlLedger) -> None:
    stopwatch = Stopwatch()
    leases = Leases(ledger, lease_seconds=60, monotonic=stopwatch)
    stood_still = claimed_ticket(ledger, "acme", "7")
    heir = claimed(ledger, at=61)
    with pytest.raises(LeaseLost):
        ledger.work.confirm(stood_still)
    ledger.inbox.receive(delivery("acme", "8", received=61))
    other = claimed(ledger, at=61)
    with leases.renewed(stood_still), leases.renewed(other):
        stopwatch.seconds = 30
        leases.step(later(91))
    ledger.work.confirm(heir)
    assert claimed(ledger, at=121).ticket_id == "7", "the heir's lease is its own affair"
    assert claim(ledger, at=150) is None, "ticket 8 was renewed"


class SlowPipeline:
    """Every ticket takes until it is told otherwise."""

    lease_seconds = 0.6
    account_cap = 4

    def __init__(self, ledger: SqlLedger) -> None:
        self.ledger = ledger
        self.begun: list[Claim] = []
        self.go_on = threading.Event()

    def improve_one(self, now: datetime) -> bool:
        return False

    def advance(self, claim: Claim, now: datetime) -> None:
        self.begun.append(claim)
        assert self.go_on.wait(PATIENCE_SECONDS)
        self.ledger.work.settle(claim, now=now, event_state=EventState.DONE, reason="")


class WorkerOf:
    """A worker that does nothing beside its tickets."""

    meter = None
    eraser = None

    def __init__(self, pipeline: SlowPipeline) -> None:
        self.pipeline = pipeline
        self.watchdog = self
        self.rounds: dict[str, Any] = {}

    def step(self, now: datetime) -> None:
        pass


class Idle:
    """No bell."""

    def wait(self, seconds: float) -> bool:
        return threading.Event().wait(min(seconds, 0.05))


def test_the_engine_renews_what_it_works_on_even_while_it_stops(ledger: SqlLedger) -> None:
    def now() -> datetime:
        return datetime.now(UTC)

    pipeline = SlowPipeline(ledger)
    engine = ThreadEngine(cast("Any", WorkerOf(pipeline)), clock=now, concurrency=4, bell=Idle())
    running = threading.Thread(target=engine.run)
    running.start()
    try:
        ledger.inbox.receive(_delivered(now()))
        _wait_until(lambda: bool(pipeline.begun))
        first = pipeline.begun[0].lease_until
        _wait_until(lambda: _lease_end(ledger) > first)
        engine.stop()
        stopped = _lease_end(ledger)
        _wait_until(lambda: _lease_end(ledger) > stopped)
    finally:
        pipeline.go_on.set()
        engine.stop()
        running.join(PATIENCE_SECONDS)
    assert not running.is_alive()
    assert ledger.work.next_due_at() is None


def _delivered(at: datetime) -> Delivery:
    return replace(delivery("acme", "7"), received_at=at, due_at=at)


def _lease_end(ledger: SqlLedger) -> datetime:
    found = ledger.work.next_due_at()
    assert found is not None
    return found


def _wait_until(holds: Callable[[], bool]) -> None:
    wait_for(holds, seconds=PATIENCE_SECONDS, what="the lease is renewed")
