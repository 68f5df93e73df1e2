"""What every vendor's history has in common: a ticket with what people did, and the hidden text of that moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from connector.model import PastMetrics, PastTicket, Rating, Status, Ticket
from connector.model.history import asked_before_reply, first_reply, public_replies
from connector.plaintext import HIDDEN_TEXT_FIELD
from providers import _text


def to_past(
    ticket: Ticket,
    pages: Mapping[str, str],
    *,
    solved_at: datetime | None,
    metrics: PastMetrics,
    rating: Rating | None = None,
) -> PastTicket:
    """The past ticket; `pages` is the HTML of its comments by id. What no metric says is counted in the thread."""
    reply, ours = first_reply(ticket.comments)
    waited = None if reply is None else (reply.at - ticket.created_at).total_seconds() / 60
    if metrics.first_reply_minutes is None:
        metrics = replace(metrics, first_reply_minutes=waited)
    solved = ticket.status in (Status.RESOLVED, Status.CLOSED)
    return PastTicket(
        ticket=ticket,
        reply=reply,
        solved_at=solved_at if solved else None,
        metrics=replace(metrics, replies=metrics.replies or public_replies(ticket.comments)),
        rating=rating,
        hidden=hidden_then(ticket, pages),
        ours=ours,
    )


def hidden_then(ticket: Ticket, pages: Mapping[str, str]) -> str:
    """The hidden text of the messages that waited before the first answer; later mail must not be seen in it."""
    fields = {name: value for name, value in ticket.custom_fields.items() if name != HIDDEN_TEXT_FIELD}
    then = replace(ticket, comments=asked_before_reply(ticket.comments), custom_fields=fields)
    return str(_text.with_hidden(then, pages).custom_fields.get(HIDDEN_TEXT_FIELD, ""))
