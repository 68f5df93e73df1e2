"""A helpdesk installation and what its team configured [N2]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Stage(StrEnum):
    """How far a roll-out has come, of an intent or (as a cap) of a whole account."""

    OFF = "off"
    SHADOW = "shadow"
    DRAFT = "draft"
    PILOT = "pilot"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfig:
    """What a team configures about its account [N2]; texts are by language tag.

    `disclosure` is the line that says a reply is automatic and how to get a person [H4].
    `groups` maps route names of the policy to the helpdesk's group ids. `tone`: "formal" (in German Sie),
    "friendly" (du), "" = no rule but that a reply does not mix them; `avoid`: words that no reply uses.
    `learn_replies` lets past replies be a source [G1].
    `call_share`: how much of the calls that the helpdesk allows in a minute may be ours.
    """

    company: str
    tag_prefix: str = "hr_"
    languages: tuple[str, ...] = ("en", "de")
    greeting: Mapping[str, str] = field(default_factory=dict)
    signature: Mapping[str, str] = field(default_factory=dict)
    disclosure: Mapping[str, str] = field(default_factory=dict)
    own_addresses: frozenset[str] = frozenset()
    link_hosts: frozenset[str] = frozenset()
    vip_tags: frozenset[str] = frozenset()
    groups: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    tone: str = ""
    avoid: tuple[str, ...] = ()
    learn_replies: bool = False
    call_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One helpdesk installation. Secrets are in clear only in memory and never in `repr`."""

    id: str
    name: str
    vendor: str
    base_url: str
    stage: Stage
    bot_user_id: str
    config: AccountConfig
    default_owner: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class GoneAccount:
    """A disconnected account: when its history is erased, and whether its access is still to be given back.

    `emptied`: its history was erased already.
    """

    id: str
    name: str
    vendor: str
    base_url: str
    removed_at: datetime
    erase_at: datetime
    leaving: bool
    emptied: bool
