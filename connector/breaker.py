"""Leaves a server alone that does not answer, and tries it again now and then. Shared by models and helpdesks.

pybreaker keeps the states and says when they change. Requests do not run inside its `call`, which holds a lock all
the while (1.4.1): 64 of them at once would wait for one another. They run outside, and `call` is told how each ended.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

import pybreaker
import structlog

log = structlog.get_logger()

Monotonic = Callable[[], float]
BUSY_SECONDS = 1.0
"""When to ask again while another request is on trial."""


class LeftAlone(Exception):
    """The breaker is not closed; `seconds` until asking again can help."""

    def __init__(self, seconds: float) -> None:
        super().__init__("left alone")
        self.seconds = seconds


class Trip(Protocol):
    """When a closed breaker opens."""

    def opens(self, now: float, *, failed: bool) -> bool:
        """Whether this outcome, counted with those before, opens it."""

    def reset(self) -> None:
        """Forget what was counted."""


class InARow:
    """So many failures with no success between them."""

    def __init__(self, failures: int) -> None:
        self._most = failures
        self._count = 0

    def opens(self, now: float, *, failed: bool) -> bool:
        """Whether this outcome opens it; the time does not matter."""
        self._count = self._count + 1 if failed else 0
        return self._count >= self._most

    def reset(self) -> None:
        """Forget what was counted."""
        self._count = 0


class Share:
    """At least this share of the requests of the last `seconds` failed, and there were at least so many."""

    def __init__(self, share: float, *, least: int, seconds: float) -> None:
        self._share = share
        self._least = least
        self._seconds = seconds
        self._ended: deque[tuple[float, bool]] = deque()

    def opens(self, now: float, *, failed: bool) -> bool:
        """Whether this outcome opens it."""
        self._ended.append((now, failed))
        while self._ended[0][0] <= now - self._seconds:
            self._ended.popleft()
        count = len(self._ended)
        return count >= self._least and sum(bad for _, bad in self._ended) >= self._share * count

    def reset(self) -> None:
        """Forget what was counted."""
        self._ended.clear()


class Breaker:
    """Closed until `trip` opens it; then one request at a time may try: the first after `seconds`, and after a success
    the next at once, until `successes` in a row close it. A failure among them starts the `seconds` again.
    """

    def __init__(
        self, name: str, *, trip: Trip, seconds: float, successes: int = 1, monotonic: Monotonic = time.monotonic
    ) -> None:
        self._trip = trip
        self._seconds = seconds
        self._monotonic = monotonic
        self._states = pybreaker.CircuitBreaker(
            fail_max=1,
            success_threshold=successes,
            name=name,
            listeners=[_Listener()],
            throw_new_error_on_trip=False,
        )
        self._lock = threading.Lock()
        self._trying = False
        self._again_at = 0.0

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return self._states.current_state

    def enter(self) -> bool:
        """Whether this request is one that tries again. LeftAlone where it must not leave."""
        with self._lock:
            if self.state == pybreaker.STATE_CLOSED:
                return False
            left = self._again_at - self._monotonic()
            if self._trying or left > 0:
                raise LeftAlone(max(left, BUSY_SECONDS))
            if self.state == pybreaker.STATE_OPEN:
                self._states.half_open()
            self._trying = True
            return True

    def leave(self, *, trial: bool, failed: bool | None) -> None:
        """How the request ended; None = it never left, which says nothing of the server."""
        with self._lock:
            if trial:
                self._trying = False
            if failed is None:
                return
            if trial:
                self._tell(failed=failed)
            # What left before it opened and ends now changes nothing.
            elif self.state == pybreaker.STATE_CLOSED and self._trip.opens(self._monotonic(), failed=failed):
                self._states.open()
                self._rest()

    def _tell(self, *, failed: bool) -> None:
        def ended() -> None:
            if failed:
                raise _Failed

        with contextlib.suppress(_Failed):
            self._states.call(ended)
        if failed:
            self._rest()

    def _rest(self) -> None:
        self._trip.reset()
        self._again_at = self._monotonic() + self._seconds


class _Failed(Exception):
    pass


class _Listener(pybreaker.CircuitBreakerListener):
    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        log.warning("breaker_changed", name=cb.name, state=new_state.name)
