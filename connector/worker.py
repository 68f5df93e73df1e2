"""A worker without threads: the pipeline and its chores, advanced by `step(now)`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from connector.knowledge.sync import Librarian
from connector.pipeline import Pipeline
from connector.reconcile import Reconciler
from connector.watchdog import Watchdog


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What an engine drives."""

    pipeline: Pipeline
    reconciler: Reconciler
    watchdog: Watchdog
    librarian: Librarian | None = None

    def step(self, now: datetime) -> int:
        """Advance all that is due at `now`: lost webhooks are found first, then tickets, then alarms are given."""
        self.chores(now)
        return self.pipeline.step(now)

    def chores(self, now: datetime) -> None:
        """Poll for lost webhooks where it is time, look after cards that nobody took, then after the sources."""
        self.reconciler.step(now)
        self.watchdog.step(now)
        if self.librarian is not None:
            self.librarian.step(now)
