"""What customers and agents do in an emulated helpdesk outside of its API: one set of verbs for both vendors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from connector.sandbox.clock import stamp
from connector.sandbox.markup import to_text
from connector.sandbox.store import Comment, Person, Store, Ticket

DEFAULT_REQUESTER = {"name": "Sam Okafor", "email": "sam.okafor@customer.example"}


class Desk(Protocol):
    """What the control API, the agent view and tests can do in one emulated helpdesk."""

    vendor: str
    store: Store

    def add_ticket(self, fields: Mapping[str, Any]) -> Ticket:
        """A new ticket, as a customer's mail or form would make it."""

    def add_comment(self, ticket_id: int, fields: Mapping[str, Any]) -> Comment:
        """Another message, note or reply."""

    def change(self, ticket_id: int, fields: Mapping[str, Any]) -> Ticket:
        """A change by an agent, in the vendor's own words."""

    def set_webhook(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Registers the receiver; returns id and secret."""

    def rate(self, ticket_id: int, *, good: bool) -> None:
        """The customer answers the satisfaction survey."""

    def words(self, ticket: Ticket) -> dict[str, str]:
        """Status, priority and channel as people read them."""


def author_of(store: Store, ticket: Ticket, author: Any) -> Person:
    """Who is meant by "requester", "agent", "bot", "other", an id or {name, email}.

    Raises KeyError for an unknown id, ValueError for an unknown word.
    """
    if isinstance(author, Mapping):
        return store.find_or_add(author)
    if isinstance(author, int):
        return store.people[author]
    if author == "requester":
        return store.people[ticket.requester_id]
    if author == "agent":
        return store.agent()
    if author == "bot":
        return store.bot()
    if author == "other":
        return store.find_or_add({"name": "Robin Kaya", "email": "robin.kaya@elsewhere.example"})
    raise ValueError(f"Unknown author {author!r}; use requester, agent, bot, other, an id or {{name, email}}.")


def staff_id(store: Store, value: Any) -> int | None:
    """An assignee given as "agent", "bot", an id or None."""
    if value == "agent":
        return store.agent().id
    return store.bot().id if value == "bot" else value


def ticket_json(desk: Desk, ticket: Ticket) -> dict[str, Any]:
    """A ticket as tests read it: the same keys for both vendors, values in the vendor's own words."""
    store = desk.store
    requester = store.people[ticket.requester_id]
    comments = [_comment_json(store, c) for c in ticket.comments if not c.deleted]
    return {
        "vendor": desk.vendor,
        "id": ticket.id,
        "subject": ticket.subject,
        "status": ticket.status,
        "priority": ticket.priority,
        "type": ticket.type,
        "tags": list(ticket.tags),
        "requester": {"id": requester.id, "name": requester.name, "email": requester.email}
        | {"verified": requester.verified},
        "assignee_id": ticket.assignee_id,
        "group_id": ticket.group_id,
        "channel": ticket.channel,
        "cc": list(ticket.cc),
        "custom_fields": dict(ticket.custom_fields),
        "spam": ticket.spam,
        "deleted": ticket.deleted,
        "archived": ticket.archived,
        "summary": ticket.summary,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "comments": comments,
        "notes": [c for c in comments if c["kind"] == "note"],
        "replies": [c for c in comments if c["kind"] == "reply"],
        "metadata": [dict(audit.custom) for audit in ticket.audits if audit.custom],
        "words": desk.words(ticket),
    }


def _comment_json(store: Store, comment: Comment) -> dict[str, Any]:
    author = store.people[comment.author_id]
    return {
        "id": comment.id,
        "kind": comment.kind,
        "public": comment.public,
        "incoming": comment.incoming,
        "author": {"id": author.id, "name": author.name, "email": author.email, "role": author.role},
        "by": store.actor_word(author.id),
        "html": comment.html,
        "text": comment.text or to_text(comment.html),
        "flags": list(comment.flags),
        "attachments": [dict(a) for a in comment.attachments],
        "created_at": stamp(comment.created_at),
    }
