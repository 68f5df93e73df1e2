"""Checks on the text alone: secrets, placeholders, pictures, language, length and tone."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from connector.drafting.sentences import STOP_WORDS, sentences, words

MIN_LENGTH = 30
MAX_LENGTH = 3500
LONGER: Mapping[str, float] = {"de": 1.2, "fr": 1.2, "es": 1.15, "it": 1.15, "pl": 1.1, "pt": 1.15, "nl": 1.1}
"""How much longer the same text is in a language than in English."""

_LONG_DIGITS = re.compile(r"(?<![\w-])\d(?:[ -]?\d){12,18}(?![\w-])")
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b", re.IGNORECASE)
_KEYS = re.compile(
    r"\b(?:sk-[A-Za-z0-9_-]{16,}|sk_(?:live|test)_\w{10,}|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|xox[abprs]-[\w-]{10,}|"
    r"AIza[\w-]{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{5,})|-----BEGIN [A-Z ]*PRIVATE KEY-----|"
    r"\bBearer\s+[\w.~+/-]{16,}"
)
_TOKEN = re.compile(
    r"(?<![\w/])(?=\w*\d)(?=\w*[a-z])(?=\w*[A-Z])\w{28,}(?![\w/])|"
    r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{32,}\b"
)
# "a password is possible on all plans" tells none; what follows a colon, or "your password is", is one.
_PASSWORD = re.compile(
    r"\b(?:password|passwort|kennwort|passphrase|pin|cvv|cvc)\b\s*"
    r"(?:(?:is|ist|are)\s+(?:[\"'“„]\S{4,}|(?=\S*(?:\d|[^\w\s'’-](?=[^\s.,;:!?)])))\S{4,})"
    r"|(?:lautet|:|=)\s*[\"'“„]?(?=\S*[\d\W])\S{4,})"
    r"|\b(?:your|ihr|dein|new|neues|temporary|vorläufiges)\s+(?:\w+\s+)?(?:password|passwort|kennwort|passphrase|pin)\s+"
    r"(?:is|ist)\s+(?![a-zäöüß]+(?:ed|able|ible|lich|bar|en|t|d)\b)(?!(?:not|case|only|too|also|auch|nur|zu)\b)\S{4,}",
    re.IGNORECASE,
)
_ONE_TIME = re.compile(
    r"\b(?:code|otp|tan|einmalcode|sicherheitscode|bestätigungscode)\b\s*(?:is|ist|lautet|:|=)?\s*[\"'“„]?"
    r"(?=[A-Z0-9-]*\d)[A-Z0-9]{3,4}[- ]?[A-Z0-9]{2,4}\b",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"\{\{|\}\}|\{%|%\}|\$\{|<%|%>|%\(\w+\)s|%[sd](?!\w)|(?<![\d%])%[A-Za-z_][\w.]{1,40}%|"
    r"\[\[|\]\]|\{[A-Za-z_][\w .]*\}|\[[A-Za-z_][\w '/-]{0,40}\](?!\()|"
    r"<(?:name|date|order|number|link|url|email|company|insert|your|ihr|datum)[\w -]*>|\bX{3,}\b|_{3,}|"
    r"\b(?:TODO|TBD|FIXME|lorem ipsum)\b",
    re.IGNORECASE,
)
_IMAGE = re.compile(
    r"!\s?\[|<\s*(?:img|svg|picture|image|object|embed|iframe|video|audio|link|meta|style|input)\b|data:\s*image|"
    r"url\s*\(|background(?:-image)?\s*[:=]|\bsrc(?:set)?\s*=|\.(?:png|jpe?g|gif|webp|svg|bmp|ico)(?:[?#]\S*)?(?=[\s)>\]\"']|$)",
    re.IGNORECASE,
)
# Zero-width, bidirectional and tag characters hide or reorder text; control characters have no business here.
_HIDDEN = re.compile("[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f\x00-\x08\x0b-\x1f\x7f]")
_APART = re.compile(r"(?<!\w)(?:[^\W\d_][ .*-]{1,3}){4}[^\W\d_](?!\w)")
_RUDE = re.compile(
    r"\b(?:stupid|idiot|idiotic|nonsense|ridiculous|shut up|calm down|your own fault|obviously you|damn|hell no|"
    r"dumm|blödsinn|unsinn|lächerlich|beruhigen sie sich|selbst schuld|verdammt|scheiße?)\b",
    re.IGNORECASE,
)


def secret(text: str, proven_values: Collection[str]) -> str:
    """What kind of secret the text holds; empty if none. Values that a look-up gave (a signed link, a tracking
    number) are not secrets of somebody else and are left out.
    """
    for value in sorted(proven_values, key=len, reverse=True):
        if len(value) >= 8:
            text = text.replace(value, " ")
    return next((kind for kind, _ in _secrets(text)), "")


def secrets(text: str) -> tuple[str, ...]:
    """Every secret in the text, as written."""
    return tuple(dict.fromkeys(value for _, value in _secrets(text)))


def _secrets(text: str) -> Iterator[tuple[str, str]]:
    for match in _LONG_DIGITS.finditer(text):
        if _luhn(re.sub(r"\D", "", match.group())):
            yield "a card number", match.group()
    for match in _IBAN.finditer(text):
        if _has_iban(match.group()):
            yield "an IBAN", match.group()
    for pattern, kind in (
        (_KEYS, "an access key"),
        (_TOKEN, "an access key"),
        (_PASSWORD, "a password"),
        (_ONE_TIME, "a one-time code"),
    ):
        for match in pattern.finditer(text):
            yield kind, match.group()


def _luhn(digits: str) -> bool:
    total = 0
    for at, char in enumerate(reversed(digits)):
        value = int(char) * (2 if at % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0 and len(set(digits)) > 1


def _has_iban(text: str) -> bool:
    """Whether some beginning of the run is an IBAN: following words may have been swallowed."""
    compact = text.replace(" ", "").upper()
    return any(_mod97(compact[:length]) for length in range(15, min(34, len(compact)) + 1))


def _mod97(iban: str) -> bool:
    return int("".join(str(int(char, 36)) for char in iban[4:] + iban[:4])) % 97 == 1


def placeholder(text: str) -> str:
    """The first unfilled slot or template mark; empty if none."""
    match = _PLACEHOLDER.search(text)
    return match.group() if match else ""


def image(text: str) -> str:
    """The first image or embedded object; empty if none."""
    match = _IMAGE.search(text)
    return match.group() if match else ""


def other_language(text: str, language: str) -> str:
    """The language some paragraph is written in instead of the expected one; empty if all fits.

    A language without a word list cannot be confirmed, which counts as wrong.
    """
    if language not in STOP_WORDS:
        return f"cannot confirm “{language}”"
    if _likeliest(text) != language:
        return _likeliest(text) or "undetermined"
    for paragraph in re.split(r"\n\s*\n", text):
        found = _likeliest(paragraph) if len(words(paragraph)) >= 8 else ""
        if found and found != language:
            return found
    return next((found for line in sentences(text) if (found := _foreign(line, language))), "")


def _foreign(line: str, language: str) -> str:
    """The language of one sentence where it is plainly another one."""
    present = words(line)
    if len(present) < 4:
        return ""
    hits = {name: sum(word in little for word in present) for name, little in STOP_WORDS.items()}
    best = max(hits, key=lambda name: hits[name])
    plain = hits[best] >= max(2, 2 * hits[language] + 1) and hits[best] >= 0.25 * len(present)
    return best if plain else ""


def _likeliest(text: str) -> str:
    present = words(text)
    hits = Counter({name: sum(word in little for word in present) for name, little in STOP_WORDS.items()})
    (best, most), (_, second) = hits.most_common(2)
    return best if most >= 2 and most > second else ""


def disguise(text: str, proof: str) -> str:
    """A letter that looks like another one (another script's, full width, encircled, with marks stacked on it); empty
    if none. What stands in a source, such as a name, is meant. Every language that we can confirm is written in Latin.
    """
    if _APART.search(text):
        return "a word with its letters apart"
    known = set(proof)
    for char in unicodedata.normalize("NFC", text):
        if char.isascii() or char in known:
            continue
        kind = unicodedata.category(char)
        name = unicodedata.name(char, "")
        if kind[0] == "M" and not name.startswith("VARIATION SELECTOR"):
            return "letters with marks of their own"
        if (
            kind[0] == "L"
            and char not in "ªº"
            and not re.match(r"LATIN (?:SMALL|CAPITAL) L(?:ETTER|IGATURE) (?!SMALL CAP)", name)
        ):
            return "letters of another script"
        if kind == "So" and re.match(r"(?:NEGATIVE )?(?:CIRCLED|SQUARED|PARENTHESIZED|REGIONAL INDICATOR)", name):
            return "letters in disguise"
        if kind[0] == "N" and unicodedata.normalize("NFKC", char).isdecimal() and char not in "²³¹":
            return "digits in disguise"
    return ""


def tone(text: str, language: str = "") -> str:
    """What is wrong with length or tone; empty if nothing."""
    if len(text.strip()) < MIN_LENGTH:
        return "too short to be an answer"
    if len(text) > (most := int(MAX_LENGTH * LONGER.get(language, 1.0))):
        return f"longer than {most} characters"
    if _HIDDEN.search(text):
        return "hidden characters"
    if re.search(r"(?:\b[A-ZÄÖÜ]{3,}\b[ ,!]+){4,}", text) or text.count("!") > 3 or re.search(r"[!?]{2,}", text):
        return "shouting"
    match = _RUDE.search(text)
    return f"rude: “{match.group()}”" if match else ""
