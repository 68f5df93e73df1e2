"""Brings a database up to date with the numbered files in `migrations/`, the one source of the schema."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from importlib import resources

from connector.errors import ConfigurationError
from connector.ledger.database import Database, Executor, split_statements


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file: its number, its name and its statements."""

    version: int
    name: str
    statements: tuple[str, ...]


def migrations() -> tuple[Migration, ...]:
    """All migrations in the order of their numbers."""
    found = []
    for file in resources.files("migrations").iterdir():
        number, _, name = file.name.removesuffix(".sql").partition("_")
        if file.name.endswith(".sql"):
            statements = split_statements(file.read_text(encoding="utf-8"))
            found.append(Migration(version=int(number), name=name, statements=statements))
    return tuple(sorted(found, key=lambda migration: migration.version))


def stored_version(database: Database) -> int:
    """The database's schema version; 0 when it is empty."""
    return database.read(schema_version)


def refuse_newer(database: Database) -> None:
    """ConfigurationError where a later release has been at this database."""
    newest = migrations()[-1].version
    version = stored_version(database)
    if version > newest:
        raise ConfigurationError(
            f"The database has schema version {version}, this release knows {newest}: install the release that wrote "
            "it, or bring back a backup from before the upgrade with `handrail restore FILE`."
        )


def migrate(database: Database, *, to: int | None = None) -> None:
    """Apply what is missing, each migration in a transaction of its own; `to` stops at an earlier version."""
    refuse_newer(database)
    for migration in migrations():
        if to is None or migration.version <= to:
            database.write(partial(_apply, migration))


def _apply(migration: Migration, transaction: Executor) -> None:
    transaction.all("lock_schema")
    if schema_version(transaction) >= migration.version:
        return
    transaction.run("create_schema_version")
    for statement in migration.statements:
        transaction.define(statement)
    transaction.run("add_schema_version", version=migration.version, name=migration.name)


def schema_version(transaction: Executor) -> int:
    """The schema version as this transaction sees it; 0 when there is none."""
    known = transaction.one("table_count", name="schema_version")
    if known is None or not known["count"]:
        return 0
    row = transaction.one("schema_version")
    return int(row["version"] or 0) if row else 0
