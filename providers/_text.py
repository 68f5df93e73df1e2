"""Texts on their way in and out: what a comment says, and what we write, in the one form all vendors share."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace

from connector.drafting.markup import to_html
from connector.model import Ticket
from connector.plaintext import (
    HIDDEN_TEXT_FIELD,
    hidden_text,
    html_to_text,
    newest_html_text,
    newest_text,
    visible_text,
)

MAX_HIDDEN_CHARS = 20_000
"""What is kept of hidden text: far more than an instruction to a model needs."""

_PLACEHOLDER = re.compile(r"\{(?=[{%])")
_NOT_WORD = re.compile(r"[\W_]+")


def read(html: str, plain: str) -> tuple[str, str]:
    """(newly written text, whole visible text) of a comment, from its HTML where there is any."""
    whole = html_to_text(html) if html else visible_text(plain)
    if not whole and plain:
        whole = visible_text(plain)
    newest = newest_html_text(html) if html else newest_text(plain)
    return (newest.strip() or whole, whole)


def with_hidden(ticket: Ticket, pages: Mapping[str, str]) -> Ticket:
    """The ticket with the hidden text of its unanswered messages, from their HTML by comment id, newest first."""
    waiting = ticket.unanswered or ticket.customer_messages[-1:]
    found = [hidden_text(page) for comment in reversed(waiting) if (page := pages.get(comment.id))]
    hidden = "\n\n".join(part for part in found if part)[:MAX_HIDDEN_CHARS]
    if not hidden:
        return ticket
    return replace(ticket, custom_fields={**ticket.custom_fields, HIDDEN_TEXT_FIELD: hidden})


def without_placeholders(text: str) -> str:
    """The text with every `{{` and `{%` pulled apart."""
    return _PLACEHOLDER.sub("{ ", text)


def write(text: str, link_hosts: Collection[str] = ()) -> str:
    """Our text as HTML in which neither vendor finds a placeholder to fill; links to `link_hosts` can be clicked.

    Zendesk expands `{{...}}` in comments, customer's quotes included, and so could hand out data of the ticket.
    """
    return without_placeholders(to_html(without_placeholders(text), link_hosts))


def bounded(text: str, *, link_hosts: Collection[str] = (), limit_bytes: int) -> str:
    """`text` cut so that its HTML stays within the limit; the last line is kept, because it names the effect."""
    text = text.strip()
    if len(write(text, link_hosts).encode()) <= limit_bytes:
        return text
    head, _, last = text.rpartition("\n")
    while head and len(write(f"{head}\n[...]\n{last}", link_hosts).encode()) > limit_bytes:
        head = head[: len(head) * 9 // 10]
    return f"{head}\n[...]\n{last}"


def comparable(text: str) -> str:
    """Letters and digits only, in one case: what is left of a text after any helpdesk's clean-up of its HTML."""
    return _NOT_WORD.sub("", text).casefold()


def comparable_html(text: str) -> str:
    """The same, of one of our own texts after the way through HTML."""
    return comparable(html_to_text(write(text)))
