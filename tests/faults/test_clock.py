"""The wall clock of the running processes jumps, an hour ahead and two days back: nothing is lost, nothing doubled.

The helpdesk's clock stays right, so that its signed webhooks are refused meanwhile: the poll finds those tickets.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.clocks import JumpingClock
from tests.long.stand import ACCOUNT, Stand

JUMPS = {"+1h": timedelta(hours=1), "-2d": timedelta(days=-2), "+0": timedelta(0)}
TICKETS = 4
"""Written before each jump, and again after it."""
NEAR = timedelta(minutes=10)


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    return JumpingClock(tmp_path / "clock")


@pytest.fixture(params=["zendesk", "freshdesk"])
def stand(request: pytest.FixtureRequest, tmp_path: Path, clock: JumpingClock) -> Iterator[Stand]:
    with Stand(request.param, "note", tmp_path / "stand", environ=clock.environ) as stand:
        stand.begin(poll_seconds=1)
        yield stand


def jumped(stand: Stand, clock: JumpingClock, *, tickets: int) -> list[int]:
    """Each jump strikes tickets in work and is seen by others; nothing waits for another jump. All tickets."""
    written: list[int] = []
    for offset, ahead in JUMPS.items():
        written += [stand.customer_writes() for _ in range(tickets)]
        clock.jump(offset)
        written += decided_by_the_clock(stand, ahead)
        written += [stand.customer_writes() for _ in range(tickets)]
        stand.wait_until_all_written(written, seconds=240)
    assert stand.sandbox.drain(60)
    last = [stand.customer_writes()]  # what came before it was looked at before it
    stand.wait_until_all_written(last, seconds=240)
    return written + last


def decided_by_the_clock(stand: Stand, ahead: timedelta) -> list[int]:
    """Tickets one after the other, until one was decided by a clock that is ahead by so much."""
    written: list[int] = []
    while True:
        written.append(stand.customer_writes())
        stand.wait_until_all_written(written, seconds=240)
        account = stand.ledger.accounts.get(ACCOUNT)
        receipt = stand.ledger.decisions.receipts(account.id, ticket_id=str(written[-1]))[0]
        if abs(receipt.decided_at - datetime.now(UTC) - ahead) < NEAR:
            return written
        assert len(written) < 100, "nobody sees the clock jump: nothing is tested"


@pytest.mark.timeout(900)  # three jumps, each with tickets that only the poll finds: minutes on a busy machine
def test_a_jump_of_the_clock_loses_and_doubles_nothing(stand: Stand, clock: JumpingClock) -> None:
    tickets = jumped(stand, clock, tickets=TICKETS)
    assert len(tickets) > 2 * TICKETS * len(JUMPS)
    assert stand.wrong(tickets) == {}
    assert stand.acknowledged_but_lost() == set()
