"""What the ledger needs of a database: named statements run in a read or in a durable write.

The two engines, `sqlite.py` and `postgres.py`, implement `Database`; nothing else knows which one is in use.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from importlib import resources
from typing import Any, Protocol, TypeVar

from connector.errors import ConfigurationError, StoreError, StoreUnavailable

T = TypeVar("T")

Value = str | int | None
Row = Mapping[str, Any]

_FILES = (
    "cards",
    "schema",
    "inbox",
    "work",
    "decisions",
    "accounts",
    "erasure",
    "policies",
    "models",
    "spend",
    "connections",
    "watch",
    "documents",
    "history",
    "sidebar",
)


_NAMED = re.compile(r"\{([a-z_]+)\}")


class Clash(StoreError):
    """A unique or foreign key forbids this row; the message names the constraint, never a value."""


class NotMigrated(StoreUnavailable, ConfigurationError):
    """The schema is older than the code. Waiting for a migration helps, so a worker may try again."""

    def __init__(self) -> None:
        super().__init__("the database is not up to date: run `handrail migrate`")


class Cursor(Protocol):
    """The part of a DB-API cursor that is used."""

    @property
    def rowcount(self) -> int:
        """How many rows a statement changed."""

    def fetchall(self) -> list[Any]:
        """All rows."""


class Executor:
    """Runs named statements inside one transaction. Every error it raises is a StoreError."""

    def __init__(
        self,
        execute: Callable[[str, Mapping[str, Value] | None], Cursor],
        statements: Mapping[str, str],
        translate: Callable[[Exception], StoreError],
        failures: type[Exception],
    ) -> None:
        self._execute = execute
        self._statements = statements
        self._translate = translate
        self._failures = failures

    def all(self, name: str, /, **parameters: Value) -> Sequence[Row]:
        """Every row of the named statement."""
        rows: Sequence[Row] = self._run(self._statements[name], parameters).fetchall()
        return rows

    def one(self, name: str, /, **parameters: Value) -> Row | None:
        """The first row, or None."""
        rows = self.all(name, **parameters)
        return rows[0] if rows else None

    def run(self, name: str, /, **parameters: Value) -> int:
        """Change something; how many rows were changed."""
        return self._run(self._statements[name], parameters).rowcount

    def define(self, statement: str) -> None:
        """Run one statement of a migration: as it stands, or `{name}` for the one that each engine has in its words."""
        named = _NAMED.fullmatch(statement)
        self._run(self._statements[named[1]] if named else statement, None)

    def _run(self, statement: str, parameters: Mapping[str, Value] | None) -> Cursor:
        if parameters is not None:
            parameters = {name: storable(value) for name, value in parameters.items()}
        try:
            return self._execute(statement, parameters)
        except self._failures as error:
            raise self._translate(error) from error


class Database(Protocol):
    """One database. `read` and `write` may be called from any thread."""

    def read(self, unit: Callable[[Executor], T]) -> T:
        """Run `unit` on one consistent view. StoreUnavailable, StoreCorrupt."""

    def write(self, unit: Callable[[Executor], T]) -> T:
        """Run `unit` alone and all or nothing; what it wrote is on disk when this returns. StoreUnavailable..."""

    def examine(self) -> None:
        """Look for damage where the engine does not do so itself. StoreCorrupt."""

    def scrub(self) -> None:
        """Leave nothing behind of rows that were deleted, as far as the engine allows. StoreUnavailable."""

    def close(self) -> None:
        """Finish what is being written and let go."""


def storable(value: Value) -> Value:
    """The value as both engines can keep it: text without NUL and without lone surrogates."""
    if not isinstance(value, str) or (value.isascii() and "\x00" not in value):
        return value
    return value.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")


def load_statements(words: Mapping[str, str]) -> dict[str, str]:
    """All named statements, with the engine's `words` in place of the braces."""
    statements: dict[str, str] = {}
    folder = resources.files("connector.ledger") / "sql"
    for file in _FILES:
        text = (folder / f"{file}.sql").read_text(encoding="utf-8")
        for word, meaning in words.items():
            text = text.replace("{" + word + "}", meaning)
        for chunk in text.split("-- name: ")[1:]:
            name, _, body = chunk.partition("\n")
            statements[name.strip()] = _without_comments(body)
    return statements


def split_statements(script: str) -> tuple[str, ...]:
    """The statements of a migration; each ends with a semicolon at the end of a line."""
    parts = _without_comments(script).split(";\n")
    return tuple(part.strip().rstrip(";") for part in parts if part.strip())


def _without_comments(text: str) -> str:
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("--")]
    return "\n".join(lines).strip().rstrip(";") + "\n"
