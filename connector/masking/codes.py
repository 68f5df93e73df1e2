"""One-time codes and PINs: four to eight digits beside a word that says so, in both orders."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.masking import words
from connector.masking.kinds import Kind
from connector.masking.references import names_a_thing
from connector.masking.spans import Span

_STRONG = "«code»"
_WEAK = "«code_weak»"
_OTHER = words.pattern(r"«code_other»[ \t_-]{0,2}$")
_OTHER_AFTER = words.pattern(r"[ \t-]{1,2}«code_other»")
_REFERENCE = words.pattern("«reference»")
# Not a part of another number, an amount, a percentage, a date or a time.
_NUMBER = (
    r"(?:[A-Z]{1,2}-(?=\d))?(?P<code>(?!0\d{3,4}[ ]\d{3})\d{4,8}|\d{3}[ -]\d{3}|\d{4}[ -]\d{4}|"
    r"\d{2}(?:[ -]\d{2}){2,3}|\d(?:[ -]\d){3,7})"
    r"(?![\w%€$£]|[.,:/-]\d|-\w|[ ]\d{5}|[ ]?(?:€|EUR|USD|GBP|CHF|Euro|%))"
)
_DIGITS = rf"(?<![\w.,/€$£#-]){_NUMBER}"
_MIXED = (
    r"(?<![\w-])(?P<code>(?=[A-Z]{0,7}\d)(?=\d{0,7}[A-Z])[A-Z0-9]{4,8}|"
    r"(?=[A-Z0-9-]{0,12}\d)[A-Z0-9]{3,5}(?:-[A-Z0-9]{3,5}){1,3})(?![\w-])"
)
_IS = r"(?:is|was|ist|war|lautet|lautete|est|es|era|e|jest|to|:|=|->)"
_LINK = rf"[ \t]{{0,2}}[:=#(\[\"'-]{{0,3}}[ \t\n]{{0,3}}(?:{_IS}[ \t:\"'(\n]{{1,4}}){{0,2}}"
_GAP = r"[^\d\n.!?]{0,32}?"
_AS = r"(?:is|was|as|for|ist|war|lautet|heisst|als|est|es|era|e|jest|to|come|como|comme|,|=|\(|-)"
_MINE = (
    r"(?:(?:my|your|the|a|an|our|mein|meine|ihr|ihre|dein|deine|der|die|das|mon|votre|le|la|mi|su|tu|el|il|"
    r"tuo|suo|mijn|uw|je|de|twoj|moj)[ \t]{1,2}){0,2}"
)
_BRAND = r"(?:[A-Z][\w-]{0,20}[ \t]){0,2}"
_AFTER = (
    words.pattern(rf"{_STRONG}(?P<gap>{_LINK}|{_GAP}[ \t\n:=(\"'#-]){_DIGITS}"),
    words.pattern(rf"{_STRONG}{_LINK}(?-i:{_MIXED})"),
    words.pattern(rf"{_STRONG}[-_#/]{_NUMBER}"),
)
_AFTER_WEAK = words.pattern(rf"(?P<word>{_WEAK})(?P<gap>{_LINK}|{_GAP}[ \t\n:=(\"'#-]){_DIGITS}")
_BEFORE = words.pattern(rf"{_DIGITS}[)\]\"']?[ \t]{{0,2}}{_AS}[ \t]{{0,2}}{_MINE}{_BRAND}(?P<word>{_STRONG}|{_WEAK})")
_TOUCHING = words.pattern(rf"{_DIGITS}[ \t]{{1,2}}[(\[]?(?P<word>{_STRONG})")
_GIVEN = words.pattern(
    rf"«code_given»[ \t]{{1,3}}(?:[^\W\d]{{1,12}}[ \t]{{1,2}}){{0,2}}{_DIGITS}[^\d\n]{{0,40}}?(?P<word>{_STRONG}|"
    rf"{_WEAK})"
)
_CVC = words.pattern(rf"«security_number»{_LINK}(?P<code>\d{{3,4}})(?!\d)")
_YEAR = re.compile(r"(?:19|20)\d\d")
_BEFORE_CHARS = 24


def find_codes(text: str) -> Iterator[Span]:
    """One-time codes, PINs and card security numbers."""
    for match in _CVC.finditer(text):
        yield _span(match)
    for pattern in _AFTER:
        for match in pattern.finditer(text):
            if not _speaks_of_a_thing(match):
                yield _span(match)
    for match in _AFTER_WEAK.finditer(text):
        if not _other_code(text, match) and not _speaks_of_a_thing(match):
            yield _span(match)
    for pattern in (_BEFORE, _TOUCHING, _GIVEN):
        for match in pattern.finditer(text):
            if not _other_code(text, match) and not names_a_thing(text, match.start("code")):
                yield _span(match)


def _speaks_of_a_thing(match: re.Match[str]) -> bool:
    """ "The code for order 48551 never came", "code from 2024": the number names something else."""
    gap = match.groupdict().get("gap") or ""
    worded = any(map(str.isalpha, gap))
    return bool(worded and (_REFERENCE.search(gap) or (_YEAR.fullmatch(match["code"]) and not _ends_in_is(gap))))


def _ends_in_is(gap: str) -> bool:
    return bool(re.search(rf"(?<![^\W_]){_IS}[^\w\n]*$", gap, re.IGNORECASE))


def _other_code(text: str, match: re.Match[str]) -> bool:
    start = match.start("word")
    return bool(
        _OTHER.search(text[max(0, start - _BEFORE_CHARS) : start]) or _OTHER_AFTER.match(text, match.end("word"))
    )


def _span(match: re.Match[str]) -> Span:
    return Span(kind=Kind.CODE, start=match.start("code"), end=match.end("code"))
