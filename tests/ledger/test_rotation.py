"""A new key takes the place of an old one while work goes on."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from connector.errors import ConfigurationError, StoreUnavailable
from connector.ledger import SqlLedger, open_ledger
from connector.ledger.accounts import SqlAccounts
from connector.ledger.database import Executor
from connector.ledger.keys import Vault
from connector.model import Account
from tests.ledger.samples import KEY, NOW, account, claimed_ticket, decided
from tests.ledger.tables import stored

NEW = "another-key-for-tests"


def sealed(url: str) -> list[str]:
    """Every encrypted value, wherever it is stored: Fernet's tokens begin with the version and half of the time."""
    return [
        value
        for rows in stored(url).values()
        for row in rows
        for value in row.values()
        if isinstance(value, str) and value.startswith("gAAAA")
    ]


def test_after_a_rotation_no_stored_secret_needs_the_old_key_and_the_chains_are_whole(
    database_url: str, ledger: SqlLedger, acme: Account
) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    ledger.accounts.add(account("gone"), now=NOW)
    ledger.accounts.remove("gone", now=NOW)
    decided(ledger, claimed_ticket(ledger, acme.id, "7"))
    assert len(sealed(database_url)) == 5, "two secrets of two accounts, and the key of the chains"

    both = open_ledger(database_url, keys=(NEW, KEY))
    assert both.rotate_keys() == 2
    assert both.rotate_keys() == 0, "nothing is left to do"
    both.close()

    newest = Vault((NEW,))
    assert [newest.is_newest(token) for token in sealed(database_url)] == [True] * 5
    with pytest.raises(ConfigurationError):
        open_ledger(database_url, keys=(KEY,))
    rotated = open_ledger(database_url, keys=(NEW,))
    assert rotated.accounts.all() == (acme, account("bravo"))
    assert rotated.watch.verify_chain() is None
    rotated.close()


def test_a_rotation_that_was_stopped_goes_on_where_it_was(
    database_url: str, ledger: SqlLedger, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    everyone = [acme, *(account(name) for name in ("bravo", "charlie"))]
    for added in everyone[1:]:
        ledger.accounts.add(added, now=NOW)
    reseal = SqlAccounts._reseal
    seen: list[str] = []

    def stopping(accounts: SqlAccounts, account_id: str) -> bool:
        seen.append(account_id)
        if len(seen) == 2:
            raise StoreUnavailable("the disk is full")
        return reseal(accounts, account_id)

    both = open_ledger(database_url, keys=(NEW, KEY))
    monkeypatch.setattr(SqlAccounts, "_reseal", stopping)
    with pytest.raises(StoreUnavailable):
        both.rotate_keys()
    monkeypatch.undo()
    assert both.accounts.all() == tuple(everyone), "both keys are set, so everything can be read"
    assert both.rotate_keys() == 2, "one was done before"
    both.close()

    rotated = open_ledger(database_url, keys=(NEW,))
    assert rotated.accounts.all() == tuple(everyone)
    rotated.close()


def test_tokens_that_are_refreshed_during_a_rotation_are_kept(empty_postgres_url: str) -> None:
    """On PostgreSQL two transactions write at the same time; on SQLite one waits for the other before it begins."""
    first = open_ledger(empty_postgres_url, keys=(NEW, KEY))
    first.migrate()
    old = open_ledger(empty_postgres_url, keys=(KEY, NEW))
    old.accounts.add(account("acme"), now=NOW)
    locked, commit = threading.Event(), threading.Event()

    def refreshed(transaction: Executor) -> None:
        fresh: Mapping[str, str] = {"access_token": "fresh"}
        token = Vault((KEY,)).seal("acme credentials", fresh)
        assert transaction.run("store_tokens", id="acme", credentials=token, tokens_version=1, now=1) == 1
        locked.set()
        assert commit.wait(30)

    with ThreadPoolExecutor(2) as pool:
        refreshing = pool.submit(old.database.write, refreshed)
        assert locked.wait(30)
        rotating = pool.submit(first.rotate_keys)
        _wait_for_a_lock(empty_postgres_url)
        commit.set()
        refreshing.result(30)
        assert rotating.result(30) == 1
    expected = dataclasses.replace(account("acme"), credentials={"access_token": "fresh"})
    assert first.accounts.get("acme") == expected
    first.close()
    old.close()


def _wait_for_a_lock(url: str) -> None:
    """Until some connection to this database waits for another one's lock."""
    with psycopg.connect(url, autocommit=True) as connection:
        while not connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        ).fetchone():
            connection.execute("SELECT pg_sleep(0.01)")
