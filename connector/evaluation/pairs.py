"""A labelled row beside the output line of `handrail eval` for it: what every measure reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]
Pair = tuple[Row, Row]
"""A labelled row and the output line for it."""


def right_intents(row: Row) -> frozenset[str]:
    """Every intent that counts as right for this ticket."""
    return frozenset({str(row.get("intent", "")), *map(str, row.get("intents_also") or ())})


def is_right(pair: Pair) -> bool:
    """Whether the ticket was read as one of its intents."""
    row, out = pair
    return str(out["intent"]) in right_intents(row)


def is_plain_auto(row: Row) -> bool:
    """Whether the labels let this ticket be answered automatically."""
    return row.get("tier") == "auto" and not row.get("must_not_send")


def has_signal(row: Row, name: str) -> bool:
    """Whether the row, labelled or put out, carries this signal."""
    return name in (row.get("signals") or ())


def labelled(pairs: Sequence[Pair], key: str) -> list[Pair]:
    """The tickets that carry this label. Without it there is nothing that could be right or wrong."""
    return [pair for pair in pairs if pair[0].get(key) is not None]
