"""Leaves a model's server alone for a while after it has failed several times in a row."""

from __future__ import annotations

import contextlib
import threading
import time
import weakref
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pybreaker
import structlog

from connector.errors import ModelInvalid, ModelRefused, ModelUnavailable
from connector.llm.deadline import Monotonic
from connector.llm.failures import Unanswered

T = TypeVar("T")

log = structlog.get_logger()

FAILURES = 5
OPEN_SECONDS = 30.0


class Breaker:
    """Opens after `failures` unanswered requests in a row; after `seconds` one request may try again.

    pybreaker keeps the states. Requests do not run inside its `call`, which holds a lock all the while (1.4.1): 64
    of them at once would wait for one another. They run outside, and `call` is told how each ended.
    """

    def __init__(
        self, *, failures: int = FAILURES, seconds: float = OPEN_SECONDS, monotonic: Monotonic = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._opened = _Opened(monotonic)
        self._states = pybreaker.CircuitBreaker(
            fail_max=failures,
            reset_timeout=seconds,
            state_storage=self._opened,
            listeners=[_Listener()],
            throw_new_error_on_trip=False,
        )
        self._lock = threading.Lock()
        self._trying = False

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return self._states.current_state

    def ask(self, request: Callable[[], T]) -> T:
        """The request's own result; ModelUnavailable at once while the breaker is open.

        An answer of no use is an answer, and a request that never left (budget, ledger) says nothing of the server.
        """
        trial = self._enter()
        try:
            result = request()
        except Unanswered as failure:
            self._tell(failure)
            raise
        except (ModelRefused, ModelInvalid):
            self._tell(None)
            raise
        else:
            self._tell(None)
            return result
        finally:
            if trial:
                self._trying = False

    def _enter(self) -> bool:
        """Whether this request is the one that tries again."""
        with self._lock:
            if self._states.current_state == pybreaker.STATE_CLOSED:
                return False
            if self._trying or self._opened.seconds() < self._seconds:
                raise ModelUnavailable("the model's server failed several times in a row and is left alone for now")
            self._trying = True
            return True

    def _tell(self, failure: Unanswered | None) -> None:
        def ended() -> None:
            if failure is not None:
                raise Unanswered("unanswered")

        # CircuitBreakerError: a request that left before it opened ended after that, which changes nothing.
        with contextlib.suppress(Unanswered, pybreaker.CircuitBreakerError):
            self._states.call(ended)


class _Opened(pybreaker.CircuitMemoryStorage):
    """When it opened, by a clock that nobody sets: pybreaker asks the wall clock, and this answers in its terms."""

    def __init__(self, monotonic: Monotonic) -> None:
        super().__init__(pybreaker.STATE_CLOSED)
        self._monotonic = monotonic
        self._since: float | None = None

    def seconds(self) -> float:
        """How long it has been open."""
        return 0.0 if self._since is None else self._monotonic() - self._since

    @property
    def opened_at(self) -> datetime | None:
        """That long before now."""
        return None if self._since is None else datetime.now(UTC) - timedelta(seconds=self.seconds())

    @opened_at.setter
    def opened_at(self, _now: datetime) -> None:
        self._since = self._monotonic()


class _Listener(pybreaker.CircuitBreakerListener):
    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,
        old_state: pybreaker.CircuitBreakerState | None,
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        log.warning("the breaker of the model's server changed", state=new_state.name, count=cb.fail_counter)


_known: weakref.WeakValueDictionary[str, Breaker] = weakref.WeakValueDictionary()
_known_lock = threading.Lock()


def breaker_of(address: str) -> Breaker:
    """The one breaker of this address in this process, however many models are asked there."""
    with _known_lock:
        breaker = _known.get(address)
        if breaker is None:
            breaker = _known[address] = Breaker()
        return breaker
