"""A folder of Markdown articles as a searchable source, kept in an in-memory SQLite FTS5 index."""

from __future__ import annotations

import math
import re
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from connector.drafting.sentences import STOP_WORDS, fold
from connector.errors import ConfigurationError
from connector.knowledge.articles import Article, Chunk, chunks, parse_article
from connector.model import Source

MAX_TERMS = 60
MAX_PASSAGES = 3
OPENING_BONUS = 1.1
"""How much nearer a later section must be than the opening of a page to be quoted beside it."""

# Weights of title, heading, keywords and text in the ranking: a heading says what a section answers.
_RANK = "bm25(passage, 0, 2.0, 3.0, 2.0, 2.0)"
_WORD = re.compile(r"\w+")
# How a question for help is worded says nothing about its topic.
_CHATTER = frozenset(
    _WORD.findall(
        "hello hi hey dear thanks thank please regards best question quick help know tell need want would like hallo "
        "guten tag moin danke gruss grusse freundlichen freundliche liebe lieber frage kurze bitte wissen gern gerne "
        "mochte mochten sehr geehrte damen herren viele back zuruck"
    )
)


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

    def passages(self, account_id: str, *, intent: str, text: str, language: str) -> tuple[Source, ...]:
        """The best passages for this question, best first; empty where nothing fits."""
        del account_id  # one folder serves one installation
        folded = f" {' '.join(_WORD.findall(fold(text)))} "
        terms = _terms(text, language)
        ranks = self._search(terms, language)
        candidates = [
            (_order(chunk, intent, ranks.get(position), folded), position)
            for position, chunk in enumerate(self._chunks)
            if chunk.article.language == language and _fits(chunk, intent, folded, terms, found=position in ranks)
        ]
        candidates.sort()
        best = [self._chunks[position] for _, position in candidates[:MAX_PASSAGES]]
        if best and intent in best[0].article.intents and not _is_how_to(best[0].article):
            best = self._sections(best[0].article, terms)
        return tuple(_source(chunk) for chunk in best)

    def _sections(self, article: Article, terms: Sequence[str]) -> list[Chunk]:
        """The section of a topic page that is nearest to the question, and its opening, which always belongs to it."""
        own = [chunk for chunk in self._chunks if chunk.article is article]
        opening, *others = own
        likeness = _likeness(own, terms)
        best = max(others, key=lambda chunk: likeness[chunk.position], default=opening)
        return [best, opening] if likeness[best.position] > OPENING_BONUS * likeness[opening.position] else [opening]

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


def _terms(text: str, language: str) -> tuple[str, ...]:
    """Search terms: no stop words, cut to a common beginning so that forms of a word meet."""
    little = frozenset(fold(word) for word in STOP_WORDS.get(language, frozenset())) | _CHATTER
    terms = [_beginning(word) for word in _WORD.findall(fold(text)) if len(word) > 2 and word not in little]
    return tuple(dict.fromkeys(terms))[:MAX_TERMS]


def _beginning(word: str) -> str:
    return word[: max(4, min(7, len(word) - 2))] if len(word) > 4 and not word.isdigit() else word


def _names(words: Iterable[str], folded: str) -> bool:
    """Whether the question holds one of these words; a "*" at the end stands for any ending."""
    return any(f" {fold(word[:-1])}" in folded if word.endswith("*") else f" {fold(word)} " in folded for word in words)


def _fits(chunk: Chunk, intent: str, folded: str, terms: Sequence[str], *, found: bool) -> bool:
    article = chunk.article
    if article.only_when and not _names(article.only_when, folded):
        return False
    if intent in article.intents and not _is_how_to(article):
        # Written for the intent: its opening is an answer even where no word is shared ("open or closed?").
        return found or chunk.position == 0
    if intent not in article.intents and (article.intents or not found):
        return False
    return found and _is_about(chunk, terms)


def _is_how_to(article: Article) -> bool:
    """How-to pages answer one question per section; being a how-to is no likeness."""
    return article.intents == frozenset({"product_how_to"})


def _is_about(chunk: Chunk, terms: Sequence[str]) -> bool:
    """Whether enough words are shared, one of them with the heading: a product's name alone is no topic."""
    article = chunk.article
    names = _WORD.findall(fold(" ".join(article.only_when)))
    topic = [word for word in _WORD.findall(fold(f"{article.title} {chunk.heading}")) if word not in names]
    everything = _WORD.findall(fold(" ".join((article.title, chunk.heading, *article.keywords, chunk.text))))
    return _shared(terms, topic or everything) >= 1 and _shared(terms, everything) >= min(2, len(terms))


def _likeness(own: Sequence[Chunk], terms: Sequence[str]) -> list[float]:
    """How near each section of one article is to the question: rare terms count more, headings three times."""
    texts = [(_WORD.findall(fold(chunk.heading)), _WORD.findall(fold(chunk.text))) for chunk in own]
    likeness = [0.0] * len(own)
    for term in terms:
        hits = [
            3 * any(word.startswith(term) for word in heading) + any(word.startswith(term) for word in text)
            for heading, text in texts
        ]
        rarity = math.log(1 + len(own) / max(1, sum(hit > 0 for hit in hits)))
        likeness = [value + hit * rarity for value, hit in zip(likeness, hits, strict=True)]
    return likeness


def _shared(terms: Iterable[str], words: Sequence[str]) -> int:
    return sum(any(word.startswith(term) for word in words) for term in terms)


def _order(chunk: Chunk, intent: str, rank: float | None, folded: str) -> tuple[int, int, float]:
    article = chunk.article
    named = bool(article.only_when) and _names(article.only_when, folded)
    return (0 if intent in article.intents else 1, 0 if named else 1, rank if rank is not None else 0.0)


def _source(chunk: Chunk) -> Source:
    title = chunk.article.title if not chunk.heading else f"{chunk.article.title}: {chunk.heading}"
    return Source(id=chunk.id, title=title, url=chunk.article.url, text=chunk.text)
