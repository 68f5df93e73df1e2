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


# The beginnings of words that call a person or name a danger. Digits and signs count as letters only where such a word
# comes out, so that order numbers, sizes and file names stay what they are.
_STEMS = """
human person people agent manager supervisor operator representative someone somebody anybody lawyer attorney
solicitor police court legal sue refund chargeback fraud scam hacked hacker phishing stolen password suicide
kill murder hospital injured bleeding explod bomb threat account delete gdpr erase complaint callback robot
chatbot mensch mitarbeiter berater vorgesetz kollege chef anwalt anwaltin polizei gericht klage betrug gehackt
gestohlen passwort selbstmord umbring verletz krankenhaus explodier bombe drohung loschen datenschutz dsgvo
beschwerde ruckruf humain personne conseiller avocat humano persona abogado policia umano operatore avvocato
mens medewerker advocaat politie czlowiek konsultant prawnik policja ignore instruction system prompt
"""
_DISGUISED = re.compile(r"(?<![\w@$!|.+/=&?#-])(?=[a-z0-9@$!|]{0,24}[a-z])(?=[a-z]{0,24}[0-9@$!|])[a-z0-9@$!|]{3,25}")
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ .*_~-]{1,2}){3,60}[^\W_](?![^\W_])")
# What most texts lack, found fast; the patterns above are slow on a long text.
_LONE_LETTERS = re.compile(r"[ .*_~-][^\W_][ .*_~-]{1,2}[^\W_](?:[ .*_~-]|\Z)")
_AMID_LETTERS = re.compile(r"[0-9@$!|](?:[a-z]|(?<=[a-z][0-9@$|]))")
_STEM = re.compile("|".join(sorted(_STEMS.split(), key=len, reverse=True)))
_ENDINGS = 4
_SIGNS = tuple(str.maketrans("034578@$!|" + "1", "oeastbasil" + one) for one in "il")


def undisguised(text: str) -> str:
    """The folded text with "h u m a n" and "hum4n" as "human", where a word of danger comes out; else unchanged."""
    if _LONE_LETTERS.search(text):
        text = _SPACED.sub(_closed_up, text)
    return _DISGUISED.sub(_unmasked, text) if _AMID_LETTERS.search(text) else text


def _closed_up(run: re.Match[str]) -> str:
    letters = "".join(char for char in run.group() if char.isalnum())
    for signs in _SIGNS:
        if _STEM.search(plain := letters.translate(signs)):
            return _STEM.sub(r" \g<0> ", plain).strip()
    return run.group()


def _unmasked(word: re.Match[str]) -> str:
    found = word.group()
    for signs in _SIGNS:
        plain = found.rstrip("!").translate(signs)
        stem = _STEM.match(plain)
        # What is spelled plainly up to its number ("account2024") is not disguised.
        if stem and len(plain) - stem.end() <= _ENDINGS and not found.startswith(stem.group()):
            return plain + "!" * (len(found) - len(found.rstrip("!")))
    return found
