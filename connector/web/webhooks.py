"""Receives webhooks: size limit, verify, parse, store, answer. Nothing else happens in the request [R1, R2].

An unknown account answers exactly like a bad signature, and takes as long.
"""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from flask import Blueprint, Response, jsonify, request

from connector.errors import WebhookRejected
from connector.model import Account, AccountConfig, RawRequest, Stage
from connector.ports import Accounts, Provider
from connector.records import APP_INSTALLED, APP_REMOVED, Delivery, Receipt
from connector.sidebar.installing import tell_of_app

if TYPE_CHECKING:
    from connector.app import App

MAX_BODY_BYTES = 1024 * 1024
KNOWN_SECONDS = 1.0
"""How long an account's secrets stay in memory: a removed account or rotated secret counts after this."""


class KnownAccounts:
    """Accounts by name for the hot path; read again every second so that removal and rotation are seen."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._known: dict[str, tuple[float, Account | None]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Account | None:
        """The account, None when there is none."""
        now = time.monotonic()
        with self._lock:
            entry = self._known.get(name)
            if entry is not None and now - entry[0] < KNOWN_SECONDS:
                return entry[1]
        account = self._accounts.get(name)
        with self._lock:
            if len(self._known) > 10_000:  # names come from outside: never grow without bound
                self._known.clear()
            self._known[name] = (now, account)
        return account


def blueprint(app: App) -> Blueprint:
    """The webhook routes over this app's ledger and providers."""
    routes = Blueprint("webhooks", __name__)
    known = KnownAccounts(app.ledger.accounts)
    settle = timedelta(seconds=app.settings.settle_seconds)

    @routes.post("/webhooks/zendesk/<account>")
    def zendesk(account: str) -> tuple[Response, int]:
        """A Zendesk event subscription or trigger."""
        return receive("zendesk", account, None)

    @routes.post("/webhooks/freshdesk/<account>")
    @routes.post("/webhooks/freshdesk/<account>/<secret>")
    def freshdesk(account: str, secret: str | None = None) -> tuple[Response, int]:
        """A Freshdesk automation rule."""
        return receive("freshdesk", account, secret)

    def receive(vendor: str, name: str, secret: str | None) -> tuple[Response, int]:
        raw = RawRequest(
            headers={key.lower(): value for key, value in request.headers.items()},
            body=_bounded_body(),
            path_secret=secret,
        )
        provider = app.providers[vendor]
        now = app.clock()
        account = _verified(provider, raw, known.get(name), vendor, now)
        event = provider.parse(raw, account, now=now)
        delivery = Delivery(account_id=account.id, event=event, received_at=now, due_at=now + settle)
        receipt = app.ledger.inbox.receive(delivery)
        app.bell.ring()
        if event.ignore in (APP_INSTALLED, APP_REMOVED):
            tell_of_app(app.ledger, account, there=event.ignore == APP_INSTALLED, now=now)
        return jsonify(status=_status(receipt, ignored=event.ignore is not None), event=receipt.event_id), 202

    def _verified(provider: Provider, raw: RawRequest, account: Account | None, vendor: str, now: datetime) -> Account:
        checked = account if account is not None and account.vendor == vendor else replace(decoy, vendor=vendor)
        provider.verify(raw, checked, now=now)
        if checked is not account:
            raise WebhookRejected("The signature is missing or wrong.", status=401)
        return checked

    decoy = _decoy()
    return routes


def _bounded_body() -> bytes:
    """The body, at most 1 MiB; more is answered 413 before it is read to the end."""
    if request.content_length is not None and request.content_length > MAX_BODY_BYTES:
        raise WebhookRejected("The body is larger than 1 MiB.", status=413)
    body = request.stream.read(MAX_BODY_BYTES + 1)
    if len(body) > MAX_BODY_BYTES:
        raise WebhookRejected("The body is larger than 1 MiB.", status=413)
    return body


def _status(receipt: Receipt, *, ignored: bool) -> str:
    if receipt.duplicate:
        return "duplicate"
    return "ignored" if ignored else "accepted"


def _decoy() -> Account:
    """An account with a secret nobody knows: verifying against it costs as much as a real one."""
    return Account(
        id="",
        name="",
        vendor="",
        base_url="",
        stage=Stage.OFF,
        bot_user_id="",
        config=AccountConfig(company=""),
        webhook_secrets=(secrets.token_urlsafe(32),),
    )
