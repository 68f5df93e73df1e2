"""Calls are scarce: never more than our share, hand-offs first, nothing lost. The sandbox's journal is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.errors import ProviderThrottled
from connector.model import Event, EventKind, Signal, SignalHit, Ticket, Triage
from connector.ports import Priority, TriageContext, errand
from connector.records import Delivery
from connector.sandbox import Sandbox
from tests.faults.world import CUSTOMER, ManualClock, ScriptedTriager, Steps, World, prepare

MINUTE = timedelta(seconds=60)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., World]]:
    clock = ManualClock()
    worlds: list[World] = []
    with Sandbox(clock=clock) as sandbox:

        def build(vendor: str, plan: int, mode: str = "note") -> World:
            home = tmp_path / f"{vendor}-{mode}"
            home.mkdir()
            prepare(home, sandbox, vendor, mode)
            sandbox.helpdesk(vendor).change_settings({"calls_per_minute": plan, "enforce_limits": True})
            worlds.append(World(sandbox, vendor, home, clock, Steps()))
            return worlds[-1]

        yield build
        for world in worlds:
            world.close()


def arrive(world: World, count: int, body: str = "Hello, where is my order 48121? Thanks, Mara") -> list[int]:
    numbers = []
    for _ in range(count):
        number = world.sandbox.add_ticket(
            world.vendor, subject="My order", body=body, requester=CUSTOMER, channel="email", notify=False
        )
        event = Event(key=f"d-{number}", ticket_id=str(number), kind=EventKind.CREATED, vendor_kind="created")
        now = world.clock()
        world.ledger.inbox.receive(Delivery(account_id="acme", event=event, received_at=now, due_at=now))
        numbers.append(number)
    world.clock.advance(3)
    return numbers


def work(world: World, pool: ThreadPoolExecutor, threads: int = 8) -> None:
    """Advance what is due now, eight claims at a time."""
    for future in [pool.submit(world.pipeline.step, world.clock()) for _ in range(threads)]:
        future.result()


def credits_of(world: World, query: str) -> int:
    included = [word for word in query.removeprefix("include=").split("%2C") if word] if "include=" in query else []
    return 1 + (len(included) if world.vendor == "freshdesk" else 0)


def most_in_a_minute(world: World) -> int:
    """Credits in the fullest sliding minute that the helpdesk saw."""
    calls = world.sandbox.journal.calls(vendor=world.vendor)
    cost = [credits_of(world, call.query) for call in calls]
    most = first = total = 0
    for last, call in enumerate(calls):
        total += cost[last]
        while calls[first].at <= call.at - MINUTE:
            total -= cost[first]
            first += 1
        most = max(most, total)
    return most


def calls_until_refused(call: Callable[[], object], priority: Priority) -> int:
    for done in range(1000):
        try:
            with errand(priority):
                call()
        except ProviderThrottled:
            return done
    raise AssertionError("never refused")


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_a_flood_never_takes_more_than_half_of_the_plan(make, vendor: str) -> None:
    world = make(vendor, 100)
    tickets = arrive(world, 300)
    begun = world.clock()
    with ThreadPoolExecutor(8) as pool:
        while not world.quiet():
            work(world, pool)
            world.clock.advance(2)
            assert world.clock() - begun < timedelta(hours=2), world.ledger.work.backlog(now=world.clock())
    took = (world.clock() - begun) / MINUTE
    calls = world.sandbox.journal.calls(vendor=vendor)
    assert most_in_a_minute(world) <= 50
    assert [call for call in calls if call.status == 429] == []
    assert {len(world.sandbox.journal.notes(ticket, vendor=vendor)) for ticket in tickets} == {1}
    spent = sum(credits_of(world, call.query) for call in calls)
    able = world.pipeline.providers[vendor].capabilities
    assert spent <= 300 * (able.reading + able.writing) * 1.2, "little is read twice"
    assert spent / took > 0.6 * 50, f"{spent} credits in {took:.0f} minutes: the budget is used"
    kinds = {alarm.kind for alarm in world.ledger.watch.alarms("acme")}
    assert kinds <= ({"helpdesk_throttles"} if took > 60 else set())


def test_a_card_gets_through_while_drafts_wait(make, monkeypatch: pytest.MonkeyPatch) -> None:
    world = make("zendesk", 100)
    plain = ScriptedTriager.triage

    def triage(self: ScriptedTriager, ticket: Ticket, context: TriageContext) -> Triage:
        found = plain(self, ticket, context)
        if "a person" not in ticket.newest_customer_message.text:
            return found
        return replace(found, hits=(SignalHit(signal=Signal.ASKS_FOR_HUMAN, rule="r", matched="a person"),))

    monkeypatch.setattr(ScriptedTriager, "triage", triage)
    (draft,) = arrive(world, 1)
    (card,) = arrive(world, 1, "I want to speak to a person about order 48121.")
    provider, account = world.pipeline.providers["zendesk"], world.ledger.accounts.get("acme")
    policies, switch = world.ledger.policies, {"account_id": "acme", "intent": None, "by": "test"}

    def kill(step: str) -> None:  # both are decided, and neither may be written just then
        if step == "after work.decide":
            policies.kill(**switch, now=world.clock())

    world.steps.on_step = kill
    for _ in range(2):
        world.pipeline.step_one(world.clock())
        policies.unkill(**switch, now=world.clock())
    world.steps.on_step = None
    assert world.sandbox.journal.entries(verb="note") == []
    world.clock.advance(61)
    assert calls_until_refused(lambda: provider.fetch(account, str(draft)), Priority.LIVE) == 20, "40 of our 50"
    world.clock.advance(1)
    world.pipeline.step(world.clock())
    notes = world.sandbox.journal.notes
    assert [len(notes(draft)), len(notes(card))] == [0, 1], "the last fifth is for the card"
    assert {receipt.action for receipt in world.ledger.decisions.receipts("acme")} == {"draft", "hand_off"}
    with errand(Priority.POLL), pytest.raises(ProviderThrottled):
        provider.updates(account, None, now=world.clock())
    world.clock.advance(61)
    world.pipeline.step(world.clock())
    assert [len(notes(draft)), len(notes(card))] == [1, 1]


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_bulk_work_stops_before_live_work_does(make, vendor: str) -> None:
    world = make(vendor, 100)
    (ticket,) = arrive(world, 1)
    provider, account = world.pipeline.providers[vendor], world.ledger.accounts.get("acme")

    def until_refused(priority: Priority) -> int:
        calls_until_refused(lambda: provider.fetch(account, str(ticket)), priority)
        return 50 - provider.standing(account).left

    assert [until_refused(priority) for priority in reversed(Priority)] == [
        pytest.approx(30, abs=1),
        pytest.approx(35, abs=1),
        pytest.approx(40, abs=3),
        50,
    ]
    assert most_in_a_minute(world) == 50


def test_no_call_is_made_before_retry_after_ends(make) -> None:
    world = make("zendesk", 700)
    (ticket,) = arrive(world, 1)
    provider, account = world.pipeline.providers["zendesk"], world.ledger.accounts.get("acme")
    world.sandbox.faults.add("status", vendor="zendesk", status=429, headers={"Retry-After": "34"})
    with pytest.raises(ProviderThrottled):
        provider.fetch(account, str(ticket))
    assert len(world.sandbox.journal.calls(vendor="zendesk")) == 1

    def hammer(_: int) -> int:
        refused = 0
        for _ in range(20):
            with pytest.raises(ProviderThrottled) as caught:
                provider.fetch(account, str(ticket))
            refused += 0 < caught.value.retry_after_seconds <= 34
        return refused

    with ThreadPoolExecutor(8) as pool:
        for _ in range(33):
            world.clock.advance(1)
            assert sum(pool.map(hammer, range(8))) == 160
    assert len(world.sandbox.journal.calls(vendor="zendesk")) == 1, "5,280 tries, not one call"
    world.clock.advance(1)
    assert provider.fetch(account, str(ticket)).id == str(ticket)


@pytest.mark.parametrize("vendor", ["zendesk", "freshdesk"])
def test_one_ticket_is_not_written_to_more_often_than_the_helpdesk_allows(make, vendor: str) -> None:
    world = make(vendor, 1_000_000 if vendor == "zendesk" else 400)
    (ticket,) = arrive(world, 1)
    provider, account = world.pipeline.providers[vendor], world.ledger.accounts.get("acme")
    provider.fetch(account, str(ticket))  # the first answer tells the plan
    change = {"priority": "high" if vendor == "zendesk" else 3}
    done = calls_until_refused(
        lambda: provider._client.update(account, str(ticket), change, permit=lambda: None), Priority.URGENT
    )
    assert done == (30 if vendor == "zendesk" else 80), "per ticket and ten minutes; half of the plan's 160 a minute"
    assert [call for call in world.sandbox.journal.calls(vendor=vendor) if call.status == 429] == []
