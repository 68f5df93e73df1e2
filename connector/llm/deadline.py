"""The time one question may take, all tries together."""

from __future__ import annotations

import math
from collections.abc import Callable

Monotonic = Callable[[], float]
"""Seconds of a clock that nobody sets."""


class Deadline:
    """Set at the start of a question and asked by everything that waits. Belongs to one thread."""

    def __init__(self, monotonic: Monotonic) -> None:
        self.monotonic = monotonic
        self._ends_at = math.inf

    def start(self, seconds: float) -> None:
        """From now on, this long."""
        self._ends_at = self.monotonic() + seconds

    def left(self) -> float:
        """Seconds until it ends; 0 when it is over."""
        return max(0.0, self._ends_at - self.monotonic())

    def within(self, seconds: float | None) -> float:
        """The seconds somebody wants to wait, and no more than are left."""
        left = self.left()
        return left if seconds is None else min(seconds, left)
