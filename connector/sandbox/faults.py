"""Faults on purpose: what may go wrong between a client and a helpdesk, one rule at a time."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

KINDS = frozenset({"refuse", "reset_before", "reset_after", "apply_late", "status", "garbage", "slow", "drip", "hang"})


@dataclass(slots=True, kw_only=True)
class Fault:
    """One rule. `times` counts down with every hit; 0 means for ever.

    kind
        refuse: the connection is closed before anything is read (without path and method: at accept).
        reset_before: the request is read, nothing is applied, the connection is reset.
        reset_after: the request is applied, the connection is reset without an answer.
        apply_late: the connection is reset after `delay` seconds; the request is applied `after` seconds
        later, or, without `after`, when `Faults.apply_late` is called.
        status: answered with `status`, `headers` and `body`; applied first when `applied` is set.
        garbage: 200 with a body that is not JSON; applied first when `applied` is set.
        slow: applied, and answered after `delay` seconds. drip: the same, byte by byte.
        hang: nothing is applied; the connection is closed after `delay` seconds without an answer.
    """

    kind: str
    vendor: str | None = None
    path: str | None = None
    method: str | None = None
    times: int = 1
    delay: float = 0.0
    after: float | None = None
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    body: Any = None
    applied: bool = False
    skip: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(f"Unknown fault {self.kind!r}; use one of: {', '.join(sorted(KINDS))}.")
        if self.path is not None:
            re.compile(self.path)

    def fits(self, vendor: str, method: str, path: str) -> bool:
        """True when this rule is meant for such a request; `path` is searched as a regular expression."""
        return (
            (self.vendor is None or self.vendor == vendor)
            and (self.method is None or self.method.upper() == method)
            and (self.path is None or re.search(self.path, path) is not None)
        )


class Faults:
    """The rules in force, and the requests that wait to be applied late. Shared by threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rules: list[Fault] = []
        self._late: list[Callable[[], None]] = []
        self._timers: list[threading.Timer] = []

    def add(self, kind: str, *, vendor: str | None = None, path: str | None = None, **rest: Any) -> Fault:
        """Adds a rule; `rest` are the other fields of `Fault`. Raises ValueError for an unknown kind."""
        fault = Fault(kind=kind, vendor=vendor, path=path, **rest)
        with self._lock:
            self._rules.append(fault)
        return fault

    def clear(self) -> None:
        """Drops all rules and everything that waits to be applied late."""
        with self._lock:
            self._rules.clear()
            self._late.clear()
            timers, self._timers = self._timers, []
        for timer in timers:
            timer.cancel()

    def rules(self) -> list[Fault]:
        """The rules still in force."""
        with self._lock:
            return list(self._rules)

    def take(self, vendor: str, method: str, path: str) -> Fault | None:
        """The first rule for this request, counted as hit; None when nothing goes wrong."""
        with self._lock:
            return self._hit(next((f for f in self._rules if f.fits(vendor, method, path)), None))

    def take_at_accept(self, vendor: str) -> Fault | None:
        """The first rule that refuses a connection before anything was read."""
        with self._lock:
            return self._hit(
                next(
                    (
                        f
                        for f in self._rules
                        if f.kind == "refuse" and f.path is None and f.method is None and f.vendor in (None, vendor)
                    ),
                    None,
                )
            )

    def _hit(self, fault: Fault | None) -> Fault | None:
        if fault is None:
            return None
        if fault.skip > 0:
            fault.skip -= 1
            return None
        fault.hits += 1
        if fault.times and fault.hits >= fault.times:
            self._rules.remove(fault)
        return fault

    def postpone(self, apply: Callable[[], None], after: float | None) -> None:
        """Keeps a request to be applied `after` seconds, or by `apply_late`."""
        with self._lock:
            self._late.append(apply)
        if after is not None:
            timer = threading.Timer(after, self._apply_one, (apply,))
            timer.daemon = True
            with self._lock:
                self._timers.append(timer)
            timer.start()

    def _apply_one(self, apply: Callable[[], None]) -> bool:
        with self._lock:
            if apply not in self._late:
                return False
            self._late.remove(apply)
        apply()
        return True

    def apply_late(self) -> int:
        """Applies every postponed request now, oldest first; returns how many."""
        with self._lock:
            waiting = list(self._late)
        return sum(self._apply_one(apply) for apply in waiting)

    @property
    def late_count(self) -> int:
        """How many requests wait to be applied."""
        with self._lock:
            return len(self._late)
