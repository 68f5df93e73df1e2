"""Time of one simulation: it moves when the scheduler says so, and at no other time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 20, 9, 0, 0, 400_000, tzinfo=UTC)
"""A Friday morning; not on a full second, because helpdesks cut their stamps off."""


def moment(seconds: float) -> datetime:
    """The true time so many seconds after the start, as the helpdesks' clocks show it."""
    return START + timedelta(seconds=seconds)


def stamp(seconds: float) -> str:
    """The same as both helpdesks write it: full seconds, UTC."""
    return moment(seconds).strftime("%Y-%m-%dT%H:%M:%SZ")


class Clock:
    """`seconds` is the true time since the start; `skew` is how wrong our own wall clock is."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.skew = 0.0

    def __call__(self) -> datetime:
        """Our wall clock."""
        return moment(self.seconds + self.skew)

    def monotonic(self) -> float:
        """A clock that nobody can set."""
        return self.seconds
