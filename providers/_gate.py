"""What a call passes before it leaves: the silence that a 429 asked for, the breaker, the budget. None sleeps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

from connector.errors import ProviderThrottled
from connector.ports import CallBudget, CallStanding, Pool
from providers._outage import Outages


@dataclass(frozen=True, slots=True, kw_only=True)
class Draws:
    """What a call takes of the account's limits; `share` of the plan is ours, None = as it was told before."""

    cost: int = 1
    pools: tuple[Pool, ...] = ()
    share: float | None = None


class Answered(Protocol):
    """What is read of an answer."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def headers(self) -> Mapping[str, str]:
        """All headers."""


A = TypeVar("A", bound=Answered)


class Gate:
    """The accounts of one vendor; may be shared by threads."""

    def __init__(self, vendor: str, budget: CallBudget, *, monotonic: Callable[[], float]) -> None:
        self._vendor = vendor
        self._budget = budget
        self._monotonic = monotonic
        self._outages = Outages(vendor, monotonic=monotonic)
        self._not_before: dict[str, float] = {}
        self._lock = threading.Lock()

    def call(self, account_id: str, draws: Draws, call: Callable[[], A]) -> A:
        """What `call` answers. ProviderThrottled and HelpdeskDown: it was not made."""
        self._hold_back(account_id)
        trial = self._outages.enter(account_id)
        failed: bool | None = None
        try:
            begun = self._budget.begin(account_id, cost=draws.cost, pools=draws.pools, share=draws.share)
            answer: A | None = None
            failed = True
            try:
                answer = call()
                failed = answer.status >= 500
            finally:
                self._budget.end(begun, None if answer is None else answer.headers)
        finally:
            self._outages.leave(account_id, trial=trial, failed=failed)
        return answer

    def close_for(self, account_id: str, seconds: float) -> ProviderThrottled:
        """No call of this account before so many seconds have passed; the error that says so."""
        with self._lock:
            until = self._monotonic() + seconds
            self._not_before[account_id] = max(until, self._not_before.get(account_id, 0.0))
        return self._told_to_wait(seconds)

    def down(self, account_id: str) -> bool:
        """Whether the helpdesk does not answer and is left alone."""
        return self._outages.down(account_id)

    def may_repeat(self, account_id: str) -> bool:
        """Whether one more GET may be repeated now; it is counted."""
        return self._outages.may_repeat(account_id)

    def standing(self, account_id: str) -> CallStanding:
        """Where the account stands: calls left, and whether the helpdesk answers."""
        return replace(
            self._budget.standing(account_id),
            breaker=self._outages.state(account_id),
            answering=self._outages.answering(account_id),
        )

    def _hold_back(self, account_id: str) -> None:
        """Raise without a call while the helpdesk's last 429 still binds this account."""
        with self._lock:
            left = self._not_before.get(account_id, 0.0) - self._monotonic()
        if left > 0:
            raise self._told_to_wait(left)

    def _told_to_wait(self, seconds: float) -> ProviderThrottled:
        return ProviderThrottled(f"{self._vendor} asked this account to wait", retry_after_seconds=seconds)
