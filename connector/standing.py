"""How things stand at the moment of a decision: everything the policy asks of ledger and clock, gathered once."""

from __future__ import annotations

from datetime import datetime, timedelta

from connector.effects import agent_acted_since
from connector.model import Account, Comment, Posture, Role, Ticket, Triage
from connector.policy.document import Policy
from connector.policy.engine import Standing
from connector.policy.rollout import share_draw
from connector.ports import Ledger
from connector.records import KillSwitch


def standing(
    ledger: Ledger,
    account: Account,
    policy: Policy | None,
    ticket: Ticket,
    answered: Comment,
    triage: Triage,
    now: datetime,
    *,
    certified: bool,
) -> Standing:
    """The facts of now for this ticket and intent; `certified` as `connector.certificates` says."""
    requester = ticket.requester.id
    sends = ledger.decisions.sends
    return Standing(
        account_stage=account.stage,
        postures=_postures(ledger, account, ticket),
        killed=_killed(ledger, account, triage),
        share_draw=share_draw(account.id, requester, triage.intent),
        within_hours=policy.hours.open_at(now) if policy and policy.hours else True,
        replied_since_agent=replied_since_agent(ledger, account, ticket),
        sends_to_requester_today=sends(account.id, since=now - timedelta(days=1), requester=requester),
        sends_of_account_10min=sends(account.id, since=now - timedelta(minutes=10)),
        certified=certified,
        goal_frozen=ledger.policies.goal(account.id, triage.intent) is not None,
        requester_verified=ticket.requester.verified is True,
        languages=account.config.languages,
        person_has_taken=_person_has_taken(account, ticket, answered),
        budget_left=True,
        reply_possible=True,
        account_owner=account.default_owner or "",
    )


def _killed(ledger: Ledger, account: Account, triage: Triage) -> KillSwitch | None:
    """The switch that stops any intent of this message."""
    switches = (ledger.policies.killed(account.id, intent) for intent in (triage.intent, *triage.also))
    return next((switch for switch in switches if switch is not None), None)


def _postures(ledger: Ledger, account: Account, ticket: Ticket) -> tuple[Posture, ...]:
    keys = {"ticket": ticket.id, "requester": ticket.requester.id}
    if ticket.brand_id:
        keys["brand"] = ticket.brand_id
    return tuple(Posture(value) for value in ledger.policies.postures(account.id, keys))


def replied_since_agent(ledger: Ledger, account: Account, ticket: Ticket) -> bool:
    """Whether we answered by ourselves and no agent has acted on the ticket since, or may be answering just now [R5].

    A worker that stood still between its decision and its call may write long after an agent and the customer did. And
    the times of the ledger and of the helpdesk come from two clocks: where ours was set back, an agent's word from long
    before our reply looks later. So it must stand after our reply in the conversation as well.
    """
    if ledger.decisions.reply_open(account.id, ticket.id):
        return True
    replied = ledger.decisions.replied(account.id, ticket.id)
    if replied is None:
        return any(_is_our_reply(comment) for comment in ticket.comments)
    ours = [place for place, comment in enumerate(ticket.comments) if _is_our_reply(comment)]
    if not ours:
        return True  # an old copy of the conversation, or one without our reply: who acted after it cannot be seen
    later = ticket.comments[ours[-1] + 1 :]
    return not any(comment.role is Role.AGENT and comment.created_at > replied for comment in later)


def _is_our_reply(comment: Comment) -> bool:
    return comment.role is Role.CONNECTOR and comment.visibility == "public"


def _person_has_taken(account: Account, ticket: Ticket, answered: Comment) -> bool:
    """An assignee other than ourselves, or an agent's word since the message, note or reply."""
    assigned = ticket.assignee_id is not None and ticket.assignee_id != account.bot_user_id
    return assigned or agent_acted_since(ticket, answered)
