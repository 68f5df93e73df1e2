"""The process dies at every step of one ticket's flow, on both helpdesks: nothing is lost, nothing doubled.

The protocols known to be bad (`docs/explanation/effects.md`) are planted as mutants; the same sweeps must find them.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from connector.errors import ProviderError
from connector.model import EffectState
from connector.outbox import Delivered, Outbox, Outcome
from connector.ports import Guarantee
from tests.bad_protocols import LookThenSend, RecordThenSend, SendThenRecord
from tests.faults.conftest import Stage
from tests.faults.world import World

FLOWS = [(vendor, mode) for vendor in ("zendesk", "freshdesk") for mode in ("note", "reply")]
MOST_STEPS = 120


def sweep_crashes(stage: Stage, vendor: str, mode: str, **options: Any) -> list[str]:
    """Crash at step 1, 2, 3... until a flow has no such step. Returns every violation with the step it followed."""
    found: list[str] = []
    for crash_at in range(1, MOST_STEPS):
        violations, steps = stage.play(vendor, mode, crash_at=crash_at, **options)
        if len(steps) < crash_at:
            assert crash_at > 15, f"only {crash_at} steps were seen: the sweep saw nothing"
            return found
        found += [f"crash {steps[crash_at - 1]}: {violation}" for violation in violations]
    raise AssertionError("the flow never ended")


def sweep_late_writes(stage: Stage, vendor: str, mode: str, **options: Any) -> list[str]:
    """The write gets no answer and is applied late: just before the 1st, 2nd, 3rd... call that follows it."""
    found: list[str] = []
    for late_by in range(1, 9):
        writes: list[int] = []

        def apply_late(count: int, late_by: int = late_by, writes: list[int] = writes) -> None:
            if stage.sandbox.faults.late_count and not writes:
                writes.append(count)
            if writes and count == writes[0] + late_by - 1:
                stage.sandbox.faults.apply_late()

        violations, _ = stage.play(vendor, mode, before=_lose_the_write(stage, vendor), on_http=apply_late, **options)
        found += [f"applied before call {late_by}: {violation}" for violation in violations]
    return found


def _lose_the_write(stage: Stage, vendor: str):
    path = r"/tickets/\d+(\.json)?$" if vendor == "zendesk" else r"/(notes|reply)$"
    method = "PUT" if vendor == "zendesk" else "POST"

    def before(_world: World) -> None:
        stage.sandbox.faults.add("apply_late", vendor=vendor, path=path, method=method)

    return before


# --- the protocol as it is ------------------------------------------------------------------------


@pytest.mark.parametrize(("vendor", "mode"), FLOWS)
def test_a_crash_at_any_step_loses_nothing_and_doubles_nothing(stage: Stage, vendor: str, mode: str) -> None:
    assert sweep_crashes(stage, vendor, mode) == []


@pytest.mark.parametrize(("vendor", "mode"), FLOWS)
@pytest.mark.parametrize("kind", ["refuse", "reset_before", "reset_after", "garbage", "status", "status-applied"])
def test_a_fault_at_the_write_loses_nothing_and_doubles_nothing(
    stage: Stage, vendor: str, mode: str, kind: str
) -> None:
    path = r"/tickets/\d+(\.json)?$" if vendor == "zendesk" else r"/(notes|reply)$"
    method = "PUT" if vendor == "zendesk" else "POST"

    def before(_world: World) -> None:
        name, applied = kind.partition("-")[0], kind.endswith("applied")
        stage.sandbox.faults.add(name, vendor=vendor, path=path, method=method, status=503, applied=applied)

    violations, steps = stage.play(vendor, mode, before=before)
    assert violations == []
    assert steps.count("before work.begin") >= 1


@pytest.mark.parametrize("mode", ["note", "reply"])
def test_a_write_that_zendesk_applies_late_is_never_doubled(stage: Stage, mode: str) -> None:
    assert sweep_late_writes(stage, "zendesk", mode) == []


@pytest.mark.parametrize("late_by", range(1, 9))
def test_a_reply_that_may_have_arrived_counts_until_it_is_found(stage: Stage, late_by: int) -> None:
    """Found by seed 7959: our own late reply moved the ticket, the retry got a 409, and the cap forgot the reply."""
    worlds: list[World] = []
    counted: list[int] = []
    since = stage.clock()

    def before(world: World) -> None:
        worlds.append(world)
        _lose_the_write(stage, "zendesk")(world)

    def apply_late(_count: int) -> None:
        if stage.sandbox.faults.late_count or counted:
            counted.append(worlds[0].ledger.decisions.sends("acme", since=since))
        if len(counted) == late_by:
            stage.sandbox.faults.apply_late()

    violations, _ = stage.play("zendesk", "reply", before=before, on_http=apply_late)
    assert violations == []
    assert set(counted) == {1}
    assert worlds[0].replies == 1


@pytest.mark.parametrize("mode", ["note", "reply"])
def test_a_write_that_freshdesk_applies_while_we_wait_is_found(stage: Stage, mode: str) -> None:
    def before(world: World) -> None:
        _lose_the_write(stage, "freshdesk")(world)

    def apply_at_once(_count: int) -> None:
        stage.sandbox.faults.apply_late()

    violations, steps = stage.play("freshdesk", mode, before=before, on_http=apply_at_once)
    assert violations == []
    assert sum(step.startswith("before POST") for step in steps) == 1


def test_a_freshdesk_reply_nobody_can_find_goes_to_a_person(stage: Stage) -> None:
    seen: list[World] = []

    def before(world: World) -> None:
        seen.append(world)
        stage.sandbox.faults.add("reset_before", vendor="freshdesk", path=r"/reply$", method="POST")

    violations, steps = stage.play("freshdesk", "reply", before=before)
    assert violations == []
    assert (seen[0].replies, seen[0].notes) == (0, 1)
    assert sum(step.startswith("before POST") and "reply" in step for step in steps) == 1
    note = stage.sandbox.journal.notes(int(seen[0].ticket_id))[0].text
    assert "PK-4021983310" in note


@pytest.mark.parametrize(("vendor", "mode"), FLOWS)
def test_a_worker_that_was_paused_past_its_lease_changes_nothing(stage: Stage, vendor: str, mode: str) -> None:
    """The zombie wakes up right before its write, after another worker has brought the ticket to its end."""
    slept: list[list[bool]] = []
    violations, _ = stage.play(vendor, mode, before=lambda world: slept.append(_pause_before_the_write(world)))
    assert slept == [[True]]
    assert violations == []


@pytest.mark.parametrize(("vendor", "mode"), FLOWS)
def test_a_worker_that_stood_still_does_not_write_after_its_heir(vendor: str, mode: str, stage: Stage) -> None:
    """Not even a write that the helpdesk would refuse or that we would take back."""
    heirs: list[tuple[int, int]] = []

    def before(world: World) -> None:
        other = world.build(Outbox)

        def stand_still(step: str) -> None:
            if step != "after work.begin":
                return
            world.steps.on_step = None
            for _ in range(7):
                world.clock.advance(130)
                other.step(world.clock())
            heirs.append((world.replies + world.notes, len(_writes(world))))

        world.steps.on_step = stand_still

    def after(world: World) -> None:
        heirs.append((world.replies + world.notes, len(_writes(world))))

    violations, _ = stage.play(vendor, mode, before=before, after=after)
    assert violations == []
    assert heirs[0][0] >= 1, "nobody took over: nothing was tested"
    assert heirs[1] == heirs[0]


def _writes(world: World) -> list[str]:
    """Calls that write, as they left."""
    return [step for step in world.steps.log if step.startswith(("before PUT", "before POST", "before DELETE"))]


def test_a_twin_left_by_a_dead_zombie_is_removed_when_the_ticket_is_read_again(stage: Stage) -> None:
    """The paused worker writes its note after all and dies before it can look; the poll brings the ticket back."""
    seen: list[int] = []

    def before(world: World) -> None:
        def die() -> None:
            world.steps.crash_when = _note_was_posted

        _pause_before_the_write(world, number=2, on_waking=die)  # the tags are the first call

    def after(world: World) -> None:
        seen.append(world.notes)
        world.deliver(key="poll-1")
        world.pipeline.step(world.clock())

    violations, _ = stage.play("freshdesk", "note", before=before, after=after)
    assert seen == [2], "the zombie left no twin: nothing was tested"
    assert violations == []


def _note_was_posted(step: str) -> bool:
    return step.startswith("after POST") and step.endswith("/notes")


def _pause_before_the_write(
    world: World, *, number: int = 1, on_waking: Callable[[], None] = lambda: None
) -> list[bool]:
    """The worker sleeps past its lease between the last look at its lease and this call that writes, while another one
    brings the ticket to its end.
    """
    other = world.build(Outbox)
    slept: list[bool] = []

    def pause(_count: int) -> None:
        if world.steps.log[-1:] == ["after work.confirm"] and world.steps.log.count("after work.confirm") == number:
            slept.append(True)
            world.clock.advance(200)
            for _ in range(6):
                other.step(world.clock())
                world.clock.advance(130)
            on_waking()

    world.steps.on_http = pause
    return slept


# --- the protocols that do not work ---------------------------------------------------------------


class MarkBeforeTicket(Outbox):
    """Looks for the mark before it reads the ticket: a write that lands in between goes unseen."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        empty = replace(_last_ticket[0], comments=()) if _last_ticket else provider.fetch(account, claim.ticket_id)
        _last_ticket[:] = [empty]
        proof = provider.find_proof(account, empty, stored.effect)
        ticket = provider.fetch(account, claim.ticket_id)
        if proof is None:
            self.ledger.work.begin(claim, stored.effect.id, now=now)
            proof = provider.write(account, ticket, stored.effect, permit=lambda: None)
        self.ledger.work.finish(claim, stored.effect.id, now=now, state=EffectState.DONE, proof=proof)
        return Delivered(Outcome.SETTLED)


_last_ticket: list[Any] = []


class RetryReplies(Outbox):
    """Treats a reply whose outcome is unknown like a note: looks, then sends again."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        if stored.state is EffectState.INTENT and now < stored.intent_at + timedelta(seconds=1):
            return Delivered(Outcome.WAIT, now + timedelta(seconds=1))
        return LookThenSend.deliver(self, account, provider, claim, stored, now)


class Unfenced:
    """A Zendesk whose writes carry no stamp."""

    def __init__(self, provider: Any) -> None:
        self._provider = provider

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def write(self, account, ticket, effect, *, permit):
        client = self._provider._client
        update = client.update

        def unfenced(account, ticket_id, fields, *, permit):
            kept = {key: value for key, value in fields.items() if key not in ("safe_update", "updated_stamp")}
            return update(account, ticket_id, kept, permit=permit)

        client.update = unfenced
        try:
            return self._provider.write(account, ticket, effect, permit=permit)
        finally:
            client.update = update


def _survives(sweep, *args: Any, **options: Any) -> bool:
    """Whether a sweep finds nothing; a mutant that does not even come to rest is found."""
    try:
        return sweep(*args, **options) == []
    except (AssertionError, ProviderError):
        return False


@pytest.mark.parametrize(("vendor", "mode"), FLOWS)
def test_the_sweep_finds_send_then_record(stage: Stage, vendor: str, mode: str) -> None:
    found = sweep_crashes(stage, vendor, mode, outbox=SendThenRecord, prepare_provider=_unfenced_on(vendor))
    assert any("2 notes" in item or "2 replies" in item for item in found)


@pytest.mark.parametrize(("vendor", "mode"), FLOWS)
def test_the_sweep_finds_record_then_send(stage: Stage, vendor: str, mode: str) -> None:
    found = sweep_crashes(stage, vendor, mode, outbox=RecordThenSend)
    assert any("silence" in item for item in found)


@pytest.mark.parametrize(("vendor", "mode"), FLOWS)
def test_the_sweep_finds_look_then_send_without_a_fence(stage: Stage, vendor: str, mode: str) -> None:
    found = sweep_late_writes(stage, vendor, mode, outbox=LookThenSend, prepare_provider=_unfenced_on(vendor))
    assert any("2 notes" in item or "2 replies" in item for item in found)


@pytest.mark.parametrize("mode", ["note", "reply"])
def test_the_sweep_finds_the_reads_in_the_wrong_order(stage: Stage, mode: str) -> None:
    _last_ticket.clear()
    found = sweep_late_writes(stage, "zendesk", mode, outbox=MarkBeforeTicket)
    assert any("2 notes" in item or "2 replies" in item for item in found)


def test_the_sweep_finds_a_freshdesk_reply_that_is_sent_again(stage: Stage) -> None:
    found = sweep_late_writes(stage, "freshdesk", "reply", outbox=RetryReplies)
    assert any("2 replies" in item for item in found)


def _unfenced_on(vendor: str):
    return Unfenced if vendor == "zendesk" else lambda provider: provider


def test_every_guarantee_is_swept() -> None:
    assert {guarantee.value for guarantee in Guarantee} == {"conditional", "repairable", "at_most_once"}
