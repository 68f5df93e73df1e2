"""Trains the heads over an encoder's vectors: logistic regression, seeded.

Encoding what is learnt from takes minutes; the rest takes seconds. Loading this takes the learning library: import it
only where something is learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.ports import Encoder
from connector.triage.encoded import EncodedHeads, Numbers, digest, rows
from connector.triage.heads import FEW_MESSAGES, FOLDS, SIGNAL_WEIGHT, Head, is_harmless
from connector.triage.material import Alarm, Material, Message
from connector.triage.training import positions

INTENT_COST = 5.0
PERSON_COST = 1.0
SIGNAL_COST = 5.0
"""Of an example on the wrong side: higher fits the examples more closely."""

SPARED = 0.995
"""The share of harmless messages, held out, that a signal's machine must leave alone: what it raises comes on top of
what rules and the lexical machines raise from every sentence."""

STEPS = 4000


def train(catalogue: Catalogue, material: Material, encoder: Encoder) -> EncodedHeads:
    """Train from nothing: the same examples and the same vectors give the same result. Takes minutes."""
    examples = catalogue.labelled_examples()
    messages = [message for message in material.messages if message.intent in catalogue or message.intent == UNMAPPED]
    vectors = encoder.encode([*(text for _, _, text in examples), *(message.text for message in messages)])
    labels = np.array([*(key for key, _, _ in examples), *(message.intent for message in messages)])
    centre: Numbers = vectors.mean(axis=0)
    placed = rows(vectors, centre)
    # Translations share a position; messages are on their own.
    fold = np.concatenate((positions(examples), np.arange(len(messages)))) % FOLDS

    def place(texts: Sequence[str]) -> Numbers:
        return rows(encoder.encode(texts), centre) if texts else np.zeros((0, placed.shape[1]), dtype=np.float32)

    # One thread: more of them wait for one another longer than they work on a busy machine.
    with threadpool_limits(limits=1):
        model = _machine(placed, labels, INTENT_COST)
        sharpness = _sharpness(placed, labels, fold, len(examples))
        by_intent = np.isin(labels[: len(examples)], [*catalogue.human_only, UNMAPPED])
        person = _machine(placed, np.concatenate((by_intent, [message.person for message in messages])), PERSON_COST)
        signals = _signals(placed[len(examples) :], messages, material.alarms, place)
    heads = [
        *(Head(weights=row, intercept=float(at)) for row, at in zip(model.coef_, model.intercept_, strict=True)),
        Head(weights=person.coef_[0], intercept=float(person.intercept_[0])),
        *signals.values(),
    ]
    return EncodedHeads(
        encoder=encoder.name,
        digest=digest(catalogue, material.version, encoder.name),
        classes=tuple(str(name) for name in model.classes_),
        signals=tuple(signals),
        sharpness=sharpness,
        centre=centre,
        weights=np.ascontiguousarray(np.array([head.weights for head in heads], dtype=np.float32).T),
        intercept=np.array([head.intercept for head in heads], dtype=np.float32),
    )


def _machine(
    placed: Numbers, truth: npt.NDArray[np.generic], cost: float, weight: Mapping[bool, float] | None = None
) -> LogisticRegression:
    return LogisticRegression(C=cost, class_weight=weight, max_iter=STEPS).fit(placed, truth)


def _sharpness(placed: Numbers, labels: npt.NDArray[np.str_], fold: npt.NDArray[np.int64], examples: int) -> float:
    """The sharpness under which held-out messages (examples, where there are few messages) are most likely; 1 where
    nothing can be held out.
    """
    classes = np.unique(labels)
    margins = np.full((len(labels), len(classes)), np.nan)
    for number in range(FOLDS):
        held = fold == number
        if held.any() and not set(labels[held]) - set(labels[~held]):
            margins[held] = _machine(placed[~held], labels[~held], INTENT_COST).decision_function(placed[held])
    seen = np.flatnonzero(~np.isnan(margins[:, 0]))
    if not len(seen):
        return 1.0
    judged = seen[seen >= examples] if (seen >= examples).sum() >= FEW_MESSAGES else seen
    truth = np.searchsorted(classes, labels)[judged]

    def loss(sharpness: float) -> float:
        return -float(log_softmax(margins[judged] * sharpness, axis=1)[np.arange(len(judged)), truth].mean())

    return float(minimize_scalar(loss, bounds=(0.05, 20.0), method="bounded").x)


def _signals(
    placed: Numbers, messages: Sequence[Message], alarms: Sequence[Alarm], place: Callable[[Sequence[str]], Numbers]
) -> Mapping[str, Head]:
    """One machine for each alarm, shifted until it leaves `SPARED` of the harmless messages alone."""
    harmless = placed[[number for number, message in enumerate(messages) if is_harmless(message)]]
    if not len(harmless):
        return {}
    lookalikes = place([text for alarm in alarms for text in alarm.negative])
    found: dict[str, Head] = {}
    for alarm in alarms:
        carrying = placed[[number for number, message in enumerate(messages) if alarm.signal in message.signals]]
        positive = np.vstack((place(alarm.positive), carrying))
        margins = np.zeros(len(harmless))
        for number in range(FOLDS):
            held = np.arange(len(harmless)) % FOLDS == number
            margins[held] = _alarm(positive, np.vstack((harmless[~held], lookalikes))).decision_function(harmless[held])
        model = _alarm(positive, np.vstack((harmless, lookalikes)))
        shift = max(0.0, float(np.quantile(margins, SPARED)))
        found[alarm.signal] = Head(weights=model.coef_[0], intercept=float(model.intercept_[0]) - shift)
    return found


def _alarm(positive: Numbers, negative: Numbers) -> LogisticRegression:
    truth = np.repeat([True, False], [len(positive), len(negative)])
    return _machine(np.vstack((positive, negative)), truth, SIGNAL_COST, {True: SIGNAL_WEIGHT, False: 1.0})
