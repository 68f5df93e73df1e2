"""What the words of a statement rest on: a reply may use other words than its source, not speak of another matter."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from connector.drafting.alignment import Line
from connector.drafting.courtesy import COURTESY
from connector.drafting.everyday import is_everyday
from connector.drafting.links import find_links
from connector.drafting.morphology import Stock, stock
from connector.drafting.values import VALUE_STEMS
from connector.drafting.vocabulary import Word

_STRANGE = 1.0
"""So many strange words for each that stands somewhere: with more it is about another matter."""

_CONTRACTED = re.compile(r"\b\w+n['’]t\b|['’]\w{1,2}\b")
_TELLING = frozenset(("money", "percent", "span", "date", "phone", "time", "hours", "days", "count"))


@dataclass(frozen=True, slots=True)
class Support:
    """The telling words of a statement by what they rest on: sources, the customer's message only, or nothing.

    `figures`: how many values it gives, each of which is compared by itself.
    """

    proven: tuple[str, ...]
    told: tuple[str, ...]
    strange: tuple[str, ...]
    figures: int

    @property
    def is_strange(self) -> bool:
        """Whether it speaks of what nobody mentioned."""
        return len(self.strange) > _STRANGE * (len(self.proven) + len(self.told) + self.figures)


@dataclass(frozen=True, slots=True)
class Known:
    """Words that a statement may rest on, by meaning and by form."""

    tokens: frozenset[str]
    stock: Stock

    def has(self, word: Word, written: str) -> bool:
        """Whether the word, which is written like this, stands there in some form."""
        return not word.tokens.isdisjoint(self.tokens) or any(self.stock.has(part) for part in parts(written))


def parts(written: str) -> Iterable[str]:
    """The words in a phrase or hyphenated word that are no everyday ones."""
    whole = _CONTRACTED.sub("", written)
    return [part for part in re.findall(r"[^\W\d_]{3,}", whole) if not is_everyday(part)]


def support(line: Line, proof: Known, told: Known) -> Support:
    """What the telling words of this sentence rest on."""
    proven: list[str] = []
    echoed: list[str] = []
    strange: list[str] = []
    for word in line.words:
        written = line.folded[word.start : word.end]
        if not tells(word, written):
            continue
        (proven if proof.has(word, written) else echoed if told.has(word, written) else strange).append(written)
    figures = sum(value.kind in _TELLING for value in line.values) + bool(find_links(line.text))
    return Support(tuple(proven), tuple(echoed), tuple(strange), figures)


def tells(word: Word, written: str) -> bool:
    """Whether the word says what a statement is about: no value, no courtesy, no everyday word."""
    if any(token[0] == "#" for token in word.tokens) or not word.tokens.isdisjoint(COURTESY | VALUE_STEMS):
        return False
    return bool(parts(written))


def share_in(line: Line, words: Sequence[Word], others: Iterable[Line]) -> float:
    """The share of these words of a sentence that stand in one of the others in some form; 0.0 for no words."""
    known = [Known(other.tokens | other.around, stock(other.text)) for other in others]
    found = [word for word in words if any(there.has(word, line.folded[word.start : word.end]) for there in known)]
    return len(found) / len(words) if words else 0.0
