from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.model import Priority, Sentiment, Signal, Tier
from connector.triage.priority import prioritise
from connector.triage.sentiment import sentiment, urgency

RANK = list(Priority)


@pytest.mark.parametrize(
    ("intent", "tier", "signals", "urgent", "priority"),
    [
        ("order_status", Tier.AUTO, [], 0, Priority.NORMAL),
        ("contact_and_hours", Tier.AUTO, [], 0, Priority.LOW),
        ("contact_and_hours", Tier.AUTO, [], 1, Priority.NORMAL),
        ("technical_problem", Tier.APPROVAL, [], 2, Priority.HIGH),
        ("billing_dispute", Tier.HUMAN_ONLY, [Signal.BILLING_DISPUTE], 0, Priority.HIGH),
        ("order_status", Tier.AUTO, [Signal.SAFETY], 0, Priority.URGENT),
        ("order_status", Tier.AUTO, [Signal.SPAM], 3, Priority.LOW),
        ("unmapped", Tier.HUMAN_ONLY, [Signal.SPAM, Signal.SAFETY], 0, Priority.URGENT),
    ],
)
def test_priority_follows_tier_signals_and_words(
    intent: str, tier: Tier, signals: list[Signal], urgent: int, priority: Priority
) -> None:
    assert prioritise(intent=intent, tier=tier, signals=signals, urgency=urgent) is priority


@given(st.sampled_from(list(Tier)), st.sets(st.sampled_from(list(Signal))), st.integers(0, 3))
def test_more_words_of_urgency_never_lower_the_priority(tier: Tier, signals: set[Signal], urgent: int) -> None:
    one = prioritise(intent="order_status", tier=tier, signals=signals, urgency=urgent)
    more = prioritise(intent="order_status", tier=tier, signals=signals, urgency=urgent + 1)

    assert RANK.index(more) >= RANK.index(one)


@pytest.mark.parametrize(
    ("text", "tone"),
    [
        ("Your service is unacceptable, I am furious.", Sentiment.NEGATIVE),
        ("Das ist eine Unverschämtheit!", Sentiment.NEGATIVE),
        ("Thank you so much, the tent is perfect.", Sentiment.POSITIVE),
        ("Vielen lieben Dank, ich bin begeistert.", Sentiment.POSITIVE),
        ("When do you open?", Sentiment.NEUTRAL),
        ("WHERE IS MY PARCEL, ANSWER ME AT LAST", Sentiment.NEGATIVE),
        ("", Sentiment.NEUTRAL),
    ],
)
def test_the_tone_is_coarse(text: str, tone: Sentiment) -> None:
    assert sentiment(text) is tone


def test_urgency_counts_different_words_and_heeds_patience() -> None:
    assert urgency("URGENT: production is down, we need it today") >= 2
    assert urgency("dringend, bitte sofort") == 2
    assert urgency("today or tomorrow, no rush") == 0
    assert urgency("When do you open?") == 0
