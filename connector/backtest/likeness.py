"""How near two texts are: common words, and how much would have to be edited. Pure, and linear in the texts' length."""

from __future__ import annotations

import hashlib
import re
from collections import Counter

from connector.drafting.sentences import fold

MAX_WORDS = 600
"""Of each text; a reply is shorter, and what hangs on a long one is a quotation."""

BAND = 60
"""How far two texts may be shifted against each other, in words, and still be aligned."""

_WORD = re.compile(r"\w+")


def words(text: str) -> tuple[str, ...]:
    """The words in one spelling, at most `MAX_WORDS`."""
    return tuple(_WORD.findall(fold(text[: MAX_WORDS * 40])))[:MAX_WORDS]


def token_f1(one: str, other: str) -> float:
    """The harmonic mean of the shares of words that both have, 0 to 1."""
    first, second = Counter(words(one)), Counter(words(other))
    common = sum((first & second).values())
    return 0.0 if not common else 2 * common / (first.total() + second.total())


def edit_distance(one: str, other: str) -> float:
    """Words to insert, delete or replace, by the length of the longer text: 0 the same, 1 nothing alike.

    Banded: an alignment more than `BAND` words off counts as replaced, so that a long text costs no more than its
    length times the band.
    """
    first, second = words(one), words(other)
    longest = max(len(first), len(second))
    if not longest:
        return 0.0
    return min(1.0, _banded(first, second) / longest)


def _banded(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    if len(first) > len(second):
        first, second = second, first
    band = BAND + len(second) - len(first) if len(second) - len(first) <= BAND else BAND
    if len(second) - len(first) > band:
        # The rest of the longer text cannot be aligned within the band: it has to be written anew.
        rest = len(second) - len(first) - band
        return rest + _banded(first, second[: len(first) + band])
    far = len(first) + len(second)
    before = [column if column <= band else far for column in range(len(second) + 1)]
    for row, word in enumerate(first, start=1):
        low, high = max(1, row - band), min(len(second), row + band)
        now = [far] * (len(second) + 1)
        if row <= band:
            now[0] = row
        for column in range(low, high + 1):
            same = before[column - 1] + (word != second[column - 1])
            now[column] = min(same, before[column] + 1, now[column - 1] + 1)
        before = now
    return min(before[len(second)], len(second))


def fingerprint(text: str) -> str:
    """What answers from one macro have in common: the words without the greeting's line, numbers and the sign-off."""
    lines = [line for line in text.splitlines() if line.strip()]
    kept = [word for word in words(" ".join(lines[1:] if len(lines) > 1 else lines)) if not word.isdigit()]
    return hashlib.sha256(" ".join(kept[:25]).encode()).hexdigest()[:16]
