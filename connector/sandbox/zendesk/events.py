"""Ticket events: the fixed envelope of event-subscribed webhooks (reference 1.5)."""

from __future__ import annotations

import uuid
from datetime import UTC
from typing import Any

from connector.sandbox.clock import stamp
from connector.sandbox.store import Comment, Ticket
from connector.sandbox.zendesk.rules import Outcome
from connector.sandbox.zendesk.shapes import custom_status_id
from connector.sandbox.zendesk.state import Account

PREFIX = "zen:event-type:ticket."
NAMES = [
    "agent_assignment_changed",
    "attachment_linked_to_comment",
    "attachment_redacted_from_comment",
    "brand_changed",
    "comment_added",
    "comment_made_private",
    "comment_redacted",
    "created",
    "csat_received",
    "csat_requested",
    "custom_field_changed",
    "custom_status_changed",
    "description_changed",
    "email_ccs_changed",
    "external_id_changed",
    "followers_changed",
    "form_changed",
    "group_assignment_changed",
    "marked_as_spam",
    "merged",
    "next_sla_breach_changed",
    "ola_policy_changed",
    "organization_changed",
    "permanently_deleted",
    "priority_changed",
    "problem_link_changed",
    "requester_changed",
    "schedule_changed",
    "sla_policy_changed",
    "soft_deleted",
    "status_changed",
    "subject_changed",
    "submitter_changed",
    "tags_changed",
    "task_due_at_changed",
    "type_changed",
    "undeleted",
]
_BY_FIELD = {
    "status": "status_changed",
    "priority": "priority_changed",
    "subject": "subject_changed",
    "type": "type_changed",
    "assignee_id": "agent_assignment_changed",
    "group_id": "group_assignment_changed",
    "requester_id": "requester_changed",
    "organization_id": "organization_changed",
    "brand_id": "brand_changed",
    "external_id": "external_id_changed",
    "problem_id": "problem_link_changed",
    "due_at": "task_due_at_changed",
    "cc": "email_ccs_changed",
}
_UPPER = frozenset({"status", "priority", "type"})


def of_outcome(account: Account, outcome: Outcome) -> list[tuple[str, dict[str, Any]]]:
    """The events of one update as (name, `event`), in the order they happened."""
    found: list[tuple[str, dict[str, Any]]] = []
    if outcome.created:
        found.append(("created", {}))
    if outcome.comment is not None and (not outcome.created or account.settings.comment_event_on_create):
        found.append(("comment_added", {"comment": comment_event(account, outcome.comment)}))
    for name, (before, after) in outcome.changes.items():
        found.append(_changed(name, before, after))
    return found


def comment_event(account: Account, comment: Comment) -> dict[str, Any]:
    """The `comment` of a comment event."""
    author = account.store.people[comment.author_id]
    return {
        "id": str(comment.id),
        "body": comment.text,
        "is_public": comment.public,
        "author": {"id": str(author.id), "is_staff": author.is_staff, "name": author.name},
    }


def _changed(name: str, before: Any, after: Any) -> tuple[str, dict[str, Any]]:
    if name == "tags":
        added, removed = sorted(set(after) - set(before)), sorted(set(before) - set(after))
        return "tags_changed", {"tags_added": added, "tags_removed": removed}
    if name not in _BY_FIELD:
        return "custom_field_changed", {"current": after, "previous": before, "field": {"id": name, "type": "text"}}
    return _BY_FIELD[name], {"current": _word(name, after), "previous": _word(name, before)}


def _word(name: str, value: Any) -> Any:
    if value is None or isinstance(value, list):
        return value
    if name in _UPPER:
        return str(value).upper()
    return stamp(value) if hasattr(value, "astimezone") else str(value)


def envelope(
    account: Account,
    ticket: Ticket,
    name: str,
    event: dict[str, Any],
    *,
    actor_id: int,
    sequence_id: str,
    position: int,
) -> dict[str, Any]:
    """The body of one event delivery. Ids are strings, enums upper case."""
    now = account.store.clock.now().astimezone(UTC)
    return {
        "type": PREFIX + name,
        "account_id": account.account_id,
        "id": str(uuid.uuid4()),
        "time": now.strftime("%Y-%m-%dT%H:%M:%S.%f") + "000Z",
        "zendesk_event_version": "2022-11-06",
        "subject": f"zen:ticket:{ticket.id}",
        "detail": _detail(account, ticket, actor_id),
        "event": {**event, "meta": {"sequence": {"id": sequence_id, "position": position}}},
    }


def _detail(account: Account, ticket: Ticket, actor_id: int) -> dict[str, Any]:
    return {
        "id": str(ticket.id),
        "actor_id": str(actor_id),
        "requester_id": str(ticket.requester_id),
        "submitter_id": str(ticket.submitter_id),
        "assignee_id": _id(ticket.assignee_id),
        "group_id": _id(ticket.group_id),
        "brand_id": _id(ticket.brand_id),
        "organization_id": _id(ticket.organization_id),
        "form_id": None,
        "custom_status": _id(custom_status_id(account, ticket.status)),
        "external_id": ticket.external_id,
        "subject": ticket.subject,
        "description": ticket.comments[0].text if ticket.comments else "",
        "status": "DELETED" if ticket.deleted else str(ticket.status).upper(),
        "priority": None if ticket.priority is None else str(ticket.priority).upper(),
        "type": None if ticket.type is None else ticket.type.upper(),
        "tags": list(ticket.tags),
        "is_public": ticket.is_public,
        "via": {"channel": ticket.channel},
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
    }


def _id(value: int | None) -> str | None:
    return None if value is None else str(value)
