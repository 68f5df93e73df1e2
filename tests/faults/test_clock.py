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

JUMPS = ("+1h", "-2d", "+0")
TICKETS = 4
"""Written before each jump, and again after it."""
BACK = "-2d"
"""What waits when the clock is set back is due when the clock gets there again: nothing is left to wait for it."""


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    return JumpingClock(tmp_path / "clock")


@pytest.fixture(params=["zendesk", "freshdesk"])
def stand(request: pytest.FixtureRequest, tmp_path: Path, clock: JumpingClock) -> Iterator[Stand]:
    with Stand(request.param, "note", tmp_path / "stand", environ=clock.environ) as stand:
        stand.begin(poll_seconds=1)
        yield stand


def jumped(stand: Stand, clock: JumpingClock, *, tickets: int) -> list[int]:
    """Each jump ahead strikes tickets in work; each is followed by others. All tickets, written to."""
    written: list[int] = []
    for offset in JUMPS:
        written += [stand.customer_writes() for _ in range(tickets)]
        if offset == BACK:
            stand.wait_until_all_settled(written)
        clock.jump(offset)
        later = [stand.customer_writes() for _ in range(tickets)]
        written += later
        stand.wait_until_all_written(later, seconds=240)
    stand.wait_until_all_written(written, seconds=240)
    assert stand.sandbox.drain(60)
    last = [stand.customer_writes()]  # what came before it was looked at before it
    stand.wait_until_all_written(last, seconds=240)
    return written + last


def test_a_jump_of_the_clock_loses_and_doubles_nothing(stand: Stand, clock: JumpingClock) -> None:
    tickets = jumped(stand, clock, tickets=TICKETS)
    assert len(tickets) == 2 * TICKETS * len(JUMPS) + 1
    account = stand.ledger.accounts.get(ACCOUNT)
    receipts = stand.ledger.decisions.receipts(account.id, limit=1000)
    decided = [receipt.decided_at - datetime.now(UTC) for receipt in receipts]
    assert min(decided) < timedelta(days=-1), "nobody saw the clock two days back: nothing was tested"
    assert max(decided) > timedelta(minutes=30), "nobody saw the clock an hour ahead: nothing was tested"
    assert stand.wrong(tickets) == {}
    assert stand.acknowledged_but_lost() == set()
