"""The figures of an evaluation as tables for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.cli.output import say, table

Figures = Mapping[str, Any]


def tell(figures: Figures) -> None:
    """Print every figure with its number of tickets and interval."""
    say(f"{figures['tickets']} tickets")
    table("Intent by language", ("language", "n", "accuracy", "macro-F1"), _intent_rows(figures["intent"]))
    table("Tickets that must not be sent", ("measured at", "n", "leaks", "in 1,000", "upper 95%"), _leak_rows(figures))
    leaks = figures["leaks"]
    if leaks["ids"]:
        say(f"Leaks: {', '.join(leaks['ids'])}")
    if leaks["not_auto_but_sent"]:
        say(f"Sent although not auto: {', '.join(leaks['not_auto_but_sent'])}")
    coverage = [(name, _share(item["gate"]), _share(item["auto_send"])) for name, item in figures["coverage"].items()]
    table("Plain auto tickets: how many are answered", ("language", "gate open", "sent"), coverage)
    signals = [
        (name, _share(item["recall"]), _share(item["not_sent"]), _share(item["precision"]))
        for name, item in figures["signals"].items()
    ]
    table("Signals", ("signal", "found", "not sent", "precision"), signals)
    facts = figures["facts"]
    table(
        "Other figures",
        ("figure", "value"),
        [
            ("facts found", _share(facts["recall"])),
            ("facts right", _share(facts["precision"])),
            ("priority as labelled", _share(figures["priority"])),
            ("language as labelled", _share(figures["language"])),
            ("cards complete", _share(figures["cards_complete"])),
            ("actions", _counts(figures["actions"])),
            ("plain auto tickets held back by", _counts(figures["held_back"])),
            ("checks failed", _counts(figures["failed_checks"])),
            ("milliseconds, median / 95%", f"{figures['ms']['median']:.1f} / {figures['ms']['p95']:.1f}"),
        ],
    )


def _intent_rows(intents: Figures) -> list[tuple[str, ...]]:
    return [
        (name, str(item["accuracy"]["n"]), _share(item["accuracy"]), _interval(item["macro_f1"], "macro_f1"))
        for name, item in intents.items()
    ]


def _leak_rows(figures: Figures) -> list[tuple[str, ...]]:
    names = {
        "gate": "both keys (the gate)",
        "sent": "really sent",
        "first_key_alone": "key 1 alone (tier)",
        "second_key_alone": "key 2 alone (message)",
    }
    rows: list[tuple[str, ...]] = []
    for key, shown in names.items():
        item = figures["leaks"][key]
        if item["n"]:
            upper = f"{item['upper_95_per_thousand']:.1f}"
            rows.append((shown, str(item["n"]), str(item["faults"]), f"{item['per_thousand']:.1f}", upper))
    return rows


def _share(item: Figures) -> str:
    if not item["n"]:
        return "no tickets"
    return f"{item['share']:.1%} ({item['low']:.0%} to {item['high']:.0%}; {item['hits']} of {item['n']})"


def _interval(item: Figures, key: str) -> str:
    return f"{item[key]:.3f} ({item['low']:.2f} to {item['high']:.2f})" if item["n"] else "no tickets"


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
