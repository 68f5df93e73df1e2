"""The pages for admins of helpdesks in a real browser: fit for everybody, by keyboard, at 320 px, light and dark."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from werkzeug.serving import make_server

from connector import adminpage, apikeys, web
from connector.app import App, build, utc_now
from connector.model import Event, EventKind
from connector.records import Delivery
from connector.sandbox import Sandbox
from connector.settings import Settings
from tests.real_parts.postgres import free_port


@dataclass
class Place:
    """Our pages on a real socket beside a sandbox."""

    app: App
    sandbox: Sandbox
    address: str

    def key_link(self) -> str:
        bound = {"base_url": self.sandbox.freshdesk.url, "name": "acme", "owner": "Ana Ruiz"}
        code = apikeys.make_link(self.app.ledger.connections, now=utc_now(), **bound)
        return f"{self.address}/connect/freshdesk?code={code}"

    def page_link(self) -> str:
        (account,) = self.app.ledger.accounts.all()
        code = adminpage.make_link(self.app.ledger.connections, account, now=utc_now())
        return f"{self.address}/connect/page?code={code}"

    def bring(self) -> None:
        (account,) = self.app.ledger.accounts.all()
        event = Event(key="first", ticket_id="7", kind=EventKind.CREATED, vendor_kind="ticket_created")
        delivery = Delivery(account_id=account.id, event=event, received_at=utc_now(), due_at=utc_now())
        self.app.ledger.inbox.receive(delivery)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with Sandbox() as sandbox:
        app = build(Settings(home=tmp_path, public_url=address, allow_loopback_helpdesk=True), clock=utc_now)
        server = make_server("127.0.0.1", port, web.create_app(app), threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield Place(app=app, sandbox=sandbox, address=address)
        server.shutdown()
        thread.join(10)
        server.server_close()
        app.close()


def violations(page: Page) -> list[str]:
    found = Axe().run(page)
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found.response["violations"]]


def press_on(page: Page, selector: str) -> None:
    """Reaches a control by Tab alone and presses Enter there."""
    for _ in range(40):
        if page.evaluate("s => document.activeElement.matches(s)", selector):
            page.keyboard.press("Enter")
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} was not reached by the keyboard")


def fits(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_page_is_fit_for_everybody_and_reached_by_keyboard(
    browser: Browser, place: Place, scheme: str, language: str
) -> None:
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        color_scheme=scheme,  # type: ignore[arg-type]  # a word of a fixed list
        locale=language,
    )
    page = context.new_page()
    troubles: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda asked: None if asked.url.startswith(place.address) else troubles.append(asked.url))
    page.goto(place.key_link())
    fits(page)
    page.locator("#key").fill("a-key-that-is-wrong")
    press_on(page, "form button")
    expect(page.locator("#trouble")).to_be_visible()
    fits(page)
    page.locator("#key").fill(place.sandbox.credentials["freshdesk"]["api_key"])
    page.keyboard.press("Enter")
    expect(page.locator("#first.waiting")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == language
    fits(page)
    press_on(page, "summary")
    expect(page.locator("#recipe ol").first).to_be_visible()
    fits(page)
    place.bring()
    expect(page.locator("#first.good")).to_be_visible(timeout=15_000)
    fits(page)
    page.goto(place.page_link())
    fits(page)
    press_on(page, "form button")
    expect(page.locator("#first.good")).to_be_visible()
    press_on(page, "a.careful")
    expect(page.locator("button.careful")).to_be_visible()
    fits(page)
    press_on(page, "button.careful")
    expect(page.locator("main ul li")).to_have_count(3)
    fits(page)
    page.goto(f"{place.address}/connect/account")
    fits(page)
    context.close()
    assert troubles == []


def test_the_page_asks_seldom_and_stops_when_the_event_is_there(page: Page, place: Place) -> None:
    asked: list[float] = []
    page.on("requestfinished", lambda one: asked.append(one.timing["startTime"]) if "arrived" in one.url else None)
    page.goto(place.key_link())
    page.locator("#key").fill(place.sandbox.credentials["freshdesk"]["api_key"])
    page.get_by_role("button").click()
    expect(page.locator("#first.waiting")).to_be_visible()
    calls = len(place.sandbox.journal.calls())
    with page.expect_response(lambda answer: "arrived" in answer.url):
        pass
    with page.expect_response(lambda answer: "arrived" in answer.url) as again:
        pass
    assert again.value.status == 200
    place.bring()
    expect(page.locator("#first.good")).to_be_visible(timeout=15_000)
    gaps = [later - sooner for sooner, later in itertools.pairwise(asked)]
    assert gaps
    assert min(gaps) >= 2_000
    assert len(place.sandbox.journal.calls()) == calls, "the helpdesk is not asked"
    before = len(asked)
    page.clock.install()
    page.clock.run_for(20_000)
    assert len(asked) == before


def test_a_stranger_may_frame_no_page(browser: Browser, place: Place) -> None:
    page = browser.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    link = place.key_link()
    page.route(
        "**/stranger", lambda route: route.fulfill(body=f'<iframe src="{link}"></iframe>', content_type="text/html")
    )
    page.goto(f"{place.address}/stranger")
    page.wait_for_load_state("networkidle")
    assert page.frames[-1].locator("form").count() == 0
    assert any("frame-ancestors" in text or "X-Frame-Options" in text for text in said), said
    page.close()
