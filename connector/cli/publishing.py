"""Publishes policies: one way for `policy publish`, `policy rollback` and `intent stage`, one set of rules [O2]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connector.cli.context import actor, record
from connector.errors import ConfigurationError, HandrailError
from connector.model import Account, Reason, Stage, Tier
from connector.policy.differences import Difference, differences
from connector.policy.document import Policy, Problem, Severity, lint, with_stage
from connector.policy.rollout import Move, Progress, may_move, moves
from connector.records import Goal, PolicyVersion

if TYPE_CHECKING:
    from connector.app import App

SENDING = (Stage.PILOT, Stage.LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version in force, the moves it made, the goals it froze and what it changed; `new` is False where the very
    same text was in force already and nothing was published.
    """

    version: PolicyVersion
    moves: tuple[Move, ...] = ()
    goals: tuple[Goal, ...] = ()
    changes: tuple[Difference, ...] = ()
    new: bool = True


def problems_in(app: App, text: str, account: Account | None) -> tuple[Problem, ...]:
    """What is wrong with a policy text, with the account's owner and groups known where there is one."""
    return lint(
        text,
        catalogue_tiers=catalogue_tiers(app),
        floor_intents=catalogue_floor(app),
        default_owner=(account.default_owner or "") if account else "",
        routes=None,
    )


def catalogue_tiers(app: App) -> Mapping[str, Tier]:
    """The freest tier each intent may have."""
    return {intent.key: intent.tier for intent in app.catalogue}


def catalogue_floor(app: App) -> frozenset[str]:
    """Intents that no policy can take from the floor."""
    return frozenset(intent.key for intent in app.catalogue if intent.floor)


def publish(
    app: App, account: Account, text: str, *, comment: str, share: int | None = None, override: str = ""
) -> Published:
    """Put a policy text in force. Refuses what is not valid, not ready, or moves an intent against the rules; a text
    that is in force already is not published again.
    """
    after = app.rulebook.parse(text)
    current = app.ledger.policies.current(account.id)
    if current is not None and current.text == text:
        return Published(version=current, new=False)
    before = app.rulebook.policy(account)
    allowed = tuple(
        _move(app, account, before, after, intent, stage, share=share, override=override)
        for intent, stage in moves(before, after).items()
        if stage in SENDING
    )
    refused = [reason for move in allowed for reason in move.refused]
    if refused:
        raise HandrailError(refusal(refused))
    refuse_problems(problems_in(app, text, account))
    goals = tuple(goal for move in allowed if (goal := _goal(app, account, after, move)) is not None)
    for goal in goals:  # frozen before anything can be sent
        app.ledger.policies.freeze_goal(goal)
    version = app.ledger.policies.publish(account.id, text, by=actor(), comment=comment, now=app.clock())
    _record(app, account, version, allowed, goals, override)
    return Published(version=version, moves=allowed, goals=goals, changes=differences(before, after))


def refuse_problems(problems: tuple[Problem, ...]) -> None:
    """Raise the first problem that keeps a text from being published."""
    serious = [problem for problem in problems if problem.severity is not Severity.HINT]
    if serious:
        more = f" (and {len(serious) - 1} more: `handrail policy lint` lists all)" if len(serious) > 1 else ""
        raise ConfigurationError(serious[0].sentence.rstrip(".") + more)


def refusal(reasons: list[Reason]) -> str:
    """Why an intent may not move, in one sentence that says what to do."""
    code, detail = reasons[0].code, reasons[0].detail
    if code == "no_owner":
        return f"{detail} has no owner: name one in the policy (owner = ...) or with `handrail account update --owner`."
    if code == "goal_not_frozen":
        return f"{detail} has no goals: write goals = [...] into the policy and publish it, so that they can be frozen."
    if code == "review_pending":
        return (
            f"{detail} is sending and has not passed its review, and intents go live one at a time: "
            "wait for its review, or give --override REASON, which is logged."
        )
    if code == "confused_with_human_only":
        intent, _, other = detail.partition("/")
        return (
            f"{intent} is refused, as examples of {other}, which always goes to a person, would be answered as "
            f"{intent} (see `handrail fit --intent {intent}`): train on examples of both with `handrail train`, raise "
            "its threshold, or give --override REASON, which is logged."
        )
    if code == "intent_not_in_policy":
        return f"{detail} is not in the policy in force: add it and publish the policy first."
    if code == "tier_human_only":
        return (
            f"{detail} always goes to a person (human_only): it can be off, in shadow or in draft, never pilot or live."
        )
    return f"{detail}: {code.replace('_', ' ')}."


def progress(app: App, account: Account, policy: Policy) -> Progress:
    """How far the roll-outs of this account have come."""
    frozen = {key for key in policy.intents if app.ledger.policies.goal(account.id, key) is not None}
    proven = {
        key
        for key, rule in policy.intents.items()
        if rule.tier is Tier.AUTO and app.certificates.certified(account, policy, key)
    }
    return Progress(
        goals_frozen=frozenset(frozen),
        certified=frozenset(proven),
        account_owner=account.default_owner or "",
    )


def _move(
    app: App,
    account: Account,
    before: Policy | None,
    after: Policy,
    intent: str,
    stage: Stage,
    *,
    share: int | None,
    override: str,
) -> Move:
    """The answer to one move of a new policy, judged by the new policy's owners, goals and certificates."""
    old = before.intents.get(intent) if before else None
    known = replace(progress(app, account, after), confused=_confused(app, account, after, intent, stage))
    if after.intents[intent].goals:  # they are frozen by this very move
        known = replace(known, goals_frozen=known.goals_frozen | {intent})
    as_it_was = with_stage(after, intent, old.stage if old else Stage.OFF)
    return may_move(as_it_was, intent, stage, progress=known, share=share, override=override)


def _confused(app: App, account: Account, policy: Policy, intent: str, stage: Stage) -> dict[str, str]:
    """The human-only intent that this one is confused with too often to be released, if there is one."""
    rule = policy.intents[intent]
    if rule.tier is not Tier.AUTO:
        return {}
    found = app.confusions(account).refusals(rule, policy, tolerated_error=rule.tolerated_error_at(stage))
    return {intent: found[0].intent} if found else {}


def _goal(app: App, account: Account, after: Policy, move: Move) -> Goal | None:
    """The goal to freeze with this move; None where the same stands frozen already, or none is needed."""
    text = "; ".join(after.intents[move.intent].goals)
    frozen = app.ledger.policies.goal(account.id, move.intent)
    entering = move.before not in SENDING
    if not text or (frozen is not None and (frozen.text == text or not entering)):
        return None
    return Goal(account_id=account.id, intent=move.intent, text=text, frozen_at=app.clock(), frozen_by=actor())


def _record(
    app: App, account: Account, version: PolicyVersion, made: tuple[Move, ...], goals: tuple[Goal, ...], override: str
) -> None:
    record(app, account.id, "policy publish", f"version {version.version}: {version.comment}")
    for goal in goals:
        record(app, account.id, "goal frozen", f"{goal.intent}: {goal.text}")
    for move in made:
        record(app, account.id, "intent stage", f"{move.intent}: {move.before.value} -> {move.after.value}")
        for reason in move.overridden:
            record(app, account.id, "override", f"{move.intent}: {reason.code} {reason.detail}: {override}")
