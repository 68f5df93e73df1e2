"""Both helpdesks from the admin's first click to the last: connected, a note, the card beside it, and away again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import FrameLocator, Page, expect

import providers
from connector import packaging
from connector.sandbox import Sandbox
from tests.browser.test_freshdesk_server import ENVELOPE, run
from tests.pipeline.service import ENDLESS, Service
from tests.real_parts.postgres import free_port

QUESTION = {
    "subject": "Forgotten password",
    "body": "Hello,\n\nI forgot my password. How can I reset it myself?\n\nThanks\nMara",
    "requester": {"name": "Mara Lindqvist", "email": "mara@kunde.example", "verified": True},
}


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        for vendor, plan in ENDLESS.items():
            sandbox.helpdesk(vendor).change_settings(plan)
        yield sandbox


@pytest.fixture
def service(sandbox: Sandbox, tmp_path: Path) -> Iterator[Service]:
    """It knows its own address before it starts, as one behind a name does: the way back from Zendesk leads there."""
    port = free_port()
    known = sandbox.credentials["zendesk"]
    environ = {
        "HANDRAIL_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "HANDRAIL_ZENDESK_CLIENT_ID": known["client_id"],
        "HANDRAIL_ZENDESK_CLIENT_SECRET": known["client_secret"],
        "HANDRAIL_ZENDESK_SDK_URL": sandbox.zendesk_sdk_url,
    }
    service = Service(home=tmp_path, environ=environ)
    service.start(port=port)
    yield service
    service.stop()


def test_zendesk_from_the_link_to_the_last_trace(page: Page, sandbox: Sandbox, service: Service) -> None:
    told = service.command(
        *("account", "connect", "zendesk", "--base-url", sandbox.zendesk.url, "--name", "acme", "--owner", "Ana Ruiz")
    )
    page.goto(told["link"])
    page.get_by_role("button").click()
    page.get_by_role("button", name="Allow").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("acme is connected")
    assert "missing" not in page.locator("main").inner_text().lower()
    page.get_by_role("link", name="On to the set-up page").click()
    waits_for_the_first_event(page)
    made = sandbox.install_app("zendesk", url=f"{service.address}/apps/zendesk/sidebar")
    numbers = ("--app-id", str(made["app_id"]), "--installation-id", str(made["installation_id"]))
    service.command("app", "register", "acme", *numbers)

    ticket = drafted(page, sandbox, service, "zendesk", lambda _: None)
    shows_what_was_noted(card(page, sandbox, "zendesk", ticket), ours(sandbox, "zendesk", ticket))

    disconnected(page, service)
    assert page.get_by_role("listitem").count() == 0, "nothing is left to do by hand"
    assert not sandbox.zendesk.account.webhooks
    assert not [one for one in sandbox.zendesk.account.triggers if "handrail" in str(one).lower()]
    gone(sandbox, service, "zendesk")
    revoked = [call for call in sandbox.journal.calls() if (call.method, call.status) == ("DELETE", 204)]
    assert any(call.path.endswith("/oauth/tokens/current.json") for call in revoked), revoked


def test_freshdesk_from_the_key_to_the_last_trace(page: Page, sandbox: Sandbox, service: Service) -> None:
    told = service.command(
        *("account", "connect", "freshdesk", "--base-url", sandbox.freshdesk.url, "--name", "acme"),
        *("--owner", "Ana Ruiz"),
    )
    page.goto(told["link"])
    page.get_by_label("API key").fill(sandbox.credentials["freshdesk"]["api_key"])
    page.get_by_role("button").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Handrail and acme")
    waits_for_the_first_event(page)
    host, name, key = page.locator("section[aria-labelledby=app-title] code").all_inner_texts()
    iparams = {"service_host": host, "account": name, "installation_key": key}
    built = providers.package("freshdesk", packaging.sidebar_files())
    files = {name: data.decode() for name, data in built.items() if name[-4:] != ".png"}
    sandbox.install_app("freshdesk", files=files, iparams=iparams, service=service.address)

    def forward(ticket: int) -> None:
        """What the platform does with an event: the app's server part runs, and its call is made from a template."""
        args = {**ENVELOPE, "event": "onTicketCreate", "data": {"ticket": {"id": ticket}}}
        ((template, body),) = run(page, files["server/server.js"], "onTicketCreate", args=args)["calls"]
        called = f"{sandbox.freshdesk.url}/agent/templates/{template}"
        answer = requests.post(called, json={"body": json.dumps(body)}, timeout=30).json()
        assert answer["status"] == 202, answer

    setting_up = page.url
    ticket = drafted(page, sandbox, service, "freshdesk", forward, setting_up)
    checks = service.command("account", "check", "acme", "--wait", "30")
    assert {row["state"] for row in checks} == {"pass"}, checks
    assert checks[-1]["name"] == "acme: first event"
    shows_what_was_noted(card(page, sandbox, "freshdesk", ticket), ours(sandbox, "freshdesk", ticket))

    disconnected(page, service)
    assert page.get_by_role("listitem").count() == 3, "the app, the rules and the key are left to an admin"
    gone(sandbox, service, "freshdesk")


def waits_for_the_first_event(page: Page) -> None:
    expect(page.locator("#first")).to_contain_text("Waiting for the first event")
    assert page.locator(".checks .fail").count() == 0, page.locator("main").inner_text()


def drafted(
    page: Page, sandbox: Sandbox, service: Service, vendor: str, tell: Callable[[int], None], setting_up: str = ""
) -> int:
    """A customer's question that got its first note; the open set-up page sees the event arrive by itself."""
    service.command("account", "stage", "acme", "draft")
    ticket = sandbox.add_ticket(vendor, **QUESTION)
    sandbox.drain(30)
    tell(ticket)
    if setting_up:  # the server part of the app has run in this page meanwhile
        page.goto(setting_up)
    expect(page.locator("#first")).to_contain_text("Events arrive", timeout=30_000)
    service.wait_until_quiet()
    assert len(ours(sandbox, vendor, ticket)) == 1
    return ticket


def disconnected(page: Page, service: Service) -> None:
    """By a link of its own and the buttons of the page."""
    page.goto(service.command("account", "page", "acme")["link"])
    page.get_by_role("button", name="Open the page").click()
    page.get_by_role("link", name="Disconnect acme").click()
    page.get_by_role("button", name="Yes, disconnect").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("acme is disconnected")


def shows_what_was_noted(frame: FrameLocator, notes: list[str]) -> None:
    """The card has the draft, word for word as it stands in the helpdesk's note."""
    expect(frame.locator(".draft p").first).to_be_visible()
    (note,) = notes
    for paragraph in frame.locator(".draft p").all_inner_texts():
        assert " ".join(paragraph.split()) in " ".join(note.split())


def card(page: Page, sandbox: Sandbox, vendor: str, ticket: int) -> FrameLocator:
    """The sidebar beside this ticket."""
    page.goto(f"{sandbox.desk_url}/tickets/{vendor}/{ticket}")
    frame = page.frame_locator("iframe[name=app]")
    expect(frame.locator("#sidebar")).to_have_attribute("aria-busy", re.compile("false"))
    return frame


def gone(sandbox: Sandbox, service: Service, vendor: str) -> None:
    """Nothing more is written, and no secret or word of the account is left once its history is erased as well."""
    later = sandbox.add_ticket(vendor, **QUESTION)
    sandbox.drain(30)
    service.wait_until_quiet()
    assert not ours(sandbox, vendor, later)
    assert service.command("account", "list") == []
    again = service.command("account", "disconnect", "acme")
    assert not again["pending"]
    service.command("account", "erase", again["id"])
    service.stop()
    kept = b"".join(path.read_bytes() for path in service.home.iterdir() if path.is_file() and path.suffix != ".log")
    assert QUESTION["requester"]["email"].encode() not in kept  # type: ignore[index]  # a table of invented words
    said = (service.home / "serve.log").read_text(encoding="utf-8")
    assert "code=" not in said, "a one-time link stands in no log"


def ours(sandbox: Sandbox, vendor: str, ticket: int) -> list[str]:
    entries = sandbox.journal.entries(vendor=vendor, ticket=ticket)
    return [entry.text for entry in entries if entry.by_integration and entry.verb in ("note", "reply")]
