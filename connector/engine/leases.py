"""Prolongs the leases of tickets in work, so that a slow model or helpdesk does not hand them to a second worker."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from connector.errors import LeaseLost, StoreError
from connector.ports import Ledger
from connector.records import Claim

log = structlog.get_logger()

LONGEST_SECONDS = 900.0
"""Work that takes longer hangs: its lease runs out, and another worker tries."""


@dataclass(slots=True)
class _Held:
    """A claim in work, by the monotonic clock."""

    claim: Claim
    since: float
    renewed_at: float


class Leases:
    """The claims in work. `step` may be called at any rate: each lease is renewed when a third of it is over."""

    def __init__(
        self, ledger: Ledger, *, lease_seconds: float, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._ledger = ledger
        self._lease_seconds = lease_seconds
        self._monotonic = monotonic
        self._held: dict[int, _Held] = {}
        self._lock = threading.Lock()

    @property
    def renew_seconds(self) -> float:
        """How long after its beginning a lease is renewed."""
        return self._lease_seconds / 3

    @contextmanager
    def renewed(self, claim: Claim) -> Iterator[None]:
        """Its lease is renewed inside, for `LONGEST_SECONDS` at most."""
        now = self._monotonic()
        held = _Held(claim, since=now, renewed_at=now)
        with self._lock:
            self._held[id(held)] = held
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(id(held), None)

    def step(self, now: datetime) -> None:
        """Renew what it is time for. One that cannot be renewed holds up no other."""
        with self._lock:
            held = tuple(self._held.items())
        for key, item in held:
            if self._monotonic() - item.renewed_at >= self.renew_seconds:
                self._renew(key, item, now)

    def _renew(self, key: int, item: _Held, now: datetime) -> None:
        started = self._monotonic()
        where = {"account": item.claim.account_id, "ticket": item.claim.ticket_id}
        if started - item.since > LONGEST_SECONDS:
            log.warning("takes_too_long", **where)
            self._forget(key)
            return
        try:
            self._ledger.work.renew(item.claim, now=now, lease_seconds=self._lease_seconds)
        except LeaseLost:
            self._forget(key)  # given back this instant, or somebody else's: its next write finds out
        except StoreError as error:
            log.warning("lease_not_renewed", **where, error=type(error).__name__)  # tried again with the next beat
        else:
            item.renewed_at = started

    def _forget(self, key: int) -> None:
        with self._lock:
            self._held.pop(key, None)
