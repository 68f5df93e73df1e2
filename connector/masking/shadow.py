"""A text as the rules read it, with the way back to the places in the original.

Zero-width and other invisible characters and accents are left out, full-width and other digits become ASCII, letters
that look Latin are read as Latin, and all dashes, quotes and spaces become one of each. Rules that looked at the raw
characters could be hidden from by any of them.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_SAME = {
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212", "-"),
    **dict.fromkeys("’‘‛´`ʼ", "'"),
    **dict.fromkeys("“”„‟«»", '"'),
    **dict.fromkeys("\r\x0b\x0c\x85\u2028\u2029", "\n"),
    # Blank glyphs that Unicode does not count among the spaces; a soft hyphen shows only where a line breaks.
    **dict.fromkeys("\u115f\u1160\u2800\u3164\uffa0\u00ad", ""),
    # What case and decomposition leave alone, in the spelling of people who cannot type it.
    "ß": "ss",
    "ẞ": "SS",
    "ł": "l",
    "Ł": "L",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
    "Đ": "D",
    "ı": "i",
    "æ": "ae",
    "Æ": "AE",
    "œ": "oe",
    "Œ": "OE",
    "ð": "d",
    "þ": "th",
    **dict(zip("АВЕКМНОРСТУХІЈЅаеорсухіјѕ", "ABEKMHOPCTYXIJSaeopcyxijs", strict=True)),
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEZHIKMNOPTYXo", strict=True)),
}
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Mn", "Me"})


@dataclass(frozen=True, slots=True)
class Shadow:
    """The text to search; its character `n` stands for the original's character `places[n]`.

    `places` is None where both texts are the same.
    """

    text: str
    places: tuple[int, ...] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The span in the original for a span in this text."""
        if self.places is None or start >= end:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def shadow(text: str) -> Shadow:
    """The text in plain characters; capitals stay capitals."""
    if text.isascii() and text.replace("\n", " ").replace("\t", " ").isprintable():
        return Shadow(text, None)
    pieces = [_plain(char) for char in text]
    places = tuple(place for place, piece in enumerate(pieces) for _ in piece)
    return Shadow("".join(pieces), places)


def plain(text: str) -> str:
    """A word or name in the spelling of a shadow, in small letters."""
    return shadow(text).text.lower()


@lru_cache(maxsize=8192)
def _plain(char: str) -> str:
    if char in _SAME:
        return _SAME[char]
    if char in "\n\t" or " " <= char <= "~":
        return char
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category in _UNSEEN:
        return ""
    if (digit := unicodedata.decimal(char, None)) is not None:
        return str(digit)
    if not unicodedata.decomposition(char):
        return char
    return "".join(_plain(part) for part in unicodedata.normalize("NFKD", char) if part != char)
