"""The key that an app shows which cannot sign (Freshdesk): made once, kept only as a digest."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import replace
from datetime import datetime

from connector.errors import CallerRefused
from connector.model import Account
from connector.ports import Ledger
from connector.records import APP_INSTALLED, APP_REMOVED, Alarm, AppInstallation
from connector.sidebar.claims import Claim, Level

LONGEST_NAME = 100
APP = "app"
"""The subject of the alarm that the app is gone; that the credentials work again does not end it."""


def new_key(ledger: Ledger, account: Account, *, now: datetime) -> str:
    """A new installation key for this account; the one before opens nothing from now on. It can be read only here."""
    key = secrets.token_urlsafe(32)
    known = ledger.sidebar.installation(account.id) or AppInstallation(account_id=account.id)
    ledger.sidebar.install(replace(known, key_digest=_digest(key)), now=now)
    return key


def connect_app(ledger: Ledger, account: Account, *, now: datetime) -> str:
    """A new installation key that also signs the events which the app forwards; the one before does neither any more.

    A webhook secret alone opens no card: it stands in automation rules for every admin of the helpdesk to read.
    """
    known = ledger.sidebar.installation(account.id)
    before = known.key_digest if known else ""
    others = tuple(secret for secret in account.webhook_secrets if _digest(secret) != before)
    key = new_key(ledger, account, now=now)
    ledger.accounts.update(replace(account, webhook_secrets=(*others, key)), now=now)
    return key


def app_there(ledger: Ledger, account: Account) -> bool | None:
    """Whether the platform said that our app is installed in this account; None where it said nothing."""
    said, _ = ledger.watch.cursor(account.id, APP)
    return None if said is None else said == APP_INSTALLED


def key_of_app(ledger: Ledger, account: Account) -> str:
    """The app's key, where it signs events as well (`connect_app`); "" for one that is kept only as a digest."""
    known = ledger.sidebar.installation(account.id)
    digest = known.key_digest if known else ""
    return next((secret for secret in account.webhook_secrets if digest and _digest(secret) == digest), "")


def tell_of_app(ledger: Ledger, account: Account, *, there: bool, now: datetime) -> None:
    """What the platform said of our app in this account: an uninstall is an alarm, until it is installed again."""
    ledger.watch.move_cursor(account.id, APP, APP_INSTALLED if there else APP_REMOVED, now=now)
    if there:
        ledger.watch.clear_alarm(account.id, APP_REMOVED, APP, now=now)
        return
    detail = (
        f"Handrail's app was uninstalled at the helpdesk of {account.name}: agents see no card any more. Was it meant? "
        "`handrail account disconnect` ends the account; else install the app again"
    )
    ledger.watch.raise_alarm(Alarm(account_id=account.id, kind=APP_REMOVED, subject=APP, detail=detail, raised_at=now))


def check_key(ledger: Ledger, account: Account | None, key: str, *, agent: str = "") -> Claim:
    """The claim of an app that shows the key of its account; `agent` is the browser's word. CallerRefused."""
    known = ledger.sidebar.installation(account.id) if account is not None else None
    digest = known.key_digest if known else ""
    # Compared in any case, so that an unknown account takes as long.
    equal = hmac.compare_digest(_digest(key), digest or _digest(secrets.token_hex(16)))
    if account is None or not digest or not equal:
        raise CallerRefused("the installation key is not that of this account")
    return Claim(vendor=account.vendor, account_id=account.id, agent=agent[:LONGEST_NAME], level=Level.INSTALLATION)


def _digest(key: str) -> str:
    """The key has 256 random bits: a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode()).hexdigest()
