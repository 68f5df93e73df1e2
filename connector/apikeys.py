"""Connects a Freshdesk account by the API key that its admin pastes into a page: a one-time link, then the key.

The link is used up by the key that works, so that a wrong one can be put right; the page limits the tries.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connector.connecting import (
    NotConnected,
    fresh_account,
    inspected,
    known_account,
    passed,
    refuse_second,
    starter_policy,
)
from connector.errors import HandrailError
from connector.model import Account
from connector.ports import CheckState, Connections, Inspection
from connector.records import APP_REMOVED, REFUSED, AuditEntry
from connector.runbooks import Runbook
from connector.sidebar.installing import connect_app, key_of_app

if TYPE_CHECKING:
    from connector.app import App

LINK = "key"
LINK_LIFE = timedelta(hours=24)
SECRET_BYTES = 32
VENDOR = "freshdesk"
TRY_AGAIN = ("refused", "unreachable", "agent", "second")
"""Why a key was not taken, in the page's words."""


def make_link(connections: Connections, *, base_url: str, name: str, owner: str, now: datetime) -> str:
    """The secret of a one-time link to the page for one helpdesk's key."""
    secret = secrets.token_urlsafe(32)
    bound = {"base_url": base_url, "name": name, "owner": owner}
    connections.put(LINK, secret, bound, expires_at=now + LINK_LIFE, now=now)
    return secret


def look(app: App, link: str) -> Mapping[str, str]:
    """What the link is for; it stays good. NotConnected: unknown, used or expired."""
    bound = app.ledger.connections.look(LINK, link, now=app.clock())
    if bound is None:
        raise NotConnected("link", "The link is unknown, was used already, or has expired.")
    return bound


def connect(app: App, link: str, key: str) -> Account:
    """The account, connected or connected again, with a key for its app; uses the link up. NotConnected says why not;
    after a word of `TRY_AGAIN` nothing was kept, and the link is good for another try.
    """
    bound = look(app, link)
    known = known_account(app, VENDOR, bound)
    credentials = {"api_key": key}
    account = replace(known, credentials=credentials) if known else fresh_account(app, VENDOR, bound, credentials)
    inspection = app.providers[VENDOR].inspect(account)
    try:
        account = inspected(account, passed(inspection))
    except HandrailError as error:
        raise NotConnected(_why(inspection), str(error)) from error
    try:
        refuse_second(app, account)
    except HandrailError as error:
        raise NotConnected("second", str(error)) from error
    if app.ledger.connections.take(LINK, link, now=app.clock()) is None:
        raise NotConnected("link", "The link was used already.")
    return _kept(app, account, bound, again=known is not None)


def _why(inspection: Inspection) -> str:
    """The word of `TRY_AGAIN` for the first thing that failed."""
    failed = next((check for check in inspection.checks if check.state is CheckState.FAIL), None)
    if failed is None:
        return "refused"
    if failed.runbook is Runbook.HELPDESK_DOWN:
        return "unreachable"
    return "agent" if failed.name == "agent" else "refused"


def _kept(app: App, account: Account, bound: Mapping[str, str], *, again: bool) -> Account:
    now = app.clock()
    if again:
        app.ledger.accounts.update(account, now=now)
        for kind in (REFUSED, APP_REMOVED):
            app.ledger.watch.clear_alarm(account.id, kind, account.id, now=now)
    else:
        account = replace(account, webhook_secrets=(secrets.token_urlsafe(SECRET_BYTES),))
        app.ledger.accounts.add(account, now=now)
        policy = starter_policy(bound["owner"])
        app.ledger.policies.publish(account.id, policy, by="install link", comment="starter", now=now)
        connect_app(app.ledger, account, now=now)
    verb = "account connect again" if again else "account connect"
    detail = f"{VENDOR} {account.name} {account.base_url}"
    app.ledger.watch.record(AuditEntry(account_id=account.id, actor="install link", verb=verb, detail=detail, at=now))
    return app.ledger.accounts.get(account.id) or account


def app_values(app: App, account: Account) -> tuple[str, str, str]:
    """What the app asks for at its installation: our host, the account's name, its key ("" = none is known)."""
    return urlsplit(app.settings.public_url).netloc, account.name, key_of_app(app.ledger, account)


def rule_secret(app: App, account: Account) -> str:
    """The secret for automation rules: never the app's key, which opens cards; "" where there is no other."""
    key = key_of_app(app.ledger, account)
    return next((secret for secret in account.webhook_secrets if secret != key), "")
