"""The load of a sidebar's page: whose it is, and that its helpdesk proved it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from connector.errors import CallerRefused, HandrailError
from connector.model import Account
from connector.ports import Ledger, Provider
from connector.records import AppInstallation
from connector.sidebar.claims import Claim, Level, PageLoad

KNOWN_SECONDS = 5.0
"""How long the accounts' addresses stay in memory."""


class SignedPages(Protocol):
    """How a helpdesk proves that an agent of one of its accounts loads our page."""

    def issuer_host(self, token: str) -> str:
        """The host that the token names, unproved. CallerRefused."""

    def account_host(self, account: Account) -> str:
        """The host of an account's helpdesk."""

    def check(self, token: str, account: Account, pem: str, *, installation_id: str = "", now: datetime) -> PageLoad:
        """The proved load. CallerRefused, ConfigurationError."""


@runtime_checkable
class KeyGiver(Protocol):
    """A provider that can be asked for the key of our app."""

    def app_public_key(self, account: Account, app_id: str) -> str:
        """The key as PEM. ProviderError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """A page that may be shown, to whom, and the only origin that may frame it."""

    account: Account
    claim: Claim
    origin: str


@dataclass(frozen=True, kw_only=True)
class Door:
    """Lets page loads in. `configured_key` is the app's public key where a setting names it, else ""."""

    ledger: Ledger
    pages: SignedPages
    provider: Provider
    configured_key: str
    monotonic: Callable[[], float]
    _hosts: dict[str, Account] = field(default_factory=dict)
    _read: list[float] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def open(self, token: str, origin: str, *, now: datetime) -> Loaded:
        """The page that this token opens, once. CallerRefused says why not.

        `origin` is what the browser says; where it says something it must be the account's helpdesk.
        """
        account = self._account(self.pages.issuer_host(token))
        own = account.base_url.rstrip("/")
        if origin and origin.rstrip("/").lower() != own.lower():
            raise CallerRefused("the page would be framed by another address")
        known = self.ledger.sidebar.installation(account.id) or AppInstallation(account_id=account.id)
        load = self.pages.check(
            token, account, self._key(account, known, now), installation_id=known.installation_id, now=now
        )
        if not self.ledger.sidebar.use_token(account.id, load.digest, expires_at=load.expires_at, now=now):
            raise CallerRefused("the token was used before")
        claim = Claim(vendor=account.vendor, account_id=account.id, agent=load.agent_id, level=Level.AGENT)
        return Loaded(account=account, claim=claim, origin=own)

    def _account(self, host: str) -> Account:
        """The account whose helpdesk this is; where there are several by one name each, the first."""
        with self._lock:
            now = self.monotonic()
            if not self._read or now - self._read[0] >= KNOWN_SECONDS:
                accounts = (item for item in self.ledger.accounts.all() if item.vendor == self.provider.name)
                self._hosts.clear()
                for account in accounts:
                    self._hosts.setdefault(self.pages.account_host(account), account)
                self._read[:] = [now]
            found = self._hosts.get(host)
        if found is None:
            raise CallerRefused("no account of ours is there")
        return found

    def _key(self, account: Account, known: AppInstallation, now: datetime) -> str:
        """The app's public key: set, known from before, or asked for once."""
        if self.configured_key or known.public_key:
            return self.configured_key or known.public_key
        if not known.app_id or not isinstance(self.provider, KeyGiver):
            raise CallerRefused("the public key of the app is not known: set HANDRAIL_ZENDESK_APP_KEY")
        try:
            pem = self.provider.app_public_key(account, known.app_id)
        except HandrailError as error:
            raise CallerRefused(f"the public key of the app cannot be asked for: {error}") from error
        self.ledger.sidebar.install(replace(known, public_key=pem), now=now)
        return pem
