"""Counts what a run found, with intervals; and what differs between two runs. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from connector.backtest.comparison import Ours, People, Result
from connector.backtest.violations import VIOLATIONS
from connector.evaluation.intervals import share

LISTED = 200
"""Violations and differences that a report lists one by one; all are counted."""

MACRO_TIMES = 3
"""A short reply that stood in so many tickets word for word (numbers and greeting apart) is a macro's."""

_BANDS = tuple(number / 10 for number in range(11))


@dataclass(slots=True)
class _Tally:
    """Counts of one intent, or of all."""

    n: int = 0
    ours: Counter[str] = field(default_factory=Counter)
    agrees: int = 0
    judged: int = 0
    violated: int = 0
    f1: list[float] = field(default_factory=list)
    distance: list[float] = field(default_factory=list)

    def add(self, result: Result) -> None:
        self.n += 1
        self.ours[result["ours"]] += 1
        if result["agrees"] is not None:
            self.judged += 1
            self.agrees += result["agrees"]
        self.violated += bool(result.get("violations"))
        if "f1" in result:
            self.f1.append(result["f1"])
            self.distance.append(result["distance"])

    def figures(self) -> Mapping[str, Any]:
        return {
            "n": self.n,
            "ours": {ours.value: share(self.ours[ours.value], self.n) for ours in Ours},
            "agreement": share(self.agrees, self.judged),
            "violations": share(self.violated, self.ours[Ours.SEND.value]),
            "f1": _median(self.f1),
            "distance": _median(self.distance),
        }


def summarise(results: Iterable[Result]) -> Mapping[str, Any]:
    """Everything a report shows of one run."""
    whole = _Tally()
    intents: defaultdict[str, _Tally] = defaultdict(_Tally)
    matrix: Counter[tuple[str, str]] = Counter()
    left_out: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    macros: Counter[str] = Counter()
    listed: list[Result] = []
    for result in results:
        if result["ours"] is None:
            left_out[result["why"]] += 1
            continue
        whole.add(result)
        intents[result["intent"]].add(result)
        matrix[result["ours"], result["people"]] += 1
        if result["people"] == People.SHORT.value:
            macros[result.get("macro", "")] += 1
        if result.get("violations"):
            kinds.update(result["violations"])
            if len(listed) < LISTED:
                listed.append(result)
    repeated = sum(count for key, count in macros.items() if key and count >= MACRO_TIMES)
    ordered = sorted(intents.items(), key=lambda item: (-item[1].n, item[0]))
    return {
        **whole.figures(),
        "left_out": dict(left_out),
        "macro_replies": share(repeated, macros.total()),
        "intents": {intent: tally.figures() for intent, tally in ordered},
        "matrix": {ours.value: {people.value: matrix[ours.value, people.value] for people in People} for ours in Ours},
        "violation_kinds": {name: kinds[name] for name in VIOLATIONS if kinds[name]},
        "violating": sorted(listed, key=lambda item: (-len(item["violations"]), item["ticket"])),
        "overlap": _overlap(whole.f1),
    }


def differences(before: Iterable[Result], after: Iterable[Result]) -> Mapping[str, Any]:
    """What a second policy or model would change, ticket by ticket."""
    first = {item["ticket"]: (item["ours"], item.get("intent"), bool(item.get("violations"))) for item in before}
    moves: Counter[str] = Counter()
    changed: list[Mapping[str, Any]] = []
    both = total = 0
    for item in after:
        if item["ticket"] not in first or item["ours"] is None:
            continue
        both += 1
        ours, intent, violated = first[item["ticket"]]
        if (ours, intent) == (item["ours"], item["intent"]):
            continue
        total += 1
        moves[f"{ours} -> {item['ours']}"] += 1
        if len(changed) < LISTED:
            changed.append(
                {
                    "ticket": item["ticket"],
                    "url": item["url"],
                    "before": ours,
                    "after": item["ours"],
                    "intent_before": intent,
                    "intent_after": item["intent"],
                    "people": item["people"],
                    "new_violations": [] if violated else item.get("violations", []),
                }
            )
    changed.sort(key=lambda item: (item["after"] != Ours.SEND.value, item["ticket"]))
    return {"tickets": both, "changed": share(total, both), "moves": dict(moves.most_common()), "listed": changed}


def _median(values: Sequence[float]) -> Mapping[str, Any]:
    """The median with its 95% interval by order statistics; None where there is nothing."""
    if not values:
        return {"n": 0, "median": None, "low": None, "high": None}
    ordered, n = sorted(values), len(values)
    half = 0.98 * n**0.5
    low, high = ordered[max(0, int(n / 2 - half))], ordered[min(n - 1, int(n / 2 + half))]
    return {"n": n, "median": median(ordered), "low": low, "high": high}


def _overlap(values: Sequence[float]) -> Sequence[Mapping[str, Any]]:
    """The share of drafts with at least so much overlap."""
    return [{"at_least": band, **share(sum(value >= band for value in values), len(values))} for band in _BANDS]
