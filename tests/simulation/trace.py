"""What happened, line by line: for people to read and for two runs to be compared by their hash."""

from __future__ import annotations

import hashlib
from typing import Any

from structlog import DropEvent

from tests.simulation.clock import Clock


class Trace:
    """Lines `time who what`. They are only kept where somebody wants to read them; the hash is always there."""

    def __init__(self, clock: Clock, *, keep: bool) -> None:
        self.lines: list[str] = []
        self.leaks: list[str] = []
        self._clock = clock
        self._keep = keep
        self._digest = hashlib.sha256()

    def add(self, who: str, what: str) -> None:
        """One line."""
        line = f"{self._clock.seconds:12.3f} {who:<10} {what}"
        if "canary" in line:
            self.leaks.append(f"a log line holds a secret: {what}")
        self._digest.update(line.encode())
        if self._keep:
            self.lines.append(line)

    def log(self, _logger: Any, _method: str, event: dict[str, Any]) -> Any:
        """A processor for structlog: the product's own log lines become lines of the trace."""
        words = " ".join(f"{name}={value}" for name, value in sorted(event.items()) if name != "event")
        self.add("log", f"{event.get('event', '')} {words}")
        raise DropEvent

    @property
    def hash(self) -> str:
        """Equal for equal runs."""
        return self._digest.hexdigest()
