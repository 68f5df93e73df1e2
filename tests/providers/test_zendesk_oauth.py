import json
import threading
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses

from connector.errors import (
    ConfigurationError,
    CredentialsRejected,
    ProviderThrottled,
    ProviderUnavailable,
)
from providers._http import Http
from providers.zendesk import oauth
from providers.zendesk.client import Client
from providers.zendesk.provider import Zendesk
from providers.zendesk.tickets import index, to_ticket
from tests.providers.desk import NOW, MemoryAccounts, account, clock, load, note

BASE = "https://nordlicht.zendesk.com"
ME = f"{BASE}/api/v2/users/7001.json"
CLIENT = {"kind": "client_credentials", "client_id": "handrail", "client_secret": "s3cret"}


class Desk:
    """A Zendesk provider over OAuth, with a clock to move."""

    def __init__(self, credentials, *, stored=True):
        self.now = NOW
        self.account = account("zendesk", credentials=credentials)
        self.accounts = MemoryAccounts(*([self.account] if stored else []))
        self.http = Http("Zendesk", clock=lambda: self.now)
        tokens = oauth.Tokens(self.http, self.accounts, lambda: self.now)
        self.client = Client(self.http, tokens, allow_loopback=False)
        self.provider = Zendesk(self.http, self.client, clock)

    def call(self):
        return self.client.user(self.account, "7001")


@pytest.fixture
def api():
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        mock.get(ME, json={"user": {"id": 7001}})
        yield mock


def grant(token, **more):
    return {"access_token": token, "token_type": "bearer", "expires_in": 1000, **more}


def used(api):
    return [call.request.headers["Authorization"] for call in api.calls if call.request.url == ME]


def asked(api):
    return [json.loads(call.request.body) for call in api.calls if call.request.url.endswith("/oauth/tokens")]


def test_a_missing_token_is_asked_for_and_stored_before_use(api):
    desk = Desk(CLIENT)
    api.post(f"{BASE}/oauth/tokens", json=grant("t1"), status=201)
    desk.call()
    desk.call()
    assert used(api) == ["Bearer t1", "Bearer t1"]
    assert asked(api) == [
        {
            "client_id": "handrail",
            "client_secret": "s3cret",
            "expires_in": 7200,
            "grant_type": "client_credentials",
            "scope": "read tickets:write webhooks:write triggers:write",
        }
    ]
    stored = desk.accounts.stored[desk.account.id].credentials
    assert stored["access_token"] == "t1"
    assert float(stored["renew_at"]) == NOW.timestamp() + 800
    assert stored["client_secret"] == "s3cret"


def test_a_token_is_renewed_at_four_fifths_of_its_life(api):
    desk = Desk(CLIENT)
    api.post(f"{BASE}/oauth/tokens", json=grant("t1"))
    desk.call()
    desk.now += timedelta(seconds=799)
    desk.call()
    api.replace("POST", f"{BASE}/oauth/tokens", json=grant("t2"))
    desk.now += timedelta(seconds=1)
    desk.call()
    assert used(api) == ["Bearer t1", "Bearer t1", "Bearer t2"]


def test_a_token_without_an_end_is_kept(api):
    desk = Desk(CLIENT)
    api.post(f"{BASE}/oauth/tokens", json=grant("t1") | {"expires_in": None})
    desk.call()
    desk.now += timedelta(days=400)
    desk.call()
    assert used(api) == ["Bearer t1", "Bearer t1"]


def test_refresh_rotates_both_tokens(api):
    desk = Desk({**CLIENT, "kind": "refresh", "refresh_token": "r1"})
    api.post(f"{BASE}/oauth/tokens", json=grant("t1", refresh_token="r2"))
    desk.call()
    assert asked(api)[0]["refresh_token"] == "r1"
    assert asked(api)[0]["grant_type"] == "refresh_token"
    assert desk.accounts.stored[desk.account.id].credentials["refresh_token"] == "r2"


def test_a_refused_token_is_replaced_once_and_the_write_repeated_with_it(api):
    desk = Desk({**CLIENT, "access_token": "old", "issued_at": "1", "expires_at": ""})
    users = index(load("zendesk", "tickets", "full_thread", "users.json"))
    raw = load("zendesk", "tickets", "full_thread", "ticket.json")
    ticket = to_ticket(desk.account, raw, [], users, read_at=NOW)
    url = f"{BASE}/api/v2/tickets/5158.json"
    api.put(url, status=401, json={"error": "invalid_token"})
    api.put(url, json={"audit": {"id": 1, "created_at": "2026-11-20T09:00:00Z", "events": []}})
    api.post(f"{BASE}/oauth/tokens", json=grant("new"))
    permits = []
    desk.provider.write(desk.account, ticket, note(ticket), permit=lambda: permits.append(1))
    assert [call.request.headers["Authorization"] for call in api.calls if call.request.method == "PUT"] == [
        "Bearer old",
        "Bearer new",
    ]
    assert permits == [1, 1]


def test_a_second_refusal_is_the_end(api):
    desk = Desk({**CLIENT, "access_token": "old"})
    api.replace("GET", ME, status=401)
    api.post(f"{BASE}/oauth/tokens", json=grant("new"))
    with pytest.raises(CredentialsRejected):
        desk.call()
    assert used(api) == ["Bearer old", "Bearer new"]


def test_another_workers_token_is_taken_and_not_renewed_again(api):
    desk = Desk({**CLIENT, "access_token": "old"})
    theirs = {**CLIENT, "access_token": "theirs", "issued_at": "2", "renew_at": str(NOW.timestamp() + 600)}
    desk.accounts.stored[desk.account.id] = replace(desk.account, credentials=theirs)
    api.replace("GET", ME, status=401)
    api.get(ME, json={"user": {"id": 7001}})
    desk.call()
    assert used(api) == ["Bearer old", "Bearer theirs"]
    assert asked(api) == []


def test_threads_share_one_refresh(api):
    desk = Desk(CLIENT)
    api.post(f"{BASE}/oauth/tokens", json=grant("t1"))
    threads = [threading.Thread(target=desk.call) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(asked(api)) == 1
    assert set(used(api)) == {"Bearer t1"}


def test_an_account_that_is_only_looked_at_needs_no_store(api):
    desk = Desk(CLIENT, stored=False)
    api.post(f"{BASE}/oauth/tokens", json=grant("t1"))
    desk.call()
    desk.call()
    assert desk.accounts.swaps == 0
    assert len(asked(api)) == 1


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 400, "json": {"error": "invalid_grant"}}, CredentialsRejected),
        ({"status": 401, "json": {"error": "invalid_client"}}, CredentialsRejected),
        ({"status": 429}, ProviderThrottled),
        ({"status": 500}, ProviderUnavailable),
        ({"status": 200, "body": "<html>"}, ProviderUnavailable),
        ({"status": 200, "json": {"token_type": "bearer"}}, ProviderUnavailable),
        ({"body": requests.exceptions.ReadTimeout()}, ProviderUnavailable),
    ],
)
def test_a_token_that_does_not_come(api, answer, kind):
    desk = Desk({**CLIENT, "kind": "refresh", "refresh_token": "r1"})
    before = desk.accounts.stored[desk.account.id]
    api.post(f"{BASE}/oauth/tokens", **answer)
    with pytest.raises(kind) as caught:
        desk.call()
    assert desk.accounts.stored[desk.account.id] == before
    assert "s3cret" not in str(caught.value)
    assert len(asked(api)) == 1


@pytest.mark.parametrize("credentials", [{}, {"kind": "password"}])
def test_unknown_credentials_are_told_in_words(api, credentials):
    with pytest.raises(ConfigurationError, match="account add"):
        Desk(credentials).call()


def test_an_api_token_goes_as_basic(api):
    desk = Desk({"kind": "api_token", "email": "bot@nordlicht.example", "api_token": "abc"})
    desk.call()
    assert used(api) == ["Basic Ym90QG5vcmRsaWNodC5leGFtcGxlL3Rva2VuOmFiYw=="]
    api.replace("GET", ME, status=401)
    with pytest.raises(CredentialsRejected):
        desk.call()


def test_the_authorization_address_carries_pkce_and_state():
    url = oauth.authorization_url(
        BASE, client_id="zdg-handrail", redirect_uri="https://handrail.example/cb", state="st", verifier="v" * 43
    )
    parts = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{BASE}/oauth/authorizations/new?")
    assert parts["state"] == ["st"]
    assert parts["code_challenge_method"] == ["S256"]
    assert "v" * 43 not in url
    assert "=" not in parts["code_challenge"][0]


def test_a_code_becomes_credentials(api):
    http = Http("Zendesk", clock=clock)
    api.post(f"{BASE}/oauth/tokens", json=grant("t1", refresh_token="r1"))
    ends = {"redirect_uri": "https://handrail.example/cb", "code": "c", "verifier": "v", "now": NOW}
    stored = oauth.exchange_code(http, BASE, client_id="zdg-handrail", client_secret="s3cret", **ends)
    assert (stored["kind"], stored["access_token"], stored["refresh_token"]) == ("refresh", "t1", "r1")
    assert stored["client_secret"] == "s3cret"
    assert all(isinstance(value, str) for value in stored.values())
    assert asked(api)[0]["code_verifier"] == "v"
