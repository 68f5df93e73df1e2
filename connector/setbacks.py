"""What becomes of a claim that did not come through: later, never again, and who is told.

Every error ends with a person: a card if we can still write one, else a dead letter and an alarm.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.errors import (
    AccessWithdrawn,
    CredentialsRejected,
    HandrailError,
    ProviderThrottled,
    ProviderUnavailable,
    TicketGone,
)
from connector.ports import Ledger
from connector.records import APP_REMOVED, REFUSED, Alarm, Claim

log = structlog.get_logger()

MAX_ATTEMPTS = 8
BACKOFF_SECONDS = (10, 60, 300, 1200, 3600, 10800, 28800, 43200)
"""Upper ends of the full-jitter waits: eight attempts over about a day."""

LONG_WAIT = timedelta(hours=1)

DOWN_WAIT = timedelta(minutes=5)
"""How long a customer may wait for a helpdesk that does not answer before somebody is told."""

DOWN_JITTER_SECONDS = 90.0
"""While it is down the tickets that wait look again at most this far apart, not all at each trial."""


def refusal_alarm(error: CredentialsRejected) -> tuple[str, str]:
    """Kind and words of the alarm that the helpdesk lets us in no more."""
    if isinstance(error, AccessWithdrawn):
        return APP_REMOVED, (
            f"{str(error).rstrip('.')}: nothing is read or written any more. Was it meant? "
            "`handrail account disconnect` ends the account; else connect it again with `handrail account connect`"
        )
    return REFUSED, str(error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setbacks:
    """Puts claims off, or buries them. All its verbs raise LeaseLost and StoreUnavailable."""

    ledger: Ledger
    chance: random.Random

    def retry_or_bury(self, claim: Claim, error: Exception, now: datetime) -> None:
        """What an error means for the ticket: gone for good, put off without being counted, or tried again."""
        kind = type(error).__name__
        text = str(error) if isinstance(error, HandrailError) else kind
        if isinstance(error, TicketGone):
            log.warning("ticket_gone", account=claim.account_id, ticket=claim.ticket_id)
            self.ledger.work.bury(claim, now=now, reason="the ticket is gone or hidden from our user")
            return
        if isinstance(error, ProviderUnavailable):
            self._tell_of_long_wait(claim, "helpdesk_down", DOWN_WAIT, "the helpdesk does not answer", now)
            if error.down:
                # Trying on would only use up the attempts: an outage of any length ends with the ticket answered.
                seconds = (error.retry_after_seconds or 0.0) + self.chance.uniform(1.0, DOWN_JITTER_SECONDS)
                self._put_off(claim, kind, text, seconds, now)
                return
        if isinstance(error, ProviderThrottled):
            self.tell_of_throttling(claim, now)
            self._put_off(claim, kind, text, error.retry_after_seconds or 60.0, now)
            return
        log.warning("failed", account=claim.account_id, ticket=claim.ticket_id, error=kind, attempt=claim.attempts + 1)
        if isinstance(error, CredentialsRejected):
            kind, detail = refusal_alarm(error)
            self._alarm(claim, kind, claim.account_id, detail, now)
        self.try_again(claim, text, now)

    def try_again(self, claim: Claim, why: str, now: datetime) -> None:
        """Later, each time later; after the last attempt it is a dead letter and somebody is told."""
        if claim.attempts + 1 >= MAX_ATTEMPTS:
            self._alarm(claim, "dead_letter", claim.ticket_id, why, now)
            self.ledger.work.bury(claim, now=now, reason=why)
            return
        due_at = now + self._backoff(claim.attempts)
        self.ledger.work.postpone(claim, now=now, due_at=due_at, error=why, failed=True)

    def tell_of_throttling(self, claim: Claim, now: datetime) -> None:
        """Raise the alarm where calls have been refused for so long that a customer waited over an hour."""
        detail = "calls are refused for over an hour"
        self._tell_of_long_wait(claim, "helpdesk_throttles", LONG_WAIT, detail, now)

    def tell_of_restlessness(self, claim: Claim, now: datetime) -> None:
        """Raise the alarm where a ticket has changed so often that a customer waited over an hour for our write."""
        detail = "the ticket changes every few seconds, so nothing can be written to it safely"
        self._tell_of_long_wait(claim, "ticket_keeps_changing", LONG_WAIT, detail, now, subject=claim.ticket_id)

    def _put_off(self, claim: Claim, kind: str, why: str, seconds: float, now: datetime) -> None:
        """Later, and not counted: nothing is wrong with the ticket."""
        log.info("put_off", account=claim.account_id, ticket=claim.ticket_id, error=kind, seconds=round(seconds, 1))
        due_at = now + timedelta(seconds=seconds)
        self.ledger.work.postpone(claim, now=now, due_at=due_at, error=why, failed=False)

    def _tell_of_long_wait(
        self, claim: Claim, kind: str, most: timedelta, detail: str, now: datetime, *, subject: str = ""
    ) -> None:
        """A helpdesk that throttles us for long, or is down, keeps customers waiting: nobody else would notice."""
        waiting = [event.received_at for event in claim.events]
        if not waiting:
            decided = self.ledger.decisions.receipts(claim.account_id, ticket_id=claim.ticket_id, limit=1)
            waiting = [receipt.decided_at for receipt in decided]
        if waiting and now - min(waiting) > most:
            self._alarm(claim, kind, subject or claim.account_id, detail, now)

    def _backoff(self, attempts: int) -> timedelta:
        """Full jitter, but at least a second."""
        ceiling = BACKOFF_SECONDS[min(attempts, len(BACKOFF_SECONDS) - 1)]
        return timedelta(seconds=max(1.0, self.chance.uniform(0, ceiling)))

    def _alarm(self, claim: Claim, kind: str, subject: str, detail: str, now: datetime) -> None:
        self.ledger.watch.raise_alarm(
            Alarm(account_id=claim.account_id, kind=kind, subject=subject, detail=detail, raised_at=now)
        )
