"""Which sections are an answer to a question, and in which order: the rules that every search of sources shares."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence

from connector.drafting.sentences import fold
from connector.knowledge.articles import Article, Chunk
from connector.knowledge.bearing import Bearing, Bearings, Worded
from connector.knowledge.wording import words_of
from connector.model import Source

MAX_PASSAGES = 3
OPENING_BONUS = 1.1
"""How much nearer a later section must be than the opening of a page to be quoted beside it."""

WORD = re.compile(r"\w+")


def folded_question(text: str) -> str:
    """The question's words as they are compared, each between spaces."""
    return f" {' '.join(WORD.findall(fold(text)))} "


def _names(words: Iterable[str], folded: str) -> bool:
    """Whether the question holds one of these words; a "*" at the end stands for any ending."""
    return any(f" {fold(word[:-1])}" in folded if word.endswith("*") else f" {fold(word)} " in folded for word in words)


def fits(chunk: Chunk, intent: str, folded: str, asked: int, bearing: Bearing, near: float | None = None) -> bool:
    """Whether a section may answer the question at all: `folded` is the question between spaces, `asked` how many terms
    it has, `near` how near an encoder places them.
    """
    article = chunk.article
    if article.only_when and not _names(article.only_when, folded):
        return False
    if intent in article.intents and not is_how_to(article):
        # Written for the intent: its opening is an answer even where no word is shared ("open or closed?").
        return bearing.shared > 0 or chunk.position == 0
    if intent not in article.intents and article.intents:
        return False
    return bearing.is_enough(asked, near)


def is_how_to(article: Article) -> bool:
    """How-to pages answer one question per section; being a how-to is no likeness."""
    return article.intents == frozenset({"product_how_to"})


def _worded(chunk: Chunk) -> Worded:
    """The section's words, among which `terms_of` are looked for. A past reply's title is a day and its text its topic;
    the name of a product is none.
    """
    article = chunk.article
    language = article.language
    place = (article.name, chunk.position)
    heading = words_of(f"{chunk.heading} {' '.join(article.keywords)}", language).split()
    text = words_of(chunk.text, language).split()
    if article.past:
        return Worded(place, title=(), heading=text, text=())
    names = frozenset(words_of(" ".join(article.only_when).replace("*", " "), language).split())
    title = words_of(article.title, language).split()
    return Worded(
        place,
        title=[word for word in title if word not in names],
        heading=[word for word in heading if word not in names],
        text=[*text, *(word for word in (*title, *heading) if word in names)],
    )


def bearings_of(chunks: Iterable[Chunk]) -> Mapping[str, Bearings]:
    """The sections made ready for questions, by language."""
    by_language: dict[str, list[Worded]] = {}
    for chunk in chunks:
        by_language.setdefault(chunk.article.language, []).append(_worded(chunk))
    return {language: Bearings(sections) for language, sections in by_language.items()}


def likeness_of(own: Sequence[Chunk], terms: Sequence[str]) -> list[float]:
    """How near each section of one article is to the question: rare terms count more, headings three times."""
    language = own[0].article.language
    texts = [(words_of(chunk.heading, language).split(), words_of(chunk.text, language).split()) for chunk in own]
    likeness = [0.0] * len(own)
    for term in terms:
        hits = [
            3 * any(word.startswith(term) for word in heading) + any(word.startswith(term) for word in text)
            for heading, text in texts
        ]
        rarity = math.log(1 + len(own) / max(1, sum(hit > 0 for hit in hits)))
        likeness = [value + hit * rarity for value, hit in zip(likeness, hits, strict=True)]
    return likeness


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
