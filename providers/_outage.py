"""Whether a helpdesk answers at all: a breaker for each account, and how many quick repeats are left."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from connector.breaker import Breaker, LeftAlone, Share
from connector.errors import HelpdeskDown

FAILED_SHARE = 0.7
LEAST_CALLS = 10
WINDOW_SECONDS = 60.0
PROBE_SECONDS = 10.0
SUCCESSES = 3

RETRY_SHARE = 0.2
"""Of the calls of the last minute may be repeats: a helpdesk in trouble gets no storm of them."""

FEW_RETRIES = 2
"""Repeats a minute that even an account with hardly a call has: one GET's own."""


@dataclass(slots=True, kw_only=True)
class _Line:
    breaker: Breaker
    answering: bool = True
    calls: deque[float] = field(default_factory=deque)
    retries: deque[float] = field(default_factory=deque)


class Outages:
    """May be shared by threads. `vendor` stands in messages and in the log."""

    def __init__(self, vendor: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._vendor = vendor
        self._monotonic = monotonic
        self._lines: dict[str, _Line] = {}
        self._lock = threading.Lock()

    def enter(self, account_id: str) -> bool:
        """Whether this call is one that tries again; HelpdeskDown where no call is made."""
        line = self._line(account_id)
        try:
            trial = line.breaker.enter()
        except LeftAlone as alone:
            raise HelpdeskDown(
                f"{self._vendor} does not answer and is left alone for now", retry_after_seconds=alone.seconds
            ) from None
        with self._lock:
            line.calls.append(self._monotonic())
        return trial

    def leave(self, account_id: str, *, trial: bool, failed: bool | None) -> None:
        """How the call ended; None = it never left."""
        line = self._line(account_id)
        line.breaker.leave(trial=trial, failed=failed)
        if failed is not None:
            line.answering = not failed

    def may_repeat(self, account_id: str) -> bool:
        """Whether one more GET may be repeated now; it is counted."""
        line = self._line(account_id)
        with self._lock:
            now = self._monotonic()
            for times in (line.calls, line.retries):
                while times and times[0] <= now - WINDOW_SECONDS:
                    times.popleft()
            allowed = len(line.retries) < max(FEW_RETRIES, int(RETRY_SHARE * len(line.calls)))
            if allowed:
                line.retries.append(now)
            return allowed

    def down(self, account_id: str) -> bool:
        """Whether the breaker is not closed."""
        return self.state(account_id) != "closed"

    def state(self, account_id: str) -> str:
        """`closed`, `open` or `half-open`."""
        return self._line(account_id).breaker.state

    def answering(self, account_id: str) -> bool:
        """Whether the last call was answered."""
        return self._line(account_id).answering

    def _line(self, account_id: str) -> _Line:
        with self._lock:
            if account_id not in self._lines:
                trip = Share(FAILED_SHARE, least=LEAST_CALLS, seconds=WINDOW_SECONDS)
                self._lines[account_id] = _Line(
                    breaker=Breaker(
                        f"{self._vendor} of {account_id}",
                        trip=trip,
                        seconds=PROBE_SECONDS,
                        successes=SUCCESSES,
                        monotonic=self._monotonic,
                    )
                )
            return self._lines[account_id]
