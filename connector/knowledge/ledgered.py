"""Search over the documents that the ledger keeps: words and, where an encoder is set, meaning [G1]."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from connector.knowledge.articles import Chunk
from connector.knowledge.bearing import NO_BEARING, Bearing, Place
from connector.knowledge.fitting import (
    MAX_PASSAGES,
    fits,
    folded_question,
    is_how_to,
    nearest_sections,
    order_of,
    source_of,
)
from connector.knowledge.shelf import Shelf, open_shelf
from connector.knowledge.wording import asked_words, terms_of
from connector.model import DocumentKind, Source
from connector.ports import Documents, Encoder

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Macros = Callable[[str, str], Sequence[str]]
"""The macros by name that an account's policy gives an intent."""

DEPTH = 60
"""How many sections of each search take part in the fusion."""
FUSION = 20.0
"""Reciprocal-rank fusion: the larger, the less the first places count for."""
SURE_ABROAD = 0.83
"""From this nearness on a section in another language is about the question. The encoder places everything near
everything, in two languages a little less: on the sandbox's articles, unrelated ones came up to 0.82."""
PIECE_CHARS = 200
"""What the encoder reads of one text."""
QUESTION_PIECES = 2
MOST_SHELVES = 32


class LedgerKnowledge:
    """Implements `ports.Knowledge` over the documents of every account. May be shared by threads.

    A macro answers only where it is mapped to the intent, by its own front matter or by name in the policy: what it
    says ("your parcel was delivered") is true of one case, not in general. A past reply answers only where nothing
    else does; with `replies` False never, as no past ticket may be answered from what people wrote on it.
    """

    def __init__(
        self,
        documents: Documents,
        *,
        encoder: Encoder | None = None,
        macros: Macros = lambda _account, _intent: (),
        replies: bool = True,
    ) -> None:
        self._documents = documents
        self._encoder = encoder
        self._macros = macros
        self._replies = replies
        self._shelves: dict[str, Shelf] = {}
        self._lock = threading.Lock()

    def without_replies(self) -> LedgerKnowledge:
        """The same without past replies, for everything that looks at past tickets."""
        return LedgerKnowledge(self._documents, encoder=self._encoder, macros=self._macros, replies=False)

    def passages(
        self, account_id: str, *, intent: str, text: str, language: str, brand: str = ""
    ) -> tuple[Source, ...]:
        """The best passages for this question, best first; empty where nothing fits."""
        shelf = self._shelf(account_id)
        if not shelf.chunks:
            return ()
        named = frozenset(self._macros(account_id, intent))
        chunks = {
            place: _mapped(chunk, intent, mapped=shelf.documents[place[0]].title in named)
            for place, chunk in shelf.chunks.items()
            if self._serves(shelf, place, brand) and _speaks_for(shelf, place, intent, named)
        }
        near = self._nearness(shelf, text)
        folded, asked = folded_question(text), asked_words(text, language)
        bearings = shelf.bearings[language].of(asked) if language in shelf.bearings else {}
        ranks = _order(chunks, bearings, near, language)
        candidates = [
            (order_of(chunk, intent, ranks.get(place), folded), place)
            for place, chunk in chunks.items()
            if chunk.article.language == language
            and fits(chunk, intent, folded, len(asked), bearings.get(place, NO_BEARING), near.get(place))
        ]
        told = sorted(candidates)
        best = [chunks[place] for _, place in told if not chunks[place].article.past][:MAX_PASSAGES]
        if not best and all(chunk.article.language != language for chunk in chunks.values()):
            best = _of_other_languages(chunks, near)
        if not best:
            best = [chunks[place] for _, place in told[:MAX_PASSAGES]]
        elif intent in best[0].article.intents and not is_how_to(best[0].article):
            name = best[0].article.name
            best = nearest_sections([chunk for place, chunk in chunks.items() if place[0] == name], tuple(asked))
        return tuple(source_of(chunk) for chunk in best)

    def search(
        self, account_id: str, *, text: str, language: str, brand: str = "", limit: int = 5
    ) -> tuple[Source, ...]:
        """The nearest section of each of the `limit` nearest documents, whatever the intent, best first."""
        shelf = self._shelf(account_id)
        chunks = {place: chunk for place, chunk in shelf.chunks.items() if self._serves(shelf, place, brand)}
        near = self._nearness(shelf, text)
        ranks = self._ranks(account_id, text, language, near, chunks)
        best: dict[str, Place] = {}
        for place in sorted(ranks, key=lambda place: (ranks[place], place)):
            best.setdefault(place[0], place)
        found = [chunks[place] for place in list(best.values())[:limit]]
        return tuple(source_of(chunk) for chunk in found or _of_other_languages(chunks, near)[:limit])

    def is_written_for(self, account_id: str, source_id: str, intent: str) -> bool:
        """Whether the document of this source names the intent."""
        document = self._shelf(account_id).documents.get(source_id.rpartition("#")[0])
        return document is not None and intent in document.intents

    def _ranks(
        self,
        account_id: str,
        text: str,
        language: str,
        near: Mapping[Place, float],
        chunks: Mapping[Place, Chunk],
    ) -> dict[Place, float]:
        """Sections that were found, with their rank (lower is better)."""
        hits = self._documents.search(account_id, terms_of(text, language), language=language, limit=4 * DEPTH)
        by_words = [place for hit in hits if (place := (hit.document_id, hit.position)) in chunks]
        if not near:
            scores = {(hit.document_id, hit.position): hit.score for hit in hits}
            return {place: -scores[place] for place in by_words}
        return _fused(by_words, _by_meaning(chunks, near, language))

    def _serves(self, shelf: Shelf, place: Place, brand: str) -> bool:
        document = shelf.documents[place[0]]
        if document.kind is DocumentKind.REPLY and not self._replies:
            return False
        return not document.brand_id or not brand or document.brand_id == brand

    def _nearness(self, shelf: Shelf, text: str) -> Mapping[Place, float]:
        if self._encoder is None or shelf.matrix is None or not text.strip():
            return {}
        return shelf.nearness(_question(self._encoder, text))

    def _shelf(self, account_id: str) -> Shelf:
        """The account's documents, read again when they have moved."""
        revision = self._documents.revision(account_id)
        with self._lock:
            kept = self._shelves.pop(account_id, None)
        if kept is None or kept.revision != revision:
            kept = open_shelf(self._documents, account_id, self._encoder.name if self._encoder else "")
        with self._lock:
            self._shelves[account_id] = kept  # the newest last
            while len(self._shelves) > MOST_SHELVES:
                del self._shelves[next(iter(self._shelves))]
        return kept


def _question(encoder: Encoder, text: str) -> npt.NDArray[np.float32]:
    text = " ".join(text.split())
    parts = [text[at : at + PIECE_CHARS] for at in range(0, len(text), PIECE_CHARS)]
    return encoder.encode(parts[:QUESTION_PIECES])


def _order(
    chunks: Mapping[Place, Chunk], bearings: Mapping[Place, Bearing], near: Mapping[Place, float], language: str
) -> dict[Place, float]:
    """Ranks (lower is better) by what bears on the question and, where an encoder is set, by meaning."""
    weights = {place: bearing.weight for place, bearing in bearings.items() if place in chunks}
    if not near:
        return {place: -weight for place, weight in weights.items()}
    by_words = sorted(weights, key=lambda place: (-weights[place], place))
    return _fused(by_words, _by_meaning(chunks, near, language))


def _by_meaning(chunks: Mapping[Place, Chunk], near: Mapping[Place, float], language: str) -> list[Place]:
    own = [place for place, chunk in chunks.items() if chunk.article.language == language and place in near]
    return sorted(own, key=lambda place: (-near[place], place))


def _fused(*rankings: Sequence[Place]) -> dict[Place, float]:
    """Ranks (lower is better) from the places that several searches gave; sections of one document count once each."""
    scores: dict[Place, float] = {}
    for ranking in rankings:
        at: dict[str, int] = {}
        for place in ranking[: 4 * DEPTH]:
            number = at.setdefault(place[0], len(at))
            if number < DEPTH:
                scores[place] = scores.get(place, 0.0) + 1 / (FUSION + number)
    return {place: -score for place, score in scores.items()}


def _of_other_languages(chunks: Mapping[Place, Chunk], near: Mapping[Place, float]) -> list[Chunk]:
    """What is surely meant, in whatever language: only for customers in whose language there is nothing."""
    sure = [place for place in chunks if near.get(place, 0.0) >= SURE_ABROAD and not chunks[place].article.past]
    sure.sort(key=lambda place: (-near[place], place))
    return [chunks[place] for place in sure[:MAX_PASSAGES]]


def _speaks_for(shelf: Shelf, place: Place, intent: str, named: Iterable[str]) -> bool:
    document = shelf.documents[place[0]]
    return document.kind is not DocumentKind.MACRO or intent in document.intents or document.title in named


def _mapped(chunk: Chunk, intent: str, *, mapped: bool) -> Chunk:
    if not mapped or intent in chunk.article.intents:
        return chunk
    return replace(chunk, article=replace(chunk.article, intents=chunk.article.intents | {intent}))
