"""Erases what disconnected accounts have left when their time has come, and trusts no clock that has jumped.

A machine whose clock was set weeks ahead would erase everything that has still weeks to live, for good. So the last day
before the date is watched: a worker must have seen a whole day pass, minute by minute, since the date was a day away. A
jump is no such minute; a clock that is put right again, or another machine that knows better, starts the watch anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog

from connector.model import GoneAccount
from connector.ports import Ledger
from connector.records import AuditEntry

log = structlog.get_logger()

CURSOR = "erasure"
WATCH = timedelta(hours=24)
BEAT_SECONDS = 60.0
MOST_SEEN = timedelta(minutes=3)
"""Time between two looks that counts in full; what is beyond nobody has seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Eraser:
    """A worker's chore."""

    ledger: Ledger

    def step(self, now: datetime) -> int:
        """Erase what is due; how many accounts that were. StoreError."""
        return sum(self._look(gone, now) for gone in self.ledger.leaving.gone(now=now))

    def _look(self, gone: GoneAccount, now: datetime) -> int:
        if gone.emptied:  # only its name was kept until its access was given back
            return 0 if gone.leaving else self._erase(gone, now)
        if gone.erase_at <= gone.removed_at:  # at once: no clock is asked
            return self._erase(gone, now)
        position, looked_at = self.ledger.watch.cursor(gone.id, CURSOR)
        before = timedelta(seconds=float(position)) if position else None
        seen = watched(gone, before, looked_at, now)
        if seen is not None and seen >= WATCH and now >= gone.erase_at:
            return self._erase(gone, now)
        if seen is not None or position:
            told = "" if seen is None else f"{seen.total_seconds():.3f}"
            self.ledger.watch.move_cursor(gone.id, CURSOR, told, now=now)
        return 0

    def _erase(self, gone: GoneAccount, now: datetime) -> int:
        self.ledger.leaving.erase(gone.id, now=now)
        self.ledger.watch.record(
            AuditEntry(account_id=gone.id, actor="handrail", verb="account erase", detail="", at=now)
        )
        log.info("erased", account=gone.id)
        return 1


def watched(gone: GoneAccount, before: timedelta | None, looked_at: datetime | None, now: datetime) -> timedelta | None:
    """How much of the last day before its date was seen to pass, this look included; None where the date is farther
    away. `before` is what the look at `looked_at` said.
    """
    if now < gone.erase_at - WATCH:
        return None
    if before is None or looked_at is None:
        return timedelta(0)
    return before + min(max(now - looked_at, timedelta(0)), MOST_SEEN)
