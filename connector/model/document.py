"""A text of the team's own that a draft may rest on, and the pieces in which it is searched [G1]."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class DocumentKind(StrEnum):
    """Where a document came from, which also says who takes it away again."""

    ARTICLE = "article"  # published and public in the help centre; follows the helpdesk
    MACRO = "macro"  # a macro's public reply or a canned response; follows the helpdesk
    FILE = "file"  # uploaded Markdown; stays until a person removes it
    REPLY = "reply"  # a past reply, masked; there only while the account lets it and its ticket is in the history


SYNCED = frozenset({DocumentKind.ARTICLE, DocumentKind.MACRO})
"""What is kept equal to the helpdesk."""


def reply_id(ticket_id: str, comment_id: str) -> str:
    """The id of the document that a past reply becomes; without a comment, how those of the ticket begin."""
    return f"reply:{ticket_id}:{comment_id}".replace("#", "-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One document in one language; `id` is unique within the account and holds no "#".

    `text` is plain text with Markdown headings. A macro's may hold slots such as `[ticket_id]`: a sentence with one is
    never quoted. `language` is a primary tag ("de"), empty where the helpdesk does not say. `brand_id` is empty where
    it serves every brand. `intents`, `keywords` and `only_when` are those of an article's front matter.
    """

    id: str
    kind: DocumentKind
    title: str
    language: str
    text: str = field(repr=False)
    url: str = ""
    brand_id: str = ""
    section: str = ""
    intents: frozenset[str] = frozenset()
    keywords: tuple[str, ...] = ()
    only_when: tuple[str, ...] = ()
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One section of a document as it is searched and quoted; `heading` is empty for what stands before the first.

    `words` are title, heading, keywords and text in the spelling of the search: folded, separated by spaces.
    """

    document_id: str
    position: int
    heading: str
    text: str = field(repr=False)
    words: tuple[str, str, str, str] = field(default=("", "", "", ""), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A document ready to be stored: `digest` is equal for equal content."""

    document: Document
    digest: str
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A section that shares words with a question; the higher the score, the nearer. Scores compare in one search."""

    document_id: str
    position: int
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Where an encoder placed a section: one row of bytes (32-bit floats, all rows in one) for each of its pieces."""

    document_id: str
    position: int
    vectors: bytes = field(repr=False)
