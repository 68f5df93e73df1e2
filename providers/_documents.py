"""What every helpdesk's texts go through: HTML to plain text, placeholders to our slots, labels to intents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from connector.model import Document, DocumentKind
from connector.plaintext import html_to_article
from providers._values import identifier, optional_moment, text

INTENT_LABEL = "intent:"
"""A label or tag "intent:return_policy" says for which intent an article was written; others are keywords."""

_PLACEHOLDER = re.compile(r"\{\{\s{0,20}([^{}]{1,120}?)\s{0,20}\}\}")
# A part that shows only under a condition, or never: nobody knows here whether it holds.
_PART = re.compile(r"\{%-?\s*(end)?(?:if|unless|case|for|tablerow|capture|comment)\b", re.IGNORECASE)
_NAME = re.compile(
    r"\s{0,3},?\s{0,3}\{\{\s{0,20}ticket\.(?:requester|from)[\w.]{0,40}name\s{0,20}(?:\|[^{}]{0,200})?\}\}"
)
_GREETING = re.compile(
    r"^\s*(?:hello|hi|dear|hey|good (?:morning|day)|guten tag|hallo|liebe[rs]?|sehr geehrte)\b", re.I
)
_MAX_HTML_CHARS = 500_000


def article_text(html: str, *, base: str) -> str:
    """An article's visible text with its headings."""
    return html_to_article(html[:_MAX_HTML_CHARS], base=base)


def macro_text(words: str, *, html: bool, slots: Mapping[str, str]) -> str:
    """A macro's words with our slots in place of the helpdesk's placeholders.

    Placeholders that `slots` does not name become `[unknown]`; a greeting by name goes, as we write our own.
    """
    plain = html_to_article(words[:_MAX_HTML_CHARS]) if html else words
    plain = _without_tags(_without_conditions(plain))
    lines = [_without_greeting(line) for line in plain.splitlines()]
    filled = _PLACEHOLDER.sub(lambda match: f"[{_slot(match[1], slots)}]", "\n".join(lines))
    return filled.replace("{{", "").replace("}}", "").strip()


def _without_conditions(words: str) -> str:
    """The words outside every condition; none behind one that does not end. A scan: a pattern would be quadratic."""
    kept: list[str] = []
    at = depth = 0
    for mark in _PART.finditer(words):
        if mark[1] is None:
            if depth == 0:
                kept.append(words[at : mark.start()])
            depth += 1
        elif depth:
            depth -= 1
            if depth == 0:
                at = _behind_tag(words, mark.end())
    return "".join([*kept, words[at:] if depth == 0 else ""])


def _without_tags(words: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := words.find("{%", at)) >= 0:
        kept.append(words[at:start])
        at = _behind_tag(words, start)
    return "".join([*kept, words[at:]])


def _behind_tag(words: str, start: int) -> int:
    """Where the tag that begins before `start` is over: at the end of all where nothing closes it."""
    end = words.find("%}", start)
    return len(words) if end < 0 else end + 2


def macro(row: Mapping[str, Any], *, html: str, plain: str, slots: Mapping[str, str]) -> Document | None:
    """The macro of this row with the words of `html`, or else of `plain`; None without an id, a title or words."""
    number, title = identifier(row.get("id")), text(row.get("title"))
    words = macro_text(html or plain, html=bool(html), slots=slots)
    if number is None or not title or not words:
        return None
    return Document(
        id=f"macro:{number}",
        kind=DocumentKind.MACRO,
        title=title,
        language="",
        text=words,
        updated_at=optional_moment(row.get("updated_at")),
    )


def _without_greeting(line: str) -> str:
    named = _NAME.search(line)
    if named is None or _GREETING.match(line) is None:
        return line
    return line[named.end() :].lstrip(" ,!.:")


def _slot(name: str, slots: Mapping[str, str]) -> str:
    return slots.get(name.split("|")[0].strip().lower(), "unknown")


def labels(words: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """(intents, keywords) among an article's labels or tags."""
    given = [word.strip() for word in words if word.strip()]
    intents = frozenset(word[len(INTENT_LABEL) :].strip() for word in given if word.lower().startswith(INTENT_LABEL))
    return intents, tuple(word for word in given if not word.lower().startswith(INTENT_LABEL))


def primary(locale: str) -> str:
    """The language of a locale: "en" of "en-us"."""
    return re.split(r"[-_]", locale.strip().lower())[0]
