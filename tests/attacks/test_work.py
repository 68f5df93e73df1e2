"""What a hostile sender, a broken helpdesk or a tired operator must not reach in the work on a ticket."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.model import EffectKind, EffectState, Signal, SignalHit, Ticket, Triage
from connector.ports import TriageContext
from connector.sandbox import Sandbox
from connector.suppressed import Suppressed
from connector.watchdog import Watchdog
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


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("mode", ["note", "reply"])
def test_what_came_in_under_the_kill_switch_gets_its_draft_when_it_is_off(make, vendor: str, mode: str) -> None:
    world = make(vendor, mode)
    switch = {"account_id": None, "intent": None, "by": "test"}
    world.ledger.policies.kill(**switch, now=world.clock())
    world.customer_writes()
    world.deliver()
    advance(world, 2, 3)
    world.deliver("d-2")  # an event without news, which is ignored
    advance(world, 2, 3)
    watchdog = Watchdog(ledger=world.ledger)
    watchdog.step(world.clock())
    assert world.ledger.work.next_due_at() is None, "not while it is on"
    world.ledger.policies.unkill(**switch, now=world.clock())
    for _ in range(3):
        watchdog.step(world.clock())
        advance(world, 3, 60)
    assert (world.notes, world.replies) == (1, 0), "once, and hours later nothing is sent by itself"


@pytest.mark.parametrize("throttled", [False, True])
def test_a_reply_that_is_on_its_way_when_the_kill_switch_goes_on_is_not_said_to_be_held_back(
    make, throttled: bool
) -> None:
    world = make("zendesk", "reply")
    world.customer_writes()
    path = r"/tickets/\d+(\.json)?$"
    world.sandbox.faults.add("apply_late", vendor="zendesk", path=path, method="PUT")
    world.deliver()
    advance(world, 1, 3)
    assert world.sandbox.faults.late_count == 1, "the reply is not on its way"
    if throttled:  # that this try wrote nothing says nothing of the first one
        world.clock.advance(60)
        world.sandbox.faults.add("status", vendor="zendesk", path=path, method="PUT", status=429, times=1)
        advance(world, 1, 3)
    switch = {"account_id": None, "intent": None, "by": "test"}
    world.ledger.policies.kill(**switch, now=world.clock())
    advance(world, 4, 60)
    world.sandbox.faults.apply_late()
    world.ledger.policies.unkill(**switch, now=world.clock())
    advance(world, 4, 60)
    (reply,) = (item for item in world.ledger.decisions.effects("acme") if item.effect.kind is EffectKind.REPLY)
    assert (world.replies, world.notes) == (1, 1)
    assert (reply.state, reply.reason) == (EffectState.UNKNOWN, "reply_outcome_unknown")
    assert "reply_outcome_unknown" in {alarm.kind for alarm in world.ledger.watch.alarms("acme")}


def test_what_an_agent_answered_meanwhile_gets_no_note_when_the_kill_switch_is_off(make) -> None:
    world = make("zendesk")
    switch = {"account_id": "acme", "intent": None, "by": "test"}
    world.ledger.policies.kill(**switch, now=world.clock())
    world.customer_writes()
    world.deliver()
    advance(world, 2, 3)
    world.sandbox.add_comment("zendesk", int(world.ticket_id), author="agent", text="It is on its way.", notify=False)
    world.ledger.policies.unkill(**switch, now=world.clock())
    assert Suppressed(world.ledger).requeue(world.clock()) == 1
    advance(world, 3, 60)
    assert (world.notes, world.replies) == (0, 0)


def test_a_decision_that_is_committed_after_the_switch_went_off_is_found(make) -> None:
    world = make("zendesk")
    switch = {"account_id": None, "intent": "order_status", "by": "test"}
    world.ledger.policies.kill(**switch, now=world.clock())
    watchdog = Watchdog(ledger=world.ledger)

    def off(step: str) -> None:
        if step == "before work.decide":
            world.steps.on_step = None
            world.ledger.policies.unkill(**switch, now=world.clock())
            watchdog.step(world.clock())

    world.steps.on_step = off
    world.customer_writes()
    world.deliver()
    advance(world, 2, 3)
    assert world.steps.on_step is None, "nothing was decided"
    assert world.notes == 0
    watchdog.step(world.clock())
    advance(world, 3, 60)
    assert world.notes == 1


def test_a_clock_that_was_wrong_when_the_switch_went_on_hides_nothing(make) -> None:
    world = make("zendesk")
    switch = {"account_id": "acme", "intent": None, "by": "test"}
    world.ledger.policies.kill(**switch, now=world.clock() + timedelta(hours=1))
    world.customer_writes()
    world.deliver()
    advance(world, 2, 3)
    world.ledger.policies.unkill(**switch, now=world.clock())
    Watchdog(ledger=world.ledger).step(world.clock())
    advance(world, 3, 60)
    assert world.notes == 1


def test_hand_offs_come_first_and_what_is_stopped_by_another_switch_waits_for_its_end(make, monkeypatch) -> None:
    def triage(self: ScriptedTriager, ticket: Ticket, context: TriageContext) -> Triage:
        found = calm(self, ticket, context)
        for words, change in (
            ("a person", {"hits": (SignalHit(signal=Signal.ASKS_FOR_HUMAN, rule="r", matched="a person"),)}),
            ("give it back", {"also": ("return_policy",)}),
        ):
            if words in ticket.newest_customer_message.text:
                found = replace(found, **change)
        return found

    calm = ScriptedTriager.triage
    monkeypatch.setattr(ScriptedTriager, "triage", triage)
    world = make("zendesk")
    policies = world.ledger.policies
    policies.kill(account_id="acme", intent=None, by="test", now=world.clock())
    policies.kill(account_id=None, intent="return_policy", by="test", now=world.clock())
    tickets = []
    for place, text in enumerate(("And when?", "I want a person.", "Can I give it back?")):
        world.customer_writes()
        tickets.append(world.ticket_id)
        world.sandbox.add_comment("zendesk", int(world.ticket_id), text=text, notify=False)
        world.clock.advance(3)
        world.deliver(f"t-{place}")
        advance(world, 2, 3)
    assert world.sandbox.journal.entries(verb="note") == []

    def noted() -> list[str]:
        return [str(entry.ticket) for entry in world.sandbox.journal.entries(verb="note")]

    policies.unkill(account_id="acme", intent=None, by="test", now=world.clock())
    assert Suppressed(world.ledger).requeue(world.clock()) == 2
    world.clock.advance(3)
    advance(world, 4, 30)
    assert noted() == [tickets[1], tickets[0]]
    policies.unkill(account_id=None, intent="return_policy", by="test", now=world.clock())
    assert Suppressed(world.ledger).requeue(world.clock()) == 1
    advance(world, 4, 30)
    assert noted() == [tickets[1], tickets[0], tickets[2]]


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
