"""Solved tickets as an import brings them, with the reply that a person sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from connector import starters
from connector.knowledge.general import parse_phrases
from connector.model import (
    Channel,
    Comment,
    Contentment,
    PastMetrics,
    PastTicket,
    Rating,
    Requester,
    Role,
    Status,
    Ticket,
    Visibility,
)
from connector.model.history import first_reply

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PHRASES = parse_phrases(starters.text("replies.toml"))
ASKED = "How can I send something back?"
RETURNS = (
    "Hi Mara,\n\nYou can return unused goods by post in their original packaging. "
    "Please put the returns slip into the parcel and hand it in at any post office.\n\nBest regards,\nTom Baker"
)
LANGUAGES = "Open the settings of the account and choose the language there. The page then loads again by itself."


def said(number: int, role: Role, text: str, *, at: datetime, **changes: Any) -> Comment:
    made = Comment(
        id=str(number), author_id=role.value, role=role, visibility=Visibility.PUBLIC, text=text, raw_text=text,
        created_at=at + timedelta(minutes=number),
    )  # fmt: skip
    return replace(made, **changes)


def past(
    number: int,
    reply: str = RETURNS,
    *,
    asked: str = ASKED,
    days_ago: int = 60,
    then: tuple[tuple[Role, str], ...] = (),
    rating: Contentment | None = None,
    reopens: int = 0,
    **changes: Any,
) -> PastTicket:
    at = NOW - timedelta(days=days_ago, minutes=number)
    told = ((Role.REQUESTER, asked), (Role.AGENT, reply), *then)
    comments = tuple(said(place, role, text, at=at) for place, (role, text) in enumerate(told, 1))
    ticket = Ticket(
        account_id="acme",
        id=str(number),
        subject="Returns",
        requester=Requester(id=f"7{number}", name="Mara Linde", email="mara@birkenweg.example", verified=None),
        status=Status.RESOLVED,
        vendor_status="solved",
        priority=None,
        vendor_priority=None,
        channel=Channel.EMAIL,
        vendor_channel="email",
        tags=frozenset(),
        comments=comments,
        created_at=at,
        updated_at=at + timedelta(hours=1),
        read_at=NOW,
        stamp="s",
        url=f"https://acme.zendesk.com/agent/tickets/{number}",
    )
    first, ours = first_reply(comments)
    given_rating = Rating(vendor_score=rating.value, contentment=rating) if rating else None
    return PastTicket(
        ticket=replace(ticket, **changes),
        reply=first,
        solved_at=at + timedelta(hours=1),
        metrics=PastMetrics(replies=1, reopens=reopens),
        rating=given_rating,
        ours=ours,
    )
