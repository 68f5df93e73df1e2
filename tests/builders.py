"""Tickets, comments and what was read of them, with defaults: a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from connector.model import (
    Channel,
    Comment,
    Priority,
    Requester,
    Role,
    Sentiment,
    Status,
    Ticket,
    Triage,
    Visibility,
)

NOW = datetime(2025, 11, 13, 9, 0, tzinfo=UTC)


def comment(text: str = "Where is it?", role: Role = Role.REQUESTER, **changes: Any) -> Comment:
    """A public message of the requester; any field can be given by name."""
    values: dict[str, Any] = {
        "id": "c1",
        "author_id": "7",
        "role": role,
        "visibility": Visibility.PUBLIC,
        "text": text,
        "raw_text": text,
        "created_at": NOW,
    }
    return Comment(**(values | changes))


def requester(name: str = "Mirela Okafor", email: str | None = "m.okafor@example.com", **changes: Any) -> Requester:
    """A verified person."""
    values: dict[str, Any] = {"id": "7", "name": name, "email": email, "verified": True}
    return Requester(**(values | changes))


def ticket(*comments: Comment | str, **changes: Any) -> Ticket:
    """An open e-mail ticket with these comments, or one message; any field can be given by name."""
    at = changes.get("created_at", NOW)
    values: dict[str, Any] = {
        "account_id": "a1",
        "id": "100",
        "subject": "A question",
        "requester": requester(),
        "status": Status.OPEN,
        "vendor_status": "open",
        "priority": None,
        "vendor_priority": None,
        "channel": Channel.EMAIL,
        "vendor_channel": "email",
        "tags": frozenset(),
        "comments": tuple(comment(item) if isinstance(item, str) else item for item in comments or (comment(),)),
        "created_at": at,
        "updated_at": at,
        "read_at": at,
        "stamp": "s",
    }
    return Ticket(**(values | changes))


def triage(intent: str = "order_status", **changes: Any) -> Triage:
    """A sure reading without any signal; any field can be given by name."""
    confidence = changes.get("confidence", 0.95)
    values: dict[str, Any] = {
        "intent": intent,
        "confidence": confidence,
        "ranked": ((intent, confidence),),
        "human_only_probability": 0.01,
        "out_of_scope": 0.01,
        "language": "en",
        "sentiment": Sentiment.NEUTRAL,
        "priority": Priority.NORMAL,
        "facts": {},
        "hits": (),
    }
    return Triage(**(values | changes))
