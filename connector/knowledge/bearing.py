"""How much each section bears on a question: shared words, the rare ones and those of titles counting more. Pure."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

Place = tuple[str, int]
"""Name of an article (id of a document) and position of a section."""

TITLE, HEADING, TEXT = 2.0, 1.5, 1.0
"""What a shared word counts for, by where it stands. Chosen with `ENOUGH` on one half of the questions that `make eval`
asks the sandbox's help centres; `docs/explanation/decisions` has the figures of the other half."""
ENOUGH = 1.75
"""From here on a section is about the question: so many words that stand nowhere else, fewer in its title."""
LEAST_SHARED = 2
UNRELATED = 0.835
"""The encoder places everything near everything: what has nothing to do with a question stands here."""
NEARER_BY_A_WORD = 0.05
"""How much nearer says as much as one more word that stands nowhere else."""
_BACKGROUND = 50
"""Sections that every collection is thought to have beside its own: in a handful, no word is telling by being rare."""


@dataclass(frozen=True, slots=True)
class Bearing:
    """`weight` is in words that stand nowhere else; `shared` counts terms, `topical` those in the title or heading."""

    weight: float
    shared: int
    topical: int

    def is_enough(self, asked: int, near: float | None = None) -> bool:
        """Whether the section is about a question of so many terms, with an encoder's nearness where there is one.

        By words alone, a product's name is no topic and one word of several is chance.
        """
        if near is not None:
            return self.weight + (near - UNRELATED) / NEARER_BY_A_WORD >= ENOUGH
        least = min(LEAST_SHARED, asked)
        return self.weight >= ENOUGH * least / LEAST_SHARED and self.topical >= 1 and self.shared >= least


NO_BEARING = Bearing(0.0, 0, 0)


@dataclass(frozen=True, slots=True)
class Worded:
    """One section's words as they are compared."""

    place: Place
    title: Sequence[str]
    heading: Sequence[str]
    text: Sequence[str]


class Bearings:
    """The sections of one language, indexed by their words. Never changes; may be shared by threads."""

    def __init__(self, sections: Iterable[Worded]) -> None:
        placed: dict[str, dict[Place, float]] = {}
        count = 0
        for section in sections:
            count += 1
            for words, value in ((section.text, TEXT), (section.heading, HEADING), (section.title, TITLE)):
                for word in words:
                    held = placed.setdefault(word, {})
                    held[section.place] = max(value, held.get(section.place, 0.0))
        self._words = sorted(placed)
        self._placed = placed
        self._size = count + _BACKGROUND

    def of(self, asked: Mapping[str, Iterable[str]]) -> Mapping[Place, Bearing]:
        """Every section that holds a word with one of these beginnings; each has the question's words that begin so.

        A section that holds the very word is told by how rare that is: "datev" beside many a "datei".
        """
        found: dict[Place, Bearing] = {}
        for term, words in asked.items():
            weights: dict[Place, tuple[float, float]] = {}
            for held in (self._holding(term), *(self._placed.get(word, {}) for word in words)):
                rarity = math.log(self._size / (len(held) + 0.5)) / math.log(self._size)
                for place, value in held.items():
                    weights[place] = max((rarity * value, value), weights.get(place, (0.0, 0.0)))
            for place, (weight, value) in weights.items():
                known = found.get(place, NO_BEARING)
                found[place] = Bearing(known.weight + weight, known.shared + 1, known.topical + (value > TEXT))
        return found

    def _holding(self, term: str) -> Mapping[Place, float]:
        held: dict[Place, float] = {}
        at = bisect_left(self._words, term)
        while at < len(self._words) and self._words[at].startswith(term):
            for place, value in self._placed[self._words[at]].items():
                held[place] = max(value, held.get(place, 0.0))
            at += 1
        return held
