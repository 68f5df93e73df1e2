"""Decides what may happen to a ticket [D1]. The only code that can order a send.

A decision is the strictest of two things: what the *stage* makes visible (intent, account, postures, kill switch,
pilot share) and what the *rules* leave possible (`rules.py`). It carries every reason that keeps it from being
freer, the most decisive first.

The **gate** is True when both keys would let a draft that passes its checks be sent, as far as this message is
concerned: tier, floor, signals, sender, thread, scores, language, channel and brand. It leaves out what is about
the moment or the roll-out (stage short of `off`, hours, caps, budget, owner, goals, certification, pilot share)
and the draft itself. So people's verdicts on would-be sends can certify an intent in shadow, and can certify it
again after it was demoted; with everything released, gate and a passed review are exactly a send.
"""

from __future__ import annotations

from collections.abc import Iterable

from connector.model import FLOOR_INTENTS, FLOOR_SIGNALS, UNMAPPED, Action, Decision, Posture, Reason, Stage, Tier
from connector.policy.question import Question, Review, Standing
from connector.policy.rules import (
    RULES,
    SENDING_STAGES,
    Case,
    Kind,
    Rule,
    is_floor,
)
from connector.policy.terms import STAGES, Policy, strictest_stage

__all__ = [
    "Question",
    "Review",
    "Standing",
    "decide",
    "effective_stage",
    "may_acknowledge",
    "safe_decide",
    "would_send",
]

SENT = "both_keys_turned"
INTERNAL_ERROR = "internal_error"
NO_POLICY = "no_valid_policy"

STAGE_CODES = (
    NO_POLICY,
    "kill_switch",
    "posture_off",
    "posture_draft",
    "stage_off",
    "stage_shadow",
    "stage_draft",
    "not_in_pilot_share",
)

CODES = frozenset({*(rule.code for rule in RULES), *STAGE_CODES, SENT, INTERNAL_ERROR})
"""Every reason code a decision can carry."""

_FREEDOM = (Action.HAND_OFF, Action.DRAFT, Action.AUTO_SEND)
_UNSEEN = (Stage.OFF, Stage.SHADOW)

# What must also hold where not the answer but only a confirmation of receipt would go out.
_ACKNOWLEDGE_CODES = frozenset(
    {
        "signal_spam",
        "signal_machine_mail",
        "signal_injection",
        "signal_already_handled",
        "ticket_not_ours",
        "person_has_taken",
        "nothing_to_answer",
        "requester_not_verified",
        "others_on_thread",
        "sender_doubtful",
        "language_not_supported",
        "channel_not_allowed",
        "brand_not_allowed",
        "reply_not_possible",
        "ticket_cap_reached",
        "recipient_cap_reached",
        "account_cap_reached",
    }
)


def decide(question: Question) -> Decision:
    """What may happen to this ticket, and why. Raises nothing for values of the declared types."""
    caps = _stage_caps(question)
    stage = strictest_stage(*(cap for cap, _ in caps))
    policy = question.policy
    if policy is None:
        return _decision(question, Tier.HUMAN_ONLY, stage, Action.HAND_OFF, _ordered(caps, ()), gate=False)
    case = _case(question, policy)
    findings = _findings(case)
    action = _visible(stage, _strictest(rule for rule, _ in findings))
    gate = stage is not Stage.OFF and not any(rule.kind is Kind.MESSAGE for rule, _ in findings)
    reasons = _ordered(caps, findings) or (Reason(code=SENT),)
    return _decision(question, case.tier, stage, action, reasons, gate=gate)


def safe_decide(question: Question) -> Decision:
    """As `decide`; an unexpected error becomes a hand-off, never a send and never silence [D3]."""
    try:
        return decide(question)
    except Exception as error:  # noqa: BLE001 - whatever is wrong in here must end with a person
        reason = Reason(code=INTERNAL_ERROR, detail=type(error).__name__)
        return _decision(question, Tier.HUMAN_ONLY, _stage_or_off(question), Action.HAND_OFF, (reason,), gate=False)


def would_send(question: Question, decision: Decision) -> bool:
    """Whether this is a would-be or real automatic send, on which people's verdicts count [D4]."""
    return decision.gate and question.review is not None and question.review.passed


def effective_stage(question: Question) -> Stage:
    """The stage that counts: the strictest of account, intent, postures, kill switch and pilot share."""
    return strictest_stage(*(cap for cap, _ in _stage_caps(question)))


def may_acknowledge(question: Question, decision: Decision) -> bool:
    """Whether an approved confirmation of receipt may go out beside this hand-off or draft [H4].

    Only outside business hours, at a sending stage, where the policy approves it for the main intent, and to
    a sender we may write to. A floor signal needs that approval on a floor intent: no other covers it.
    """
    policy, intent = question.policy, question.triage.intent
    rule = policy.intents.get(intent) if policy else None
    if policy is None or rule is None or not rule.acknowledge or question.standing.within_hours:
        return False
    if decision.stage not in SENDING_STAGES or decision.action not in (Action.HAND_OFF, Action.DRAFT):
        return False
    if question.triage.signals & FLOOR_SIGNALS and intent not in FLOOR_INTENTS:
        return False
    case = _case(question, policy)
    return not any(rule.finding(case) for rule in RULES if rule.code in _ACKNOWLEDGE_CODES)


# --- Stage ------------------------------------------------------------------------------------------

_Cap = tuple[Stage, Reason]


def _stage_caps(question: Question) -> tuple[_Cap, ...]:
    """Everything that caps the stage, strictest kinds first."""
    standing = question.standing
    caps: list[_Cap] = []
    if question.policy is None:
        # A policy that cannot be read allows nothing [D3].
        caps.append((Stage.OFF, Reason(code=NO_POLICY)))
    if standing.killed is not None:
        caps.append((Stage.OFF, Reason(code="kill_switch", detail=standing.killed.intent or "")))
    if Posture.OFF in standing.postures:
        caps.append((Stage.OFF, Reason(code="posture_off")))
    if Posture.DRAFT in standing.postures:
        caps.append((Stage.DRAFT, Reason(code="posture_draft")))
    caps.append(_stage_cap(standing.account_stage, "account"))
    return (*caps, *_intent_caps(question, strictest_stage(*(cap for cap, _ in caps))))


def _intent_caps(question: Question, account: Stage) -> tuple[_Cap, ...]:
    """What the main intent's own roll-out adds.

    A ticket with a floor signal takes the account's stage: an intent that is still off or in shadow must not keep
    a person from getting the card. What the policy does not list has no stage of its own.
    """
    intent, policy = question.triage.intent, question.policy
    rule = policy.intents.get(intent) if policy else None
    if rule is None or intent == UNMAPPED or question.triage.signals & FLOOR_SIGNALS:
        return ()
    cap = _stage_cap(rule.stage, intent)
    piloting = strictest_stage(account, rule.stage) is Stage.PILOT
    if piloting and not question.standing.share_draw * 100 < rule.pilot_share:
        # Outside the share a pilot does not exist: the hold-out sees what it saw before.
        return cap, (Stage.DRAFT, Reason(code="not_in_pilot_share", detail=intent))
    return (cap,)


def _stage_cap(stage: Stage, whose: str) -> _Cap:
    return stage, Reason(code=f"stage_{stage.value}", detail=whose)


def _held(caps: tuple[_Cap, ...]) -> tuple[_Cap, ...]:
    """The caps that keep back, strictest first."""
    held = [cap for cap in caps if cap[0] not in SENDING_STAGES]
    return tuple(sorted(held, key=lambda cap: STAGES.index(cap[0])))


def _stage_or_off(question: Question) -> Stage:
    try:
        return effective_stage(question)
    except Exception:  # noqa: BLE001 - not even the stage can be told, so nothing may be written
        return Stage.OFF


# --- Rules ------------------------------------------------------------------------------------------

_Found = tuple[Rule, tuple[Reason, ...]]


def _case(question: Question, policy: Policy) -> Case:
    triage = question.triage
    return Case(question=question, policy=policy, intents=tuple(dict.fromkeys((triage.intent, *triage.also))))


def _findings(case: Case) -> tuple[_Found, ...]:
    """The rules that apply, with a reason for each time they do.

    Roll-out rules are only asked about messages that could be sent one day, and the draft is only looked at
    where there may be one: other answers would explain nothing.
    """
    asked = [rule for rule in RULES if rule.kind is not Kind.RELEASE or case.tier is Tier.AUTO]
    found = [(rule, tuple(Reason(code=rule.code, detail=item) for item in rule.finding(case))) for rule in asked]
    applying = [(rule, reasons) for rule, reasons in found if reasons]
    if any(rule.allows is Action.HAND_OFF and rule.kind is Kind.MESSAGE for rule, _ in applying):
        applying = [(rule, reasons) for rule, reasons in applying if rule.kind is not Kind.DRAFT]
    return tuple(applying)


def _strictest(rules: Iterable[Rule]) -> Action:
    """The most that all these rules leave possible; a send where there are none."""
    return min((rule.allows for rule in rules), key=_FREEDOM.index, default=Action.AUTO_SEND)


def _visible(stage: Stage, allowed: Action) -> Action:
    """The row of the visibility table for this stage."""
    if stage is Stage.OFF:
        return Action.HAND_OFF
    if stage is Stage.SHADOW:
        return Action.SHADOW
    if stage is Stage.DRAFT:
        return min(allowed, Action.DRAFT, key=_FREEDOM.index)
    return allowed


def _ordered(caps: tuple[_Cap, ...], findings: tuple[_Found, ...]) -> tuple[Reason, ...]:
    """All reasons, the most decisive first; within one rank in the order of the rules."""
    ranked: list[tuple[int, tuple[Reason, ...]]] = [
        (0 if stage in _UNSEEN else 3, (reason,)) for stage, reason in _held(caps)
    ]
    ranked += [(_rank(rule), reasons) for rule, reasons in findings]
    return tuple(reason for _, reasons in sorted(ranked, key=lambda item: item[0]) for reason in reasons)


def _rank(rule: Rule) -> int:
    """A person's ticket comes first, then what is special about this message, then what is true of all."""
    if rule.allows is Action.HAND_OFF:
        return 1
    return 2 if rule.kind is Kind.MESSAGE else 4


def _decision(
    question: Question, tier: Tier, stage: Stage, action: Action, reasons: tuple[Reason, ...], *, gate: bool
) -> Decision:
    return Decision(
        action=action,
        intent=question.triage.intent,
        tier=tier,
        stage=stage,
        reasons=reasons,
        gate=gate,
        writes=stage not in _UNSEEN,
        policy_version=question.policy.version if question.policy else "",
        floor=is_floor(question),
    )
