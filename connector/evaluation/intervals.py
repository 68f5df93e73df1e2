"""Shares with the uncertainty that belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from connector.policy.certification import upper_bound

_Z95 = 1.959964
RESAMPLES = 400
SEED = 20_261_101
"""The same figures at every run of the same tickets."""


def share(hits: int, n: int) -> Mapping[str, Any]:
    """A share with its 95% Wilson interval; None instead of a number where there is nothing to count."""
    if n == 0:
        return {"hits": 0, "n": 0, "share": None, "low": None, "high": None}
    low, high = _wilson(hits / n, n)
    return {"hits": hits, "n": n, "share": hits / n, "low": low if hits else 0.0, "high": high if hits < n else 1.0}


def clustered_share(groups: Sequence[tuple[int, int]]) -> Mapping[str, Any]:
    """The share over all (hits, n) of these groups, with the 95% Wilson interval of as many trials as there are groups.

    For trials that are no news of each other: one text in a hundred places is found in all of them or in none.
    """
    hits, n = sum(one for one, _ in groups), sum(other for _, other in groups)
    if n == 0:
        return share(0, 0)
    low, high = _wilson(hits / n, sum(other > 0 for _, other in groups))
    return {"hits": hits, "n": n, "share": hits / n, "low": low if hits else 0.0, "high": high if hits < n else 1.0}


def _wilson(p: float, n: int) -> tuple[float, float]:
    centre = (p + _Z95**2 / (2 * n)) / (1 + _Z95**2 / n)
    half = _Z95 * (p * (1 - p) / n + _Z95**2 / (4 * n * n)) ** 0.5 / (1 + _Z95**2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)


def per_thousand(faults: int, n: int) -> Mapping[str, Any]:
    """Faults in a thousand with the exact one-sided 95% upper bound (Clopper-Pearson)."""
    if n == 0:
        return {"faults": 0, "n": 0, "per_thousand": None, "upper_95_per_thousand": None}
    return {
        "faults": faults,
        "n": n,
        "per_thousand": 1000 * faults / n,
        "upper_95_per_thousand": 1000 * upper_bound(faults, n, 0.95),
    }


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> Mapping[str, Any]:
    """Macro-F1 over every label that was meant or predicted, with a 95% bootstrap interval over tickets."""
    if not truth:
        return {"n": 0, "macro_f1": None, "low": None, "high": None}
    labels = {label: number for number, label in enumerate(sorted({*truth, *predicted}))}
    meant = np.array([labels[label] for label in truth])
    said = np.array([labels[label] for label in predicted])
    chance = np.random.default_rng(SEED)
    picks = chance.integers(0, len(meant), size=(RESAMPLES, len(meant)))
    sampled = [_macro_f1(meant[pick], said[pick], len(labels)) for pick in picks]
    low, high = np.quantile(sampled, [0.025, 0.975])
    return {
        "n": len(meant),
        "macro_f1": _macro_f1(meant, said, len(labels)),
        "low": float(low),
        "high": float(high),
    }


def _macro_f1(meant: np.ndarray[Any, Any], said: np.ndarray[Any, Any], labels: int) -> float:
    both = np.bincount(meant[meant == said], minlength=labels)
    total = np.bincount(meant, minlength=labels) + np.bincount(said, minlength=labels)
    present = total > 0
    return float(np.mean(2 * both[present] / total[present]))
