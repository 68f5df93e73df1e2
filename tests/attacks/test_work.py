"""What a hostile sender, a broken helpdesk or a tired operator must not reach in the work on a ticket."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector.model import EffectState, Ticket, Triage
from connector.ports import TriageContext
from connector.sandbox import Sandbox
from tests.faults.world import ManualClock, ScriptedTriager, Steps, World, prepare

VENDORS = ("zendesk", "freshdesk")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., World]]:
    clock = ManualClock()
    worlds: list[World] = []
    with Sandbox(clock=clock) as sandbox:

        def build(vendor: str = "zendesk", mode: str = "note") -> World:
            home = tmp_path / f"{vendor}-{mode}"
            home.mkdir()
            prepare(home, sandbox, vendor, mode)
            worlds.append(World(sandbox, vendor, home, clock, Steps()))
            return worlds[-1]

        yield build
        for world in worlds:
            world.close()


def advance(world: World, rounds: int, seconds: float) -> None:
    """One claim per round: a ticket that comes back at once must not keep the test."""
    assert world.pipeline is not None
    for _ in range(rounds):
        world.pipeline.step_one(world.clock())
        world.clock.advance(seconds)


@pytest.mark.parametrize("vendor", VENDORS)
def test_any_number_of_events_without_a_new_message_leads_to_one_note(make, vendor: str) -> None:
    world = make(vendor)
    world.customer_writes()
    world.run()
    assert world.notes == 1
    for number in range(24):
        world.deliver(key=f"changed-{number}")
        advance(world, 2, 3)
    assert world.notes == 1


@pytest.mark.parametrize("mode", ["note", "reply"])
def test_a_ticket_whose_write_always_conflicts_ends_with_a_person(make, mode: str) -> None:
    world = make("zendesk", mode)
    world.customer_writes()
    world.sandbox.faults.add(
        "status", vendor="zendesk", method="PUT", status=409, times=0, body={"error": "UpdateConflict"}
    )
    world.deliver()
    advance(world, 200, 900)  # two days
    assert world.ledger.watch.alarms(), "nobody was told in two days"
    assert not world.ledger.work.backlog(now=world.clock()).unsettled_effects


def test_a_ticket_that_cannot_be_read_for_days_because_of_429_raises_an_alarm(make) -> None:
    world = make("zendesk")
    world.customer_writes()
    world.sandbox.faults.add(
        "status", vendor="zendesk", status=429, times=0, path="/tickets/", headers={"Retry-After": "1"}
    )
    world.deliver()
    advance(world, 96, 1800)  # two days
    assert world.ledger.watch.alarms()


def given_up_write(world: World) -> None:
    world.customer_writes()
    world.sandbox.faults.add("status", vendor="zendesk", method="PUT", status=503, times=0)
    world.deliver()
    advance(world, 40, 43_200)
    (effect,) = world.ledger.decisions.effects("acme", ticket_id=world.ticket_id)
    assert effect.state is EffectState.FAILED
    world.sandbox.faults.clear()


def test_a_note_that_was_given_up_stands_in_the_dead_letters(make) -> None:
    world = make("zendesk")
    given_up_write(world)
    assert world.ledger.inbox.events(state="dead")


def test_replaying_the_event_of_a_note_that_was_given_up_writes_it(make) -> None:
    world = make("zendesk")
    given_up_write(world)
    (event,) = world.ledger.inbox.events()
    assert world.ledger.inbox.replay(event.id, now=world.clock())
    advance(world, 4, 60)
    assert world.notes == 1


def test_replaying_an_event_of_the_time_of_the_kill_switch_brings_its_card(make) -> None:
    world = make("zendesk")
    world.ledger.policies.kill(account_id=None, intent=None, by="test", now=world.clock())
    world.customer_writes()
    world.deliver()
    advance(world, 2, 3)
    assert world.notes == 0
    world.ledger.policies.unkill(account_id=None, intent=None, by="test", now=world.clock())
    (event,) = world.ledger.inbox.events()
    assert world.ledger.inbox.replay(event.id, now=world.clock())
    advance(world, 4, 60)
    assert world.notes == 1


def test_the_kill_switch_of_any_intent_of_a_message_stops_its_planned_write(make, monkeypatch) -> None:
    def triage(self: ScriptedTriager, ticket: Ticket, context: TriageContext) -> Triage:
        return replace(calm(self, ticket, context), also=("return_policy",))

    calm = ScriptedTriager.triage
    monkeypatch.setattr(ScriptedTriager, "triage", triage)
    world = make("zendesk")
    world.customer_writes()

    def kill(step: str) -> None:
        if step == "after work.begin":
            world.steps.on_step = None
            world.ledger.policies.kill(account_id=None, intent="return_policy", by="test", now=world.clock())

    world.steps.on_step = kill
    world.deliver()
    advance(world, 4, 5)
    assert world.steps.on_step is None, "the write was never begun"
    assert world.notes == 0
