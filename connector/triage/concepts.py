"""Words of several languages read as one concept, from `mappings/lexicon/concepts.toml`.

What the classifier learns about "parcel" it then knows about "Paket", "colis" and "przesyłka", too.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass

from connector.once import once
from connector.triage.lexicon import entries, pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Concepts:
    """The lexicon, compiled."""

    words: Mapping[str, str]
    beginnings: tuple[str, ...]
    pattern: re.Pattern[str]

    def found(self, folded: str) -> str:
        """The concepts in a folded text, in order, separated by spaces."""
        names = (self._name(match.group()) for match in self.pattern.finditer(folded))
        return " ".join(name for name in names if name)

    def _name(self, word: str) -> str:
        if word in self.words:
            return self.words[word]
        # The longest beginning of a word sorts right before it, or shortly before where others lie between.
        for at in range(bisect_right(self.beginnings, word) - 1, -1, -1):
            if word.startswith(self.beginnings[at]):
                return self.words[f"{self.beginnings[at]}*"]
            if self.beginnings[at][:1] != word[:1]:
                break
        return ""


@once
def concepts() -> Concepts:
    """The concepts of the lexicon; where a word stands under two, the first one counts."""
    words: dict[str, str] = {}
    for name, folded in entries("concepts").items():
        for entry in folded:
            words.setdefault(entry, name)
    beginnings = sorted(entry[:-1] for entry in words if entry.endswith("*"))
    return Concepts(words=words, beginnings=tuple(beginnings), pattern=pattern(words))
