"""Finds texts that say nearly the same, without comparing each with each."""

from __future__ import annotations

import math
import zlib
from collections import defaultdict
from collections.abc import Iterable

from connector.drafting.sentences import fold, words

SAME = 0.8
"""From this share of common three-word runs on (Jaccard), two texts say the same."""
_RUN = 3


class NearDuplicates:
    """Texts by id. Not for use by two threads at once.

    Two sets that share at least `SAME` of their runs share one of the first few in any fixed order, so only texts that
    meet there are compared.
    """

    def __init__(self) -> None:
        self._runs: dict[str, frozenset[int]] = {}
        self._meeting: dict[int, set[str]] = defaultdict(set)

    def add(self, identity: str, text: str) -> None:
        """Keep a text; one of the same id is replaced."""
        self.drop(identity)
        runs = _runs(text)
        self._runs[identity] = runs
        for run in _first(runs):
            self._meeting[run].add(identity)

    def drop(self, identity: str) -> None:
        """Forget a text, if it is there."""
        for run in _first(self._runs.pop(identity, frozenset())):
            self._meeting[run].discard(identity)

    def like(self, text: str) -> tuple[str, ...]:
        """The ids of the texts that say nearly the same, in order."""
        runs = _runs(text)
        met = {identity for run in _first(runs) for identity in self._meeting.get(run, ())}
        return tuple(sorted(identity for identity in met if _share(runs, self._runs[identity]) >= SAME))


def _runs(text: str) -> frozenset[int]:
    said = [fold(word) for word in words(text)]
    runs = [" ".join(said[at : at + _RUN]) for at in range(max(1, len(said) - _RUN + 1))]
    return frozenset(zlib.crc32(run.encode()) for run in runs)


def _first(runs: frozenset[int]) -> Iterable[int]:
    return sorted(runs)[: len(runs) - math.ceil(SAME * len(runs)) + 1]


def _share(one: frozenset[int], other: frozenset[int]) -> float:
    return len(one & other) / max(1, len(one | other))
