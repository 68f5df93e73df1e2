"""Nobody gets a page or a card who cannot prove whose they are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from flask.testing import FlaskClient

from connector import web
from connector.app import App, build
from connector.settings import Settings
from connector.sidebar.claims import Claim, Level
from connector.web import tokens
from tests.web.conftest import NOW, account
from tests.web.sidebar_world import AUDIENCE, ORIGIN, KeyPair, claims, decided, signed

KEYS, OTHER = KeyPair.make(), KeyPair.make()
PAGE = "/apps/zendesk/sidebar"


class Hand:
    """A clock by hand."""

    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def app(tmp_path: Path, clock: Hand) -> Iterator[App]:
    app = build(Settings(home=tmp_path, zendesk_app_key=KEYS.public), clock=clock)
    for vendor in ("zendesk", "freshdesk"):
        app.ledger.accounts.add(account(vendor), now=NOW)
    other = replace(account("zendesk"), id="other-id", name="other", base_url="https://other.zendesk.com")
    app.ledger.accounts.add(other, now=NOW)
    yield app
    app.close()


@pytest.fixture
def client(app: App) -> FlaskClient:
    return web.create_app(app).test_client()


def load(client: FlaskClient, token: str, *, origin: str = ORIGIN):
    return client.post(f"{PAGE}?origin={origin}&app_guid=g&colorScheme=dark", data={"token": token})


def token_of(answer: Any) -> str:
    found = re.search(r'data-token="([^"]+)"', answer.get_data(as_text=True))
    assert found
    return found[1]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_the_first_card_of_a_process_waits_for_nothing_that_the_second_does_not(app: App) -> None:
    web.create_app(app)
    assert {"providers", "catalogue", "words"} <= vars(app).keys()


def test_a_signed_load_opens_a_page_that_only_its_helpdesk_frames(client: FlaskClient, app: App) -> None:
    answer = load(client, signed(KEYS))
    assert answer.status_code == 200
    policy = answer.headers["Content-Security-Policy"]
    assert f"frame-ancestors {ORIGIN}" in policy.split("; ")
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "X-Frame-Options" not in answer.headers
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"
    assert 'data-scheme="dark"' in answer.get_data(as_text=True)
    said = tokens.read(app.ledger.sidebar.page_key(), token_of(answer), now=NOW)
    assert said.claim == Claim(vendor="zendesk", account_id="zendesk-id", agent="31", level=Level.AGENT)


@pytest.mark.parametrize("issuer", ["acme.zendesk.com", "https://acme.zendesk.com", "https://ACME.zendesk.com/"])
def test_the_issuer_comes_with_and_without_its_scheme(client: FlaskClient, issuer: str) -> None:
    assert load(client, signed(KEYS, iss=issuer)).status_code == 200


def _hs256(secret: str) -> str:
    """What a library that takes the algorithm from the token would let through."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    signing = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(claims())}"
    digest = hmac.new(secret.encode(), signing.encode(), hashlib.sha256).digest()
    return f"{signing}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"


def _none() -> str:
    return jwt.encode(claims(), None, algorithm="none")


def _tampered(token: str, **other: Any) -> str:
    head, _, signature = token.split(".")
    told = base64.urlsafe_b64encode(json.dumps(claims(**other)).encode()).decode().rstrip("=")
    return f"{head}.{told}.{signature}"


def _stamp(seconds: float) -> int:
    return int((NOW + timedelta(seconds=seconds)).timestamp())


FORGED: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no token at all": lambda: "abc",
    "three empty parts": lambda: "..",
    "very long": lambda: "a" * 20_000,
    "not ascii": lambda: "ä.ö.ü",
    "deeply nested": lambda: "e30." + base64.urlsafe_b64encode(b"[" * 4000).decode() + ".e30",
    "signed by another key": lambda: signed(OTHER),
    "HS256 with the public key": lambda: _hs256(KEYS.public),
    "HS256 with the public key and a line break": lambda: _hs256(KEYS.public + "\n"),
    "HS256 with nothing": lambda: _hs256(""),
    "alg none": _none,
    "alg None with a good signature of another": lambda: _none() + signed(KEYS).rpartition(".")[2],
    "RS512": lambda: jwt.encode(claims(), KEYS.private, algorithm="RS512"),
    "PS256": lambda: jwt.encode(claims(), KEYS.private, algorithm="PS256"),
    "other agent written in": lambda: _tampered(signed(KEYS), sub=f"{ORIGIN}/api/v2/users/1.json"),
    "later expiry written in": lambda: _tampered(signed(KEYS), exp=_stamp(3000)),
    "cut signature": lambda: signed(KEYS)[:-8],
    "no signature": lambda: signed(KEYS).rpartition(".")[0] + ".",
    "expired": lambda: signed(KEYS, iat=_stamp(-600), exp=_stamp(-60)),
    "expired long ago": lambda: signed(KEYS, NOW - timedelta(days=1)),
    "from the future": lambda: signed(KEYS, iat=_stamp(120), exp=_stamp(400)),
    "not yet valid": lambda: signed(KEYS, nbf=_stamp(120)),
    "lives for a year": lambda: signed(KEYS, exp=_stamp(365 * 86_400)),
    "expires before it was made": lambda: signed(KEYS, iat=_stamp(20), exp=_stamp(10)),
    "no expiry": lambda: signed(KEYS, exp=None),
    "no time of issue": lambda: signed(KEYS, iat=None),
    "no audience": lambda: signed(KEYS, aud=None),
    "no issuer": lambda: signed(KEYS, iss=None),
    "no agent": lambda: signed(KEYS, sub=None),
    "an agent that is none": lambda: signed(KEYS, sub="admin"),
    "an agent of another account": lambda: signed(KEYS, sub="https://other.zendesk.com/api/v2/users/31.json"),
    "expiry as text": lambda: signed(KEYS, exp="tomorrow"),
    "expiry without end": lambda: signed(KEYS, exp=10**30),
    "audience of another account": lambda: signed(
        KEYS, aud="https://other.zendesk.com/api/v2/apps/installations/77.json"
    ),
    "audience with more behind it": lambda: signed(KEYS, aud=AUDIENCE + "/../78.json"),
    "audience without an installation": lambda: signed(KEYS, aud=ORIGIN),
    "many audiences": lambda: signed(KEYS, aud=[AUDIENCE, "https://other.zendesk.com"]),
    "issuer of another account of ours": lambda: signed(KEYS, iss="other.zendesk.com"),
    "issuer nobody knows": lambda: signed(KEYS, iss="evil.example"),
    "issuer that only begins like ours": lambda: signed(KEYS, iss="acme.zendesk.com.evil.example"),
    "issuer that is no text": lambda: signed_raw(iss=["acme.zendesk.com"]),
}


def signed_raw(**other: Any) -> str:
    """Signed without the library's own checks on what it signs."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    signing = f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims(**other))}"
    signer = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    signature = signer.sign(signing.encode(), signer.prepare_key(KEYS.private))
    return f"{signing}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


@pytest.mark.parametrize("how", FORGED)
def test_a_load_that_is_not_proved_opens_nothing(client: FlaskClient, how: str) -> None:
    answer = load(client, FORGED[how]())
    assert answer.status_code == 403
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "data-token" not in answer.get_data(as_text=True)


def test_there_are_at_least_twenty_five_ways_to_forge() -> None:
    assert len(FORGED) >= 25


def test_a_token_opens_one_page_only(client: FlaskClient) -> None:
    token = signed(KEYS)
    assert [load(client, token).status_code for _ in range(3)] == [200, 403, 403]
    assert load(client, signed(KEYS, jti="load-2")).status_code == 200


def test_a_token_without_an_id_opens_one_page_only(client: FlaskClient) -> None:
    token = signed(KEYS, jti=None)
    assert [load(client, token).status_code for _ in range(2)] == [200, 403]


def test_another_parent_frame_is_refused(client: FlaskClient) -> None:
    assert load(client, signed(KEYS), origin="https://evil.example").status_code == 403
    assert load(client, signed(KEYS), origin="").status_code == 200, "and where none is told, the header keeps it out"


def test_a_known_installation_admits_no_other(client: FlaskClient, app: App) -> None:
    from connector.records import AppInstallation

    app.ledger.sidebar.install(AppInstallation(account_id="zendesk-id", app_id="5", installation_id="78"), now=NOW)
    assert load(client, signed(KEYS)).status_code == 403
    assert load(client, signed(KEYS, aud=AUDIENCE.replace("77", "78"))).status_code == 200


def test_a_removed_account_opens_no_page(client: FlaskClient, app: App) -> None:
    app.ledger.accounts.remove("zendesk-id", now=NOW)
    assert load(client, signed(KEYS)).status_code == 403


# --- our own tokens ---------------------------------------------------------------------------------


def page_token(app: App, now: datetime = NOW, **other: Any) -> str:
    claim = Claim(vendor="zendesk", account_id="zendesk-id", agent="31", level=Level.AGENT)
    return tokens.issue(app.ledger.sidebar.page_key(), replace(claim, **other), now=now)


def card(client: FlaskClient, token: str, vendor: str = "zendesk", ticket: str = "7", **headers: str):
    return client.get(f"/apps/{vendor}/card/{ticket}?lang=de", headers={**bearer(token), **headers})


def test_a_page_token_opens_cards_of_its_account_until_it_expires(client: FlaskClient, app: App, clock: Hand) -> None:
    decided(app)
    decided(app, "other-id", "8")
    token = page_token(app)
    assert card(client, token).status_code == 200
    clock.now = NOW + timedelta(minutes=15)
    answer = card(client, token)
    assert (answer.status_code, set(answer.json)) == (401, {"error"})


def test_a_page_token_is_renewed_for_a_working_day(client: FlaskClient, app: App, clock: Hand) -> None:
    token = page_token(app)
    renewed = 0
    while True:
        clock.now += timedelta(minutes=14)
        answer = client.post("/apps/zendesk/token", headers=bearer(token))
        if answer.status_code != 200:
            break
        token, renewed = answer.json["token"], renewed + 1
    assert answer.status_code == 401
    assert renewed == 34, "and the last one before eight hours"


def _forged_pages(app: App) -> dict[str, str]:
    good = page_token(app)
    payload, _, signature = good.partition(".")
    told = json.loads(base64.urlsafe_b64decode(payload + "=="))

    def rewritten(**other: Any) -> str:
        changed = base64.urlsafe_b64encode(json.dumps({**told, **other}).encode()).decode().rstrip("=")
        return f"{changed}.{signature}"

    key = app.ledger.sidebar.page_key()
    claim = Claim(vendor="zendesk", account_id="zendesk-id", agent="31", level=Level.AGENT)
    return {
        "nothing": "",
        "one part": payload,
        "cut": good[:-2],
        "more": good + "x",
        "other account": rewritten(account="other-id"),
        "other agent": rewritten(agent="1"),
        "longer": rewritten(expires=told["expires"] + 3600),
        "other key": tokens.issue(b"k" * 32, claim, now=NOW),
        "expired": page_token(app, NOW - timedelta(minutes=16)),
        "from the future": page_token(app, NOW + timedelta(minutes=1)),
        "account that is not there": page_token(app, account_id="nobody"),
        "account by its name": page_token(app, account_id="acme-zendesk"),
        "other vendor's account": page_token(app, account_id="freshdesk-id"),
        "other vendor": page_token(app, vendor="freshdesk"),
        "installation alone": page_token(app, level=Level.INSTALLATION),
        "a page load": signed(KEYS),
        "not ascii": "ü.ü",
        "key of no length": tokens.issue(b"", claim, now=NOW),
        "derived otherwise": tokens.issue(hashlib.sha256(key).digest(), claim, now=NOW),
    }


def test_no_forged_page_token_opens_anything(client: FlaskClient, app: App) -> None:
    decided(app)
    for how, token in _forged_pages(app).items():
        header = {"Authorization": f"Bearer {token}".encode().decode("latin-1")}
        for answer in (
            client.get("/apps/zendesk/card/7", headers=header),
            client.post("/apps/zendesk/token", headers=header),
            client.post("/apps/zendesk/actions/posture", headers=header, json={"ticket": "7"}),
        ):
            assert (answer.status_code, set(answer.json)) == (401, {"error"}), how
    assert client.get("/apps/zendesk/card/7").status_code == 401
    assert client.get("/apps/zendesk/card/7", headers={"Authorization": f"Basic {page_token(app)}"}).status_code == 401


def test_a_ticket_of_another_account_is_not_there(client: FlaskClient, app: App) -> None:
    decided(app, "other-id", "8")
    answer = card(client, page_token(app, account_id="other-id"), ticket="8")
    assert answer.status_code == 200
    app.__dict__["providers"] = {**app.providers, "zendesk": Nowhere()}
    answer = card(client, page_token(app), ticket="8")
    assert (answer.status_code, set(answer.json)) == (404, {"error"})


class Nowhere:
    """A helpdesk without tickets, which counts how often it is asked."""

    name = "zendesk"
    asked = 0

    def fetch(self, account: object, ticket_id: str) -> None:
        from connector.errors import TicketGone

        type(self).asked += 1
        raise TicketGone("no such ticket")

    def close(self) -> None:
        pass


def test_a_ticket_that_is_not_there_is_asked_for_once(client: FlaskClient, app: App) -> None:
    app.__dict__["providers"] = {**app.providers, "zendesk": Nowhere()}
    Nowhere.asked = 0
    token = page_token(app)
    assert [card(client, token, ticket="404").status_code for _ in range(3)] == [404, 404, 404]
    assert Nowhere.asked == 1
    for odd in ("abc", "1" * 21, "7%2F..", "-1"):
        assert card(client, token, ticket=odd).status_code == 404
    assert Nowhere.asked == 1


# --- Freshdesk --------------------------------------------------------------------------------------


def test_the_key_of_an_installation_opens_its_account_alone(client: FlaskClient, app: App) -> None:
    from connector.sidebar.installing import new_key

    freshdesk = app.ledger.accounts.get("freshdesk-id")
    assert freshdesk is not None
    decided(app, "freshdesk-id", "9")

    def answer(key: str, name: str = "acme-freshdesk", vendor: str = "freshdesk") -> int:
        return card(client, key, vendor, "9", **{"X-Handrail-Account": name}).status_code

    assert answer("") == answer("a guess") == 401, "no key was made yet"
    key = new_key(app.ledger, freshdesk, now=NOW)
    assert answer(key) == 200
    assert answer(key, "acme-zendesk") == answer(key, "nobody") == answer(key, "") == answer(key + "x") == 401
    assert answer(key, vendor="zendesk") == 401
    newer = new_key(app.ledger, freshdesk, now=NOW)
    assert (answer(key), answer(newer)) == (401, 200)
    app.ledger.accounts.remove("freshdesk-id", now=NOW)
    assert answer(newer) == 401


def test_the_key_of_the_app_is_asked_for_once(tmp_path: Path, clock: Hand) -> None:
    from connector.records import AppInstallation

    asked: list[str] = []

    class KeyGiver(Nowhere):
        def app_public_key(self, account: Any, app_id: str) -> str:
            asked.append(app_id)
            return KEYS.public

    app = build(Settings(home=tmp_path), clock=clock)
    try:
        app.ledger.accounts.add(account("zendesk"), now=NOW)
        app.__dict__["providers"] = {**app.providers, "zendesk": KeyGiver()}
        client = web.create_app(app).test_client()
        assert load(client, signed(KEYS)).status_code == 403, "neither the key nor the app is known"
        app.ledger.sidebar.install(AppInstallation(account_id="zendesk-id", app_id="5", installation_id="77"), now=NOW)
        assert [load(client, signed(KEYS, jti=f"l-{at}")).status_code for at in range(3)] == [200, 200, 200]
        assert load(client, signed(OTHER)).status_code == 403
        assert asked == ["5"]
    finally:
        app.close()


def test_what_is_no_request_of_ours_asks_for_nothing(client: FlaskClient, app: App) -> None:
    decided(app)
    token = page_token(app)
    for sent in (b"", b"[]", b"{", b"[" * 100_000, b'{"ticket": 7}', b'{"ticket": ["7"]}', b"\xff\xfe", b"x" * 20_000):
        answer = client.post("/apps/zendesk/actions/escalate", data=sent, headers=bearer(token))
        assert answer.status_code in (404, 409), sent[:20]
    assert app.ledger.sidebar.wishes("zendesk-id", "7") == ()


def test_what_customers_wrote_is_text_on_the_card(client: FlaskClient, app: App) -> None:
    decided(app)
    html = card(client, page_token(app)).json["html"]
    assert "&lt;b&gt;a lamp&lt;/b&gt;" in html
    assert "<b>a lamp" not in html
    assert "30 days" in html
    assert 'lang="de"' in html


def test_a_store_that_cannot_be_read_is_said_in_words(client: FlaskClient, app: App, monkeypatch: Any) -> None:
    from connector.errors import StoreUnavailable

    token = page_token(app)

    def broken(*_: object, **__: object) -> None:
        raise StoreUnavailable("locked")

    monkeypatch.setattr(app.ledger.decisions, "receipts", broken)
    answer = card(client, token)
    assert (answer.status_code, set(answer.json)) == (503, {"error"})
