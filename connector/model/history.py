"""What people did in the past: tickets as they ended, for the back-test [O1]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.model.ticket import Comment, Role, Ticket, Visibility

_CUSTOMERS = (Role.REQUESTER, Role.OTHER_CUSTOMER)


class Contentment(StrEnum):
    """What a customer said in a survey, in our words; the vendors' scales differ."""

    GOOD = "good"
    NEUTRAL = "neutral"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """One survey answer: the vendor's own value, and ours. The customer's remark is not kept."""

    vendor_score: str
    contentment: Contentment


@dataclass(frozen=True, slots=True, kw_only=True)
class PastReply:
    """The first public answer of a person."""

    comment_id: str
    at: datetime
    author_id: str | None
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMetrics:
    """What the helpdesk measured; None where it does not say. Times are in minutes.

    `groups` and `assignees` count how many had the ticket one after another.
    """

    first_reply_minutes: float | None = None
    first_reply_business_minutes: float | None = None
    resolution_minutes: float | None = None
    resolution_business_minutes: float | None = None
    reopens: int = 0
    replies: int = 0
    groups: int | None = None
    assignees: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastTicket:
    """A ticket as it is now with its whole conversation, and what people did with it.

    `hidden` is the hidden text of the messages that waited before the first answer. `ours` is True where the
    connector itself wrote publicly before any person did.
    """

    ticket: Ticket
    reply: PastReply | None
    solved_at: datetime | None
    metrics: PastMetrics = field(default_factory=PastMetrics)
    rating: Rating | None = None
    hidden: str = ""
    ours: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryPage:
    """One page of the past and where to go on.

    `gone` are tickets that were deleted; `ratings` came without their tickets. `reached` is how far in time the export
    is, for a progress bar; None where the vendor does not say.
    """

    tickets: tuple[PastTicket, ...]
    cursor: str
    more: bool
    gone: tuple[str, ...] = ()
    ratings: Mapping[str, Rating] = field(default_factory=dict)
    reached: datetime | None = None


def asked_before_reply(comments: Iterable[Comment]) -> tuple[Comment, ...]:
    """What customers and systems had written when the team first wrote publicly, in order; notes are left out.

    A note of an agent is part of what people did: a decision made when the message came would not have seen it.
    """
    found: list[Comment] = []
    for comment in comments:
        if comment.role in (Role.AGENT, Role.CONNECTOR):
            if comment.visibility is Visibility.PUBLIC:
                break
        else:
            found.append(comment)
    return tuple(found)


def first_reply(comments: Iterable[Comment]) -> tuple[PastReply | None, bool]:
    """The first public reply of a person to a customer, and whether the connector had written publicly before it."""
    ours = heard = False
    for comment in comments:
        heard = heard or comment.role in _CUSTOMERS
        if comment.visibility is not Visibility.PUBLIC or not heard:
            continue
        if comment.role is Role.CONNECTOR:
            ours = True
        elif comment.role is Role.AGENT:
            reply = PastReply(
                comment_id=comment.id,
                at=comment.created_at,
                author_id=comment.author_id,
                text=comment.text or comment.raw_text,
            )
            return reply, ours
    return None, ours


def public_replies(comments: Iterable[Comment]) -> int:
    """How many public messages of people of the team there are."""
    return sum(item.role is Role.AGENT and item.visibility is Visibility.PUBLIC for item in comments)
