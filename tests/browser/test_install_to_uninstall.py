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
    made = sandbox.install_app("zendesk", url=f"{service.address}/apps/zendesk/sidebar")
    numbers = ("--app-id", str(made["app_id"]), "--installation-id", str(made["installation_id"]))
    service.command("app", "register", "acme", *numbers)

    ticket = drafted(sandbox, service, "zendesk", lambda _: None)
    shows_what_was_noted(card(page, sandbox, "zendesk", ticket), ours(sandbox, "zendesk", ticket))

    removed = service.command("account", "remove", "acme")
    assert {row["name"] for row in removed["at_helpdesk"]} == {"webhook", "triggers", "token"}
    assert not sandbox.zendesk.account.webhooks
    gone(sandbox, service, "zendesk", removed["id"])
    revoked = [call for call in sandbox.journal.calls() if (call.method, call.status) == ("DELETE", 204)]
    assert any(call.path.endswith("/oauth/tokens/current.json") for call in revoked), revoked


def test_freshdesk_from_the_key_to_the_last_trace(page: Page, sandbox: Sandbox, service: Service) -> None:
    secret = sandbox.credentials["freshdesk"]["api_key"]
    told = service.command(
        *("account", "connect", "freshdesk", "--base-url", sandbox.freshdesk.url, "--name", "acme"),
        *("--api-key", secret, "--owner", "Ana Ruiz"),
    )
    assert {row["state"] for row in told["checks"]} == {"pass"}
    iparams = {name: told[name] for name in ("service_host", "account", "installation_key")}
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

    ticket = drafted(sandbox, service, "freshdesk", forward)
    checks = service.command("account", "check", "acme", "--wait", "30")
    assert {row["state"] for row in checks} == {"pass"}, checks
    assert checks[-1]["name"] == "acme: first event"
    shows_what_was_noted(card(page, sandbox, "freshdesk", ticket), ours(sandbox, "freshdesk", ticket))

    removed = service.command("account", "remove", "acme")
    gone(sandbox, service, "freshdesk", removed["id"])


def drafted(sandbox: Sandbox, service: Service, vendor: str, tell: Callable[[int], None]) -> int:
    """A customer's question that got its first note."""
    service.command("account", "stage", "acme", "draft")
    ticket = sandbox.add_ticket(vendor, **QUESTION)
    sandbox.drain(30)
    tell(ticket)
    service.wait_until_quiet()
    assert len(ours(sandbox, vendor, ticket)) == 1
    return ticket


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


def gone(sandbox: Sandbox, service: Service, vendor: str, account_id: str) -> None:
    """Nothing more is written, and no secret of the account is left; its history goes by a command of its own."""
    later = sandbox.add_ticket(vendor, **QUESTION)
    sandbox.drain(30)
    service.wait_until_quiet()
    assert not ours(sandbox, vendor, later)
    assert service.command("account", "list") == []
    service.command("account", "erase", account_id)
    service.stop()
    kept = b"".join(path.read_bytes() for path in service.home.iterdir() if path.is_file() and path.suffix != ".log")
    assert QUESTION["requester"]["email"].encode() not in kept  # type: ignore[index]  # a table of invented words


def ours(sandbox: Sandbox, vendor: str, ticket: int) -> list[str]:
    entries = sandbox.journal.entries(vendor=vendor, ticket=ticket)
    return [entry.text for entry in entries if entry.by_integration and entry.verb in ("note", "reply")]
