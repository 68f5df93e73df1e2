"""What the sidebar shows of one ticket, in words and in the page's language; the templates read nothing else."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

State = Literal["draft", "hand_off", "sent", "shadow", "ignored", "waiting", "unknown", "off"]
Posture = Literal["normal", "draft", "off"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The hand-off card [H1]: what the customer wants and what is known. `given` are pairs of label and value."""

    intent_title: str
    summary: str
    priority: str
    next_action: str
    given: tuple[tuple[str, str], ...] = ()
    asked: tuple[str, ...] = ()
    tried: tuple[str, ...] = ()
    sentiment: str = ""
    language_name: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paragraph:
    """One paragraph of the draft, the numbers of the sources it rests on, and whether a check doubts it."""

    text: str
    sources: tuple[int, ...] = ()
    doubtful: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """A source as listed below the draft; `url` is empty where there is nothing to open."""

    number: int
    title: str
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """The proposed reply: to be read (`paragraphs`), and to be put into the helpdesk's editor (`text`, `html`)."""

    id: str
    paragraphs: tuple[Paragraph, ...]
    sources: tuple[SourceLine, ...] = ()
    doubts: tuple[str, ...] = ()
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why it did or did not reply: reasons in words, and each check in words with whether it passed."""

    reasons: tuple[str, ...] = ()
    policy_version: str = ""
    checks: tuple[tuple[str, bool], ...] = ()
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryLine:
    """One thing that happened on this ticket, in words."""

    at: datetime
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SidebarView:
    """The sidebar of one ticket. `actions` are what may be done now by whoever looks; `trouble` is one sentence."""

    ticket: str
    language: str
    state: State
    headline: str
    card: Card | None = None
    draft: Draft | None = None
    why: Why | None = None
    history: tuple[HistoryLine, ...] = ()
    posture_ticket: Posture = "normal"
    posture_requester: Posture = "normal"
    actions: frozenset[str] = frozenset()
    verdict_wanted: bool = False
    killed: bool = False
    trouble: str = ""
