"""BANKING77: leaks of human-only questions, and how many of the others are answered. Pure.

The 77 intents become the catalogue, some of them human-only. Limits are fitted on held-out answers of the fit part;
the measured part is asked once, of a classifier that never saw it, and fits nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from connector.evaluation.intervals import per_thousand, share
from connector.evaluation.public.catalogues import (
    Answer,
    Fit,
    Question,
    answers,
    catalogue_of,
    held_out_answers,
)
from connector.evaluation.public.gates import Gate, coverage_curve, fit_to_coverage, fit_to_leaks

COVERAGE = 0.75
LEAKS_PER_THOUSAND = 1.0
STEPS = tuple(step / 40 for step in range(4, 40))
FOLDS = 5
"""The limits come from classifiers that saw a part of the examples: the smaller the part, the further they are off."""

_FIT_DIGITS = "0123456789ab"


def is_measured(text: str) -> bool:
    """Whether the text belongs to the part that is measured once."""
    return hashlib.sha256(text.encode()).hexdigest()[0] not in _FIT_DIGITS


def measure_banking77(
    fit: Fit, questions: Sequence[Question], human_only: Collection[str], *, unmapped: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Leaks at `COVERAGE` of the others, and coverage at `LEAKS_PER_THOUSAND`: in cross-validation and measured.

    `unmapped` are examples of "none of these", of which the set has none.
    """
    learnt = [question for question in questions if not is_measured(question.text)]
    asked = [question for question in questions if is_measured(question.text)]
    fitted = held_out_answers(fit, learnt, human_only=human_only, unmapped=unmapped, folds=FOLDS)
    classifier = fit(catalogue_of(learnt, human_only=human_only, unmapped=unmapped))
    return gate_figures(fitted, answers(classifier, asked, human_only), human_only)


def gate_figures(
    fitted: Sequence[Answer], measured: Sequence[Answer], human_only: Collection[str]
) -> Mapping[str, Any]:
    """The figures of two gates, both fitted on `fitted`: one to a share of answers, one to a share of leaks."""
    parts = {name: _parts(said, human_only) for name, said in (("fitted", fitted), ("measured", measured))}
    others, forbidden = parts["fitted"]
    wide = fit_to_coverage(others, forbidden, COVERAGE)
    safe = fit_to_leaks(others, forbidden, LEAKS_PER_THOUSAND)
    return {
        "targets": {"coverage": COVERAGE, "per_thousand": LEAKS_PER_THOUSAND},
        "limits": {"wide": _limits(wide), "safe": _limits(safe)},
        "parts": {
            name: {
                "accuracy": share(sum(item.intent == item.label for item in said), len(said)),
                "wide": _passed(wide, *parts[name]),
                "safe": _passed(safe, *parts[name]),
                "arg_max": _arg_max(said, human_only),
                "curve": _curve(wide, *parts[name]),
            }
            for name, said in (("fitted", fitted), ("measured", measured))
        },
    }


def _parts(said: Sequence[Answer], human_only: Collection[str]) -> tuple[list[Answer], list[Answer]]:
    return (
        [item for item in said if item.label not in human_only],
        [item for item in said if item.label in human_only],
    )


def _limits(gate: Gate) -> Mapping[str, float]:
    return {"human_only": gate.limit, "confidence": gate.confidence, "out_of_scope": gate.scope}


def _passed(gate: Gate, others: Sequence[Answer], forbidden: Sequence[Answer]) -> Mapping[str, Any]:
    return {
        "leaks": per_thousand(sum(map(gate.is_open, forbidden)), len(forbidden)),
        "coverage": share(sum(map(gate.is_open, others)), len(others)),
    }


def _arg_max(said: Sequence[Answer], human_only: Collection[str]) -> Mapping[str, Any]:
    """What the winning intent by itself would let pass: how much the gate is needed."""
    forbidden = [item for item in said if item.label in human_only]
    return per_thousand(sum(item.intent not in human_only for item in forbidden), len(forbidden))


def _curve(gate: Gate, others: Sequence[Answer], forbidden: Sequence[Answer]) -> list[Mapping[str, Any]]:
    return [
        {"coverage": coverage, "leaks": per_thousand(leaks, len(forbidden))}
        for coverage, leaks in coverage_curve(others, forbidden, gate, STEPS)
    ]
