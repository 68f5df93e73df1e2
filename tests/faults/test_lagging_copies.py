"""A helpdesk that answers reads from a copy some seconds behind: nothing is written beside what the copy hid."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from connector.model import Account, EffectState, Ticket
from connector.outbox import until_settled
from tests.faults.conftest import Stage
from tests.faults.world import ManualClock, Steps, World, copy_home

LAG_SECONDS = 10.0
BEHIND_SECONDS = 8.0


@dataclass
class LaggingCopy:
    """A provider whose reads show `kept` until the copy has caught up; everything else is the provider's own."""

    provider: Any
    clock: ManualClock
    kept: Ticket | None = None
    until: datetime | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.provider, name)

    def fetch(self, account: Account, ticket_id: str) -> Ticket:
        return self._shown() or self.provider.fetch(account, ticket_id)

    def refresh(self, account: Account, ticket: Ticket) -> Ticket:
        return self._shown() or self.provider.refresh(account, ticket)

    def _shown(self) -> Ticket | None:
        if self.kept is None or self.until is None or self.clock() >= self.until:
            return None
        return replace(self.kept, read_at=self.clock())


def play(stage: Stage, mode: str, *, lag_seconds: float) -> tuple[list[str], str]:
    """(the messages that something was written about, the newest message), by their ids.

    Two messages within one second, and a copy that for eight seconds more shows the state between them (seed 1372).
    """
    home = copy_home(stage.prepared("zendesk", mode), stage.folder / f"lag-{lag_seconds}")
    copies: list[LaggingCopy] = []

    def lagging(provider: Any) -> LaggingCopy:
        copies.append(LaggingCopy(provider, stage.clock))
        return copies[-1]

    world = World(
        stage.sandbox, "zendesk", home, stage.clock, Steps(), prepare_provider=lagging, lag_seconds=lag_seconds
    )
    try:
        world.customer_writes()
        stage.clock.advance(-3)
        account = world.ledger.accounts.get("acme")
        copy = copies[-1]
        copy.kept = copy.provider.fetch(account, world.ticket_id)
        copy.until = stage.clock() + timedelta(seconds=BEHIND_SECONDS)
        text = "And when will it arrive?"
        stage.sandbox.add_comment("zendesk", int(world.ticket_id), text=text, notify=False)
        stage.clock.advance(3)
        world.run()
        newest = copy.provider.fetch(account, world.ticket_id).newest_customer_message
        assert newest is not None
        stored = world.ledger.decisions.effects("acme", ticket_id=world.ticket_id, limit=20)
        return [item.effect.basis.answers for item in stored if item.state is EffectState.DONE], newest.id
    finally:
        world.close()


@pytest.mark.parametrize("mode", ["note", "reply"])
def test_what_a_lagging_copy_hid_is_seen_before_anything_is_written(stage: Stage, mode: str) -> None:
    written, newest = play(stage, mode, lag_seconds=LAG_SECONDS)
    assert written == [newest]


def test_without_the_wait_the_same_copy_leads_to_a_stale_note(stage: Stage) -> None:
    """The case is a real one: the helpdesk's own fence lets this write pass."""
    written, newest = play(stage, "note", lag_seconds=0.0)
    assert written != [newest]


@pytest.mark.parametrize(
    ("since_change", "lag_seconds", "wait"),
    [
        (0.0, 0.0, 1.0),
        (1.0, 0.0, 0.0),
        (0.0, 10.0, 11.0),
        (10.0, 10.0, 1.0),
        (11.0, 10.0, 0.0),
        (-60.0, 10.0, 11.0),  # the helpdesk's machines do not agree on the time
        (-61.0, 10.0, 0.0),  # its clock was set back
    ],
)
def test_how_long_a_ticket_must_be_left_alone(
    stage: Stage, since_change: float, lag_seconds: float, wait: float
) -> None:
    number = stage.sandbox.add_ticket(
        "zendesk", subject="s", body="b", requester={"name": "Mara", "email": "mara@customer.example"}, notify=False
    )
    world = World(
        stage.sandbox, "zendesk", copy_home(stage.prepared("zendesk", "note"), stage.folder / "w"), stage.clock, Steps()
    )
    try:
        ticket = world.pipeline.providers["zendesk"].fetch(world.ledger.accounts.get("acme"), str(number))
    finally:
        world.close()
    read = replace(ticket, read_at=ticket.updated_at + timedelta(seconds=since_change))
    assert until_settled(read, lag_seconds=lag_seconds) == timedelta(seconds=wait)


def test_a_ticket_that_never_rests_is_told_of_and_written_to_when_it_does(stage: Stage) -> None:
    home = copy_home(stage.prepared("zendesk", "note"), stage.folder / "restless")
    world = World(stage.sandbox, "zendesk", home, stage.clock, Steps(), lag_seconds=LAG_SECONDS)
    try:
        world.customer_writes()
        world.deliver()
        for turn in range(62):
            stage.sandbox.change("zendesk", int(world.ticket_id), tags=[f"turn_{turn}"], notify=False)
            world.pipeline.step(world.clock())
            world.clock.advance(60)
        assert world.notes == 0
        alarms = world.ledger.watch.alarms("acme")
        assert [(alarm.kind, alarm.subject) for alarm in alarms] == [("ticket_keeps_changing", world.ticket_id)]
        world.pipeline.step(world.clock())
        assert world.notes == 1
    finally:
        world.close()
