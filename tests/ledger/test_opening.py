"""Opening a database: the right key, the right release, the whole schema."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
import sqlite_utils

from connector.errors import ConfigurationError, StoreUnavailable
from connector.ledger import SqlLedger, migrations, open_ledger
from connector.ledger.database import NotMigrated
from connector.ledger.keys import Vault
from connector.ledger.postgres import PostgresDatabase
from connector.ledger.sqlite import SqliteDatabase
from connector.model import Account
from tests.ledger.samples import KEY, NOW, account

OTHER_KEY = "another-key-for-tests"


# --- Keys -----------------------------------------------------------------------------------------


def test_a_wrong_key_is_refused_at_once_and_named(database_url: str) -> None:
    with pytest.raises(ConfigurationError, match="HANDRAIL_SECRET_KEY"):
        open_ledger(database_url, keys=(OTHER_KEY,))


def test_a_process_that_knows_only_the_old_key_is_not_ready(database_url: str, ledger: SqlLedger) -> None:
    ledger.check()
    newer = open_ledger(database_url, keys=(OTHER_KEY, KEY))
    newer.rotate_keys()
    newer.close()
    with pytest.raises(ConfigurationError, match="HANDRAIL_SECRET_KEY"):
        ledger.check()


def test_no_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="HANDRAIL_SECRET_KEY"):
        open_ledger(str(tmp_path / "a.db"), keys=())


def test_the_first_key_writes_and_any_key_reads(database_url: str, acme: Account) -> None:
    both = open_ledger(database_url, keys=(OTHER_KEY, KEY))
    both.accounts.add(account("bravo"), now=NOW)
    assert both.accounts.get("acme") == acme
    both.close()

    reversed_keys = open_ledger(database_url, keys=(KEY, OTHER_KEY))
    found = reversed_keys.accounts.get("bravo")
    assert found is not None
    assert found.credentials == {"access_token": "canary-token-bravo"}
    reversed_keys.close()


@pytest.mark.parametrize("key", [base64.urlsafe_b64encode(bytes(range(32))).decode(), "kurz", "schlüssel mit umlaut"])
def test_any_text_is_a_key(tmp_path: Path, key: str) -> None:
    path = tmp_path / "a.db"
    first = open_ledger(str(path), keys=(key,))
    first.migrate()
    first.accounts.add(account("acme"), now=NOW)
    first.close()

    again = open_ledger(str(path), keys=(key,))
    found = again.accounts.get("acme")
    again.close()
    assert found is not None
    assert found.webhook_secrets == ("canary-secret-acme",)


def test_a_secret_moved_to_another_account_does_not_open(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    ledger.database.write(
        lambda transaction: transaction.define(
            "UPDATE accounts SET credentials = (SELECT credentials FROM accounts WHERE id = 'acme') WHERE id = 'bravo'"
        )
    )

    with pytest.raises(ConfigurationError):
        ledger.accounts.get("bravo")


# --- Releases and migrations ----------------------------------------------------------------------


def test_a_database_of_a_later_release_is_refused_with_the_remedy(database_url: str, ledger: SqlLedger) -> None:
    ledger.database.write(
        lambda transaction: transaction.run("add_schema_version", version=9999, name="from_the_future")
    )

    with pytest.raises(ConfigurationError, match=r"9999.*handrail restore"):
        open_ledger(database_url, keys=(KEY,))
    with pytest.raises(ConfigurationError, match="9999"):
        ledger.migrate()


def test_migrating_again_changes_nothing(ledger: SqlLedger, acme: Account) -> None:
    ledger.migrate()
    ledger.migrate()

    assert ledger.accounts.all() == (acme,)
    assert ledger.watch.verify_chain() is None


def test_an_empty_database_opens_and_asks_for_a_migration(tmp_path: Path) -> None:
    ledger = open_ledger(str(tmp_path / "empty.db"), keys=(KEY,))

    with pytest.raises(NotMigrated, match="handrail migrate"):
        ledger.check()
    with pytest.raises(StoreUnavailable):
        ledger.accounts.all()
    ledger.migrate()
    ledger.check()
    ledger.close()


def test_an_empty_postgres_database_asks_for_a_migration_too(empty_postgres_url: str) -> None:
    ledger = open_ledger(empty_postgres_url, keys=(KEY,))

    with pytest.raises(NotMigrated, match="handrail migrate"):
        ledger.check()
    ledger.close()


def _tables(schema: Callable[[SqlLedger], object], url: str, *, stepwise: bool) -> object:
    """The schema after a migration, at once or with a restart after every step."""
    if stepwise:
        for migration in migrations.migrations():
            ledger = _bare(url)
            migrations.migrate(ledger.database, to=migration.version)
            assert migrations.stored_version(ledger.database) == migration.version
            ledger.close()
    ledger = _bare(url)
    ledger.migrate()
    found = schema(ledger)
    ledger.close()
    return found


def _bare(url: str) -> SqlLedger:
    """A ledger over a database that is only half migrated: it has no keys yet, so it is not verified."""
    return SqlLedger(SqliteDatabase(Path(url)), Vault((KEY,)))


def test_an_sqlite_schema_built_step_by_step_equals_one_built_at_once(tmp_path: Path) -> None:
    def schema(ledger: SqlLedger) -> object:
        return sqlite_utils.Database(ledger.database.path).schema  # type: ignore[attr-defined]  # SQLite has a file

    at_once = _tables(schema, str(tmp_path / "one.db"), stepwise=False)
    stepwise = _tables(schema, str(tmp_path / "steps.db"), stepwise=True)

    assert "CREATE TABLE work" in str(at_once)
    assert stepwise == at_once


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_verdicts_from_before_the_log_keep_edition_and_get_their_place(
    engine: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = str(tmp_path / "old.db") if engine == "sqlite" else request.getfixturevalue("empty_postgres_url")
    ledger = open_ledger(url, keys=(KEY,))
    migrations.migrate(ledger.database, to=6)
    ledger.accounts.add(account("acme"), now=NOW)
    receipt = (
        "INSERT INTO receipts (account_id, id, seq, ticket_id, answers, decided_at, action, intent, template, "
        "policy_version, would_send, body_digest, previous, digest, edition) VALUES "
        "('acme', 'r{seq}', {seq}, '{ticket}', 'c', {at}, 'shadow', 'i', 't', '1', {sent}, '', '', '', '{edition}')"
    )
    verdict = (
        "INSERT INTO verdicts (account_id, ticket_id, intent, template, who, verdict, given_at, edition) VALUES "
        "('acme', '{ticket}', 'i', 't', 'ann', 'tone', {at}, '{edition}')"
    )
    statements = [
        receipt.format(seq=1, ticket="1", at=100, sent=1, edition="a"),
        receipt.format(seq=2, ticket="1", at=200, sent=1, edition="b"),
        receipt.format(seq=3, ticket="1", at=300, sent=0, edition="a"),
        receipt.format(seq=4, ticket="2", at=400, sent=1, edition=""),
        verdict.format(ticket="1", at=500, edition="a"),
        verdict.format(ticket="2", at=1, edition=""),
        verdict.format(ticket="3", at=9, edition=""),
    ]
    for statement in statements:
        ledger.database.write(lambda view, statement=statement: view.define(statement))
    migrations.migrate(ledger.database)
    found = {
        row["ticket_id"]: (row["edition"], row["verdict"], row["given_at"], row["sent_at"], row["sent_seq"])
        for row in ledger.database.read(lambda view: view.all("list_verdicts", account_id="acme", intent=None))
    }
    ledger.close()
    assert found == {
        "1": ("a", "tone", 500, 100, 1),
        "2": ("", "tone", 1, 400, 4),
        "3": ("", "tone", 9, None, 0),
    }


def test_both_engines_have_the_same_columns(tmp_path: Path, empty_postgres_url: str) -> None:
    embedded = open_ledger(str(tmp_path / "columns.db"), keys=(KEY,))
    embedded.migrate()
    embedded.close()
    fleet = open_ledger(empty_postgres_url, keys=(KEY,))
    fleet.migrate()
    fleet.close()

    file = sqlite_utils.Database(tmp_path / "columns.db")
    # The index of words is each engine's own, and SQLite keeps it in tables beside the one it shows.
    own = "document_words"
    in_file = {
        (table.name, column.name) for table in file.tables if not table.name.startswith(own) for column in table.columns
    }
    with psycopg.connect(empty_postgres_url) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
        ).fetchall()
    assert {row for row in rows if not row[0].startswith(own)} == in_file


def test_two_processes_that_start_at_once_migrate_once(empty_postgres_url: str) -> None:
    ledgers = [open_ledger(empty_postgres_url, keys=(KEY,)) for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda ledger: ledger.migrate(), ledgers))

    ledgers[0].watch.verify_chain()
    for ledger in ledgers:
        ledger.check()
        ledger.close()


def test_migrations_are_numbered_without_gaps() -> None:
    assert [migration.version for migration in migrations.migrations()] == list(
        range(1, len(migrations.migrations()) + 1)
    )


def test_an_unknown_kind_of_address_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="HANDRAIL_DATABASE_URL"):
        open_ledger("mysql://localhost/handrail", keys=(KEY,))


def test_a_server_that_is_not_there_is_unavailable_not_a_crash() -> None:
    ledger = SqlLedger(PostgresDatabase("postgresql://nobody@127.0.0.1:1/none", wait_seconds=0.2), Vault((KEY,)))
    with pytest.raises(StoreUnavailable):
        ledger.check()
    ledger.close()
