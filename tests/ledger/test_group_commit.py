"""The writer of the embedded engine when its database cannot be written."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from connector.errors import StoreUnavailable
from connector.ledger.database import Executor
from connector.ledger.group_commit import GroupWriter

SECONDS = 30


class Locked(sqlite3.Connection):
    """A database that somebody else has locked: BEGIN waits, then gives up."""

    begins = 0

    def __init__(self) -> None:
        super().__init__(":memory:", check_same_thread=False, isolation_level=None)
        self.waits = threading.Event()
        self.give_up = threading.Event()

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        if sql == "BEGIN IMMEDIATE":
            self.begins += 1
            self.waits.set()
            assert self.give_up.wait(SECONDS)
            raise sqlite3.OperationalError("database is locked")
        return super().execute(sql, parameters)


def test_who_waited_behind_a_locked_database_is_refused_with_it() -> None:
    locked = Locked()

    def executor(connection: sqlite3.Connection) -> Executor:
        raise AssertionError("nothing can run on a locked database")

    writer = GroupWriter(lambda: locked, executor, lambda error: StoreUnavailable(str(error)))
    queued = threading.Event()

    def second() -> None:
        queued.set()
        writer.write(lambda execute: None)

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(writer.write, lambda execute: None)
        assert locked.waits.wait(SECONDS)
        behind = pool.submit(second)
        assert queued.wait(SECONDS)
        while not writer.waiting:
            pass
        locked.give_up.set()
        for refused in (first, behind):
            with pytest.raises(StoreUnavailable, match="locked"):
                refused.result(SECONDS)
    assert locked.begins == 1, "the second one waited for the lock a second time"
    writer.close()
