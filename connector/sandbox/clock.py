"""The sandbox's own clock: real time plus an offset that tests may move forward."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SandboxClock:
    """Now, aware and in UTC. `advance` moves it forward and wakes whoever waits for something due."""

    def __init__(self, source: Callable[[], datetime] | None = None) -> None:
        self._source = source or _utc_now
        self._offset = timedelta()
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def now(self) -> datetime:
        """The present moment of the emulated helpdesks."""
        return self._source() + self._offset

    def advance(self, seconds: float) -> datetime:
        """Moves the clock forward by `seconds` and returns the new time."""
        with self._lock:
            self._offset += timedelta(seconds=seconds)
        for listener in self._listeners:
            listener()
        return self.now()

    def on_advance(self, listener: Callable[[], None]) -> None:
        """Calls `listener` after each `advance`."""
        self._listeners.append(listener)


def stamp(moment: datetime) -> str:
    """ISO 8601 in UTC with whole seconds, as both vendors write it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(moment: datetime | None) -> str | None:
    """As `stamp`, None for a moment that has not come."""
    return None if moment is None else stamp(moment)


def parse_stamp(text: str) -> datetime:
    """Reads an ISO 8601 moment; without a zone it is UTC. Raises ValueError when it is none."""
    text = text.strip().replace("Z", "+00:00")
    if "T" in text:
        text = text.replace(" ", "+")  # a plus sign that a query string turned into a space
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
