"""Two workers find the same token expired: one refresh, and the pair it brought is the one that is kept.

A refresh at Zendesk kills the old pair at once: a second one with the old refresh token is refused, and a pair that was
not stored means that an admin must connect the account again. Real sockets; each worker has a ledger and a provider of
its own, as another process has.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests

import providers
from connector.connecting import Connects
from connector.errors import AccessWithdrawn
from connector.ledger import SqlLedger, open_ledger
from connector.model import Account, AccountConfig, Stage
from connector.ports import CheckState, OAuthClient, Provider
from connector.sandbox import Sandbox
from tests.real_parts.postgres import running_postgres

KEY = "a key for the race of two workers"
BACK = "https://handrail.acme.example/oauth/zendesk/callback"
WORKERS = 2
THREADS = 6
ROUNDS = 3


@dataclass
class Clock:
    """Ours; the sandbox has its own."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


@dataclass
class Worker:
    """What one process has."""

    ledger: SqlLedger
    provider: Provider

    def asks(self) -> set[CheckState]:
        """Calls that need a token, as each of its threads makes them."""
        (account,) = self.ledger.accounts.all()
        return {check.state for check in self.provider.inspect(account).checks}


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'handrail.db'}"
    else:
        with running_postgres() as server:
            yield server.url()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        sandbox.helpdesk("zendesk").change_settings({"calls_per_minute": 1_000_000})
        yield sandbox


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workers(url: str, sandbox: Sandbox, clock: Clock) -> Iterator[list[Worker]]:
    made = []
    for _ in range(WORKERS):
        ledger = open_ledger(url, keys=(KEY,))
        ledger.migrate()
        provider = providers.build("zendesk", accounts=ledger.accounts, clock=clock, allow_loopback=True)
        made.append(Worker(ledger=ledger, provider=provider))
    made[0].ledger.accounts.add(connected(sandbox, made[0].provider), now=clock())
    yield made
    for worker in made:
        worker.provider.close()
        worker.ledger.close()


def connected(sandbox: Sandbox, provider: Provider) -> Account:
    """An account whose admin has said yes."""
    known = sandbox.credentials["zendesk"]
    client = OAuthClient(id=known["client_id"], secret=known["client_secret"], redirect_uri=BACK)
    assert isinstance(provider, Connects)
    verifier = "v" * 43
    consent = provider.consent_url(sandbox.zendesk.url, client, state="s" * 43, verifier=verifier)
    answer = requests.post(consent, data={"decision": "allow"}, allow_redirects=False, timeout=10)
    code = answer.headers["Location"].partition("code=")[2].partition("&")[0]
    return Account(
        id="acme",
        name="acme",
        vendor="zendesk",
        base_url=sandbox.zendesk.url,
        stage=Stage.SHADOW,
        bot_user_id=str(known["bot_user_id"]),
        config=AccountConfig(company="Acme"),
        credentials=provider.exchange(sandbox.zendesk.url, client, code=code, verifier=verifier),
    )


def refreshes(sandbox: Sandbox) -> list[int]:
    """The answers to every request for a token."""
    return [call.status for call in sandbox.journal.calls() if call.path == "/oauth/tokens"]


def all_at_once(workers: list[Worker], ask: Callable[[Worker], set[CheckState]]) -> list[set[CheckState]]:
    start = threading.Barrier(WORKERS * THREADS)

    def run(number: int) -> set[CheckState]:
        start.wait(30)
        return ask(workers[number % WORKERS])

    with ThreadPoolExecutor(WORKERS * THREADS) as pool:
        return list(pool.map(run, range(WORKERS * THREADS)))


def test_an_expired_token_is_renewed_once_for_all_workers(
    workers: list[Worker], sandbox: Sandbox, clock: Clock
) -> None:
    for number in range(1, ROUNDS + 1):
        before = workers[0].ledger.accounts.all()[0].credentials["refresh_token"]
        seconds = 7_300
        sandbox.advance(seconds)
        clock.ahead += timedelta(seconds=seconds)
        found = all_at_once(workers, Worker.asks)
        assert all(CheckState.FAIL not in states for states in found), found
        assert refreshes(sandbox) == [201] * (number + 1), "one for the consent, one for each time it expired"
        assert workers[0].ledger.accounts.all()[0].credentials["refresh_token"] != before


def test_a_token_that_is_refused_is_renewed_once_for_all_workers(workers: list[Worker], sandbox: Sandbox) -> None:
    sandbox.advance(7_300)  # by our clock it is still good: all workers come with it, and are answered 401
    found = all_at_once(workers, Worker.asks)
    assert all(CheckState.FAIL not in states for states in found), found
    assert refreshes(sandbox) == [201, 201]
    kept = workers[1].ledger.accounts.all()[0].credentials["access_token"]
    header = {"Authorization": f"Bearer {kept}"}
    assert requests.get(f"{sandbox.zendesk.url}/api/v2/users/me.json", headers=header, timeout=10).status_code == 200


def test_access_that_was_taken_back_is_told_from_a_race(workers: list[Worker], sandbox: Sandbox) -> None:
    (account,) = workers[0].ledger.accounts.all()
    header = {"Authorization": f"Bearer {account.credentials['access_token']}"}
    requests.delete(f"{sandbox.zendesk.url}/api/v2/oauth/tokens/current.json", headers=header, timeout=10)
    for worker in workers:
        with pytest.raises(AccessWithdrawn):
            worker.provider.updates(account, None, now=datetime.now(UTC))
