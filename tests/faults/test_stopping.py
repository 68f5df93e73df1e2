"""SIGTERM in the midst of work: what is in hand is finished or given back, and the next start ends the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.ledger import open_ledger
from connector.sandbox import Sandbox
from connector.settings import Settings, secret_keys
from tests.long.processes import ONE_THREAD, wait_for
from tests.long.test_broken_disk import VENDORS, Patient
from tests.pipeline.service import Service

TICKETS = 15
"""On each helpdesk."""


@pytest.fixture
def patient(tmp_path: Path) -> Iterator[Patient]:
    environ = {**ONE_THREAD, "HANDRAIL_LEASE_SECONDS": "600", "HANDRAIL_CONCURRENCY": "4"}
    service = Service(home=tmp_path, environ=environ)
    with Sandbox() as sandbox:
        yield Patient(sandbox=sandbox, service=service, database=tmp_path / "handrail.db")
        service.stop()


def stopped_under_load(patient: Patient, *, tickets: int) -> None:
    """Customers write before and while the service stops; then it is started again at the same address."""
    written = len(patient.sandbox.journal.entries(verb="note"))
    for number in range(tickets):
        for vendor in VENDORS:
            patient.customer_writes(vendor)
        if number == tickets // 2:
            wait_for(
                lambda: len(patient.sandbox.journal.entries(verb="note")) > written, seconds=120, what="work is begun"
            )
            assert patient.service.process is not None
            patient.service.process.terminate()
    assert patient.service.stop() == 0
    assert leased(patient) == 0, "a lease was neither finished nor given back: its ticket would wait ten minutes"
    patient.nothing_acknowledged_is_lost()
    port = int(patient.service.address.rpartition(":")[2])
    patient.service.start(port=port)


def leased(patient: Patient) -> int:
    settings = Settings(home=patient.service.home)
    ledger = open_ledger(settings.ledger_url, keys=secret_keys(settings))
    try:
        return ledger.work.backlog(now=datetime.now(UTC)).by_state["leased"]
    finally:
        ledger.close()


def test_told_to_stop_under_load(patient: Patient) -> None:
    patient.start()
    stopped_under_load(patient, tickets=TICKETS)
    patient.processes = patient.running()
    patient.everybody_is_answered_once()
