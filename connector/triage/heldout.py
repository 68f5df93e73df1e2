"""What a model said about its own examples while they were held out: which intents it mixes up, and how surely.

Found during training, where examples are held out anyway to fit the temperature, and kept beside the model.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from connector.model import UNMAPPED


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How many held-out examples of `other` were read as the intent in question, and how many of it as `other`."""

    other: str
    read_as_this: int
    this_read_as: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookalike:
    """Of `examples` held-out examples of a human-only intent, `passing` would have passed an auto intent's gate."""

    intent: str
    passing: int
    examples: int


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOut:
    """One row per held-out example: `example` is its place among the catalogue's labelled examples, `truth` the index
    of its class; `probabilities` are by class, `person` is that a person must answer, where that was learnt.
    """

    classes: tuple[str, ...]
    example: npt.NDArray[np.int32]
    truth: npt.NDArray[np.int16]
    probabilities: npt.NDArray[np.float16]
    person: npt.NDArray[np.float16] | None = None

    def confused_with(self, intent: str) -> tuple[Confusion, ...]:
        """The intents that this one is taken for or that are taken for it, most confused first."""
        if intent not in self.classes:
            return ()
        this, read = self.classes.index(intent), self._read
        found = [
            Confusion(
                other=name,
                read_as_this=int(((self.truth == other) & (read == this)).sum()),
                this_read_as=int(((self.truth == this) & (read == other)).sum()),
            )
            for other, name in enumerate(self.classes)
            if other != this
        ]
        confused = [item for item in found if item.read_as_this or item.this_read_as]
        return tuple(sorted(confused, key=lambda item: (-item.read_as_this - item.this_read_as, item.other)))

    def lookalikes(
        self,
        intent: str,
        *,
        human_only: Collection[str],
        threshold: float,
        limit: float,
        stopped: Callable[[int], bool] = lambda _: False,
    ) -> tuple[Lookalike, ...]:
        """The human-only intents of which an example would have been sent as `intent`: read as it, with at least
        `threshold` confidence and less than `limit` human-only probability, and not `stopped` by anything else (asked
        with the example's place). Most passing first.
        """
        if intent not in self.classes:
            return ()
        columns = [number for number, name in enumerate(self.classes) if name in human_only]
        passes = (
            (self._read == self.classes.index(intent))
            & (self.probabilities.astype(np.float64).max(axis=1) >= threshold)
            & (self._human_only(columns) < limit)
        )
        found = [
            Lookalike(
                intent=self.classes[number],
                passing=sum(not stopped(int(place)) for place in self.example[passes & (self.truth == number)]),
                examples=int((self.truth == number).sum()),
            )
            for number in columns
        ]
        return tuple(sorted((item for item in found if item.passing), key=lambda item: (-item.passing, item.intent)))

    def _human_only(self, columns: list[int]) -> npt.NDArray[np.float64]:
        """As a ticket's is weighed (`weighing.py`)."""
        values = self.probabilities.astype(np.float64)
        if self.person is None:
            return np.asarray(values[:, columns].sum(axis=1))
        none = [number for number, name in enumerate(self.classes) if name == UNMAPPED]
        return np.asarray((values[:, sorted({*columns, *none})].sum(axis=1) + self.person.astype(np.float64)) / 2)

    @property
    def _read(self) -> npt.NDArray[np.intp]:
        return np.asarray(self.probabilities.argmax(axis=1), dtype=np.intp)
