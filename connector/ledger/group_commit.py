"""The one writer of an SQLite file: units that arrive while a commit is being synced share the next one.

A unit's caller is released only after that commit, so what a write returned is on disk. A unit that fails is undone
by its savepoint and takes nobody with it.
"""

from __future__ import annotations

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, TypeVar

from connector.errors import HandrailError, StoreError, StoreUnavailable
from connector.ledger.database import Executor

T = TypeVar("T")

MOST_UNITS_PER_COMMIT = 256


@dataclass(frozen=True, slots=True)
class _Unit:
    """A write that waits for the writer, and where its caller waits."""

    run: Callable[[Executor], Any]
    done: Future[Any]


@dataclass(frozen=True, slots=True)
class _Failure:
    """What a unit raised."""

    error: Exception


class GroupWriter:
    """A thread that starts with the first unit and ends with `close`."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        executor: Callable[[sqlite3.Connection], Executor],
        translate: Callable[[Exception], StoreError],
    ) -> None:
        self.commits = 0
        self._connect = connect
        self._executor = executor
        self._translate = translate
        self._units: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many units wait for the next commit."""
        return self._units.qsize()

    def write(self, unit: Callable[[Executor], T]) -> T:
        """Run `unit` in the next group; returns or raises what it did, after the commit."""
        done: Future[T] = Future()
        with self._lock:  # a unit is queued before the end of the queue, or refused
            if self._closed:
                raise StoreUnavailable("the database is closed")
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, name="ledger-writer", daemon=True)
                self._thread.start()
            self._units.put(_Unit(unit, done))
        return done.result()

    def close(self) -> None:
        """Finish what is queued and end the thread."""
        with self._lock:
            if not self._closed:
                self._closed = True
                self._units.put(None)
        if self._thread is not None:
            self._thread.join()

    def _write_all(self) -> None:
        connection: sqlite3.Connection | None = None
        while (units := self._next_group()) is not None:
            try:
                connection = connection or self._connect()
                fault = self._commit_group(connection, units)
            except Exception as error:  # noqa: BLE001 - the writer outlives every fault; its callers get the fault
                fault = error if isinstance(error, HandrailError) else StoreError(type(error).__name__)
                _refuse(units, fault)
            if fault is None:
                continue
            # Who waited behind a locked database has waited long enough: the next group would wait for it again,
            # and a helpdesk gives a webhook no more than ten seconds.
            _refuse(self._queued(MOST_UNITS_PER_COMMIT), fault)
            if connection is not None:
                # A fresh connection after any fault: the fault may be gone, its traces may not.
                connection.close()
                connection = None
        if connection is not None:
            connection.close()

    def _next_group(self) -> list[_Unit] | None:
        """What waits, at least one unit; None at the end."""
        first = self._units.get()
        if first is None:
            return None
        return [first, *self._queued(MOST_UNITS_PER_COMMIT - 1)]

    def _queued(self, most: int) -> list[_Unit]:
        """What is queued now, without waiting."""
        found: list[_Unit] = []
        while len(found) < most:
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                break
            if unit is None:
                self._units.put(None)  # nothing is queued behind the end
                break
            found.append(unit)
        return found

    def _commit_group(self, connection: sqlite3.Connection, units: list[_Unit]) -> Exception | None:
        """One transaction for the group, one savepoint for each unit. Returns the fault that puts all in doubt."""
        finished: list[tuple[_Unit, object]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for unit in units:
                finished.append((unit, self._run_unit(connection, unit)))
                if not connection.in_transaction:
                    # Some faults (a full disk) make SQLite undo the whole transaction, the earlier units with it.
                    raise StoreUnavailable("the database gave up the transaction")
            connection.execute("COMMIT")
        except (sqlite3.Error, StoreError) as error:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            fault = error if isinstance(error, StoreError) else self._translate(error)
            for unit, outcome in finished:
                _release(unit, outcome if isinstance(outcome, _Failure) else _Failure(fault))
            _refuse(units[len(finished) :], fault)
            return fault
        self.commits += 1
        for unit, outcome in finished:
            _release(unit, outcome)
        return None

    def _run_unit(self, connection: sqlite3.Connection, unit: _Unit) -> object:
        connection.execute("SAVEPOINT unit")
        try:
            result = unit.run(self._executor(connection))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is its caller's alone
            if connection.in_transaction:
                connection.execute("ROLLBACK TO unit")
                connection.execute("RELEASE unit")
            return _Failure(error)
        connection.execute("RELEASE unit")
        return result


def _release(unit: _Unit, outcome: object) -> None:
    if isinstance(outcome, _Failure):
        unit.done.set_exception(outcome.error)
    else:
        unit.done.set_result(outcome)


def _refuse(units: list[_Unit], error: Exception) -> None:
    for unit in units:
        if not unit.done.done():
            unit.done.set_exception(error)
