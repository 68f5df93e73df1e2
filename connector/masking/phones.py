"""Telephone numbers, by the numbering plans that the library `phonenumbers` knows.

A number with a country code is one wherever it is read. A national number is one where it is valid in a region of the
account and written as such there, or where a word beside it says so; a number that names an order is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import phonenumbers

from connector.masking import words
from connector.masking.kinds import Kind
from connector.masking.references import names_a_thing
from connector.masking.spans import Span

_GAP = r"[ \t]{1,2}\(?|[ ]?[-/][ ]?\(?|\.|\)[ \t]?[-./]?[ \t]?|\("
_EXTENSION = r"(?:[ ]?(?:x|ext\.?|extension|-|durchwahl|dw|poste|int\.?)[ ]?\d{1,5})?"
_UNIT = r"[ ]?(?:€|EUR|USD|GBP|CHF|Euro|%|kg|km)(?![^\W_])"
# Not a part of a longer number, an amount or a name with a hyphen.
_CANDIDATE = re.compile(
    rf"(?<![^\W_])(?<![\d#@][.,/-])(?<![#@€$£.-])(?:\+[ ]?\d|\(?\d)(?:\d|{_GAP}){{4,30}}\d{_EXTENSION}"
    rf"(?![^\W_]|[.,/-]\d|-\w(?![a-z]{{2}})|{_UNIT})",
    re.IGNORECASE,
)
_SPELLED = words.pattern(r"«digit_word»(?:[ ,.-]{1,3}«digit_word»){6,30}")
_NAMED = words.pattern(r"«phone»[^\d\n]{0,30}\n?[^\d\n]{0,4}$")
_NAMED_AFTER = words.pattern(r"[ \t]{0,2}[(,]?[ \t]{0,2}«phone»")
_DATE = re.compile(
    r"(?:(?:19|20)\d\d([-./])[01]?\d\1[0-3]?\d|[0-3]?\d([-./])[01]?\d\2(?:19|20)?\d\d)(?![-./]?\d)|"
    r"[0-3]\d[01]\d(?:19|20)\d\d$"
)
_BEFORE_CHARS = 44
_LEAST, _MOST = 7, 15
_LEAST_CONTIGUOUS = 9
_EXTENSION_DIGITS = 5
_EXAMINED = 500
# So usual a way of writing that an area code nobody has does not matter.
_AMERICAN = re.compile(
    r"(?:1[-. ])?(?:\(\d{3}\)[ -]?\d{3}[-. ]\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4})(?:[ ]?(?:x|ext\.?)"
    r"[ ]?\d{1,5})?",
    re.IGNORECASE,
)
_GROUP = re.compile(r"\d+")
# Sizes of groups in which national numbers without a leading zero are written.
_USUAL = frozenset({(3, 3, 4), (3, 3, 3), (3, 2, 2, 2), (2, 3, 2, 2), (2, 4, 4), (2, 2, 2, 2), (3, 4)})


def find_phones(text: str, regions: Sequence[str]) -> Iterator[Span]:
    """Telephone numbers, extension included, also spelled out."""
    budget = _Budget(_EXAMINED)
    at = 0
    while match := _CANDIDATE.search(text, at):
        if _is_phone(text, match, regions, budget):
            yield Span(kind=Kind.PHONE, start=match.start(), end=match.end())
            at = match.end()
        else:  # a number of another kind may stand before the phone: "order 49230 06 555 0142"
            at = _after_first_group(text, match)
    for spelled in _SPELLED.finditer(text):
        yield Span(kind=Kind.PHONE, start=spelled.start(), end=spelled.end())


def _after_first_group(text: str, match: re.Match[str]) -> int:
    group = _GROUP.search(text, match.start(), match.end())
    return group.end() if group else match.end()


def _is_phone(text: str, match: re.Match[str], regions: Sequence[str], budget: _Budget) -> bool:
    written = match.group()
    count = sum(map(str.isdigit, written))
    if not _LEAST <= count <= _MOST + _EXTENSION_DIGITS or _DATE.match(written):
        return False
    if written.startswith("+"):
        return True
    if names_a_thing(text, match.start()):
        return False
    return _named(text, match) or any(_fits(written, region) for region in regions) if budget.spend() else True


class _Budget:
    """How many more candidates are worth a look-up; a text with more of them is masked by their form alone."""

    def __init__(self, left: int) -> None:
        self._left = left

    def spend(self) -> bool:
        """Whether one more may be looked up."""
        self._left -= 1
        return self._left >= 0


def _named(text: str, match: re.Match[str]) -> bool:
    """Whether a word for a phone stands before the number, or directly behind it."""
    before = text[max(0, match.start() - _BEFORE_CHARS) : match.start()]
    return bool(_NAMED.search(before) or _NAMED_AFTER.match(text, match.end()))


def _fits(written: str, region: str) -> bool:
    """Whether the number is of this region and written as people there do, or as if dialled from there."""
    try:
        number = phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException:
        return False
    digits = re.sub(r"\D", "", re.split(r"[a-z]", written, flags=re.IGNORECASE)[0])
    if digits.startswith("00") or (digits.startswith("011") and region == "US"):
        return phonenumbers.is_valid_number(number)
    trunk = phonenumbers.ndd_prefix_for_region(region, strip_non_digits=True) or ""
    if digits.startswith("0"):
        dialled = trunk == "0" or region == "IT"
        grouped = bool(re.search(r"\d[ \t()/.-]+\d", written))
        return dialled and (phonenumbers.is_valid_number(number) or (grouped and _is_long_enough(number, digits)))
    if trunk == "0":  # numbers that are dialled without it, such as 1800 850 935
        return phonenumbers.is_valid_number(number) and _GROUP.findall(written) == _usual_groups(number)
    if region == "US" and _AMERICAN.fullmatch(written):
        return True
    return phonenumbers.is_valid_number(number) and (
        _grouped_as_usual(written, number) or (digits == written and len(digits) >= _LEAST_CONTIGUOUS)
    )


def _is_long_enough(number: phonenumbers.PhoneNumber, digits: str) -> bool:
    """Numbers out of use, as films show them, are no valid ones, and nobody else's either."""
    return len(digits) >= 9 and phonenumbers.is_possible_number(number)


def _grouped_as_usual(written: str, number: phonenumbers.PhoneNumber) -> bool:
    """Whether the digits stand in the groups of the region's own way of writing (or in the American one)."""
    groups = _GROUP.findall(written)
    return groups == _usual_groups(number) or tuple(map(len, groups)) in _USUAL


def _usual_groups(number: phonenumbers.PhoneNumber) -> list[str]:
    return _GROUP.findall(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL))
