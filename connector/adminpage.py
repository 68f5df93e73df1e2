"""The page of one account for an admin of its helpdesk: a one-time link opens it, for half an hour, in one browser.

The link and the visit are kept as digests alone (`Connections`), each with the account that it is for: whoever comes by
one sees that account and no other.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from connector.connecting import NotConnected, webhook_url
from connector.errors import HandrailError
from connector.model import Account, EventKind
from connector.ports import Check, CheckState, Connections, Ledger
from connector.records import StoredEvent
from connector.sidebar.installing import app_there

if TYPE_CHECKING:
    from connector.app import App

LINK, VISIT = "page", "visit"
LINK_LIFE = timedelta(minutes=30)
VISIT_LIFE = timedelta(minutes=30)


@runtime_checkable
class ShowsInstalled(Protocol):
    """A provider that can see what we set up at its helpdesk."""

    def installed(self, account: Account, url: str) -> tuple[Check, ...]:
        """What is there of ours. ProviderError, where it could not be looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """An open page. `proof` is in its forms, so that no other site can send them."""

    account: Account
    proof: str = field(repr=False)

    def sent(self, proof: str) -> bool:
        """Whether a form with this proof came from the page."""
        return hmac.compare_digest(self.proof.encode(), proof.encode("utf-8", "surrogatepass"))


def make_link(connections: Connections, account: Account, *, now: datetime) -> str:
    """The secret of a one-time link to this account's page."""
    secret = secrets.token_urlsafe(32)
    connections.put(LINK, secret, {"account": account.id}, expires_at=now + LINK_LIFE, now=now)
    return secret


def account_of(app: App, link: str) -> Account:
    """Whose page the link opens; it stays good. NotConnected: unknown, used or expired."""
    return _account(app, app.ledger.connections.look(LINK, link, now=app.clock()))


def enter(app: App, link: str) -> str:
    """The secret of a visit; uses the link up. NotConnected: unknown, used or expired."""
    account = _account(app, app.ledger.connections.take(LINK, link, now=app.clock()))
    return begin_visit(app.ledger.connections, account, now=app.clock())


def begin_visit(connections: Connections, account: Account, *, now: datetime) -> str:
    """The secret of a visit to this account's page, for a browser that has just proved itself."""
    secret = secrets.token_urlsafe(32)
    bound = {"account": account.id, "proof": secrets.token_urlsafe(32)}
    connections.put(VISIT, secret, bound, expires_at=now + VISIT_LIFE, now=now)
    return secret


def visit(app: App, secret: str) -> Visit:
    """The visit that goes on. NotConnected: unknown or over, or its account is gone."""
    bound = app.ledger.connections.look(VISIT, secret, now=app.clock())
    account = app.ledger.accounts.get(bound["account"]) if bound else None
    # By its id: an account with such a name would be another one.
    if bound is None or account is None or account.id != bound["account"]:
        raise NotConnected("ended", "The page has ended.")
    return Visit(account=account, proof=bound["proof"])


def end_visit(app: App, secret: str) -> None:
    """The page is over."""
    app.ledger.connections.take(VISIT, secret, now=app.clock())


def arrived(ledger: Ledger, account: Account) -> StoredEvent | None:
    """The newest event of a ticket that the helpdesk itself brought; what we found by asking proves nothing."""
    events = ledger.inbox.events(account_id=account.id)
    own = (EventKind.POLLED, EventKind.REPLAYED)
    return next((event for event in events if event.ticket_id and event.kind not in own), None)


def checklist(app: App, account: Account) -> tuple[Check, ...]:
    """What is there and works: access, user and plan; what we set up; what is ours to know. Problems are checks."""
    inspection = app.providers[account.vendor].inspect(account)
    return (*inspection.checks, *_installed(app, account), _secret(account), _fields(), _app(app, account))


def _account(app: App, bound: object) -> Account:
    account = app.ledger.accounts.get(bound["account"]) if isinstance(bound, dict) else None
    if account is None:
        raise NotConnected("link", "The link is unknown, was used already, or has expired.")
    return account


def _installed(app: App, account: Account) -> tuple[Check, ...]:
    provider = app.providers[account.vendor]
    if not isinstance(provider, ShowsInstalled):
        return ()
    try:
        return provider.installed(account, webhook_url(app.settings.public_url, account))
    except HandrailError as error:
        return (Check(name="webhook", state=CheckState.WARN, found=str(error), fix="Load the page again later."),)


def _secret(account: Account) -> Check:
    if account.webhook_secrets:
        return Check(name="secret", state=CheckState.PASS, found="kept, encrypted")
    return Check(name="secret", state=CheckState.FAIL, found="none", fix="Connect the account again.")


def _fields() -> Check:
    return Check(name="fields", state=CheckState.PASS, found="none needed: Handrail marks tickets with tags")


def _app(app: App, account: Account) -> Check:
    """Zendesk's app is known by its number; of Freshdesk's only the platform says that it is installed."""
    known = app.ledger.sidebar.installation(account.id)
    there = app_there(app.ledger, account)
    if there or (there is None and known is not None and known.app_id):
        return Check(name="app", state=CheckState.PASS, found="known to Handrail")
    fix = "Install the app: without it agents see no card."
    found = "not installed yet, as far as Handrail knows" if there is None else "uninstalled"
    return Check(name="app", state=CheckState.WARN, found=found, fix=fix)
