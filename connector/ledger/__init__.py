"""The ledger: the one durable truth, on SQLite or PostgreSQL with the same statements (`sql/`)."""

from __future__ import annotations

from collections.abc import Sequence

from connector.errors import ConfigurationError
from connector.ledger.database import Database
from connector.ledger.keys import Vault
from connector.ledger.sqlite import SqliteDatabase
from connector.ledger.store import SqlLedger, database_file

__all__ = ["SqlLedger", "open_ledger"]


def open_ledger(url: str, *, keys: Sequence[str], synchronous: str = "FULL") -> SqlLedger:
    """The ledger at `sqlite:///path` (or a plain path) or `postgresql://...`.

    Nothing is migrated. ConfigurationError: the keys are not those it was written with, or a later release wrote it.
    StoreUnavailable: it cannot be opened now.
    """
    vault = Vault(keys)
    ledger = SqlLedger(_database(url, synchronous), vault)
    try:
        ledger.verify()
    except BaseException:
        ledger.close()
        raise
    return ledger


def _database(url: str, synchronous: str) -> Database:
    if url.startswith(("postgresql://", "postgres://")):
        # Imported here: the embedded default must start without the driver.
        from connector.ledger.postgres import PostgresDatabase

        return PostgresDatabase(url)
    if "://" in url and not url.startswith("sqlite:///"):
        raise ConfigurationError("HANDRAIL_DATABASE_URL must start with sqlite:/// or postgresql://.")
    return SqliteDatabase(database_file(url), synchronous=synchronous)
