"""The embedded classifier [T1, T3]: linear support vector machines over tf-idf, calibrated, without network.

One set of features, several questions:

**Which intent.** One machine per intent against all others. Probabilities are softmax(margins x `sharpness`); the
sharpness is fitted on messages (examples, where there are no messages) by machines that saw neither them nor, among
the examples, their translation: an English and a German example at the same position say the same thing.

**Out of scope** is the larger of two. The first is p(unmapped) with its odds raised `UNLISTED_ODDS` times: the
examples of "none of these" can only be a few of the countless things that people write, so that the class is always
underrated. The second rises from 0 to 1 while the best margin of any listed intent falls from `FAMILIAR` to `STRANGE`:
what no machine claims is not known, whichever wins.

**Must a person answer**, whatever the intent: learnt from whole messages, see `heads.py`, as are the signals that
single sentences raise.

`docs/explanation/decisions/0009-the-classifier.md` has what was measured against what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.special import expit, log_softmax, softmax
from sklearn.svm import LinearSVC
from threadpoolctl import threadpool_limits

from connector import starters
from connector.errors import ConfigurationError
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.ports import Classification
from connector.triage.features import CONCEPT_LENGTH, CONCEPT_WEIGHT, Features
from connector.triage.heads import ALARM_MARGIN, ALARM_SHARPNESS, FEW_MESSAGES, FOLDS, Head, person_head, signal_heads
from connector.triage.heldout import HeldOut
from connector.triage.material import NOTHING, Material
from connector.triage.trained import Trained

Array = npt.NDArray[np.float64]

COST = 2.0
"""Of an example on the wrong side: higher fits the examples more closely."""

UNLISTED_ODDS = 12.0
FAMILIAR = -0.6
STRANGE = -0.9

METHOD = f"3-c{COST:g}-k{CONCEPT_WEIGHT:g}-{CONCEPT_LENGTH:g}"
"""Changes whenever features or machines are read differently: what another method trained cannot serve."""


@dataclass(slots=True, kw_only=True)  # not frozen: `ports.Classifier` declares a plain attribute
class EmbeddedClassifier:
    """A trained classifier; read-only, so threads may share it."""

    version: str
    trained: Trained

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        """One classification per text."""
        if not texts:
            return ()
        trained = self.trained
        margins = trained.features.rows(texts) @ trained.weights + trained.intercept
        count = len(trained.classes)
        intents = margins[:, :count].astype(np.float64)
        probabilities = softmax(intents * trained.sharpness, axis=1)
        strange = _out_of_scope(intents, probabilities, trained.classes.index(UNMAPPED))
        person: Sequence[float | None] = [None] * len(texts)
        if trained.person is not None:
            slope, shift = trained.person
            person = expit(slope * margins[:, count] + shift).tolist()
        alarms = expit((margins[:, margins.shape[1] - len(trained.signals) :] - ALARM_MARGIN) * ALARM_SHARPNESS)
        return tuple(
            Classification(
                probabilities=dict(zip(trained.classes, map(float, row), strict=True)),
                out_of_scope=float(score),
                person=must,
                signals=dict(zip(trained.signals, map(float, raised), strict=True)),
            )
            for row, score, must, raised in zip(probabilities, strange, person, alarms, strict=True)
        )


def _out_of_scope(margins: Array, probabilities: Array, unmapped: int) -> Array:
    none = probabilities[:, unmapped]
    unlisted = UNLISTED_ODDS * none / (UNLISTED_ODDS * none + 1 - none)
    best = np.delete(margins, unmapped, axis=1).max(axis=1)
    found: Array = np.maximum(unlisted, np.clip((FAMILIAR - best) / (FAMILIAR - STRANGE), 0.0, 1.0))
    return found


def fit(catalogue: Catalogue, *, material: Material = NOTHING, trained: Trained | None = None) -> EmbeddedClassifier:
    """The classifier of this catalogue; `trained` spares the training where it was learnt from exactly this.

    ConfigurationError where the examples do not tell any intents apart.
    """
    if trained is None or trained.digest != digest(catalogue, material.version):
        trained = train(catalogue, material)
    return ready(trained, catalogue.version)


def ready(trained: Trained, version: str) -> EmbeddedClassifier:
    """The classifier that training found, under a name that holds the version of what it learnt from."""
    return EmbeddedClassifier(version=f"tfidf-svm-{METHOD}-{version}", trained=trained)


def digest(catalogue: Catalogue, material_version: str) -> str:
    """Names everything that training depends on."""
    parts = (METHOD, material_version, starters.text("lexicon/concepts.toml"), catalogue.labelled_examples())
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()


def train(catalogue: Catalogue, material: Material = NOTHING) -> Trained:
    """Train from nothing, seeded: the same examples give the same result. Takes less than a minute."""
    examples = catalogue.labelled_examples()
    messages = [message for message in material.messages if message.intent in catalogue or message.intent == UNMAPPED]
    texts = [*(text for _, _, text in examples), *(message.text for message in messages)]
    labels = np.array([*(key for key, _, _ in examples), *(message.intent for message in messages)])
    try:
        features = Features.learnt([*texts, *(text for alarm in material.alarms for text in alarm.positive)])
    except ValueError as error:
        raise ConfigurationError(f"intents: the examples are too few to learn from ({error})") from error
    rows = features.rows(texts)
    # Translations share a position; messages are on their own.
    fold = np.concatenate((positions(examples), np.arange(len(messages)))) % FOLDS
    # One thread: more of them wait for one another longer than they work on a busy machine.
    with threadpool_limits(limits=1):
        model = _machines(rows, labels)
        sharpness, held = _held_out(rows, labels, fold, len(examples))
        person = person_head(rows, labels, fold, messages, catalogue)
        signals = signal_heads(features, rows, labels, messages, material.alarms, catalogue)
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
        weights=np.array([head.weights for head in columns], dtype=np.float16).astype(np.float32).T,
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
