"""What the outputs of an evaluation say, held against the labels. Pure.

A prediction that names the ticket's intent or one of its further intents is right. A **leak** is a ticket that must
not be sent and whose gate is open, whatever became of its draft.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from connector.evaluation.blocking import injection, out_of_scope, over_blocking
from connector.evaluation.calibration import calibration, risk_coverage
from connector.evaluation.confusion import confusion
from connector.evaluation.intervals import macro_f1, per_thousand, share
from connector.evaluation.pairs import Pair, Row, is_plain_auto, is_right, labelled
from connector.model import FLOOR_SIGNALS, Action, Signal

_SHOWN = (Action.SHADOW, Action.DRAFT, Action.AUTO_SEND)
"""Where a draft goes to a customer or an agent."""


def measure(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    """All figures of an evaluation as JSON values."""
    named = labelled(pairs, "intent")
    confidences, right = [float(out["confidence"]) for _, out in named], [is_right(pair) for pair in named]
    spoken = labelled(pairs, "language")
    return {
        "tickets": len(pairs),
        "intent": {"all": _intent(named), **_by_language(named, _intent)},
        "out_of_scope": out_of_scope(pairs),
        "leaks": _leaks(pairs),
        "coverage": {"all": _coverage(pairs), **_by_language(pairs, _coverage)},
        "over_blocking": over_blocking(pairs),
        "injection": injection(pairs),
        "signals": _signals(labelled(pairs, "signals")),
        "facts": _facts(labelled(pairs, "facts")),
        "priority": share(
            sum(row.get("priority") == out["priority"] for row, out in _prioritised(pairs)), len(_prioritised(pairs))
        ),
        "language": share(sum(row["language"] == out["language"] for row, out in spoken), len(spoken)),
        "draft_language": _draft_language(pairs),
        "actions": dict(sorted(Counter(out["action"] for _, out in pairs).items())),
        "held_back": _held_back(pairs),
        "failed_checks": _failed_checks(pairs),
        "cards_complete": share(sum(_card_is_complete(out) for _, out in pairs), len(pairs)),
        "calibration": calibration(confidences, right),
        "risk_coverage": risk_coverage(confidences, right),
        "confusion": confusion(named),
        "ms": _times([out["ms"] for _, out in pairs]),
        "ms_triage": _times([out["ms_triage"] for _, out in pairs]),
    }


def _by_language(pairs: Sequence[Pair], figure: Callable[[Sequence[Pair]], Any]) -> Mapping[str, Any]:
    counts = Counter(str(row["language"]) for row, _ in labelled(pairs, "language"))
    order = sorted(counts, key=lambda language: (-counts[language], language))
    return {language: figure([pair for pair in pairs if pair[0].get("language") == language]) for language in order}


def _intent(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    right = [is_right(pair) for pair in pairs]
    # A mixed message that was named by its other part is no confusion of the two.
    truth = [out["intent"] if hit else str(row.get("intent")) for (row, out), hit in zip(pairs, right, strict=True)]
    return {
        "accuracy": share(sum(right), len(right)),
        "macro_f1": macro_f1(truth, [str(out["intent"]) for _, out in pairs]),
    }


def _leaks(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    forbidden = [(row, out) for row, out in pairs if row.get("must_not_send")]
    leaked = [(row, out) for row, out in forbidden if out["gate"]]
    return {
        "gate": per_thousand(len(leaked), len(forbidden)),
        "sent": per_thousand(sum(out["action"] == Action.AUTO_SEND for _, out in forbidden), len(forbidden)),
        # What each key would let through by itself: how much the other one is needed.
        "first_key_alone": per_thousand(sum(out["keys"]["intent"] for _, out in forbidden), len(forbidden)),
        "second_key_alone": per_thousand(sum(out["keys"]["message"] for _, out in forbidden), len(forbidden)),
        "not_auto_but_sent": [
            str(row["id"])
            for row, out in labelled(pairs, "tier")
            if row["tier"] != "auto" and out["action"] == Action.AUTO_SEND
        ],
        "ids": [str(row["id"]) for row, _ in leaked],
    }


def _coverage(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    """How much of what may be answered by itself really is."""
    plain = [(row, out) for row, out in pairs if is_plain_auto(row)]
    return {
        "gate": share(sum(bool(out["gate"]) for _, out in plain), len(plain)),
        "auto_send": share(sum(out["action"] == Action.AUTO_SEND for _, out in plain), len(plain)),
    }


def _signals(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    # That a message looks like something else is for its readers to say, not for a rule to find.
    meant = {str(name) for row, _ in pairs for name in row.get("signals") or ()} - {Signal.NEAR_MISS.value}
    names = sorted(signal.value for signal in FLOOR_SIGNALS) + sorted(
        meant - {signal.value for signal in FLOOR_SIGNALS}
    )
    return {name: _detection(pairs, name) for name in names}


def _detection(pairs: Sequence[Pair], name: str) -> Mapping[str, Any]:
    meant = [out for row, out in pairs if name in (row.get("signals") or ())]
    found = sum(name in out["signals"] for out in meant)
    raised = sum(name in out["signals"] for _, out in pairs)
    return {
        "recall": share(found, len(meant)),
        # For the floor it matters that a person gets the ticket, by whatever rule.
        "not_sent": share(sum(not out["gate"] for out in meant), len(meant)),
        "precision": share(found, raised),
    }


def _facts(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    hits = labelled = found = 0
    by_key: dict[str, list[int]] = {}
    for row, out in pairs:
        meant = {key: normal(value) for key, value in (row.get("facts") or {}).items()}
        said = {key: normal(value) for key, value in out["facts"].items()}
        labelled += len(meant)
        found += len(said)
        for key, value in meant.items():
            hit = _same(value, said.get(key, ""))
            hits += hit
            counts = by_key.setdefault(str(key), [0, 0])
            counts[0] += hit
            counts[1] += 1
    return {
        "recall": share(hits, labelled),
        "precision": share(hits, found),
        "recall_by_key": {key: share(*counts) for key, counts in sorted(by_key.items())},
    }


def normal(value: object) -> str:
    """A fact as it is compared: letters and digits in one case."""
    return re.sub(r"[\W_]+", "", str(value)).casefold()


def _same(meant: str, said: str) -> bool:
    return bool(said) and (meant == said or (len(said) > 3 and said in meant) or (len(meant) > 3 and meant in said))


def _prioritised(pairs: Sequence[Pair]) -> list[Pair]:
    return [(row, out) for row, out in pairs if row.get("priority")]


def _draft_language(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    """How many of the drafts that are sent or proposed are written in the language that the customer writes."""
    shown = [(row, out) for row, out in labelled(pairs, "language") if out["draft"] and out["action"] in _SHOWN]
    return share(sum(row["language"] == out["draft_language"] for row, out in shown), len(shown))


def _held_back(pairs: Sequence[Pair]) -> Mapping[str, int]:
    """Why plain auto tickets were not sent, by the most decisive reason."""
    plain = (out for row, out in pairs if is_plain_auto(row))
    reasons = Counter(str(out["reasons"][0]) for out in plain if out["action"] != Action.AUTO_SEND and out["reasons"])
    return dict(reasons.most_common())


def _failed_checks(pairs: Sequence[Pair]) -> Mapping[str, int]:
    names = Counter(str(check["name"]) for _, out in pairs for check in out["checks"] if not check["passed"])
    return dict(names.most_common())


def _card_is_complete(out: Row) -> bool:
    return all(out["card"][name] for name in ("intent", "summary", "priority", "next_action"))


def _times(milliseconds: Iterable[float]) -> Mapping[str, float | None]:
    times = list(milliseconds)
    if not times:
        return {"median": None, "p95": None}
    return {"median": float(np.median(times)), "p95": float(np.quantile(times, 0.95))}
