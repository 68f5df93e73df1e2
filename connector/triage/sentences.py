"""Texts cut into sentences and folded to one spelling, for rules and for the classifier."""

from __future__ import annotations

import re
import unicodedata

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
_QUOTES = str.maketrans({"’": "'", "‘": "'", "´": "'", "`": "'", "“": '"', "”": '"', "„": '"', "«": '"', "»": '"',
                         "–": "-", "—": "-", "‐": "-", "‑": "-", "−": "-", "…": ".", "ł": "l", "ø": "o", "đ": "d",
                         "æ": "ae", "œ": "oe", "ı": "i"})  # fmt: skip


def split_sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order, stripped, without empty ones; at most `MAX_SENTENCES`."""
    text = _SHORT_LINE.sub(r"\1\n\n", text[:MAX_CHARS])
    pieces: list[str] = []
    for piece in _END.split(text):
        piece = _SPACE.sub(" ", piece).strip()
        if not piece:
            continue
        if pieces and _ABBREVIATION.search(pieces[-1][-12:]):
            pieces[-1] = f"{pieces[-1]} {piece}"
        else:
            pieces.append(piece)
    if len(pieces) > MAX_SENTENCES:
        pieces = [*pieces[: MAX_SENTENCES - 1], " ".join(pieces[MAX_SENTENCES - 1 :])]
    return tuple(pieces)


def fold(text: str) -> str:
    """One spelling for matching: small letters, no accents, plain quotes and dashes, single spaces."""
    text = unicodedata.normalize("NFKC", text).casefold().translate(_QUOTES)
    decomposed = unicodedata.normalize("NFD", text)
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _SPACE.sub(" ", plain).strip()


def fold_pattern(pattern: str) -> str:
    """A regular expression in the spelling of `fold`; escapes such as `\\S` keep their letter."""
    folded: list[str] = []
    escaped = False
    for char in pattern:
        if escaped:
            folded.append(char)
            escaped = False
        elif char == "\\":
            folded.append(char)
            escaped = True
        else:
            plain = unicodedata.normalize("NFD", char.casefold().translate(_QUOTES))
            folded.append("".join(part for part in plain if not unicodedata.combining(part)))
    return "".join(folded)
