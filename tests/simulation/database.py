"""The ledger's database: real SQLite with the real statements, in memory, on one connection and without threads.

What is left out is what other tests cover with real files and processes: the writer thread, syncing, locking.
"""

from __future__ import annotations

import random
import sqlite3
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from connector.errors import StoreUnavailable
from connector.ledger.database import Executor
from connector.ledger.sqlite import executor
from tests.simulation.boundaries import Boundaries
from tests.simulation.plan import Plan
from tests.simulation.trace import Trace

T = TypeVar("T")

_NOWHERE = Path("simulated.db")


class MemoryDatabase:
    """A Database of one simulation. Every transaction is a boundary before and after it."""

    def __init__(self, content: bytes | None = None, *, changes: Mapping[str, tuple[str, str]] | None = None) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        if content is not None:
            self.connection.deserialize(content)
        self.connection.execute("PRAGMA foreign_keys = ON")
        self._executor: Executor = executor(self.connection, _NOWHERE)
        for name, (part, other) in (changes or {}).items():
            self._executor._statements = {
                **self._executor._statements,
                name: _changed(self._executor._statements[name], part, other),
            }
        self.boundaries: Boundaries | None = None
        self.plan: Plan | None = None
        self.chance = random.Random(0)
        self.trace: Trace | None = None
        self.after_write: Callable[[str], None] = lambda _name: None

    def read(self, unit: Callable[[Executor], T]) -> T:
        """One consistent view. Time passes before it, never between it and what the caller does with it."""
        if self.boundaries is not None:
            self.boundaries.cross("before a read", weight=0.1)
            self._perhaps_refuse("before a read", weight=0.1)
        return unit(self._executor)

    def write(self, unit: Callable[[Executor], T]) -> T:
        """One transaction, alone and all or nothing."""
        if self.boundaries is None:
            return self._transact(unit)
        name = _caller()
        self.boundaries.cross(f"before {name}", longest=0.01)
        self._perhaps_refuse(f"before {name}", weight=1.0)
        try:
            result = self._transact(unit)
        except Exception as error:
            self._note(f"{name}: {type(error).__name__}")
            raise
        self._note(name)
        self.after_write(name)
        self.boundaries.cross(f"after {name}", weight=1.5, longest=0.01)
        self._perhaps_refuse(f"after {name}", weight=0.3)
        return result

    def rows(self, statement: str) -> list[dict[str, Any]]:
        """What stands in the tables, for the judge; no boundary, no faults."""
        found: list[dict[str, Any]] = self.connection.execute(statement).fetchall()
        return found

    def examine(self) -> None:
        """Nothing can be damaged in here."""

    def scrub(self) -> None:
        """Nothing: there is no file."""

    def close(self) -> None:
        """Let go."""
        self.connection.close()

    def _transact(self, unit: Callable[[Executor], T]) -> T:
        self.connection.execute("BEGIN IMMEDIATE")
        try:
            result = unit(self._executor)
        except BaseException:
            if self.connection.in_transaction:
                self.connection.execute("ROLLBACK")
            raise
        self.connection.execute("COMMIT")
        return result

    def _perhaps_refuse(self, when: str, *, weight: float) -> None:
        if self.plan is not None and self.chance.random() < self.plan.store * weight:
            self._note(f"refuses {when}")
            raise StoreUnavailable("the database cannot be used now")

    def _note(self, what: str) -> None:
        if self.trace is not None and self.boundaries is not None:
            self.trace.add(self.boundaries.who or "-", f"ledger {what}")


def _caller() -> str:
    """The ledger's verb that writes, for the trace."""
    frame = sys._getframe(2)
    if frame.f_code.co_name == "_fenced" and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name


def _changed(statement: str, part: str, other: str) -> str:
    assert part in statement, f"{part!r} does not stand in the statement any more"
    return statement.replace(part, other)
