"""The tables of `make bench`: medians, targets and the two files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from bench.page import amount, as_page, shown, target, write
from bench.tables import Row, Table, interleaved


def row(*values: float, least: float | None = None, most: bool = False) -> Row:
    return Row(name="calls", values=values, unit="share", target=least, most=most)


def test_the_median_is_held_against_the_target() -> None:
    assert row(0.2, 0.9, 0.8, least=0.7).reached is True
    assert row(0.2, 0.9, 0.3, least=0.7).reached is False
    assert row(0.2, 0.9, 0.3, least=0.7, most=True).reached is True
    assert row(0.2).reached is None


def test_repeats_are_measured_in_turn() -> None:
    clock: Iterator[int] = count()
    found = interleaved({"a": lambda: next(clock), "b": lambda: next(clock)}, repeats=3)
    assert found == {"a": [0, 2, 4], "b": [1, 3, 5]}


def test_a_figure_is_shown_with_its_spread() -> None:
    assert shown(row(0.7, 0.8, 0.9)) == "80% (70% to 90%)"
    assert shown(row(0.7)) == "70%"
    assert amount(12.345, "ms") == "12.3 ms"
    assert target(row(0.5, least=0.7)) == "at least 70%: missed"
    assert target(row(0.5, least=0.7, most=True)) == "at most 70%: reached"
    assert target(row(0.5)) == ""


def test_both_files_hold_every_row(tmp_path: Path) -> None:
    table = Table(name="one", title="One thing", about="How.", rows=[row(0.7, 0.8, 0.9, least=0.7)])
    page, data = write([table], tmp_path)
    assert page.read_text() == as_page([table])
    assert "| calls | 80% (70% to 90%) | at least 70%: reached |" in page.read_text()
    (kept,) = json.loads(data.read_text())["tables"]["one"]["rows"]
    assert (kept["median"], kept["smallest"], kept["largest"], kept["repeats"]) == (0.8, 0.7, 0.9, 3)
    assert kept["reached"] is True
