"""NotInject: harmless texts full of trigger words; what is blocked here is over-blocking. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connector.evaluation.intervals import share
from connector.evaluation.public.bipia import Finds


def measure_notinject(finds: Finds, texts: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    """The share of texts that the injection rules would block, in all and by part (how many trigger words)."""
    found = {part: [finds(text) for text in chosen] for part, chosen in texts.items()}
    everything = [hit for hits in found.values() for hit in hits]
    return {
        "blocked": share(sum(everything), len(everything)),
        "by_part": {part: share(sum(hits), len(hits)) for part, hits in found.items()},
    }
