"""The embedded classifier [T1, T3]: linear machines over tf-idf, calibrated, without network. It only reads; how its
weights come about stands in `training.py`.

One set of features, several questions:

**Which intent.** One machine per intent against all others. Probabilities are softmax(margins x `sharpness`).

**Out of scope** is the larger of two. The first is p(unmapped) with its odds raised `UNLISTED_ODDS` times: the
examples of "none of these" can only be a few of the countless things that people write, so that the class is always
underrated. The second rises from 0 to 1 while the best margin of any listed intent falls from `FAMILIAR` to `STRANGE`:
what no machine claims is not known, whichever wins.

**Must a person answer**, whatever the intent, and which signals single sentences raise: see `heads.py`.

`docs/explanation/decisions/0009-the-classifier.md` has what was measured against what.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, softmax

from connector import starters
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.ports import Classification
from connector.triage.features import CONCEPT_LENGTH, CONCEPT_WEIGHT
from connector.triage.trained import Trained

Array = npt.NDArray[np.float64]

UNLISTED_ODDS = 12.0
FAMILIAR = -0.6
STRANGE = -0.9

ALARM_MARGIN = 0.0
"""A sentence whose margin is higher raises the signal."""

ALARM_SHARPNESS = 4.0
"""Only for display: margins as scores from 0 to 1, with 0.5 at the alarm."""

COST = 2.0
"""In training, of an example on the wrong side: higher fits the examples more closely."""

METHOD = f"4-c{COST:g}-k{CONCEPT_WEIGHT:g}-{CONCEPT_LENGTH:g}"
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


def ready(trained: Trained, version: str) -> EmbeddedClassifier:
    """The classifier that training found, under a name that holds the version of what it learnt from."""
    return EmbeddedClassifier(version=f"tfidf-svm-{METHOD}-{version}", trained=trained)


def digest(catalogue: Catalogue, material_version: str) -> str:
    """Names everything that training depends on."""
    parts = (METHOD, material_version, starters.text("lexicon/concepts.toml"), catalogue.labelled_examples())
    return hashlib.sha256(json.dumps(parts, ensure_ascii=True).encode()).hexdigest()
