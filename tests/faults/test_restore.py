"""An hour-old backup is put back and the helpdesks deliver the same again: nothing is doubled."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from tests.faults.clocks import JumpingClock
from tests.long.processes import wait_for
from tests.long.stand import Stand

HOUR = timedelta(hours=1)
TICKETS = 4
"""Written before the backup, and again after it."""


@pytest.fixture
def clock(tmp_path: Path) -> JumpingClock:
    clock = JumpingClock(tmp_path / "clock")
    clock.jump("-1h")
    return clock


@pytest.fixture(params=["zendesk", "freshdesk"])
def stand(request: pytest.FixtureRequest, tmp_path: Path, clock: JumpingClock) -> Iterator[Stand]:
    """All clocks, the helpdesk's too, are an hour slow."""
    sandbox = Sandbox(clock=lambda: datetime.now(UTC) - HOUR)
    with Stand(request.param, "reply", tmp_path / "stand", sandbox=sandbox, environ=clock.environ) as stand:
        stand.begin(poll_seconds=1)
        yield stand


def restored(stand: Stand, clock: JumpingClock, *, tickets: int) -> tuple[list[int], list[int]]:
    """The tickets from before and after the backup, some with a second message, all answered before the restore."""
    backup = stand.folder / "an-hour-old.db"
    old = [stand.customer_writes() for _ in range(tickets)]
    stand.wait_until_all_settled(old)
    stand.service.tell("backup", str(backup))

    clock.jump("+0")
    stand.sandbox.advance(HOUR.total_seconds())
    for ticket in old[::2]:
        stand.sandbox.add_comment(stand.vendor, ticket, text="And when will it arrive?")
    new = [stand.customer_writes() for _ in range(tickets)]
    wait_for(lambda: all(stand.written()[ticket] == 2 for ticket in old[::2]), seconds=180, what="second answers")
    stand.wait_until_all_settled(old + new)

    stand.restore(backup)
    # An hour-old signature is refused: what it was about comes by the poll, if it is still of interest.
    wait_for(lambda: set(stand.sandbox.redeliver(connections=4)) <= {"202", "401"}, seconds=180, what="all came again")
    forgotten = {str(ticket) for ticket in new}
    wait_for(lambda: forgotten <= known_to(stand) and stand.quiet(), seconds=180, what="everything was looked at again")
    return old, new


def known_to(stand: Stand) -> set[str | None]:
    """The tickets of which the ledger has an event."""
    return {event.ticket_id for event in stand.ledger.inbox.events(limit=100_000)}


def test_a_restored_backup_doubles_nothing(stand: Stand, clock: JumpingClock) -> None:
    old, new = restored(stand, clock, tickets=TICKETS)
    assert stand.written() == {
        **dict.fromkeys([*old, *new, min(old) - 1], 1),  # the stand's own first ticket, too
        **dict.fromkeys(old[::2], 2),
    }
    assert {ticket for ticket in old + new if stand.replies(ticket) > 1} == set()
    assert any(stand.replies(ticket) for ticket in new), "nothing was sent: no send could have been doubled"
