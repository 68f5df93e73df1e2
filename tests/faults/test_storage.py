"""The disk under the running web process is full, locked, read-only or garbage: 503 in words, and nothing is lost.

With tickets in work, and with the log on the same disk: `tests/long/test_broken_disk.py`.
"""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.faults.receiver import VENDORS, Receiver, receiving
from tests.long.processes import NO_WORKER, wait_for
from tests.long.test_broken_disk import fill, read_only, small_disk  # noqa: F401 - a fixture of the long form
from tests.pipeline.service import HANDRAIL

MOST_DELIVERIES = 2_000
RECOVERY_SECONDS = 60


@contextmanager
def full(database: Path) -> Iterator[None]:
    ballast = fill(database.parent)
    yield
    ballast.unlink()


@contextmanager
def locked(database: Path) -> Iterator[None]:
    other = sqlite3.connect(database, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.execute("ROLLBACK")
    other.close()


FAULTS = {"full": full, "locked": locked, "read-only": read_only}


def deliver_until_refused(receiver: Receiver) -> dict[str, int]:
    """Deliver for both helpdesks at once until each was refused, in words; a ticket that was, for each."""
    refused: dict[str, int] = {}
    with ThreadPoolExecutor(len(VENDORS)) as pool:
        for ticket in range(100, 100 + MOST_DELIVERIES):
            statuses = pool.map(lambda vendor, ticket=ticket: receiver.deliver(ticket, vendor), VENDORS)
            for vendor, status in zip(VENDORS, statuses, strict=True):
                assert status in (202, 503)
                if status == 503:
                    refused[vendor] = ticket
            if len(refused) == len(VENDORS):
                return refused
    raise AssertionError("a broken disk took everything")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_broken_disk_refuses_in_words_and_loses_nothing(
    tmp_path: Path,
    small_disk: Path,  # noqa: F811 - the fixture of this name
    fault: str,
) -> None:
    database = (small_disk if fault == "full" else tmp_path) / "handrail.db"
    breaking: Callable[[Path], AbstractContextManager[None]] = FAULTS[fault]
    with receiving(tmp_path, database=database) as receiver:
        process = receiver.process()
        assert {receiver.deliver(ticket, vendor) for ticket, vendor in enumerate(VENDORS, 1)} == {202}
        with breaking(database):
            refused = deliver_until_refused(receiver)
        for vendor, ticket in refused.items():

            def taken(vendor: str = vendor, ticket: int = ticket) -> bool:
                return receiver.deliver(ticket, vendor) == 202

            wait_for(taken, seconds=RECOVERY_SECONDS, what=f"{vendor} is accepted again after the fault")
        assert receiver.lost() == set()
        assert receiver.process() == process, "the process did not outlive the fault"


def test_a_damaged_database_is_refused_at_the_start_and_the_backup_brings_it_back(tmp_path: Path) -> None:
    with receiving(tmp_path) as receiver:
        assert [receiver.deliver(ticket) for ticket in range(1, 40)] == [202] * 39
        receiver.service.tell("backup", str(tmp_path / "copy.db"))
        assert receiver.deliver(40) == 202
    overwrite_the_middle(tmp_path / "handrail.db")

    service = receiver.service
    done = subprocess.run(
        [*HANDRAIL, "serve", "--port", "0"],
        capture_output=True,
        text=True,
        env=service.environment,
        timeout=120,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == "", "it never said that it was ready"
    assert re.search(r"is damaged .*`handrail restore FILE`", done.stderr), done.stderr
    assert "Traceback" not in done.stderr

    service.tell("restore", str(tmp_path / "copy.db"))
    service.start(prefix=NO_WORKER)
    try:
        assert receiver.deliver(40) == 202, "the helpdesk delivers again"
        assert receiver.lost() == set()
    finally:
        service.stop()


def overwrite_the_middle(database: Path) -> None:
    """What a failing disk leaves: the file's first page is whole, the others are not."""
    size = database.stat().st_size
    with database.open("r+b") as file:
        file.seek(4096)
        file.write(os.urandom(size - 4096))
    for suffix in ("-wal", "-shm"):
        database.with_name(database.name + suffix).unlink(missing_ok=True)
