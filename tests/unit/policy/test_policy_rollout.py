"""Moving intents between stages, the sticky share, and the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from policy_builders import TIERS, policy, rule

from connector.model import Stage, Tier
from connector.policy.engine import CODES
from connector.policy.page import page
from connector.policy.rollout import Progress, demoted, may_move, moves, share_draw
from connector.policy.terms import Policy, with_stage

READY = Progress(goals_frozen=frozenset(TIERS), certified=frozenset(TIERS))
DRAFTING = policy(Stage.DRAFT)


def refused(by: Policy, intent: str, stage: Stage, progress: Progress = READY, override: str = "") -> list[str]:
    return [reason.code for reason in may_move(by, intent, stage, progress=progress, override=override).refused]


@pytest.mark.parametrize("stage", [Stage.OFF, Stage.SHADOW, Stage.DRAFT])
def test_stricter_is_always_allowed(stage: Stage) -> None:
    assert refused(policy(Stage.LIVE), "order_status", stage, Progress()) == []


def test_an_unknown_intent_does_not_move() -> None:
    assert refused(DRAFTING, "invented", Stage.DRAFT) == ["intent_not_in_policy"]


def test_a_pilot_needs_an_owner_and_frozen_goals() -> None:
    unowned = replace(DRAFTING, intents={"order_status": rule("order_status", Tier.AUTO, Stage.DRAFT, owner="")})
    assert refused(unowned, "order_status", Stage.PILOT, Progress()) == ["no_owner", "goal_not_frozen"]
    assert refused(unowned, "order_status", Stage.PILOT, replace(READY, account_owner="Mara")) == []
    assert refused(unowned, "order_status", Stage.PILOT, Progress(), override="boss said so") == [
        "no_owner",
        "goal_not_frozen",
    ]


def test_an_uncertified_pilot_is_allowed_with_a_warning() -> None:
    move = may_move(DRAFTING, "order_status", Stage.PILOT, progress=replace(READY, certified=frozenset()), share=0)
    assert move.allowed
    assert [reason.code for reason in move.warnings] == ["not_certified", "not_in_pilot_share"]


def test_a_second_intent_waits_for_the_first_ones_review() -> None:
    first = with_stage(DRAFTING, "order_status", Stage.LIVE)
    assert refused(first, "invoice_copy", Stage.PILOT) == []
    move = may_move(first, "invoice_copy", Stage.LIVE, progress=READY)
    assert [(reason.code, reason.detail) for reason in move.refused] == [("review_pending", "order_status")]
    reviewed = replace(READY, reviewed=frozenset({"order_status"}))
    assert refused(first, "invoice_copy", Stage.LIVE, reviewed) == []


def test_going_out_of_turn_takes_a_reason_that_is_kept() -> None:
    first = with_stage(DRAFTING, "order_status", Stage.PILOT)
    assert refused(first, "invoice_copy", Stage.LIVE, override="  ") == ["review_pending"]
    move = may_move(first, "invoice_copy", Stage.LIVE, progress=READY, override="season starts")
    assert move.allowed
    assert [reason.code for reason in move.overridden] == ["review_pending"]


def test_the_first_intent_goes_live_alone() -> None:
    assert refused(with_stage(DRAFTING, "order_status", Stage.PILOT), "order_status", Stage.LIVE) == []


def test_intents_that_are_never_sent_need_no_goals() -> None:
    live = with_stage(DRAFTING, "order_status", Stage.LIVE)
    assert refused(live, "refund_status", Stage.LIVE, Progress()) == []


def test_a_published_policy_tells_its_moves() -> None:
    after = with_stage(with_stage(DRAFTING, "order_status", Stage.PILOT), "complaint", Stage.SHADOW)
    assert moves(DRAFTING, after) == {"order_status": Stage.PILOT}
    assert set(moves(None, DRAFTING)) == set(TIERS)


def test_demotion_goes_back_to_drafts_never_further() -> None:
    assert [demoted(stage) for stage in Stage] == [
        Stage.OFF,
        Stage.SHADOW,
        Stage.DRAFT,
        Stage.DRAFT,
        Stage.DRAFT,
    ]


def test_the_share_is_sticky_even_and_unrelated_between_intents() -> None:
    draws = [share_draw("a1", str(number), "order_status") for number in range(5000)]
    assert draws[42] == share_draw("a1", "42", "order_status")
    assert all(0 <= draw < 1 for draw in draws)
    assert 400 < sum(draw < 0.1 for draw in draws) < 600
    other = [share_draw("a1", str(number), "invoice_copy") for number in range(5000)]
    both = sum(first < 0.1 and second < 0.1 for first, second in zip(draws, other, strict=True))
    assert 20 < both < 90
    assert share_draw("a", "1b", "s") != share_draw("a1", "b", "s")


def test_the_page_shows_why_an_intent_stands_where_it_stands() -> None:
    by = with_stage(with_stage(DRAFTING, "order_status", Stage.PILOT), "invoice_copy", Stage.SHADOW)
    shown = page(by, certified={"order_status"}, goals_frozen={"order_status"})
    assert [line.intent for line in shown.alone] == ["order_status"]
    held = {line.intent: [reason.code for reason in line.reasons] for line in (*shown.approval, *shown.person)}
    assert held["return_policy"] == ["stage_draft", "not_certified", "goal_not_frozen"]
    assert held["refund_status"] == ["tier_approval", "stage_draft"]
    assert held["complaint"] == ["tier_human_only", "stage_draft"]
    assert held["invoice_copy"][0] == "stage_shadow"
    assert "invoice_copy" in {line.intent for line in shown.person}


def test_an_account_in_shadow_leaves_everything_to_people() -> None:
    shown = page(policy(), certified=TIERS, goals_frozen=TIERS, account_stage=Stage.SHADOW)
    assert (shown.alone, shown.approval) == ((), ())


def test_the_page_names_what_holds_for_every_intent() -> None:
    shown = page(policy())
    assert {"signal_asks_for_human", "unmapped"} <= set(shown.always_person)
    assert {"requester_not_verified", "check_failed"} <= set(shown.holds_back)
    assert set(shown.always_person) | set(shown.holds_back) <= CODES


@pytest.mark.parametrize("stage", [Stage.PILOT, Stage.LIVE])
def test_an_intent_confused_with_a_human_only_one_is_refused_unless_somebody_answers_for_it(stage: Stage) -> None:
    mixed = replace(READY, confused={"order_status": "billing_dispute"})
    move = may_move(DRAFTING, "order_status", stage, progress=mixed)
    assert [(reason.code, reason.detail) for reason in move.refused] == [
        ("confused_with_human_only", "order_status/billing_dispute")
    ]
    covered = may_move(DRAFTING, "order_status", stage, progress=mixed, override="we read each of them")
    assert covered.allowed
    assert [reason.code for reason in covered.overridden] == ["confused_with_human_only"]
    assert refused(DRAFTING, "invoice_copy", stage, mixed) == []
