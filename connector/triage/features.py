"""Texts as sparse vectors: words, word pairs, parts of words and concepts, weighted by how telling they are.

Written out rather than taken from scikit-learn's vectorisers, whose checks cost more than the work on one ticket.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from connector.triage.concepts import concepts
from connector.triage.sentences import MAX_CHARS, fold

Places = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]
Rarity = npt.NDArray[np.float32]

MIN_TEXTS = 3
"""What stands in one or two examples only tells next to nothing about the next text (with few examples: in one)."""

FEW_TEXTS = 1000

PART_CHARS = (3, 4, 5)
WORDS_KEPT = 20_000
CONCEPT_WEIGHT = 0.3
"""The length of the concept part beside words (1) and parts of words (1); more costs right answers in the languages
that the examples are written in, less costs them in the others."""

CONCEPT_LENGTH = 8.0
"""A text whose concepts weigh less than this counts them less: one lone concept is not the whole matter."""

# What stands for itself only: another customer's number, address or link teaches nothing about the intent.
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_ADDRESS = re.compile(r"(?<!\S)\S+@\S+")  # only from where a word begins: elsewhere it is quadratic
_NUMBER = re.compile(r"#?\b(?:[a-z]{1,4}[- ]?)?\d[\w.,:/-]*")
_WORD = re.compile(r"\w+")
_CHUNK = re.compile(r"\S+")


def plain(text: str) -> str:
    """The text folded, with links, addresses and numbers replaced by one word each."""
    folded = fold(text[:MAX_CHARS])
    return _NUMBER.sub(" 9 ", _ADDRESS.sub(" xmail ", _LINK.sub(" xlink ", folded)))


class Features:
    """Word 1-2 grams, 3-5 character parts of words and concept 1-2 grams; a row has length 1 (or 0)."""

    def __init__(self, words: Vocabulary, parts: Vocabulary, concept_grams: Vocabulary) -> None:
        self._words = words
        self._parts = parts
        self._concepts = concept_grams
        # The same few thousand words make up most messages.
        self._parts_of = lru_cache(maxsize=WORDS_KEPT)(self._places_of_parts)

    @classmethod
    def learnt(cls, texts: Sequence[str]) -> Features:
        """Vocabulary and weights from these texts; ValueError where no word stands in two of them."""
        folded = [plain(text) for text in texts]
        least = MIN_TEXTS if len(texts) >= FEW_TEXTS else MIN_TEXTS - 1
        found = cls(
            Vocabulary.learnt([_pairs(_WORD.findall(text)) for text in folded], least),
            Vocabulary.learnt(
                [Counter(chain.from_iterable(map(_parts, _CHUNK.findall(text)))) for text in folded], least
            ),
            Vocabulary.learnt([_pairs(concepts().found(text).split()) for text in folded], least),
        )
        if not found.vocabularies[0].size:
            raise ValueError("no word stands in two examples")
        return found

    @property
    def vocabularies(self) -> tuple[Vocabulary, Vocabulary, Vocabulary]:
        """Words, parts of words, concepts: everything there is to store."""
        return self._words, self._parts, self._concepts

    def rows(self, texts: Sequence[str]) -> Any:
        """The sparse rows of these texts, one each."""
        places: list[Places] = []
        values: list[Values] = []
        ends = [0]
        for text in texts:
            place, value = self._row(text)
            places.append(place)
            values.append(value)
            ends.append(ends[-1] + len(place))
        width = sum(vocabulary.size for vocabulary in (self._words, self._parts, self._concepts))
        return sparse.csr_array(
            (np.concatenate(values), np.concatenate(places), np.array(ends, dtype=np.int32)), shape=(len(texts), width)
        )

    def _row(self, text: str) -> tuple[Places, Values]:
        text = plain(text)
        word_places, word_values = self._words.row(self._words.counted(_pairs(_WORD.findall(text))))
        concept_places, concept_values = self._concepts.row(
            self._concepts.counted(_pairs(concepts().found(text).split()))
        )
        part_places, part_values = self._parts.row(
            Counter(chain.from_iterable(map(self._parts_of, _CHUNK.findall(text))))
        )
        values = np.concatenate(
            (
                _scaled(word_values),
                _scaled(part_values),
                _scaled(concept_values, floor=CONCEPT_LENGTH) * CONCEPT_WEIGHT,
            )
        )
        shift = self._words.size
        places = (word_places, part_places + shift, concept_places + (shift + self._parts.size))
        return np.concatenate(places), _scaled(values)

    def _places_of_parts(self, chunk: str) -> tuple[int, ...]:
        return tuple(place for part in _parts(chunk) if (place := self._parts.place(part)) is not None)


class Vocabulary:
    """Grams of one kind, sorted, each with the weight of its rarity."""

    def __init__(self, grams: Sequence[str], rarity: Rarity) -> None:
        self.grams = tuple(grams)
        self.rarity = rarity
        self.size = len(self.grams)
        self._place = {gram: place for place, gram in enumerate(self.grams)}

    @classmethod
    def learnt(cls, texts: Sequence[Mapping[str, int]], least: int) -> Vocabulary:
        """The grams that stand in at least so many of the texts."""
        spread = Counter(chain.from_iterable(texts))
        kept = sorted(gram for gram, count in spread.items() if count >= least)
        rarity = [math.log((1 + len(texts)) / (1 + spread[gram])) + 1 for gram in kept]
        # As exact as a file keeps it, so that what was stored reads like what was learnt.
        return cls(kept, np.array(rarity, dtype=np.float16).astype(np.float32))

    def place(self, gram: str) -> int | None:
        """Where the gram stands in a row; None for an unknown one."""
        return self._place.get(gram)

    def counted(self, grams: Mapping[str, int]) -> dict[int, int]:
        """The counts of the known grams, by place."""
        return {place: count for gram, count in grams.items() if (place := self._place.get(gram)) is not None}

    def row(self, counts: Mapping[int, int]) -> tuple[Places, Values]:
        """Places and unscaled values, (1 + ln count) x rarity, of one text."""
        places = np.fromiter(counts, dtype=np.int32, count=len(counts))
        times = np.fromiter(counts.values(), dtype=np.float64, count=len(counts))
        return places, (1 + np.log(times)) * self.rarity[places]


def _pairs(words: Sequence[str]) -> Counter[str]:
    return Counter(chain(words, (f"{one} {other}" for one, other in pairwise(words))))


def _parts(chunk: str) -> Iterable[str]:
    padded = f" {chunk[:80]} "
    for length in PART_CHARS:
        if len(padded) <= length:
            yield padded
            return
        for start in range(len(padded) - length + 1):
            yield padded[start : start + length]


def _scaled(values: Values, *, floor: float = 0.0) -> Values:
    """The values divided by their length, or by `floor` where they are shorter."""
    length = max(math.sqrt(float(values @ values)), floor)
    return values / length if length else values
