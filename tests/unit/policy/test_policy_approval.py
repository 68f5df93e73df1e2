"""What a person's approval may set aside, and what it may not: every reason by name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from policy_builders import KILLED, question, standing, triage
from test_policy_table import SPOILT

from connector.model import FLOOR_SIGNALS, Action, Posture, Signal, Stage, Tier
from connector.policy.approval import APPROVED, OVERRIDABLE, approve
from connector.policy.engine import CODES, Question, decide
from connector.policy.rules import RULES, Kind

RELEASE = {rule.code for rule in RULES if rule.kind is Kind.RELEASE}
"""Asked of automatic sends only; the outbox counts the caps for every reply."""


def as_approval(asked: Question) -> Question:
    """The same question where every automatic intent needs an approval."""
    policy = asked.policy
    if policy is None:
        return asked
    intents = {
        key: replace(rule, tier=Tier.APPROVAL) if rule.tier is Tier.AUTO else rule
        for key, rule in policy.intents.items()
    }
    return replace(asked, policy=replace(policy, intents=intents))


@pytest.mark.parametrize("code", sorted(SPOILT))
def test_an_approval_sets_aside_what_is_listed_and_nothing_else(code: str) -> None:
    decision = approve(as_approval(SPOILT[code][0]), by="agent 31")
    assert (decision.action is Action.AUTO_SEND) is (code in OVERRIDABLE | RELEASE | {"both_keys_turned"})
    assert (decision.reasons[0].code == APPROVED) is (decision.action is Action.AUTO_SEND)


def test_only_known_reasons_are_set_aside_and_none_of_the_floor() -> None:
    assert OVERRIDABLE < CODES
    assert not {f"signal_{signal.value}" for signal in FLOOR_SIGNALS} & OVERRIDABLE
    hand_offs = {rule.code for rule in RULES if rule.allows is Action.HAND_OFF}
    about_drafts = {rule.code for rule in RULES if rule.kind is Kind.DRAFT}
    assert not (hand_offs | about_drafts) & OVERRIDABLE


def test_an_automatic_intent_is_not_approved_by_hand() -> None:
    asked = question()
    assert decide(asked).action is Action.AUTO_SEND
    refused = approve(asked, by="a")
    assert (refused.action, refused.reasons[0].code) == (Action.DRAFT, "not_for_approval")


@given(
    signals=st.sets(st.sampled_from(sorted(Signal))),
    stage=st.sampled_from(list(Stage)),
    postures=st.sets(st.sampled_from(list(Posture))),
    killed=st.booleans(),
    human_only=st.floats(0, 1),
)
def test_no_approval_gets_past_floor_stage_posture_or_kill_switch(
    signals: set[Signal], stage: Stage, postures: set[Posture], killed: bool, human_only: float
) -> None:
    now = standing(account_stage=stage, postures=tuple(postures), killed=KILLED if killed else None)
    read = triage("refund_status", *signals, human_only_probability=human_only)
    decision = approve(as_approval(question(read, now=now)), by="a")
    if decision.action is Action.AUTO_SEND:
        assert not signals & FLOOR_SIGNALS
        assert not killed
        assert postures <= {Posture.NORMAL}
        assert stage in (Stage.PILOT, Stage.LIVE)
        assert human_only <= 0.5
