"""The disk is full, the database is locked, the database is read-only: refused in words, and nothing is lost.

A webhook that cannot be stored is answered 503 with Retry-After; the processes outlive the fault and accept again
within seconds of its end.
"""

from __future__ import annotations

import os
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from connector.sandbox.webhooks import Attempt
from tests.long.processes import ONE_THREAD, alive, child_with, serving_process, wait_for
from tests.long.stand import ask
from tests.pipeline.service import Service

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

VENDORS = ("zendesk", "freshdesk")
DISK_BYTES = 6 * 1024 * 1024
FAULT_SECONDS = 10
RECOVERY_SECONDS = 10
MOST_TICKETS = 400
AT_ONCE = 10
"""Tickets on each helpdesk that are in work when the fault comes."""


@dataclass
class Patient:
    """A running service whose disk gets ill, and every ticket that was written to it."""

    sandbox: Sandbox
    service: Service
    database: Path
    tickets: list[tuple[str, int]] = field(default_factory=list)
    processes: tuple[int, ...] = ()

    def start(self, *, prefix: tuple[str, ...] = ()) -> None:
        """Connected, warmed up by a ticket each, and quiet."""
        self.service.start(prefix=prefix)
        for vendor in VENDORS:
            self.service.connect(self.sandbox, vendor, name=f"acme-{vendor}")
            self.customer_writes(vendor)
        wait_for(
            lambda: self.sandbox.drain(0.1) and all(self.notes(*ticket) for ticket in self.tickets),
            seconds=120,
            what="the first notes",
        )
        self.service.wait_until_quiet()
        self.processes = self.running()

    def all_answered(self) -> bool:
        return self.sandbox.drain(0.1) and all(self.notes(*ticket) for ticket in self.tickets)

    def running(self) -> tuple[int, ...]:
        """The web process that answers, and the worker."""
        assert self.service.process is not None
        served = self.service.process.pid
        found = serving_process(served), child_with(served, "connector worker")
        return tuple(pid for pid in found if pid is not None and alive(pid))

    def customer_writes(self, vendor: str) -> None:
        self.tickets.append((vendor, ask(self.sandbox, vendor, 40_000 + len(self.tickets))))

    def customers_write_at_once(self) -> None:
        """The fault finds work in hand."""
        for _ in range(AT_ONCE):
            for vendor in VENDORS:
                self.customer_writes(vendor)

    def attempts(self) -> list[Attempt]:
        return [attempt for delivery in self.sandbox.webhooks.records() for attempt in delivery.attempts]

    def all_tried(self) -> bool:
        return all(delivery.attempts for delivery in self.sandbox.webhooks.records())

    def refused(self, vendor: str) -> list[tuple[str, int]]:
        """Tickets of which no webhook was taken yet."""
        taken = {d.ticket for d in self.sandbox.webhooks.records(vendor=vendor) if d.state == "delivered"}
        tried = {d.ticket for d in self.sandbox.webhooks.records(vendor=vendor) if d.attempts}
        return [ticket for ticket in self.tickets if ticket[0] == vendor and ticket[1] in tried - taken]

    def write_until_refused(self) -> None:
        """Customers write until both helpdesks were refused."""
        for _ in range(MOST_TICKETS):
            for vendor in VENDORS:
                self.customer_writes(vendor)
            # Not `drain`: what was refused is tried again and again, so that the queue never gets empty.
            wait_for(self.all_tried, seconds=60, what="every webhook was tried")
            if all(self.refused(vendor) for vendor in VENDORS):
                return
        raise AssertionError(f"{MOST_TICKETS} tickets were accepted by a disk that is broken")

    def notes(self, vendor: str, ticket: int) -> int:
        journal = self.sandbox.journal
        removed = journal.entries(vendor=vendor, ticket=ticket, verb="note_deleted")
        return len(journal.notes(ticket, vendor=vendor)) - len(removed)

    # --- the judge --------------------------------------------------------------------------------

    def refusals_were_in_words(self) -> None:
        """Every attempt was taken or answered 503 with a Retry-After that both helpdesks follow."""
        odd = [a for a in self.attempts() if a.status not in (202, 503)]
        assert odd == []
        refusals = [attempt for attempt in self.attempts() if attempt.status == 503]
        assert refusals
        assert all(0 < int(attempt.retry_after or 0) < 60 for attempt in refusals)

    def accepts_again(self) -> float:
        """Seconds until both helpdesks' refused webhooks were taken, by the processes that were there before."""
        began = time.monotonic()
        for vendor in VENDORS:
            _, ticket = self.refused(vendor)[0]

            def taken(vendor: str = vendor, ticket: int = ticket) -> bool:
                return set(self.sandbox.redeliver(vendor=vendor, ticket=ticket)) == {"202"}

            wait_for(taken, seconds=RECOVERY_SECONDS - (time.monotonic() - began), what=f"{vendor} is accepted again")
        assert self.running() == self.processes, "a process was started anew"
        return time.monotonic() - began

    def nothing_acknowledged_is_lost(self) -> None:
        """Every webhook answered 2xx stands in the ledger."""
        acknowledged = {(d.vendor, d.ticket) for d in self.sandbox.webhooks.records() if d.state == "delivered"}
        known = {
            (vendor, int(event["ticket"]))
            for vendor in VENDORS
            for event in self.service.command("events", "--limit", "100000", "--account", f"acme-{vendor}")
            if event["kind"] != "polled"
        }
        assert acknowledged - known == set()

    def everybody_is_answered_once(self) -> None:
        """After the helpdesks delivered again: one note per ticket, no dead letters."""
        for _ in range(2):  # the second round brings the echoes of the first one's notes
            assert set(self.sandbox.redeliver(connections=4)) == {"202"}
            self.service.wait_until_quiet(seconds=240)
            assert self.sandbox.drain(60)
        self.service.wait_until_quiet()
        assert {ticket: count for ticket in self.tickets if (count := self.notes(*ticket)) != 1} == {}
        assert self.service.command("events", "--state", "dead") == []
        assert self.running() == self.processes, "a process was started anew"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An empty disk of a few megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0700", "handrail-test", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.fail(
            f"This test mounts a small disk of its own and needs the right to do so (root): {done.stderr.strip()}"
        )
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def patient_on(sandbox: Sandbox, tmp_path: Path) -> Iterator[Callable[..., Patient]]:
    """Makes a patient with its database in the given folder."""
    services: list[Service] = []

    def make(folder: Path, *, home: Path | None = None) -> Patient:
        home = home or tmp_path / "home"
        home.mkdir(exist_ok=True)
        database = folder / "handrail.db"
        environ = {**ONE_THREAD, "HANDRAIL_LEASE_SECONDS": "5", "HANDRAIL_DATABASE_URL": f"sqlite:///{database}"}
        services.append(Service(home=home, environ=environ))
        return Patient(sandbox=sandbox, service=services[-1], database=database)

    yield make
    for service in services:
        service.stop()


def fill(disk: Path) -> Path:
    """Take every byte that is left."""
    file = disk / "ballast"
    with file.open("wb", buffering=0) as ballast:
        for size in (65_536, 4_096, 512, 1):
            try:
                while True:
                    ballast.write(b"\0" * size)
            except OSError:
                continue
    assert os.statvfs(disk).f_bavail == 0
    return file


@contextmanager
def read_only(database: Path) -> Iterator[None]:
    """Nobody can write the database, not even who has it open: file modes would stop neither root nor open files."""
    files = [str(database), f"{database}-wal"]
    done = subprocess.run(["chattr", "+i", *files], capture_output=True, text=True, check=False)
    try:
        if done.returncode != 0:
            pytest.fail(f"This test makes files immutable (root, on ext4, xfs or btrfs): {done.stderr.strip()}")
        yield
    finally:
        subprocess.run(["chattr", "-i", *files], check=True)


@pytest.mark.parametrize("whole_home", [False, True], ids=["database", "database-and-log"])
def test_a_full_disk(small_disk: Path, patient_on: Callable[..., Patient], whole_home: bool) -> None:
    patient = patient_on(small_disk, home=small_disk if whole_home else None)
    patient.start()
    patient.customers_write_at_once()
    ballast = fill(small_disk)
    patient.write_until_refused()
    patient.refusals_were_in_words()
    ballast.unlink()
    seconds = patient.accepts_again()
    patient.nothing_acknowledged_is_lost()
    patient.everybody_is_answered_once()
    print(f"full disk: {len(patient.tickets)} tickets, accepted again after {seconds:.1f} s")


def test_a_locked_database(tmp_path: Path, patient_on: Callable[..., Patient]) -> None:
    patient = patient_on(tmp_path)
    patient.start()
    patient.customers_write_at_once()
    other = sqlite3.connect(patient.database, isolation_level=None)
    try:
        other.execute("BEGIN IMMEDIATE")
        locked_at = time.monotonic()
        patient.write_until_refused()
        wait_for(lambda: time.monotonic() > locked_at + FAULT_SECONDS, seconds=60, what="the other's work is done")
        other.execute("ROLLBACK")
    finally:
        other.close()
    patient.refusals_were_in_words()
    seconds = patient.accepts_again()
    patient.nothing_acknowledged_is_lost()
    patient.everybody_is_answered_once()
    slowest = max(attempt.seconds for attempt in patient.attempts())
    print(f"locked: the slowest answer took {slowest:.1f} s, accepted again after {seconds:.1f} s")


def test_a_read_only_database(tmp_path: Path, patient_on: Callable[..., Patient]) -> None:
    patient = patient_on(tmp_path)
    patient.start()
    patient.customers_write_at_once()
    with read_only(patient.database):
        patient.write_until_refused()
        patient.refusals_were_in_words()
    seconds = patient.accepts_again()
    patient.nothing_acknowledged_is_lost()
    patient.everybody_is_answered_once()
    print(f"read-only: {len(patient.tickets)} tickets, accepted again after {seconds:.1f} s")
