"""A team's policy as values [D5]. `reading` makes it from TOML, `rendering` turns it back into TOML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from connector.model import Channel, Stage, Status, Tier
from connector.policy.hours import Hours

STAGES = tuple(Stage)
"""Stages from strictest to freest."""

MOST_HUMAN_ONLY = 0.3
"""No policy value, not even one built by hand, lets a send pass at this human-only probability."""

USUAL_HUMAN_ONLY = 0.25
"""The limit of a policy that names none: docs/explanation/decisions/0009-the-classifier.md has what it costs."""

_TIERS = (Tier.HUMAN_ONLY, Tier.APPROVAL, Tier.AUTO)


def strictest_stage(*stages: Stage) -> Stage:
    """The least far-reaching of these stages."""
    return min(stages, key=STAGES.index)


def strictest_tier(*tiers: Tier) -> Tier:
    """The least permissive of these tiers."""
    return min(tiers, key=_TIERS.index)


def looser_tier(tier: Tier, than: Tier) -> bool:
    """Whether `tier` permits more than the other one."""
    return _TIERS.index(tier) > _TIERS.index(than)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """Upper limits on automatic sends [R5]."""

    per_ticket: int = 1
    per_recipient_day: int = 3
    per_account_10min: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What an intent inherits where it says nothing itself."""

    owner: str = ""
    status_after_send: Status = Status.PENDING
    tolerated_error: float = 0.01
    tolerated_error_live: float = 0.005
    confidence_threshold: float = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentPolicy:
    """What one intent may do at most, how far its roll-out has come and who owns it.

    `tolerated_error_pilot` and `tolerated_error_live` are shares of sends that may be wrong [D4]; `threshold`
    is the least confidence of a send; `pilot_share` is in percent; `goals` are frozen before a pilot [O2];
    `acknowledge` approves a confirmation of receipt outside business hours [H4].
    """

    key: str
    tier: Tier
    stage: Stage
    owner: str = ""
    route: str = ""
    tolerated_error_pilot: float = 0.01
    tolerated_error_live: float = 0.005
    threshold: float = 0.6
    template: str = ""
    macros: tuple[str, ...] = ()
    pilot_share: int = 0
    status_after_send: Status = Status.PENDING
    goals: tuple[str, ...] = ()
    acknowledge: bool = False

    @property
    def tolerated_error(self) -> float:
        """The error the intent must be certified for at its stage: less is tolerated once it is live."""
        return self.tolerated_error_at(self.stage)

    def tolerated_error_at(self, stage: Stage) -> float:
        """The error the intent must be certified for at this stage."""
        return self.tolerated_error_live if stage is Stage.LIVE else self.tolerated_error_pilot


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Everything a team has allowed. Empty `brands` means all brands; no `hours` means always at work."""

    version: str
    intents: Mapping[str, IntentPolicy]
    version_note: str = ""
    defaults: Defaults = field(default_factory=Defaults)
    caps: Caps = field(default_factory=Caps)
    hours: Hours | None = None
    channels: frozenset[str] = frozenset({Channel.EMAIL.value, Channel.WEB.value})
    brands: frozenset[str] = frozenset()
    human_only_limit: float = USUAL_HUMAN_ONLY
    out_of_scope_limit: float = 0.5
    take_within_minutes: int = 60

    def take_by(self, since: datetime) -> datetime:
        """When a hand-off made then must have been taken by a person; only working hours count."""
        if self.hours is None:
            return since + timedelta(minutes=self.take_within_minutes)
        return self.hours.after(since, minutes=self.take_within_minutes)


def with_stage(policy: Policy, intent: str, stage: Stage, share: int | None = None) -> Policy:
    """The policy with one intent moved; `share` is the pilot's in percent, None keeps it. KeyError if unknown."""
    moved = policy.intents[intent]
    share = moved.pilot_share if share is None else share
    changed = replace(moved, stage=stage, pilot_share=share)
    return replace(policy, intents={**policy.intents, intent: changed})


def as_if_live(policy: Policy) -> Policy:
    """The policy as `handrail eval --stage live` reads it: every `auto` intent live, owned and with goals, every
    channel, brand and hour allowed. Tiers, thresholds and limits stay; nothing of it can be published.
    """
    return replace(
        policy,
        intents={
            key: replace(
                rule, stage=Stage.LIVE, owner=rule.owner or "owner", goals=rule.goals or ("goal",), pilot_share=100
            )
            for key, rule in policy.intents.items()
        },
        hours=None,
        channels=frozenset(channel.value for channel in Channel),
        brands=frozenset(),
    )
