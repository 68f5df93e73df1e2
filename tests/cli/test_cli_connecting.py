"""`handrail account connect`, `check --wait` and `remove`, against the sandbox helpdesks over real sockets."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from connector import web
from connector.model import Account
from connector.sandbox.facade import Sandbox
from connector.sidebar.installing import check_key
from tests.cli.seeding import Cli, one_sentence, opened_app, receive

OURS = "https://handrail.acme.example"


@pytest.fixture
def helpdesks(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        known = sandbox.credentials["zendesk"]
        monkeypatch.setenv("HANDRAIL_ALLOW_LOOPBACK_HELPDESK", "1")
        monkeypatch.setenv("HANDRAIL_PUBLIC_URL", OURS)
        monkeypatch.setenv("HANDRAIL_ZENDESK_CLIENT_ID", known["client_id"])
        monkeypatch.setenv("HANDRAIL_ZENDESK_CLIENT_SECRET", known["client_secret"])
        yield sandbox


def use(link: str) -> None:
    """An admin opens the link, allows, and comes back."""
    parts = urlsplit(link)
    with opened_app() as app:
        browser = web.create_app(app).test_client()
        assert browser.get(f"{parts.path}?{parts.query}", base_url=OURS).status_code == 200
        started = browser.post(parts.path, base_url=OURS, data={"link": parse_qs(parts.query)["link"][0]})
        allowed = requests.post(
            started.headers["Location"], data={"decision": "allow"}, allow_redirects=False, timeout=10
        )
        back = urlsplit(allowed.headers["Location"])
        page = browser.get(f"{back.path}?{back.query}", base_url=OURS)
        assert page.status_code == 200, page.text


def test_a_link_connects_and_removing_takes_everything_away(cli: Cli, helpdesks: Sandbox) -> None:
    made = cli("account", "connect", "zendesk", "--base-url", helpdesks.zendesk.url, "--name", "acme", "--json")
    assert made.exit_code == 0, made.stderr
    use(json.loads(made.stdout)["link"])
    with opened_app() as app:
        account = app.ledger.accounts.get("acme")
    assert account is not None
    assert len(helpdesks.zendesk.account.webhooks) == 1
    removed = cli("account", "remove", "acme")
    assert removed.exit_code == 0, removed.stderr
    assert "Our webhook and our access were taken away" in removed.stdout
    assert helpdesks.zendesk.account.webhooks == {}
    header = {"Authorization": f"Bearer {account.credentials['access_token']}"}
    assert requests.get(f"{helpdesks.zendesk.url}/api/v2/users/me.json", headers=header, timeout=10).status_code == 401


def test_removing_says_what_could_not_be_taken_away(cli: Cli, helpdesks: Sandbox) -> None:
    made = cli("account", "connect", "zendesk", "--base-url", helpdesks.zendesk.url, "--name", "acme", "--json")
    use(json.loads(made.stdout)["link"])
    helpdesks.faults.add("refuse", vendor="zendesk", times=0)
    removed = cli("account", "remove", "acme")
    assert removed.exit_code == 0, removed.stderr
    assert "webhook not taken away" in removed.stdout
    assert json.loads(cli("account", "list", "--json").stdout) == []


def test_a_link_needs_an_oauth_client(cli: Cli, helpdesks: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HANDRAIL_ZENDESK_CLIENT_SECRET")
    result = cli("account", "connect", "zendesk", "--subdomain", "acme")
    assert result.exit_code == 2
    one_sentence(result, "HANDRAIL_ZENDESK_CLIENT_SECRET")


@pytest.mark.parametrize("subdomain", ["acme.evil.example", "a/b", "acme@evil", "-acme", "http://127.0.0.1"])
def test_a_link_leads_to_zendesk_alone(cli: Cli, helpdesks: Sandbox, subdomain: str) -> None:
    result = cli("account", "connect", "zendesk", "--subdomain", subdomain)
    assert result.exit_code == 2
    one_sentence(result, "helpdesk address")


def test_freshdesk_is_checked_and_the_rest_is_told(cli: Cli, helpdesks: Sandbox) -> None:
    arguments = ["account", "connect", "freshdesk", "--name", "fresh", "--base-url", helpdesks.freshdesk.url]
    result = cli(*arguments, "--api-key", helpdesks.credentials["freshdesk"]["api_key"])
    assert result.exit_code == 0, result.stderr
    with opened_app() as app:
        account = app.ledger.accounts.get("fresh")
        assert account is not None
        of_rules, of_app = account.webhook_secrets
        assert check_key(app.ledger, account, of_app).account_id == account.id
    for told in ("handrail.acme.example", "fresh", of_app, "plan limit", "agent", "--wait 300"):
        assert told in result.stdout
    assert of_rules not in result.stdout
    wrong = cli(*arguments[:3], "--name", "other", *arguments[5:], "--api-key", "wrong")
    assert wrong.exit_code == 1
    one_sentence(wrong, "not added", "credentials")


def at_the_sandbox(helpdesks: Sandbox, acme: Account) -> Account:
    known = helpdesks.credentials["zendesk"]
    credentials = {"kind": "client_credentials", "client_id": known["client_id"]}
    changed = replace(
        acme,
        base_url=helpdesks.zendesk.url,
        bot_user_id=str(known["bot_user_id"]),
        credentials=credentials | {"client_secret": known["client_secret"]},
    )
    with opened_app() as app:
        app.ledger.accounts.update(changed, now=app.clock())
    return changed


def test_check_waits_for_the_first_event(cli: Cli, helpdesks: Sandbox, acme: Account) -> None:
    account = at_the_sandbox(helpdesks, acme)
    came = threading.Event()

    def bring() -> None:
        with opened_app() as app:
            receive(app, account, "5")
        came.set()

    later = threading.Timer(0.2, bring)
    later.start()
    result = cli("account", "check", "acme", "--wait", 60, "--json")
    later.join()
    assert came.is_set()
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)[-1]["name"] == "acme: first event"


def test_check_says_when_nothing_came(cli: Cli, helpdesks: Sandbox, acme: Account) -> None:
    at_the_sandbox(helpdesks, acme)
    result = cli("account", "check", "acme", "--wait", 0)
    assert result.exit_code == 1
    assert "No event of acme came within 0 seconds" in result.stderr


def test_disconnecting_ends_it_and_says_how_long_the_history_is_kept(cli: Cli, helpdesks: Sandbox) -> None:
    made = cli("account", "connect", "zendesk", "--base-url", helpdesks.zendesk.url, "--name", "acme", "--json")
    use(json.loads(made.stdout)["link"])
    ended = json.loads(cli("account", "disconnect", "acme", "--json").stdout)
    assert {one["name"]: one["state"] for one in ended["at_helpdesk"]} == {
        "triggers": "pass",
        "webhook": "pass",
        "token": "pass",
    }
    assert (ended["pending"], len(ended["erase_at"])) == (False, 32)
    assert helpdesks.zendesk.account.webhooks == {}
    again = cli("account", "disconnect", "acme")
    assert again.exit_code == 0, again.stderr
    assert "is disconnected" in again.stdout
    assert ended["id"] in again.stdout
    assert json.loads(cli("account", "list", "--json").stdout) == []


def test_disconnecting_goes_on_where_the_helpdesk_is_down(cli: Cli, helpdesks: Sandbox) -> None:
    made = cli("account", "connect", "zendesk", "--base-url", helpdesks.zendesk.url, "--name", "acme", "--json")
    use(json.loads(made.stdout)["link"])
    helpdesks.faults.add("refuse", vendor="zendesk", times=0)
    ended = cli("account", "disconnect", "acme")
    assert ended.exit_code == 0, ended.stderr
    assert "goes on trying" in ended.stdout
    assert json.loads(cli("account", "list", "--json").stdout) == []


def test_what_only_an_admin_can_end_is_listed(
    cli: Cli, helpdesks: Sandbox, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_sandbox(helpdesks, acme)
    monkeypatch.setenv("HANDRAIL_RETENTION_DAYS", "0")
    ended = cli("account", "disconnect", "acme")
    assert ended.exit_code == 0, ended.stderr
    assert "Its history was erased." in ended.stdout
    assert "Delete Handrail's OAuth client" in ended.stdout
    unknown = cli("account", "disconnect", "acme")
    assert unknown.exit_code == 1
    one_sentence(unknown, "There is no account 'acme'")


def test_a_link_for_a_key_and_one_for_the_page_open_in_a_browser(cli: Cli, helpdesks: Sandbox) -> None:
    arguments = ["account", "connect", "freshdesk", "--name", "fresh", "--base-url", helpdesks.freshdesk.url]
    made = json.loads(cli(*arguments, "--json").stdout)
    assert made["link"].startswith(f"{OURS}/connect/freshdesk?code=")
    assert "It works once, for 24 hours" in cli(*arguments).stdout
    code = parse_qs(urlsplit(made["link"]).query)["code"][0]
    key = helpdesks.credentials["freshdesk"]["api_key"]
    with opened_app() as app:
        browser = web.create_app(app).test_client()
        done = browser.post("/connect/freshdesk", base_url=OURS, data={"code": code, "key": key})
        assert done.status_code == 303
    page = json.loads(cli("account", "page", "fresh", "--json").stdout)["link"]
    with opened_app() as app:
        browser = web.create_app(app).test_client()
        assert "set-up page of fresh" in browser.get(page.removeprefix(OURS), base_url=OURS).text
    other = cli("account", "connect", "freshdesk", "--name", "fresh", "--domain", "elsewhere")
    assert other.exit_code == 2
    one_sentence(other, "name of another helpdesk's account")
