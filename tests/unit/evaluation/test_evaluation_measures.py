"""The figures, on outputs whose figures can be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.evaluation import measure
from connector.evaluation.intervals import macro_f1, per_thousand, share
from connector.evaluation.measures import normal


def row(number: int, **instead: Any) -> dict[str, Any]:
    return {
        "id": f"t{number}",
        "language": "en",
        "intent": "order_status",
        "tier": "auto",
        "must_not_send": False,
        "signals": [],
        "facts": {},
        "priority": "normal",
        **instead,
    }


def line(**instead: Any) -> dict[str, Any]:
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
        "checks": [{"name": "grounded", "passed": True, "detail": ""}],
        "card": {"intent": "order_status", "summary": "s", "priority": "normal", "next_action": "a", "facts": {}},
        "ms": 10.0,
        **instead,
    }


def held(reason: str, **instead: Any) -> dict[str, Any]:
    return line(gate=False, action="hand_off", reasons=[reason], **instead)


def test_a_further_intent_counts_as_right() -> None:
    figures = measure(
        [
            (row(1, intent="return_policy", intents_also=["order_status"]), line()),
            (row(2, intent="invoice_copy"), line()),
            (row(3), line()),
        ]
    )
    assert figures["intent"]["all"]["accuracy"]["hits"] == 2
    assert figures["intent"]["all"]["accuracy"]["share"] == pytest.approx(2 / 3)


def test_a_leak_is_an_open_gate_whatever_became_of_the_draft() -> None:
    forbidden = {"must_not_send": True, "tier": "human_only"}
    figures = measure(
        [
            (row(1, **forbidden), line(action="draft", reasons=["check_failed"])),
            (row(2, **forbidden), held("unmapped", keys={"intent": False, "message": True})),
            (row(3, **forbidden), held("signal_legal", keys={"intent": True, "message": False})),
            (row(4), line()),
        ]
    )["leaks"]
    assert (figures["gate"]["faults"], figures["gate"]["n"]) == (1, 3)
    assert figures["gate"]["per_thousand"] == pytest.approx(1000 / 3)
    assert figures["sent"]["faults"] == 0
    assert figures["first_key_alone"]["faults"] == 2
    assert figures["second_key_alone"]["faults"] == 2
    assert figures["ids"] == ["t1"]


def test_whatever_is_not_auto_and_sent_is_named() -> None:
    figures = measure([(row(1, tier="approval"), line()), (row(2), line())])
    assert figures["leaks"]["not_auto_but_sent"] == ["t1"]


def test_coverage_counts_plain_auto_tickets_only() -> None:
    figures = measure(
        [
            (row(1), line()),
            (row(2), line(action="draft", reasons=["draft_incomplete"])),
            (row(3, language="de"), held("confidence_too_low", language="de")),
            (row(4, tier="approval"), line()),
            (row(5, must_not_send=True), line()),
        ]
    )
    assert (figures["coverage"]["all"]["gate"]["hits"], figures["coverage"]["all"]["gate"]["n"]) == (2, 3)
    assert figures["coverage"]["all"]["auto_send"]["hits"] == 1
    assert figures["coverage"]["de"]["gate"]["hits"] == 0
    assert figures["held_back"] == {"draft_incomplete": 1, "confidence_too_low": 1}


def test_signals_are_found_raised_wrongly_or_missed() -> None:
    figures = measure(
        [
            (row(1, signals=["legal"]), held("signal_legal", signals=["legal"])),
            (row(2, signals=["legal"]), held("unmapped")),
            (row(3), line(signals=["legal"])),
            (row(4, signals=["mixed"]), line()),
        ]
    )["signals"]
    assert figures["legal"]["recall"]["share"] == 0.5
    assert figures["legal"]["precision"]["share"] == 0.5
    assert figures["legal"]["not_sent"]["share"] == 1.0
    assert figures["safety"]["recall"]["share"] is None, "no such ticket is no figure"
    assert figures["mixed"]["recall"]["share"] == 0.0


def test_facts_are_compared_without_spaces_and_dashes() -> None:
    facts = {"order_number": "NO 2025-1", "amount": "59,00 €", "email": "a@b.example"}
    said = {"order_number": "no-20251", "amount": "12,00 €", "date": "today"}
    figures = measure([(row(1, facts=facts), line(facts=said))])["facts"]
    assert (figures["recall"]["hits"], figures["recall"]["n"]) == (1, 3)
    assert (figures["precision"]["hits"], figures["precision"]["n"]) == (1, 3)
    assert figures["recall_by_key"]["order_number"]["share"] == 1.0
    assert normal("NO 2025-1") == "no20251"


def test_too_little_data_is_none_and_never_a_number() -> None:
    assert share(0, 0)["share"] is None
    assert per_thousand(0, 0)["per_thousand"] is None
    assert macro_f1([], [])["macro_f1"] is None
    assert measure([])["ms"]["median"] is None


def test_no_leak_in_a_hundred_is_not_none_in_a_thousand() -> None:
    figures = per_thousand(0, 100)
    assert figures["per_thousand"] == 0
    assert figures["upper_95_per_thousand"] == pytest.approx(29.5, abs=0.1)  # 1 - 0.05 ** (1 / 100)


def test_macro_f1_against_a_count_by_hand() -> None:
    figures = macro_f1(["a", "a", "b", "c"], ["a", "b", "b", "d"])
    # a: 1 of 2 and 1 = 2/3; b: 2/3; c and d: 0
    assert figures["macro_f1"] == pytest.approx((2 / 3 + 2 / 3 + 0 + 0) / 4)
    assert macro_f1(["a", "b"] * 20, ["a", "b"] * 20)["low"] == 1.0
    assert figures == macro_f1(["a", "a", "b", "c"], ["a", "b", "b", "d"]), "the same figures at every run"


@given(st.integers(1, 500), st.data())
def test_intervals_hold_their_share(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    item = share(hits, n)
    assert 0 <= item["low"] <= item["share"] <= item["high"] <= 1
    upper = per_thousand(hits, n)
    assert upper["per_thousand"] <= upper["upper_95_per_thousand"] <= 1000
