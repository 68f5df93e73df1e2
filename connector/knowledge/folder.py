"""A folder of Markdown articles as a searchable source, kept in an in-memory SQLite FTS5 index."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path

from connector.errors import ConfigurationError
from connector.knowledge.articles import Chunk, chunks, parse_article
from connector.knowledge.fitting import (
    MAX_PASSAGES,
    fits,
    folded_question,
    is_how_to,
    nearest_sections,
    order_of,
    source_of,
    terms_of,
)
from connector.model import Source

# Weights of title, heading, keywords and text in the ranking: a heading says what a section answers.
_RANK = "bm25(passage, 0, 2.0, 3.0, 2.0, 2.0)"


class FolderKnowledge:
    """Articles from a folder (every `*.md` below it), from a mapping of name to Markdown text, or none.

    Search runs in one language; articles written for the intent come before all others. One lock guards the
    index: SQLite connections are not for use by two threads at once, and a search takes well under a millisecond.
    """

    def __init__(self, articles: Path | str | Mapping[str, str] | None) -> None:
        if articles is None:
            articles = {}
        texts = articles if isinstance(articles, Mapping) else _read(Path(articles))
        self.articles = tuple(parse_article(name, texts[name]) for name in sorted(texts))
        self._chunks = tuple(chunk for article in self.articles for chunk in chunks(article))
        self._lock = threading.Lock()
        self._index = _build(self._chunks)

    def passages(
        self, account_id: str, *, intent: str, text: str, language: str, brand: str = ""
    ) -> tuple[Source, ...]:
        """The best passages for this question, best first; empty where nothing fits."""
        del account_id, brand  # one folder serves one installation
        folded = folded_question(text)
        terms = terms_of(text, language)
        ranks = self._search(terms, language)
        candidates = [
            (order_of(chunk, intent, ranks.get(position), folded), position)
            for position, chunk in enumerate(self._chunks)
            if chunk.article.language == language and fits(chunk, intent, folded, terms, found=position in ranks)
        ]
        candidates.sort()
        best = [self._chunks[position] for _, position in candidates[:MAX_PASSAGES]]
        if best and intent in best[0].article.intents and not is_how_to(best[0].article):
            article = best[0].article
            best = nearest_sections([chunk for chunk in self._chunks if chunk.article is article], terms)
        return tuple(source_of(chunk) for chunk in best)

    def is_written_for(self, source_id: str, intent: str) -> bool:
        """Whether the article of this source names the intent."""
        name = source_id.rpartition("#")[0]
        return any(intent in chunk.article.intents for chunk in self._chunks if chunk.article.name == name)

    def _search(self, terms: tuple[str, ...], language: str) -> dict[int, float]:
        """Position of each chunk that holds a term, with its rank (lower is better)."""
        if not terms:
            return {}
        query = " OR ".join(f'"{term}"*' for term in terms)
        statement = f"SELECT rowid, {_RANK} FROM passage WHERE passage MATCH ? AND language = ?"  # noqa: S608 - a constant
        with self._lock:
            return {row - 1: rank for row, rank in self._index.execute(statement, (query, language))}


def _read(folder: Path) -> dict[str, str]:
    if not folder.is_dir():
        raise ConfigurationError(f"the folder of sources {folder.name!r} does not exist")
    try:
        return {
            path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8")
            for path in sorted(folder.rglob("*.md"))
            if path.name.lower() != "readme.md"
        }
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"a source in {folder.name!r} cannot be read: {why}") from error


def _build(all_chunks: Iterable[Chunk]) -> sqlite3.Connection:
    index = sqlite3.connect(":memory:", check_same_thread=False)
    index.execute(
        "CREATE VIRTUAL TABLE passage USING fts5(language UNINDEXED, title, heading, keywords, text, "
        'tokenize = "unicode61 remove_diacritics 2")'
    )
    index.executemany(
        "INSERT INTO passage VALUES (?, ?, ?, ?, ?)",
        [
            (chunk.article.language, chunk.article.title, chunk.heading, " ".join(chunk.article.keywords), chunk.text)
            for chunk in all_chunks
        ],
    )
    index.commit()
    return index
