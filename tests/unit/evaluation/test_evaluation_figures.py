"""The page of figures: the split never moves, and the sealed half never names a ticket."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector import evaluation
from connector.evaluation import Labelled
from tools import figures


def test_a_ticket_stays_in_its_half() -> None:
    assert [figures.half_of(f"dev-{number:03}") for number in (1, 2, 3, 4, 7)] == [
        "sealed",
        "open",
        "sealed",
        "open",
        "open",
    ]
    halves = [figures.half_of(str(number)) for number in range(2000)]
    assert 900 < halves.count("open") < 1100


def leaking(_bench: Any, item: Labelled) -> dict[str, Any]:
    return {
        "gate": True,
        "keys": {"intent": True, "message": True},
        "intent": "order_status",
        "language": "en",
        "signals": [],
        "priority": "normal",
        "facts": {},
        "action": "auto_send",
        "reasons": ["both_keys_turned"],
        "checks": [],
        "card": {"intent": "i", "summary": item.id, "priority": "normal", "next_action": "a"},
        "ms": 1.0,
    }


@pytest.fixture
def results(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(evaluation, "evaluate", leaking)
    rows = [{"id": f"secret-{number}", "must_not_send": True, "intent": "unmapped"} for number in range(40)]
    labelled = [Labelled(id=row["id"], row=row, ticket=None) for row in rows]  # type: ignore[arg-type]  # never looked at
    return {half: dict(figures.figures_of(None, labelled, half)) for half in ("open", "sealed")}  # type: ignore[arg-type]  # nor is the bench


def test_only_the_open_half_names_tickets(results: dict[str, Any]) -> None:
    assert results["open"]["leaks"]["ids"]
    assert "secret-" not in json.dumps(results["sealed"])
    assert results["open"]["tickets"] + results["sealed"]["tickets"] == 40
    assert results["sealed"]["leaks"]["gate"]["faults"] == results["sealed"]["tickets"]


def test_the_page_shows_every_half_with_its_numbers(results: dict[str, Any]) -> None:
    page = figures.page(results)
    for half, found in results.items():
        assert f"## The {half} half: {found['tickets']} tickets" in page
    assert "leaks through the gate, in 1,000 | 1000.0, at most 1000.0" in page
    assert "signal safety found | no tickets" in page
    assert "secret-" not in page
