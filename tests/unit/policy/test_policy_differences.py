"""What a new policy text changes is told by intent, in one line each."""

from __future__ import annotations

from dataclasses import replace

from connector.model import Stage, Tier
from connector.policy.differences import differences
from connector.policy.document import Caps, Policy
from connector.policy.terms import IntentPolicy

ORDER = IntentPolicy(key="order_status", tier=Tier.AUTO, stage=Stage.PILOT, threshold=0.6)
PRICES = IntentPolicy(key="plan_and_pricing", tier=Tier.APPROVAL, stage=Stage.DRAFT)
POLICY = Policy(version="1", intents={rule.key: rule for rule in (ORDER, PRICES)})


def with_rule(rule: IntentPolicy) -> Policy:
    return replace(POLICY, intents={**POLICY.intents, rule.key: rule})


def test_stage_tier_and_threshold_stand_in_one_line() -> None:
    (found,) = differences(POLICY, with_rule(replace(ORDER, stage=Stage.DRAFT, tier=Tier.APPROVAL, threshold=0.75)))
    assert found.sentence == "order_status: pilot -> draft, tier auto -> approval, threshold 0.6 -> 0.75"
    assert found.moved == "lowered"


def test_a_raised_stage_is_told_apart() -> None:
    (found,) = differences(POLICY, with_rule(replace(PRICES, stage=Stage.LIVE)))
    assert (found.sentence, found.moved) == ("plan_and_pricing: draft -> live", "raised")


def test_intents_that_come_and_go_are_named() -> None:
    other = replace(PRICES, key="refund_status")
    after = replace(POLICY, intents={ORDER.key: ORDER, other.key: other})
    assert [item.sentence for item in differences(POLICY, after)] == [
        "refund_status: new, tier approval, stage draft",
        "plan_and_pricing: taken out: always goes to a person",
    ]


def test_caps_limits_and_goals_are_told() -> None:
    after = replace(with_rule(replace(ORDER, goals=("fast",), owner="Ana")), caps=Caps(per_recipient_day=2))
    after = replace(after, human_only_limit=0.1, brands=frozenset({"7"}))
    assert [item.sentence for item in differences(POLICY, after)] == [
        'order_status: owner "" -> Ana, goals changed',
        "caps: per_recipient_day 3 -> 2",
        "brands: all -> 7",
        "human_only_limit: 0.25 -> 0.1",
    ]


def test_the_same_rules_differ_in_nothing_and_no_policy_is_named() -> None:
    assert differences(POLICY, replace(POLICY, version="2", version_note="again")) == ()
    assert differences(None, POLICY)[0].sentence == "policy: none -> 2 intents"
