"""The scenarios of `tests/faults/` in full size; the figures they find are printed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from tests.faults import test_model_faults as models
from tests.faults.clocks import JumpingClock
from tests.faults.receiver import Receiver, receiving
from tests.faults.test_clock import jumped
from tests.faults.test_deliveries import dropped
from tests.faults.test_flood import QUIET, again, connected, queued, turns_before
from tests.faults.test_hostile_clients import p95, served_beside, thrown
from tests.faults.test_kills import killed_at_random
from tests.faults.test_restore import HOUR, restored
from tests.faults.test_stopping import stopped_under_load
from tests.long.processes import ONE_THREAD, wait_for
from tests.long.stand import FRESHDESK_RETRY_SECONDS, Stand, ask
from tests.long.test_broken_disk import VENDORS, Patient
from tests.pipeline.service import Service

pytestmark = [pytest.mark.long, pytest.mark.timeout(3600)]
both = pytest.mark.parametrize("vendor", VENDORS)

CARD_SECONDS = 30


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as receiver:
        yield receiver


@both
def test_a_hundred_random_kills(vendor: str, tmp_path: Path) -> None:
    """Five thousand webhooks, each three times."""
    with Stand(vendor, "note", tmp_path / "stand", copies=3) as stand:
        stand.begin(poll_seconds=1 if vendor == "zendesk" else 300)
        tickets = killed_at_random(stand, kills=100, tickets_per_kill=17, seed=200)
        webhooks = len(stand.sandbox.deliveries())
        assert webhooks >= 5_000
        assert stand.wrong(tickets) == {}
        assert stand.acknowledged_but_lost() == set()
        print(f"{vendor}: {len(tickets)} tickets, {webhooks} webhooks, 100 kills")


def test_told_to_stop_ten_times(tmp_path: Path) -> None:
    environ = {**ONE_THREAD, "HANDRAIL_LEASE_SECONDS": "600", "HANDRAIL_POLL_SECONDS": "2"}
    service = Service(home=tmp_path, environ=environ)
    with Sandbox() as sandbox:
        patient = Patient(sandbox=sandbox, service=service, database=tmp_path / "handrail.db")
        try:
            patient.start()
            for _ in range(10):
                stopped_under_load(patient, tickets=20)
            sandbox.advance(FRESHDESK_RETRY_SECONDS)  # Zendesk does not deliver again: the poll finds those
            wait_for(patient.all_answered, seconds=600, what="every ticket has its note")
            service.wait_until_quiet(seconds=240)
            assert {ticket: count for ticket in patient.tickets if (count := patient.notes(*ticket)) != 1} == {}
        finally:
            service.stop()


@both
def test_jumps_of_the_clock_under_load(vendor: str, tmp_path: Path) -> None:
    clock = JumpingClock(tmp_path / "clock")
    with Stand(vendor, "note", tmp_path / "stand", environ=clock.environ) as stand:
        stand.begin(poll_seconds=1)
        tickets = jumped(stand, clock, tickets=40)
        assert stand.wrong(tickets) == {}
        assert stand.acknowledged_but_lost() == set()


@both
def test_a_hundred_tickets_over_a_restore(vendor: str, tmp_path: Path) -> None:
    clock = JumpingClock(tmp_path / "clock")
    clock.jump("-1h")
    sandbox = Sandbox(clock=lambda: datetime.now(UTC) - HOUR)
    with Stand(vendor, "reply", tmp_path / "stand", sandbox=sandbox, environ=clock.environ) as stand:
        stand.begin(poll_seconds=1)
        old, new = restored(stand, clock, tickets=50)
        written = stand.written()
        assert {ticket: written[ticket] for ticket in new if written[ticket] != 1} == {}
        assert {ticket: written[ticket] for ticket in old[::2] if written[ticket] != 2} == {}
        assert {ticket: written[ticket] for ticket in old[1::2] if written[ticket] != 1} == {}


@both
def test_three_hundred_tickets_of_which_no_webhook_told(vendor: str, tmp_path: Path) -> None:
    with Stand(vendor, "note", tmp_path / "stand") as stand:
        stand.begin(poll_seconds=1)
        assert stand.wrong(dropped(stand, tickets=300)) == {}


@pytest.mark.parametrize("fault", models.FAULTS)
def test_fifty_tickets_while_the_model_is_ill(fault: str, tmp_path: Path) -> None:
    for stand in models.modelled(tmp_path / "stand", seconds=10):
        models.well_again(stand)
        tickets, seconds = models.ill(stand, fault, tickets=50)
        assert models.sends(stand, tickets) == {}
        assert seconds < CARD_SECONDS
        print(f"{fault}: 50 of 50 with a draft or a card, no send, the last after {seconds:.1f} s")


def test_a_flood_of_ten_thousand(tmp_path: Path) -> None:
    service = Service(home=tmp_path, environ=ONE_THREAD)
    with Sandbox() as sandbox:
        try:
            connected(sandbox, service)
            again(service)
            ask_one_by_one(sandbox, 5)  # the worker has read something before
            idle = ask_one_by_one(sandbox, 30)
            quiet = queued(sandbox, service, flood=10_000, tickets=20)
            wait_for(lambda: len(turns_before(sandbox, quiet)) == 20, seconds=600, what="the quiet account is served")
            served = turns_before(sandbox, quiet)
            assert served[-1] <= 200, served
            beside = ask_one_by_one(sandbox, 30)
            assert service.metrics()["handrail_waiting_events"] > 0, "the flood was over before the last ticket"
            print(f"the last of 20 behind 10,000: after {served[-1]} of the flood")
            print(f"p95: {p95(idle):.2f} s idle, {p95(beside):.2f} s beside the flood, {p95(beside) / p95(idle):.1f}x")
        finally:
            service.stop()


def ask_one_by_one(sandbox: Sandbox, tickets: int) -> list[float]:
    """Seconds from each message of the quiet account to its note, one after the other."""
    seconds = []
    for number in range(tickets):
        began = time.monotonic()
        ticket = ask(sandbox, QUIET, 40_000 + number)
        wait_for(lambda ticket=ticket: sandbox.journal.notes(ticket, vendor=QUIET), seconds=120, what="a note")
        seconds.append(time.monotonic() - began)
    return seconds


def test_two_hundred_deliveries_beside_slow_clients(receiver: Receiver) -> None:
    alone = served_beside(receiver, slow_each=0, normal=200)[1]
    for _ in range(5):
        connected_clients, beside = served_beside(receiver, slow_each=200, normal=200)
        print(f"p95 {p95(beside) * 1000:.0f} ms beside {connected_clients} slow clients, {p95(alone) * 1000:.0f} alone")
    assert receiver.lost() == set()


def test_ten_thousand_malformed_deliveries(receiver: Receiver) -> None:
    statuses = thrown(receiver, payloads=10_000, seed=10)
    assert {status for status in statuses if not 200 <= status < 500} == set()
    assert receiver.deliver(1_000_000) == 202
