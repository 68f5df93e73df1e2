"""PostgreSQL: the engine of a fleet, and everything that is particular to it."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

import psycopg
import psycopg.errors
import psycopg_pool
from psycopg.conninfo import conninfo_to_dict
from psycopg.rows import dict_row

from connector.errors import ConfigurationError, StoreCorrupt, StoreError, StoreUnavailable
from connector.ledger.database import Clash, Cursor, Executor, NotMigrated, load_statements

T = TypeVar("T")

Connection = psycopg.Connection[dict[str, Any]]

MOST_CONNECTIONS = 16
WAIT_SECONDS = 5.0

WORDS = {
    "least": "LEAST",
    "greatest": "GREATEST",
    "lock": "FOR NO KEY UPDATE",
    "lock_key": "FOR KEY SHARE",
    "lock_skipping": "FOR NO KEY UPDATE SKIP LOCKED",
    "schema_lock": "pg_advisory_xact_lock(7241660)",
    "tables": "(SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema())",
    "document_words_table": (
        "CREATE TABLE document_words (number BIGINT PRIMARY KEY, account_id TEXT NOT NULL, scope TEXT NOT NULL, "
        "words TSVECTOR NOT NULL)"
    ),
    "document_words_index": "CREATE INDEX document_words_scope ON document_words (scope)",
    "words_key": "number",
    "index_section": """
        INSERT INTO document_words (number, account_id, scope, words) VALUES (
            :number, :account_id, :scope,
            setweight(to_tsvector('simple', :heading), 'A')
            || setweight(to_tsvector('simple', concat_ws(' ', :title::text, :keywords::text, :body::text)), 'B')
        )""",
    # The server ranks a word by how often it occurs, not by how rare it is; the second factor is that of BM25.
    "search_documents": """
        WITH scoped AS MATERIALIZED (
            SELECT number, words FROM document_words WHERE scope = :scope AND account_id = :account_id
        ),
        asked AS (
            SELECT term, CAST(quote_literal(term) || ':*' AS tsquery) AS query
            FROM unnest(string_to_array(CAST(:terms AS text), ' ')) AS term
        ),
        found AS (
            SELECT asked.term, scoped.number,
                ts_rank(ARRAY[0.1, 0.4, 0.66, 1.0]::real[], scoped.words, asked.query, 1) AS weight
            FROM asked JOIN scoped ON scoped.words @@ asked.query
        ),
        rare AS (
            SELECT term, ln(1 + ((SELECT count(*) FROM scoped) - count(*) + 0.5) / (count(*) + 0.5)) AS rarity
            FROM found GROUP BY term
        )
        SELECT s.document_id, s.position, sum(found.weight * rare.rarity) AS score
        FROM found JOIN rare ON rare.term = found.term
        JOIN document_sections s ON s.number = found.number
        WHERE s.account_id = :account_id
        GROUP BY s.document_id, s.position ORDER BY score DESC, s.document_id, s.position LIMIT :most""",
}
"""What the words in braces mean here."""

_PARAMETER = re.compile(r"(?<!:):([a-z_]+)")

_READ_LEVEL = psycopg.IsolationLevel.REPEATABLE_READ
_WRITE_LEVEL = psycopg.IsolationLevel.READ_COMMITTED
"""Writers lock what they compare; they must see what was committed while they waited."""


class PostgresDatabase:
    """A database on a server. Nothing is tried twice here: who asked knows whether to ask again."""

    def __init__(self, url: str, *, wait_seconds: float = WAIT_SECONDS) -> None:
        self._place = _place(url)
        self._reached = False
        _silence_the_driver()
        self._statements = {name: _with_placeholders(text) for name, text in load_statements(WORDS).items()}
        self._pool = psycopg_pool.ConnectionPool(
            url,
            connection_class=Connection,
            kwargs={"row_factory": dict_row, "connect_timeout": max(2, int(wait_seconds))},
            min_size=1,
            max_size=MOST_CONNECTIONS,
            timeout=wait_seconds,
            open=False,
            configure=_configure,
            check=psycopg_pool.ConnectionPool.check_connection,
            name="ledger",
        )
        try:
            self._pool.open()
        except psycopg.Error as error:
            raise _translate(error) from error

    def read(self, unit: Callable[[Executor], T]) -> T:
        """Run `unit` on a snapshot."""
        with self._transaction(_READ_LEVEL, read_only=True) as executor:
            return unit(executor)

    def write(self, unit: Callable[[Executor], T]) -> T:
        """Run `unit` in a transaction; committed when this returns."""
        with self._transaction(_WRITE_LEVEL, read_only=False) as executor:
            return unit(executor)

    def examine(self) -> None:
        """Nothing: the server checks its own pages."""

    def scrub(self) -> None:
        """Nothing: the server's own vacuum reuses the pages of deleted rows."""

    def close(self) -> None:
        """Close the pool; what is in use ends first."""
        self._pool.close()

    @contextmanager
    def _transaction(self, level: psycopg.IsolationLevel, *, read_only: bool) -> Iterator[Executor]:
        try:
            with self._pool.connection() as connection:
                self._reached = True
                connection.isolation_level = level
                connection.read_only = read_only

                def execute(statement: str, parameters: Mapping[str, Any] | None) -> Cursor:
                    return connection.execute(statement, parameters)

                yield Executor(execute, self._statements, _translate, psycopg.Error)
        except psycopg_pool.PoolTimeout as error:
            raise self._translate_timeout(error) from error
        except psycopg.Error as error:
            raise _translate(error) from error

    def _translate_timeout(self, error: psycopg_pool.PoolTimeout) -> StoreError:
        """A server never reached is a matter of settings, and named; one that went away is not (`/readyz` shows it)."""
        if self._reached:
            return _translate(error)
        return StoreUnavailable(
            f"PostgreSQL at {self._place} cannot be reached or refuses us: see that it runs, and that host, user, "
            "password and database in HANDRAIL_DATABASE_URL are right"
        )


def _place(url: str) -> str:
    """Host and port for messages. ConfigurationError: libpq cannot read the address; its words would repeat it."""
    try:
        parts = conninfo_to_dict(url)
    except psycopg.Error:
        raise ConfigurationError(
            "HANDRAIL_DATABASE_URL is not an address PostgreSQL can read: write it as "
            "postgresql://USER:PASSWORD@HOST:5432/NAME, with special characters in user and password as %XX."
        ) from None
    hosts = str(parts.get("host") or "the local socket").split(",")
    ports = str(parts.get("port") or "5432").split(",")
    ports = ports if len(ports) == len(hosts) else ports[:1] * len(hosts)
    return ", ".join(f"{host}:{port or 5432}" for host, port in zip(hosts, ports, strict=True))


def _silence_the_driver() -> None:
    """Driver and pool log every failed attempt with the server's words; what matters is in the errors we raise."""
    for name in ("psycopg", "psycopg.pool"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)


def _configure(connection: Connection) -> None:
    """What must hold whatever this server's defaults are.

    A receipt is on disk when it is acknowledged. No statement is compiled: that takes a tenth of a second where a
    large backlog looks dear, and each statement here runs in a millisecond.
    """
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.execute("SELECT set_config('jit', 'off', false)")
    connection.commit()


def _with_placeholders(statement: str) -> str:
    return _PARAMETER.sub(r"%(\1)s", statement.replace("%", "%%"))


def _translate(error: Exception) -> StoreError:
    """What the engine's error means. Only names are passed on: the server's texts can hold values."""
    name = type(error).__name__
    if isinstance(error, psycopg.errors.UndefinedTable | psycopg.errors.UndefinedColumn):
        return NotMigrated()
    if isinstance(error, psycopg.errors.DataCorrupted | psycopg.errors.IndexCorrupted):
        return StoreCorrupt(f"PostgreSQL reports damage ({name}): bring back the last backup of the server.")
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return StoreUnavailable("the database is read-only now")
    if isinstance(error, psycopg.IntegrityError):
        return Clash(error.diag.constraint_name or name)
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return StoreUnavailable(f"the database cannot be used now ({name})")
    return StoreError(f"the database refused a statement ({name})")
