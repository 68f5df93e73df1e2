"""The policy as one page in three columns [D5], made by asking the engine itself.

For every intent the engine is asked about an ideal ticket: all facts in favour, a draft that passed. What it
answers is the column, so the page cannot say anything else than the rules do. Two things it shows beside: why an
intent stands no further left, and what holds for every ticket whatever its intent.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from connector.model import (
    Action,
    Channel,
    Comment,
    Decision,
    DraftCheck,
    Priority,
    Reason,
    Requester,
    Role,
    Sentiment,
    Stage,
    Status,
    Ticket,
    Tier,
    Triage,
    Visibility,
)
from connector.policy.engine import decide
from connector.policy.question import Question, Review, Standing
from connector.policy.rules import RULES, Kind
from connector.policy.terms import IntentPolicy, Policy

_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One intent on the page; `reasons` say why it does not stand in a freer column."""

    intent: str
    tier: Tier
    stage: Stage
    owner: str
    template: str
    pilot_share: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The policy in three columns.

    `always_person` and `holds_back` are the reason codes that, whatever the intent, give a ticket to a person or
    turn a send into a draft.
    """

    version: str
    account_stage: Stage
    alone: tuple[Line, ...]
    approval: tuple[Line, ...]
    person: tuple[Line, ...]
    always_person: tuple[str, ...]
    holds_back: tuple[str, ...]


def page(
    policy: Policy,
    *,
    certified: Collection[str] = (),
    goals_frozen: Collection[str] = (),
    account_stage: Stage = Stage.LIVE,
    account_owner: str = "",
) -> Page:
    """The page of a policy as it acts now, given which intents are certified and have frozen goals."""
    columns: dict[Action, list[Line]] = {action: [] for action in Action}
    for key, rule in policy.intents.items():
        standing = replace(
            Standing.permissive(stage=account_stage),
            certified=key in certified,
            goal_frozen=key in goals_frozen,
            account_owner=account_owner,
        )
        decision = decide(ideal_question(policy, key, standing))
        columns[decision.action].append(_line(rule, decision, account_owner))
    return Page(
        version=policy.version,
        account_stage=account_stage,
        alone=tuple(columns[Action.AUTO_SEND]),
        approval=tuple(columns[Action.DRAFT]),
        # What is off or only watched is a person's work, too.
        person=(*columns[Action.HAND_OFF], *columns[Action.SHADOW], *columns[Action.IGNORE]),
        always_person=_codes(Action.HAND_OFF),
        holds_back=_codes(Action.DRAFT),
    )


def ideal_question(policy: Policy, intent: str, standing: Standing) -> Question:
    """A question in which nothing about message, sender and draft stands against a send."""
    channels = sorted(policy.channels)
    channel = next((item for item in Channel if item.value in channels), Channel.EMAIL)
    brand = min(policy.brands) if policy.brands else None
    language = standing.languages[0] if standing.languages else "und"
    return Question(
        ticket=_ticket(channel, brand),
        triage=Triage(
            intent=intent,
            confidence=1.0,
            ranked=((intent, 1.0),),
            human_only_probability=0.0,
            out_of_scope=0.0,
            language=language,
            sentiment=Sentiment.NEUTRAL,
            priority=Priority.NORMAL,
            facts={},
            hits=(),
        ),
        policy=policy,
        standing=standing,
        review=Review(complete=True, checks=(DraftCheck(name="ideal", passed=True),)),
    )


def _ticket(channel: Channel, brand: str | None) -> Ticket:
    message = Comment(
        id="1",
        author_id="1",
        role=Role.REQUESTER,
        visibility=Visibility.PUBLIC,
        text="?",
        raw_text="?",
        created_at=_MOMENT,
    )
    return Ticket(
        account_id="",
        id="1",
        subject="",
        requester=Requester(id="1", name="", email=None, verified=True),
        status=Status.NEW,
        vendor_status="",
        priority=None,
        vendor_priority=None,
        channel=channel,
        vendor_channel="",
        tags=frozenset(),
        comments=(message,),
        created_at=_MOMENT,
        updated_at=_MOMENT,
        read_at=_MOMENT,
        stamp="",
        brand_id=brand,
    )


def _line(rule: IntentPolicy, decision: Decision, account_owner: str) -> Line:
    return Line(
        intent=rule.key,
        tier=decision.tier,
        stage=decision.stage,
        owner=rule.owner or account_owner,
        template=rule.template,
        pilot_share=rule.pilot_share,
        reasons=decision.reasons,
    )


def _codes(allows: Action) -> tuple[str, ...]:
    """The rules about single messages and drafts; those about intents are the columns themselves."""
    about_intents = {"tier_human_only", "tier_approval", "floor_intent", "not_drafted_yet"}
    return tuple(
        rule.code
        for rule in RULES
        if rule.allows is allows and rule.kind is not Kind.RELEASE and rule.code not in about_intents
    )
