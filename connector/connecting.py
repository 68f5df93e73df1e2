"""Connects an account by the helpdesk's own consent page: link, state, code, then everything that is to be set up.

A link is for one admin and one helpdesk and lives a day; a state lives ten minutes, is bound to the browser that asked
for it, and both count once. Setting up again finds what is there: installing twice makes nothing twice.
"""

from __future__ import annotations

import hmac
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import structlog

from connector import starters
from connector.accountconfig import parse_account_config
from connector.errors import ConfigurationError, HandrailError
from connector.identifiers import time_sorted_id
from connector.model import Account, AccountConfig, Stage
from connector.ports import Check, CheckState, Connections, Inspection, OAuthClient
from connector.records import APP_REMOVED, REFUSED, AuditEntry

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

LINK_LIFE = timedelta(hours=24)
STATE_LIFE = timedelta(minutes=10)
MOST_SECRETS = 3
LINK, STATE = "link", "state"


class NotConnected(HandrailError):
    """The account was not connected; `word` names why in the page's words."""

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__(sentence)
        self.word = word


class Installed(Protocol):
    """A webhook on the helpdesk's side with its signing secret."""

    @property
    def secret(self) -> str:
        """What its requests are signed with."""


@runtime_checkable
class Connects(Protocol):
    """A provider that is connected by a consent page."""

    def consent_url(self, base: str, client: OAuthClient, *, state: str, verifier: str) -> str:
        """Where the admin says yes."""

    def exchange(self, base: str, client: OAuthClient, *, code: str, verifier: str) -> Mapping[str, str]:
        """The credentials for a code."""

    def create_webhook(self, account: Account, url: str) -> Installed:
        """Our webhook for `url`, made or found again."""

    def disconnect(self, account: Account, url: str | None) -> tuple[Check, ...]:
        """Take away what we set up and give the token back; what could not be done is a check."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """An account that was connected, whether it was before, and what was looked at."""

    account: Account
    again: bool
    checks: tuple[Check, ...]


def zendesk_client(app: App) -> OAuthClient:
    """The configured OAuth client; ConfigurationError names what is missing."""
    settings = app.settings
    if not settings.zendesk_client_id or not settings.zendesk_client_secret:
        raise ConfigurationError(
            "Accounts cannot be connected by a link yet: set HANDRAIL_ZENDESK_CLIENT_ID and "
            "HANDRAIL_ZENDESK_CLIENT_SECRET to those of your OAuth client."
        )
    identity = {
        "marketplace_name": settings.zendesk_marketplace_name,
        "marketplace_organization_id": settings.zendesk_marketplace_organization_id,
        "marketplace_app_id": settings.zendesk_marketplace_app_id,
    }
    return OAuthClient(
        id=settings.zendesk_client_id,
        secret=settings.zendesk_client_secret,
        redirect_uri=f"{settings.public_url}/oauth/zendesk/callback",
        identity={key: value for key, value in identity.items() if value},
    )


def make_link(connections: Connections, *, base_url: str, name: str, owner: str, now: datetime) -> str:
    """The secret of a one-time link for one helpdesk."""
    secret = secrets.token_urlsafe(32)
    bound = {"base_url": base_url, "name": name, "owner": owner}
    connections.put(LINK, secret, bound, expires_at=now + LINK_LIFE, now=now)
    return secret


def begin(app: App, provider: Connects, client: OAuthClient, link: str, browser: str) -> str:
    """Where to send the admin; uses the link up. NotConnected: unknown, used or expired."""
    now = app.clock()
    bound = app.ledger.connections.take(LINK, link, now=now)
    if bound is None:
        raise NotConnected("link", "The link is unknown, was used already, or has expired.")
    state, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(48)
    kept = {**bound, "verifier": verifier, "browser": browser, "redirect_uri": client.redirect_uri}
    app.ledger.connections.put(STATE, state, kept, expires_at=now + STATE_LIFE, now=now)
    return provider.consent_url(bound["base_url"], client, state=state, verifier=verifier)


def finish(
    app: App, vendor: str, provider: Connects, client: OAuthClient, given: Mapping[str, str], browser: str
) -> Connected:
    """The account, connected or connected again, with everything set up. NotConnected says why not."""
    bound = app.ledger.connections.take(STATE, given.get("state", ""), now=app.clock())
    if bound is None or not browser or not hmac.compare_digest(bound["browser"].encode(), browser.encode()):
        raise NotConnected("state", "The answer belongs to no request of this browser, came twice, or came too late.")
    if given.get("error"):
        raise NotConnected("denied", "Access was not allowed.")
    if bound["redirect_uri"] != client.redirect_uri or not given.get("code"):
        raise NotConnected("state", "The answer does not fit the request.")
    base = bound["base_url"]
    try:
        granted = provider.exchange(base, client, code=given["code"], verifier=bound["verifier"])
    except HandrailError as error:
        log.warning("code_refused", error=type(error).__name__)
        raise NotConnected("code", f"The helpdesk gave no access: {error}") from error
    return _connected(app, vendor, provider, bound, {**granted, **client.identity})


def _connected(
    app: App, vendor: str, provider: Connects, bound: Mapping[str, str], credentials: Mapping[str, str]
) -> Connected:
    known = known_account(app, vendor, bound)
    account = replace(known, credentials=credentials) if known else fresh_account(app, vendor, bound, credentials)
    url = webhook_url(app.settings.public_url, account)
    inspection = app.providers[vendor].inspect(account)
    try:
        account = inspected(account, passed(inspection))
        refuse_second(app, account)
        account = _with_secret(account, provider.create_webhook(account, url).secret)
    except HandrailError as error:
        if known is None:
            provider.disconnect(account, url)
        raise NotConnected("refused", str(error)) from error
    now = app.clock()
    if known is None:
        app.ledger.accounts.add(account, now=now)
        app.ledger.policies.publish(
            account.id, starter_policy(bound["owner"]), by="install link", comment="starter", now=now
        )
    else:
        app.ledger.accounts.update(account, now=now)
        for kind in (REFUSED, APP_REMOVED):
            app.ledger.watch.clear_alarm(account.id, kind, account.id, now=now)
    verb = "account connect again" if known else "account connect"
    detail = f"{vendor} {account.name} {account.base_url}"
    app.ledger.watch.record(AuditEntry(account_id=account.id, actor="install link", verb=verb, detail=detail, at=now))
    made = Check(name="webhook", state=CheckState.PASS, found="set up, with its signing secret")
    return Connected(account=account, again=known is not None, checks=(*inspection.checks, made))


def known_account(app: App, vendor: str, bound: Mapping[str, str]) -> Account | None:
    """The account to connect again: that of the name, if it is of the same helpdesk."""
    known = app.ledger.accounts.get(bound["name"])
    if known is not None and (known.vendor, known.base_url) != (vendor, bound["base_url"]):
        raise NotConnected("name", f"The name {bound['name']} belongs to another helpdesk by now.")
    return known


def fresh_account(app: App, vendor: str, bound: Mapping[str, str], credentials: Mapping[str, str]) -> Account:
    """A new account for what a link is bound to, in shadow and not stored yet."""
    return Account(
        id=time_sorted_id(app.clock(), secrets.token_bytes(8)),
        name=bound["name"],
        vendor=vendor,
        base_url=bound["base_url"],
        stage=Stage.SHADOW,
        bot_user_id="",
        config=starter_config(vendor, bound["name"]),
        default_owner=bound["owner"] or None,
        credentials=credentials,
    )


def _with_secret(account: Account, secret: str) -> Account:
    others = [known for known in account.webhook_secrets if known != secret]
    return replace(account, webhook_secrets=(secret, *others)[:MOST_SECRETS])


def refuse_second(app: App, account: Account) -> None:
    """Two accounts of one user on one helpdesk would answer the same tickets twice."""
    for other in app.ledger.accounts.all():
        same = (other.base_url, other.bot_user_id) == (account.base_url, account.bot_user_id)
        if same and other.id != account.id:
            raise ConfigurationError(
                f"This helpdesk is connected already, with the same user, as {other.name}: "
                "change that account with `handrail account update`, or remove it first."
            )


def webhook_url(public_url: str, account: Account) -> str:
    """Where the helpdesk sends its webhooks."""
    return f"{public_url}/webhooks/{account.vendor}/{account.name}"


def starter_config(vendor: str, company: str) -> AccountConfig:
    """The starter configuration of a vendor, in the team's own name."""
    return replace(parse_account_config(starters.text(f"accounts/{vendor}.toml")), company=company)


def starter_policy(owner: str) -> str:
    """The starter policy with its default owner filled in."""
    text = starters.text("policy.toml")
    # A TOML basic string is a JSON string; only the first owner, that of [defaults], is meant.
    return re.sub(r'(?m)^owner = ""', lambda _: f"owner = {json.dumps(owner, ensure_ascii=False)}", text, count=1)


def passed(inspection: Inspection) -> Inspection:
    """The inspection, if nothing in it failed."""
    failed = [check for check in inspection.checks if check.state is CheckState.FAIL]
    if failed:
        check = failed[0]
        raise HandrailError(f"The account was not added: {check.name}: {check.found.rstrip('.')}. {check.fix}".strip())
    if not inspection.bot_user_id:
        raise HandrailError("The account was not added: the helpdesk did not say which user the credentials belong to.")
    return inspection


def inspected(account: Account, inspection: Inspection) -> Account:
    """The account with what connecting showed: our own user and addresses."""
    own = inspection.own_addresses or account.config.own_addresses
    return replace(
        account, bot_user_id=inspection.bot_user_id, config=replace(account.config, own_addresses=frozenset(own))
    )
