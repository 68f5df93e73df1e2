"""May a person's approval send this draft? Decides anew, as for an automatic send, and lets an agent's eyes stand in
for some of what keeps one back [D1]. Nothing here can lower the floor, a stage, the kill switch or a check.
"""

from __future__ import annotations

from dataclasses import replace

from connector.model import Action, Decision, Reason, Tier
from connector.policy.engine import Question, safe_decide
from connector.policy.rules import SENDING_STAGES

APPROVED = "approved_by_person"

OVERRIDABLE = frozenset(
    {
        "tier_approval",  # this is what the tier is for
        "person_has_taken",  # it is that person who approves
        "confidence_too_low",
        "out_of_scope",
        "signal_out_of_scope",
        "human_only_possible",
        "part_without_name",
        "model_doubts",
        # Look-ups gave such a sender nothing, so the draft tells what anybody may know.
        "requester_not_verified",
    }
)
"""Reasons that an agent who read message and draft may set aside; every other one stands."""

NOT_APPROVABLE = "not_for_approval"
"""The reason of a refusal where nothing else says more: the intent's tier or stage does not provide for it."""


def approve(question: Question, *, by: str) -> Decision:
    """The order to send, or the decision with what stands against it. `question.review` is that of the very draft."""
    decision = safe_decide(question)
    if decision.action is Action.AUTO_SEND:  # what goes out by itself is nothing to approve
        return replace(decision, action=Action.DRAFT, reasons=(Reason(code=NOT_APPROVABLE),))
    against = tuple(reason for reason in decision.reasons if reason.code not in OVERRIDABLE)
    if against:
        return replace(decision, reasons=against)
    sound = (
        decision.action is Action.DRAFT
        and decision.tier is Tier.APPROVAL
        and decision.stage in SENDING_STAGES
        and not decision.floor
        and question.review is not None
        and question.review.passed
    )
    if not sound:
        return replace(decision, reasons=(Reason(code=NOT_APPROVABLE),))
    return replace(decision, action=Action.AUTO_SEND, reasons=(Reason(code=APPROVED, detail=by), *decision.reasons))
