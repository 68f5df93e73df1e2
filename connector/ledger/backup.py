"""Copies of an SQLite ledger while it works, and the way back from one."""

from __future__ import annotations

import os
import secrets
import shutil
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from connector.errors import ConfigurationError, StoreError, StoreUnavailable
from connector.ledger.keys import Vault
from connector.ledger.migrations import migrations, schema_version
from connector.ledger.moments import micros, optional_moment
from connector.ledger.sqlite import SqliteDatabase, executor, quick_check
from connector.ledger.store import CHAIN_KEY, SqlLedger

_SIDE_FILES = ("-wal", "-shm")
_HEADER = b"SQLite format 3\0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A copy that was checked: it is whole, this release can read it and the keys open it."""

    path: Path
    schema_version: int
    accounts: int
    receipts: int
    newest_event_at: datetime | None


def write_backup(ledger: SqlLedger, path: Path, *, keys: Sequence[str]) -> Backup:
    """Copy the ledger to `path` while work goes on, and check the copy. The key belongs beside it, elsewhere."""
    database = ledger.database
    if not isinstance(database, SqliteDatabase):
        raise ConfigurationError("This ledger is on PostgreSQL: back it up with pg_dump or the server's own means.")

    def fill(temporary: Path) -> None:
        database.copy_to(temporary)
        check_backup(temporary, keys=keys)

    _put_in_place(path, fill)
    return check_backup(path, keys=keys)


def is_backup(path: Path) -> bool:
    """Whether the file is a database with our tables; one too damaged to tell counts as ours, for `check_backup`."""
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            return False
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
    try:
        found = connection.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'keyring'").fetchone()
        return found is not None
    except sqlite3.DatabaseError:
        return True
    finally:
        connection.close()


def check_backup(path: Path, *, keys: Sequence[str]) -> Backup:
    """What is in a backup. StoreCorrupt, ConfigurationError (a later release's, or another key's)."""
    if not path.is_file():
        raise ConfigurationError(f"There is no backup at {path}.")
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        quick_check(connection, path, indexes=True)
        view = executor(connection, path)
        version = schema_version(view)
        newest = migrations()[-1].version
        if not 0 < version <= newest:
            raise ConfigurationError(f"{path} has schema version {version}; this release reads 1 to {newest}.")
        key = view.one("key", name=CHAIN_KEY)
        if key is None:
            raise ConfigurationError(f"{path} is not a ledger: it has no keys.")
        Vault(keys).open(CHAIN_KEY, key["sealed"])
        facts = view.all("backup_facts")[0]
    finally:
        connection.close()
    return Backup(
        path=path,
        schema_version=version,
        accounts=facts["accounts"],
        receipts=facts["receipts"],
        newest_event_at=optional_moment(facts["received_at"]),
    )


def restore(source: Path, target: Path, *, keys: Sequence[str], now: datetime) -> Path | None:
    """Put a backup in the place of the ledger at `target`; where the ledger that was there is kept, if there was one.

    Nobody may be using it: StoreUnavailable. Every effect that is not settled is then looked for at the helpdesk
    before anything is written again.
    """
    check_backup(source, keys=keys)
    _refuse_while_in_use(target)
    kept: Path | None = None
    if target.exists():
        kept = target.with_name(f"{target.name}.before-restore-{now:%Y%m%dT%H%M%S}")

    def fill(temporary: Path) -> None:
        shutil.copyfile(source, temporary)
        connection = sqlite3.connect(temporary, isolation_level=None)
        try:
            connection.execute("PRAGMA journal_mode = DELETE")
            executor(connection, temporary).run("doubt_effects", now=micros(now))
        finally:
            connection.close()
        if kept is not None:
            _move_aside(target, kept)

    _put_in_place(target, fill)
    return kept


def _refuse_while_in_use(target: Path) -> None:
    """Leaving WAL mode needs the file for oneself alone, so it fails while anybody has the database open."""
    if not target.exists():
        return
    connection = sqlite3.connect(target, timeout=0, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.OperationalError as error:
        raise StoreUnavailable(f"{target} is in use: stop Handrail before a restore") from error
    except sqlite3.DatabaseError:
        pass  # damaged: that is why it is being replaced
    finally:
        connection.close()


def _move_aside(target: Path, kept: Path) -> None:
    for suffix in ("", *_SIDE_FILES):
        side = target.with_name(target.name + suffix)
        if side.exists():
            side.rename(kept.with_name(kept.name + suffix))


def _put_in_place(path: Path, fill: Callable[[Path], None]) -> None:
    """Make a file that appears whole or not at all, readable by its owner alone."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            fill(temporary)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        temporary.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise StoreError(f"{path} cannot be written ({error.strerror})") from error
    finally:
        temporary.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
