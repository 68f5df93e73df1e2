"""A backup is put back that knows nothing of what was written since: nothing is doubled."""

from __future__ import annotations

from pathlib import Path

import pytest

from connector.ledger.backup import restore, write_backup
from connector.model import EffectState
from connector.sandbox import Sandbox
from tests.faults.world import KEY, ManualClock, Steps, World, policy_text, prepare

VENDORS = ("zendesk", "freshdesk")


@pytest.fixture
def make(tmp_path: Path):
    clock = ManualClock()
    worlds: list[World] = []
    with Sandbox(clock=clock) as sandbox:

        def build(vendor: str, mode: str, **options: object) -> World:
            home = tmp_path / "home"
            home.mkdir()
            prepare(home, sandbox, vendor, mode)
            worlds.append(World(sandbox, vendor, home, clock, Steps(), **options))
            return worlds[-1]

        yield build
        for world in worlds:
            world.close()


def saved(world: World) -> Path:
    file = world.home / "backup.db"
    write_backup(world.ledger, file, keys=(KEY,))
    return file


def put_back(world: World, file: Path) -> None:
    world.close()
    restore(file, world.home / "handrail.db", keys=(KEY,), now=world.clock())
    world.start()


def writes(world: World) -> int:
    calls = world.sandbox.journal.calls(vendor=world.vendor)
    return len([call for call in calls if call.method != "GET" and "/tickets/" in call.path])


def unfindable(provider):
    """A provider that looks for no proof: what these tests must notice."""
    provider.find_proof = lambda account, ticket, effect: None
    return provider


def play_forgotten_note(world: World) -> tuple[int, int]:
    """A note is written after the backup, which is put back; then the same webhook comes. Writes before and after."""
    file = saved(world)
    world.customer_writes()
    world.run()
    assert (world.notes, world.replies) == (1, 0)
    before = writes(world)
    put_back(world, file)
    assert world.ledger.decisions.effects("acme") == (), "the backup knows of it"
    world.clock.advance(3600)
    world.run()
    return before, writes(world)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_note_that_the_backup_does_not_know_is_found_and_not_written_again(make, vendor: str) -> None:
    world = make(vendor, "note")
    before, after = play_forgotten_note(world)
    assert after == before, "something was written"
    assert world.notes == 1
    (effect,) = world.ledger.decisions.effects("acme")
    assert effect.state is EffectState.DONE
    assert effect.proof
    assert effect.proof.found


@pytest.mark.parametrize("vendor", VENDORS)
def test_without_the_look_for_the_proof_it_would_be_doubled(make, vendor: str) -> None:
    world = make(vendor, "note", prepare_provider=unfindable)
    before, after = play_forgotten_note(world)
    assert after > before
    assert world.notes == 2


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_reply_that_the_backup_does_not_know_is_not_sent_again(make, vendor: str) -> None:
    world = make(vendor, "reply")
    file = saved(world)
    world.customer_writes()
    world.run()
    assert (world.notes, world.replies) == (0, 1)
    before = writes(world)
    put_back(world, file)
    world.clock.advance(3600)
    world.run()
    assert (world.notes, world.replies, writes(world)) == (0, 1, before)


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("mode", ["note", "reply"])
def test_what_was_planned_at_the_time_of_the_backup_and_written_since_is_found(make, vendor: str, mode: str) -> None:
    world = make(vendor, mode)
    files: list[Path] = []

    def save(step: str) -> None:
        if step == "after work.decide":
            world.steps.on_step = None
            files.append(saved(world))

    world.steps.on_step = save
    world.customer_writes()
    world.run()
    assert world.notes + world.replies == 1
    before = writes(world)
    put_back(world, files[0])
    (effect,) = world.ledger.decisions.effects("acme")
    assert effect.state is EffectState.INTENT, "restoring makes it doubtful"
    world.clock.advance(3600)
    world.run()
    assert (world.notes + world.replies, writes(world)) == (1, before)
    (effect,) = world.ledger.decisions.effects("acme")
    assert effect.state is EffectState.DONE


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_draft_that_the_backup_does_not_know_is_not_followed_by_a_reply(make, vendor: str) -> None:
    """The policy of the backup sends what was only drafted since: an agent may have read that draft already."""
    world = make(vendor, "reply")
    file = saved(world)
    world.ledger.policies.publish("acme", policy_text("note"), by="test", comment="", now=world.clock())
    world.customer_writes()
    world.run()
    assert (world.notes, world.replies) == (1, 0)
    put_back(world, file)
    world.clock.advance(3600)
    world.run()
    assert (world.notes, world.replies) == (1, 0)
