"""The rules, in order: each one condition with one named reason and the most it leaves possible.

A rule can only hold back. What no rule holds back may be sent; the engine takes the strictest of those that
apply. Conditions on numbers are written so that a value that is no number (NaN) or no probability holds back, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from connector.model import (
    FLOOR_INTENTS,
    FLOOR_SIGNALS,
    HUMAN_ONLY_SIGNALS,
    UNMAPPED,
    Action,
    Role,
    Signal,
    Stage,
    Status,
    TicketFlag,
    Tier,
)
from connector.policy.question import Question
from connector.policy.terms import MOST_HUMAN_ONLY, IntentPolicy, Policy, strictest_tier

SURELY_HUMAN_ONLY = 0.5
"""Above this total human-only probability a person gets the ticket without a draft, whatever intent won."""

SENDING_STAGES = (Stage.PILOT, Stage.LIVE)


class Kind(StrEnum):
    """What a rule looks at. Only MESSAGE rules count for the gate."""

    MESSAGE = "message"  # this ticket, its sender and text, against what the policy says about such tickets
    RELEASE = "release"  # how far the team has released the intent, and the limits of the moment
    DRAFT = "draft"  # the finished draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A question whose policy is valid, with the intents it is about: the main one first."""

    question: Question
    policy: Policy
    intents: tuple[str, ...]

    @property
    def rule(self) -> IntentPolicy | None:
        """What the policy says about the main intent."""
        return self.policy.intents.get(self.intents[0])

    @property
    def tier(self) -> Tier:
        """The most the whole message may ever lead to: human_only for the first column of the visibility table."""
        if self.question.triage.signals & HUMAN_ONLY_SIGNALS:
            return Tier.HUMAN_ONLY
        return strictest_tier(*(tier_of(self.policy, intent) for intent in self.intents))


Finding = tuple[str, ...]
"""One detail for each time a rule applies; empty = it does not apply."""

APPLIES: Finding = ("",)
NOT: Finding = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """A named condition; where it holds, nothing freer than `allows` may happen."""

    code: str
    allows: Action
    kind: Kind
    finding: Callable[[Case], Finding]


def is_floor(question: Question) -> bool:
    """Whether the message stands on the floor, by signal or by any intent it raises [D2]."""
    triage = question.triage
    return bool(triage.signals & FLOOR_SIGNALS) or bool(FLOOR_INTENTS & {triage.intent, *triage.also})


def tier_of(policy: Policy, intent: str) -> Tier:
    """The tier of one intent; the floor and what the policy does not know are human_only whatever stands there."""
    rule = policy.intents.get(intent)
    return Tier.HUMAN_ONLY if rule is None or intent in FLOOR_INTENTS or intent == UNMAPPED else rule.tier


# --- Hand-offs: a person, without a draft ----------------------------------------------------------


def _signal(signal: Signal) -> Callable[[Case], Finding]:
    # Found by rule, so the explanation names the rule; never the customer's words.
    def finding(case: Case) -> Finding:
        return tuple(dict.fromkeys(hit.rule for hit in case.question.triage.hits if hit.signal is signal))

    return finding


# The floor holds by intent, too: a dispute whose words no signal rule knows is still a dispute.
def _floor_intent(case: Case) -> Finding:
    return tuple(intent for intent in case.intents if intent in FLOOR_INTENTS)


# What nobody listed, nobody approved an answer for.
def _unmapped(case: Case) -> Finding:
    return APPLIES if UNMAPPED in case.intents else NOT


# The catalogue may be wider than the policy: silence of the policy is no permission.
def _not_in_policy(case: Case) -> Finding:
    return tuple(item for item in case.intents if item != UNMAPPED and item not in case.policy.intents)


# A mixed message is as delicate as its most delicate part, so every intent it raises counts.
def _human_only(case: Case) -> Finding:
    return tuple(
        intent
        for intent in case.intents
        if intent in case.policy.intents
        and intent not in FLOOR_INTENTS
        and tier_of(case.policy, intent) is Tier.HUMAN_ONLY
        and intent != UNMAPPED
    )


# A harmless intent may win narrowly over many human-only ones that are likelier together.
def _surely_human_only(case: Case) -> Finding:
    probability = case.question.triage.human_only_probability
    return NOT if 0 <= probability <= SURELY_HUMAN_ONLY else (f"{probability:.2f}",)


# The loop guard ignores such tickets; should one get here, it is not ours to answer. A ticket that the team opened
# is ours once the customer has written on it.
def _not_ours(case: Case) -> Finding:
    ticket = case.question.ticket
    closed = ("closed",) if ticket.status is Status.CLOSED else NOT
    return (*sorted(flag.value for flag in ticket.flags - {TicketFlag.OUTBOUND}), *closed)


# A draft that could not be written is nothing to approve.
def _no_draft(case: Case) -> Finding:
    review = case.question.review
    return APPLIES if review is not None and not review.drafted else NOT


# --- Drafts: a person sends it, or not --------------------------------------------------------------


# The team wants to see every answer on this topic; being sure does not change that.
def _approval(case: Case) -> Finding:
    return tuple(item for item in case.intents if tier_of(case.policy, item) is Tier.APPROVAL)


# Part of the message has no name, so nobody can say that an answer would cover it.
def _unnamed_part(case: Case) -> Finding:
    mixed = Signal.MIXED in case.question.triage.signals
    return APPLIES if mixed and len(case.intents) == 1 else NOT


# Somebody is at it: a second answer would contradict or embarrass them.
def _taken(case: Case) -> Finding:
    return APPLIES if case.question.standing.person_has_taken else NOT


# The team has had the last word: a reply would answer nobody.
def _nothing_open(case: Case) -> Finding:
    return NOT if case.question.ticket.unanswered else APPLIES


# Only the helpdesk knows whether the sender is who the address says.
def _unverified(case: Case) -> Finding:
    return NOT if case.question.standing.requester_verified else APPLIES


# Whoever else is on the thread would read what concerns the requester.
def _not_alone(case: Case) -> Finding:
    ticket = case.question.ticket
    others = any(comment.role is Role.OTHER_CUSTOMER for comment in ticket.comments)
    return APPLIES if ticket.cc or others else NOT


# The helpdesk itself doubts the sender of a message that we would answer.
def _doubtful_sender(case: Case) -> Finding:
    messages = case.question.ticket.unanswered
    return tuple(sorted({warning.value for message in messages for warning in message.warnings}))


# The share of leaks falls with the total human-only probability, not with the winner's confidence.
def _maybe_human_only(case: Case) -> Finding:
    probability = case.question.triage.human_only_probability
    limit = min(case.policy.human_only_limit, MOST_HUMAN_ONLY)
    return NOT if 0 <= probability < limit else (f"{probability:.2f}",)


# Under the fitted threshold the tolerated error was not shown to hold [D4].
def _unsure(case: Case) -> Finding:
    rule, confidence = case.rule, case.question.triage.confidence
    if not 0 <= confidence <= 1:
        return (f"{confidence:.2f}",)
    return NOT if rule is None or rule.threshold <= confidence else (f"{confidence:.2f}",)


# Look-alike requests that nobody listed pass a confidence threshold about half of the time.
def _out_of_scope(case: Case) -> Finding:
    score = case.question.triage.out_of_scope
    return NOT if 0 <= score <= 1 and score < case.policy.out_of_scope_limit else (f"{score:.2f}",)


# Two readers of one message do not agree, or the second could not be asked: which is right, a person sees.
def _doubted(case: Case) -> Finding:
    return case.question.triage.doubts


# Classifier, templates and checks are only known to work in the account's languages.
def _language(case: Case) -> Finding:
    language = case.question.triage.language
    return NOT if language in case.question.standing.languages else (language,)


# A chat or a public post is answered in another tone and before other eyes than an e-mail.
def _channel(case: Case) -> Finding:
    channel = case.question.ticket.channel.value
    return NOT if channel in case.policy.channels else (channel,)


# Brands have their own texts; a team may start with one of them.
def _brand(case: Case) -> Finding:
    brand = case.question.ticket.brand_id
    return NOT if not case.policy.brands or brand in case.policy.brands else (brand or "",)


# Some tickets take no public reply through the interface; better known before than after.
def _no_reply_possible(case: Case) -> Finding:
    return NOT if case.question.standing.reply_possible else APPLIES


# --- Released? ---------------------------------------------------------------------------------------


# An answer that nobody answers for must not go out [H2].
def _no_owner(case: Case) -> Finding:
    owned = case.rule is None or case.rule.owner or case.question.standing.account_owner
    return NOT if owned else APPLIES


# Goals written after the fact are always reached [O2].
def _no_goal(case: Case) -> Finding:
    return NOT if case.question.standing.goal_frozen else APPLIES


# History proposes a threshold; only people's verdicts prove it [D4].
def _uncertified(case: Case) -> Finding:
    return NOT if case.question.standing.certified else APPLIES


# A reply to a mixed message answers every part of it, so every part must have been released.
def _part_not_released(case: Case) -> Finding:
    released = {key for key, rule in case.policy.intents.items() if rule.stage in SENDING_STAGES}
    return tuple(intent for intent in case.intents[1:] if intent not in released)


# Nobody would be there to take back what went wrong, unless the team says that it does not mind.
def _outside_hours(case: Case) -> Finding:
    hours, standing = case.policy.hours, case.question.standing
    return NOT if standing.within_hours or (hours is not None and not hours.limit_sends) else APPLIES


# One automatic reply, then a person: two machines must not write to each other [R5].
def _ticket_cap(case: Case) -> Finding:
    return APPLIES if case.question.standing.replied_since_agent or case.policy.caps.per_ticket < 1 else NOT


# Nobody wants a fourth machine answer on the same day [R5].
def _recipient_cap(case: Case) -> Finding:
    count = case.question.standing.sends_to_requester_today
    return NOT if count < case.policy.caps.per_recipient_day else (str(count),)


# A flood of sends is a fault or an attack until a person has looked at it [R5].
def _account_cap(case: Case) -> Finding:
    count = case.question.standing.sends_of_account_10min
    return NOT if count < case.policy.caps.per_account_10min else (str(count),)


# Beyond the budget the intent costs more than the team meant to spend on it.
def _budget(case: Case) -> Finding:
    return NOT if case.question.standing.budget_left else APPLIES


# --- The draft --------------------------------------------------------------------------------------


# An order to send without a text to send would be an order to send anything.
def _undrafted(case: Case) -> Finding:
    return APPLIES if case.question.review is None else NOT


def _incomplete(case: Case) -> Finding:
    review = case.question.review
    if review is None or not review.drafted or review.complete:
        return NOT
    return (", ".join(review.missing),) if review.missing else APPLIES


# "Every check passed" is also true of no checks at all; it must not count.
def _unchecked(case: Case) -> Finding:
    review = case.question.review
    return APPLIES if review is not None and review.drafted and not review.checks else NOT


# The text is judged outside the model that wrote it [G4].
def _failed_checks(case: Case) -> Finding:
    review = case.question.review
    return tuple(check.name for check in review.checks if not check.passed) if review else NOT


# What one customer was told once is no policy; a person has to say that it still holds, and for everybody [G1].
def _past_reply(case: Case) -> Finding:
    review = case.question.review
    return APPLIES if review is not None and review.drafted and review.past_reply else NOT


def _signal_rules(allows: Action, *signals: Signal) -> tuple[Rule, ...]:
    return tuple(Rule(f"signal_{item.value}", allows, Kind.MESSAGE, _signal(item)) for item in signals)


RULES: tuple[Rule, ...] = (
    *_signal_rules(
        Action.HAND_OFF,
        *(signal for signal in Signal if signal in FLOOR_SIGNALS),
        *(signal for signal in Signal if signal in HUMAN_ONLY_SIGNALS - FLOOR_SIGNALS),
        # Not worth a draft, and a reply would tell a sender of spam that somebody reads it.
        Signal.SPAM,
        Signal.MACHINE_MAIL,
    ),
    Rule("floor_intent", Action.HAND_OFF, Kind.MESSAGE, _floor_intent),
    Rule("tier_human_only", Action.HAND_OFF, Kind.MESSAGE, _human_only),
    Rule("unmapped", Action.HAND_OFF, Kind.MESSAGE, _unmapped),
    Rule("intent_not_in_policy", Action.HAND_OFF, Kind.MESSAGE, _not_in_policy),
    Rule("human_only_likely", Action.HAND_OFF, Kind.MESSAGE, _surely_human_only),
    Rule("ticket_not_ours", Action.HAND_OFF, Kind.MESSAGE, _not_ours),
    Rule("no_draft", Action.HAND_OFF, Kind.DRAFT, _no_draft),
    Rule("tier_approval", Action.DRAFT, Kind.MESSAGE, _approval),
    # A person sees text that tries to steer us; the draft is still made from approved sources only.
    *_signal_rules(Action.DRAFT, Signal.INJECTION, Signal.ALREADY_HANDLED, Signal.OUT_OF_SCOPE),
    Rule("part_without_name", Action.DRAFT, Kind.MESSAGE, _unnamed_part),
    Rule("person_has_taken", Action.DRAFT, Kind.MESSAGE, _taken),
    Rule("nothing_to_answer", Action.DRAFT, Kind.MESSAGE, _nothing_open),
    Rule("requester_not_verified", Action.DRAFT, Kind.MESSAGE, _unverified),
    Rule("others_on_thread", Action.DRAFT, Kind.MESSAGE, _not_alone),
    Rule("sender_doubtful", Action.DRAFT, Kind.MESSAGE, _doubtful_sender),
    Rule("human_only_possible", Action.DRAFT, Kind.MESSAGE, _maybe_human_only),
    Rule("confidence_too_low", Action.DRAFT, Kind.MESSAGE, _unsure),
    Rule("out_of_scope", Action.DRAFT, Kind.MESSAGE, _out_of_scope),
    Rule("model_doubts", Action.DRAFT, Kind.MESSAGE, _doubted),
    Rule("language_not_supported", Action.DRAFT, Kind.MESSAGE, _language),
    Rule("channel_not_allowed", Action.DRAFT, Kind.MESSAGE, _channel),
    Rule("brand_not_allowed", Action.DRAFT, Kind.MESSAGE, _brand),
    Rule("reply_not_possible", Action.DRAFT, Kind.MESSAGE, _no_reply_possible),
    Rule("not_certified", Action.DRAFT, Kind.RELEASE, _uncertified),
    Rule("goal_not_frozen", Action.DRAFT, Kind.RELEASE, _no_goal),
    Rule("no_owner", Action.DRAFT, Kind.RELEASE, _no_owner),
    Rule("part_not_released", Action.DRAFT, Kind.RELEASE, _part_not_released),
    Rule("ticket_cap_reached", Action.DRAFT, Kind.RELEASE, _ticket_cap),
    Rule("recipient_cap_reached", Action.DRAFT, Kind.RELEASE, _recipient_cap),
    Rule("account_cap_reached", Action.DRAFT, Kind.RELEASE, _account_cap),
    Rule("budget_spent", Action.DRAFT, Kind.RELEASE, _budget),
    Rule("outside_hours", Action.DRAFT, Kind.RELEASE, _outside_hours),
    Rule("check_failed", Action.DRAFT, Kind.DRAFT, _failed_checks),
    Rule("checks_missing", Action.DRAFT, Kind.DRAFT, _unchecked),
    Rule("draft_incomplete", Action.DRAFT, Kind.DRAFT, _incomplete),
    Rule("rests_on_past_reply", Action.DRAFT, Kind.DRAFT, _past_reply),
    Rule("not_drafted_yet", Action.DRAFT, Kind.DRAFT, _undrafted),
)
"""Hand-offs first, then drafts; within each the reason that tells most comes first."""
