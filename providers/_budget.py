"""How many calls an account may still make: counted here, refused here, never slept for.

A call counts from when it leaves until a minute after it has ended. The helpdesk sees it at some moment between, so
in no minute of the helpdesk's can it see more than the budget.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from connector.errors import ProviderThrottled
from connector.ports.calls import Begun, CallStanding, Errand, Pool, Priority, current_errand
from providers import _limits

SHARE = 0.5
"""Of the plan, where the account does not say: the team's other apps need the rest."""

ASSUMED_PER_MINUTE = 50
"""Before the first header: Freshdesk's trial, the smallest plan that has an API to speak of (freshdesk.md 2)."""

CEILINGS: Mapping[Priority, float] = {
    Priority.URGENT: 1.0,
    Priority.LIVE: 0.8,
    Priority.POLL: 0.7,
    Priority.BULK: 0.6,
}
"""Up to which share of the budget each may use it: the last fifth is for hand-offs and for what was begun."""

SCARCE = 0.2
"""Bulk work stops while less than this is left of the plan, whoever used it."""

LONGEST_SECONDS = 600.0
"""Nobody is told to wait longer: by then much may have changed."""

FIRST_ANSWER_SECONDS = 1.0
"""The first answer tells the plan: what was refused before it is asked again soon."""

MINUTE = 60.0
_MARGIN = 0.05


@dataclass(slots=True, kw_only=True)
class _Window:
    """Calls under one limit: those on their way, and those that ended less than `seconds` ago."""

    seconds: float = MINUTE
    running: int = 0
    sum: int = 0
    ended: deque[tuple[float, int]] = field(default_factory=deque)
    promised: deque[tuple[float, int]] = field(default_factory=deque)
    limit: int = 0

    def used(self, now: float) -> int:
        """Credits that count now."""
        while self.ended and self.ended[0][0] + self.seconds <= now:
            self.sum -= self.ended.popleft()[1]
        return self.running + self.sum

    def end(self, now: float, expected: int, cost: int) -> None:
        self.running -= expected
        self.ended.append((now, cost))
        self.sum += cost

    def appointment(self, now: float, used: int, need: int, ceiling: int) -> float:
        """Seconds until `need` credits are likely free for one who waits behind all who were told to wait before.

        With one and the same answer for all, three hundred tickets would come back in the same instant for eight.
        """
        while self.promised and self.promised[0][0] <= now:
            self.promised.popleft()
        missing = used + sum(credits for _, credits in self.promised) + need - ceiling
        at = now + self.seconds
        for ended_at, credits in self.ended:
            at = ended_at + self.seconds
            missing -= credits
            if missing <= 0:
                break
        if missing > 0:
            at += self.seconds * math.ceil(missing / ceiling)
        at = min(at + _MARGIN, now + LONGEST_SECONDS)
        self.promised.append((at, need))
        return max(at - now, _MARGIN)


@dataclass(slots=True, kw_only=True)
class _Account:
    share: float = SHARE
    per_minute: int = ASSUMED_PER_MINUTE
    known: bool = False
    held: int = 0
    scarce_until: float = 0.0
    calls: _Window = field(default_factory=_Window)
    pools: dict[str, _Window] = field(default_factory=dict)

    @property
    def budget(self) -> int:
        return max(1, int(self.per_minute * self.share))

    def ceiling(self, part: float) -> int:
        return max(1, int(self.budget * part))


class MemoryBudget:
    """The CallBudget port for one process. `writing` is the pool that every errand with a write needs room in."""

    def __init__(self, *, writing: Pool | None = None, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._writing = writing
        self._monotonic = monotonic
        self._accounts: dict[str, _Account] = {}
        self._lock = threading.Lock()

    def begin(
        self, account_id: str, *, cost: int = 1, pools: tuple[Pool, ...] = (), share: float | None = None
    ) -> Begun:
        """Let a call of `cost` credits leave, or raise ProviderThrottled with the seconds until there is room."""
        errand = current_errand()
        with self._lock:
            account = self._accounts.setdefault(account_id, _Account())
            account.share = account.share if share is None else share
            now = self._monotonic()
            for pool in pools:
                if wait := self._full(account, pool, _priority(errand), now):
                    raise _refused(wait())
            self._set_aside(account, errand, cost, now)
            errand.held -= (drawn := min(cost, errand.held))
            account.held -= drawn
            account.calls.running += cost
            for pool in pools:
                self._pool(account, pool).running += 1
        return Begun(account_id=account_id, cost=cost, pools=tuple(pool.name for pool in pools))

    def end(self, begun: Begun, headers: Mapping[str, str] | None) -> None:
        """The call has ended; `headers` of its answer, None = there was none."""
        with self._lock:
            account, now = self._accounts[begun.account_id], self._monotonic()
            taken = begun.cost
            if headers is not None:
                taken = max(taken, _limits.cost(headers) or 0)
                self._learn(account, begun, headers, now)
            account.calls.end(now, begun.cost, taken)
            for name in begun.pools:
                account.pools[name].end(now, 1, 1)

    def standing(self, account_id: str) -> CallStanding:
        """Budget and what is left of it."""
        with self._lock:
            account = self._accounts.get(account_id, _Account())
            used = account.calls.used(self._monotonic()) + account.held
            return CallStanding(budget=account.budget, left=max(0, account.budget - used))

    def _set_aside(self, account: _Account, errand: Errand, cost: int, now: float) -> None:
        """Room for this call, and with the first of an errand for all of it: what is begun can be finished."""
        if errand.held >= cost:
            return
        priority = _priority(errand)
        if priority is Priority.BULK and now < account.scarce_until:
            raise _refused(account.scarce_until - now)
        if not errand.begun and errand.write and self._writing is not None:
            writing: tuple[Pool, ...] = (self._writing,)
        else:
            writing = ()
        all_of_it = cost if errand.begun else max(cost, errand.calls)
        wait = self._hold(account, errand, all_of_it, account.ceiling(CEILINGS[priority]), writing, now)
        if wait is not None:
            raise _refused(wait())
        if not errand.begun:
            errand.begun = True
            errand.give_back.append(lambda: self._give_back(account, errand))

    def _hold(
        self, account: _Account, errand: Errand, credits: int, ceiling: int, writing: tuple[Pool, ...], now: float
    ) -> Callable[[], float] | None:
        """None where the credits are held now, else what makes an appointment."""
        for pool in writing:
            if wait := self._full(account, pool, _priority(errand), now):
                return wait
        need = min(credits, ceiling) - errand.held
        used = account.calls.used(now) + account.held
        if used + need <= ceiling:
            account.held += need
            errand.held += need
            return None
        if not account.known:
            return lambda: FIRST_ANSWER_SECONDS
        return lambda: account.calls.appointment(now, used, need, ceiling)

    def _give_back(self, account: _Account, errand: Errand) -> None:
        with self._lock:
            account.held -= errand.held
            errand.held = 0

    def _full(self, account: _Account, pool: Pool, priority: Priority, now: float) -> Callable[[], float] | None:
        """What makes an appointment where the pool has no room for one call more, else None."""
        window = self._pool(account, pool)
        limit = window.limit or _limit_of(pool, account.per_minute)
        ceiling = max(1, int(limit * (1.0 if pool.private else account.share * CEILINGS[priority])))
        used = window.used(now)
        return None if used < ceiling else lambda: window.appointment(now, used, 1, ceiling)

    def _pool(self, account: _Account, pool: Pool) -> _Window:
        if pool.name not in account.pools:
            self._forget_idle(account)
            account.pools[pool.name] = _Window(seconds=pool.seconds)
        return account.pools[pool.name]

    def _forget_idle(self, account: _Account) -> None:
        """A limit per ticket makes a window per ticket; those without a call in them go."""
        now = self._monotonic()
        idle = [name for name, window in account.pools.items() if not window.used(now) and not window.limit]
        for name in idle:
            del account.pools[name]

    def _learn(self, account: _Account, begun: Begun, headers: Mapping[str, str], now: float) -> None:
        given, left = _limits.per_minute(headers), _limits.remaining(headers)
        account.per_minute = given or account.per_minute
        account.known = account.known or given is not None
        if given and left is not None:
            account.scarce_until = now + MINUTE if left < SCARCE * given else 0.0
        if begun.pools and (own := _limits.endpoint_limit(headers)):
            account.pools[begun.pools[0]].limit = own


def _priority(errand: Errand) -> Priority:
    """Live work that has begun is finished: what it has read would be read again."""
    return Priority.URGENT if errand.begun and errand.priority is Priority.LIVE else errand.priority


def _limit_of(pool: Pool, per_minute: int) -> int:
    """What the pool allows on this plan."""
    reached = [limit for plan, limit in pool.steps if per_minute >= plan]
    return reached[-1] if reached else pool.steps[0][1]


def _refused(seconds: float) -> ProviderThrottled:
    return ProviderThrottled("our share of the account's calls is used up", retry_after_seconds=seconds)
