"""What a second opinion adds: readers of a stated quality, asked as the product asks."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector import starters
from connector.cli.workbench import workbench
from connector.evaluation import Labelled, Workbench, evaluate
from connector.evaluation.opinions import QUALITIES, ClassifierReader, measure_opinions, simulated
from connector.evaluation.report import opinion_rows
from connector.intents import parse_catalogue
from connector.model import UNMAPPED, Stage
from connector.triage import EmbeddedTriager
from connector.triage.dataset import ticket_from_row

CATALOGUE = parse_catalogue(starters.folder("intents"))
HOURS = "Hello, when are you open on Saturdays and what is your phone number?"
RESET = "How can I reset my password? I have forgotten it. Please send me the link."
DISPUTE = "You charged my card twice for the same order. I want my money back now."
AUTO = {"tier": "auto", "must_not_send": False}
PEOPLE = {"tier": "human_only", "must_not_send": True}
UNREAD: Any = None
"""These readers look at the text or the labels, not at what triage made of it."""


def item(name: str, body: str, intent: str, **labels: Any) -> Labelled:
    row = {"id": name, "subject": "", "body": body, "from": "mara@customer.example", "language": "en", "intent": intent}
    row |= labels
    return Labelled(id=name, row=row, ticket=ticket_from_row(row))


ITEMS = [
    item("right", HOURS, "contact_and_hours", **AUTO),
    item("misread", RESET, "product_how_to", **AUTO),
    item("leak", HOURS + " ", "contact_and_hours", **PEOPLE),
    item("stopped", DISPUTE, "billing_dispute", **PEOPLE),
]


@pytest.fixture(scope="module")
def bench() -> Workbench:
    return workbench(stage=Stage.LIVE)


@pytest.fixture(scope="module")
def measured(bench: Workbench) -> list[tuple[Labelled, Any]]:
    return [(one, evaluate(bench, one)) for one in ITEMS]


def test_a_perfect_reader_stops_what_is_wrong_and_nothing_else(
    bench: Workbench, measured: list[tuple[Labelled, Any]]
) -> None:
    assert [line["gate"] for _, line in measured] == [True, True, True, False]
    found = measure_opinions(bench, measured, {})
    before, perfect = found["before"], found["after"]["simulated, 100% right"]
    assert (before["leaks"], before["wrong_intent_open"], before["plain_auto_open"]) == (1, 1, 2)
    assert (perfect["leaks"], perfect["wrong_intent_open"], perfect["plain_auto_open"]) == (0, 0, 1)
    order = [found["after"][f"simulated, {quality:.0%} right"] for quality in QUALITIES]
    assert [item["leaks"] for item in order] == sorted((item["leaks"] for item in order), reverse=True)
    assert all(after[key] <= before[key] for after in order for key in before)


def test_what_is_counted_is_what_the_product_would_do(bench: Workbench, measured: list[tuple[Labelled, Any]]) -> None:
    """The short way, without a second draft, and the long one through `evaluate` agree."""
    make = simulated(bench, ITEMS)
    for quality in (0.6, 1.0):
        reader = make(quality, 0)
        gates = [evaluate(replace(bench, reader=reader), one)["gate"] for one in ITEMS]
        counted = measure_opinions(bench, measured, {"him": reader})["after"]["him"]
        assert counted["plain_auto_open"] == sum(gates[:2])
        assert counted["leaks"] == sum(gates[2:])


def test_simulated_readers_err_as_often_as_they_say(bench: Workbench) -> None:
    rows = [item(f"t{number}", HOURS, "contact_and_hours", **AUTO) for number in range(2000)]
    make = simulated(bench, rows)
    others = {*(intent.key for intent in CATALOGUE), UNMAPPED} - {"contact_and_hours"}
    for quality in QUALITIES:
        reader = make(quality, 3)
        said = [reader.opinion(one.ticket, UNREAD, bench.config) for one in rows]
        right = sum(one.intent == "contact_and_hours" for one in said) / len(rows)
        assert right == pytest.approx(quality, abs=0.04)
        assert sum(one.needs_human for one in said) / len(rows) == pytest.approx(1 - quality, abs=0.04)
        assert {one.intent for one in said} - {"contact_and_hours"} == (others if quality < 1 else set())


def test_the_classifiers_own_winner_has_nothing_against_itself(
    bench: Workbench, measured: list[tuple[Labelled, Any]]
) -> None:
    triager = bench.triager
    assert isinstance(triager, EmbeddedTriager)
    alone = ClassifierReader(classifier=triager.classifier, alone=True)
    found = measure_opinions(bench, measured, {"winner": alone})
    assert found["after"]["winner"]["plain_auto_open"] == found["before"]["plain_auto_open"]
    said = alone.opinion(ITEMS[3].ticket, UNREAD, bench.config)
    whole = ClassifierReader(classifier=triager.classifier).opinion(ITEMS[3].ticket, UNREAD, bench.config)
    assert (said.intent, said.needs_human, said.alarms) == ("billing_dispute", False, frozenset())
    assert whole.needs_human
    assert "billing_dispute" in {alarm.value for alarm in whole.alarms}


def test_the_rows_name_every_reader_once_in_each_table(bench: Workbench, measured: list[tuple[Labelled, Any]]) -> None:
    rows = list(opinion_rows(measure_opinions(bench, measured, {})))
    tables = {section for section, _, _ in rows}
    assert len(tables) == 6
    assert len(rows) == len(tables) * (1 + len(QUALITIES))
    assert ("second opinion: leaks of the gate", "without", "1") in rows
    assert ("second opinion: leaks of the gate", "simulated, 100% right", "0, 1 fewer") in rows
