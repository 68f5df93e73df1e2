"""Leaves a model's server alone for a while after it has failed several times in a row."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from typing import TypeVar

from connector import breaker
from connector.errors import ModelInvalid, ModelRefused, ModelUnavailable
from connector.llm.deadline import Monotonic
from connector.llm.failures import Unanswered

T = TypeVar("T")

FAILURES = 5
OPEN_SECONDS = 30.0


class Breaker:
    """Opens after `failures` unanswered requests in a row; after `seconds` one request may try again."""

    def __init__(
        self, *, failures: int = FAILURES, seconds: float = OPEN_SECONDS, monotonic: Monotonic = time.monotonic
    ) -> None:
        trip = breaker.InARow(failures)
        self._breaker = breaker.Breaker("the model's server", trip=trip, seconds=seconds, monotonic=monotonic)

    @property
    def state(self) -> str:
        """`closed`, `open` or `half-open`."""
        return self._breaker.state

    def ask(self, request: Callable[[], T]) -> T:
        """The request's own result; ModelUnavailable at once while the breaker is open.

        An answer of no use is an answer, and a request that never left (budget, ledger) says nothing of the server.
        """
        failed: bool | None = None
        try:
            trial = self._breaker.enter()
        except breaker.LeftAlone:
            raise ModelUnavailable(
                "the model's server failed several times in a row and is left alone for now"
            ) from None
        try:
            result = request()
            failed = False
            return result
        except Unanswered:
            failed = True
            raise
        except (ModelRefused, ModelInvalid):
            failed = False
            raise
        finally:
            self._breaker.leave(trial=trial, failed=failed)


_known: weakref.WeakValueDictionary[str, Breaker] = weakref.WeakValueDictionary()
_known_lock = threading.Lock()


def breaker_of(address: str) -> Breaker:
    """The one breaker of this address in this process, however many models are asked there."""
    with _known_lock:
        found = _known.get(address)
        if found is None:
            found = _known[address] = Breaker()
        return found
