"""The page of figures: the split never moves, and the sealed half never names a ticket."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from connector import evaluation
from connector.evaluation import Labelled
from connector.evaluation.intervals import share
from connector.evaluation.report import memory_rows, report
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
        "confidence": 0.7,
        "language": "en",
        "signals": [],
        "priority": "normal",
        "facts": {},
        "action": "auto_send",
        "reasons": ["both_keys_turned"],
        "checks": [],
        "card": {"intent": "i", "summary": item.id, "priority": "normal", "next_action": "a"},
        "ms": 1.0,
        "ms_triage": 1.0,
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


def test_nothing_finer_than_figures_comes_from_the_sealed_half(results: dict[str, Any]) -> None:
    assert "confusion" in results["open"]
    assert "confusion" not in results["sealed"]


MEMORY = {"process_mb": 300.0, "classifier_mb": 120.0, "libraries_mb": 80.0, "model_mb": 40.0, "classifier_share": 0.4}
_PARTS = {"all": share(3, 4), "en": share(3, 4)}
_WAY = {
    "recall_at_1": _PARTS,
    "recall_at_5": _PARTS,
    "bands": {"0-10%": share(1, 4)},
    "tickets": share(0, 0),
    "ms": {"median": 1.0, "p95": 2.0},
    "quoted": dict.fromkeys(("right", "other", "nothing", "elsewhere"), share(1, 4)),
}
RETRIEVAL = {
    "articles": 3,
    "questions": 4,
    "bands": {"0-10%": share(4, 4)},
    "words": _WAY,
    "encoder": _WAY,
    "gain": {"difference": 0.125, "low": 0.05, "high": 0.2},
}


def test_everything_is_written_and_says_the_same(results: dict[str, Any], tmp_path: Path) -> None:
    figures.write(tmp_path, results, MEMORY, RETRIEVAL, {})
    page = (tmp_path / "figures.md").read_text(encoding="utf-8")
    for half, found in results.items():
        assert json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))[half] == found
    assert f"| number of tickets | {results['open']['tickets']} | {results['sealed']['tickets']} |" in page
    assert "| both keys (the gate) | 1000.0, at most 1000.0" in page
    assert page.count("| safety | none to count | none to count |") == 2, "neither found nor wrongly raised"
    assert "| peak of the process | 300 MB |" in page
    assert "| more among five than by words alone |  | 12.5 points (5.0 to 20.0) | at least 10 points |" in page
    assert json.loads((tmp_path / "figures.json").read_text(encoding="utf-8"))["retrieval"] == RETRIEVAL
    assert "secret-" not in page
    drawn = sorted(path.name for path in (tmp_path / "figures").iterdir())
    assert drawn == ["confusion.svg", "reliability.svg", "risk-coverage.svg"]
    assert all(f"(figures/{name})" in page for name in drawn)
    assert not (tmp_path / "figures-public.json").exists()


def test_public_figures_stay_until_they_are_measured_again(results: dict[str, Any], tmp_path: Path) -> None:
    blocked = {"blocked": share(1, 50), "by_part": {"one": share(1, 50)}}
    figures.write(tmp_path, results, MEMORY, RETRIEVAL, {"notinject": blocked})
    figures.write(tmp_path, results, MEMORY, RETRIEVAL, {})
    page = (tmp_path / "figures.md").read_text(encoding="utf-8")
    assert "| harmless texts blocked | 2.0% (0.4% to 10.5%; 1 of 50) | at most 5% |" in page
    assert json.loads((tmp_path / "figures-public.json").read_text(encoding="utf-8"))["notinject"]["blocked"]["n"] == 50


def test_the_table_is_one_and_holds_every_section(results: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    figures.tell((*report(results), *memory_rows(MEMORY)))
    printed = capsys.readouterr().out
    for section in ("INTENT", "OUT OF SCOPE", "SIGNALS FOUND", "LEAKS", "OVER-BLOCKING", "INJECTION", "CALIBRATION"):
        assert section in printed
    assert printed.count("sealed half") == 1, "one heading, one table"
    assert "secret-" not in printed
