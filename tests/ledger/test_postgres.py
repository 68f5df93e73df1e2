"""What only PostgreSQL does: a server that goes away and comes back."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql

from connector.errors import StoreUnavailable
from connector.ledger import SqlLedger, open_ledger
from connector.ledger.database import Executor
from connector.ledger.keys import Vault
from connector.ledger.postgres import PostgresDatabase
from tests.ledger.samples import KEY, NOW, account, claimed, delivery
from tests.long.processes import wait_for
from tests.real_parts.postgres import PostgresServer, running_postgres


@pytest.fixture(scope="module")
def mortal_server() -> Iterator[PostgresServer]:
    """A server of this module's own: it is killed here."""
    with running_postgres() as server:
        yield server


@pytest.fixture
def fleet(mortal_server: PostgresServer) -> Iterator[SqlLedger]:
    with psycopg.connect(mortal_server.url(), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    ledger = SqlLedger(PostgresDatabase(mortal_server.url(), wait_seconds=1), Vault((KEY,)))
    ledger.migrate()
    ledger.accounts.add(account("acme"), now=NOW)
    yield ledger
    ledger.close()


def usable(ledger: SqlLedger) -> bool:
    try:
        ledger.check()
    except StoreUnavailable:
        return False
    return True


def test_a_server_that_crashed_is_unavailable_and_what_was_stored_is_there_afterwards(
    fleet: SqlLedger, mortal_server: PostgresServer
) -> None:
    stored = fleet.inbox.receive(delivery("acme", "7"))

    mortal_server.crash()
    for verb in (lambda: fleet.inbox.receive(delivery("acme", "8")), fleet.inbox.events, fleet.check):
        with pytest.raises(StoreUnavailable):
            verb()
    mortal_server.start()
    wait_for(lambda: usable(fleet), seconds=60, what="a connection")  # the pool asks again ever later

    assert [event.id for event in fleet.inbox.events()] == [stored.event_id]
    assert claimed(fleet).ticket_id == "7"


def test_a_connection_cut_in_the_middle_of_a_unit_stores_nothing(
    fleet: SqlLedger, mortal_server: PostgresServer
) -> None:
    def cut(transaction: Executor) -> None:
        transaction.run("move_cursor", account_id="acme", name="updates", position="1", now=1)
        with psycopg.connect(mortal_server.url(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE state = 'idle in transaction'")
        transaction.run("move_cursor", account_id="acme", name="updates", position="2", now=2)

    with pytest.raises(StoreUnavailable):
        fleet.database.write(cut)

    assert fleet.watch.cursor("acme", "updates") == (None, None)


def test_our_settings_hold_whatever_the_servers_defaults_are(mortal_server: PostgresServer) -> None:
    """Commits are synced, and no statement is compiled for a tenth of a second when the backlog is large."""

    def ask(transaction: Executor, setting: str) -> object:
        (row,) = transaction._run(f"SHOW {setting}", None).fetchall()
        return row[setting]

    wanted = {"synchronous_commit": "on", "jit": "off"}
    defaults = {"synchronous_commit": "off", "jit": "on"}
    with psycopg.connect(mortal_server.url(), autocommit=True) as connection:
        for setting, value in defaults.items():
            connection.execute(sql.SQL("ALTER ROLE postgres SET {} = {}").format(sql.Identifier(setting), value))
        database = PostgresDatabase(mortal_server.url())
        found = database.write(lambda transaction: {setting: ask(transaction, setting) for setting in wanted})
        database.close()
        connection.execute("ALTER ROLE postgres RESET ALL")

    assert found == wanted


def test_messages_name_constraints_but_no_values(empty_postgres_url: str) -> None:
    ledger = open_ledger(empty_postgres_url, keys=(KEY,))
    ledger.migrate()
    ledger.accounts.add(account("acme"), now=NOW)

    def insert_twice(transaction: Executor) -> None:
        transaction.run("insert_turn", account_id="acme")

    with pytest.raises(Exception, match="turns_pkey") as caught:
        ledger.database.write(insert_twice)
    ledger.close()
    assert "acme" not in str(caught.value)
