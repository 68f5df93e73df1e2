"""Which sections are an answer to a question, and in which order: the rules that every search of sources shares."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from connector.drafting.sentences import STOP_WORDS, fold
from connector.knowledge.articles import Article, Chunk
from connector.model import Source

MAX_TERMS = 60
MAX_PASSAGES = 3
OPENING_BONUS = 1.1
"""How much nearer a later section must be than the opening of a page to be quoted beside it."""

WORD = re.compile(r"\w+")
# How a question for help is worded says nothing about its topic.
_CHATTER = frozenset(
    WORD.findall(
        "hello hi hey dear thanks thank please regards best question quick help know tell need want would like hallo "
        "guten tag moin danke gruss grusse freundlichen freundliche liebe lieber frage kurze bitte wissen gern gerne "
        "mochte mochten sehr geehrte damen herren viele back zuruck"
    )
)


def folded_question(text: str) -> str:
    """The question's words as they are compared, each between spaces."""
    return f" {' '.join(WORD.findall(fold(text)))} "


def terms_of(text: str, language: str) -> tuple[str, ...]:
    """Search terms: no stop words, cut to a common beginning so that forms of a word meet."""
    little = frozenset(fold(word) for word in STOP_WORDS.get(language, frozenset())) | _CHATTER
    terms = [_beginning(word) for word in WORD.findall(fold(text)) if len(word) > 2 and word not in little]
    return tuple(dict.fromkeys(terms))[:MAX_TERMS]


def _beginning(word: str) -> str:
    return word[: max(4, min(7, len(word) - 2))] if len(word) > 4 and not word.isdigit() else word


def _names(words: Iterable[str], folded: str) -> bool:
    """Whether the question holds one of these words; a "*" at the end stands for any ending."""
    return any(f" {fold(word[:-1])}" in folded if word.endswith("*") else f" {fold(word)} " in folded for word in words)


def fits(chunk: Chunk, intent: str, folded: str, terms: Sequence[str], *, found: bool) -> bool:
    """Whether a section may answer the question at all. `folded` is the question between spaces."""
    article = chunk.article
    if article.only_when and not _names(article.only_when, folded):
        return False
    if intent in article.intents and not is_how_to(article):
        # Written for the intent: its opening is an answer even where no word is shared ("open or closed?").
        return found or chunk.position == 0
    if intent not in article.intents and (article.intents or not found):
        return False
    return found and _is_about(chunk, terms)


def is_how_to(article: Article) -> bool:
    """How-to pages answer one question per section; being a how-to is no likeness."""
    return article.intents == frozenset({"product_how_to"})


def _is_about(chunk: Chunk, terms: Sequence[str]) -> bool:
    """Whether enough words are shared, one of them with the heading: a product's name alone is no topic."""
    article = chunk.article
    names = WORD.findall(fold(" ".join(article.only_when)))
    title = "" if article.past else article.title
    topic = [word for word in WORD.findall(fold(f"{title} {chunk.heading}")) if word not in names]
    everything = WORD.findall(fold(" ".join((title, chunk.heading, *article.keywords, chunk.text))))
    return _shared(terms, topic or everything) >= 1 and _shared(terms, everything) >= min(2, len(terms))


def likeness_of(own: Sequence[Chunk], terms: Sequence[str]) -> list[float]:
    """How near each section of one article is to the question: rare terms count more, headings three times."""
    texts = [(WORD.findall(fold(chunk.heading)), WORD.findall(fold(chunk.text))) for chunk in own]
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


def order_of(chunk: Chunk, intent: str, rank: float | None, folded: str) -> tuple[int, int, float]:
    """Sorts sections: written for the intent first, then those that name what was asked about, then by rank."""
    article = chunk.article
    named = bool(article.only_when) and _names(article.only_when, folded)
    return (0 if intent in article.intents else 1, 0 if named else 1, rank if rank is not None else 0.0)


def nearest_sections(own: Sequence[Chunk], terms: Sequence[str]) -> list[Chunk]:
    """The section of a topic page that is nearest to the question, and its opening, which always belongs to it."""
    opening, *others = own
    likeness = likeness_of(own, terms)
    best = max(others, key=lambda chunk: likeness[chunk.position], default=opening)
    return [best, opening] if likeness[best.position] > OPENING_BONUS * likeness[opening.position] else [opening]


def source_of(chunk: Chunk) -> Source:
    """The section as a draft cites it."""
    title = chunk.article.title if not chunk.heading else f"{chunk.article.title}: {chunk.heading}"
    if chunk.article.past:
        return Source(
            id=chunk.id, title=title, text=chunk.text, heading=chunk.heading, past=True, ticket_url=chunk.article.url
        )
    return Source(id=chunk.id, title=title, url=chunk.article.url, text=chunk.text, heading=chunk.heading)
