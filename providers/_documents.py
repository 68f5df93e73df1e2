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

_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]{1,120}?)\s*\}\}")
# A part that shows only under a condition: nobody knows here whether it holds.
_CONDITION = re.compile(r"\{%-?\s*(if|unless|case|for)\b.*?\{%-?\s*end\1\s*-?%\}", re.DOTALL)
_TAG = re.compile(r"\{%.*?%\}", re.DOTALL)
_OPEN_TAG = re.compile(r"\{%.*", re.DOTALL)
_NAME = re.compile(r"\s*,?\s*\{\{\s*ticket\.(?:requester|from)[\w.]*name\s*(?:\|[^{}]*)?\}\}")
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
    for _ in range(5):  # conditions within conditions
        plain, count = _CONDITION.subn("", plain)
        if not count:
            break
    plain = _OPEN_TAG.sub("", _TAG.sub("", plain))
    lines = [_without_greeting(line) for line in plain.splitlines()]
    filled = _PLACEHOLDER.sub(lambda match: f"[{_slot(match[1], slots)}]", "\n".join(lines))
    return filled.replace("{{", "").replace("}}", "").strip()


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
