"""Whether a number names a thing (an order, an invoice, a parcel) and therefore has to stay readable."""

from __future__ import annotations

import re

from connector.masking import words

_WORD = words.pattern("«reference»")
_LINK = re.compile(
    r"(?:[^\w\n]|(?<![^\W_])(?:no|nr|num|number|numbers|nummer|numer|numero|n|id|is|was|ist|war|est|es|e|jest|to|"
    r"lautet|"
    r"and|und|et|y|en|i|or|oder|code|my|our|the|mit|der|die|with|von|vom|of|from|d|de|di)(?![^\W_])|#)*"
)
_OTHER_NUMBER = re.compile(r"\s*[A-Z]{0,4}[- ]?\d[\d -]{0,24}(?:[,&/+]|and|und|et|y|en|i|or|oder)\s*$", re.IGNORECASE)
_BEFORE_CHARS = 48


def names_a_thing(text: str, start: int) -> bool:
    """Whether a word for an order or the like stands directly before the number that starts here."""
    before = text[max(0, start - _BEFORE_CHARS) : start]
    if before.endswith("#"):
        return True
    named = [match.end() for match in _WORD.finditer(before)]
    if not named:
        return False
    between = before[named[-1] :]
    if other := _OTHER_NUMBER.search(between):
        between = between[: other.start()]
    return bool(_LINK.fullmatch(between)) and "\n\n" not in between
