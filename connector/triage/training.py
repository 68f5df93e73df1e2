"""Trains the embedded classifier: linear support vector machines, seeded, in less than a minute.

One machine per intent against all others; the sharpness that makes probabilities of their margins is fitted on
messages (examples, where there are no messages) by machines that saw neither them nor, among the examples, their
translation: an English and a German example at the same position say the same thing.

Loading this takes the learning library, 70 MB that a worker does without: import it only where something is learnt.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from connector.errors import ConfigurationError
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.triage.classifier import COST, METHOD, EmbeddedClassifier, digest, ready
from connector.triage.features import Features
from connector.triage.heads import FEW_MESSAGES, FOLDS, Head, person_head, signal_heads
from connector.triage.heldout import HeldOut
from connector.triage.material import NOTHING, Material
from connector.triage.trained import Trained


def fit(catalogue: Catalogue, *, material: Material = NOTHING, trained: Trained | None = None) -> EmbeddedClassifier:
    """The classifier of this catalogue; `trained` spares the training where it was learnt from exactly this.

    ConfigurationError where the examples do not tell any intents apart.
    """
    if trained is None or trained.digest != digest(catalogue, material.version):
        trained = train(catalogue, material)
    return ready(trained, catalogue.version)


def train(
    catalogue: Catalogue, material: Material = NOTHING, *, moved: Callable[[float], None] = lambda _share: None
) -> Trained:
    """Train from nothing, seeded: the same examples give the same result. Takes less than a minute; `moved` is told
    the share that is done, as it was measured on the starter.
    """
    examples = catalogue.labelled_examples()
    messages = [message for message in material.messages if message.intent in catalogue or message.intent == UNMAPPED]
    texts = [*(text for _, _, text in examples), *(message.text for message in messages)]
    labels = np.array([*(key for key, _, _ in examples), *(message.intent for message in messages)])
    try:
        features = Features.learnt([*texts, *(text for alarm in material.alarms for text in alarm.positive)])
    except ValueError as error:
        raise ConfigurationError(f"intents: the examples are too few to learn from ({error})") from error
    rows = features.rows(texts)
    moved(0.3)
    # Translations share a position; messages are on their own.
    fold = np.concatenate((positions(examples), np.arange(len(messages)))) % FOLDS
    # One thread: more of them wait for one another longer than they work on a busy machine.
    with threadpool_limits(limits=1):
        model = _machines(rows, labels)
        moved(0.5)
        sharpness, held = _held_out(rows, labels, fold, len(examples))
        moved(0.75)
        person = person_head(rows, labels, fold, messages, catalogue)
        if held is not None and person is not None and not np.isnan(person.held_out[held.example]).any():
            held = replace(held, person=person.held_out[held.example].astype(np.float16))
        moved(0.85)
        signals = signal_heads(features, rows, labels, messages, material.alarms, catalogue)
        moved(1.0)
    heads = [Head(weights=row, intercept=float(at)) for row, at in zip(model.coef_, model.intercept_, strict=True)]
    columns = [*heads, *((person.head,) if person else ()), *signals.values()]
    return Trained(
        method=METHOD,
        digest=digest(catalogue, material.version),
        classes=tuple(str(name) for name in model.classes_),
        signals=tuple(signals),
        sharpness=sharpness,
        person=(person.slope, person.shift) if person else None,
        features=features,
        # As exact as a file keeps them, so that what was stored reads like what was learnt.
        weights=np.ascontiguousarray(
            np.array([head.weights for head in columns], dtype=np.float16).T, dtype=np.float32
        ),
        intercept=np.array([head.intercept for head in columns], dtype=np.float32),
        held=held,
    )


def positions(examples: Sequence[tuple[str, str, str]]) -> npt.NDArray[np.int64]:
    """The position of every example among those of its intent and language: translations share it."""
    count: dict[tuple[str, str], int] = {}
    found = []
    for key, language, _ in examples:
        found.append(count.get((key, language), 0))
        count[key, language] = found[-1] + 1
    return np.array(found, dtype=np.int64)


def _machines(rows: Any, labels: npt.NDArray[Any]) -> LinearSVC:
    return LinearSVC(C=COST, random_state=0, max_iter=10_000).fit(rows, labels)


def _held_out(
    rows: Any, labels: npt.NDArray[Any], fold: npt.NDArray[np.int64], examples: int
) -> tuple[float, HeldOut | None]:
    """The sharpness under which held-out messages are most likely, and what was said of the held-out examples; 1 and
    None where too few can be held out. The first `examples` rows are the catalogue's.
    """
    classes = np.unique(labels)
    margins = np.full((len(labels), len(classes)), np.nan)
    for number in range(FOLDS):
        held = fold == number
        if held.any() and not set(labels[held]) - set(labels[~held]):
            margins[held] = _machines(rows[~held], labels[~held]).decision_function(rows[held])
    seen = np.flatnonzero(~np.isnan(margins[:, 0]))
    if not len(seen):
        return 1.0, None
    truth = np.searchsorted(classes, labels)
    judged = seen[seen >= examples] if (seen >= examples).sum() >= FEW_MESSAGES else seen

    def loss(sharpness: float) -> float:
        return -float(log_softmax(margins[judged] * sharpness, axis=1)[np.arange(len(judged)), truth[judged]].mean())

    sharpness = float(minimize_scalar(loss, bounds=(0.05, 20.0), method="bounded").x)
    told = seen[seen < examples]
    return sharpness, HeldOut(
        classes=tuple(str(name) for name in classes),
        example=told.astype(np.int32),
        truth=truth[told].astype(np.int16),
        probabilities=softmax(margins[told] * sharpness, axis=1).astype(np.float16),
    )
