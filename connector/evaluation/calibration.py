"""Whether a confidence means what it says, and what is wrong at each share of answers. Pure; before any threshold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from connector.evaluation.intervals import RESAMPLES, SEED, share

BINS = 10
COVERAGES = tuple(step / 20 for step in range(1, 21))

_Floats = npt.NDArray[np.float64]


def calibration(confidences: Sequence[float], right: Sequence[bool]) -> Mapping[str, Any]:
    """The expected calibration error over `BINS` equal bins with a 95% bootstrap interval, and the bins themselves.

    A confidence on the border of two bins belongs to the upper one; 1 belongs to the last.
    """
    if len(confidences) == 0:
        return {"n": 0, "error": None, "low": None, "high": None, "bins": []}
    said, was = np.asarray(confidences, dtype=np.float64), np.asarray(right, dtype=np.float64)
    chance = np.random.default_rng(SEED)
    picks = chance.integers(0, len(said), size=(RESAMPLES, len(said)))
    low, high = np.quantile([_error(said[pick], was[pick]) for pick in picks], [0.025, 0.975])
    return {
        "n": len(said),
        "error": _error(said, was),
        "low": float(low),
        "high": float(high),
        "bins": _bins(said, was),
    }


def _places(said: _Floats) -> npt.NDArray[np.int64]:
    # 0.7 * 10 is a little below 7: rounded, so that a border stays a border.
    return np.clip(np.floor(np.round(said * BINS, 9)), 0, BINS - 1).astype(np.int64)


def _error(said: _Floats, was: _Floats) -> float:
    """The mean distance between what was said and what was right, bins weighted by their tickets."""
    gaps = np.bincount(_places(said), weights=said - was, minlength=BINS)
    return float(np.abs(gaps).sum() / len(said))


def _bins(said: _Floats, was: _Floats) -> list[Mapping[str, Any]]:
    places = _places(said)
    found: list[Mapping[str, Any]] = []
    for number in range(BINS):
        chosen = places == number
        count = int(chosen.sum())
        mean = float(said[chosen].mean()) if count else None
        found.append(
            {
                "from": number / BINS,
                "to": (number + 1) / BINS,
                "confidence": mean,
                "right": share(int(was[chosen].sum()), count),
            }
        )
    return found


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> list[Mapping[str, Any]]:
    """At each of `COVERAGES`, how many of the surest tickets are read wrongly; among equals the wrong come first."""
    ordered = sorted(zip(confidences, right, strict=True), key=lambda item: (-item[0], item[1]))
    counts = [round(coverage * len(ordered)) for coverage in COVERAGES]
    return [
        {"coverage": coverage, "threshold": ordered[count - 1][0], "wrong": share(_wrong(ordered[:count]), count)}
        for coverage, count in zip(COVERAGES, counts, strict=True)
        if count
    ]


def _wrong(ordered: Sequence[tuple[float, bool]]) -> int:
    return sum(not hit for _, hit in ordered)
