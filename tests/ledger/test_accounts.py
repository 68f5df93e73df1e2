"""Accounts: found, changed, forgotten; one refresher of tokens."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

import pytest

from connector.errors import CredentialsRejected, StoreError
from connector.ledger import SqlLedger
from connector.ledger.accounts import SqlAccounts
from connector.model import Account, AccountConfig, Stage
from tests.ledger.samples import NOW, account, delivery, later

Swap = Callable[[int], Mapping[str, str]]
Swapping = Future[Mapping[str, str]]


def test_an_account_comes_back_as_it_was_stored(ledger: SqlLedger) -> None:
    config = AccountConfig(
        company="Müller & Söhne",
        greeting={"de": "Guten Tag"},
        vip_tags=frozenset({"vip", "gold"}),
        facts={"en": {"hours": "9–17"}},
        groups={"billing": "55"},
    )
    stored = account("acme", config=config, default_owner="team", webhook_secrets=("new", "old"))
    ledger.accounts.add(stored, now=NOW)

    assert ledger.accounts.get("acme") == stored
    assert ledger.accounts.get("acme support") == stored
    assert ledger.accounts.get("acme").credentials == stored.credentials  # type: ignore[union-attr]  # asserted above


def test_an_unknown_account_is_none(ledger: SqlLedger) -> None:
    assert ledger.accounts.get("nobody") is None


def test_accounts_are_listed_by_name(ledger: SqlLedger) -> None:
    for identity, name in (("1", "zulu"), ("2", "alpha"), ("3", "mike")):
        ledger.accounts.add(account(identity, name=name), now=NOW)

    assert [found.name for found in ledger.accounts.all()] == ["alpha", "mike", "zulu"]


def test_an_id_wins_over_another_accounts_name(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("other", name="acme"), now=NOW)

    assert ledger.accounts.get("acme") == acme


@pytest.mark.parametrize("changes", [{"name": "bravo support"}, {"id": "bravo"}])
def test_a_name_or_id_is_taken_once(ledger: SqlLedger, acme: Account, changes: dict[str, str]) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)

    with pytest.raises(StoreError):
        ledger.accounts.add(account("charlie", **changes), now=NOW)

    assert len(ledger.accounts.all()) == 2


def test_update_replaces_everything_but_the_id(ledger: SqlLedger, acme: Account) -> None:
    changed = account(
        "acme", name="renamed", vendor="zendesk", stage=Stage.LIVE, credentials={"k": "v"}, webhook_secrets=()
    )
    ledger.accounts.update(changed, now=later(1))

    found = ledger.accounts.get("acme")
    assert found == changed
    assert ledger.accounts.get("acme support") is None


def test_update_does_not_take_another_accounts_name(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)

    with pytest.raises(StoreError):
        ledger.accounts.update(dataclasses.replace(acme, name="bravo support"), now=NOW)


def test_the_stage_alone_can_be_set(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.set_stage("acme", Stage.PILOT, now=NOW)

    assert ledger.accounts.get("acme") == dataclasses.replace(acme, stage=Stage.PILOT)


def test_a_removed_account_is_gone_and_its_name_free(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery("acme", "7"))

    ledger.accounts.remove("acme", now=NOW)

    assert ledger.accounts.get("acme") is None
    assert ledger.accounts.all() == ()
    assert len(ledger.inbox.events(account_id="acme")) == 1, "its history stays until it is erased"
    ledger.accounts.add(account("successor", name="acme support"), now=NOW)


def test_what_is_not_there_cannot_be_changed(ledger: SqlLedger) -> None:
    with pytest.raises(StoreError):
        ledger.accounts.update(account("nobody"), now=NOW)
    with pytest.raises(StoreError):
        ledger.accounts.remove("nobody", now=NOW)
    with pytest.raises(StoreError):
        ledger.accounts.set_stage("nobody", Stage.LIVE, now=NOW)
    with pytest.raises(StoreError):
        ledger.accounts.swap_token("nobody", now=NOW, lease_seconds=1, refresh=dict)


# --- Tokens ---------------------------------------------------------------------------------------


def test_refreshed_tokens_are_stored_when_they_are_returned(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    seen: list[Mapping[str, str]] = []

    def refresh(old: Mapping[str, str]) -> Mapping[str, str]:
        seen.append(old)
        return {"access_token": "second", "refresh_token": "r2"}

    result = ledger.accounts.swap_token("acme", now=NOW, lease_seconds=30, refresh=refresh)

    assert seen == [acme.credentials]
    assert result == {"access_token": "second", "refresh_token": "r2"}
    stored = open_again().accounts.get("acme")
    assert stored is not None
    assert stored.credentials == result
    assert stored.webhook_secrets == acme.webhook_secrets


def test_many_callers_in_threads_and_processes_lead_to_one_refresh(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    """All callers are waiting while the first one refreshes: a vendor revokes what is refreshed twice."""
    ledgers = [ledger, open_again(), open_again()]
    inside = threading.Event()
    release = threading.Event()
    refreshes: list[str] = []

    def refresh(old: Mapping[str, str]) -> Mapping[str, str]:
        refreshes.append(old["access_token"])
        inside.set()
        assert release.wait(30)
        return {"access_token": f"after {old['access_token']}"}

    def swap(number: int) -> Mapping[str, str]:
        return ledgers[number % 3].accounts.swap_token("acme", now=NOW, lease_seconds=60, refresh=refresh)

    with ThreadPoolExecutor(9) as pool:
        first = pool.submit(swap, 0)
        assert inside.wait(30)
        rest = [_waiting(pool, ledgers, swap, number) for number in range(1, 9)]
        release.set()
        results = {tuple(future.result(30).items()) for future in (first, *rest)}

    assert refreshes == ["canary-token-acme"]
    assert results == {(("access_token", "after canary-token-acme"),)}


def _waiting(pool: ThreadPoolExecutor, ledgers: list[SqlLedger], swap: Swap, number: int) -> Swapping:
    """A submitted swap that has read the old credentials and found the lease taken."""
    accounts = ledgers[number % 3].accounts
    assert isinstance(accounts, SqlAccounts)
    looked = threading.Event()
    take_lease = accounts._take_lease

    def noticed(account_id: str, holder: str, now: datetime, until: datetime) -> bool:
        taken = take_lease(account_id, holder, now, until)
        looked.set()
        return taken

    accounts._take_lease = noticed  # type: ignore[method-assign]  # watches one call, then is taken away
    future = pool.submit(swap, number)
    assert looked.wait(30)
    accounts._take_lease = take_lease  # type: ignore[method-assign]  # as it was
    return future


def test_a_failed_refresh_leaves_the_old_tokens_and_lets_the_next_one_try(ledger: SqlLedger, acme: Account) -> None:
    def refuse(_old: Mapping[str, str]) -> Mapping[str, str]:
        raise CredentialsRejected("the refresh token is no longer valid")

    with pytest.raises(CredentialsRejected):
        ledger.accounts.swap_token("acme", now=NOW, lease_seconds=600, refresh=refuse)

    assert ledger.accounts.get("acme").credentials == acme.credentials  # type: ignore[union-attr]  # it is there
    assert ledger.accounts.swap_token(
        "acme", now=NOW, lease_seconds=600, refresh=lambda _old: {"access_token": "new"}
    ) == {"access_token": "new"}


def test_the_lease_of_a_refresher_that_died_runs_out(ledger: SqlLedger, acme: Account) -> None:
    ledger.database.write(  # as a process leaves it that dies inside `refresh`
        lambda transaction: transaction.all(
            "take_token_lease", account_id="acme", holder="dead", now=0, lease_until=1, longest=1
        )
    )

    swapped = ledger.accounts.swap_token("acme", now=NOW, lease_seconds=60, refresh=lambda _old: {"a": "b"})

    assert swapped == {"a": "b"}


def test_tokens_entered_by_hand_win_over_a_refresh_that_is_under_way(ledger: SqlLedger, acme: Account) -> None:
    def refresh(_old: Mapping[str, str]) -> Mapping[str, str]:
        ledger.accounts.update(dataclasses.replace(acme, credentials={"access_token": "by hand"}), now=NOW)
        return {"access_token": "refreshed"}

    result = ledger.accounts.swap_token("acme", now=NOW, lease_seconds=60, refresh=refresh)

    assert result == {"access_token": "by hand"}
