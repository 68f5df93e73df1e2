"""The language of a text: short ones by their words, longer ones by py3langid; "und" where neither can tell."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any

from connector.once import once
from connector.triage.lexicon import words
from connector.triage.sentences import MAX_CHARS, fold

UNKNOWN = "und"
SHORT_CHARS = 20
"""Under this length only known words count: letter statistics guess."""

LANGUAGES = ("en", "de", "fr", "es", "it", "nl", "pl")
"""What the rules speak. The others below are told apart so that a Danish text is not taken for a German one."""

_CANDIDATES = (*LANGUAGES, "pt", "sv", "da", "no", "fi", "cs", "sk", "hu", "ro", "hr", "sl", "tr", "uk", "ru", "el")
_READ_CHARS = 3_000
_WORD_CHARS = 200  # of a longer text the letters tell more than the words
_WORD_WEIGHT = 0.35
_SURE = 0.5
_VERY_SURE = 0.97
_SENTENCE_WORDS = 4
_SENTENCE_LETTERS = 25
_QUOTED = re.compile(r"[\"“”„«»]([^\"“”„«»\n]*)[\"“”«»]")
_QUOTED_WORDS = 5
"""From so many on it is an error message or somebody else's sentence, and the writer may speak another language."""
_OWN_CHARS = 80
"""So much must be left beside what is quoted; less tells less than the quotation."""
_LINK = re.compile(r"https?://.*", re.DOTALL)
_NOISE = re.compile(r"[#*_<>|=/\\{}\[\]]+")


def detect(text: str, fallback: str | None = None) -> str:
    """The primary tag; `fallback` (the requester's own setting) and then "und" where the text does not tell."""
    return _detect(text) or _primary(fallback) or UNKNOWN


def other_language(text: str, supported: Collection[str]) -> str | None:
    """The language of one sentence, where that is surely none of the supported ones.

    None also for what is too short to tell, and where a word of a supported language stands in it: names of products
    and streets, and a borrowed phrase, say nothing about who writes.
    """
    text = " ".join(_NOISE.sub(" ", " ".join(_words(text[:MAX_CHARS]))).split())[:_READ_CHARS]
    if len(text.split()) < _SENTENCE_WORDS or sum(map(str.isalpha, text)) < _SENTENCE_LETTERS:
        return None
    counts = _by_words(text)
    if any(counts.get(tag, 0) for tag in supported):
        return None
    scores = dict(_identifier().rank(text))
    best = max(scores, key=lambda tag: scores[tag])
    if (
        best in supported
        or scores[best] < _VERY_SURE
        or any(scores.get(tag, 0.0) > 1 - _VERY_SURE for tag in supported)
    ):
        return None
    return str(best)


def _primary(tag: str | None) -> str | None:
    return re.split(r"[-_]", tag.strip().lower())[0] or None if tag else None


def _detect(text: str) -> str | None:
    own = _QUOTED.sub(_short_quote, text[:MAX_CHARS])
    return _told_by(own if len(own) >= _OWN_CHARS else text)


def _short_quote(found: re.Match[str]) -> str:
    return found[0] if len(found[1].split()) < _QUOTED_WORDS else " "


def _told_by(text: str) -> str | None:
    text = " ".join(_NOISE.sub(" ", " ".join(_words(text[:MAX_CHARS]))).split())[:_READ_CHARS]
    if not any(char.isalpha() for char in text):
        return None
    by_words = _by_words(text[:_WORD_CHARS])
    if len(text) < SHORT_CHARS:
        return _only_best(by_words)
    scores = dict(_identifier().rank(text))
    if len(text) < _WORD_CHARS:
        scores = {tag: score + _WORD_WEIGHT * by_words.get(tag, 0) for tag, score in scores.items()}
    best = max(scores, key=lambda tag: scores[tag])
    return str(best) if scores[best] >= _SURE or len(text) >= _WORD_CHARS else _only_best(by_words)


def _words(text: str) -> Iterator[str]:
    """The words that are no link, address or number; word by word, because one pattern for all of it is quadratic."""
    for word in text.split():
        plain = _LINK.sub("", word)
        if "@" not in plain[1:-1] and not any(char.isdecimal() for char in plain):
            yield plain


def _by_words(text: str) -> dict[str, int]:
    folded = fold(text)
    lists = words("languages")
    return {tag: lists.count(tag, folded) for tag in lists.patterns}


def _only_best(counts: dict[str, int]) -> str | None:
    best = max(counts.values(), default=0)
    leaders = [tag for tag, count in counts.items() if count == best]
    return leaders[0] if best and len(leaders) == 1 else None


@once
def _identifier() -> Any:
    # An instance of our own: the library's module functions share one object, and its restriction to languages, with
    # whoever else imports it. `rank` only reads, so threads may share ours.
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages([tag for tag in _CANDIDATES if tag in identifier.labels])
    return identifier
