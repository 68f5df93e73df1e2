"""Rows of a table as points that read as text: a reply has no columns."""

from __future__ import annotations

from collections.abc import Sequence


def points(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> tuple[str, ...]:
    """A line for each row that says anything: its first cell, then the others, each after the head of its column.

    Without heads, or where a row has not as many cells as there are heads, the cells stand side by side.
    """
    return tuple(_point(heads, row) for row in rows if any(row))


def _point(heads: Sequence[str], row: Sequence[str]) -> str:
    first, *others = row
    if not first or len(row) != len(heads) or not any(heads[1:]):
        return "- " + " | ".join(cell for cell in row if cell)
    said = "; ".join(f"{head}: {cell}" if head else cell for head, cell in zip(heads[1:], others, strict=True) if cell)
    return f"- {first} – {said}" if said else f"- {first}"
