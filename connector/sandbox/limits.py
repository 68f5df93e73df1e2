"""Rate limits: always counted and shown in the headers, only enforced when a test asks for it."""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True, kw_only=True)
class Rule:
    """At most `limit` in `seconds`."""

    limit: int
    seconds: int = 60


@dataclass(slots=True)
class Standing:
    """Where one counter stands. `retry_after` is 0 while there is room."""

    limit: int
    remaining: int
    reset_seconds: int
    retry_after: int = 0


@dataclass(slots=True)
class _Window:
    hits: deque[tuple[datetime, int]] = field(default_factory=deque)
    total: int = 0


class Limits:
    """Sliding windows by name. `enforce` off: everything passes, the figures still move."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.enforce = False
        self._now = now
        self._lock = threading.Lock()
        self._windows: dict[str, _Window] = {}

    def hit(self, name: str, rule: Rule, cost: int = 1) -> Standing:
        """Counts a call against a window. Refused calls count too, as both vendors do."""
        now = self._now()
        with self._lock:
            window = self._windows.setdefault(name, _Window())
            oldest = now - timedelta(seconds=rule.seconds)
            while window.hits and window.hits[0][0] <= oldest:
                window.total -= window.hits.popleft()[1]
            over = window.total + cost > rule.limit
            if not over:
                window.hits.append((now, cost))
                window.total += cost
            first = window.hits[0][0] if window.hits else now
            reset = max(1, math.ceil((first + timedelta(seconds=rule.seconds) - now).total_seconds()))
            remaining = max(0, rule.limit - window.total)
            return Standing(rule.limit, remaining, reset, reset if over and self.enforce else 0)

    def clear(self) -> None:
        """Forgets what was counted and stops enforcing."""
        with self._lock:
            self._windows.clear()
            self.enforce = False
