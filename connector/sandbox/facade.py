"""The sandbox as one object: four ports, two emulated helpdesks, one scripted model, one journal."""

from __future__ import annotations

import json
import secrets
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime
from types import TracebackType
from typing import Any

from flask import Flask
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from connector.sandbox.apps import FreshdeskApp, ZendeskApp, origin_of
from connector.sandbox.clock import SandboxClock
from connector.sandbox.faults import Faults
from connector.sandbox.freshdesk import samples as freshdesk_samples
from connector.sandbox.freshdesk import state as freshdesk_state
from connector.sandbox.freshdesk.app import create_app as create_freshdesk
from connector.sandbox.freshdesk.desk import FreshdeskDesk
from connector.sandbox.journal import Journal
from connector.sandbox.model import ModelServer
from connector.sandbox.people import Desk, ticket_json
from connector.sandbox.server import Site
from connector.sandbox.store import Ticket
from connector.sandbox.webhooks import Deliveries
from connector.sandbox.zendesk import samples as zendesk_samples
from connector.sandbox.zendesk import state as zendesk_state
from connector.sandbox.zendesk.app import create_app as create_zendesk
from connector.sandbox.zendesk.desk import ZendeskDesk

VENDORS = ("zendesk", "freshdesk")
FIRST_TICKETS = {"zendesk": 1, "freshdesk": 700_001}
"""Apart, so that a ticket number alone names a ticket; real accounts overlap."""


class Helpdesk:
    """One emulated helpdesk: where it listens, its switches and its state."""

    def __init__(self, *, account: Any, desk: Desk, app: Flask, host: Any, site: Site) -> None:
        self.account = account
        self.desk = desk
        self.app = app
        self.host = host
        self.site = site
        account.url = site.url

    @property
    def url(self) -> str:
        """Base address without a trailing slash."""
        return self.site.url

    @property
    def settings(self) -> Any:
        """The vendor's `Settings`; change them at any time."""
        return self.account.settings

    @property
    def limits(self) -> Any:
        """The rate limits; set `limits.enforce = True` to have them answered with 429."""
        return self.account.limits

    def change_settings(self, values: Mapping[str, Any]) -> None:
        """Sets switches by name, `enforce_limits` among them. Raises ValueError for an unknown one."""
        for name, value in values.items():
            if name == "enforce_limits":
                self.limits.enforce = bool(value)
            elif hasattr(self.settings, name):
                setattr(self.settings, name, value)
            else:
                raise ValueError(f"Unknown setting {name!r}.")


class Sandbox:
    """Emulated helpdesks, desk and scripted model on loopback. Use as a context manager, or start() and stop().

    Every state change stands in `journal`, every fault is added to `faults`. Port 0 takes a free one.
    """

    def __init__(
        self,
        *,
        zendesk_port: int = 0,
        freshdesk_port: int = 0,
        desk_port: int = 0,
        model_port: int = 0,
        clock: Callable[[], datetime] | None = None,
        first_tickets: Mapping[str, int] | None = None,
    ) -> None:
        from connector.sandbox.desk import create_app as create_desk

        self.clock = SandboxClock(clock)
        self.journal = Journal()
        self.faults = Faults()
        self.webhooks = Deliveries(self.clock)
        self.model = ModelServer(port=model_port)
        self.form_token = secrets.token_urlsafe(24)  # stands in the forms of the pages and is asked for again
        self._first_tickets = {**FIRST_TICKETS, **(first_tickets or {})}
        self.zendesk = self._open_zendesk(zendesk_port)
        self.freshdesk = self._open_freshdesk(freshdesk_port)
        self._desk_site = Site(name="desk", app=create_desk(self), now=self.clock.now, port=desk_port)

    def _open_zendesk(self, port: int) -> Helpdesk:
        account = zendesk_state.open_account(
            clock=self.clock,
            journal=self.journal,
            deliveries=self.webhooks,
            first_ticket=self._first_tickets["zendesk"],
        )
        app, host = create_zendesk(account)
        return Helpdesk(
            account=account, desk=ZendeskDesk(account), app=app, host=host, site=self._site("zendesk", app, port)
        )

    def _open_freshdesk(self, port: int) -> Helpdesk:
        account = freshdesk_state.open_account(
            clock=self.clock,
            journal=self.journal,
            deliveries=self.webhooks,
            first_ticket=self._first_tickets["freshdesk"],
        )
        app, host = create_freshdesk(account)
        return Helpdesk(
            account=account, desk=FreshdeskDesk(account), app=app, host=host, site=self._site("freshdesk", app, port)
        )

    def _site(self, name: str, app: Flask, port: int) -> Site:
        from connector.sandbox.agent import create_app as create_agent_pages

        # On the helpdesk's own address, as with the vendors: an app's page allows that one to frame it and no other.
        both = DispatcherMiddleware(app, {"/agent": create_agent_pages(self, name)})
        return Site(name=name, app=both, now=self.clock.now, faults=self.faults, journal=self.journal, port=port)

    # --- life ---------------------------------------------------------------------------------------

    def start(self) -> Sandbox:
        """Begins to serve on all ports."""
        self.webhooks.start()
        self.model.start()
        for site in (self.zendesk.site, self.freshdesk.site, self._desk_site):
            site.start()
        return self

    def stop(self) -> None:
        """Stops serving; nothing is kept."""
        self.faults.clear()
        self.webhooks.stop()
        for site in (self.zendesk.site, self.freshdesk.site, self._desk_site):
            site.stop()
        self.model.stop()

    def __enter__(self) -> Sandbox:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def desk_url(self) -> str:
        """Base address of the control API and the agent view."""
        return self._desk_site.url

    @property
    def zendesk_sdk_url(self) -> str:
        """The script that stands for Zendesk's SDK in an app's page, so that the page needs no network."""
        return f"{self.zendesk.url}/agent/static/zaf_client.js"

    @property
    def credentials(self) -> dict[str, dict[str, Any]]:
        """{"zendesk": {client_id, client_secret, email, api_token, bot_user_id, ...}, "freshdesk": {api_key, ...}}."""
        return {
            "zendesk": asdict(self.zendesk.account.credentials),
            "freshdesk": asdict(self.freshdesk.account.credentials),
        }

    def helpdesk(self, vendor: str) -> Helpdesk:
        """The helpdesk of that vendor. Raises ValueError for another word."""
        if vendor not in VENDORS:
            raise ValueError(f"Unknown vendor {vendor!r}; use zendesk or freshdesk.")
        return self.zendesk if vendor == "zendesk" else self.freshdesk

    # --- what people do -----------------------------------------------------------------------------

    def add_ticket(self, vendor: str, **fields: Any) -> int:
        """A new ticket by a customer; returns its number.

        Fields: subject, body or body_html, requester {name, email, verified}, channel, cc [...], tags, status,
        priority, type, group_id, assignee ("agent", "bot" or an id), custom_fields {}, attachments [{name, ...}],
        flags [...] (Zendesk mail flags), auto_response, public, spam, notify (False: no webhook).
        """
        return self.helpdesk(vendor).desk.add_ticket(fields).id

    def add_comment(self, vendor: str, ticket_id: int, author: Any = "requester", **fields: Any) -> int:
        """Another comment; returns its id.

        author: "requester", "agent", "other" (a stranger), "bot" (the integration's own user), an id or
        {name, email}. Fields: text or html, public (default True), flags, attachments, channel, notify;
        Freshdesk also kind="survey", auto_response, cc.
        """
        return self.helpdesk(vendor).desk.add_comment(ticket_id, {**fields, "author": author}).id

    def change(self, vendor: str, ticket_id: int, **fields: Any) -> None:
        """A change by an agent, in the vendor's own words (status="solved" or status=4, tags=[...], ...).

        Also assignee ("agent", "bot", id, None), cc, spam, deleted, archived, merged_into, actor, notify.
        Raises `store.ApiError` with the vendor's answer for what its rules forbid.
        """
        self.helpdesk(vendor).desk.change(ticket_id, fields)

    def renew_credentials(self, vendor: str) -> dict[str, Any]:
        """An admin revokes what an app connects with and makes new ones; returns all of them."""
        helpdesk = self.helpdesk(vendor)
        with helpdesk.account.store.lock:
            known = helpdesk.account.credentials
            if vendor == "zendesk":
                known.client_secret, known.api_token = secrets.token_hex(32), secrets.token_urlsafe(30)
                helpdesk.host.tokens.clear()
            else:
                known.api_key = secrets.token_urlsafe(16)
        return self.credentials[vendor]

    def rate(self, vendor: str, ticket_id: int, *, good: bool) -> None:
        """The customer answers the satisfaction survey."""
        self.helpdesk(vendor).desk.rate(ticket_id, good=good)

    def add_article(self, vendor: str, **fields: Any) -> dict[str, Any]:
        """A help-centre article: title, body (HTML), locale, section, draft, internal, labels. Returns its record."""
        helpdesk, samples = self.helpdesk(vendor), zendesk_samples if vendor == "zendesk" else freshdesk_samples
        with helpdesk.account.store.lock:
            record: dict[str, Any] = samples.add_article(helpdesk.account, self.clock.now(), **fields)
            return record

    def install_app(self, vendor: str, **fields: Any) -> dict[str, Any]:
        """Puts a marketplace app beside every ticket of the agent view, in place of the one before.

        Zendesk: url (of its signed page), settings {}; returns {"app_id", "installation_id", "public_key", "origin"}.
        Freshdesk: files {path: text} of the package, iparams {}, service (address that answers for its host).
        Raises ValueError for an address that is none or a package without its page.
        """
        account = self.helpdesk(vendor).account
        with account.store.lock:
            next_id = account.store.other_ids.next
            if vendor == "freshdesk":
                account.app = FreshdeskApp(**{**fields, "service": origin_of(str(fields.get("service")))})
                return {"origin": account.url}
            origin_of(str(fields.get("url")))
            account.app = app = ZendeskApp(**fields, app_id=next_id(), installation_id=next_id())
        found = {"app_id": app.app_id, "installation_id": app.installation_id, "public_key": app.key.public_pem}
        return found | {"origin": account.url}

    def ticket(self, vendor: str, ticket_id: int) -> dict[str, Any]:
        """The ticket with its comments, `notes` and `replies`. Raises KeyError when there is none."""
        helpdesk = self.helpdesk(vendor)
        with helpdesk.account.store.lock:
            return ticket_json(helpdesk.desk, helpdesk.account.store.tickets[ticket_id])

    def tickets(self, vendor: str) -> list[dict[str, Any]]:
        """All tickets of a vendor, oldest first."""
        helpdesk = self.helpdesk(vendor)
        with helpdesk.account.store.lock:
            found: list[Ticket] = list(helpdesk.account.store.tickets.values())
            return [ticket_json(helpdesk.desk, t) for t in found]

    def latest_tickets(self, *, start: int, count: int) -> tuple[list[dict[str, Any]], int]:
        """Tickets of both vendors, the latest change first, and how many there are in all."""
        numbers: list[tuple[datetime, str, int]] = []
        for vendor in VENDORS:
            store = self.helpdesk(vendor).account.store
            with store.lock:
                numbers += [(t.updated_at, vendor, t.id) for t in store.tickets.values()]
        numbers.sort(reverse=True)
        shown = [self.ticket(vendor, number) for _, vendor, number in numbers[start : start + count]]
        return shown, len(numbers)

    # --- webhooks -----------------------------------------------------------------------------------

    def set_webhook(
        self, vendor: str, url: str, secret: str | None = None, copies: int = 1, **options: Any
    ) -> dict[str, Any]:
        """Registers the receiver and returns {"id", "secret"}; replaces what was set here before.

        Zendesk: all ticket events (or `events=[...]`), or trigger-connected with `trigger_body` and
        `conditions`; a secret is made when none is given. Freshdesk: see `FreshdeskDesk.set_webhook`.
        """
        return self.helpdesk(vendor).desk.set_webhook({"url": url, "secret": secret, "copies": copies, **options})

    def hold(self) -> None:
        """Keeps outgoing webhooks back until `release`."""
        self.webhooks.hold()

    def release(self, *, shuffle_seed: int | None = None) -> int:
        """Lets held webhooks go, in order or shuffled; returns how many."""
        return self.webhooks.release(shuffle_seed=shuffle_seed)

    def deliveries(self, vendor: str | None = None, ticket: int | None = None) -> list[dict[str, Any]]:
        """Every webhook so far with its attempts."""
        return [d.as_json() for d in self.webhooks.records(vendor=vendor, ticket=ticket)]

    def redeliver(self, **options: Any) -> dict[str, int]:
        """Sends all webhooks again: copies, shuffle_seed, connections, vendor, ticket. Returns counts by status."""
        return self.webhooks.redeliver(**options)

    def drain(self, timeout_seconds: float = 30.0) -> bool:
        """Waits until every webhook that is due was sent; False when the time was too short."""
        return self.webhooks.drain(timeout_seconds)

    def advance(self, seconds: float) -> datetime:
        """Moves the sandbox's clock forward; retries, token expiry and exports follow it."""
        return self.clock.advance(seconds)

    def reset(self) -> None:
        """Back to the start: no tickets, journal, faults, webhooks or limits. Addresses and credentials stay."""
        self.faults.clear()
        self.webhooks.clear()
        for helpdesk in (self.zendesk, self.freshdesk):
            with helpdesk.account.store.lock:
                _forget(helpdesk, self._first_tickets[helpdesk.desk.vendor])
        self.journal.clear()
        self.model.reset()


def _forget(helpdesk: Helpdesk, first_ticket: int) -> None:
    account = helpdesk.account
    account.store.tickets.clear()
    account.store.ticket_ids.value = first_ticket - 1
    account.ratings.clear()
    account.limits.clear()
    account.settings = type(account.settings)()
    if helpdesk.desk.vendor == "zendesk":
        for kept in (account.webhooks, account.triggers, account.idempotency, account.suspended, account.jobs):
            kept.clear()
        helpdesk.host.tokens.clear()
    else:
        account.rules.clear()


def serve(port: int = 0) -> None:
    """Runs the sandbox until SIGINT or SIGTERM: the desk on `port`, then Zendesk, Freshdesk, the model.

    Prints one JSON line with addresses and credentials once it answers.
    """
    ports = (port, port + 1, port + 2, port + 3) if port else (0, 0, 0, 0)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    with Sandbox(desk_port=ports[0], zendesk_port=ports[1], freshdesk_port=ports[2], model_port=ports[3]) as sandbox:
        ready = {
            "desk": sandbox.desk_url,
            "zendesk": sandbox.zendesk.url,
            "zendesk_sdk": sandbox.zendesk_sdk_url,
            "freshdesk": sandbox.freshdesk.url,
            "model": sandbox.model.url,
            "credentials": sandbox.credentials,
        }
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        stopped.wait()
