"""Values for tests of the policy: an ideal ticket that would be sent, to be spoiled one fact at a time."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from connector.model import (
    UNMAPPED,
    Comment,
    DraftCheck,
    Role,
    Signal,
    SignalHit,
    Stage,
    Status,
    Ticket,
    Tier,
    Triage,
)
from connector.policy.question import Question, Review, Standing
from connector.policy.terms import IntentPolicy, Policy
from connector.records import KillSwitch
from tests import builders

MAPPINGS = Path(__file__).parents[3] / "mappings"
STARTER = (MAPPINGS / "policy.toml").read_text(encoding="utf-8")
TIERS = {key: Tier(entry["tier"]) for key, entry in tomllib.loads(STARTER)["intents"].items()}
INTENTS = [*TIERS, UNMAPPED, "invented"]
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)

PASSED = Review(complete=True, checks=(DraftCheck(name="grounded", passed=True),))
KILLED = KillSwitch(account_id=None, intent=None, since=NOW, by="mara@team.example")


def comment(role: Role = Role.REQUESTER, **changes: Any) -> Comment:
    return builders.comment(role=role, **({"author_id": "u1", "created_at": NOW} | changes))


def ticket(**changes: Any) -> Ticket:
    ideal = {
        "id": "7",
        "subject": "Order",
        "requester": builders.requester("Ada", "ada@customer.example", id="u1"),
        "status": Status.NEW,
        "vendor_status": "new",
        "comments": (comment(),),
        "created_at": NOW,
    }
    return builders.ticket(**(ideal | changes))


def hit(signal: Signal) -> SignalHit:
    return SignalHit(signal=signal, rule=f"rule_of_{signal.value}", matched="words of a customer")


def triage(intent: str = "order_status", *signals: Signal, **changes: Any) -> Triage:
    ideal = {"out_of_scope": 0.02, "hits": tuple(hit(signal) for signal in signals)}
    return builders.triage(intent, **(ideal | changes))


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
