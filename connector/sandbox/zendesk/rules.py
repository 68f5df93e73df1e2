"""What an update does to a Zendesk ticket: checks first, then every change in one audit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.sandbox.clock import parse_stamp, stamp
from connector.sandbox.store import Audit, Comment, Person, Ticket
from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.comments import Draft, draft_comment
from connector.sandbox.zendesk.state import STATUSES, Account

PRIORITIES = ("low", "normal", "high", "urgent")
TYPES = ("problem", "incident", "question", "task")
_PLAIN = ("subject", "type", "external_id", "group_id", "organization_id", "brand_id", "problem_id")
_TAG = re.compile(r"[\s,]+")
_REOPENED = frozenset({"pending", "hold", "solved"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an update did. `audit` is empty when it changed nothing."""

    ticket: Ticket
    audit: Audit
    comment: Comment | None
    changes: dict[str, tuple[Any, Any]]
    created: bool = False


def normalise_tags(value: Any) -> list[str]:
    """Tags as Zendesk keeps them: lower case, without spaces, once each, sorted."""
    parts = value if isinstance(value, list) else [value]
    words = (word for part in parts for word in _TAG.split(str(part).strip().lower()))
    return sorted({word for word in words if word})


def check_stamp(ticket: Ticket, fields: Mapping[str, Any]) -> None:
    """Refuses a safe update with an old stamp. `safe_update: false` asks for the same check as true."""
    if "safe_update" not in fields:
        return
    given = fields.get("updated_stamp")
    if not isinstance(given, str) or given != stamp(ticket.updated_at):
        raise errors.conflict()


def update(
    account: Account, ticket: Ticket, fields: Mapping[str, Any], actor: Person, *, channel: str = "api"
) -> Outcome:
    """Applies one update. Raises `ApiError` (409, 422) before anything has changed."""
    if ticket.status == "closed":
        raise errors.invalid("status", "Status: closed prevents ticket update")
    check_stamp(ticket, fields)
    draft = draft_comment(account, ticket, fields.get("comment"), actor, channel=channel)
    changes = _plan(account, ticket, fields, draft)
    _check(ticket, changes)
    return _apply(account, ticket, changes, draft, fields, actor, channel=channel)


def _plan(
    account: Account, ticket: Ticket, fields: Mapping[str, Any], draft: Draft | None
) -> dict[str, tuple[Any, Any]]:
    wanted: dict[str, Any] = {name: fields[name] for name in _PLAIN if name in fields}
    wanted.update(_plan_people(account, fields))
    if "due_at" in fields:
        wanted["due_at"] = parse_stamp(fields["due_at"]) if fields["due_at"] else None
    if "status" in fields:
        wanted["status"] = _one_of(fields["status"], STATUSES, "status")
    elif "custom_status_id" in fields:
        wanted["status"] = _status_of(account, fields["custom_status_id"])
    if "priority" in fields:
        wanted["priority"] = None if fields["priority"] is None else _one_of(fields["priority"], PRIORITIES, "priority")
    if wanted.get("type") is not None and wanted["type"] not in TYPES:
        raise errors.invalid("type", f"Type: {wanted['type']} is not valid", "InvalidValue")
    if "tags" in fields:
        wanted["tags"] = normalise_tags(fields["tags"] or [])
    _plan_status(ticket, wanted, draft)
    changes = {n: (getattr(ticket, n), v) for n, v in wanted.items() if getattr(ticket, n) != v}
    for name, value in _custom_fields(fields):
        if ticket.custom_fields.get(name) != value:
            changes[name] = (ticket.custom_fields.get(name), value)
    return changes


def _plan_people(account: Account, fields: Mapping[str, Any]) -> dict[str, Any]:
    wanted: dict[str, Any] = {name: fields[name] for name in ("assignee_id", "requester_id") if name in fields}
    if fields.get("assignee_email"):
        person = account.store.person_by_email(str(fields["assignee_email"]))
        wanted["assignee_id"] = person.id if person else -1
    if isinstance(fields.get("requester"), Mapping):
        wanted["requester_id"] = account.store.find_or_add(fields["requester"]).id
    if isinstance(fields.get("email_ccs"), list):
        wanted["cc"] = [str(c["user_email"]) for c in fields["email_ccs"] if c.get("user_email")]
    assignee = wanted.get("assignee_id")
    if assignee is not None and not getattr(account.store.people.get(assignee), "is_staff", False):
        raise errors.invalid("assignee", "Assignee: is invalid", "InvalidValue")
    if wanted.get("requester_id", 0) is None or wanted.get("requester_id", 0) not in (0, *account.store.people):
        raise errors.invalid("requester", "Requester: is invalid", "InvalidValue")
    group = fields.get("group_id")
    if group is not None and account.find("groups", group) is None:
        raise errors.invalid("group", "Group: is invalid", "InvalidValue")
    return wanted


def _plan_status(ticket: Ticket, wanted: dict[str, Any], draft: Draft | None) -> None:
    """Status moves by itself: a customer's comment reopens, an assignment opens a new ticket."""
    if "status" in wanted:
        return
    if (draft is not None and not draft.author.is_staff and ticket.status in _REOPENED) or (
        wanted.get("assignee_id") is not None and ticket.status == "new"
    ):
        wanted["status"] = "open"


def _check(ticket: Ticket, changes: Mapping[str, tuple[Any, Any]]) -> None:
    status = changes["status"][1] if "status" in changes else ticket.status
    assignee = changes["assignee_id"][1] if "assignee_id" in changes else ticket.assignee_id
    if "status" in changes and status == "new":
        raise errors.invalid("status", "Status: cannot be changed back to new", "InvalidValue")
    if "status" in changes and status == "solved" and assignee is None:
        raise errors.invalid("base", "Assignee: is required when solving a ticket", "BlankValue")
    if "priority" in changes and changes["priority"][1] is None:
        raise errors.invalid("priority", "Priority: cannot be unset", "BlankValue")


def _apply(
    account: Account,
    ticket: Ticket,
    changes: dict[str, tuple[Any, Any]],
    draft: Draft | None,
    fields: Mapping[str, Any],
    actor: Person,
    *,
    channel: str,
) -> Outcome:
    store, now = account.store, account.store.clock.now()
    audit = Audit(id=store.other_ids.next(), ticket_id=ticket.id, author_id=actor.id, created_at=now, channel=channel)
    if isinstance(fields.get("metadata"), Mapping):
        audit.custom = dict(fields["metadata"])
    comment = None
    if draft is not None:
        comment = _add_comment(account, ticket, audit, draft)
    for name, (before, after) in changes.items():
        _set(account, ticket, name, after)
        audit.events.append(_change_event(account, name, before, after))
        verb = name if hasattr(ticket, name) else "custom_field"
        store.note_change(
            ticket,
            verb.removesuffix("_id"),
            actor.id,
            audit=audit.id,
            before=before,
            after=after,
            metadata=audit.custom,
        )
    if audit.events or audit.custom:
        ticket.audits.append(audit)
        ticket.generated_at = now
    if audit.events:
        ticket.updated_at = now
    return Outcome(ticket=ticket, audit=audit, comment=comment, changes=changes)


def _add_comment(account: Account, ticket: Ticket, audit: Audit, draft: Draft) -> Comment:
    comment = draft.comment
    comment.audit_id = audit.id
    ticket.comments.append(comment)
    ticket.moments["comment_added"] = comment.created_at
    if comment.kind == "reply":
        ticket.moments.setdefault("first_reply", comment.created_at)
        ticket.counts["replies"] = ticket.counts.get("replies", 0) + 1
    if comment.kind == "message":
        ticket.moments["requester_updated"] = comment.created_at
    verb = "customer_message" if comment.kind == "message" else comment.kind
    audit.events.append(comment_event(account, audit, comment))
    account.store.note_change(
        ticket, verb, audit.author_id, id=comment.id, audit=audit.id, text=comment.text, metadata=audit.custom
    )
    return comment


def comment_event(account: Account, audit: Audit, comment: Comment) -> dict[str, Any]:
    """The Comment event of an audit; its id is the comment's."""
    return {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.text,
        "html_body": f'<div class="zd-comment" dir="auto">{comment.html}</div>',
        "plain_body": comment.text,
        "public": comment.public,
        "attachments": [],
        "audit_id": audit.id,
    }


def _change_event(account: Account, name: str, before: Any, after: Any) -> dict[str, Any]:
    field_name = "email_ccs" if name == "cc" else name
    return {
        "id": account.store.other_ids.next(),
        "type": "Change",
        "field_name": field_name,
        "value": _event_value(after),
        "previous_value": _event_value(before),
    }


def _event_value(value: Any) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return stamp(value) if hasattr(value, "astimezone") else value


def _set(account: Account, ticket: Ticket, name: str, value: Any) -> None:
    now, moments = account.store.clock.now(), ticket.moments
    if name == "status":
        if ticket.status == "solved" and value not in ("solved", "closed"):
            ticket.counts["reopens"] = ticket.counts.get("reopens", 0) + 1
            moments.pop("solved", None)
        if value == "solved":
            moments.setdefault("first_solved", now)
            moments["solved"] = now
        moments["status_updated"] = now
    if name == "assignee_id":
        moments["assignee_updated"] = moments["assigned"] = now
        moments.setdefault("initially_assigned", now)
    if hasattr(ticket, name):
        setattr(ticket, name, value)
    else:
        ticket.custom_fields[name] = value


def _custom_fields(fields: Mapping[str, Any]) -> list[tuple[str, Any]]:
    given = fields.get("custom_fields") or fields.get("fields") or []
    if isinstance(given, Mapping):
        return [(str(name), value) for name, value in given.items()]
    return [(str(item["id"]), item.get("value")) for item in given if isinstance(item, Mapping) and "id" in item]


def _one_of(value: Any, allowed: tuple[str, ...], field: str) -> str:
    if value not in allowed:
        raise errors.invalid(field, f"{field.capitalize()}: {value} is not valid", "InvalidValue")
    return str(value)


def _status_of(account: Account, custom_status_id: Any) -> str:
    found = account.find("custom_statuses", custom_status_id)
    if found is None:
        raise errors.invalid("custom_status_id", "Custom status: is invalid", "InvalidValue")
    return str(found["status_category"])
