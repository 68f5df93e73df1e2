"""A catalogue made of a set's labelled questions, and what a classifier of it says about others. Pure."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

from connector.intents import Catalogue, Intent
from connector.model import UNMAPPED, Tier
from connector.ports import Classification, Classifier

FOLDS = 3
BATCH = 256
"""Texts asked about at once: what a batch is compared with takes memory."""

Fit = Callable[[Catalogue], Classifier]
"""The product's training, as an argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A text and the label it has in its set."""

    text: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a classifier says about a question, as the gate reads it."""

    label: str
    intent: str
    confidence: float
    human_only: float
    out_of_scope: float


def catalogue_of(
    questions: Sequence[Question], *, human_only: Collection[str] = (), unmapped: Sequence[str] = ()
) -> Catalogue:
    """The catalogue with one intent per label; questions labelled `unmapped` are examples of "none of these", as are
    the texts of `unmapped`.
    """
    texts: dict[str, list[str]] = defaultdict(list)
    for question in questions:
        texts[question.label].append(question.text)
    none_of_these = (*unmapped, *texts.pop(UNMAPPED, ()))
    intents = {
        label: _intent(label, texts[label], Tier.HUMAN_ONLY if label in human_only else Tier.AUTO)
        for label in sorted(texts)
    }
    digest = hashlib.sha256(repr([(key, intents[key].examples) for key in intents]).encode())
    return Catalogue(
        intents=intents,
        unmapped=_intent(UNMAPPED, none_of_these, Tier.HUMAN_ONLY),
        version=digest.hexdigest()[:12],
    )


def _intent(key: str, texts: Sequence[str], tier: Tier) -> Intent:
    words = {"en": key}
    return Intent(
        key=key, tier=tier, floor=False, summary=key, label=words, next_action=words, examples={"en": tuple(texts)}
    )


def answers(classifier: Classifier, questions: Sequence[Question], human_only: Collection[str]) -> tuple[Answer, ...]:
    """One answer per question, in order."""
    return tuple(
        _answer(question, said, human_only)
        for start in range(0, len(questions), BATCH)
        for question, said in _classified(classifier, questions[start : start + BATCH])
    )


def _classified(classifier: Classifier, questions: Sequence[Question]) -> Iterator[tuple[Question, Classification]]:
    return zip(questions, classifier.classify([question.text for question in questions]), strict=True)


def _answer(question: Question, said: Classification, human_only: Collection[str]) -> Answer:
    intent = max(said.probabilities, key=lambda key: said.probabilities[key])
    return Answer(
        label=question.label,
        intent=intent,
        confidence=said.probabilities[intent],
        human_only=sum(value for key, value in said.probabilities.items() if key in human_only),
        out_of_scope=said.out_of_scope,
    )


def held_out_answers(
    fit: Fit,
    questions: Sequence[Question],
    *,
    human_only: Collection[str] = (),
    unmapped: Sequence[str] = (),
    folds: int = FOLDS,
) -> tuple[Answer, ...]:
    """What classifiers say about the questions they were not trained on: the only ground on which to fit thresholds.

    Each label's questions are cut into `folds` runs in the order of the set. Neighbours are often one person's
    paraphrases; kept together, they make a held-out question as new as a customer's.
    """
    places = _runs(questions, folds)
    found: list[Answer] = []
    for fold in range(folds):
        learnt = [question for question, place in zip(questions, places, strict=True) if place != fold]
        asked = [question for question, place in zip(questions, places, strict=True) if place == fold]
        if asked:
            classifier = fit(catalogue_of(learnt, human_only=human_only, unmapped=unmapped))
            found += answers(classifier, asked, human_only)
    return tuple(found)


def _runs(questions: Sequence[Question], folds: int) -> list[int]:
    counts = Counter(question.label for question in questions)
    seen: Counter[str] = Counter()
    places = []
    for question in questions:
        places.append(seen[question.label] * folds // counts[question.label])
        seen[question.label] += 1
    return places
