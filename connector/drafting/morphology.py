"""Which words belong together by their letters alone: endings, compounds, beginnings. No list of words is asked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from connector.drafting.vocabulary import bases, folded_alike

_WORD = re.compile(r"[^\W\d_]{3,}")
_ENDING = re.compile(
    r"(?:ierungen|ierung|ieren|iert|ungen|ung|ations?|ments?|ments|ness|lich\w{0,2}|isch\w{0,2}|ing|ions?|ed|en|er|es|em|s|e)$"
)

_PART = 4
"""So many letters make a part of a compound."""

_SHARED = 5
"""So many letters in a row, anywhere in two words, and half of the word, are no chance."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The words of a text, to be asked whether a word is one of them in another form. `joined`: with spaces around."""

    bases: frozenset[str]
    joined: str

    def has(self, word: str) -> bool:
        """Whether a folded word stands there: in another form, as a part of a compound, or as a compound of one."""
        if not bases(word).isdisjoint(self.bases):
            return True
        return len(word) >= _PART and (
            self._begins(word) or self._is_part(word) or self._has_part(word) or self._shares(word)
        )

    def _begins(self, word: str) -> bool:
        return f" {word[: max(_PART, -(-len(word) * 13 // 20))]}" in self.joined

    def _is_part(self, word: str) -> bool:
        bare = root(word)
        return len(bare) >= _PART and (f" {bare}" in self.joined or f"{word} " in self.joined)

    def _has_part(self, word: str) -> bool:
        sizes = range(_PART, len(word) - 2)
        return any(f" {word[:size]} " in self.joined or f" {word[-size:]} " in self.joined for size in sizes)

    def _shares(self, word: str) -> bool:
        bare = root(word)
        size = max(_SHARED, -(-len(bare) // 2))
        return any(bare[at : at + size] in self.joined for at in range(len(bare) - size + 1))


@lru_cache(maxsize=512)
def stock(text: str) -> Stock:
    """The words of this text."""
    found = dict.fromkeys(_WORD.findall(folded_alike(text)))
    return Stock(frozenset().union(*map(bases, found)), f" {' '.join(found)} ")


def root(word: str) -> str:
    """A folded word without the ending that makes another kind of word of it: "selection" is "select"."""
    return _ENDING.sub("", word)
