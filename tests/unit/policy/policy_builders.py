"""Values for tests of the policy: an ideal ticket that would be sent, to be spoiled one fact at a time."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.model import (
    Channel,
    Comment,
    DraftCheck,
    Priority,
    Requester,
    Role,
    Sentiment,
    Signal,
    SignalHit,
    Stage,
    Status,
    Ticket,
    Tier,
    Triage,
    Visibility,
)
from connector.policy.question import Question, Review, Standing
from connector.policy.terms import IntentPolicy, Policy
from connector.records import KillSwitch

MAPPINGS = Path(__file__).parents[3] / "mappings"
STARTER = (MAPPINGS / "policy.toml").read_text(encoding="utf-8")
TIERS = {key: Tier(entry["tier"]) for key, entry in tomllib.loads(STARTER)["intents"].items()}
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

PASSED = Review(complete=True, checks=(DraftCheck(name="grounded", passed=True),))
KILLED = KillSwitch(account_id=None, intent=None, since=NOW, by="mara@team.example")


def comment(role: Role = Role.REQUESTER, **changes: Any) -> Comment:
    message = Comment(
        id="c1",
        author_id="u1",
        role=role,
        visibility=Visibility.PUBLIC,
        text="Where is it?",
        raw_text="Where is it?",
        created_at=NOW,
    )
    return replace(message, **changes)


def ticket(**changes: Any) -> Ticket:
    ideal = Ticket(
        account_id="a1",
        id="7",
        subject="Order",
        requester=Requester(id="u1", name="Ada", email="ada@customer.example", verified=True),
        status=Status.NEW,
        vendor_status="new",
        priority=None,
        vendor_priority=None,
        channel=Channel.EMAIL,
        vendor_channel="email",
        tags=frozenset(),
        comments=(comment(),),
        created_at=NOW,
        updated_at=NOW,
        read_at=NOW,
        stamp="s",
    )
    return replace(ideal, **changes)


def hit(signal: Signal) -> SignalHit:
    return SignalHit(signal=signal, rule=f"rule_of_{signal.value}", matched="words of a customer")


def triage(intent: str = "order_status", *signals: Signal, **changes: Any) -> Triage:
    ideal = Triage(
        intent=intent,
        confidence=0.95,
        ranked=((intent, 0.95),),
        human_only_probability=0.01,
        out_of_scope=0.02,
        language="en",
        sentiment=Sentiment.NEUTRAL,
        priority=Priority.NORMAL,
        facts={},
        hits=tuple(hit(signal) for signal in signals),
    )
    return replace(ideal, **changes)


def rule(key: str, tier: Tier, stage: Stage = Stage.LIVE, **changes: Any) -> IntentPolicy:
    return replace(
        IntentPolicy(key=key, tier=tier, stage=stage, owner="Orders", template=key, pilot_share=100), **changes
    )


def policy(stage: Stage = Stage.LIVE, **changes: Any) -> Policy:
    """Every intent of the starter at one stage, owned, the whole world in the pilot share."""
    intents = {key: rule(key, tier, stage) for key, tier in TIERS.items()}
    return replace(Policy(version="3", intents=intents), **changes)


def standing(**changes: Any) -> Standing:
    return replace(Standing.permissive(), **changes)


def question(
    asked: Triage | None = None,
    *,
    of: Ticket | None = None,
    by: Policy | None = None,
    now: Standing | None = None,
    review: Review | None = PASSED,
) -> Question:
    """The ideal question but for what is named."""
    return Question(
        ticket=of or ticket(),
        triage=asked or triage(),
        policy=by or policy(),
        standing=now or standing(),
        review=review,
    )
