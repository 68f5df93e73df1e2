"""With which letters a match of a rule can begin, so that the rule is tried only where a text has them.

A rule is a list of phrases; tried at every letter of a text, a few hundred of them would take longer than everything
else triage does. What this module does not understand of a pattern it takes for "anything", which is slow and right.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

LETTERS = 3
"""How many letters of a match are looked at."""

_DIGITS = str.maketrans("123456789", "000000000")
_ANYTHING = frozenset({"*"})
_MOST = 4_000
_QUANTIFIER = re.compile(r"\{(\d+)(?:(,)(\d*))?\}|[?*+]")
_CLASS = re.compile(r"\[(\^?)((?:\\.|[^\]\\])+)\]")
_ASSERTION = re.compile(r"\(\?(?:<?[=!])")
_SIGN = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])+\]|[()|]", re.DOTALL)

_Beginnings = frozenset[str]


def openings(pattern: str) -> frozenset[str] | None:
    """The beginnings a match can have, at most `LETTERS` long and every digit as 0; None where it can be anything.

    A beginning that is shorter may go on with anything; none of them begins with another.
    """
    try:
        found, _ = _alternatives(pattern, 0)
    except IndexError:
        return None
    found = frozenset(beginning.partition("*")[0] for beginning in found)
    if "" in found:
        return None
    return frozenset(one for one in found if not any(one[:length] in found for length in range(1, len(one))))


def places(text: str) -> Mapping[str, Sequence[int]]:
    """Where in the text words and signs begin, by each of their beginnings up to `LETTERS` letters."""
    plain = text.translate(_DIGITS)
    found: dict[str, list[int]] = {}
    within = False
    for place, letter in enumerate(plain):
        if not within and letter != " ":
            for length in range(1, min(LETTERS, len(plain) - place) + 1):
                found.setdefault(plain[place : place + length], []).append(place)
        within = letter.isalnum()
    return found


def _alternatives(pattern: str, place: int) -> tuple[_Beginnings, int]:
    found: set[str] = set()
    while True:
        sequence, place = _sequence(pattern, place)
        found |= sequence
        if place >= len(pattern) or pattern[place] == ")":
            return frozenset(found), place
        place += 1


def _sequence(pattern: str, place: int) -> tuple[_Beginnings, int]:
    found: _Beginnings = frozenset({""})
    while place < len(pattern) and pattern[place] not in "|)":
        if all(len(beginning) == LETTERS or "*" in beginning for beginning in found):
            return found, _end(pattern, place)
        item, place = _item(pattern, place)
        least, most, place = _repeats(pattern, place)
        for number in range(min(most, LETTERS)):
            found = _followed(found, item if number < least else item | {""})
    return found, place


def _end(pattern: str, place: int) -> int:
    """Where the sequence that this place lies in ends."""
    depth = 0
    for sign in _SIGN.finditer(pattern, place):
        if sign[0] == "(":
            depth += 1
        elif sign[0] in "|)" and depth == 0:
            return sign.start()
        elif sign[0] == ")":
            depth -= 1
    return len(pattern)


def _followed(before: _Beginnings, after: _Beginnings) -> _Beginnings:
    open_ended = [first for first in before if len(first) < LETTERS and "*" not in first]
    if not open_ended:
        return before
    if len(open_ended) * len(after) > _MOST:
        after = _ANYTHING
    return before.difference(open_ended) | {(first + second)[:LETTERS] for first in open_ended for second in after}


def _repeats(pattern: str, place: int) -> tuple[int, int, int]:
    found = _QUANTIFIER.match(pattern, place)
    if found is None:
        return 1, 1, place
    sign, (least, comma, most) = found.group(), found.groups()
    place = found.end() + (pattern[found.end() : found.end() + 1] in ("?", "+"))
    if least is None:
        return (1 if sign == "+" else 0), (1 if sign == "?" else LETTERS), place
    return int(least), int(most or LETTERS) if comma else int(least), place


def _item(pattern: str, place: int) -> tuple[_Beginnings, int]:
    letter = pattern[place]
    if letter == "(":
        return _group(pattern, place)
    if letter == "[" and (members := _CLASS.match(pattern, place)) is not None:
        return (_ANYTHING if members[1] else _members(members[2])), members.end()
    if letter == "\\":
        return _escape(pattern[place + 1]), place + 2
    if letter in ".[":
        return _ANYTHING, place + 1
    return (frozenset({""}) if letter in "^$" else frozenset({letter.translate(_DIGITS)})), place + 1


def _group(pattern: str, place: int) -> tuple[_Beginnings, int]:
    assertion = _ASSERTION.match(pattern, place)
    start = assertion.end() if assertion else place + (3 if pattern.startswith("(?:", place) else 1)
    if assertion is None and pattern.startswith("(?", place) and not pattern.startswith("(?:", place):
        raise IndexError
    found, end = _alternatives(pattern, start)
    if pattern[end] != ")":
        raise IndexError
    # What is only looked at takes up no room; leaving it out means trying more places than needed.
    return (frozenset({""}) if assertion else found), end + 1


def _escape(letter: str) -> _Beginnings:
    if letter == "d":
        return frozenset({"0"})
    if letter in "bB":
        return frozenset({""})
    return _ANYTHING if letter.isalpha() else frozenset({letter.translate(_DIGITS)})


def _members(members: str) -> _Beginnings:
    found: set[str] = set()
    for member in _each(members):
        found |= member
    return frozenset(found)


def _each(members: str) -> Iterator[_Beginnings]:
    place = 0
    while place < len(members):
        if members[place] == "\\":
            yield _escape(members[place + 1])
            place += 2
        elif members[place + 1 : place + 2] == "-" and place + 2 < len(members):
            letters = map(chr, range(ord(members[place]), ord(members[place + 2]) + 1))
            yield frozenset(letter.translate(_DIGITS) for letter in letters)
            place += 3
        else:
            yield frozenset({members[place].translate(_DIGITS)})
            place += 1
