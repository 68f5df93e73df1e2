"""Disconnects an account: nothing is read or written from that moment, then our things go at the helpdesk.

A helpdesk that is gone, or refuses, keeps nobody from leaving: what is left there is named. One that is down is tried
again by the worker until it took our access back; only then are the credentials forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import structlog

from connector.connecting import webhook_url
from connector.model import Account
from connector.ports import Check, CheckState, Ledger, Provider
from connector.records import LEFT_BEHIND, Alarm, AuditEntry

if TYPE_CHECKING:
    from connector.app import App

log = structlog.get_logger()

LEASE_SECONDS = 55.0
"""Longer than a helpdesk that hangs holds up the calls before the last: no two workers undo what the other needs."""
SOON_SECONDS, SOON_TRIES = 20.0, 30
LATER_SECONDS = 300.0
MOST_TRIES = 300
"""About a day. Counted, because a clock that jumps must not end it."""


@runtime_checkable
class Disconnects(Protocol):
    """A provider that can say, or do, what is to be taken away at the helpdesk."""

    def disconnect(self, account: Account, url: str | None) -> tuple[Check, ...]:
        """Take away what calls `url` (None = that is another account's by now), then give the access back. A check that
        warns may be tried again; one that failed is left to people, with the words for them in `fix`.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Disconnected:
    """What became of it: `checks` of the first try, and whether the worker goes on trying."""

    account_id: str
    erase_at: datetime
    checks: tuple[Check, ...]

    @property
    def pending(self) -> bool:
        """Whether the worker goes on trying."""
        return any(check.state is CheckState.WARN for check in self.checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Takes our things away at the helpdesks of disconnected accounts; a worker's chore."""

    ledger: Ledger
    providers: Mapping[str, Provider]
    public_url: str

    def accounts(self) -> Sequence[Account]:
        """Those where something is left to do."""
        return self.ledger.leaving.accounts()

    def tend(self, account: Account, now: datetime) -> int:
        """Try once, if it is time; whether it was."""
        checks = self.attempt(account.id, now)
        if checks is None:
            return 0
        left = by_hand(checks)
        if left and not any(check.state is CheckState.WARN for check in checks):
            # Nobody stands before this one and reads it.
            detail = f"{account.name} was disconnected, but something is left at the helpdesk. {' '.join(left)}"
            alarm = Alarm(account_id=account.id, kind=LEFT_BEHIND, subject=account.id, detail=detail, raised_at=now)
            self.ledger.watch.raise_alarm(alarm)
        return 1

    def attempt(self, account_id: str, now: datetime) -> tuple[Check, ...] | None:
        """What became of our things; None where no try is due, or another one tries just now."""
        claimed = self.ledger.leaving.claim(account_id, now=now, lease_seconds=LEASE_SECONDS)
        if claimed is None:
            return None
        account, tries = claimed
        checks = self._take_away(account)
        if any(check.state is CheckState.WARN for check in checks):
            log.info("leaving_put_off", account=account_id, attempt=tries)
            if tries < MOST_TRIES:
                self.ledger.leaving.delay(account_id, until=now + pause(tries))
                return checks
            checks = tuple(given_up(check) for check in checks)
        self.ledger.leaving.end(account_id)
        done = ", ".join(f"{check.name} {'left' if check.fix else 'gone'}" for check in checks)
        self.ledger.watch.record(
            AuditEntry(account_id=account_id, actor="handrail", verb="account leave", detail=done, at=now)
        )
        return checks

    def _take_away(self, account: Account) -> tuple[Check, ...]:
        provider = self.providers[account.vendor]
        if not isinstance(provider, Disconnects):
            return ()
        # An account that was connected anew under this name has the same webhook: it stays.
        taken = self.ledger.accounts.get(account.name) is not None
        return provider.disconnect(account, None if taken else webhook_url(self.public_url, account))


def pause(tries: int) -> timedelta:
    """How long to wait after so many tries: short while people look, then so that an outage of a day is sat out."""
    return timedelta(seconds=SOON_SECONDS if tries < SOON_TRIES else LATER_SECONDS)


def given_up(check: Check) -> Check:
    """A check that would be tried again, as one that is left to people."""
    if check.state is not CheckState.WARN:
        return check
    return Check(name=check.name, state=CheckState.FAIL, found=check.found, fix=check.fix)


def by_hand(checks: Sequence[Check]) -> list[str]:
    """What is left for people to do, in words."""
    return [check.fix for check in checks if check.fix]


def withdrawal(app: App) -> Withdrawal:
    """The chore over this app."""
    return Withdrawal(ledger=app.ledger, providers=app.providers, public_url=app.settings.public_url)


def disconnect(app: App, account: Account, *, by: str) -> Disconnected:
    """End the account: local work first, at once; then what can be done at the helpdesk now. StoreError."""
    now = app.clock()
    erase_at = now + timedelta(days=app.settings.retention_days)
    app.ledger.leaving.leave(account.id, now=now, erase_at=erase_at)
    entry = AuditEntry(account_id=account.id, actor=by, verb="account disconnect", detail=account.name, at=now)
    app.ledger.watch.record(entry)
    log.info("disconnected", account=account.id)
    checks = withdrawal(app).attempt(account.id, now) or ()
    if not app.settings.retention_days:
        app.ledger.leaving.erase(account.id, now=app.clock())
    return Disconnected(account_id=account.id, erase_at=erase_at, checks=checks)
