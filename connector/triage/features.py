"""Texts as sparse vectors: words, word pairs, parts of words and concepts, weighted by how telling they are.

Written out rather than taken from scikit-learn's vectorisers, whose checks cost more than the work on one ticket.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from connector.triage.concepts import concepts
from connector.triage.sentences import MAX_CHARS, fold

Places = npt.NDArray[np.int32]
Values = npt.NDArray[np.float64]

MIN_TEXTS = 2
"""What stands in one example only tells nothing about the next text."""

PART_CHARS = (3, 4, 5)
CONCEPT_WEIGHT = 0.7
"""The length of the concept part beside words (1) and parts of words (1)."""

CONCEPT_LENGTH = 8.0
"""A text whose concepts weigh less than this counts them less: one lone concept is not the whole matter."""

# What stands for itself only: another customer's number, address or link teaches nothing about the intent.
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_ADDRESS = re.compile(r"\S+@\S+")
_NUMBER = re.compile(r"#?\b(?:[a-z]{1,4}[- ]?)?\d[\w.,:/-]*")
_WORD = re.compile(r"\w+")
_CHUNK = re.compile(r"\S+")


def plain(text: str) -> str:
    """The text folded, with links, addresses and numbers replaced by one word each."""
    folded = fold(text[:MAX_CHARS])
    return _NUMBER.sub(" 9 ", _ADDRESS.sub(" xmail ", _LINK.sub(" xlink ", folded)))


class Features:
    """Word 1-2 grams, 3-5 character parts of words and concept 1-2 grams; a row has length 1 (or 0)."""

    def __init__(self, texts: Sequence[str]) -> None:
        """Vocabulary and weights from these texts; ValueError where no word stands in two of them."""
        counted = [_counted(text) for text in texts]
        self._words, self._parts, self._concepts = (_Vocabulary(column) for column in zip(*counted, strict=True))
        if not self._words.size:
            raise ValueError("no word stands in two examples")

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
        words, parts, meant = _counted(text)
        word_places, word_values = self._words.row(words)
        part_places, part_values = self._parts.row(parts)
        concept_places, concept_values = self._concepts.row(meant)
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


class _Vocabulary:
    """The grams of one kind that stand in at least `MIN_TEXTS` texts, with the weight of their rarity."""

    def __init__(self, texts: Sequence[Mapping[str, int]]) -> None:
        spread = Counter(chain.from_iterable(texts))
        kept = sorted(gram for gram, count in spread.items() if count >= MIN_TEXTS)
        self.size = len(kept)
        self._place = {gram: place for place, gram in enumerate(kept)}
        self._rarity = np.array([math.log((1 + len(texts)) / (1 + spread[gram])) + 1 for gram in kept])

    def row(self, grams: Mapping[str, int]) -> tuple[Places, Values]:
        """Places and unscaled values, (1 + ln count) x rarity, of one text."""
        known = [(place, count) for gram, count in grams.items() if (place := self._place.get(gram)) is not None]
        if not known:
            return np.zeros(0, dtype=np.int32), np.zeros(0)
        pairs = np.array(known, dtype=np.int32)
        places = pairs[:, 0]
        return places, (1 + np.log(pairs[:, 1])) * self._rarity[places]


def _counted(text: str) -> tuple[Counter[str], Counter[str], Counter[str]]:
    """How often each word gram, part of a word and concept gram stands in the text."""
    text = plain(text)
    meant = concepts().found(text).split()
    parts = Counter[str]()
    for chunk, count in Counter(_CHUNK.findall(text)).items():
        for part in _parts(chunk):
            parts[part] += count
    return _pairs(_WORD.findall(text)), parts, _pairs(meant)


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
