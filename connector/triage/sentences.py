"""Texts cut into sentences and folded to one spelling, for rules and for the classifier."""

from __future__ import annotations

import re
import unicodedata

from connector.plaintext import visible_text
from connector.triage.confusables import as_latin, spelled_out, undisguised

MAX_CHARS = 20_000
"""What triage reads of one text; a longer one is a document, not a question."""

MAX_SENTENCES = 80

_END = re.compile(r"(?<=[.!?…])[\"”“’')\]]{0,3}\s+(?=\S)|\n\s*\n|\n(?=\s*(?:[-*•]|\(?\d{1,2}[.)]|\([a-z]\)))")
# A line break inside a paragraph is a wrap only where the line is long enough to have been wrapped.
_SHORT_LINE = re.compile(r"^([^\n]{1,50})\n", re.MULTILINE)
_ABBREVIATION = re.compile(
    r"(?:\b(?:no|nr|art|abs|bzw|ca|dr|mr|mrs|ms|st|str|tel|z\.b|d\.h|i\.a|u\.a|e\.g|i\.e|approx|incl|inkl|evtl|ggf|usw|etc|ref|inv|ord|"
    r"best|kd|kdnr|rg|n°|núm|num|nr zam|zam|[a-z])|\b\d{1,2})\.$",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")
_ESCAPE_OR_TEXT = re.compile(r"(\\.)|[^\\]+", re.DOTALL)
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
                         "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": ".", "ł": "l", "ø": "o", "đ": "d",
                         "æ": "ae", "œ": "oe", "ı": "i"})  # fmt: skip


def split_sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order, stripped, without empty ones; at most `MAX_SENTENCES`, the last one longer."""
    pieces = all_sentences(text[:MAX_CHARS])
    if len(pieces) > MAX_SENTENCES:
        pieces = [*pieces[: MAX_SENTENCES - 1], " ".join(pieces[MAX_SENTENCES - 1 :])]
    return tuple(pieces)


def all_sentences(text: str) -> list[str]:
    """The same of the whole text, however many they are."""
    text = _SHORT_LINE.sub(r"\1\n\n", text)
    pieces: list[str] = []
    for piece in _END.split(text):
        piece = _SPACE.sub(" ", piece).strip()
        if not piece:
            continue
        if pieces and _ABBREVIATION.search(pieces[-1][-12:]):
            pieces[-1] = f"{pieces[-1]} {piece}"
        else:
            pieces.append(piece)
    return pieces


def fold(text: str) -> str:
    """One spelling for matching: small letters, no accents, plain quotes and dashes, single spaces.

    Letters that only look Latin, in a word that reads as Latin, become the letters they are read as, and words of
    danger that are spaced out or spelled with digits become the plain words.
    """
    if text.isascii():
        return undisguised(_SPACE.sub(" ", text.lower().translate(_QUOTES)).strip())
    text = unicodedata.normalize("NFKC", spelled_out(visible_text(text)))
    # Accents go before the look-alikes, which they would disguise, and again after: small letters may bring their own.
    text = as_latin(_without_marks(text)).casefold().translate(_QUOTES)
    return undisguised(_SPACE.sub(" ", _without_marks(text)).strip())


def _without_marks(text: str) -> str:
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(
        char for char in decomposed if not (unicodedata.combining(char) or unicodedata.category(char) == "Me")
    )


def fold_pattern(pattern: str) -> str:
    """A regular expression in the spelling of `fold`; escapes such as `\\S` keep their letter."""
    return _ESCAPE_OR_TEXT.sub(lambda found: found[0] if found[1] else _folded(found[0]), pattern)


def _folded(text: str) -> str:
    plain = unicodedata.normalize("NFD", text.casefold().translate(_QUOTES))
    return plain if plain.isascii() else "".join(part for part in plain if not unicodedata.combining(part))
