"""The embedded classifier [T1, T3]: multinomial logistic regression over tf-idf, calibrated, without network.

The regression is solved in the space of the examples: with K = the examples' similarities and L its Cholesky
factor, a regression on the rows of L is exactly the linear one on the sparse features, at a fraction of the time.

**Probabilities** are softmax(logits / T). T is fitted on the predictions of examples by models that saw neither them
nor their translation (an English and a German example at the same position say the same thing).

**Out of scope** is the larger of two. The first is p(unmapped) with its odds raised `UNLISTED_ODDS` times: the examples
of "none of these" can only be a few of the countless things that people write, so that the class is always
underrated. The second falls from 1 to 0 while the cosine to the nearest example of the likeliest intent rises from
`STRANGE` to `FAMILIAR`: what looks like nothing we have seen is not known, whatever wins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import cholesky, solve_triangular
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.linear_model import LogisticRegression
from threadpoolctl import threadpool_limits

from connector.errors import ConfigurationError
from connector.intents import Catalogue
from connector.model import UNMAPPED
from connector.ports import Classification
from connector.triage.features import CONCEPT_LENGTH, CONCEPT_WEIGHT, Features
from connector.triage.heldout import HeldOut
from connector.triage.trained import Trained, digest

Array = npt.NDArray[np.float64]

INVERSE_REGULARISATION = 10.0
FOLDS = 3
UNLISTED_ODDS = 12.0
STRANGE = 0.08
FAMILIAR = 0.18

_JITTER = 1e-6  # doubled examples make K singular
_ITERATIONS = 200
_PARAMETERS = f"1-c{INVERSE_REGULARISATION:g}-k{CONCEPT_WEIGHT:g}-{CONCEPT_LENGTH:g}"


@dataclass(slots=True, kw_only=True)  # not frozen: `ports.Classifier` declares a plain attribute
class EmbeddedClassifier:
    """A trained classifier; read-only, so threads may share it."""

    version: str
    classes: tuple[str, ...]
    temperature: float
    features: Features
    examples: Any  # sparse, transposed: features x examples
    labels: npt.NDArray[np.int64]
    weights: Array  # features x classes
    intercept: Array

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        """One classification per text; a batch costs little more than its longest text."""
        if not texts:
            return ()
        rows = self.features.rows(texts)
        similar = (rows @ self.examples).toarray()
        probabilities = softmax((rows @ self.weights + self.intercept) / self.temperature, axis=1)
        best = probabilities.argmax(axis=1)
        nearest = np.where(self.labels[None, :] == best[:, None], similar, 0.0).max(axis=1)
        unmapped = probabilities[:, self.classes.index(UNMAPPED)]
        unlisted = UNLISTED_ODDS * unmapped / (UNLISTED_ODDS * unmapped + 1 - unmapped)
        strange = np.maximum(unlisted, np.clip((FAMILIAR - nearest) / (FAMILIAR - STRANGE), 0.0, 1.0))
        return tuple(
            Classification(
                probabilities=dict(zip(self.classes, map(float, row), strict=True)), out_of_scope=float(score)
            )
            for row, score in zip(probabilities, strange, strict=True)
        )


def fit(catalogue: Catalogue, *, trained: Trained | None = None) -> EmbeddedClassifier:
    """The classifier of this catalogue; `trained` spares the training where it belongs to exactly these examples.

    ConfigurationError where the examples do not tell any intents apart.
    """
    examples = catalogue.labelled_examples()
    features, rows = _featured([text for _, _, text in examples])
    if trained is None or trained.digest != digest(rows, _PARAMETERS):
        trained = _train(examples, rows)
    return EmbeddedClassifier(
        version=f"tfidf-lr-{_PARAMETERS}-{catalogue.version}",
        classes=trained.classes,
        temperature=trained.temperature,
        features=features,
        examples=rows.T.tocsr(),
        labels=np.searchsorted(trained.classes, [key for key, _, _ in examples]),
        weights=rows.T @ trained.dual.astype(np.float64),
        intercept=trained.intercept,
    )


def train(catalogue: Catalogue) -> Trained:
    """Train from nothing, seeded: the same examples give the same result. Takes about half a minute."""
    examples = catalogue.labelled_examples()
    return _train(examples, _featured([text for _, _, text in examples])[1])


def _featured(texts: Sequence[str]) -> tuple[Features, Any]:
    try:
        features = Features(texts)
    except ValueError as error:
        raise ConfigurationError(f"intents: the examples are too few to learn from ({error})") from error
    return features, features.rows(texts)


def _train(examples: Sequence[tuple[str, str, str]], rows: Any) -> Trained:
    labels = np.array([key for key, _, _ in examples])
    # One thread: more of them wait for one another longer than they work on a busy machine.
    with threadpool_limits(limits=1):
        space = cholesky((rows @ rows.T).toarray() + _JITTER * np.eye(len(labels)), lower=True)
        model = _regression(space, labels)
        temperature, held = _temperature(space, labels, positions(examples))
        dual = solve_triangular(space.T, model.coef_.T, lower=False)
    return Trained(
        digest=digest(rows, _PARAMETERS),
        classes=tuple(str(name) for name in model.classes_),
        temperature=temperature,
        dual=dual.astype(np.float32),
        intercept=np.asarray(model.intercept_, dtype=np.float64),
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


def _regression(space: Array, labels: npt.NDArray[Any]) -> LogisticRegression:
    model = LogisticRegression(C=INVERSE_REGULARISATION, max_iter=_ITERATIONS, random_state=0)
    return model.fit(space.astype(np.float32), labels)


def _temperature(
    space: Array, labels: npt.NDArray[Any], position: npt.NDArray[np.int64]
) -> tuple[float, HeldOut | None]:
    """The temperature under which held-out examples are most likely, and what was said of them; 1 and None where too
    few can be held out.
    """
    logits, truth, places = [], [], []
    for number in range(FOLDS):
        held = position % FOLDS == number
        if not held.any() or set(labels[held]) - set(labels[~held]):
            continue
        model = _regression(space[~held], labels[~held])
        logits.append(np.atleast_2d(model.decision_function(space[held])))
        truth.append(np.searchsorted(model.classes_, labels[held]))
        places.append(np.flatnonzero(held))
    if not logits:
        return 1.0, None
    scores, right = np.concatenate(logits), np.concatenate(truth)

    def loss(temperature: float) -> float:
        return -float(log_softmax(scores / temperature, axis=1)[np.arange(len(right)), right].mean())

    temperature = float(minimize_scalar(loss, bounds=(0.05, 20.0), method="bounded").x)
    return temperature, HeldOut(
        classes=tuple(str(name) for name in np.unique(labels)),
        example=np.concatenate(places).astype(np.int32),
        truth=right.astype(np.int16),
        probabilities=softmax(scores / temperature, axis=1).astype(np.float16),
    )
