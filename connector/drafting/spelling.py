"""How a value of a look-up or of the account is spelt for a customer: dates in words, amounts as the language has them.

Only the spelling changes, never the value: the checks read both as one.
"""

from __future__ import annotations

import re
from datetime import date

_MONTHS = {
    "en": (
        "January", "February", "March", "April", "May", "June",
        "July", "August", "September", "October", "November", "December",
    ),
    "de": (
        "Januar", "Februar", "März", "April", "Mai", "Juni",
        "Juli", "August", "September", "Oktober", "November", "Dezember",
    ),
}  # fmt: skip
_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
_CURRENCY = r"€|\$|£|EUR|USD|GBP|CHF|PLN|SEK|NOK|DKK"
# As a machine writes it: no sign between thousands, so that the one sign before two digits is that of the cents.
_AMOUNT = re.compile(
    rf"(?P<before>(?:{_CURRENCY}) ?)?(?P<whole>\d{{1,9}})(?:[.,](?P<cents>\d{{2}}))?(?P<after> ?(?:{_CURRENCY}))?"
)
_SIGNS = {"en": (",", "."), "de": (".", ",")}
_CODE = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)+|[A-Z0-9]+(?:_[A-Z0-9]+)+")
_LITERAL = re.compile(r"(?:_|^)(?:number|url|email|id|code)$")


def spelt(value: str, language: str) -> str:
    """A day (also with a time) in words and an amount with the language's signs; anything else as it is."""
    if match := _DAY.fullmatch(value):
        return _day(value, match.group(1), language)
    match = _AMOUNT.fullmatch(value)
    if match and language in _SIGNS and bool(match["before"]) != bool(match["after"]):
        return _amount(match, language)
    return value


def _day(value: str, iso: str, language: str) -> str:
    try:
        day = date.fromisoformat(iso)
    except ValueError:
        return value
    months = _MONTHS.get(language)
    if months is None:
        return value
    return f"{day.day}{'.' if language == 'de' else ''} {months[day.month - 1]} {day.year}"


def _amount(match: re.Match[str], language: str) -> str:
    thousands, point = _SIGNS[language]
    whole = f"{int(match['whole']):,}".replace(",", thousands)
    cents = f"{point}{match['cents']}" if match["cents"] else ""
    return f"{match['before'] or ''}{whole}{cents}{match['after'] or ''}"


def is_code(name: str, value: str) -> bool:
    """Whether the value is a system's word ("handed_to_carrier"), which no customer should have to read.

    Numbers, links and the like are meant to be repeated to the letter.
    """
    return bool(_CODE.fullmatch(value)) and not _LITERAL.search(name)
