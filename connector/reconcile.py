"""Finds what webhooks lost: polls each account for updated tickets and puts them into the inbox [R3]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.errors import CredentialsRejected, HandrailError, StoreError
from connector.model import Account, Event
from connector.ports import CheckState, Ledger, Priority, Provider, errand
from connector.records import APP_REMOVED, REFUSED, Alarm, Delivery
from connector.setbacks import refusal_alarm

log = structlog.get_logger()

CURSOR = "updates"
MAX_PAGES = 20
"""Pages per account and step; a long backlog goes on at the next step instead of starving the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciler:
    """Polls every account once per `every_seconds`. The inbox drops what it has already."""

    ledger: Ledger
    providers: Mapping[str, Provider]
    every_seconds: float
    settle_seconds: float

    def step(self, now: datetime) -> int:
        """Poll the accounts that are due; returns how many new events were found."""
        return sum(self.tend(account, now) for account in self.ledger.accounts.all())

    def tend(self, account: Account, now: datetime) -> int:
        """Poll this account if it is due; how many new events were found. StoreError.

        A poll in the future was made before the clock was set back: it is no reason to wait until then.
        """
        cursor, moved_at = self.ledger.watch.cursor(account.id, CURSOR)
        if moved_at is None or not timedelta(0) <= now - moved_at < timedelta(seconds=self.every_seconds):
            return self._poll(account, cursor, now)
        return 0

    def _poll(self, account: Account, cursor: str | None, now: datetime) -> int:
        provider = self.providers[account.vendor]
        found = 0
        try:
            for _ in range(MAX_PAGES):
                with errand(Priority.POLL):
                    page = provider.updates(account, cursor, now=now)
                found += self._receive(account, page.events, now)
                cursor = page.cursor
                self.ledger.watch.move_cursor(account.id, CURSOR, cursor, now=now)
                if not page.more:
                    self._credentials_work(account, now)
                    break
        except StoreError:
            raise
        except HandrailError as error:
            # The cursor stays, only the time moves: asked again in a while, nothing is skipped.
            log.warning("poll_failed", account=account.id, error=type(error).__name__)
            if isinstance(error, CredentialsRejected):
                self._tell_of_refusal(account, error, now)
            self.ledger.watch.move_cursor(account.id, CURSOR, cursor or "", now=now)
        return found

    def _tell_of_refusal(self, account: Account, error: CredentialsRejected, now: datetime) -> None:
        """An app that was removed at the helpdesk's side, or a token that was taken back, is told of without a ticket.

        Rights that lack for the poll alone are no such case: the inspection can tell.
        """
        kind, detail = refusal_alarm(error)
        if kind == REFUSED:
            found = self.providers[account.vendor].inspect(account)
            failed = {check.name for check in found.checks if check.state is CheckState.FAIL}
            if "credentials" not in failed:
                return
            detail = "the helpdesk refuses our credentials: connect the account again, or remove it"
        alarm = Alarm(account_id=account.id, kind=kind, subject=account.id, detail=detail, raised_at=now)
        self.ledger.watch.raise_alarm(alarm)

    def _credentials_work(self, account: Account, now: datetime) -> None:
        """The alarm that they were refused is over, unless a ticket still waits because something was refused: rights
        may lack for tickets alone. That of an app's removal ends with the access only where it was raised for that.
        """
        refused = [
            alarm
            for alarm in self.ledger.watch.alarms(account.id)
            if alarm.kind in (REFUSED, APP_REMOVED) and alarm.subject == account.id
        ]
        if refused and not any(ticket.attempts for ticket in self.ledger.work.waiting(account.id, now=now)):
            for alarm in refused:
                self.ledger.watch.clear_alarm(account.id, alarm.kind, alarm.subject, now=now)

    def _receive(self, account: Account, events: tuple[Event, ...], now: datetime) -> int:
        due_at = now + timedelta(seconds=self.settle_seconds)
        deliveries = [Delivery(account_id=account.id, event=event, received_at=now, due_at=due_at) for event in events]
        receipts = self.ledger.inbox.receive_many(deliveries)
        return sum(not receipt.duplicate for receipt in receipts)
