"""Whether an intent may move to another stage [O2], and where demotion takes it [O3].

Moving to a stricter stage is always allowed and needs no reason. What only keeps the engine from sending (a
missing certificate) is a warning here, not a refusal: a pilot that is not certified drafts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.model import Reason, Stage, Tier
from connector.policy.terms import STAGES, Policy

_SENDING = (Stage.PILOT, Stage.LIVE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the roll-outs of an account have come: intents with frozen goals, a passed review, a certificate;
    `confused` names, by intent, the human-only one that would be sent as it too often.
    """

    goals_frozen: frozenset[str] = frozenset()
    reviewed: frozenset[str] = frozenset()
    certified: frozenset[str] = frozenset()
    confused: Mapping[str, str] = field(default_factory=dict)
    account_owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """Answer to a wish to move. `refused` is empty where it may happen; `overridden` is what the override covered
    and belongs into the audit log; `warnings` is what will still keep the intent from sending.
    """

    intent: str
    before: Stage
    after: Stage
    refused: tuple[Reason, ...]
    overridden: tuple[Reason, ...] = ()
    warnings: tuple[Reason, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether the intent may be moved."""
        return not self.refused


def may_move(
    policy: Policy,
    intent: str,
    stage: Stage,
    *,
    progress: Progress,
    share: int | None = None,
    override: str = "",
) -> Move:
    """Whether this intent may move to this stage; `override` is a person's reason to go on all the same.

    The order of going live can be overridden, and that the model mixes the intent up with a human-only one: people's
    verdicts still have to certify it. An owner and frozen goals cost a minute and cannot be made up afterwards.
    """
    rule = policy.intents.get(intent)
    if rule is None:
        unknown = Reason(code="intent_not_in_policy", detail=intent)
        return Move(intent=intent, before=Stage.OFF, after=stage, refused=(unknown,))
    share = rule.pilot_share if share is None else share
    refused: list[Reason] = []
    waiting: tuple[Reason, ...] = ()
    warnings: list[Reason] = []
    if stage in _SENDING and _further(stage, than=rule.stage):
        if not (rule.owner or progress.account_owner):
            refused.append(Reason(code="no_owner", detail=intent))
        if rule.tier is Tier.AUTO:
            if intent not in progress.goals_frozen:
                refused.append(Reason(code="goal_not_frozen", detail=intent))
            if intent not in progress.certified:
                warnings.append(Reason(code="not_certified", detail=intent))
            if intent in progress.confused:
                waiting = (Reason(code="confused_with_human_only", detail=f"{intent}/{progress.confused[intent]}"),)
            if stage is Stage.LIVE:
                waiting += _unreviewed(policy, intent, progress)
        if stage is Stage.PILOT and share <= 0 and rule.tier is not Tier.HUMAN_ONLY:
            warnings.append(Reason(code="not_in_pilot_share", detail=intent))
    covered = bool(override.strip())
    return Move(
        intent=intent,
        before=rule.stage,
        after=stage,
        refused=tuple(refused) if covered else (*refused, *waiting),
        overridden=waiting if covered else (),
        warnings=tuple(warnings),
    )


def moves(before: Policy | None, after: Policy) -> Mapping[str, Stage]:
    """The intents that a new policy would take to a freer stage than the old one, with that stage."""
    old = before.intents if before else {}
    return {
        key: rule.stage
        for key, rule in after.intents.items()
        if _further(rule.stage, than=old[key].stage if key in old else Stage.OFF)
    }


def demoted(stage: Stage) -> Stage:
    """Where an intent goes that lost its certificate or does worse than before: back to drafts, never further."""
    return Stage.DRAFT if stage in _SENDING else stage


def share_draw(account_id: str, requester_id: str, salt: str) -> float:
    """A requester's place in [0, 1): the same for ever, evenly spread, and unrelated between salts.

    The salt is the intent, so that not the same customers are first in every pilot.
    """
    digest = hashlib.sha256("\x1f".join((salt, account_id, requester_id)).encode("utf-8", "surrogatepass")).digest()
    # 53 bits are what a float holds exactly, so that the result is never rounded up to 1.
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def _further(stage: Stage, *, than: Stage) -> bool:
    return STAGES.index(stage) > STAGES.index(than)


def _unreviewed(policy: Policy, intent: str, progress: Progress) -> tuple[Reason, ...]:
    """The other intents that are sending and have not passed their review: one at a time [O2]."""
    return tuple(
        Reason(code="review_pending", detail=key)
        for key, rule in policy.intents.items()
        if key != intent and rule.tier is Tier.AUTO and rule.stage in _SENDING and key not in progress.reviewed
    )
