"""Real databases: every contract test runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from connector.ledger import SqlLedger, open_ledger
from connector.model import Account
from tests.ledger.samples import KEY, NOW, account
from tests.real_parts.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """One server per test process, so that parallel processes do not meet."""
    with running_postgres() as server:
        yield server


@pytest.fixture(scope="session")
def postgres_url(postgres_server: PostgresServer) -> str:
    """The address of the server's first database."""
    return postgres_server.url()


@pytest.fixture
def empty_postgres_url(postgres_url: str) -> str:
    """A schema of this test's own with nothing in it: made in a millisecond, a database takes half a second."""
    name = f"test_{uuid.uuid4().hex}"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
    return f"{postgres_url}?options=-csearch_path%3D{name}"


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated file to copy."""
    path = tmp_path_factory.mktemp("template") / "handrail.db"
    _migrate(str(path))
    return path


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated database of this test's own."""
    if request.param == "sqlite":
        copy = shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "handrail.db")
        return f"sqlite:///{copy}"
    url: str = request.getfixturevalue("empty_postgres_url")
    _migrate(url)
    return url


@pytest.fixture
def open_again(database_url: str) -> Iterator[Callable[[], SqlLedger]]:
    """Opens another ledger on the same database, as another process would."""
    opened: list[SqlLedger] = []

    def open_one() -> SqlLedger:
        opened.append(open_ledger(database_url, keys=(KEY,)))
        return opened[-1]

    yield open_one
    for ledger in opened:
        ledger.close()


@pytest.fixture
def ledger(open_again: Callable[[], SqlLedger]) -> SqlLedger:
    """A ledger with nothing in it."""
    return open_again()


@pytest.fixture
def acme(ledger: SqlLedger) -> Account:
    """A stored account."""
    added = account("acme")
    ledger.accounts.add(added, now=NOW)
    return added


@pytest.fixture
def sqlite_path(sqlite_template: Path, tmp_path: Path) -> Path:
    """A migrated SQLite file with one account, for what only SQLite does."""
    path = Path(shutil.copy(sqlite_template, tmp_path / "embedded.db"))
    ledger = open_ledger(str(path), keys=(KEY,))
    ledger.accounts.add(account("acme"), now=NOW)
    ledger.close()
    return path


def _migrate(url: str) -> None:
    ledger = open_ledger(url, keys=(KEY,))
    ledger.migrate()
    ledger.close()
