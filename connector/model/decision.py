"""What may happen and why [D1], the draft with its checks, and the card for a person [H1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from connector.model.account import Stage
from connector.model.ticket import Priority
from connector.model.triage import Sentiment


class Tier(StrEnum):
    """The most an intent may ever do."""

    AUTO = "auto"
    APPROVAL = "approval"
    HUMAN_ONLY = "human_only"


class Posture(StrEnum):
    """An override for one ticket, requester or brand; it can only make things stricter."""

    NORMAL = "normal"
    DRAFT = "draft"
    OFF = "off"


class Action(StrEnum):
    """What a decision orders, from least to most visible."""

    IGNORE = "ignore"
    SHADOW = "shadow"
    HAND_OFF = "hand_off"
    DRAFT = "draft"
    AUTO_SEND = "auto_send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A named reason with a detail for the explanation; the words for people are in `mappings/reasons.toml`."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What may happen, and why [D1]. `writes` is False where the card stays in the sidebar.

    `gate` is True when both keys would let a draft that passes its checks be sent.
    """

    action: Action
    intent: str
    tier: Tier
    stage: Stage
    reasons: tuple[Reason, ...]
    gate: bool
    writes: bool
    policy_version: str
    floor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement of a draft comes from. `heading` is that of the section, which the title ends with.

    `past` is a past reply: it proves no figure, and no draft that rests on it is sent. `ticket_url` leads agents to the
    ticket that it was written on; it never stands in a reply.
    """

    id: str
    title: str
    url: str = ""
    text: str = ""
    heading: str = ""
    past: bool = False
    ticket_url: str = ""

    @property
    def agents_url(self) -> str:
        """Where an agent can read it; "" = nowhere."""
        return self.url or self.ticket_url


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAnswer:
    """Facts that a look-up gave for the verified requester's own reference [G6]."""

    kind: str
    reference: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One sentence of a draft with the ids of the sources it names for itself; none for a courtesy."""

    text: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """How a model came to write a draft, for the receipt [M4]. `cost_micros`: millionths of the currency."""

    prompt: str
    model: str
    tokens_in: int
    tokens_out: int
    cost_micros: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A proposed reply as plain text. `complete` is False when a fact it needs is missing.

    `author` is "embedded" or the model's name; `template` the approved template it was filled from. `statements`
    are the draft's sentences with what each rests on; empty where the author does not say. `summary` and
    `next_action` are what a model proposes for the card; "" = nothing. `writing` is None for the embedded drafter.
    `unwritten` says why a model that was asked did not write it; "" = none was asked, or it did.
    """

    text: str
    language: str
    author: str
    template: str
    sources: tuple[Source, ...]
    facts: Mapping[str, str]
    missing: tuple[str, ...] = ()
    promises_hand_off: bool = False
    statements: tuple[Statement, ...] = ()
    summary: str = ""
    next_action: str = ""
    writing: Writing | None = None
    unwritten: str = ""

    @property
    def complete(self) -> bool:
        """Whether every fact the template needs was there."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCheck:
    """One check on the finished draft [G4]; `detail` says what was found where it failed.

    `doubtful`: the sentences that a person should look at, where that is all it found. Such a draft is never sent
    automatically, but an agent may see it.
    """

    name: str
    passed: bool
    detail: str = ""
    doubtful: tuple[str, ...] = ()

    @property
    def withholds(self) -> bool:
        """Whether what it found is wrong, and no mere doubt."""
        return not self.passed and not self.doubtful


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything a person needs to take over [H1]. The first four are always filled."""

    intent: str
    summary: str
    priority: Priority
    next_action: str
    facts: Mapping[str, str]
    asked: tuple[str, ...]
    tried: tuple[str, ...]
    sentiment: Sentiment
    language: str
    reasons: tuple[str, ...]
    sources: tuple[Source, ...] = ()
    macros: tuple[str, ...] = ()
    owner: str = ""
