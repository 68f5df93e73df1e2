"""SQLite: the embedded engine, and everything that is particular to it (its writer: `group_commit.py`)."""

from __future__ import annotations

import functools
import os
import sqlite3
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import sqlite_utils

from connector.errors import StoreCorrupt, StoreError, StoreUnavailable
from connector.ledger.database import Clash, Executor, NotMigrated, load_statements
from connector.ledger.group_commit import GroupWriter

T = TypeVar("T")

BUSY_SECONDS = 5.0

WORDS = {
    "least": "min",
    "greatest": "max",
    "lock": "",
    "lock_key": "",
    "lock_skipping": "",
    "schema_lock": "1",
    "tables": "(SELECT name FROM sqlite_master WHERE type = 'table')",
    "document_words_table": (
        "CREATE VIRTUAL TABLE document_words USING fts5(scope, account_id UNINDEXED, title, heading, keywords, body, "
        "prefix = '4 5 6 7', tokenize = \"unicode61 remove_diacritics 2\")"
    ),
    # FTS5 is an index by itself; a migration needs a statement all the same.
    "document_words_index": "INSERT INTO document_words (document_words, rank) VALUES ('automerge', 8)",
    "words_key": "rowid",
    "index_section": (
        "INSERT INTO document_words (rowid, scope, account_id, title, heading, keywords, body) "
        "VALUES (:number, :scope, :account_id, :title, :heading, :keywords, :body)"
    ),
    # Weights of scope, account, title, heading, keywords and text: a heading says what a section answers.
    "search_documents": (
        "SELECT s.document_id, s.position, -bm25(document_words, 0, 0, 2.0, 3.0, 2.0, 2.0) AS score "
        "FROM document_words JOIN document_sections s ON s.number = document_words.rowid "
        "WHERE document_words MATCH 'scope : \"' || :scope || '\" AND - scope : (\"' "
        "|| replace(:terms, ' ', '\"* OR \"') || '\"*)' AND s.account_id = :account_id "
        "ORDER BY 3 DESC, 1, 2 LIMIT :most"
    ),
}
"""What the words in braces mean here. A write has the whole database to itself, so no row needs a lock."""

_CORRUPT = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class SqliteDatabase:
    """A database file. `synchronous` is an argument only so that a test can show what OFF would lose."""

    def __init__(self, path: Path, *, synchronous: str = "FULL", busy_seconds: float = BUSY_SECONDS) -> None:
        self.path = path
        self._synchronous = synchronous
        self._busy_seconds = busy_seconds
        self._readers: deque[sqlite3.Connection] = deque()
        self._writer = GroupWriter(
            lambda: self._connect(query_only=False),
            lambda connection: executor(connection, path),
            lambda error: translate(error, path),
        )
        self._closed = False
        self._process = os.getpid()
        self._make_file()

    @property
    def commits(self) -> int:
        """How many groups were committed."""
        return self._writer.commits

    @property
    def waiting(self) -> int:
        """How many writes wait for the next commit."""
        return self._writer.waiting

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
        self._check_usable()
        return self._writer.write(unit)

    def examine(self) -> None:
        """SQLite's own quick check of the whole file."""
        connection = self._reader()
        try:
            quick_check(connection, self.path)
        finally:
            connection.close()

    def scrub(self) -> None:
        """Take deleted words out of the search index, which only marks them, and empty the write-ahead log.

        The log is emptied as far as nobody is reading; whatever is left goes with the next scrub or at the end.
        """
        connection = self._connect(query_only=False)
        try:
            connection.execute("INSERT INTO document_words (document_words) VALUES ('optimize')")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.Error as error:
            raise translate(error, self.path) from error
        finally:
            connection.close()

    def close(self) -> None:
        """Finish the queued writes and close every connection that is not in use."""
        self._closed = True
        self._writer.close()
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


def executor(connection: sqlite3.Connection, path: Path) -> Executor:
    """Runs the named statements on a connection of one's own."""

    def execute(statement: str, parameters: Mapping[str, Any] | None) -> sqlite3.Cursor:
        return connection.execute(statement, parameters or {})

    connection.row_factory = _as_mapping
    return Executor(execute, _statements(), lambda error: translate(error, path), sqlite3.Error)


def quick_check(connection: sqlite3.Connection, path: Path, *, indexes: bool = False) -> None:
    """Let SQLite look through the file; with `indexes` also whether each says what its table does, which takes several
    times as long. StoreCorrupt.
    """
    pragma = "integrity_check" if indexes else "quick_check"
    try:
        (found,) = connection.execute(f"PRAGMA {pragma}(1)").fetchall()
    except sqlite3.Error as error:
        raise translate(error, path) from error
    verdict = found[pragma] if isinstance(found, dict) else found[0]
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


def _as_mapping(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return {column[0]: value for column, value in zip(cursor.description, row, strict=True)}
