"""Questions beside the intent, each answered by one linear machine over the same features.

**Must a person answer?** Learnt from whole messages, because what makes a message delicate is often its smaller part,
and from the catalogue's examples by their intent. Its probability is fitted on held-out messages.

**Signals.** One machine each, for single sentences as well as for whole messages: the positive ones are alarming
sentences, messages that carry the signal and examples of the intent that is the same matter; the negative ones are
harmless look-alikes, harmless messages and their sentences. They stand beside the signals by rule: words that no rule
knows may still raise a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.svm import LinearSVC

from connector.intents import Catalogue
from connector.model import FLOOR_SIGNALS, HUMAN_ONLY_SIGNALS, UNMAPPED, Tier
from connector.triage.features import Features
from connector.triage.material import Alarm, Message
from connector.triage.sentences import split_sentences

PERSON_COST = 1.0
SIGNAL_COST = 1.0
SIGNAL_WEIGHT = 2.0
"""Of a positive example against a negative one: a missed signal costs more than a draft."""

MOST_SENTENCES = 2500
FOLDS = 3
FEW_MESSAGES = 100
"""With fewer of them probabilities are fitted on the examples, too."""

SAME_MATTER = {"billing_dispute": "billing_dispute", "account_access": "account_access_change"}
"""Signals that are an intent, too: its examples teach both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """One machine: the margin of a row is row @ weights + intercept."""

    weights: npt.NDArray[np.float64]
    intercept: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonHead:
    """p(person) = 1 / (1 + exp(-(slope x margin + shift))). `held_out` is p(person) of every row by a machine that had
    not seen it, NaN where there was none.
    """

    head: Head
    slope: float
    shift: float
    held_out: npt.NDArray[np.float64]


def person_head(
    rows: Any,
    labels: npt.NDArray[Any],
    fold: npt.NDArray[np.int64],
    messages: Sequence[Message],
    catalogue: Catalogue,
) -> PersonHead | None:
    """The machine that says whether a person must answer; None where no example or every example says so. The last
    rows are the messages'.
    """
    examples = len(labels) - len(messages)
    by_intent = np.isin(labels[:examples], [*catalogue.human_only, UNMAPPED])
    truth = np.concatenate((by_intent, np.array([message.person for message in messages], dtype=bool)))
    if truth.all() or not truth.any():
        return None
    margins = np.full(len(truth), np.nan)
    for number in range(FOLDS):
        held = fold == number
        if held.any() and len(set(truth[~held])) > 1:
            margins[held] = _machine(rows[~held], truth[~held], PERSON_COST).decision_function(rows[held])
    judged = np.flatnonzero(~np.isnan(margins))
    if len(messages) >= FEW_MESSAGES:
        judged = judged[judged >= examples]
    if len(set(truth[judged])) < 2:
        return None
    scale = LogisticRegression().fit(margins[judged, None], truth[judged])
    model = _machine(rows, truth, PERSON_COST)
    slope, shift = float(scale.coef_[0, 0]), float(np.ravel(scale.intercept_)[0])
    return PersonHead(head=_head(model), slope=slope, shift=shift, held_out=expit(slope * margins + shift))


def signal_heads(
    features: Features,
    rows: Any,
    labels: npt.NDArray[Any],
    messages: Sequence[Message],
    alarms: Sequence[Alarm],
    catalogue: Catalogue,
) -> Mapping[str, Head]:
    """One machine for each alarm, by signal. The last of the rows are the messages'."""
    if not alarms:
        return {}
    examples = len(labels) - len(messages)
    negative = _harmless_rows(features, rows, labels, messages, alarms, catalogue)
    found: dict[str, Head] = {}
    for alarm in alarms:
        carrying = [number for number, message in enumerate(messages) if alarm.signal in message.signals]
        same = np.flatnonzero(labels[:examples] == SAME_MATTER.get(alarm.signal, ""))
        positive = sparse.vstack(
            [features.rows(alarm.positive), rows[same], rows[examples + np.array(carrying, dtype=np.int64)]]
        )
        truth = np.repeat([True, False], [positive.shape[0], negative.shape[0]])
        found[alarm.signal] = _head(
            _machine(sparse.vstack([positive, negative]).tocsr(), truth, SIGNAL_COST, {True: SIGNAL_WEIGHT, False: 1.0})
        )
    return found


def _harmless_rows(
    features: Features,
    rows: Any,
    labels: npt.NDArray[Any],
    messages: Sequence[Message],
    alarms: Sequence[Alarm],
    catalogue: Catalogue,
) -> Any:
    """Sentences that look alarming and are not, examples of plain intents, harmless messages and their sentences."""
    examples = len(labels) - len(messages)
    harmless = [number for number, message in enumerate(messages) if is_harmless(message)]
    plain = np.flatnonzero([catalogue.get(key).tier is Tier.AUTO for key in labels[:examples]])
    sentences = [text for number in harmless for text in split_sentences(messages[number].text)]
    step = max(1, len(sentences) // MOST_SENTENCES)
    lookalikes = [text for alarm in alarms for text in alarm.negative]
    return sparse.vstack(
        [
            features.rows([*sentences[::step], *lookalikes]),
            rows[plain],
            rows[examples + np.array(harmless, dtype=np.int64)],
        ]
    )


def is_harmless(message: Message) -> bool:
    """Whether nothing in the message calls a person: it may teach what alarms should leave alone."""
    delicate = {signal.value for signal in FLOOR_SIGNALS | HUMAN_ONLY_SIGNALS}
    return message.tier in (Tier.AUTO, Tier.APPROVAL) and not message.person and not message.signals & delicate


def _machine(rows: Any, truth: npt.NDArray[Any], cost: float, weight: Mapping[bool, float] | None = None) -> LinearSVC:
    return LinearSVC(C=cost, class_weight=weight, random_state=0, max_iter=10_000).fit(rows, truth)


def _head(model: LinearSVC) -> Head:
    return Head(weights=model.coef_[0], intercept=float(model.intercept_[0]))
