"""What a measurement gives: rows of repeated figures, as medians with their spread."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure, measured several times. `target` is the least (or, with `most`, the most) that the median may be."""

    name: str
    values: Sequence[float]
    unit: str
    target: float | None = None
    most: bool = False

    @property
    def median(self) -> float:
        """The middle of the repeats."""
        return statistics.median(self.values)

    @property
    def reached(self) -> bool | None:
        """Whether the median keeps to the target; None without one."""
        if self.target is None:
            return None
        return self.median <= self.target if self.most else self.median >= self.target


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One question with its figures; `about` says how they were measured."""

    name: str
    title: str
    about: str
    rows: Sequence[Row] = field(default_factory=tuple)


def interleaved(measures: Mapping[str, Callable[[], float]], *, repeats: int) -> dict[str, list[float]]:
    """Every measure `repeats` times in turn, so that a busy moment of the machine hits all of them alike."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(repeats):
        for name, measure in measures.items():
            found[name].append(measure())
    return found
