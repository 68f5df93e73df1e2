"""Payment cards: 12 to 19 digits in the ranges of the card schemes, with the right check digit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from connector.masking import words
from connector.masking.kinds import Kind
from connector.masking.spans import Span

# A plus belongs to a telephone number, a letter that touches the digits to something else than "Visa4111...".
_RUN = re.compile(r"(?<![\d+])\d+(?:(?:[ \t]{0,2}[-./_][ \t]{0,2}|[ \t]{1,3}|[ \t]?\n[ \t>]{0,3})\d+)*")
_GROUP = re.compile(r"\d+")
_LEAST_DIGITS, _MOST_DIGITS = 12, 19
_SHORT, _SHORT_GROUPS, _WRAPPED_GROUP = 14, 5, 4
# Scheme ranges as their operators publish them (ISO/IEC 7812): first digits -> lengths in use.
_RANGES: tuple[tuple[re.Pattern[str], frozenset[int]], ...] = (
    (re.compile(r"4"), frozenset({13, 16, 18, 19})),  # Visa
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), frozenset({16})),  # Mastercard
    (re.compile(r"3[47]"), frozenset({15})),  # American Express
    (re.compile(r"30[0-5]|3095|36|3[89]"), frozenset({14, 15, 16, 17, 18, 19})),  # Diners Club
    (re.compile(r"6011|64[4-9]|65|62|60|81|82|508"), frozenset({16, 17, 18, 19})),  # Discover, UnionPay, RuPay
    (re.compile(r"35"), frozenset({16, 17, 18, 19})),  # JCB
    (re.compile(r"1800|2131"), frozenset({15})),  # JCB, old
    (re.compile(r"50|5[6-9]|6"), frozenset(range(12, 20))),  # Maestro and national debit cards
    (re.compile(r"220[0-4]|9792|8600|9860|1946"), frozenset(range(16, 20))),  # Mir, Troy, Uzcard, Humo, BORICA
)
_TYPED = words.pattern(r"«card»[^\d\n]{0,24}")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def find_cards(text: str) -> Iterator[Span]:
    """Card numbers, also with separators; beside a word for a card also with a wrong check digit."""
    for run in _RUN.finditer(text):
        groups = [(match.start(), match.end()) for match in _GROUP.finditer(text, run.start(), run.end())]
        first = 0
        while first < len(groups):
            last = _last_group(text, groups, first)
            if last is None:
                first += 1
                continue
            yield Span(kind=Kind.CARD, start=groups[first][0], end=groups[last][1])
            first = last + 1
    yield from _mistyped(text)


def _last_group(text: str, groups: Sequence[tuple[int, int]], first: int) -> int | None:
    """The last group of the longest card that begins with this group."""
    digits = ""
    found = None
    for at in range(first, min(len(groups), first + _MOST_DIGITS)):
        start, end = groups[at]
        if end - start + len(digits) > _MOST_DIGITS:
            break
        digits += text[start:end]
        if is_card(digits) and _is_one(text[groups[first][0] : end], len(digits)):
            found = at
    return found


def _is_one(written: str, length: int) -> bool:
    """Whether these groups are one number: a line break is a wrap between groups of four, and parts a list elsewhere;
    short numbers are not written in more groups than long ones (dates and amounts in a row are).
    """
    groups = _GROUP.findall(written)
    if length <= _SHORT and len(groups) > _SHORT_GROUPS:
        return False
    return "\n" not in written or (
        not re.search(r"[-./_]", written) and all(len(group) == _WRAPPED_GROUP for group in groups[:-1])
    )


def is_card(digits: str) -> bool:
    """Whether these digits are a card number of a known scheme."""
    return len(digits) >= _LEAST_DIGITS and len(digits) in _lengths(digits[:4]) and passes_luhn(digits)


@lru_cache(maxsize=16_384)
def _lengths(first_four: str) -> frozenset[int]:
    """How long the cards are that begin with these digits."""
    return frozenset().union(*(lengths for start, lengths in _RANGES if start.match(first_four)))


def passes_luhn(digits: str) -> bool:
    """The check of ISO/IEC 7812, annex B; not for a number of one repeated digit."""
    total = sum(map(int, digits[-1::-2])) + sum(_DOUBLED[int(char)] for char in digits[-2::-2])
    return total % 10 == 0 and len(set(digits)) > 1


def _mistyped(text: str) -> Iterator[Span]:
    for word in _TYPED.finditer(text):
        number = re.compile(r"\d(?:[ -]{0,2}\d){12,18}(?![ -]{0,2}\d)").match(text, word.end())
        if number and number.group()[0] in "23456":
            yield Span(kind=Kind.CARD, start=number.start(), end=number.end())
