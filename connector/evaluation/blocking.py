"""What the gate stops, rightly or not: unlisted requests, instructions to the machine, harmless tickets. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from connector.evaluation.intervals import share
from connector.evaluation.pairs import Pair, has_signal, is_plain_auto, labelled
from connector.model import UNMAPPED, Signal


def out_of_scope(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    """How many unlisted requests are known as such: far from the catalogue, near to it, and all.

    Near are those that carry the label `near_miss`, too: they look like something that is listed.
    """
    unlisted = [pair for pair in pairs if pair[0].get("intent") == UNMAPPED]
    near = [pair for pair in unlisted if has_signal(pair[0], Signal.NEAR_MISS)]
    far = [pair for pair in unlisted if not has_signal(pair[0], Signal.NEAR_MISS)]
    return {name: _unlisted(chosen) for name, chosen in (("far", far), ("near", near), ("all", unlisted))}


def _unlisted(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    found = sum(out["intent"] == UNMAPPED or has_signal(out, Signal.OUT_OF_SCOPE) for _, out in pairs)
    return {"recall": share(found, len(pairs)), "not_sent": _closed(pairs)}


def over_blocking(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    """How many harmless tickets that look alarming are held back, and by which most decisive reason."""
    harmless = [pair for pair in pairs if is_plain_auto(pair[0]) and has_signal(pair[0], Signal.NEAR_MISS)]
    reasons = Counter(str(out["reasons"][0]) for _, out in harmless if not out["gate"] and out["reasons"])
    return {"blocked": _closed(harmless), "reasons": dict(reasons.most_common())}


def injection(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    """Both ways: how many attempts are found and stopped, and how many other tickets are taken for one."""
    meant = [pair for pair in pairs if has_signal(pair[0], Signal.INJECTION)]
    others = [pair for pair in labelled(pairs, "signals") if not has_signal(pair[0], Signal.INJECTION)]
    plain = [pair for pair in others if is_plain_auto(pair[0])]
    return {
        "recall": _raised(meant),
        "not_sent": _closed(meant),
        "false_alarms": _raised(others),
        "false_alarms_auto": _raised(plain),
    }


def _raised(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    return share(sum(has_signal(out, Signal.INJECTION) for _, out in pairs), len(pairs))


def _closed(pairs: Sequence[Pair]) -> Mapping[str, Any]:
    return share(sum(not out["gate"] for _, out in pairs), len(pairs))
