"""The figures of an evaluation as one table for people."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from connector.cli.halves import NAMES
from connector.cli.output import say, table
from connector.evaluation.report import rows


def tell(figures: Mapping[str, Any]) -> None:
    """Print every figure with its number of tickets and interval, and which tickets leaked; sealed ones are counted."""
    lines: list[tuple[str, str]] = []
    for section, found in groupby(rows(figures), key=lambda row: row[0]):
        lines.append((section.upper(), " "))
        lines += [(f"  {name}", value) for _, name, value in found]
    table("", ("figure (95% intervals)", "value"), lines)
    if not figures["intent"]["all"]["accuracy"]["n"]:
        say("No ticket carries an intent label, so there is nothing to hold the answers against: see data/README.md.")
    for key, words in zip(NAMES, ("Leaks", "Sent although not auto"), strict=True):
        if named := _named(figures["leaks"], key):
            say(f"{words}: {named}")


def _named(leaks: Mapping[str, Any], key: str) -> str:
    sealed = leaks["sealed"][key]
    return ", ".join([*leaks[key], *([f"{sealed} of the sealed half"] if sealed else [])])
