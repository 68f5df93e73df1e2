"""Triggers: conditions on an update, and the two actions an integration meets: call a webhook, change tags."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.sandbox.store import Person
from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.comments import expand_placeholders
from connector.sandbox.zendesk.rules import Outcome, normalise_tags
from connector.sandbox.zendesk.state import Account

FIELDS = frozenset(
    [
        "update_type",
        "status",
        "priority",
        "current_tags",
        "comment_is_public",
        "current_user_id",
        "role",
        "group_id",
        "assignee_id",
        "via_id",
        "notification_sender_email",
    ]
)
ACTIONS = frozenset({"notification_webhook", "current_tags", "set_tags", "remove_tags"})


def check(trigger: Mapping[str, Any]) -> None:
    """Refuses a trigger this emulator could not run (422), as Zendesk refuses what it does not know."""
    if not trigger.get("title") or not trigger.get("actions"):
        raise errors.invalid("title", "Title: cannot be blank", "BlankValue")
    conditions = trigger.get("conditions") or {}
    for condition in [*(conditions.get("all") or []), *(conditions.get("any") or [])]:
        if condition.get("field") not in FIELDS:
            raise errors.invalid("conditions", f"Condition {condition.get('field')} is not valid", "InvalidValue")
    for action in trigger["actions"]:
        if action.get("field") not in ACTIONS:
            raise errors.invalid("actions", f"Action {action.get('field')} is not valid", "InvalidValue")


def run(account: Account, outcome: Outcome, actor: Person) -> list[tuple[str, str]]:
    """Runs the active triggers in order; returns (webhook id, body) for every webhook to call."""
    calls: list[tuple[str, str]] = []
    for trigger in account.triggers:
        if trigger.get("active", True) and _fires(trigger.get("conditions") or {}, outcome, actor):
            for action in trigger["actions"]:
                calls.extend(_act(account, outcome, action, actor))
    return calls


def _fires(conditions: Mapping[str, Any], outcome: Outcome, actor: Person) -> bool:
    every = all(_holds(c, outcome, actor) for c in conditions.get("all") or [])
    some = conditions.get("any") or []
    return every and (not some or any(_holds(c, outcome, actor) for c in some))


def _holds(condition: Mapping[str, Any], outcome: Outcome, actor: Person) -> bool:
    field, operator, value = condition["field"], condition.get("operator", "is"), condition.get("value")
    ticket = outcome.ticket
    if field == "current_tags":
        present = bool(set(normalise_tags(value)) & set(ticket.tags))
        return present if operator == "includes" else not present
    if field == "comment_is_public":
        if outcome.comment is None:
            return False
        wanted = str(value).lower() in ("true", "1", "requester_can_see_comment")
        return outcome.comment.public is wanted or str(value) == "not_relevant"
    actual = {
        "update_type": "Create" if outcome.created else "Change",
        "status": ticket.status,
        "priority": ticket.priority or "",
        "current_user_id": str(actor.id),
        "role": "end_user" if not actor.is_staff else actor.role,
        "group_id": str(ticket.group_id or ""),
        "assignee_id": str(ticket.assignee_id or ""),
    }.get(field, "")
    same = str(value).lower() == str(actual).lower()
    return not same if operator in ("is_not", "not_value") else same


def _act(account: Account, outcome: Outcome, action: Mapping[str, Any], actor: Person) -> list[tuple[str, str]]:
    ticket = outcome.ticket
    if action["field"] == "notification_webhook":
        webhook_id, template = (*action["value"], "")[:2]
        body = expand_placeholders(account, ticket, str(template), str, actor)
        return [(str(webhook_id), body)]
    tags = set(normalise_tags(action["value"]))
    before = list(ticket.tags)
    if action["field"] == "current_tags":
        ticket.tags = sorted(tags | set(before))
    else:
        ticket.tags = sorted(tags if action["field"] == "set_tags" else set(before) - tags)
    if ticket.tags != before:
        account.store.note_change(ticket, "tags", None, before=before, after=list(ticket.tags))
    return []
