"""Letters that a reader takes for Latin ones, as those Latin ones; for matching only, never for showing."""

from __future__ import annotations

import re
import unicodedata

_CYRILLIC = dict(
    zip(
        "аАвВгеЕіІјЈкКмМнНоОпрРсСтТуУхХѕЅһҺԁԀԛԚԝԜѵѴьЬӏӀґүҮғҒҽшцЯ",
        "aAbBreEiIjJkKmMhHoOnpPcCtTyYxXsShHdDqQwWvVbBlIryYfFewuR",
        strict=True,
    )
)
_GREEK = dict(zip("αΑβΒγεΕζΖηΗιΙκΚμΜνΝοΟρΡτΤυΥχΧωσςϲϹϳͿ", "aAbByeEzZnHiIkKuMvNoOpPtTuYxXwoccCjJ", strict=True))
_ARMENIAN = dict(zip("օսհոցզյք", "ouhngqjp", strict=True))
_CHEROKEE = dict(zip("ᎪᏴᏟᎠᎬᏀᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᎳᏃ", "ABCDEGHJKLMPRSTVWZ", strict=True))
LOOKALIKES = str.maketrans({**_CYRILLIC, **_GREEK, **_ARMENIAN, **_CHEROKEE})
"""Letters of other scripts, and the Latin letters of the same shape."""

# Latin letters in disguise that Unicode's own compatibility forms leave alone: "LATIN LETTER SMALL CAPITAL H",
# "REGIONAL INDICATOR SYMBOL LETTER H", "NEGATIVE SQUARED LATIN CAPITAL LETTER H", "LATIN SMALL LETTER H WITH STROKE".
_NAME = re.compile(
    r"(?:(?:PARENTHESIZED |(?:NEGATIVE |CROSSED NEGATIVE )?(?:CIRCLED |SQUARED ))?LATIN "
    r"(?:SMALL LETTER|CAPITAL LETTER|LETTER SMALL CAPITAL|LETTER)|REGIONAL INDICATOR SYMBOL LETTER) "
    r"(?:(?:SCRIPT|DOTLESS|OPEN|INSULAR|BLACKLETTER|BARRED|STRETCHED) )?([A-Z])(?: WITH [A-Z ,-]+)?"
)
_BLOCKS = (
    (0x0180, 0x02B0),
    (0x1D00, 0x1DC0),
    (0x249C, 0x24EA),
    (0x2C60, 0x2C80),
    (0xA720, 0xA800),
    (0xAB30, 0xAB70),
    (0x1F110, 0x1F200),
)
_SHAPES = {"ɑ": "a", "Ɑ": "a", "ı": "i", "ħ": "h", "ŧ": "t", "đ": "d", "ł": "l", "ø": "o", "ŀ": "l"}
_WORD = re.compile(r"[^\W\d_]+")


def _spelling() -> dict[str, str]:
    found = dict(_SHAPES)
    for begin, end in _BLOCKS:
        for code in range(begin, end):
            char = chr(code)
            # What decomposes is an accented letter or a form that Unicode itself spells out.
            whole = unicodedata.normalize("NFKD", char) == char or "PARENTHESIZED" in unicodedata.name(char, "")
            if whole and (name := _NAME.fullmatch(unicodedata.name(char, ""))):
                found[char] = name.group(1).lower()
    return found


_SPELLED = str.maketrans(_spelling())


def spelled_out(text: str) -> str:
    """The text with small capitals, letters in boxes and the like as plain letters."""
    return text.translate(_SPELLED)


def as_latin(text: str) -> str:
    """The text with look-alikes of other scripts as Latin letters, in words that read as Latin ones.

    Those are words with a Latin letter in them, and words of nothing but look-alikes.
    """
    return _WORD.sub(_read, text)


def _read(word: re.Match[str]) -> str:
    found = word.group()
    if found.isascii():
        return found
    latin = found.translate(LOOKALIKES)
    return latin if latin.isascii() or any("a" <= char <= "z" or "A" <= char <= "Z" for char in found) else found
