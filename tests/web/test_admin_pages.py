"""The pages for admins of helpdesks: one-time links, visits, forms, and what keeps strangers out."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from connector import adminpage, apikeys, starters
from connector.model import Account, Event, EventKind
from connector.recipe import recipe
from connector.records import APP_REMOVED, Delivery
from connector.sidebar.installing import tell_of_app
from connector.web.admins import COOKIE, Paces, TooOften
from tests.web.connecting_world import OURS, World


def get(browser: FlaskClient, path: str, language: str = "en") -> TestResponse:
    return browser.get(path, base_url=OURS, headers={"Accept-Language": language})


def post(browser: FlaskClient, path: str, **data: str) -> TestResponse:
    return browser.post(path, base_url=OURS, data=data)


def connected(world: World, name: str = "acme") -> Account:
    world.connect(name)
    return next(account for account in world.accounts if account.name == name)


def page_link(world: World, account: Account) -> str:
    return adminpage.make_link(world.app.ledger.connections, account, now=world.now())


def key_link(world: World, name: str = "fresh") -> str:
    bound = {"base_url": world.sandbox.freshdesk.url, "name": name, "owner": "support team"}
    return apikeys.make_link(world.app.ledger.connections, now=world.now(), **bound)


def visiting(world: World, account: Account) -> FlaskClient:
    browser = world.browser()
    assert post(browser, "/connect/page", code=page_link(world, account)).status_code == 303
    return browser


def api_key(world: World) -> str:
    key: str = world.sandbox.credentials["freshdesk"]["api_key"]
    return key


def proof_in(page: TestResponse) -> str:
    found = re.search(r'name="proof" value="([\w-]+)"', page.text)
    assert found
    return found[1]


def bring(world: World, account: Account, kind: EventKind = EventKind.CREATED) -> None:
    event = Event(key=f"key-{kind}", ticket_id="7", kind=kind, vendor_kind="ticket_created")
    now = world.now()
    delivery = Delivery(account_id=account.id, event=event, received_at=now, due_at=now)
    world.app.ledger.inbox.receive(delivery)


def test_the_page_shows_what_is_there(world: World) -> None:
    account = connected(world)
    browser = visiting(world, account)
    page = get(browser, "/connect/account")
    assert page.status_code == 200
    for told in ("Handrail and acme", "there and active", "kept, encrypted", "calls a minute", "Waiting for the first"):
        assert told in page.text
    tokens = (account.credentials["access_token"], account.credentials["refresh_token"])
    assert not any(secret in page.text for secret in (*account.webhook_secrets, *tokens))
    german = get(browser, "/connect/account", "de")
    assert '<html lang="de">' in german.text
    assert "läuft im Schatten" in german.text
    assert "English" in german.text


def test_the_german_checklist_is_german(world: World) -> None:
    account = connected(world)
    browser = world.browser()
    post(browser, "/connect/freshdesk", code=key_link(world), key=api_key(world))
    for page in (get(browser, "/connect/account", "de"), get(visiting(world, account), "/connect/account", "de")):
        checks = page.text.partition('class="checks"')[2].partition("</ul>")[0]
        assert 'lang="en"' not in checks, checks
        assert "Aufrufe in der Minute" in checks
    world.sandbox.faults.add("status", vendor="zendesk", times=0, status=418)
    strange = get(visiting(world, account), "/connect/account", "de")
    assert strange.status_code == 200


def test_a_webhook_that_was_deleted_there_is_shown_and_told(world: World) -> None:
    account = connected(world)
    presence = world.app.worker().presence
    assert presence is not None
    assert presence.tend(account, world.now()) == 1
    assert world.app.ledger.watch.alarms(account.id) == ()
    world.sandbox.zendesk.account.webhooks.clear()
    assert "not there" in get(visiting(world, account), "/connect/account").text
    assert presence.tend(account, world.now()) == 0, "once a day"
    world.moved += timedelta(days=1)
    assert presence.tend(account, world.now()) == 1
    (alarm,) = world.app.ledger.watch.alarms(account.id)
    assert (alarm.kind, "account connect" in alarm.detail) == (APP_REMOVED, True)
    world.connect()
    world.moved += timedelta(days=1)
    presence.tend(world.accounts[0], world.now())
    assert world.app.ledger.watch.alarms(account.id) == ()


def test_a_link_opens_one_page_once_and_not_by_being_looked_at(world: World) -> None:
    link = page_link(world, connected(world))
    browser = world.browser()
    for _ in range(3):
        assert get(browser, f"/connect/page?code={link}").status_code == 200
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: post(world.browser(), "/connect/page", code=link).status_code, range(6)))
    assert sorted(answers) == [303, *[403] * 5]
    again = get(browser, f"/connect/page?code={link}")
    assert again.status_code == 403
    assert "used already" in again.text


STRANGE = ["", "x" * 43, "x" * 5000, "\x00\ufffd'; DROP TABLE connections; --", "../../etc", "ä" * 43]


@pytest.mark.parametrize("code", STRANGE)
@pytest.mark.parametrize("path", ["/connect/page", "/connect/freshdesk"])
def test_no_forged_link_opens_anything(world: World, path: str, code: str) -> None:
    browser = world.browser()
    for answer in (
        browser.get(path, base_url=OURS, query_string={"code": code}),
        browser.post(path, base_url=OURS, data={"code": code, "key": "k"}),
    ):
        assert answer.status_code == 403
        assert "not valid" in answer.text
        assert COOKIE not in answer.headers.get("Set-Cookie", "")


def test_links_of_one_kind_are_no_links_of_another_and_all_end(world: World) -> None:
    account = connected(world)
    page, key = page_link(world, account), key_link(world)
    browser = world.browser()
    assert post(browser, "/connect/page", code=key).status_code == 403
    assert post(browser, "/connect/freshdesk", code=page, key="k").status_code == 403
    assert world.start(browser, page).status_code == 403
    world.moved = timedelta(minutes=30)
    assert post(browser, "/connect/page", code=page).status_code == 403
    world.moved = timedelta(hours=24)
    assert get(browser, f"/connect/freshdesk?code={key}").status_code == 403


def cookie(browser: FlaskClient) -> str:
    known = browser.get_cookie(COOKIE, domain="handrail.acme.example", path="/connect")
    assert known
    assert (known.http_only, known.secure, known.same_site) == (True, True, "Strict")
    return known.value


@pytest.mark.parametrize("how", ["none", "wrong", "link as visit", "over", "ended"])
def test_without_a_visit_there_is_no_page(world: World, how: str) -> None:
    account = connected(world)
    browser = world.browser()
    if how in ("over", "ended"):
        browser = visiting(world, account)
        value = cookie(browser)
        if how == "over":
            world.moved += timedelta(minutes=31)
        else:
            adminpage.end_visit(world.app, value)
    elif how != "none":
        value = page_link(world, account) if how == "link as visit" else "z" * 43
        browser.set_cookie(COOKIE, value, domain="handrail.acme.example", path="/connect")
    for path in ("/connect/account", "/connect/account/arrived", "/connect/account/disconnect"):
        assert get(browser, path).status_code == 403, path
    assert post(browser, "/connect/account/disconnect", proof="x").status_code == 403
    assert world.accounts != ()


def test_one_account_never_sees_another(world: World) -> None:
    zendesk = connected(world)
    browser = world.browser()
    assert post(browser, "/connect/freshdesk", code=key_link(world), key=api_key(world)).status_code == 303
    fresh = world.app.ledger.accounts.get("fresh")
    assert fresh is not None
    mine, other = visiting(world, zendesk), visiting(world, fresh)
    bring(world, zendesk)
    assert get(mine, "/connect/account/arrived").json["arrived"] is True  # type: ignore[index]  # a JSON object
    assert get(other, "/connect/account/arrived").json["arrived"] is False  # type: ignore[index]  # a JSON object
    proof = proof_in(get(mine, "/connect/account/disconnect"))
    assert post(other, "/connect/account/disconnect", proof=proof).status_code == 403
    assert {account.name for account in world.accounts} == {"acme", "fresh"}
    assert not any(secret in get(mine, "/connect/account").text for secret in fresh.webhook_secrets)


def test_only_our_own_form_disconnects(world: World) -> None:
    account = connected(world)
    browser = visiting(world, account)
    for proof in ("", "x" * 43, cookie(browser), "\ufffd\x00"):
        assert post(browser, "/connect/account/disconnect", proof=proof).status_code == 403
    assert world.accounts == (account,)
    sure = get(browser, "/connect/account/disconnect")
    assert "30 days later" in sure.text
    done = post(browser, "/connect/account/disconnect", proof=proof_in(sure))
    assert done.status_code == 200
    assert "acme is disconnected" in done.text
    assert (world.accounts, world.sandbox.zendesk.account.webhooks) == ((), {})
    assert post(browser, "/connect/account/disconnect", proof=proof_in(sure)).status_code == 403
    assert [
        entry.actor for entry in world.app.ledger.watch.audit(account.id) if entry.verb == "account disconnect"
    ] == ["account page"]


def test_a_helpdesk_that_is_down_keeps_nobody_on_the_page(world: World) -> None:
    account = connected(world)
    browser = visiting(world, account)
    world.sandbox.faults.add("status", vendor="zendesk", times=0, status=503)
    assert "we try again by ourselves" in get(browser, "/connect/account").text
    done = post(browser, "/connect/account/disconnect", proof=proof_in(get(browser, "/connect/account/disconnect")))
    assert "goes on trying" in done.text
    assert world.accounts == ()


def test_the_first_event_is_asked_of_ourselves_and_at_most_every_two_seconds(world: World) -> None:
    account = connected(world)
    browser = visiting(world, account)
    calls = len(world.sandbox.journal.calls())
    bring(world, account, EventKind.POLLED)
    first = get(browser, "/connect/account/arrived")
    assert first.json["arrived"] is False  # type: ignore[index]  # a JSON object
    early = get(browser, "/connect/account/arrived")
    assert (early.status_code, early.headers["Retry-After"]) == (429, "2")
    bring(world, account)
    assert adminpage.arrived(world.app.ledger, account) is not None
    assert len(world.sandbox.journal.calls()) == calls


def test_every_answer_is_kept_nowhere_and_framed_by_nobody(world: World) -> None:
    account = connected(world)
    browser = visiting(world, account)
    paths = ("/connect/account", "/connect/account/disconnect", "/connect/account/arrived", "/connect/page?code=x")
    for path in (*paths, f"/connect/freshdesk?code={key_link(world)}", "/oauth/zendesk/start?link=x"):
        answer = get(browser, path)
        assert answer.headers["Cache-Control"] == "no-store", path
        assert answer.headers["Referrer-Policy"] == "no-referrer", path
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"], path
        assert "unsafe" not in answer.headers["Content-Security-Policy"], path
        assert answer.headers["X-Frame-Options"] == "DENY", path
        assert not re.search(r"<script(?! src)|style=|\son\w+=", answer.text), path


def test_tries_are_limited(world: World) -> None:
    link = page_link(world, connected(world))
    browser = world.browser()
    answers = [post(browser, "/connect/page", code="x" * 43).status_code for _ in range(32)]
    assert answers == [403] * 30 + [429] * 2
    assert post(browser, "/connect/page", code=link).status_code == 303, "a good link is no guess"
    paces = Paces(1, 2.0, monotonic=(clock := iter([0.0, 1.9, 2.0])).__next__)
    paces.check("a")
    with pytest.raises(TooOften):
        paces.check("a")
    paces.check("a")
    assert list(clock) == []


# --- the API key ----------------------------------------------------------------------------------


def test_a_key_connects_and_its_own_values_are_shown(world: World) -> None:
    browser, link = world.browser(), key_link(world)
    form = get(browser, f"/connect/freshdesk?code={link}", "de")
    assert "API-Schlüssel" in form.text
    done = post(browser, "/connect/freshdesk", code=link, key=f" {api_key(world)}\n")
    assert (done.status_code, link in done.headers["Location"]) == (303, False)
    (account,) = world.accounts
    assert account.credentials == {"api_key": api_key(world)}
    assert account.default_owner == "support team"
    assert account.bot_user_id
    page = get(browser, "/connect/account")
    assert api_key(world) not in page.text
    rules = apikeys.rule_secret(world.app, account)
    host, name, of_app = apikeys.app_values(world.app, account)
    assert (host, name, len({rules, of_app, ""})) == ("handrail.acme.example", "fresh", 3)
    for shown in (rules, of_app, f"{OURS}/webhooks/freshdesk/fresh", "ticket_created", "customer_replied"):
        assert shown in page.text
    assert post(world.browser(), "/connect/freshdesk", code=link, key=api_key(world)).status_code == 403


def test_whether_the_app_is_there_is_what_the_platform_said(world: World) -> None:
    browser = world.browser()
    post(browser, "/connect/freshdesk", code=key_link(world), key=api_key(world))
    (account,) = world.accounts
    for there, told in ((None, "not installed yet"), (True, "known to Handrail"), (False, "uninstalled")):
        if there is not None:
            tell_of_app(world.app.ledger, account, there=there, now=world.now())
        app = [check for check in adminpage.checklist(world.app, account) if check.name == "app"]
        assert [told in check.found for check in app] == [True]


def test_a_delivery_without_a_ticket_is_no_first_event(world: World) -> None:
    account = connected(world)
    event = Event(key="k", ticket_id=None, kind=EventKind.UNKNOWN, vendor_kind="onAppInstall", ignore="app_installed")
    delivery = Delivery(account_id=account.id, event=event, received_at=world.now(), due_at=world.now())
    world.app.ledger.inbox.receive(delivery)
    assert adminpage.arrived(world.app.ledger, account) is None


def test_a_key_that_is_refused_can_be_put_right(world: World) -> None:
    browser, link = world.browser(), key_link(world)
    wrong = post(browser, "/connect/freshdesk", code=link, key="wrong-key-for-this")
    assert wrong.status_code == 422
    assert "does not accept this key" in wrong.text
    assert "run the command" not in wrong.text
    assert "wrong-key-for-this" not in wrong.text
    assert post(browser, "/connect/freshdesk", code=link, key="").status_code == 400
    assert post(browser, "/connect/freshdesk", code=link, key="ä\r\nX: y").status_code == 400
    assert world.accounts == ()
    assert post(browser, "/connect/freshdesk", code=link, key=api_key(world)).status_code == 303


def test_a_helpdesk_that_is_down_says_nothing_of_the_key(world: World) -> None:
    browser, link = world.browser(), key_link(world)
    world.sandbox.faults.add("status", vendor="freshdesk", times=0, status=503)
    down = post(browser, "/connect/freshdesk", code=link, key=api_key(world))
    assert (down.status_code, "does not answer at the moment" in down.text) == (503, True)
    world.sandbox.faults.clear()
    assert world.accounts == ()


def test_the_key_of_another_agent_is_refused_for_a_connected_account(world: World) -> None:
    post(world.browser(), "/connect/freshdesk", code=key_link(world), key=api_key(world))
    (account,) = world.accounts
    world.app.ledger.accounts.update(replace(account, bot_user_id="4711"), now=world.now())
    other = post(world.browser(), "/connect/freshdesk", code=key_link(world), key=api_key(world))
    assert (other.status_code, "another agent than before" in other.text) == (422, True)


def test_keys_are_not_tried_through_us(world: World) -> None:
    browser, link = world.browser(), key_link(world)
    answers = [post(browser, "/connect/freshdesk", code=link, key=f"guess-{n}").status_code for n in range(8)]
    assert answers == [422] * 6 + [429] * 2


def test_connecting_again_keeps_what_was_set_and_brings_a_new_key(world: World) -> None:
    post(world.browser(), "/connect/freshdesk", code=key_link(world), key=api_key(world))
    (first,) = world.accounts
    world.app.ledger.accounts.update(replace(first, credentials={"api_key": "lost"}), now=world.now())
    done = post(world.browser(), "/connect/freshdesk", code=key_link(world), key=api_key(world))
    assert done.status_code == 303
    assert world.accounts == (first,)


def test_one_helpdesk_is_not_connected_under_two_names(world: World) -> None:
    post(world.browser(), "/connect/freshdesk", code=key_link(world), key=api_key(world))
    other = post(world.browser(), "/connect/freshdesk", code=key_link(world, "other"), key=api_key(world))
    assert other.status_code == 409
    assert "connected already" in other.text
    assert [account.name for account in world.accounts] == ["fresh"]


def test_of_two_that_paste_the_key_at_once_one_connects(world: World) -> None:
    link = key_link(world)

    def send(_: int) -> int:
        return post(world.browser(), "/connect/freshdesk", code=link, key=api_key(world)).status_code

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert answers.count(303) == 1, answers
    assert len(world.accounts) == 1


def test_what_an_admin_of_freshdesk_ends_by_hand_is_listed_in_german(world: World) -> None:
    browser = world.browser()
    post(browser, "/connect/freshdesk", code=key_link(world), key=api_key(world))
    proof = proof_in(get(browser, "/connect/account/disconnect"))
    done = browser.post("/connect/account/disconnect?lang=de", base_url=OURS, data={"proof": proof})
    assert "fresh ist getrennt" in done.text
    assert "Setzen Sie den API-Schlüssel" in done.text
    assert world.accounts == ()


# --- words ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_recipe_has_this_accounts_own_values_in_every_rule(language: str) -> None:
    made = recipe(language, url="https://x.example/hook", secret="s3cret")
    assert len(made.rules) == 2
    for rule in made.rules:
        shown = [value.text for value in rule.values]
        assert shown[:3] == ["https://x.example/hook", "X-Handrail-Secret", "s3cret"]
        assert "{{ticket.id}}" in shown[3]
    assert made.without_header.endswith("https://x.example/hook/s3cret")
    assert "s3cret" not in repr(made)


def test_the_rules_texts_stand_in_one_place() -> None:
    assert starters.text("connecting.toml").count("{{triggered_event}}") == 1
