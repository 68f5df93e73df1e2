"""Two opinions about one text made into one, and two readings of a ticket into the stricter one.

**Intent**: the product of both probabilities, raised to `POWER` and scaled to a sum of 1. A product believes in what
both find possible; where one of them is lost (new words, a language it never saw), it says everything a little and
the other one decides. The power was fitted on held-out messages: 1 would count what both know twice.

**Out of scope**: the mean of both as log odds. **Person**: the mean. **Signals**: the higher one, so that a second
opinion can only add to them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace

from connector.model import UNMAPPED
from connector.ports import Classification
from connector.triage.weighing import ALSO, Reading

POWER = 0.7

_LEAST = 1e-9


def blend(one: Classification, other: Classification) -> Classification:
    """What both say together; KeyError where they do not know the same intents."""
    opinions = [item.person for item in (one, other) if item.person is not None]
    return Classification(
        probabilities=_product(one.probabilities, other.probabilities),
        out_of_scope=_mean_odds(one.out_of_scope, other.out_of_scope),
        person=sum(opinions) / len(opinions) if opinions else None,
        signals={
            name: max(one.signals.get(name, 0.0), other.signals.get(name, 0.0))
            for name in sorted({*one.signals, *other.signals})
        },
    )


def stricter(first: Reading, both: Reading) -> Reading:
    """The reading by both opinions, in which nothing looks safer than in the first one's alone: neither the chance that
    a person must answer nor that it is out of scope falls, and an intent that the first one believed in stays beside.

    Measured: with the mean in the place of the higher one 6 more in 100 plain tickets pass the gate, and a fifth more
    of those that must not.
    """
    doubted = (first.intent,) if first.intent != UNMAPPED and first.confidence >= ALSO else ()
    also = dict.fromkeys((*doubted, *first.also))
    return replace(
        both,
        human_only=max(first.human_only, both.human_only),
        out_of_scope=max(first.out_of_scope, both.out_of_scope),
        also=tuple(key for key in also if key != both.intent),
    )


def never_safer(own: Reading, starter: Reading, human_only: frozenset[str]) -> Reading:
    """The reading of an account's own model, in which no call for a person is weaker than in the starter's: examples
    that somebody labelled may add alarms, but unlearn none. The intent stays the own model's, which is what it is for;
    a human-only intent that the starter believed in stays beside it.
    """
    doubted = (starter.intent,) if starter.confidence >= ALSO else ()
    floor = tuple(key for key in (*doubted, *starter.also) if key in human_only and key != own.intent)
    return replace(
        own,
        human_only=max(own.human_only, starter.human_only),
        also=tuple(dict.fromkeys((*own.also, *floor))),
        alarms={
            name: max(own.alarms.get(name, 0.0), starter.alarms.get(name, 0.0))
            for name in sorted({*own.alarms, *starter.alarms})
        },
    )


def _product(one: Mapping[str, float], other: Mapping[str, float]) -> Mapping[str, float]:
    raised = {key: (max(one[key], _LEAST) * max(other[key], _LEAST)) ** POWER for key in {**one, **other}}
    total = math.fsum(raised.values())
    return {key: value / total for key, value in raised.items()}


def _mean_odds(one: float, other: float) -> float:
    return 1 / (1 + math.exp(-(_log_odds(one) + _log_odds(other)) / 2))


def _log_odds(value: float) -> float:
    kept = min(max(value, _LEAST), 1 - _LEAST)
    return math.log(kept / (1 - kept))
