"""Disconnecting an account from its helpdesk, against the sandbox over real sockets."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import requests

from connector import disconnecting
from connector.disconnecting import MOST_TRIES, SOON_SECONDS, Disconnected, Withdrawal
from connector.model import Account
from connector.ports import CheckState
from connector.records import APP_INSTALLED, APP_REMOVED, LEFT_BEHIND
from connector.sidebar.installing import tell_of_app
from tests.web.connecting_world import World


def connected(world: World) -> Account:
    world.connect()
    (account,) = world.accounts
    return account


def leave(world: World, account: Account, *, days: int = 30) -> Disconnected:
    object.__setattr__(world.app, "settings", replace(world.app.settings, retention_days=days))
    return disconnecting.disconnect(world.app, account, by="test")


def works(world: World, account: Account) -> bool:
    header = {"Authorization": f"Bearer {account.credentials['access_token']}"}
    answer = requests.get(f"{world.sandbox.zendesk.url}/api/v2/users/me.json", headers=header, timeout=10)
    return answer.status_code == 200


def chore(world: World) -> Withdrawal:
    return disconnecting.withdrawal(world.app)


def beat(world: World, *, seconds: float = 0) -> int:
    """What a worker does, so much later."""
    world.moved += timedelta(seconds=seconds)
    return sum(chore(world).tend(account, world.now()) for account in chore(world).accounts())


def test_nothing_of_ours_is_left(world: World) -> None:
    account = connected(world)
    done = leave(world, account)
    assert [(check.name, check.state) for check in done.checks] == [
        ("triggers", CheckState.PASS),
        ("webhook", CheckState.PASS),
        ("token", CheckState.PASS),
    ]
    assert (world.accounts, world.sandbox.zendesk.account.webhooks, done.pending) == ((), {}, False)
    assert not works(world, account)
    assert chore(world).accounts() == ()
    assert abs(done.erase_at - world.now() - timedelta(days=30)) < timedelta(minutes=1)
    assert {entry.verb for entry in world.app.ledger.watch.audit(account.id)} >= {"account disconnect", "account leave"}


def test_a_helpdesk_that_is_down_is_tried_again_within_a_minute(world: World) -> None:
    account = connected(world)
    world.sandbox.faults.add("status", vendor="zendesk", times=0, status=503)
    done = leave(world, account)
    assert done.pending
    assert world.accounts == ()
    assert beat(world) == 0, "not at once"
    assert beat(world, seconds=SOON_SECONDS) == 1
    world.sandbox.faults.clear()
    for _ in range(6):  # the helpdesk counts as down for a while: it is asked again once the breaker lets us
        beat(world, seconds=SOON_SECONDS)
    assert chore(world).accounts() == ()
    assert not works(world, account)
    assert world.sandbox.zendesk.account.webhooks == {}
    assert world.app.ledger.watch.alarms(account.id) == ()


def test_a_token_that_has_expired_meanwhile_is_renewed_to_be_given_back(world: World) -> None:
    account = connected(world)
    world.sandbox.faults.add("status", vendor="zendesk", times=0, status=503)
    leave(world, account)
    world.sandbox.faults.clear()
    world.sandbox.advance(7_300)
    world.moved += timedelta(seconds=7_300)
    for _ in range(6):
        beat(world, seconds=SOON_SECONDS)
    assert chore(world).accounts() == ()
    calls = [(call.method, call.status, call.path) for call in world.sandbox.journal.calls()]
    assert ("DELETE", 204) in {(method, status) for method, status, path in calls if "oauth/tokens/current" in path}
    assert world.sandbox.zendesk.account.webhooks == {}


def test_what_is_refused_is_named_and_keeps_nobody(world: World) -> None:
    account = connected(world)
    world.sandbox.faults.add("status", vendor="zendesk", times=0, status=403)
    done = leave(world, account)
    assert {check.state for check in done.checks} == {CheckState.FAIL}
    assert all("Admin Center" in check.fix for check in done.checks)
    assert (done.pending, world.accounts, chore(world).accounts()) == (False, (), ())


def test_access_that_was_taken_back_before_needs_no_giving_back(world: World) -> None:
    account = connected(world)
    requests.delete(
        f"{world.sandbox.zendesk.url}/api/v2/oauth/tokens/current.json",
        headers={"Authorization": f"Bearer {account.credentials['access_token']}"},
        timeout=10,
    ).raise_for_status()
    states = {check.name: check.state for check in leave(world, account).checks}
    assert states == {"triggers": CheckState.FAIL, "webhook": CheckState.FAIL, "token": CheckState.PASS}


def test_a_worker_that_gives_up_says_what_is_left(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disconnecting, "MOST_TRIES", 2)
    account = connected(world)
    world.sandbox.faults.add("status", vendor="zendesk", times=0, status=503)
    leave(world, account)
    beat(world, seconds=SOON_SECONDS)
    (alarm,) = world.app.ledger.watch.alarms(account.id)
    assert alarm.kind == LEFT_BEHIND
    assert "Admin Center" in alarm.detail
    assert chore(world).accounts() == (), "the credentials are forgotten"
    assert MOST_TRIES * 300 > 80_000


def test_a_webhook_that_another_account_has_by_now_stays(world: World) -> None:
    first = connected(world)
    world.sandbox.faults.add("status", vendor="zendesk", times=0, status=503)
    leave(world, first)
    world.sandbox.faults.clear()
    world.moved += timedelta(minutes=5)
    again = connected(world)
    assert again.id != first.id
    for _ in range(6):
        beat(world, seconds=SOON_SECONDS)
    assert chore(world).accounts() == ()
    assert len(world.sandbox.zendesk.account.webhooks) == 1
    assert (works(world, first), works(world, again)) == (False, True)


def test_without_retention_the_history_goes_at_once(world: World) -> None:
    account = connected(world)
    leave(world, account, days=0)
    assert world.app.ledger.leaving.gone(now=world.now()) == ()
    assert all(not entry.detail for entry in world.app.ledger.watch.audit(account.id))


def test_the_app_that_freshdesk_says_was_uninstalled_is_told_until_it_is_back(world: World) -> None:
    account = connected(world)
    tell_of_app(world.app.ledger, account, there=False, now=world.now())
    tell_of_app(world.app.ledger, account, there=False, now=world.now())
    (alarm,) = world.app.ledger.watch.alarms(account.id)
    assert (alarm.kind, "account disconnect" in alarm.detail) == (APP_REMOVED, True)
    world.app.worker().reconciler.step(world.now())
    assert len(world.app.ledger.watch.alarms(account.id)) == 1, "that the credentials work says nothing of the app"
    tell_of_app(world.app.ledger, account, there=True, now=world.now())
    assert world.app.ledger.watch.alarms(account.id) == ()
    assert APP_INSTALLED != APP_REMOVED
