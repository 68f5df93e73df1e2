"""CLINC150: how many requests outside 150 intents are known as such, while most of those inside pass. Pure.

Thresholds are fitted on held-out answers of the training part; the validation part is asked once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.evaluation.intervals import share
from connector.evaluation.public.catalogues import (
    Answer,
    Fit,
    Question,
    answers,
    catalogue_of,
    held_out_answers,
)
from connector.model import UNMAPPED

COVERAGE = 0.85
SCOPES = (*(step / 20 for step in range(1, 21)), 1.01)
"""Limits on the out-of-scope score that are tried; the confidence is then fitted exactly. 1.01 stops nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Takes an answer for one inside: below `limit` of out-of-scope, from `confidence` on, and not `unmapped`."""

    limit: float
    confidence: float

    def takes(self, answer: Answer) -> bool:
        """Whether the request counts as one of the catalogue's."""
        return answer.intent != UNMAPPED and answer.out_of_scope < self.limit and answer.confidence >= self.confidence


def measure_clinc150(fit: Fit, train: Sequence[Question], validation: Sequence[Question]) -> Mapping[str, Any]:
    """Out-of-scope recall at `COVERAGE` of the requests inside; questions outside are labelled `unmapped`."""
    fitted = held_out_answers(fit, train)
    measured = answers(fit(catalogue_of(train)), validation, ())
    return scope_figures(fitted, measured)


def scope_figures(fitted: Sequence[Answer], measured: Sequence[Answer]) -> Mapping[str, Any]:
    """The figures with the thresholds that find most of `fitted` outside."""
    scope = fit_scope(fitted, COVERAGE)
    return {
        "targets": {"coverage": COVERAGE},
        "limits": {"out_of_scope": scope.limit, "confidence": scope.confidence},
        "parts": {"fitted": _found(scope, fitted), "measured": _found(scope, measured)},
    }


def fit_scope(said: Sequence[Answer], coverage: float) -> Scope:
    """The thresholds that take at least this share of the requests inside and find most of those outside.

    Where no thresholds take so many, all but `unmapped` is taken.
    """
    inside = [item for item in said if item.label != UNMAPPED]
    outside = [item for item in said if item.label == UNMAPPED]
    needed = max(1, -int(-coverage * len(inside) // 1))
    found = [scope for limit in SCOPES if (scope := _with_confidence(limit, inside, needed)) is not None]
    return min(
        found,
        key=lambda scope: (sum(map(scope.takes, outside)), scope.limit),
        default=Scope(limit=SCOPES[-1], confidence=0.0),
    )


def _with_confidence(limit: float, inside: Sequence[Answer], needed: int) -> Scope | None:
    """The highest confidence at which enough are taken below this limit; None where there are not enough."""
    below = Scope(limit=limit, confidence=0.0)
    confidences = sorted((item.confidence for item in inside if below.takes(item)), reverse=True)
    return Scope(limit=limit, confidence=confidences[needed - 1]) if len(confidences) >= needed else None


def _found(scope: Scope, said: Sequence[Answer]) -> Mapping[str, Any]:
    inside = [item for item in said if item.label != UNMAPPED]
    outside = [item for item in said if item.label == UNMAPPED]
    return {
        "accuracy": share(sum(item.intent == item.label for item in inside), len(inside)),
        "coverage": share(sum(map(scope.takes, inside)), len(inside)),
        "out_of_scope_recall": share(sum(not scope.takes(item) for item in outside), len(outside)),
    }
