"""Takes the pictures of the install guides: `python tools/install_pictures.py`.

Needs Chromium (`python tools/system_parts.py`) and the packages of requirements/dev.txt.

Real pages of our own service beside the sandbox helpdesks, with invented names; the pages of the helpdesks themselves
are not ours to copy, so their steps stand in words. The sandbox's address is shown as the helpdesk's would be.
"""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from connector import adminpage, apikeys, connecting, web
from connector.app import App, build, utc_now
from connector.model import Event, EventKind
from connector.records import AppInstallation, Delivery
from connector.sandbox import Sandbox
from connector.settings import Settings

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
SIZE = {"width": 860, "height": 560}
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync"]
HOST = "handrail.northwind.example"
SHOWN = {"zendesk": "https://northwind.zendesk.example", "freshdesk": "https://northwind.freshdesk.example"}
NAME = "northwind"

_RENAME = """names => {
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode())
    for (const [from, to] of names) walk.currentNode.data = walk.currentNode.data.replaceAll(from, to);
}"""


class Quiet(WSGIRequestHandler):
    """Writes no log of its own."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Nothing."""


@dataclass
class Stand:
    """Our service beside the sandbox, and the page that is photographed."""

    app: App
    sandbox: Sandbox
    address: str
    page: Page

    def shot(self, name: str) -> None:
        """The page as it is, with invented addresses and secrets in place of the sandbox's."""
        names = [(self.sandbox.helpdesk(vendor).url, shown) for vendor, shown in SHOWN.items()]
        hosts = [(address.partition("//")[2], shown.partition("//")[2]) for address, shown in names]
        ours = [(self.address, f"https://{HOST}"), (self.address.partition("//")[2], HOST)]
        secrets = [(secret, f"{kind}-of-your-account") for secret, kind in self._secrets()]
        self.page.evaluate(_RENAME, [*names, *hosts, *ours, *secrets])
        self.page.evaluate("document.activeElement && document.activeElement.blur()")
        height = self.page.evaluate("Math.ceil(document.querySelector('main').getBoundingClientRect().bottom)")
        clip = {"x": 0, "y": 0, "width": SIZE["width"], "height": height}
        self.page.screenshot(path=FOLDER / f"install-{name}.png", clip=clip, full_page=True)  # type: ignore[arg-type]  # the keys of a clip

    def _secrets(self) -> Iterator[tuple[str, str]]:
        for account in self.app.ledger.accounts.all():
            key = apikeys.app_values(self.app, account)[2]
            yield from ((one, "installation-key" if one == key else "secret") for one in account.webhook_secrets)


def main() -> None:
    """Write every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        for take in (take_zendesk, take_freshdesk):
            with standing(browser) as stand:
                take(stand)
        browser.close()


@contextmanager
def standing(browser: Browser) -> Iterator[Stand]:
    """A service of its own for each helpdesk."""
    with Sandbox() as sandbox, tempfile.TemporaryDirectory() as home:
        server = make_server(
            "127.0.0.1", 0, lambda environ, start: flask(environ, start), threaded=True, request_handler=Quiet
        )
        address = f"http://127.0.0.1:{server.server_port}"
        known = sandbox.credentials["zendesk"]
        settings = Settings(
            home=Path(home),
            public_url=address,
            allow_loopback_helpdesk=True,
            zendesk_client_id=known["client_id"],
            zendesk_client_secret=known["client_secret"],
        )
        app = build(settings, clock=utc_now)
        flask = web.create_app(app)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        page = browser.new_page(viewport={"width": SIZE["width"], "height": SIZE["height"]}, locale="en-GB")
        yield Stand(app=app, sandbox=sandbox, address=address, page=page)
        page.close()
        server.shutdown()
        thread.join(10)
        app.close()


def take_zendesk(stand: Stand) -> None:
    """The link, the checklist, the account's page and the way out."""
    page, ledger = stand.page, stand.app.ledger
    bound = {"base_url": stand.sandbox.zendesk.url, "name": NAME, "owner": "Support"}
    link = connecting.make_link(ledger.connections, now=utc_now(), **bound)
    stand.sandbox.add_ticket("zendesk", subject="Opening hours", body="When are you open?")
    page.goto(f"{stand.address}/oauth/zendesk/start?link={link}")
    stand.shot("zendesk-link")
    page.get_by_role("button").click()
    page.get_by_role("button", name="Allow").click()
    page.locator(".checks").wait_for()
    stand.shot("zendesk-connected")
    page.get_by_role("link").click()
    page.locator("#first.waiting").wait_for()
    stand.shot("zendesk-waiting")
    (account,) = ledger.accounts.all()
    ledger.sidebar.install(AppInstallation(account_id=account.id, app_id="1"), now=utc_now())
    arrive(stand)
    page.goto(f"{stand.address}/connect/page?code={adminpage.make_link(ledger.connections, account, now=utc_now())}")
    stand.shot("page-link")
    page.get_by_role("button").click()
    page.locator("#first.good").wait_for()
    page.locator("a.careful").click()
    page.locator("button.careful").wait_for()
    stand.shot("zendesk-sure")
    page.locator("button.careful").click()
    page.get_by_role("heading", name="is disconnected").wait_for()
    stand.shot("zendesk-left")


def take_freshdesk(stand: Stand) -> None:
    """The key, the values for the app, the rules, and what is left to do."""
    page, ledger = stand.page, stand.app.ledger
    bound = {"base_url": stand.sandbox.freshdesk.url, "name": NAME, "owner": "Support"}
    link = apikeys.make_link(ledger.connections, now=utc_now(), **bound)
    page.goto(f"{stand.address}/connect/freshdesk?code={link}")
    stand.shot("freshdesk-key")
    page.locator("#key").fill(stand.sandbox.credentials["freshdesk"]["api_key"])
    page.get_by_role("button").click()
    page.locator("#first.waiting").wait_for()
    stand.shot("freshdesk-page")
    page.locator("summary").click()
    stand.shot("freshdesk-rules")
    arrive(stand)
    page.locator("#first.good").wait_for()
    page.locator("a.careful").click()
    page.locator("button.careful").click()
    page.get_by_role("heading", name="is disconnected").wait_for()
    stand.shot("freshdesk-left")


def arrive(stand: Stand) -> None:
    """The first event, as the helpdesk would bring it."""
    (account,) = stand.app.ledger.accounts.all()
    event = Event(key="first", ticket_id="7", kind=EventKind.CREATED, vendor_kind="ticket_created")
    delivery = Delivery(account_id=account.id, event=event, received_at=utc_now(), due_at=utc_now())
    stand.app.ledger.inbox.receive(delivery)


if __name__ == "__main__":
    main()
