"""Calls to a helpdesk as something scarce: what they are for, and who counts them.

Whoever starts work says with `errand` what its calls are for; the place where calls leave asks `current_errand`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol


class Priority(StrEnum):
    """What a call is for; where calls are scarce the first goes on longest."""

    URGENT = "urgent"  # the card of a hand-off, and a write that was begun
    LIVE = "live"  # customers who wait
    POLL = "poll"  # what webhooks may have lost
    BULK = "bulk"  # sources, history, better words for cards


@dataclass(slots=True, kw_only=True)
class Errand:
    """Calls that are only of use together: the first of them sets `calls` credits aside, and a write where `write`.
    `held` and `begun` are kept by who counts the calls; `give_back` returns what is left of `held`.
    """

    priority: Priority
    calls: int = 1
    write: bool = False
    held: int = 0
    begun: bool = False
    give_back: list[Callable[[], None]] = field(default_factory=list)


_current: ContextVar[Errand | None] = ContextVar("errand", default=None)


@contextmanager
def errand(priority: Priority, *, calls: int = 1, write: bool = False) -> Iterator[Errand]:
    """Calls made inside are of this priority; credits set aside and not used are returned at the end."""
    mine = Errand(priority=priority, calls=calls, write=write)
    token = _current.set(mine)
    try:
        yield mine
    finally:
        _current.reset(token)
        for give_back in mine.give_back:
            give_back()


def current_errand() -> Errand:
    """The errand of this thread; a single live call where nobody said."""
    return _current.get() or Errand(priority=Priority.LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallStanding:
    """Where an account stands: credits a minute that are ours, those left now, the breaker's state.

    `answering`: whether the last call was answered at all.
    """

    budget: int
    left: int
    breaker: str = "closed"
    answering: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """A limit that a helpdesk sets for some endpoints beside the account's own.

    `steps`: (calls a minute of the plan, limit) in rising order; the last one reached holds until a header tells the
    limit itself. `private`: nobody else draws on it, so all of it is ours.
    """

    name: str
    steps: tuple[tuple[int, int], ...]
    seconds: float = 60.0
    private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A call that was let through and has not ended."""

    account_id: str
    cost: int
    pools: tuple[str, ...]


class CallBudget(Protocol):
    """Counts the calls of each account. One process keeps it in memory; a fleet can keep it in its ledger."""

    def begin(
        self, account_id: str, *, cost: int = 1, pools: tuple[Pool, ...] = (), share: float | None = None
    ) -> Begun:
        """Let a call of `cost` credits leave, or raise ProviderThrottled with the seconds until there is room."""

    def end(self, begun: Begun, headers: Mapping[str, str] | None) -> None:
        """The call has ended; `headers` of its answer, None = there was none."""

    def standing(self, account_id: str) -> CallStanding:
        """Budget and what is left of it."""
