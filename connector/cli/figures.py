"""The figures of an evaluation as one table for people."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from connector.cli.output import say, table
from connector.evaluation.report import rows


def tell(figures: Mapping[str, Any]) -> None:
    """Print every figure with its number of tickets and interval, and which tickets leaked."""
    lines: list[tuple[str, str]] = []
    for section, found in groupby(rows(figures), key=lambda row: row[0]):
        lines.append((section.upper(), " "))
        lines += [(f"  {name}", value) for _, name, value in found]
    table("", ("figure (95% intervals)", "value"), lines)
    if not figures["intent"]["all"]["accuracy"]["n"]:
        say("No ticket carries an intent label, so there is nothing to hold the answers against: see data/README.md.")
    leaks = figures["leaks"]
    if leaks["ids"]:
        say(f"Leaks: {', '.join(leaks['ids'])}")
    if leaks["not_auto_but_sent"]:
        say(f"Sent although not auto: {', '.join(leaks['not_auto_but_sent'])}")
