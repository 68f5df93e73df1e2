"""Two opinions about one text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.ports import Classification
from connector.triage.blended import POWER, blend, never_safer, stricter
from connector.triage.weighing import Reading

PROBABILITY = st.floats(0, 1)


def said(*odds: float, out_of_scope: float = 0.1, person: float | None = None, **signals: float) -> Classification:
    total = sum(odds)
    return Classification(
        probabilities={key: value / total for key, value in zip("abcde", odds, strict=False)},
        out_of_scope=out_of_scope,
        person=person,
        signals=signals,
    )


def test_what_both_find_possible_wins() -> None:
    found = blend(said(50, 40, 10), said(5, 45, 50)).probabilities
    assert max(found, key=found.__getitem__) == "b"


def test_where_one_is_lost_the_other_decides() -> None:
    found = blend(said(34, 33, 33), said(2, 2, 96)).probabilities
    assert max(found, key=found.__getitem__) == "c"


def test_the_product_is_raised_to_the_power() -> None:
    found = blend(said(0.8, 0.2), said(0.6, 0.4)).probabilities
    assert found["a"] / found["b"] == pytest.approx((4 * 1.5) ** POWER)


def test_an_intent_that_only_one_knows_is_an_error() -> None:
    with pytest.raises(KeyError):
        blend(said(1, 1), said(1, 1, 1))
    with pytest.raises(KeyError):
        blend(said(1, 1, 1), said(1, 1))


def test_a_signal_of_either_is_kept() -> None:
    found = blend(said(1, safety=0.9, legal=0.1), said(1, legal=0.6, anger=0.2)).signals
    assert found == {"anger": 0.2, "legal": 0.6, "safety": 0.9}


@pytest.mark.parametrize(
    ("one", "other", "both"), [(0.2, 0.6, 0.4), (None, 0.6, 0.6), (0.2, None, 0.2), (None, None, None)]
)
def test_the_opinion_about_a_person_is_the_mean(one: float | None, other: float | None, both: float | None) -> None:
    assert blend(said(1, person=one), said(1, person=other)).person == pytest.approx(both)


@given(
    st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(sum),
    st.lists(st.floats(0, 1), min_size=3, max_size=3).filter(sum),
    PROBABILITY,
    PROBABILITY,
)
def test_probabilities_stay_probabilities_and_lie_between(
    one: list[float], other: list[float], strange: float, known: float
) -> None:
    found = blend(said(*one, out_of_scope=strange), said(*other, out_of_scope=known))

    assert math.fsum(found.probabilities.values()) == pytest.approx(1)
    assert all(0 <= value <= 1 for value in found.probabilities.values())
    assert min(strange, known) - 1e-6 <= found.out_of_scope <= max(strange, known) + 1e-6


def read(intent: str, confidence: float, human_only: float, out_of_scope: float, *also: str) -> Reading:
    return Reading(
        intent=intent,
        confidence=confidence,
        ranked=((intent, confidence),),
        human_only=human_only,
        out_of_scope=out_of_scope,
        also=also,
        alarms={},
    )


def test_a_ticket_that_both_read_the_same_way_looks_no_safer_for_it() -> None:
    found = stricter(read("a", 0.5, 0.3, 0.1, "b"), read("a", 0.9, 0.1, 0.2))
    assert found == read("a", 0.9, 0.3, 0.2, "b")


def test_where_the_second_opinion_decides_the_first_ones_intent_stays_beside() -> None:
    assert stricter(read("a", 0.5, 0.1, 0.1, "b", "c"), read("b", 0.6, 0.1, 0.1)).also == ("a", "c")


def test_an_intent_that_the_first_one_hardly_believed_in_does_not_stay() -> None:
    assert stricter(read("a", 0.3, 0.1, 0.1), read("b", 0.6, 0.1, 0.1)).also == ()
    assert stricter(read("unmapped", 0.9, 0.1, 0.1), read("b", 0.6, 0.1, 0.1)).also == ()


def test_an_own_model_only_adds_calls_for_a_person() -> None:
    def reading(intent: str, human: float, also: tuple[str, ...] = (), **alarms: float) -> Reading:
        return Reading(
            intent=intent,
            confidence=0.9,
            ranked=((intent, 0.9),),
            human_only=human,
            out_of_scope=0.1,
            also=also,
            alarms=alarms,
        )

    starter = reading("dispute", 0.7, ("legal_threat", "invoice_copy"), legal=0.8, anger=0.1)
    found = never_safer(reading("order", 0.1, ("hours",), anger=0.6), starter, frozenset({"dispute", "legal_threat"}))
    assert (found.intent, found.confidence, found.out_of_scope) == ("order", 0.9, 0.1)
    assert found.human_only == 0.7
    assert found.alarms == {"anger": 0.6, "legal": 0.8}
    assert found.also == ("hours", "dispute", "legal_threat"), "a plain intent is the own model's to judge"
    assert never_safer(reading("dispute", 0.9), starter, frozenset({"dispute"})).also == ()
