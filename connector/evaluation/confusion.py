"""Which intents are taken for which, as a matrix of counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from connector.evaluation.pairs import Pair, is_right
from connector.model import UNMAPPED


def confusion(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    """The counts with one row per meant intent and one column per read one, both in the order of `labels`.

    A mixed message that was read as its other part counts as read rightly. `unmapped` comes last.
    """
    read = [str(out["intent"]) for _, out in pairs]
    meant = [said if is_right(pair) else str(pair[0].get("intent", "")) for pair, said in zip(pairs, read, strict=True)]
    labels = sorted({*meant, *read}, key=lambda label: (label == UNMAPPED, label))
    place = {label: number for number, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), dtype=np.int64)
    for one, other in zip(meant, read, strict=True):
        counts[place[one], place[other]] += 1
    return {"labels": labels, "counts": counts.tolist()}
