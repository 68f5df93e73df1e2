"""Documents made ready for the ledger: a digest of their content and their sections with the words of the search."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace

from connector.drafting.sentences import sentences
from connector.drafting.templates import SLOT
from connector.knowledge.articles import Article, Chunk, chunks, parse_article
from connector.knowledge.wording import words_of
from connector.model import Document, DocumentKind, Entry, Section

_EDITION = "1"
"""Part of every digest: moved when what is made of a document changes, so that all are written again."""

MAX_PIECES = 8
"""Pieces of one section that an encoder reads; the rest of a very long one is found by its words alone."""

_RAW = ("{{", "}}", "{%", "%}")
_SLOTTED = frozenset({DocumentKind.MACRO, DocumentKind.REPLY})


def entry_of(document: Document) -> Entry:
    """The document with its digest and sections; a document of nothing but slots has no sections."""
    article = article_of(replace(document, text=quotable(document)))
    sections = tuple(_section(document, chunk) for chunk in chunks(article))
    return Entry(document=document, digest=_digest(document), sections=sections)


def article_of(document: Document) -> Article:
    """The document as the rules of the search know it."""
    return Article(
        name=document.id,
        title=document.title,
        language=document.language,
        url=document.url,
        intents=document.intents,
        only_when=document.only_when,
        keywords=document.keywords,
        body=document.text,
        past=document.kind is DocumentKind.REPLY,
    )


def document_of(name: str, text: str) -> Document:
    """The uploaded file as a document. ConfigurationError names the file and what is wrong in its front matter."""
    article = parse_article(name, text)
    return Document(
        id=f"file:{name.replace('#', '-')}",
        kind=DocumentKind.FILE,
        title=article.title,
        language=article.language,
        text=article.body.strip(),
        url=article.url,
        intents=article.intents,
        keywords=article.keywords,
        only_when=article.only_when,
    )


def quotable(document: Document) -> str:
    """The text without the sentences that hold a placeholder or, in a macro, a slot: nobody fills them in."""
    slots = document.kind in _SLOTTED and SLOT.search(document.text) is not None
    if not slots and not any(mark in document.text for mark in _RAW):
        return document.text
    return "\n".join(_without_placeholders(line, slots=slots) for line in document.text.splitlines())


def _without_placeholders(line: str, *, slots: bool) -> str:
    def bare(sentence: str) -> bool:
        return not any(mark in sentence for mark in _RAW) and not (slots and SLOT.search(sentence))

    if bare(line):
        return line
    return " ".join(sentence for sentence in sentences(line) if bare(sentence))


def _section(document: Document, chunk: Chunk) -> Section:
    language = document.language
    title = "" if document.kind is DocumentKind.REPLY else document.title  # its day, by which nobody searches
    return Section(
        document_id=document.id,
        position=chunk.position,
        heading=chunk.heading,
        text=chunk.text,
        words=(
            words_of(title, language),
            words_of(chunk.heading, language),
            words_of(" ".join((*document.keywords, document.section)), language),
            words_of(chunk.text, language),
        ),
    )


def _digest(document: Document) -> str:
    """Of everything but the helpdesk's time of change, which moves for votes and comments too."""
    parts: Sequence[object] = (
        _EDITION,
        document.kind,
        document.title,
        document.language,
        document.text,
        document.url,
        document.brand_id,
        document.section,
        sorted(document.intents),
        document.keywords,
        document.only_when,
    )
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def pieces(title: str, section: Section, size: int) -> tuple[str, ...]:
    """What an encoder reads of a section, each piece about `size` characters: the title with the beginning, then on.

    An encoder reads only the beginning of what it is given; the answer may stand further down.
    """
    heading = f"{title}: {section.heading}" if section.heading else title
    parts: list[str] = [heading]
    for sentence in sentences(section.text):
        if len(parts[-1]) + len(sentence) + 1 <= size:
            parts[-1] = f"{parts[-1]}. {sentence}" if parts[-1] == heading else f"{parts[-1]} {sentence}"
        else:
            parts.append(sentence[:size])
    return tuple(re.sub(r"\s+", " ", part) for part in parts[:MAX_PIECES])
