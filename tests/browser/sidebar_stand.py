"""A sidebar as an agent has it: a browser, a helpdesk around it, and our server behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Frame, Page, expect

from connector.sandbox import Sandbox
from tests.browser.sidebar_service import Service

VENDORS = ("zendesk", "freshdesk")
KEY = "installation-key"


@dataclass
class Stand:
    vendor: str
    page: Page
    sandbox: Sandbox
    service: Service
    tickets: list[int] = field(default_factory=list)
    tolerated: list[str] = field(default_factory=list)

    def open(self) -> Frame:
        """The frame of the sidebar beside the first ticket."""
        self.page.goto(f"{self.sandbox.desk_url}/tickets/{self.vendor}/{self.tickets[0]}")
        handle = self.page.wait_for_selector("iframe[name=app]")
        frame = handle.content_frame()
        assert frame
        frame.wait_for_selector("#sidebar[aria-busy=false], #trouble:not([hidden])")
        return frame

    def editor(self) -> str:
        return self.page.locator("#editor").input_value()

    def switch(self, number: int, *, quietly: bool) -> None:
        """The agent opens another ticket."""
        self.page.evaluate("([id, quietly]) => sandboxHost.open(id, { quietly })", [self.tickets[number], quietly])


@contextmanager
def standing(
    browser: Browser, service: Service, vendor: str, *, scheme: str = "light", locale: str = "en-US"
) -> Iterator[Stand]:
    """Fails on script errors, console errors other than tolerated ones, and calls to another host."""
    with Sandbox() as sandbox:
        install(sandbox, service, vendor)
        sandbox.helpdesk(vendor).change_settings({"agent_locale": locale})
        tickets = [sandbox.add_ticket(vendor, subject=f"No {n}", body="Where is my order 48551?") for n in (1, 2)]
        page = browser.new_page(viewport={"width": 1200, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # a word of a fixed list
        stand = Stand(vendor=vendor, page=page, sandbox=sandbox, service=service, tickets=tickets)
        troubles: list[str] = []
        page.on("pageerror", lambda error: troubles.append(str(error)))
        page.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
        page.on("request", lambda asked: None if "//127.0.0.1" in asked.url else troubles.append(asked.url))
        yield stand
        page.close()
        assert [t for t in troubles if not any(word in t for word in stand.tolerated)] == []


def install(sandbox: Sandbox, service: Service, vendor: str) -> None:
    if vendor == "zendesk":
        sandbox.install_app("zendesk", url=f"{service.url}/apps/zendesk/sidebar")
        return
    iparams = {"installation_key": KEY, "account": "northwind"}
    sandbox.install_app("freshdesk", files=service.package(), iparams=iparams, service=service.url)


def violations(frame: Frame) -> list[str]:
    """What axe finds, best practices included."""
    found = Axe().run(frame)  # type: ignore[arg-type]  # a frame evaluates as a page does
    return [f"{v['id']}: {[n['html'] for n in v['nodes']]}" for v in found.response["violations"]]


def press_on(frame: Frame, page: Page, selector: str, key: str = "Enter") -> None:
    """Reaches a control by Tab alone, from wherever the focus is, and presses a key there."""
    tab_to(frame, page, selector)
    page.keyboard.press(key)


def tab_to(frame: Frame, page: Page, selector: str) -> None:
    expect(frame.locator(selector).first).to_be_attached()
    for _ in range(80):
        if frame.evaluate("s => document.hasFocus() && document.activeElement.matches(s)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{selector} was not reached by the keyboard")
