"""A gate on the three numbers that the product's gate reads, and its limits fitted to a share of answers. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from connector.evaluation.public.catalogues import Answer
from connector.model import UNMAPPED

CONFIDENCES = (0.0, 0.2, 0.4, 0.6, 0.8)
SCOPES = (1.01, 0.9, 0.7, 0.5, 0.3)
"""The limits that are tried; the last number of the gate is fitted exactly. 1.01 stops nothing."""

NEVER = 2.0
"""A doubt that no limit lets pass."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """Open below `limit` of the human-only probability and `scope` of out-of-scope, from `confidence` on."""

    limit: float
    confidence: float = 0.0
    scope: float = 1.01

    def doubt(self, answer: Answer) -> float:
        """The human-only probability; `NEVER` where anything else holds the answer back."""
        stopped = (
            answer.intent == UNMAPPED
            or not answer.confidence >= self.confidence
            or not answer.out_of_scope < self.scope
        )
        return NEVER if stopped else answer.human_only

    def is_open(self, answer: Answer) -> bool:
        """Whether this answer would pass."""
        return self.doubt(answer) < self.limit


def fit_to_coverage(others: Sequence[Answer], human_only: Sequence[Answer], coverage: float) -> Gate:
    """The gate that lets at least this share of `others` pass and the fewest of `human_only`.

    Among equals the one with the smaller limit on the human-only probability, which the others leave more room for.
    """
    found = [_to_coverage(gate, others, coverage) for gate in _gates()]
    return min(
        (gate for gate in found if gate.limit < NEVER),
        key=lambda gate: (sum(map(gate.is_open, human_only)), gate.limit),
        default=Gate(limit=1.01),
    )


def fit_to_leaks(others: Sequence[Answer], human_only: Sequence[Answer], per_thousand: float) -> Gate:
    """The gate that lets at most this many of a thousand `human_only` pass and the most of `others`."""
    allowed = int(len(human_only) * per_thousand / 1000)
    found = [_to_leaks(gate, human_only, allowed) for gate in _gates()]
    return max(found, key=lambda gate: (sum(map(gate.is_open, others)), -gate.limit))


def _gates() -> list[Gate]:
    return [Gate(limit=NEVER, confidence=confidence, scope=scope) for confidence in CONFIDENCES for scope in SCOPES]


def _to_coverage(gate: Gate, others: Sequence[Answer], coverage: float) -> Gate:
    doubts = sorted(map(gate.doubt, others))
    needed = max(1, -int(-coverage * len(doubts) // 1))
    return replace(gate, limit=_just_above(doubts[needed - 1]) if doubts else NEVER)


def _to_leaks(gate: Gate, human_only: Sequence[Answer], allowed: int) -> Gate:
    doubts = sorted(map(gate.doubt, human_only))
    return replace(gate, limit=doubts[allowed] if len(doubts) > allowed else NEVER)


def _just_above(doubt: float) -> float:
    return doubt if doubt >= NEVER else doubt + 1e-12


def coverage_curve(
    others: Sequence[Answer], human_only: Sequence[Answer], gate: Gate, steps: Sequence[float]
) -> list[tuple[float, int]]:
    """(share of `others` answered, leaks) as the limit of this gate on the human-only probability widens."""
    return [
        (coverage, sum(map(wider.is_open, human_only)))
        for coverage in steps
        if (wider := _to_coverage(gate, others, coverage)).limit < NEVER
    ]
