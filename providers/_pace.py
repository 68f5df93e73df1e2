"""Calls of an import, spread so that the team's other apps and our own live work keep their part of the budget.

Only what runs by itself for hours uses this: it sleeps in the caller's thread, which a worker never may.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping

from connector.errors import ProviderThrottled
from providers import _limits
from providers._http import Answer

SHARE = 0.45
"""Of the calls an account may make in a minute: below half, with room for rounding."""

CAUTIOUS_SHARE = 0.15
"""The same where others use the budget at the moment."""

ASSUMED_PER_MINUTE = 100
"""Where no header says it: the smallest plan of either vendor that has an API to speak of."""

MAX_WAITS = 10
"""How often one call is held up by 429 before the import itself is told."""


class Pace:
    """When the next call of an account may leave. May be shared by threads."""

    def __init__(
        self, *, monotonic: Callable[[], float] = time.monotonic, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self._monotonic = monotonic
        self._pause = pause
        self._next: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def call(self, account_id: str, pool: str, once: Callable[[], Answer]) -> Answer:
        """The answer of `once`, made when the budget allows it; after a 429 again when the helpdesk said so.

        `pool` names an endpoint with a limit of its own; "" = only the account's.
        """
        for _ in range(MAX_WAITS):
            self._wait(account_id, pool)
            try:
                answer = once()
            except ProviderThrottled as throttled:
                self._hold(account_id, throttled.retry_after_seconds or 60.0)
                continue
            self._spread(account_id, pool, answer.headers)
            return answer
        self._wait(account_id, pool)
        return once()

    def _wait(self, account_id: str, pool: str) -> None:
        while (left := self._left(account_id, pool)) > 0:
            self._pause(left)

    def _left(self, account_id: str, pool: str) -> float:
        with self._lock:
            until = max(self._next.get((account_id, name), 0.0) for name in {"", pool})
        return until - self._monotonic()

    def _hold(self, account_id: str, seconds: float) -> None:
        self._later(account_id, "", seconds)

    def _spread(self, account_id: str, pool: str, headers: Mapping[str, str]) -> None:
        limit, left = _limits.per_minute(headers) or ASSUMED_PER_MINUTE, _limits.remaining(headers)
        cost = _limits.cost(headers) or 1
        # Our own share leaves more than half of it: less than half means that others are at work.
        share = CAUTIOUS_SHARE if left is not None and left * 2 < limit else SHARE
        self._later(account_id, "", 60.0 * cost / (limit * share))
        own = _limits.endpoint_limit(headers)
        if pool and own:
            self._later(account_id, pool, 60.0 / (own * SHARE))

    def _later(self, account_id: str, pool: str, seconds: float) -> None:
        with self._lock:
            until = self._monotonic() + seconds
            self._next[account_id, pool] = max(until, self._next.get((account_id, pool), 0.0))
