"""The figures, on outputs whose figures can be counted by hand."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.evaluation import measure
from connector.evaluation.intervals import clustered_share, macro_f1, per_thousand, share
from connector.evaluation.measures import normal
from connector.evaluation.report import rows


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
        "confidence": 0.9,
        "language": "en",
        "signals": [],
        "priority": "normal",
        "facts": {},
        "action": "auto_send",
        "draft": "Hello",
        "draft_language": "en",
        "reasons": ["both_keys_turned"],
        "checks": [{"name": "grounded", "passed": True, "detail": ""}],
        "card": {"intent": "order_status", "summary": "s", "priority": "normal", "next_action": "a", "facts": {}},
        "ms": 10.0,
        "ms_triage": 4.0,
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


def test_a_draft_in_another_language_counts_where_somebody_gets_it() -> None:
    german = {"draft": "Guten Tag", "draft_language": "de"}
    figures = measure(
        [
            (row(1), line()),
            (row(2, language="de"), line(action="draft", **german)),
            (row(3, language="nl"), line(action="draft")),
            (row(4), held("signal_legal", **german)),
            (row(5), line(draft=None, draft_language=None)),
        ]
    )
    assert (figures["draft_language"]["hits"], figures["draft_language"]["n"]) == (2, 3)
    shown = {name: value for section, name, value in rows(figures) if section == "other"}
    assert shown["draft language equals customer language"].endswith("2 of 3)")


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


def test_unlisted_requests_are_far_or_near() -> None:
    unlisted = {"intent": "unmapped", "must_not_send": True, "tier": "human_only"}
    figures = measure(
        [
            (row(1, **unlisted, signals=["out_of_scope"]), held("unmapped", intent="unmapped")),
            (row(2, **unlisted), held("signal_out_of_scope", signals=["out_of_scope"])),
            (row(3, **unlisted, signals=["machine_mail"]), held("signal_machine_mail", signals=["machine_mail"])),
            (row(4, **unlisted, signals=["out_of_scope", "near_miss"]), line()),
            (row(5), held("unmapped", intent="unmapped")),
        ]
    )["out_of_scope"]
    assert (figures["far"]["recall"]["hits"], figures["far"]["recall"]["n"]) == (2, 3)
    assert figures["far"]["not_sent"]["share"] == 1.0
    assert (figures["near"]["recall"]["hits"], figures["near"]["recall"]["n"]) == (0, 1)
    assert figures["near"]["not_sent"]["hits"] == 0
    assert (figures["all"]["recall"]["hits"], figures["all"]["recall"]["n"]) == (2, 4)


def test_over_blocking_counts_harmless_look_alikes_only() -> None:
    figures = measure(
        [
            (row(1, signals=["near_miss"]), held("signal_legal")),
            (row(2, signals=["near_miss"]), held("signal_legal")),
            (row(3, signals=["near_miss"]), line(action="draft", reasons=["check_failed"])),
            (row(4, signals=["near_miss"], must_not_send=True), held("unmapped")),
            (row(5, signals=["near_miss"], tier="approval"), held("tier_approval")),
            (row(6), held("signal_security")),
        ]
    )["over_blocking"]
    assert (figures["blocked"]["hits"], figures["blocked"]["n"]) == (2, 3), "a draft that failed was not blocked"
    assert figures["reasons"] == {"signal_legal": 2}


def test_injection_is_counted_both_ways() -> None:
    attempt = {"signals": ["injection"], "must_not_send": True, "tier": "human_only"}
    figures = measure(
        [
            (row(1, **attempt), held("signal_injection", signals=["injection"])),
            (row(2, **attempt), held("unmapped")),
            (row(3, **attempt), line()),
            (row(4), held("signal_injection", signals=["injection"])),
            (row(5), line()),
            (row(6, tier="approval"), held("tier_approval", signals=["injection"])),
        ]
    )["injection"]
    assert (figures["recall"]["hits"], figures["recall"]["n"]) == (1, 3)
    assert (figures["not_sent"]["hits"], figures["not_sent"]["n"]) == (2, 3)
    assert (figures["false_alarms"]["hits"], figures["false_alarms"]["n"]) == (2, 3)
    assert (figures["false_alarms_auto"]["hits"], figures["false_alarms_auto"]["n"]) == (1, 2)


def test_the_confusion_has_a_row_for_what_was_meant() -> None:
    figures = measure(
        [
            (row(1, intent="unmapped"), line()),
            (row(2, intent="invoice_copy", intents_also=["order_status"]), line()),
            (row(3, intent="invoice_copy"), line()),
            (row(4, intent="invoice_copy"), line(intent="invoice_copy")),
        ]
    )["confusion"]
    assert figures["labels"] == ["invoice_copy", "order_status", "unmapped"]
    assert figures["counts"] == [[1, 1, 0], [0, 1, 0], [0, 1, 0]], "a mixed message read as its other part is right"


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
    empty = measure([])
    assert empty["ms"]["median"] is None
    assert empty["calibration"]["error"] is None
    assert empty["risk_coverage"] == []
    assert empty["confusion"] == {"labels": [], "counts": []}


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


def test_repeats_of_one_trial_make_no_interval_narrower() -> None:
    often = clustered_share([(100, 100)] * 6 + [(0, 100)] * 4)
    once = share(6, 10)
    assert (often["hits"], often["n"]) == (600, 1000)
    assert (often["share"], often["low"], often["high"]) == (once["share"], once["low"], once["high"])
    never = clustered_share([(0, 100)] * 5)
    assert (never["low"], never["high"]) == (0.0, share(0, 5)["high"]), "five texts prove little, however often tried"
    assert clustered_share([])["share"] is None
    assert clustered_share([(0, 0)])["share"] is None


@given(st.integers(1, 500), st.data())
def test_intervals_hold_their_share(n: int, data: st.DataObject) -> None:
    hits = data.draw(st.integers(0, n))
    item = share(hits, n)
    assert 0 <= item["low"] <= item["share"] <= item["high"] <= 1
    upper = per_thousand(hits, n)
    assert upper["per_thousand"] <= upper["upper_95_per_thousand"] <= 1000


def test_tickets_without_labels_give_nothing_to_count() -> None:
    figures = measure([({"id": "t1"}, line(signals=["legal", "injection"], facts={"order_number": "1"}))])
    told = {(section, name): value for section, name, value in rows(figures)}
    for section, name in (
        ("intent", "right, all"),
        ("intent", "macro-F1, all"),
        ("signals rightly raised", "legal"),
        ("injection", "other tickets taken for one"),
        ("calibration", "expected calibration error"),
        ("other", "facts right"),
        ("other", "language as labelled"),
    ):
        assert told[section, name] == "none to count", name
    assert not [value for value in told.values() if value.startswith("0.0%")]
    assert figures["leaks"]["not_auto_but_sent"] == []
    assert set(figures["coverage"]) == {"all"}
    assert figures["actions"] == {"auto_send": 1}, "what needs no label is counted"


def test_a_label_that_is_empty_is_a_label() -> None:
    figures = measure([(row(1), line(signals=["legal"], facts={"order_number": "1"}))])
    assert figures["signals"]["legal"]["precision"]["n"] == 1
    assert figures["facts"]["precision"]["n"] == 1
