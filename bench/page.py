"""The figures as `docs/reference/bench.json` and as a page to read beside it."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.tables import Row, Table

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"

_HEAD = """# Performance

Made by `make bench`; do not edit. Every figure is the median of repeats that were measured in turn with those beside
it, with the smallest and the largest in brackets: compare within a table, not between machines. The same as JSON:
`bench.json`. This run: {machine}.
"""


def write(tables: Sequence[Table], folder: Path = FOLDER) -> tuple[Path, Path]:
    """Write both files; their paths, the page first."""
    folder.mkdir(parents=True, exist_ok=True)
    page, data = folder / "bench.md", folder / "bench.json"
    page.write_text(as_page(tables), encoding="utf-8")
    data.write_text(json.dumps(as_json(tables), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return page, data


def as_json(tables: Sequence[Table]) -> dict[str, Any]:
    """Everything, by table and row."""
    return {
        "machine": machine(),
        "tables": {
            table.name: {
                "title": table.title,
                "about": table.about,
                "rows": [
                    {
                        "name": row.name,
                        "unit": row.unit,
                        "median": round(row.median, 4),
                        "smallest": round(min(row.values), 4),
                        "largest": round(max(row.values), 4),
                        "repeats": len(row.values),
                        "target": row.target,
                        "reached": row.reached,
                    }
                    for row in table.rows
                ],
            }
            for table in tables
        },
    }


def as_page(tables: Sequence[Table]) -> str:
    """The page in Markdown."""
    parts = [_HEAD.format(machine=machine())]
    for table in tables:
        lines = [f"## {table.title}", "", table.about, "", "| figure | value | target |", "|---|---|---|"]
        lines += [f"| {row.name} | {shown(row)} | {target(row)} |" for row in table.rows]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def shown(row: Row) -> str:
    """The median, and the spread of the repeats where there are some."""
    if len(row.values) == 1:
        return amount(row.median, row.unit)
    middle, low, high = (amount(value, row.unit) for value in (row.median, min(row.values), max(row.values)))
    return f"{middle} ({low} to {high})"


def target(row: Row) -> str:
    """What the median had to keep to, and whether it did; "" without a target."""
    if row.target is None:
        return ""
    bound = "at most" if row.most else "at least"
    return f"{bound} {amount(row.target, row.unit)}: {'reached' if row.reached else 'missed'}"


def amount(value: float, unit: str) -> str:
    """A share as a percentage, everything else with three digits and its unit."""
    return f"{value:.0%}" if unit == "share" else f"{value:.3g} {unit}"


def machine() -> str:
    """What it ran on, without a name that could tell whose it is."""
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}, load {load:.1f} at the end"
    )
