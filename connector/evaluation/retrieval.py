"""How often a search of the team's texts finds the article that answers: by words alone, and with an encoder.

Both are asked the same questions over the same documents in one run; `data/README.md` says how the questions were made.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from connector.errors import ConfigurationError
from connector.evaluation.intervals import RESAMPLES, SEED, share
from connector.evaluation.quoting import measure_quoted, sealed
from connector.knowledge import LedgerKnowledge
from connector.knowledge.wording import terms_of, words_of
from connector.model import Document
from connector.ports import Documents, Encoder

Figures = Mapping[str, Any]
Search = Callable[["Question"], Sequence[str]]

DEPTH = 5
BANDS = (("0-10%", 0.1), ("10-25%", 0.25), ("25-50%", 0.5), ("50% and more", float("inf")))
"""Bands of word overlap, each below its limit."""
WORDS, ENCODER = "words", "encoder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What a customer asks and the documents that answer it, the most fitting first."""

    id: str
    company: str
    language: str
    subject: str
    text: str
    answers: tuple[str, ...]

    @property
    def asked(self) -> str:
        """What is searched for: the subject stands before the text, as in a ticket."""
        return f"{self.subject} {self.text}".strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """One question, its word overlap with the right article, and where the article came: 1 first, None not at all."""

    question: Question
    overlap: float
    place: int | None
    ms: float

    def within(self, depth: int) -> bool:
        """Whether a right article was among the first `depth`."""
        return self.place is not None and self.place <= depth


def read_questions(path: Path) -> tuple[Question, ...]:
    """Every question of the file. ConfigurationError names the line that is none, or an id that stands there twice."""
    found: dict[str, Question] = {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            row = json.loads(line)
            names = {key: str(row[key]) for key in ("id", "company", "language", "subject", "text")}
            question = Question(**names, answers=tuple(row["answer"]))
        except (ValueError, KeyError, TypeError) as error:
            raise ConfigurationError(f"{path.name} line {number} is no question: see data/README.md.") from error
        if question.id in found or not question.answers:
            raise ConfigurationError(f"{path.name} line {number}: {question.id} stands there twice or has no answer.")
        found[question.id] = question
    return tuple(found.values())


def measure_retrieval(
    questions: Sequence[Question],
    shelves: Mapping[str, Sequence[Document]],
    documents: Documents,
    encoder: Encoder | None,
) -> Figures:
    """Every figure; `encoder` is None in them where there is none. `documents` holds the shelves, by account.

    ConfigurationError where a question names an article that is not published.
    """
    known = {document.id: document for shelf in shelves.values() for document in shelf}
    unknown = sorted({answer for question in questions for answer in question.answers} - known.keys())
    if unknown:
        raise ConfigurationError(f"Questions name articles that are not published: {', '.join(unknown)}.")
    overlaps = [overlap(question, known) for question in questions]
    ways = {WORDS: LedgerKnowledge(documents)}
    if encoder is not None:
        ways[ENCODER] = LedgerKnowledge(documents, encoder=encoder)
    found = {name: ask_all(questions, overlaps, _search(knowledge)) for name, knowledge in ways.items()}
    quoted = {name: measure_quoted(sealed(questions), knowledge, shelves) for name, knowledge in ways.items()}
    return {
        "articles": len(known),
        "questions": len(questions),
        "bands": {name: share(sum(band_of(value) == name for value in overlaps), len(questions)) for name, _ in BANDS},
        WORDS: {**figures_of(found[WORDS]), "quoted": quoted[WORDS]},
        ENCODER: {**figures_of(found[ENCODER]), "quoted": quoted[ENCODER]} if encoder is not None else None,
        "gain": gain(found[WORDS], found[ENCODER]) if encoder is not None else None,
    }


def _search(knowledge: LedgerKnowledge) -> Search:
    def search(question: Question) -> Sequence[str]:
        sources = knowledge.search(question.company, text=question.asked, language=question.language, limit=DEPTH)
        return [source.id.rpartition("#")[0] for source in sources]

    return search


def ask_all(questions: Sequence[Question], overlaps: Sequence[float], search: Search) -> tuple[Answered, ...]:
    """Every question asked once; the first of each company also once unmeasured, which reads the documents."""
    for _, own in groupby(sorted(questions, key=lambda one: one.company), key=lambda one: one.company):
        search(next(own))
    return tuple(_ask(question, value, search) for question, value in zip(questions, overlaps, strict=True))


def _ask(question: Question, overlap_with_answer: float, search: Search) -> Answered:
    started = time.perf_counter()
    found = search(question)
    took = (time.perf_counter() - started) * 1000
    place = next((number for number, name in enumerate(found, start=1) if name in question.answers), None)
    return Answered(question=question, overlap=overlap_with_answer, place=place, ms=took)


def overlap(question: Question, known: Mapping[str, Document]) -> float:
    """The share of the question's content stems that a right article holds, the one that holds most of them.

    A stem is what the search by words looks for, so that the bands say how much help it was given.
    """
    stems = terms_of(question.asked, question.language)
    if not stems:
        return 0.0
    return max(_held(stems, known[answer]) for answer in question.answers) / len(stems)


def _held(stems: Sequence[str], document: Document) -> int:
    words = words_of(f"{document.title} {document.text}", document.language).split()
    return sum(any(word.startswith(stem) for word in words) for stem in stems)


def band_of(value: float) -> str:
    """The name of the band that this overlap belongs to."""
    return next(name for name, limit in BANDS if value < limit)


def figures_of(answered: Sequence[Answered]) -> Figures:
    """Recall of one way to search, in all and in parts, and the milliseconds that a search took."""
    took = np.array([item.ms for item in answered])
    return {
        "recall_at_1": _by_language(answered, 1),
        "recall_at_5": _by_language(answered, DEPTH),
        "bands": {
            name: _recall([item for item in answered if band_of(item.overlap) == name], DEPTH) for name, _ in BANDS
        },
        "tickets": _recall([item for item in answered if item.question.subject], DEPTH),
        "ms": {"median": float(np.median(took)), "p95": float(np.quantile(took, 0.95))},
    }


def _by_language(answered: Sequence[Answered], depth: int) -> Figures:
    languages = sorted({item.question.language for item in answered})
    parts = {one: [item for item in answered if item.question.language == one] for one in languages}
    return {"all": _recall(answered, depth), **{one: _recall(items, depth) for one, items in parts.items()}}


def _recall(answered: Sequence[Answered], depth: int) -> Figures:
    return share(sum(item.within(depth) for item in answered), len(answered))


def gain(before: Sequence[Answered], after: Sequence[Answered]) -> Figures:
    """How much more is found at five, with a 95% bootstrap interval over articles: their questions are no strangers."""
    differences: dict[str, list[int]] = {}
    for one, other in zip(before, after, strict=True):
        step = int(other.within(DEPTH)) - int(one.within(DEPTH))
        differences.setdefault(one.question.answers[0], []).append(step)
    sums = np.array([sum(steps) for steps in differences.values()])
    counts = np.array([len(steps) for steps in differences.values()])
    picks = np.random.default_rng(SEED).integers(0, len(sums), size=(RESAMPLES, len(sums)))
    low, high = np.quantile(sums[picks].sum(axis=1) / counts[picks].sum(axis=1), [0.025, 0.975])
    return {"difference": float(sums.sum() / counts.sum()), "low": float(low), "high": float(high)}
