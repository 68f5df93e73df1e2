from __future__ import annotations

from dataclasses import replace

import pytest

from connector.ports import Classification
from connector.triage.weighing import Reading, is_courtesy, weigh

HUMAN_ONLY = frozenset({"billing_dispute"})


def found(status: float, hours: float, dispute: float, strange: float = 0.0) -> Classification:
    rest = max(0.0, 1.0 - status - hours - dispute)
    return Classification(
        probabilities={
            "order_status": status,
            "contact_and_hours": hours,
            "billing_dispute": dispute,
            "unmapped": rest,
        },
        out_of_scope=strange,
    )


def read(
    whole: Classification, *sentences: tuple[str, Classification], newest: Classification | None = None, text: str = ""
) -> Reading:
    return weigh(
        whole=whole,
        newest=newest or whole,
        newest_text=text or "where is my parcel please tell me now",
        sentences=sentences,
        human_only=HUMAN_ONLY,
    )


def test_the_ranking_sums_to_one_and_falls() -> None:
    reading = read(found(0.7, 0.2, 0.1), ("where is my parcel", found(0.9, 0.05, 0.05)))

    values = [value for _, value in reading.ranked]
    assert sum(values) == pytest.approx(1.0)
    assert values == sorted(values, reverse=True)
    assert reading.intent == "order_status"
    assert reading.confidence == pytest.approx(0.7)


def test_human_only_is_the_mean_of_two_opinions() -> None:
    one = read(found(0.9, 0.02, 0.05))
    two = read(replace(found(0.9, 0.02, 0.05), person=0.6))

    assert one.human_only == pytest.approx(0.05)
    assert two.human_only == pytest.approx((0.05 + 0.03 + 0.6) / 2), "what no intent covers needs a person, too"


def test_the_graver_of_the_whole_and_the_newest_message_counts() -> None:
    calm, grave = replace(found(1.0, 0.0, 0.0), person=0.1), replace(found(1.0, 0.0, 0.0), person=0.7)

    assert read(calm, newest=grave).human_only == read(grave, newest=calm).human_only == pytest.approx(0.35)


def test_a_sentence_alone_says_how_alarming_it_is() -> None:
    calm = replace(found(0.9, 0.05, 0.05), signals={"safety": 0.2})
    alarming = replace(calm, signals={"safety": 0.7, "legal": 0.49})
    reading = read(calm, ("the charger went up in smoke yesterday", alarming))

    assert reading.alarms == {"safety": 0.7, "legal": 0.49}


@pytest.mark.parametrize("text", ["Kind regards, Money Back", "Hallo zusammen,", "charged twice"])
def test_courtesy_and_scraps_raise_nothing(text: str) -> None:
    reading = read(found(0.8, 0.1, 0.1), (text, replace(found(0.0, 0.0, 1.0), signals={"billing_dispute": 1.0})))

    assert reading.human_only == pytest.approx(0.1)
    assert reading.also == ()
    assert reading.alarms == {}


def test_a_second_request_is_named() -> None:
    reading = read(
        found(0.8, 0.15, 0.05),
        ("where is my parcel right now", found(0.95, 0.0, 0.0)),
        ("and when are you open on Sunday", found(0.0, 0.9, 0.0)),
    )

    assert reading.also == ("contact_and_hours",)


def test_the_newest_message_weighs_more_unless_it_says_nothing() -> None:
    earlier, newest = found(0.9, 0.05, 0.05), found(0.1, 0.85, 0.05)

    assert (
        read(earlier, newest=newest, text="so tell me when you are open on Sunday please").intent == "contact_and_hours"
    )
    assert read(earlier, newest=newest, text="any news?").intent == "order_status"


@pytest.mark.parametrize("text", ["Hello,", "Viele Grüße\nMaren", "Thanks a lot!", "Mit freundlichen Grüßen", "Merci"])
def test_courtesy_is_known(text: str) -> None:
    assert is_courtesy(text)


@pytest.mark.parametrize(
    "text", ["Where is my parcel?", "Thanks to your driver the parcel lies in the river and I want my money back now"]
)
def test_a_matter_is_no_courtesy(text: str) -> None:
    assert not is_courtesy(text)
