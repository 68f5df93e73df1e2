"""Past tickets as JSON text and back, on the ledger's codec."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from connector.ledger.codec import from_text, to_text
from connector.model import (
    Attachment,
    Channel,
    Comment,
    CommentKind,
    Contentment,
    PastMetrics,
    PastReply,
    PastTicket,
    Priority,
    Rating,
    Requester,
    Role,
    SenderWarning,
    Status,
    Ticket,
    TicketFlag,
    Visibility,
)


def past_to_text(past: PastTicket) -> str:
    """A past ticket as JSON, without its rating: that has a column of its own."""
    value = asdict(replace(past, rating=None))
    return to_text(_storable(value))


def past_from_text(text: str, rating: str = "") -> PastTicket:
    """The past ticket in a JSON text, with the rating in another."""
    stored = from_text(text)
    reply = stored.get("reply")
    metrics = stored.get("metrics", {})
    return PastTicket(
        ticket=_ticket(stored["ticket"]),
        reply=None if reply is None else PastReply(**{**reply, "at": _moment(reply["at"])}),
        solved_at=_optional(stored.get("solved_at")),
        metrics=PastMetrics(**{name: metrics[name] for name in PastMetrics.__dataclass_fields__ if name in metrics}),
        rating=rating_from_text(rating),
        hidden=stored.get("hidden", ""),
        ours=stored.get("ours", False),
    )


def rating_to_text(rating: Rating | None) -> str:
    """A rating as JSON; "" for none."""
    return "" if rating is None else to_text({"score": rating.vendor_score, "contentment": rating.contentment})


def rating_from_text(text: str) -> Rating | None:
    """The rating in a JSON text; None for ""."""
    if not text:
        return None
    stored = from_text(text)
    return Rating(vendor_score=stored["score"], contentment=Contentment(stored["contentment"]))


def _storable(value: Any) -> Any:
    """Times as text; everything else is the codec's business."""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(key): _storable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_storable(item) for item in value]
    return value


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _optional(text: str | None) -> datetime | None:
    return None if text is None else _moment(text)


def _ticket(stored: dict[str, Any]) -> Ticket:
    priority = stored["priority"]
    changed: dict[str, Any] = {
        "requester": Requester(**{**stored["requester"], "tags": frozenset(stored["requester"]["tags"])}),
        "status": Status(stored["status"]),
        "priority": None if priority is None else Priority(priority),
        "channel": Channel(stored["channel"]),
        "tags": frozenset(stored["tags"]),
        "comments": tuple(_comment(item) for item in stored["comments"]),
        "flags": frozenset(TicketFlag(item) for item in stored["flags"]),
        "cc": tuple(stored["cc"]),
        **{name: _moment(stored[name]) for name in ("created_at", "updated_at", "read_at")},
    }
    return Ticket(**_known(Ticket, {**stored, **changed}))


def _comment(stored: dict[str, Any]) -> Comment:
    changed: dict[str, Any] = {
        "role": Role(stored["role"]),
        "visibility": Visibility(stored["visibility"]),
        "kind": CommentKind(stored["kind"]),
        "created_at": _moment(stored["created_at"]),
        "attachments": tuple(Attachment(**item) for item in stored["attachments"]),
        "warnings": frozenset(SenderWarning(item) for item in stored["warnings"]),
    }
    return Comment(**_known(Comment, {**stored, **changed}))


def _known(kind: type, values: dict[str, Any]) -> dict[str, Any]:
    """Without what a later release wrote and this one does not know."""
    names: dict[str, Any] = kind.__dataclass_fields__  # type: ignore[attr-defined]  # only dataclasses are asked for
    return {name: value for name, value in values.items() if name in names}
