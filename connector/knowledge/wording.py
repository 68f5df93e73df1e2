"""Words as the ledger's search compares them: folded, in German with one spelling for umlauts, cut for questions."""

from __future__ import annotations

import re

from connector.drafting.sentences import fold
from connector.knowledge import fitting

_UMLAUT = re.compile(r"([aou])e")
_PART = re.compile(r"[^\W_]+")


def terms_of(text: str, language: str) -> tuple[str, ...]:
    """What to search for: beginnings of the question's words, without little ones."""
    return fitting.terms_of(spelled(text, language), language)


def words_of(text: str, language: str) -> str:
    """What can be found: every word, separated by spaces."""
    return " ".join(_PART.findall(spelled(text, language)))


def spelled(text: str, language: str) -> str:
    """Without case, accents and, in German, without the e that stands for an umlaut's dots ("fuer" is "für")."""
    folded = fold(text)
    return _UMLAUT.sub(r"\1", folded) if language == "de" else folded
