"""The visibility table of the product, row by row, and every reason by name."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from policy_builders import KILLED, PASSED, comment, policy, question, rule, standing, ticket, triage

from connector.model import (
    FLOOR_SIGNALS,
    HUMAN_ONLY_SIGNALS,
    UNMAPPED,
    Action,
    Channel,
    Decision,
    DraftCheck,
    Posture,
    Role,
    SenderWarning,
    Signal,
    Stage,
    Status,
    TicketFlag,
    Tier,
)
from connector.policy.engine import CODES, decide, may_acknowledge, safe_decide, would_send
from connector.policy.hours import Hours
from connector.policy.question import Question, Review, Standing
from connector.policy.terms import USUAL_HUMAN_ONLY, Caps, as_if_live

OFF, SHADOW, DRAFT, PILOT, LIVE = Stage
ROWS = {
    # stage: (first column, approval, auto), whether the ticket is written to
    OFF: ((Action.HAND_OFF, Action.HAND_OFF, Action.HAND_OFF), False),
    SHADOW: ((Action.SHADOW, Action.SHADOW, Action.SHADOW), False),
    DRAFT: ((Action.HAND_OFF, Action.DRAFT, Action.DRAFT), True),
    PILOT: ((Action.HAND_OFF, Action.DRAFT, Action.AUTO_SEND), True),
    LIVE: ((Action.HAND_OFF, Action.DRAFT, Action.AUTO_SEND), True),
}
BY_COLUMN = {0: "complaint", 1: "refund_status", 2: "order_status"}


def codes(decision: Decision) -> list[str]:
    return [reason.code for reason in decision.reasons]


@pytest.mark.parametrize("column", BY_COLUMN)
@pytest.mark.parametrize("account", list(Stage))
@pytest.mark.parametrize("intent_stage", list(Stage))
def test_action_and_writes_by_stage_and_tier(account: Stage, intent_stage: Stage, column: int) -> None:
    decision = decide(question(triage(BY_COLUMN[column]), by=policy(intent_stage), now=standing(account_stage=account)))
    stage = min(account, intent_stage, key=list(Stage).index)
    actions, writes = ROWS[stage]
    assert (decision.action, decision.writes, decision.stage) == (actions[column], writes, stage)
    assert decision.gate is (column == 2 and stage is not OFF)


@pytest.mark.parametrize("signal", list(Signal))
@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("intent", ["order_status", "refund_status", "complaint", "billing_dispute", UNMAPPED])
def test_first_column_by_signal(intent: str, stage: Stage, signal: Signal) -> None:
    decision = decide(question(triage(intent, signal), by=policy(stage)))
    # A floor signal takes the account's stage; so does what the policy does not list.
    effective = LIVE if signal in FLOOR_SIGNALS or intent == UNMAPPED else stage
    actions, writes = ROWS[effective]
    assert decision.writes is writes
    assert decision.floor is (signal in FLOOR_SIGNALS or intent == "billing_dispute")
    in_first = signal in HUMAN_ONLY_SIGNALS or intent in (UNMAPPED, "complaint", "billing_dispute")
    if in_first:
        assert (decision.action, decision.tier) == (actions[0], Tier.HUMAN_ONLY)
        assert not decision.gate
    elif signal in (Signal.SPAM, Signal.MACHINE_MAIL):
        assert decision.action is actions[0]
    elif signal is Signal.NEAR_MISS:  # goes both ways, so it says nothing by itself
        assert decision.action is actions[2 if intent == "order_status" else 1]
    else:
        assert decision.action is min(actions[1], Action.DRAFT, key=list(Action).index)
        assert not decision.gate


@pytest.mark.parametrize("stage", list(Stage))
@pytest.mark.parametrize("account", list(Stage))
def test_floor_signal_takes_the_stage_of_the_account(account: Stage, stage: Stage) -> None:
    asked = triage("order_status", Signal.ASKS_FOR_HUMAN)
    decision = decide(question(asked, by=policy(stage), now=standing(account_stage=account)))
    actions, writes = ROWS[account]
    assert (decision.action, decision.writes, decision.stage) == (actions[0], writes, account)


def test_other_human_only_signal_keeps_the_stage_of_the_intent() -> None:
    decision = decide(question(triage("order_status", Signal.ANGER), by=policy(SHADOW)))
    assert (decision.action, decision.writes) == (Action.SHADOW, False)


@pytest.mark.parametrize("asked", [triage(), triage("order_status", Signal.LEGAL), triage(UNMAPPED)])
def test_without_valid_policy_everything_goes_to_a_person_unwritten(asked: Any) -> None:
    decision = decide(replace(question(asked), policy=None))
    assert (decision.action, decision.writes, decision.gate) == (Action.HAND_OFF, False, False)
    assert codes(decision)[0] == "no_valid_policy"
    assert decision.policy_version == ""


@pytest.mark.parametrize("asked", [triage(), triage("order_status", Signal.LEGAL), triage(UNMAPPED)])
def test_kill_switch_acts_like_stage_off(asked: Any) -> None:
    decision = decide(question(asked, now=standing(killed=KILLED)))
    assert (decision.action, decision.stage, decision.writes) == (Action.HAND_OFF, OFF, False)
    assert codes(decision)[0] == "kill_switch"


@pytest.mark.parametrize(
    ("postures", "stage"),
    [((Posture.NORMAL,), LIVE), ((Posture.DRAFT, Posture.NORMAL), DRAFT), ((Posture.DRAFT, Posture.OFF), OFF)],
)
def test_strictest_posture_wins(postures: tuple[Posture, ...], stage: Stage) -> None:
    assert decide(question(now=standing(postures=postures))).stage is stage


@pytest.mark.parametrize(
    ("share", "draw", "action"),
    [
        (0, 0.0, Action.DRAFT),
        (10, 0.0999, Action.AUTO_SEND),
        (10, 0.1, Action.DRAFT),
        (100, 0.999, Action.AUTO_SEND),
    ],
)
def test_pilot_reaches_its_share_only(share: int, draw: float, action: Action) -> None:
    pilot = policy(intents={"order_status": rule("order_status", Tier.AUTO, PILOT, pilot_share=share)})
    decision = decide(question(by=pilot, now=standing(share_draw=draw)))
    assert decision.action is action
    assert ("not_in_pilot_share" in codes(decision)) is (action is Action.DRAFT)
    assert decision.gate


def test_an_account_in_pilot_limits_a_live_intent_to_its_share() -> None:
    live = policy(intents={"order_status": rule("order_status", Tier.AUTO, LIVE, pilot_share=10)})
    decision = decide(question(by=live, now=standing(account_stage=PILOT, share_draw=0.5)))
    assert (decision.action, decision.stage) == (Action.DRAFT, DRAFT)


@pytest.mark.parametrize(
    ("also", "action"),
    [
        (("invoice_copy",), Action.AUTO_SEND),
        (("invoice_copy", "refund_status"), Action.DRAFT),
        (("complaint",), Action.HAND_OFF),
        (("billing_dispute",), Action.HAND_OFF),
        ((UNMAPPED,), Action.HAND_OFF),
        (("nobody_knows",), Action.HAND_OFF),
    ],
)
def test_a_mixed_message_is_as_strict_as_its_strictest_part(also: tuple[str, ...], action: Action) -> None:
    decision = decide(question(triage("order_status", Signal.MIXED, also=also)))
    assert decision.action is action
    assert decision.floor is ("billing_dispute" in also)


# --- Every reason ------------------------------------------------------------------------------------

FAILED = Review(
    complete=True,
    checks=(DraftCheck(name="grounded", passed=False), DraftCheck(name="links", passed=False)),
)
SPOILT: dict[str, tuple[Question, Action]] = {
    "floor_intent": (question(triage("billing_dispute")), Action.HAND_OFF),
    "tier_human_only": (question(triage("complaint")), Action.HAND_OFF),
    "unmapped": (question(triage(UNMAPPED)), Action.HAND_OFF),
    "intent_not_in_policy": (question(triage("nobody_knows")), Action.HAND_OFF),
    "human_only_likely": (question(triage(human_only_probability=0.51)), Action.HAND_OFF),
    "ticket_not_ours": (question(of=ticket(status=Status.CLOSED)), Action.HAND_OFF),
    "no_draft": (question(review=Review(complete=False, checks=(), drafted=False)), Action.HAND_OFF),
    "tier_approval": (question(triage("refund_status")), Action.DRAFT),
    "part_without_name": (question(triage("order_status", Signal.MIXED)), Action.DRAFT),
    "person_has_taken": (question(now=standing(person_has_taken=True)), Action.DRAFT),
    "nothing_to_answer": (question(of=ticket(comments=(comment(), comment(Role.AGENT)))), Action.DRAFT),
    "requester_not_verified": (question(now=standing(requester_verified=False)), Action.DRAFT),
    "others_on_thread": (question(of=ticket(cc=("x@other.example",))), Action.DRAFT),
    "sender_doubtful": (
        question(of=ticket(comments=(comment(warnings=frozenset({SenderWarning.UNTRUSTED})),))),
        Action.DRAFT,
    ),
    "human_only_possible": (question(triage(human_only_probability=USUAL_HUMAN_ONLY)), Action.DRAFT),
    "confidence_too_low": (question(triage(confidence=0.59)), Action.DRAFT),
    "out_of_scope": (question(triage(out_of_scope=0.5)), Action.DRAFT),
    "model_doubts": (question(replace(triage(), doubts=("person",))), Action.DRAFT),
    "language_not_supported": (question(triage(language="fr")), Action.DRAFT),
    "channel_not_allowed": (question(of=ticket(channel=Channel.CHAT)), Action.DRAFT),
    "brand_not_allowed": (question(by=policy(brands=frozenset({"b1"}))), Action.DRAFT),
    "reply_not_possible": (question(now=standing(reply_possible=False)), Action.DRAFT),
    "not_certified": (question(now=standing(certified=False)), Action.DRAFT),
    "goal_not_frozen": (question(now=standing(goal_frozen=False)), Action.DRAFT),
    "no_owner": (
        question(by=policy(intents={"order_status": rule("order_status", Tier.AUTO, owner="")})),
        Action.DRAFT,
    ),
    "part_not_released": (
        question(
            triage(also=("invoice_copy",)),
            by=policy(
                intents={
                    "order_status": rule("order_status", Tier.AUTO),
                    "invoice_copy": rule("invoice_copy", Tier.AUTO, DRAFT),
                }
            ),
        ),
        Action.DRAFT,
    ),
    "ticket_cap_reached": (question(now=standing(replied_since_agent=True)), Action.DRAFT),
    "recipient_cap_reached": (question(now=standing(sends_to_requester_today=3)), Action.DRAFT),
    "account_cap_reached": (question(now=standing(sends_of_account_10min=30)), Action.DRAFT),
    "budget_spent": (question(now=standing(budget_left=False)), Action.DRAFT),
    "outside_hours": (question(now=standing(within_hours=False)), Action.DRAFT),
    "check_failed": (question(review=FAILED), Action.DRAFT),
    "checks_missing": (question(review=Review(complete=True, checks=())), Action.DRAFT),
    "draft_incomplete": (question(review=replace(PASSED, complete=False)), Action.DRAFT),
    "rests_on_past_reply": (question(review=replace(PASSED, past_reply=True)), Action.DRAFT),
    "not_drafted_yet": (question(review=None), Action.DRAFT),
    "kill_switch": (question(now=standing(killed=KILLED)), Action.HAND_OFF),
    "no_valid_policy": (replace(question(), policy=None), Action.HAND_OFF),
    "posture_off": (question(now=standing(postures=(Posture.OFF,))), Action.HAND_OFF),
    "posture_draft": (question(now=standing(postures=(Posture.DRAFT,))), Action.DRAFT),
    "stage_off": (question(by=policy(OFF)), Action.HAND_OFF),
    "stage_shadow": (question(now=standing(account_stage=SHADOW)), Action.SHADOW),
    "stage_draft": (question(by=policy(DRAFT)), Action.DRAFT),
    "not_in_pilot_share": (
        question(by=policy(intents={"order_status": rule("order_status", Tier.AUTO, PILOT, pilot_share=0)})),
        Action.DRAFT,
    ),
    "both_keys_turned": (question(), Action.AUTO_SEND),
    **{
        f"signal_{item.value}": (
            question(triage("order_status", item)),
            Action.HAND_OFF if item in HUMAN_ONLY_SIGNALS | {Signal.SPAM, Signal.MACHINE_MAIL} else Action.DRAFT,
        )
        for item in Signal
        if item not in (Signal.NEAR_MISS, Signal.MIXED)
    },
}


@pytest.mark.parametrize("code", SPOILT)
def test_one_spoilt_fact_gives_its_reason_and_nothing_else(code: str) -> None:
    asked, action = SPOILT[code]
    decision = decide(asked)
    assert decision.action is action
    # What is likely is possible, too.
    assert set(codes(decision)) == {code} | ({"human_only_possible"} if code == "human_only_likely" else set())


def test_every_reason_was_reached() -> None:
    assert set(SPOILT) | {"internal_error"} == set(CODES)


def test_all_reasons_are_told_most_decisive_first() -> None:
    asked = question(
        triage("order_status", Signal.INJECTION, Signal.LEGAL, confidence=0.1),
        by=policy(DRAFT),
        now=standing(account_stage=SHADOW),
    )
    assert codes(decide(asked)) == ["stage_shadow", "signal_legal", "signal_injection", "confidence_too_low"]


def test_a_failed_check_is_named() -> None:
    assert [item.detail for item in decide(question(review=FAILED)).reasons] == ["grounded", "links"]


def test_no_reason_carries_words_of_the_customer() -> None:
    for asked, _ in SPOILT.values():
        assert all("words of a customer" not in reason.detail for reason in decide(asked).reasons)


def test_another_customer_on_the_thread_counts_as_company() -> None:
    both = (comment(), comment(Role.OTHER_CUSTOMER, id="c2"))
    assert codes(decide(question(of=ticket(comments=both)))) == ["others_on_thread"]


def test_an_outbound_ticket_is_ours_once_the_customer_wrote() -> None:
    assert decide(question(of=ticket(flags=frozenset({TicketFlag.OUTBOUND})))).action is Action.AUTO_SEND
    assert decide(question(of=ticket(flags=frozenset({TicketFlag.MERGED})))).action is Action.HAND_OFF


def test_the_account_owner_owns_what_the_policy_leaves_unowned() -> None:
    unowned = policy(intents={"order_status": rule("order_status", Tier.AUTO, owner="")})
    assert decide(question(by=unowned, now=standing(account_owner="Mara"))).action is Action.AUTO_SEND


def test_a_cap_of_zero_per_ticket_never_sends() -> None:
    assert codes(decide(question(by=policy(caps=Caps(per_ticket=0))))) == ["ticket_cap_reached"]


def test_hours_that_do_not_limit_sends_let_them_pass() -> None:
    always = Hours(timezone="UTC", days=((),) * 7, limit_sends=False)
    asked = question(by=policy(hours=always), now=standing(within_hours=False))
    assert decide(asked).action is Action.AUTO_SEND


@pytest.mark.parametrize("name", ["confidence", "human_only_probability", "out_of_scope"])
def test_a_score_that_is_no_number_holds_back(name: str) -> None:
    assert decide(question(triage(**{name: float("nan")}))).action is not Action.AUTO_SEND


# --- Gate, would-be sends, errors -------------------------------------------------------------------


def test_the_gate_ignores_the_moment_and_the_roll_out() -> None:
    held = standing(
        certified=False,
        goal_frozen=False,
        within_hours=False,
        replied_since_agent=True,
        sends_to_requester_today=9,
        sends_of_account_10min=99,
        budget_left=False,
    )
    for stage in (SHADOW, DRAFT, PILOT, LIVE):
        asked = question(by=policy(stage), now=held)
        decision = decide(asked)
        assert decision.gate
        assert decision.action is not Action.AUTO_SEND
        assert would_send(asked, decision)


@pytest.mark.parametrize("review", [None, FAILED, Review(complete=True, checks=()), replace(PASSED, complete=False)])
def test_a_would_be_send_needs_a_passed_draft(review: Review | None) -> None:
    asked = question(review=review)
    decision = decide(asked)
    assert decision.gate
    assert not would_send(asked, decision)
    assert decision.action is not Action.AUTO_SEND


class Broken(Standing):
    """Facts that cannot be read."""

    @property
    def person_has_taken(self) -> bool:  # breaking it is the point
        raise RuntimeError("broken")

    @person_has_taken.setter
    def person_has_taken(self, value: bool) -> None:
        pass


def test_an_unexpected_error_becomes_a_hand_off() -> None:
    fields = {name: getattr(standing(), name) for name in Standing.__dataclass_fields__}
    for stage, writes in ((SHADOW, False), (LIVE, True)):
        broken = Broken(**{**fields, "account_stage": stage})
        decision = safe_decide(question(now=broken))
        assert (decision.action, decision.writes, decision.gate) == (Action.HAND_OFF, writes, False)
        assert codes(decision) == ["internal_error"]
        assert decision.reasons[0].detail == "RuntimeError"


def test_an_error_in_the_stage_itself_writes_nothing() -> None:
    decision = safe_decide(question(now=standing(postures=None)))
    assert (decision.action, decision.stage, decision.writes) == (Action.HAND_OFF, OFF, False)


def test_safe_decide_is_decide_where_nothing_breaks() -> None:
    assert all(safe_decide(asked) == decide(asked) for asked, _ in SPOILT.values())


def test_as_if_live_releases_auto_intents_and_nothing_else() -> None:
    starter = as_if_live(policy(DRAFT, brands=frozenset({"b1"})))
    for channel in Channel:
        assert decide(question(by=starter, of=ticket(channel=channel))).action is Action.AUTO_SEND
    assert decide(question(triage("refund_status"), by=starter)).action is Action.DRAFT
    assert decide(question(triage("billing_dispute"), by=starter)).action is Action.HAND_OFF


# --- Acknowledgement --------------------------------------------------------------------------------


def acknowledged(asked: Question) -> bool:
    return may_acknowledge(asked, decide(asked))


def approving(intent: str, tier: Tier, stage: Stage = LIVE) -> dict[str, Any]:
    return {"intents": {intent: rule(intent, tier, stage, acknowledge=True)}}


CLOSED = standing(within_hours=False)


@pytest.mark.parametrize("intent", ["order_status", "refund_status", "complaint", "billing_dispute"])
def test_an_approved_confirmation_goes_out_while_closed(intent: str) -> None:
    by = policy(**approving(intent, Tier.HUMAN_ONLY))
    assert acknowledged(question(triage(intent), by=by, now=CLOSED))
    assert not acknowledged(question(triage(intent), by=by))
    assert not acknowledged(question(triage(intent), now=CLOSED))
    assert not acknowledged(replace(question(triage(intent), now=CLOSED), policy=None))


@pytest.mark.parametrize("stage", [OFF, SHADOW, DRAFT])
def test_no_confirmation_before_the_pilot(stage: Stage) -> None:
    by = policy(**approving("complaint", Tier.HUMAN_ONLY, stage))
    assert not acknowledged(question(triage("complaint"), by=by, now=CLOSED))


def test_a_floor_signal_is_confirmed_only_under_an_approved_floor_intent() -> None:
    assert not acknowledged(
        question(triage("order_status", Signal.LEGAL), by=policy(**approving("order_status", Tier.AUTO)), now=CLOSED)
    )
    floor = policy(**approving("security_or_legal", Tier.HUMAN_ONLY))
    assert acknowledged(question(triage("security_or_legal", Signal.LEGAL), by=floor, now=CLOSED))


@pytest.mark.parametrize(
    "spoilt",
    [
        {"asked": triage("complaint", Signal.SPAM)},
        {"asked": triage("complaint", Signal.INJECTION)},
        {"asked": triage("complaint", language="fr")},
        {"of": ticket(cc=("x@other.example",))},
        {"now": replace(CLOSED, requester_verified=False)},
        {"now": replace(CLOSED, person_has_taken=True)},
        {"now": replace(CLOSED, replied_since_agent=True)},
        {"now": replace(CLOSED, sends_to_requester_today=3)},
        {"now": replace(CLOSED, killed=KILLED)},
    ],
)
def test_a_confirmation_goes_only_where_a_reply_may_go(spoilt: dict[str, Any]) -> None:
    facts: dict[str, Any] = {
        "asked": triage("complaint"),
        "by": policy(**approving("complaint", Tier.HUMAN_ONLY)),
        "now": CLOSED,
        **spoilt,
    }
    assert not acknowledged(question(**facts))


def test_an_incomplete_draft_names_what_it_lacks() -> None:
    asked = question(review=replace(PASSED, complete=False, missing=("order_number", "invoice")))
    assert [(reason.code, reason.detail) for reason in decide(asked).reasons] == [
        ("draft_incomplete", "order_number, invoice")
    ]
