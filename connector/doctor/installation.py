"""What stands on the machine: data folder, disk, key and database file. Looks only: no database is made or migrated."""

from __future__ import annotations

import os
import pwd
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from connector.doctor.findings import failed, passed, warned
from connector.errors import HandrailError
from connector.ledger.keys import Vault
from connector.ledger.migrations import migrations
from connector.ledger.store import CHAIN_KEY, database_file
from connector.ports import Check
from connector.runbooks import Runbook
from connector.settings import Settings

LEAST_FREE_BYTES = 200 * 1024 * 1024
LITTLE_FREE_BYTES = 1024 * 1024 * 1024
KEY_FILE = "secret.key"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatabaseFile:
    """An SQLite ledger as it lies there. `version` is None where there is none to read, `sealed` the key inside.

    `trouble` says why it cannot be read; `damaged` that this is for good.
    """

    path: Path
    there: bool
    writable: bool = True
    version: int | None = None
    sealed: str | None = None
    trouble: str = ""
    damaged: bool = False


def examine_home(settings: Settings) -> Iterator[Check]:
    """Whether the data folder can be used, and how much room there is."""
    home, database = settings.home, database_file(settings.ledger_url)
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        yield failed("data folder", f"{home} cannot be made ({error.strerror})", _FOLDER)
        return
    free = shutil.disk_usage(home).free
    try:
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        full = free < LEAST_FREE_BYTES
        found = f"{home} cannot be written ({error.strerror})"
        yield failed("data folder", found, _FOLDER, Runbook.DISK_FULL if full else None)
        return
    yield passed("data folder", f"{home.resolve()} is writable")
    yield judge_space(free)
    elsewhere = database.absolute().parent
    if elsewhere.is_dir() and elsewhere.stat().st_dev != home.stat().st_dev:
        yield judge_space(shutil.disk_usage(elsewhere).free, name="disk space of the database")
    yield judge_owners(home, foreign_files((home, database)))


def examine_key(settings: Settings, database: DatabaseFile) -> Check:
    """Whether the key is there, is its owner's alone, and opens the database."""
    path = settings.home / KEY_FILE
    if not settings.secret_keys and not path.exists():
        if database.there:
            return failed(
                "secret key",
                f"{path} is missing, and nobody can read the helpdesks' secrets in {database.path} without it",
                f"Put the copy of the key back as {path} (mode 0600), or set HANDRAIL_SECRET_KEY; "
                "with no copy left, start in an empty folder and add the accounts again.",
                Runbook.MOVE,
            )
        return passed("secret key", "made at the first start")
    if not settings.secret_keys and (mode := path.stat().st_mode & 0o777) & 0o077:
        return failed(
            "secret key",
            f"{path} can be read by others (mode {mode:04o}), and it opens every stored secret",
            f"Run `chmod 600 {path}`, and change the helpdesk credentials if others have used this machine.",
            Runbook.SECRET_LEAKED,
        )
    if database.sealed is not None and not _opens(settings, database.sealed):
        named = "HANDRAIL_SECRET_KEY" if settings.secret_keys else str(path)
        return failed(
            "secret key",
            f"{named} is not the key that {database.path} was written with",
            "Set the key it was written with; a list, new key first and a comma between, is accepted.",
            Runbook.MOVE,
        )
    if settings.secret_keys:
        return passed("secret key", "set by HANDRAIL_SECRET_KEY")
    return passed("secret key", f"{path}, mode {mode:04o}; keep a copy apart from the backups")


def examine_database(settings: Settings) -> DatabaseFile:
    """What lies where the database belongs."""
    path = database_file(settings.ledger_url)
    if path.is_dir():
        return DatabaseFile(path=path, there=True, trouble="it is a folder")
    if not path.is_file() or not path.stat().st_size:
        return DatabaseFile(path=path, there=False)
    writable = os.access(path, os.W_OK) and os.access(path.absolute().parent, os.W_OK)
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            version, sealed = _version(connection), _sealed(connection)
    except sqlite3.Error as error:
        damaged = getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        return DatabaseFile(path=path, there=True, writable=writable, trouble=str(error), damaged=damaged)
    return DatabaseFile(path=path, there=True, writable=writable, version=version, sealed=sealed)


def judge_database(file: DatabaseFile, *, key_there: bool) -> Check:
    """Whether the ledger can be opened as it is. `key_there`: a key file shows that there was a ledger before."""
    name, newest = "database", migrations()[-1].version
    if not file.there:
        if not key_there:
            return passed(name, f"made at the first start as {file.path}")
        found = f"{file.path} is missing, but its key is there"
        return failed(name, found, "Restore the last backup: `handrail restore FILE`.", Runbook.RESTORE)
    if file.damaged:
        fix = "Stop Handrail and bring back the last backup: `handrail restore FILE`."
        return failed(name, f"{file.path} is damaged ({file.trouble})", fix, Runbook.DATABASE_CORRUPT)
    if file.trouble:
        return failed(name, f"{file.path} cannot be opened ({file.trouble})", _RIGHTS)
    if not file.writable:
        return failed(name, f"{file.path} cannot be written", _RIGHTS)
    if file.version is not None and file.version > newest:
        found = f"{file.path} has schema version {file.version}, this release knows {newest}"
        fix = "Install the release that wrote it, or bring back the backup from before the upgrade."
        return failed(name, found, fix, Runbook.UPGRADE)
    if file.version and file.version < newest:
        found = f"{file.path} has schema version {file.version}, this release brings {newest}"
        fix = "Run `handrail migrate`, or start `handrail serve`; make a backup first."
        return warned(name, found, fix, Runbook.UPGRADE)
    return passed(name, f"{file.path}, schema version {file.version or newest}")


def judge_space(free_bytes: int, *, name: str = "disk space") -> Check:
    """Whether there is room for what comes in."""
    found, fix = f"{free_bytes // (1024 * 1024)} MiB free", "Make room: what cannot be stored is refused with a 503."
    if free_bytes < LEAST_FREE_BYTES:
        return failed(name, found, fix, Runbook.DISK_FULL)
    return warned(name, found, fix, Runbook.DISK_FULL) if free_bytes < LITTLE_FREE_BYTES else passed(name, found)


def foreign_files(places: tuple[Path, Path]) -> tuple[str, ...]:
    """The files of the ledger that belong to somebody else than the data folder: a command ran as the wrong user."""
    home, database = places
    owner = home.stat().st_uid
    files = (home / KEY_FILE, home / "serve.lock", *(Path(f"{database}{end}") for end in ("", "-wal", "-shm")))
    return tuple(file.name for file in files if file.exists() and file.stat().st_uid != owner)


def judge_owners(home: Path, foreign: tuple[str, ...]) -> Check:
    """Whether the service's user may use every file."""
    if not foreign:
        return passed("owners", "all files belong to one user")
    owner = _user(home.stat().st_uid)
    return failed(
        "owners",
        f"{', '.join(foreign)} in {home} do not belong to {owner}, as the folder does",
        f"Run `chown -R {owner} {home}`, and commands as {owner} (`sudo -u {owner} handrail ...`).",
    )


def _user(number: int) -> str:
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return str(number)


def _version(connection: sqlite3.Connection) -> int | None:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'schema_version'").fetchone()
    row = connection.execute("SELECT MAX(version) FROM schema_version").fetchone() if known else None
    return int(row[0]) if row and row[0] is not None else None


def _sealed(connection: sqlite3.Connection) -> str | None:
    known = connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'keyring'").fetchone()
    row = connection.execute("SELECT sealed FROM keyring WHERE name = ?", (CHAIN_KEY,)).fetchone() if known else None
    return str(row[0]) if row else None


def _opens(settings: Settings, sealed: str) -> bool:
    from connector.settings import secret_keys

    try:
        Vault(secret_keys(settings)).open(CHAIN_KEY, sealed)
    except HandrailError:
        return False
    return True


_FOLDER = "Set HANDRAIL_HOME to a folder that this user may write to, or make room."
_RIGHTS = "Give the user that runs Handrail the right to read and write this file and its folder."
