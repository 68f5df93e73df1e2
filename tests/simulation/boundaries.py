"""The places where a worker touches the world: there it may die, stand still, or let others in."""

from __future__ import annotations

import random

from tests.simulation.plan import Plan
from tests.simulation.scheduler import Killed, Scheduler
from tests.simulation.trace import Trace

LONG_PAUSE = (70.0, 500.0)
"""Longer than a lease, sometimes longer than the ambiguity wait, too."""


class Boundaries:
    """Asked before and after each call that leaves the process."""

    def __init__(self, scheduler: Scheduler, plan: Plan, chance: random.Random, trace: Trace) -> None:
        self._scheduler = scheduler
        self._plan = plan
        self._chance = chance
        self._trace = trace

    @property
    def who(self) -> str:
        """The worker that runs now; "" outside of one."""
        task = self._scheduler.current
        return task.name if task else ""

    def cross(self, name: str, *, weight: float = 1.0, longest: float = 0.0) -> None:
        """One boundary. Faults strike `weight` times as often as the plan says; else up to `longest` seconds pass."""
        if self._scheduler.current is None:
            return
        draw = self._chance.random()
        if draw < self._plan.crash * weight:
            self._trace.add(self.who, f"dies {name}")
            raise Killed
        draw -= self._plan.crash * weight
        if draw < self._plan.pause * weight:
            seconds = self._chance.uniform(*LONG_PAUSE)
            self._trace.add(self.who, f"stands still {name} for {seconds:.0f} s")
            self._scheduler.wait(seconds)
        elif longest:
            self._scheduler.wait(self._chance.uniform(0.0, longest))
