"""A helpdesk that does not answer is left alone and tried again; no ticket dies of it. The journal is the judge."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from connector.callmeter import CallMeter, published
from connector.errors import HelpdeskDown, ProviderUnavailable
from connector.sandbox import Sandbox
from tests.faults.world import ManualClock, Steps, World, prepare
from tests.pipeline.test_rates import arrive

VENDORS = ("zendesk", "freshdesk")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[[str], World]]:
    clock = ManualClock()
    worlds: list[World] = []
    with Sandbox(clock=clock) as sandbox:

        def build(vendor: str) -> World:
            prepare(tmp_path, sandbox, vendor, "note")
            worlds.append(World(sandbox, vendor, tmp_path, clock, Steps()))
            worlds[-1].pipeline.providers[vendor]._http._pause = lambda _seconds: None
            return worlds[-1]

        yield build
        for world in worlds:
            world.close()


def calls(world: World) -> int:
    return len(world.sandbox.journal.calls(vendor=world.vendor))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("fault", [{"kind": "status", "status": 500}, {"kind": "reset_before"}])
def test_an_outage_of_days_ends_with_every_ticket_answered(make, vendor: str, fault: dict[str, object]) -> None:
    world = make(vendor)
    tickets = arrive(world, 12)
    provider, account = world.pipeline.providers[vendor], world.ledger.accounts.get("acme")
    provider.fetch(account, str(tickets[0]))  # the plan is known
    world.sandbox.faults.add(**fault, vendor=vendor, times=0)
    begun = world.clock()
    while world.clock() - begun < timedelta(days=2):
        world.pipeline.step(world.clock())
        world.clock.advance(20 if world.clock() - begun < timedelta(minutes=10) else 1800)
    assert world.ledger.work.backlog(now=world.clock()).dead_events == 0
    assert {alarm.kind for alarm in world.ledger.watch.alarms("acme")} == {"helpdesk_down"}
    assert provider.standing(account).answering is False
    world.sandbox.faults.clear()
    back = world.clock()
    while not world.quiet():
        world.pipeline.step(world.clock())
        world.clock.advance(5)
        assert world.clock() - back < timedelta(minutes=15)
    assert {len(world.sandbox.journal.notes(ticket, vendor=vendor)) for ticket in tickets} == {1}
    CallMeter(ledger=world.ledger, providers=world.pipeline.providers).step(world.clock())
    assert world.ledger.watch.alarms("acme") == (), "it is over"
    assert published(world.ledger, "acme") == provider.standing(account)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_helpdesk_that_is_down_gets_one_call_in_ten_seconds(make, vendor: str) -> None:
    world = make(vendor)
    (ticket,) = arrive(world, 1)
    provider, account = world.pipeline.providers[vendor], world.ledger.accounts.get("acme")
    for _ in range(3):
        provider.fetch(account, str(ticket))
    world.clock.advance(61)
    before = calls(world)
    world.sandbox.faults.add("status", vendor=vendor, status=503, times=0)
    for _ in range(10):
        with pytest.raises(ProviderUnavailable):
            provider.fetch(account, str(ticket))
    assert calls(world) - before == 10, "a few quick repeats, and none after it opened"
    assert provider.standing(account).breaker == "open"
    for _ in range(30):
        world.clock.advance(1)
        for _ in range(20):
            with pytest.raises(ProviderUnavailable):
                provider.fetch(account, str(ticket))
    assert calls(world) - before == 13
    with pytest.raises(HelpdeskDown) as left_alone:
        provider.fetch(account, str(ticket))
    assert 0 < left_alone.value.retry_after_seconds <= 10
    world.sandbox.faults.clear()
    world.clock.advance(10)
    provider.fetch(account, str(ticket))
    assert provider.standing(account).breaker == "half-open", "two calls: trusted after three"
    provider.fetch(account, str(ticket))
    assert provider.standing(account).breaker == "closed"


def test_repeats_are_few_when_many_calls_fail(make) -> None:
    world = make("zendesk")
    (ticket,) = arrive(world, 1)
    provider, account = world.pipeline.providers["zendesk"], world.ledger.accounts.get("acme")
    good = 40
    for _ in range(good // 2):
        provider.fetch(account, str(ticket))
    # Every third call fails: too few for the breaker, enough for a storm of repeats.
    failed = 0
    for _ in range(45):
        world.sandbox.faults.add("status", vendor="zendesk", status=503, times=3)
        try:
            provider.fetch(account, str(ticket))
        except ProviderUnavailable:
            failed += 1
        world.sandbox.faults.clear()
        provider.fetch(account, str(ticket))
    made = world.sandbox.journal.calls(vendor="zendesk")
    bad = [call for call in made if call.status == 503]
    repeats = len(bad) - 45
    assert provider.standing(account).breaker == "closed"
    assert failed == 45
    assert 2 < repeats <= 0.2 * len(made)


def test_a_write_that_met_an_open_breaker_is_made_later(make) -> None:
    world = make("freshdesk")
    (ticket,) = arrive(world, 1)

    def fall_down(step: str) -> None:
        if step == "after work.begin":
            world.steps.on_step = None
            outages = world.pipeline.providers["freshdesk"]._http._gate._outages
            for _ in range(20):
                outages.leave("acme", trial=False, failed=True)

    world.steps.on_step = fall_down
    world.pipeline.step(world.clock())
    (effect,) = world.ledger.decisions.effects("acme", ticket_id=str(ticket))
    assert (effect.state, effect.reason) == ("planned", "helpdesk_down"), "certainly not written: no wait, no doubt"
    assert world.sandbox.journal.calls(vendor="freshdesk", method="POST") == []
    for _ in range(12):
        world.clock.advance(10)
        world.pipeline.step(world.clock())
    assert len(world.sandbox.journal.notes(ticket)) == 1
