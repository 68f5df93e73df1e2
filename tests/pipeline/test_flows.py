"""What happens to one ticket when people, policies and helpdesks move: over real sockets, with the clock by hand."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from connector.model import Action, Event, EventKind, Posture, Signal, SignalHit, Stage, Ticket, Triage
from connector.ports import TriageContext
from connector.reconcile import Reconciler
from connector.records import Delivery
from connector.sandbox import Sandbox
from connector.watchdog import Watchdog
from tests.faults.world import CUSTOMER, Crashed, ManualClock, ScriptedTriager, Steps, World, prepare

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


def newest_action(world: World) -> str:
    return world.ledger.decisions.receipts("acme", ticket_id=world.ticket_id)[0].action


def reason_codes(world: World) -> set[str]:
    body = world.ledger.decisions.receipts("acme", ticket_id=world.ticket_id)[0].body
    return {reason["code"] for reason in body["decision"]["reasons"]}


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_burst_of_messages_gets_one_answer_that_knows_them_all(make, vendor: str) -> None:
    world = make(vendor)
    world.customer_writes()
    world.sandbox.add_comment(vendor, int(world.ticket_id), text="And when will it arrive?", notify=False)
    world.sandbox.add_comment(vendor, int(world.ticket_id), text="I am away on Friday.", notify=False)
    world.clock.advance(3)
    for key in ("d-1", "d-2", "d-3"):
        world.deliver(key=key)
    world.pipeline.step(world.clock())
    assert (world.notes, world.replies) == (1, 0)
    note = world.sandbox.journal.notes(int(world.ticket_id))[0].text
    assert "when will it arrive" in note.lower()


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_waits_when_the_clock_is_set_back_is_done_at_once(make, vendor: str) -> None:
    world = make(vendor)
    world.customer_writes()
    world.deliver()
    world.clock.advance(-2 * 86_400)
    world.pipeline.step(world.clock())
    assert world.notes == 1


class BrokenTriager(ScriptedTriager):
    """Has a mistake of ours in it."""

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        raise RuntimeError("a mistake of ours")


def test_an_alarm_outlives_the_process_that_dies_right_after_its_decision(make) -> None:
    world = make()
    world.pipeline = replace(world.pipeline, answerer=replace(world.pipeline.answerer, triager=BrokenTriager()))
    world.customer_writes()
    world.deliver()
    world.steps.crash_when = lambda step: step == "after work.decide"
    with pytest.raises(Crashed):
        world.pipeline.step(world.clock())
    (alarm,) = world.ledger.watch.alarms("acme")
    assert (alarm.kind, alarm.subject) == ("internal_error", world.ticket_id)


def test_a_ticket_that_is_gone_is_a_dead_letter_in_words_and_no_alarm(make) -> None:
    world = make()
    world.ticket_id = "987654"
    world.deliver()
    world.pipeline.step(world.clock())
    (event,) = world.ledger.inbox.events(state="dead")
    assert event.reason == "the ticket is gone or hidden from our user"
    assert world.ledger.watch.alarms("acme") == ()


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_agent_who_answered_is_left_alone(make, vendor: str) -> None:
    world = make(vendor, "reply")
    world.customer_writes()
    world.sandbox.add_comment(vendor, int(world.ticket_id), author="agent", text="It is on its way.", notify=False)
    world.run()
    assert (world.notes, world.replies) == (0, 0)
    assert newest_action(world) == Action.IGNORE


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_message_that_arrives_while_we_write_is_answered_instead(make, vendor: str) -> None:
    world = make(vendor, "reply")
    world.customer_writes()

    def write_again(step: str) -> None:
        if step == "after work.decide":
            world.steps.on_step = None
            world.sandbox.add_comment(vendor, int(world.ticket_id), text="Oh, and where is 48551?", notify=False)
            world.clock.advance(3)

    world.steps.on_step = write_again
    run_watched(world)
    effects = world.ledger.decisions.effects("acme", ticket_id=world.ticket_id)
    assert sorted((item.state.value, item.reason) for item in effects) == [("done", ""), ("void", "newer_message")]
    assert world.replies == 1


def test_a_ticket_that_moves_gets_no_second_time_for_the_model(make) -> None:
    world = make("zendesk", "reply")
    looked: list[float] = []

    def clock() -> float:
        looked.append(0.0)
        return 0.0

    world.pipeline = replace(world.pipeline, answerer=replace(world.pipeline.answerer, monotonic=clock))
    world.customer_writes()

    def write_again(step: str) -> None:
        if step == "after work.decide":
            world.steps.on_step = None
            world.sandbox.add_comment("zendesk", int(world.ticket_id), text="Oh, and where is 48551?", notify=False)
            world.clock.advance(3)

    world.steps.on_step = write_again
    run_watched(world)
    assert len(world.ledger.decisions.receipts("acme", ticket_id=world.ticket_id)) == 2
    assert len(looked) == 1, "the embedded drafter asks nobody: the clock is read where the time begins"


def test_a_message_that_our_reply_talks_past_gets_a_draft(make) -> None:
    """Freshdesk has no conditional write: the reply to the first message may land behind the second one."""
    world = make("freshdesk", "reply")
    world.customer_writes()

    def write_again(step: str) -> None:
        if step.startswith("before POST") and step.endswith("/reply"):
            world.steps.on_step = None
            world.clock.advance(2)
            world.sandbox.add_comment("freshdesk", int(world.ticket_id), text="Oh, and the invoice?", notify=False)
            world.clock.advance(2)

    world.steps.on_step = write_again
    run_watched(world)
    assert (world.notes, world.replies) == (0, 1)
    for key in ("d-2", "d-3"):  # what the second message brought, and what our note brought
        world.deliver(key=key)
        world.pipeline.step(world.clock())
        world.clock.advance(40)
    assert (world.notes, world.replies) == (1, 1)
    assert "the invoice" in world.sandbox.journal.notes(int(world.ticket_id))[0].text


def test_a_reply_that_arrives_late_does_not_hide_a_newer_message(make) -> None:
    world = make("freshdesk", "reply")
    world.customer_writes()
    world.sandbox.faults.add("apply_late", vendor="freshdesk", path=r"/reply$", method="POST")
    run_watched(world)
    assert (world.notes, world.replies) == (1, 0), "the outcome is unknown: a person has it"
    world.sandbox.add_comment("freshdesk", int(world.ticket_id), text="Oh, and the invoice?", notify=False)
    world.clock.advance(2)
    world.sandbox.faults.apply_late()
    world.clock.advance(2)
    world.deliver(key="d-2")
    world.pipeline.step(world.clock())
    assert (world.notes, world.replies) == (2, 1)


@pytest.mark.parametrize("vendor", VENDORS)
def test_an_agent_who_answers_while_we_write_stops_us(make, vendor: str) -> None:
    world = make(vendor, "reply")
    world.customer_writes()

    def agent_answers(step: str) -> None:
        if step == "after work.decide":
            world.steps.on_step = None
            world.sandbox.add_comment(vendor, int(world.ticket_id), author="agent", text="Done.", notify=False)
            world.clock.advance(3)

    world.steps.on_step = agent_answers
    run_watched(world)
    assert (world.notes, world.replies) == (0, 0)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_send_becomes_a_draft_when_somebody_takes_the_ticket(make, vendor: str) -> None:
    world = make(vendor, "reply")
    world.customer_writes()

    def take(step: str) -> None:
        if step == "after work.decide":
            world.steps.on_step = None
            world.sandbox.change(vendor, int(world.ticket_id), assignee="agent", notify=False)
            world.clock.advance(3)

    world.steps.on_step = take
    run_watched(world)
    assert (world.notes, world.replies) == (1, 0)
    assert "PK-4021983310" in world.sandbox.journal.notes(int(world.ticket_id))[0].text


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("scope", [{}, {"account_id": "acme"}, {"intent": "order_status"}])
def test_the_kill_switch_stops_even_what_is_planned(make, vendor: str, scope: dict[str, str]) -> None:
    world = make(vendor, "reply")
    world.customer_writes()

    def kill(step: str) -> None:
        if step == "after work.begin":
            world.steps.on_step = None
            switch = {"account_id": None, "intent": None, **scope}
            world.ledger.policies.kill(**switch, by="test", now=world.clock())

    world.steps.on_step = kill
    run_watched(world, rounds=4)
    assert (world.notes, world.replies) == (0, 0)
    world.ledger.policies.unkill(**{"account_id": None, "intent": None, **scope}, by="test", now=world.clock())
    world.clock.advance(60)
    world.pipeline.step(world.clock())
    assert (world.notes, world.replies) == (1, 0), "what was killed goes to a person, never out by itself"


def test_nothing_is_written_while_the_account_is_in_shadow(make) -> None:
    world = make("zendesk", "reply")
    world.ledger.accounts.set_stage("acme", Stage.SHADOW, now=world.clock())
    world.customer_writes()
    world.run()
    assert [call.method for call in world.sandbox.journal.calls(vendor="zendesk") if call.method != "GET"] == []
    (receipt,) = world.ledger.decisions.receipts("acme")
    assert (receipt.action, receipt.would_send) == (Action.SHADOW, True)


def test_no_valid_policy_writes_nothing_and_sends_nothing(make) -> None:
    world = make("zendesk", "reply")
    world.ledger.policies.publish("acme", "this is not a policy", by="x", comment="", now=world.clock())
    world.customer_writes()
    world.run()
    assert (world.notes, world.replies) == (0, 0)
    assert reason_codes(world) == {"no_valid_policy"}
    assert newest_action(world) == Action.HAND_OFF


@pytest.mark.parametrize("signal", [Signal.BILLING_DISPUTE, Signal.ASKS_FOR_HUMAN, Signal.SAFETY])
def test_a_floor_signal_hands_off_and_an_untaken_card_raises_an_alarm(make, monkeypatch, signal: Signal) -> None:
    def triage(self: ScriptedTriager, ticket: Ticket, context: TriageContext) -> Triage:
        return replace(calm(self, ticket, context), hits=(SignalHit(signal=signal, rule="r", matched="x"),))

    calm = ScriptedTriager.triage
    monkeypatch.setattr(ScriptedTriager, "triage", triage)
    world = make("zendesk", "reply")
    world.customer_writes()
    world.run()
    assert (world.notes, world.replies) == (1, 0)
    watchdog = Watchdog(ledger=world.ledger)
    watchdog.step(world.clock())
    assert world.ledger.watch.alarms() == ()
    watchdog.step(world.clock() + timedelta(hours=2))
    (alarm,) = world.ledger.watch.alarms()
    assert (alarm.kind, alarm.subject) == ("hand_off_not_taken", world.ticket_id)


def test_our_own_fault_ends_with_a_person(make, monkeypatch) -> None:
    def broken(self: ScriptedTriager, ticket: Ticket, context: TriageContext) -> Triage:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(ScriptedTriager, "triage", broken)
    world = make("zendesk", "reply")
    world.customer_writes()
    world.run()
    assert (world.notes, world.replies) == (1, 0)
    assert reason_codes(world) == {"internal_error"}
    assert [alarm.kind for alarm in world.ledger.watch.alarms()] == ["internal_error"]


def test_a_posture_makes_a_send_a_draft(make) -> None:
    world = make("zendesk", "reply")
    world.customer_writes()
    world.ledger.policies.set_posture("acme", "ticket", world.ticket_id, Posture.DRAFT, by="x", now=world.clock())
    world.run()
    assert (world.notes, world.replies) == (1, 0)


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_cap_per_recipient_and_day_holds(make, vendor: str) -> None:
    world = make(vendor, "reply")
    ends = []
    for number in range(5):
        world.customer_writes()
        world.deliver(key=f"d-{number}")
        for _ in range(3):
            world.pipeline.step(world.clock())
            world.clock.advance(2)
        ends.append((world.notes, world.replies))
    assert ends == [(0, 1)] * 3 + [(1, 0)] * 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_refused_write_is_told_with_its_field_and_not_repeated(make, vendor: str) -> None:
    world = make(vendor)
    path = r"/tickets/\d+(\.json)?$"
    body = (
        {"error": "RecordInvalid", "details": {"priority": [{"description": "Priority: is required"}]}}
        if vendor == "zendesk"
        else {"description": "Validation failed", "errors": [{"field": "priority", "code": "missing_field"}]}
    )
    status = 422 if vendor == "zendesk" else 400
    world.sandbox.faults.add("status", vendor=vendor, path=path, method="PUT", status=status, body=body, times=0)
    world.customer_writes()
    world.run()
    writes = [call for call in world.sandbox.journal.calls(vendor=vendor) if call.method == "PUT"]
    assert len(writes) == 1
    (effect,) = world.ledger.decisions.effects("acme")
    assert (effect.state.value, effect.reason) == ("failed", "write_refused:priority")
    (alarm,) = world.ledger.watch.alarms()
    assert alarm.kind == "write_refused"


def test_a_throttled_helpdesk_is_not_called_before_it_said(make) -> None:
    world = make("zendesk")
    world.sandbox.faults.add("status", vendor="zendesk", status=429, headers={"Retry-After": "90"})
    world.customer_writes()
    world.deliver()
    world.pipeline.step(world.clock())
    calls = len(world.sandbox.journal.calls(vendor="zendesk"))
    world.clock.advance(85)
    world.pipeline.step(world.clock())
    assert len(world.sandbox.journal.calls(vendor="zendesk")) == calls
    world.clock.advance(10)
    world.restart()  # the provider's own memory of the pause runs on the monotonic clock, which nobody can move
    world.pipeline.step(world.clock())
    assert world.notes == 1


def test_a_helpdesk_that_stays_down_ends_in_a_dead_letter_that_can_be_replayed(make) -> None:
    world = make("zendesk")
    world.sandbox.faults.add("status", vendor="zendesk", status=500, times=0)
    world.customer_writes()
    world.deliver()
    for _ in range(12):
        world.pipeline.step(world.clock())
        world.clock.advance(43_200)
    (event,) = world.ledger.inbox.events(state="dead")
    assert event.reason
    assert "dead_letter" in {alarm.kind for alarm in world.ledger.watch.alarms()}
    world.sandbox.faults.clear()
    assert world.ledger.inbox.replay(event.id, now=world.clock())
    world.pipeline.step(world.clock())
    assert world.notes == 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_the_poll_finds_what_webhooks_lost(make, vendor: str) -> None:
    world = make(vendor)
    if vendor == "zendesk":
        world.sandbox.zendesk.settings.incremental_lag_seconds = 0
    world.customer_writes()
    world.clock.advance(90)
    reconciler = Reconciler(
        ledger=world.pipeline.ledger, providers=world.pipeline.providers, every_seconds=300, settle_seconds=0
    )
    assert reconciler.step(world.clock()) == 1
    assert reconciler.step(world.clock()) == 0, "not before its time"
    world.pipeline.step(world.clock())
    assert world.notes == 1
    world.clock.advance(400)
    reconciler.step(world.clock())
    world.pipeline.step(world.clock())
    assert world.notes == 1, "our own write came back by the poll and changed nothing"


def test_a_clock_that_is_set_back_does_not_stop_the_poll(make) -> None:
    world = make("freshdesk")
    world.customer_writes()
    reconciler = Reconciler(
        ledger=world.pipeline.ledger, providers=world.pipeline.providers, every_seconds=300, settle_seconds=0
    )
    ahead = world.clock() + timedelta(hours=2)
    world.ledger.watch.move_cursor("acme", "updates", f"{world.clock():%Y-%m-%dT%H:%M:%SZ}", now=ahead)
    assert reconciler.step(world.clock()) == 1


def test_a_ticket_that_vanished_is_a_dead_letter_with_words(make) -> None:
    world = make("zendesk")
    world.customer_writes()
    event = Event(key="gone", ticket_id="99999", kind=EventKind.CREATED, vendor_kind="created")
    now = world.clock()
    world.ledger.inbox.receive(Delivery(account_id="acme", event=event, received_at=now, due_at=now))
    world.pipeline.step(now)
    (dead,) = world.ledger.inbox.events(state="dead")
    assert "gone" in dead.reason


def test_tags_of_others_stay_and_priority_is_only_raised(make) -> None:
    world = make("zendesk")
    number = world.sandbox.add_ticket(
        "zendesk",
        subject="Where is my order?",
        body="Where is my order 48551?",
        requester=CUSTOMER,
        tags=["vip_shop", "hr_sent"],
        priority="urgent",
        notify=False,
    )
    world.ticket_id = str(number)
    world.clock.advance(3)
    world.run()
    ticket = world.sandbox.ticket("zendesk", number)
    assert set(ticket["tags"]) == {"vip_shop", "hr", "hr_order_status", "hr_draft"}
    assert ticket["priority"] == "urgent"


def run_watched(world: World, *, rounds: int = 8) -> None:
    """As `World.run`, with the HTTP calls watched so that something may happen in between."""
    from tests.faults.world import watched_http

    with pytest.MonkeyPatch.context() as patch, watched_http(world.steps, patch):
        world.deliver()
        for _ in range(rounds):
            world.pipeline.step(world.clock())
            world.clock.advance(40)


def test_a_would_be_send_is_recorded_with_what_it_rests_on(make, monkeypatch) -> None:
    def read_by_own_model(self: ScriptedTriager, ticket: Ticket, context: TriageContext) -> Triage:
        return replace(plain(self, ticket, context), model="own-0123456789ab+rules")

    plain = ScriptedTriager.triage
    world = make("zendesk", "reply")
    world.customer_writes()
    world.run()
    (first,) = world.ledger.decisions.receipts("acme", ticket_id=world.ticket_id)
    assert first.would_send
    assert first.edition.endswith(".starter")
    assert world.replies == 1

    monkeypatch.setattr(ScriptedTriager, "triage", read_by_own_model)
    world.customer_writes()
    world.deliver(key="d-2")
    world.pipeline.step(world.clock())
    second = world.ledger.decisions.receipts("acme", ticket_id=world.ticket_id)[0]
    assert second.would_send
    assert second.edition == first.edition.replace("starter", "own-0123456789ab")
    assert reason_codes(world) == {"not_certified"}, "what certified the starter says nothing about another model"
    assert newest_action(world) == Action.DRAFT
