"""Publishes where each account stands with its helpdesk, for the process that serves `/metrics`, and closes the alarm
of an outage that is over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta

from connector.ports import CallStanding, Ledger, Provider

PLACE = "calls"
"""Under this name the standing lies beside the account's cursors."""

EVERY = timedelta(seconds=10)
DOWN = "helpdesk_down"


@dataclass(slots=True, kw_only=True)
class CallMeter:
    """Looks every ten seconds; writes only what changed."""

    ledger: Ledger
    providers: Mapping[str, Provider]
    _looked_at: datetime | None = None
    _known: dict[str, CallStanding] = field(default_factory=dict)

    def step(self, now: datetime) -> None:
        """Publish what changed since the last look."""
        if self._looked_at is not None and timedelta() <= now - self._looked_at < EVERY:
            return
        self._looked_at = now
        down = {alarm.account_id for alarm in self.ledger.watch.alarms() if alarm.kind == DOWN}
        for account in self.ledger.accounts.all():
            standing = self.providers[account.vendor].standing(account)
            if standing is None:
                continue
            if account.id in down and standing.answering and standing.breaker == "closed":
                self.ledger.watch.clear_alarm(account.id, DOWN, account.id, now=now)
            if self._known.get(account.id) != standing:
                self.ledger.watch.move_cursor(account.id, PLACE, json.dumps(asdict(standing)), now=now)
                self._known[account.id] = standing


def published(ledger: Ledger, account_id: str) -> CallStanding | None:
    """What a worker published last, or None."""
    text, _ = ledger.watch.cursor(account_id, PLACE)
    return CallStanding(**json.loads(text)) if text else None
