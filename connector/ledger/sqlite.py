"""SQLite: the embedded engine, and everything that is particular to it.

One writer thread per process commits in groups: units that arrive while a commit is being synced share the next
one. A unit's caller is released only after that commit, so what a write returned is on disk.
"""

from __future__ import annotations

import functools
import os
import queue
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import sqlite_utils

from connector.errors import HandrailError, StoreCorrupt, StoreError, StoreUnavailable
from connector.ledger.database import Clash, Executor, NotMigrated, load_statements

T = TypeVar("T")

BUSY_SECONDS = 5.0
MOST_UNITS_PER_COMMIT = 256

WORDS = {
    "least": "min",
    "greatest": "max",
    "lock": "",
    "lock_key": "",
    "lock_skipping": "",
    "schema_lock": "1",
    "tables": "(SELECT name FROM sqlite_master WHERE type = 'table')",
}
"""What the words in braces mean here. A write has the whole database to itself, so no row needs a lock."""

_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


@dataclass(frozen=True, slots=True)
class _Unit:
    """A write that waits for the writer, and where its caller waits."""

    run: Callable[[Executor], Any]
    done: Future[Any]


class SqliteDatabase:
    """A database file. `synchronous` is an argument only so that a test can show what OFF would lose."""

    def __init__(self, path: Path, *, synchronous: str = "FULL", busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self.commits = 0
        self._synchronous = synchronous
        self._busy_seconds = busy_seconds
        self._readers: deque[sqlite3.Connection] = deque()
        self._units: queue.SimpleQueue[_Unit | None] = queue.SimpleQueue()
        self._starting = threading.Lock()
        self._writer: threading.Thread | None = None
        self._closed = False
        self._process = os.getpid()
        self._make_file()

    # --- Database ---------------------------------------------------------------------------------

    def read(self, unit: Callable[[Executor], T]) -> T:
        """Run `unit` on a snapshot."""
        connection = self._reader()
        try:
            connection.execute("BEGIN")
            result = unit(executor(connection, self.path))
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            connection.close()
            raise translate(error, self.path) from error
        except BaseException:
            connection.close()
            raise
        self._readers.append(connection)
        if self._closed:  # closed meanwhile: nobody else will close this one
            self._close_readers()
        return result

    def write(self, unit: Callable[[Executor], T]) -> T:
        """Hand `unit` to the writer and wait until it is on disk."""
        done: Future[T] = Future()
        with self._starting:  # a write is queued before the end of the queue or refused
            self._check_usable()
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_all, name="ledger-writer", daemon=True)
                self._writer.start()
            self._units.put(_Unit(unit, done))
        return done.result()

    def examine(self) -> None:
        """SQLite's own quick check of the whole file."""
        connection = self._reader()
        try:
            quick_check(connection, self.path)
        finally:
            connection.close()

    def close(self) -> None:
        """Finish the queued writes and close every connection that is not in use."""
        with self._starting:
            if self._closed:
                return
            self._closed = True
            writer = self._writer
            self._units.put(None)
        if writer is not None:
            writer.join()
        self._close_readers()

    def copy_to(self, target: Path) -> None:
        """Write a consistent copy of the database to a new file while work goes on."""
        reader = self._reader()
        try:
            copy = sqlite3.connect(target)
            try:
                reader.backup(copy)
                copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
            finally:
                copy.close()
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        finally:
            reader.close()

    # --- Connections ------------------------------------------------------------------------------

    def _close_readers(self) -> None:
        while True:
            try:
                self._readers.pop().close()
            except IndexError:
                return

    def _check_usable(self) -> None:
        if self._closed:
            raise StoreUnavailable("the database is closed")
        if os.getpid() != self._process:
            raise StoreError("a ledger cannot be used in a forked process: open one there")

    def _make_file(self) -> None:
        """Make the file readable by its owner alone: it holds customers' words."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600))
        except OSError as error:
            raise StoreUnavailable(f"the database {self.path} cannot be opened ({error.strerror})") from error

    def _reader(self) -> sqlite3.Connection:
        self._check_usable()
        try:
            return self._readers.pop()
        except IndexError:
            return self._connect(query_only=True)

    def _connect(self, *, query_only: bool) -> sqlite3.Connection:
        """A connection with our settings; its transactions are begun and ended by us alone."""
        connection: sqlite3.Connection | None = None
        try:
            connection = sqlite3.connect(
                f"{self.path.absolute().as_uri()}?mode=rw",
                uri=True,
                timeout=self._busy_seconds,
                isolation_level=None,
                check_same_thread=False,
            )
            database = sqlite_utils.Database(connection, recursive_triggers=False, execute_plugins=False)
            if database.journal_mode != "wal":
                database.enable_wal()
            for pragma in ("secure_delete = ON", "foreign_keys = ON", f"synchronous = {self._synchronous}"):
                connection.execute(f"PRAGMA {pragma}")
            connection.execute(f"PRAGMA query_only = {'ON' if query_only else 'OFF'}")
        except sqlite3.Error as error:
            if connection is not None:
                connection.close()
            raise translate(error, self.path) from error
        return connection

    # --- The writer -------------------------------------------------------------------------------

    def _write_all(self) -> None:
        connection: sqlite3.Connection | None = None
        while (units := self._next_group()) is not None:
            try:
                connection = connection or self._connect(query_only=False)
                healthy = self._commit_group(connection, units)
            except Exception as error:  # noqa: BLE001 - the writer outlives every fault; its callers get the fault
                _refuse(units, error if isinstance(error, HandrailError) else StoreError(type(error).__name__))
                healthy = False
            if not healthy and connection is not None:
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
        group = [first]
        while len(group) < MOST_UNITS_PER_COMMIT:
            try:
                unit = self._units.get_nowait()
            except queue.Empty:
                break
            if unit is None:
                self._units.put(None)  # nothing is queued behind the end
                break
            group.append(unit)
        return group

    def _commit_group(self, connection: sqlite3.Connection, units: list[_Unit]) -> bool:
        """One transaction for the group, one savepoint for each unit; False where the connection is in doubt."""
        finished: list[tuple[_Unit, Any]] = []
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
            fault = error if isinstance(error, StoreError) else translate(error, self.path)
            for unit, outcome in finished:
                _release(unit, outcome if isinstance(outcome, _Failure) else _Failure(fault))
            _refuse(units[len(finished) :], fault)
            return False
        self.commits += 1
        for unit, outcome in finished:
            _release(unit, outcome)
        return True

    def _run_unit(self, connection: sqlite3.Connection, unit: _Unit) -> object:
        connection.execute("SAVEPOINT unit")
        try:
            result = unit.run(executor(connection, self.path))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is its caller's alone
            if connection.in_transaction:
                connection.execute("ROLLBACK TO unit")
                connection.execute("RELEASE unit")
            return _Failure(error)
        connection.execute("RELEASE unit")
        return result


@dataclass(frozen=True, slots=True)
class _Failure:
    error: Exception


def executor(connection: sqlite3.Connection, path: Path) -> Executor:
    """Runs the named statements on a connection of one's own."""

    def execute(statement: str, parameters: Mapping[str, Any] | None) -> sqlite3.Cursor:
        return connection.execute(statement, parameters or {})

    connection.row_factory = _as_mapping
    return Executor(execute, _statements(), lambda error: translate(error, path), sqlite3.Error)


def quick_check(connection: sqlite3.Connection, path: Path) -> None:
    """Let SQLite look through the file. StoreCorrupt."""
    try:
        (found,) = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.Error as error:
        raise translate(error, path) from error
    verdict = found["quick_check"] if isinstance(found, dict) else found[0]
    if verdict != "ok":
        raise _corrupt(verdict, path)


def translate(error: Exception, path: Path) -> StoreError:
    """What the engine's error means. SQLite's messages name tables and columns, never values."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _CORRUPT:
        return _corrupt(str(error), path)
    if "no such table" in str(error) or "no such column" in str(error):
        return NotMigrated()
    if isinstance(error, sqlite3.IntegrityError):
        return Clash(str(error))
    if isinstance(error, sqlite3.OperationalError):
        return StoreUnavailable(f"the database {path.name} cannot be used now: {error}")
    return StoreError(f"the database refused a statement: {error}")


def _corrupt(found: str, path: Path) -> StoreCorrupt:
    return StoreCorrupt(
        f"The database {path} is damaged ({found}). Stop Handrail and bring back the last backup: "
        "`handrail restore FILE`"
    )


@functools.cache
def _statements() -> Mapping[str, str]:
    return load_statements(WORDS)


def _release(unit: _Unit, outcome: object) -> None:
    if isinstance(outcome, _Failure):
        unit.done.set_exception(outcome.error)
    else:
        unit.done.set_result(outcome)


def _refuse(units: list[_Unit], error: Exception) -> None:
    for unit in units:
        if not unit.done.done():
            unit.done.set_exception(error)


def _as_mapping(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
