"""Disconnected accounts, on both engines: what stops, what is kept and for how long."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from connector.errors import StoreError
from connector.ledger import SqlLedger, open_ledger
from connector.model import Account
from tests.ledger.samples import KEY, NOW, account, claim, delivery, later

MONTH = timedelta(days=30)


def leave(ledger: SqlLedger, after: timedelta = MONTH) -> None:
    ledger.leaving.leave("acme", now=NOW, erase_at=NOW + after)


def test_nothing_goes_on_and_the_name_is_free_again(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery("acme", "7"))
    leave(ledger)
    assert ledger.accounts.get("acme") is None
    assert ledger.accounts.all() == ()
    ledger.inbox.receive(delivery("acme", "8", key="late"))  # was under way
    assert claim(ledger, at=3600) is None
    assert {event.state for event in ledger.inbox.events(account_id="acme")} == {"ignored"}
    with pytest.raises(StoreError):
        leave(ledger)
    ledger.accounts.add(account("acme-2", name=acme.name), now=NOW)


def test_the_credentials_stay_until_the_access_was_given_back(ledger: SqlLedger, acme: Account) -> None:
    leave(ledger)
    (left,) = ledger.leaving.accounts()
    assert (left.credentials, left.webhook_secrets, left.base_url) == (acme.credentials, (), acme.base_url)
    ledger.leaving.end("acme")
    assert ledger.leaving.accounts() == ()
    assert ledger.leaving.claim("acme", now=later(9999), lease_seconds=60) is None
    with pytest.raises(StoreError):
        ledger.accounts.swap_token("acme", now=NOW, lease_seconds=60, refresh=lambda old: old)


def test_a_token_can_still_be_renewed_while_it_leaves(ledger: SqlLedger, acme: Account) -> None:
    leave(ledger)
    fresh = ledger.accounts.swap_token("acme", now=NOW, lease_seconds=60, refresh=lambda _: {"access_token": "new"})
    assert ledger.leaving.accounts()[0].credentials == fresh == {"access_token": "new"}


def test_what_a_refresh_brings_that_was_under_way_is_not_lost(ledger: SqlLedger, acme: Account) -> None:
    def refresh(_old: object) -> dict[str, str]:
        leave(ledger)
        return {"access_token": "new"}

    ledger.accounts.swap_token("acme", now=NOW, lease_seconds=60, refresh=refresh)
    assert ledger.leaving.accounts()[0].credentials == {"access_token": "new"}


def test_one_tries_at_a_time_and_each_try_is_counted(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    leave(ledger)
    others = [ledger, open_again()]
    with ThreadPoolExecutor(8) as pool:
        tries = pool.map(lambda n: others[n % 2].leaving.claim("acme", now=NOW, lease_seconds=60), range(8))
    (claimed,) = [found for found in tries if found]
    assert claimed[1] == 1
    assert ledger.leaving.claim("acme", now=later(59), lease_seconds=60) is None
    ledger.leaving.delay("acme", until=later(20))
    again = ledger.leaving.claim("acme", now=later(20), lease_seconds=60)
    assert again is not None
    assert again[1] == 2


def test_a_clock_that_was_set_back_puts_no_try_off(ledger: SqlLedger, acme: Account) -> None:
    leave(ledger)
    back = NOW - timedelta(days=400)
    assert ledger.leaving.claim("acme", now=back, lease_seconds=60) is not None
    (gone,) = ledger.leaving.gone(now=back)
    assert (gone.removed_at, gone.erase_at) == (back, back + MONTH)


def test_it_waits_for_its_time_and_is_erased_for_good(ledger: SqlLedger, acme: Account) -> None:
    leave(ledger)
    (gone,) = ledger.leaving.gone(now=NOW)
    assert (gone.name, gone.erase_at, gone.leaving, gone.emptied) == (acme.name, NOW + MONTH, True, False)
    ledger.leaving.end("acme")
    ledger.leaving.erase("acme", now=NOW)
    assert ledger.leaving.gone(now=NOW) == ()
    ledger.leaving.erase("acme", now=NOW)


def test_the_address_stays_for_as_long_as_the_helpdesk_must_be_asked(ledger: SqlLedger, acme: Account) -> None:
    leave(ledger)
    ledger.accounts.erase("acme", now=NOW)
    assert ledger.leaving.accounts()[0].base_url == acme.base_url
    (gone,) = ledger.leaving.gone(now=NOW)
    assert (gone.emptied, gone.leaving) == (True, True)
    ledger.leaving.end("acme")
    ledger.leaving.erase("acme", now=NOW)
    assert ledger.leaving.gone(now=NOW) == ()


def test_a_connected_account_is_never_erased(ledger: SqlLedger, acme: Account) -> None:
    with pytest.raises(StoreError):
        ledger.leaving.erase("acme", now=NOW)
    assert ledger.accounts.get("acme") == acme


def test_a_new_key_opens_what_is_kept_for_the_way_out(sqlite_path: Path) -> None:
    ledger = open_ledger(str(sqlite_path), keys=(KEY,))
    leave(ledger)
    ledger.close()
    other = "another key for these tests"
    both = open_ledger(str(sqlite_path), keys=(other, KEY))
    assert both.rotate_keys() == 1
    both.close()
    new = open_ledger(str(sqlite_path), keys=(other,))
    assert new.leaving.accounts()[0].credentials
    new.close()
