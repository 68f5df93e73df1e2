"""Connecting a Zendesk account by its consent page, against the sandbox over real sockets."""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import requests
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector import web
from connector.app import build
from connector.connecting import LINK, LINK_LIFE, STATE, STATE_LIFE, webhook_url
from connector.model import Stage
from connector.ports import CheckState
from connector.records import APP_REMOVED, REFUSED, Alarm
from tests.web.connecting_world import CALLBACK, OURS, World

SECRET = re.compile(r"[\w-]{43}")


def test_an_account_is_connected_and_everything_is_set_up(world: World) -> None:
    page = world.connect()
    assert page.status_code == 200, page.text
    (account,) = world.accounts
    assert (account.name, account.stage, account.default_owner) == ("acme", Stage.SHADOW, "support team")
    assert account.bot_user_id == str(world.sandbox.credentials["zendesk"]["bot_user_id"])
    assert account.credentials["kind"] == "refresh"
    assert account.credentials["refresh_token"]
    (webhook,) = world.sandbox.zendesk.account.webhooks.values()
    assert webhook.fields["endpoint"] == f"{OURS}/webhooks/zendesk/acme" == webhook_url(OURS, account)
    assert account.webhook_secrets == (webhook.secret,)
    assert world.app.rulebook.policy(account) is not None
    assert "acme is connected" in page.text
    assert "Zendesk tells Handrail about tickets" in page.text
    assert "connect" in {entry.verb.split()[-1] for entry in world.app.ledger.watch.audit(account.id)}


def test_the_pages_speak_german_and_hold_no_script_and_no_secret(world: World) -> None:
    browser, link = world.browser(), world.link()
    offer = browser.get(f"/oauth/zendesk/start?link={link}", base_url=OURS, headers={"Accept-Language": "de-AT,de"})
    assert (offer.status_code, '<html lang="de">' in offer.text) == (200, True)
    assert "Weiter zu" in offer.text
    page = world.connect(language="de")
    assert "acme ist verbunden" in page.text
    (account,) = world.accounts
    secrets = [*account.webhook_secrets, account.credentials["access_token"], account.credentials["refresh_token"]]
    for answer in (offer, page):
        assert "<script" not in answer.text
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"
        assert not any(secret in answer.text for secret in secrets)


def test_installing_twice_makes_nothing_twice_and_keeps_what_was_set(world: World) -> None:
    world.connect()
    (first,) = world.accounts
    world.app.ledger.accounts.set_stage(first.id, Stage.DRAFT, now=world.now())
    world.app.ledger.watch.raise_alarm(
        Alarm(account_id=first.id, kind=REFUSED, subject=first.id, detail="refused", raised_at=world.now())
    )
    webhooks = {key: hook.secret for key, hook in world.sandbox.zendesk.account.webhooks.items()}
    page = world.connect()
    assert "connected again" in page.text
    (second,) = world.accounts
    assert (second.id, second.stage, second.webhook_secrets) == (first.id, Stage.DRAFT, first.webhook_secrets)
    assert second.credentials["refresh_token"] != first.credentials["refresh_token"]
    assert {key: hook.secret for key, hook in world.sandbox.zendesk.account.webhooks.items()} == webhooks
    assert len(world.app.ledger.policies.history(first.id)) == 1
    assert world.app.ledger.watch.alarms(first.id) == ()


def test_every_call_names_the_marketplace_app(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.connect()
    sent: list[dict[str, str]] = []
    original = requests.Session.send

    def send(session: requests.Session, prepared: requests.PreparedRequest, **more: object) -> requests.Response:
        sent.append(dict(prepared.headers))
        return original(session, prepared, **more)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(requests.Session, "send", send)
    world.app.providers["zendesk"].inspect(world.accounts[0])
    assert len(sent) > 3
    names = ("Name", "Organization-Id", "App-Id")
    assert {tuple(each.get(f"X-Zendesk-Marketplace-{name}") for name in names) for each in sent} == {
        ("Handrail", "77", "88")
    }


def test_opening_the_link_does_not_use_it_up_but_its_button_does(world: World) -> None:
    browser, link = world.browser(), world.link()
    for _ in range(3):
        assert browser.get(f"/oauth/zendesk/start?link={link}", base_url=OURS).status_code == 200
    assert world.start(browser, link).status_code == 303
    assert world.start(browser, link).status_code == 403
    assert browser.get(f"/oauth/zendesk/start?link={link}", base_url=OURS).status_code == 403


def test_a_link_is_for_its_own_subdomain(world: World) -> None:
    link = world.link(base_url="https://acme.zendesk.com")
    browser = world.browser()
    assert browser.get(f"/oauth/zendesk/start?subdomain=acme&link={link}", base_url=OURS).status_code == 200
    assert browser.get(f"/oauth/zendesk/start?subdomain=other&link={link}", base_url=OURS).status_code == 403


def test_of_two_who_press_the_button_at_once_one_goes_on(world: World) -> None:
    link = world.link()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: world.start(world.browser(), link).status_code, range(8)))
    assert sorted(answers) == [303, *[403] * 7]


FORGED = [
    "no state", "empty state", "unknown state", "half a state", "a link as state", "the verifier's name", "long state",
    "strange letters", "two parts", "state in capitals", "other browser", "no cookie", "wrong cookie", "late",
    "very late", "twice", "twice with another code", "after a denial", "denied", "no code", "empty code",
    "unknown code", "used code", "code of another request", "late code", "code for another address", "wrong verifier",
]  # fmt: skip


@pytest.mark.parametrize("how", FORGED)
def test_no_forged_late_or_repeated_answer_connects_anything(world: World, how: str) -> None:
    browser = world.browser()
    target = world.start(browser, world.link()).headers["Location"]
    given = world.allow(target)
    state, code = given["state"], given["code"]
    answer = _spoilt(world, browser, target, how, state, code)
    assert answer.status_code in (403, 502), (how, answer.status_code)
    assert world.accounts == ()
    assert world.sandbox.zendesk.account.webhooks == {}
    assert SECRET.search(answer.text) is None


def _spoilt(world: World, browser: FlaskClient, target: str, how: str, state: str, code: str) -> TestResponse:
    states = {
        "empty state": "",
        "unknown state": "x" * len(state),
        "half a state": state[:20],
        "a link as state": world.link("other"),
        "the verifier's name": "verifier",
        "long state": state + "x" * 5000,
        "strange letters": "\x00\ufffd'; DROP TABLE connections; --",
        "two parts": f"{state},{state}",
        "state in capitals": state.swapcase(),
    }
    codes = {"empty code": "", "unknown code": "y" * 32}
    if how == "no state":
        return world.come_back(browser, {"code": code})
    if how in states:
        return world.come_back(browser, {"state": states[how], "code": code})
    if how in codes:
        return world.come_back(browser, {"state": state, "code": codes[how]})
    if how == "no code":
        return world.come_back(browser, {"state": state})
    if how == "denied":
        return world.come_back(browser, {"state": state, "error": "access_denied"})
    if how in ("other browser", "no cookie", "wrong cookie"):
        other = world.browser()
        if how == "other browser":
            world.start(other, world.link("mine"))
        if how == "wrong cookie":
            other.set_cookie("handrail_connecting", "z" * 43, domain="handrail.acme.example", path="/oauth/zendesk")
        return world.come_back(other, {"state": state, "code": code})
    return _out_of_time(world, browser, target, how, state, code)


def _out_of_time(world: World, browser: FlaskClient, target: str, how: str, state: str, code: str) -> TestResponse:
    if how in ("late", "very late"):
        world.moved = STATE_LIFE if how == "late" else LINK_LIFE
    elif how in ("twice", "twice with another code", "after a denial"):
        first = {"state": state, "error": "access_denied"}  # uses the state up and connects nothing
        assert world.come_back(browser, first).status_code == 403
        if how == "twice with another code":
            code = world.allow(target)["code"]
    elif how == "used code":
        requests.post(f"{world.sandbox.zendesk.url}/oauth/tokens", json=_redeemed(world, code), timeout=10)
    elif how == "late code":
        world.sandbox.advance(121)
    elif how == "code of another request":  # its challenge belongs to another verifier
        code = world.allow(world.start(world.browser(), world.link("mine")).headers["Location"])["code"]
    elif how == "code for another address":
        code = _code_for(target, "https://elsewhere.example/callback")
    elif how == "wrong verifier":
        code = _code_for(target, CALLBACK, challenge="A" * 43)
    return world.come_back(browser, {"state": state, "code": code})


def _redeemed(world: World, code: str) -> dict[str, str]:
    known = world.sandbox.credentials["zendesk"]
    return {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": CALLBACK,
        "client_id": known["client_id"],
        "client_secret": known["client_secret"],
    }


def _code_for(target: str, redirect_uri: str, challenge: str | None = None) -> str:
    parts = urlsplit(target)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()} | {"redirect_uri": redirect_uri}
    if challenge:
        query["code_challenge"] = challenge
    url = parts._replace(query=urlencode(query)).geturl()
    answer = requests.post(url, data={"decision": "allow"}, allow_redirects=False, timeout=10)
    return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]


def test_the_state_and_link_are_stored_as_digests_and_sealed(world: World) -> None:
    browser, link = world.browser(), world.link()
    world.start(browser, link)
    state = parse_qs(urlsplit(world.start(browser, world.link()).headers["Location"]).query)["state"][0]
    assert world.app.ledger.connections.look(STATE, state, now=world.now()) is not None
    assert world.app.ledger.connections.look(LINK, state, now=world.now()) is None
    world.app.ledger.check()
    files = [path for path in world.app.settings.home.iterdir() if path.name.startswith("handrail.db")]
    stored = b"".join(path.read_bytes() for path in files)
    assert stored
    assert state.encode() not in stored
    assert link.encode() not in stored
    assert b"verifier" not in stored


def test_what_is_missing_for_our_user_keeps_nothing_and_gives_access_back(world: World) -> None:
    desk = world.sandbox.zendesk.account
    bot = desk.store.people[desk.credentials.bot_user_id]
    bot.role = "agent"  # may not make webhooks
    page = world.connect()
    assert page.status_code == 502
    assert "Not connected" in page.text
    assert world.accounts == ()


def test_a_helpdesk_is_not_connected_twice_under_two_names(world: World) -> None:
    world.connect()
    page = world.connect("other")
    assert page.status_code == 502
    assert "is connected already" in page.text
    assert [account.name for account in world.accounts] == ["acme"]
    assert len(world.sandbox.zendesk.account.webhooks) == 1
    found = world.app.providers["zendesk"].inspect(world.accounts[0])
    assert CheckState.FAIL not in {check.state for check in found.checks}  # its access was not the one given back


def test_disconnecting_takes_webhook_trigger_and_access_away(world: World) -> None:
    world.connect()
    (account,) = world.accounts
    desk = world.sandbox.zendesk.account
    (webhook,) = desk.webhooks
    base = {"active": True, "position": 1, "conditions": {"all": [], "any": []}}
    ours = {"field": "notification_webhook", "value": [webhook, "{}"]}
    theirs = {"field": "priority", "value": "high"}
    desk.triggers += [
        {"id": 501, "title": "Tell Handrail", "actions": [ours], **base},
        {"id": 502, "title": "Of the team", "actions": [ours, theirs], **base},
    ]
    provider = world.app.providers["zendesk"]
    checks = provider.disconnect(account, webhook_url(OURS, account))  # type: ignore[attr-defined]  # Zendesk has it
    assert {check.name: check.fix for check in checks} == {"triggers": "", "webhook": "", "token": ""}
    assert desk.webhooks == {}
    assert [trigger["id"] for trigger in desk.triggers if trigger["id"] in (501, 502)] == [502]
    answer = requests.get(
        f"{world.sandbox.zendesk.url}/api/v2/users/me.json",
        headers={"Authorization": f"Bearer {account.credentials['access_token']}"},
        timeout=10,
    )
    assert answer.status_code == 401


def test_access_taken_back_at_their_side_is_noticed_by_the_poll(world: World) -> None:
    world.connect()
    (account,) = world.accounts
    worker = world.app.worker()
    worker.reconciler.step(world.now())
    assert world.app.ledger.watch.alarms(account.id) == ()
    requests.delete(
        f"{world.sandbox.zendesk.url}/api/v2/oauth/tokens/current.json",
        headers={"Authorization": f"Bearer {account.credentials['access_token']}"},
        timeout=10,
    ).raise_for_status()
    world.moved = timedelta(minutes=10)
    worker.reconciler.step(world.now())
    (alarm,) = world.app.ledger.watch.alarms(account.id)
    assert alarm.kind == APP_REMOVED
    assert "connect it again with `handrail account connect`" in alarm.detail
    world.connect()
    assert world.app.ledger.watch.alarms(account.id) == ()


def test_without_an_oauth_client_nothing_is_offered(world: World) -> None:
    bare = dataclasses.replace(world.app.settings, zendesk_client_id="", home=world.app.settings.home / "other")
    app = build(bare, clock=world.now)
    try:
        client = web.create_app(app).test_client()
        assert client.post("/oauth/zendesk/start", data={"link": "x"}).status_code == 503
        back = client.get("/oauth/zendesk/callback?state=x&code=y", headers={"Accept-Language": "de"})
        assert (back.status_code, back.mimetype) == (503, "text/html")
        assert "zurzeit keine Konten" in back.text
        assert "HANDRAIL_" not in back.text
    finally:
        app.close()
