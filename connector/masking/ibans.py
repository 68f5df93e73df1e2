"""Bank account numbers in the international form (ISO 13616), with the right check digits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.masking.kinds import Kind
from connector.masking.spans import Span

# Lengths as the registry of ISO 13616 lists them.
_LENGTHS = {
    country: length
    for length, countries in {
        15: "NO",
        16: "BE BI",
        18: "DK FI FO GL NL SD",
        19: "MK SI",
        20: "AT BA EE KZ LT LU MN XK",
        21: "CH HR LI LV",
        22: "BG BH CR DE GB GE IE ME RS VA",
        23: "AE GI IL IQ OM TL SO",
        24: "AD CZ ES MD PK RO SA SE SK TN VG",
        25: "LY PT ST",
        26: "IS TR",
        27: "BI DJ FR GR IT MC MR SM",
        28: "AL AZ BY CY DO GT HN HU LB NI PL SV",
        29: "BR EG PS QA UA",
        30: "JO KW MU YE",
        31: "MT SC",
        32: "LC",
        33: "RU",
    }.items()
    for country in countries.split()
}
# Their account numbers hold digits only: what follows the country code cannot be a word.
_DIGITS_ONLY = frozenset(
    [
        "AE",
        "AT",
        "BA",
        "BE",
        "CZ",
        "DE",
        "DK",
        "EE",
        "ES",
        "FI",
        "FO",
        "GL",
        "HR",
        "HU",
        "IL",
        "IS",
        "LT",
        "ME",
        "MN",
        "MR",
        "NO",
        "PL",
        "PT",
        "RS",
        "SD",
        "SE",
        "SI",
        "SK",
        "TL",
        "TN",
        "VA",
        "XK",
    ]
)
_START = re.compile(r"(?:(?<![^\W_])|(?<=IBAN))[A-Z][ ]?[A-Z][ \t.-]{0,2}\d[ ]?\d", re.IGNORECASE)
_NAMED = re.compile(
    r"(?<![^\W_])IBAN[^\w\n]{0,4}(?:(?:is|ist|lautet|no|nr|number|est|es)[^\w\n]{0,4}){0,2}$", re.IGNORECASE
)
_MOST = 34
_LEAST = 15
_NAMED_CHARS = 24


def find_ibans(text: str) -> Iterator[Span]:
    """IBANs in any case and grouping; after the word IBAN also mistyped ones."""
    reach = 0
    for start in _START.finditer(text):
        if start.start() < reach:
            continue
        end = _end(text, start.start())
        if end is not None:
            reach = end
            yield Span(kind=Kind.IBAN, start=start.start(), end=end)


def _end(text: str, start: int) -> int | None:
    """Where the IBAN that starts here ends; None if there is none."""
    compact, places = _compact(text, start)
    country = compact[:2]
    named = bool(_NAMED.search(text[max(0, start - _NAMED_CHARS) : start]))
    length = _LENGTHS.get(country)
    if length is not None and len(compact) >= length and _stands_alone(text, places, length):
        account = compact[4:length]
        if (country not in _DIGITS_ONLY or account.isdigit()) and passes_mod97(compact[:length]):
            return places[length - 1] + 1
    if length is None and (found := _other_length(text, compact, places)):
        return found
    return _run_end(text, start) if named else None


def _other_length(text: str, compact: str, places: list[int]) -> int | None:
    """A country that the list does not know yet: the whole run has to fit."""
    for length in range(min(len(compact), _MOST), _LEAST - 1, -1):
        digits = sum(char.isdigit() for char in compact[:length])
        if digits * 2 >= length and _stands_alone(text, places, length) and passes_mod97(compact[:length]):
            return places[length - 1] + 1
    return None


def _compact(text: str, start: int) -> tuple[str, list[int]]:
    """Up to 34 letters and digits from here on, in capitals, and their places; up to two separators between two."""
    places: list[int] = []
    gap = 0
    for at in range(start, min(len(text), start + 3 * _MOST)):
        char = text[at]
        if char.isascii() and char.isalnum():
            places.append(at)
            gap = 0
            if len(places) > _MOST:
                break
        elif char not in " \t-.\n>" or (gap := gap + 1) > 2:
            break
    return "".join(text[at] for at in places[:_MOST]).upper(), places


def _stands_alone(text: str, places: list[int], length: int) -> bool:
    end = places[length - 1] + 1
    return end >= len(text) or not text[end].isalnum()


def _run_end(text: str, start: int) -> int | None:
    """Named as an IBAN and mistyped: what is written in one go or in groups of four."""
    run = re.compile(
        r"[A-Z]{2}[ -]?\d{2}(?:[ -]?(?=[A-Z0-9]{0,3}\d)[A-Z0-9]{1,4}){2,8}(?![^\W_])", re.IGNORECASE
    ).match(text, start)
    return run.end() if run else None


def passes_mod97(iban: str) -> bool:
    """The check of ISO 7064 over letters and digits in capitals, country and check digits first."""
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1
