"""Words as every search of sources compares them: folded, German umlauts in one spelling, cut for questions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector.drafting.sentences import STOP_WORDS, fold

MAX_TERMS = 60

_UMLAUT = re.compile(r"([aou])e")
_PART = re.compile(r"[^\W_]+")
_WORD = re.compile(r"\w+")
# How a question for help is worded says nothing about its topic.
_CHATTER = frozenset(
    _WORD.findall(
        "hello hi hey dear thanks thank please regards best question quick help know tell need want would like hallo "
        "guten tag moin danke gruss grusse freundlichen freundliche liebe lieber frage kurze bitte wissen gern gerne "
        "mochte mochten sehr geehrte damen herren viele back zuruck"
    )
)


def terms_of(text: str, language: str) -> tuple[str, ...]:
    """What to search for: beginnings of the question's words, without little ones, so that forms of a word meet."""
    return tuple(asked_words(text, language))


def asked_words(text: str, language: str) -> Mapping[str, frozenset[str]]:
    """The search terms, each with the question's words that begin so."""
    little = frozenset(fold(word) for word in STOP_WORDS.get(language, frozenset())) | _CHATTER
    found: dict[str, frozenset[str]] = {}
    for word in _WORD.findall(spelled(text, language)):
        term = _beginning(word)
        if len(word) > 2 and word not in little and (term in found or len(found) < MAX_TERMS):
            found[term] = found.get(term, frozenset()) | {word}
    return found


def _beginning(word: str) -> str:
    return word[: max(4, min(7, len(word) - 2))] if len(word) > 4 and not word.isdigit() else word


def words_of(text: str, language: str) -> str:
    """What can be found: every word, separated by spaces."""
    return " ".join(_PART.findall(spelled(text, language)))


def spelled(text: str, language: str) -> str:
    """Without case, accents and, in German, without the e that stands for an umlaut's dots ("fuer" is "für")."""
    folded = fold(text)
    return _UMLAUT.sub(r"\1", folded) if language == "de" else folded
