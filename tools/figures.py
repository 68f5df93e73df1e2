"""Measures decisions on the development tickets and writes the figures into the documentation.

The tickets are split once and for all by the hash of their id. Rules and examples may be tuned on the **open** half;
of the **sealed** half only figures are shown, never which tickets, so that it goes on telling the truth.

    python tools/figures.py [--dataset FILE] [--out FOLDER] [--half open|sealed]
"""

from __future__ import annotations

import argparse
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connector import evaluation, logging
from connector.cli.figures import tell
from connector.cli.workbench import workbench
from connector.evaluation import Labelled, Workbench
from connector.model import Stage

ROOT = Path(__file__).resolve().parents[1]
NAMES = ("ids", "not_auto_but_sent")
"""Figures that name single tickets."""


def half_of(ticket_id: str) -> str:
    """The half a ticket belongs to, for ever."""
    return "open" if hashlib.sha256(ticket_id.encode()).digest()[0] % 2 == 0 else "sealed"


def figures_of(bench: Workbench, labelled: Sequence[Labelled], half: str) -> Mapping[str, Any]:
    """The figures of one half; the sealed one without names."""
    chosen = [item for item in labelled if half_of(item.id) == half]
    figures = dict(evaluation.measure([(item.row, evaluation.evaluate(bench, item)) for item in chosen]))
    if half == "sealed":
        figures["leaks"] = {
            key: (len(value) if key in NAMES else value) for key, value in figures["leaks"].items() if key != "ids"
        }
    return figures


def page(results: Mapping[str, Mapping[str, Any]]) -> str:
    """The figures as a page of the documentation."""
    lines = [
        "# Decision quality",
        "",
        "Made by `make eval`; do not edit. Measured on the labelled tickets in `data/tickets-dev.jsonl` with the",
        "starter policy, read as if every `auto` intent were live and certified, with the embedded classifier and",
        "drafter: no model, no network. Rules and examples are tuned on the open half only; of the sealed half",
        "nothing is ever shown but these figures.",
        "",
        "A *leak* is a ticket that must not be answered automatically and whose gate is open, whatever became of its",
        "draft. Intervals: 95% Wilson for shares, 95% bootstrap for macro-F1, one-sided exact 95% bound for leaks.",
    ]
    for half, figures in results.items():
        lines += ["", f"## The {half} half: {figures['tickets']} tickets", "", "| figure | value |", "|---|---|"]
        lines += [f"| {name} | {value} |" for name, value in _rows(figures)]
    return "\n".join(lines) + "\n"


def _rows(figures: Mapping[str, Any]) -> list[tuple[str, str]]:
    rows = []
    for language, item in figures["intent"].items():
        rows.append((f"intent right, {language}", _share(item["accuracy"])))
    macro = figures["intent"]["all"]["macro_f1"]
    if macro["n"]:
        rows.append(("intent, macro-F1", f"{macro['macro_f1']:.3f} ({macro['low']:.3f} to {macro['high']:.3f})"))
    for key, shown in (
        ("gate", "leaks through the gate, in 1,000"),
        ("sent", "leaks really sent, in 1,000"),
        ("first_key_alone", "leaks with key 1 (tier) alone, in 1,000"),
        ("second_key_alone", "leaks with key 2 (message) alone, in 1,000"),
    ):
        item = figures["leaks"][key]
        if item["n"]:
            rows.append(
                (
                    shown,
                    f"{item['per_thousand']:.1f}, at most {item['upper_95_per_thousand']:.1f} "
                    f"({item['faults']} of {item['n']})",
                )
            )
    for language, item in figures["coverage"].items():
        rows.append((f"plain auto tickets with an open gate, {language}", _share(item["gate"])))
        rows.append((f"plain auto tickets sent, {language}", _share(item["auto_send"])))
    for name, item in figures["signals"].items():
        rows.append((f"signal {name} found", _share(item["recall"])))
    rows += [
        ("facts found", _share(figures["facts"]["recall"])),
        ("facts right", _share(figures["facts"]["precision"])),
        ("priority as labelled", _share(figures["priority"])),
        ("language as labelled", _share(figures["language"])),
        ("cards complete", _share(figures["cards_complete"])),
    ]
    if figures["ms"]["median"] is not None:
        rows.append(("milliseconds, median and 95%", f"{figures['ms']['median']:.1f}, {figures['ms']['p95']:.1f}"))
    return rows


def _share(item: Mapping[str, Any]) -> str:
    if not item["n"]:
        return "no tickets"
    return f"{item['share']:.1%} ({item['low']:.1%} to {item['high']:.1%}; {item['hits']} of {item['n']})"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT / "data" / "tickets-dev.jsonl")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reference")
    parser.add_argument("--half", choices=("open", "sealed"), help="only this half, and write nothing")
    options = parser.parse_args()
    logging.configure(level=40)
    labelled = evaluation.read_rows(options.dataset)
    bench = workbench(stage=Stage.LIVE)
    halves = (options.half,) if options.half else ("open", "sealed")
    results = {half: figures_of(bench, labelled, half) for half in halves}
    for half, figures in results.items():
        print(f"\n=== The {half} half ===")
        tell({**figures, "leaks": {"ids": [], **figures["leaks"], "not_auto_but_sent": _named(figures)}})
    if options.half is None:
        options.out.mkdir(parents=True, exist_ok=True)
        (options.out / "figures.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
        (options.out / "figures.md").write_text(page(results), encoding="utf-8")


def _named(figures: Mapping[str, Any]) -> list[str]:
    named = figures["leaks"]["not_auto_but_sent"]
    return named if isinstance(named, list) else []


if __name__ == "__main__":
    main()
