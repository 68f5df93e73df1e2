"""The sidebar in both sandbox helpdesks: installed as their admins do, and opened as their agents' browsers do."""

from __future__ import annotations

import http.client
import json
import urllib.parse
import urllib.request
import zipfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from demo.play import ACCOUNTS, Row
from demo.world import World

SECONDS = 30.0


# --- installed --------------------------------------------------------------------------------------


def build_package(world: World) -> Path:
    """The file that Freshdesk's admin uploads."""
    file = world.home / "handrail-freshdesk.zip"
    world.command("app", "build", "freshdesk", "--out", str(file))
    return file


def install_in_zendesk(world: World) -> None:
    """Install the app, and tell Handrail its two numbers; with them it asks the helpdesk for the app's key."""
    made = world.control("POST", "zendesk/app", {"url": f"{world.handrail}/apps/zendesk/sidebar"})
    numbers = ("--app-id", str(made["app_id"]), "--installation-id", str(made["installation_id"]))
    world.command("app", "register", ACCOUNTS["zendesk"], *numbers)


def install_in_freshdesk(world: World, package: Path) -> None:
    """Upload the package, and enter the three values that `app key` says."""
    with zipfile.ZipFile(package) as packed:
        files = {name: packed.read(name).decode() for name in packed.namelist()}
    told = world.command("app", "key", ACCOUNTS["freshdesk"])
    world.control("POST", "freshdesk/app", {"files": files, "iparams": told, "service": world.handrail})


# --- opened -----------------------------------------------------------------------------------------


def faults(world: World, rows: Iterable[Row]) -> list[str]:
    """What is wrong with the sidebar beside the first drafted ticket of each helpdesk; nothing where both answer."""
    drafted = {row.sample.vendor: row.ticket for row in reversed(list(rows)) if row.action == "draft"}
    found = []
    for vendor, look in LOOKS.items():
        try:
            card = look(world, drafted[vendor])
        except (OSError, ValueError, LookupError) as error:
            found.append(f"The sidebar in {vendor.capitalize()} does not answer ({type(error).__name__}: {error}).")
            continue
        if not card.get("draft") or str(card.get("ticket")) != drafted[vendor]:
            found.append(f"The sidebar in {vendor.capitalize()} has no draft for ticket {drafted[vendor]}.")
    return found


def look_in_zendesk(world: World, ticket: str) -> Mapping[str, Any]:
    """The card as the frame beside the ticket gets it: by a signed load, and the page's own token after it.

    OSError, ValueError, LookupError: something on the way did not answer as it must.
    """
    beside = Page.read(ask(f"{world.sandbox['zendesk']}/agent/tickets/{ticket}"))
    form = urllib.parse.urlencode({"token": beside.fields["token"]}).encode()
    address = f"{beside.forms['app-load']}&colorScheme=light"
    page = Page.read(ask(address, form))
    load_scripts(address, page)
    card = f"{world.handrail}{page.body['data-base']}/card/{ticket}?lang=en"
    answer: Mapping[str, Any] = json.loads(ask(card, headers={"Authorization": f"Bearer {page.body['data-token']}"}))
    return answer


def look_in_freshdesk(world: World, ticket: str) -> Mapping[str, Any]:
    """The card as the frame beside the ticket gets it: by the package's request template. Raises as above."""
    helpdesk = f"{world.sandbox['freshdesk']}/agent"
    ask(f"{helpdesk}/tickets/{ticket}")
    address = f"{helpdesk}/app/index.html"
    load_scripts(address, Page.read(ask(address)))
    said = json.dumps({"context": {"ticket": ticket, "lang": "en"}}).encode()
    told = json.loads(ask(f"{helpdesk}/templates/card", said, {"Content-Type": "application/json"}))
    if told["status"] != 200:
        raise ValueError(f"status {told['status']}")
    answer: Mapping[str, Any] = json.loads(told["response"])
    return answer


LOOKS: Mapping[str, Callable[[World, str], Mapping[str, Any]]] = {
    "zendesk": look_in_zendesk,
    "freshdesk": look_in_freshdesk,
}


def load_scripts(address: str, page: Page) -> None:
    """Load what the page at this address loads; LookupError where it names no script, OSError where one is missing."""
    if not page.scripts:
        raise LookupError("the page names no script")
    for script in page.scripts:
        ask(urllib.parse.urljoin(address, script))


@dataclass(slots=True)
class Page:
    """What a browser would go on with: forms by id, fields by name, scripts, and what the body says."""

    forms: dict[str, str] = field(default_factory=dict)
    fields: dict[str, str] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    body: dict[str, str] = field(default_factory=dict)

    @classmethod
    def read(cls, html: str) -> Page:
        """The parts of this page; of several forms the fields of the app's own count."""
        page = cls()
        _Reader(page).feed(html)
        return page


class _Reader(HTMLParser):
    def __init__(self, page: Page) -> None:
        super().__init__()
        self._page = page
        self._form = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._form = told.get("id", "")
            self._page.forms[self._form] = told.get("action", "")
        elif tag == "input" and self._form == "app-load":
            self._page.fields[told["name"]] = told.get("value", "")
        elif tag == "script" and "src" in told:
            self._page.scripts.append(told["src"])
        elif tag == "body":
            self._page.body = told


def ask(address: str, body: bytes | None = None, headers: Mapping[str, str] | None = None) -> str:
    """The text that answers there, by POST where there is a body. OSError where none does, or not whole."""
    request = urllib.request.Request(address, data=body, headers=dict(headers or {}))  # noqa: S310 - our own loopback
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310 - the same
            text: str = answer.read().decode()
            return text
    except http.client.HTTPException as error:  # what is no HTTP, or less than was announced: no OSError by itself
        raise OSError(str(error)) from error
