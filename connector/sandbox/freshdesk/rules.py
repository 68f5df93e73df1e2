"""What the API and the people behind it may do to a Freshdesk ticket: checks first, then every change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from connector.sandbox.clock import parse_stamp
from connector.sandbox.freshdesk import errors
from connector.sandbox.freshdesk.state import (
    CLOSED,
    OPEN,
    PENDING,
    PRIORITY_LABELS,
    RESOLVED,
    SOURCE_LABELS,
    Account,
)
from connector.sandbox.markup import clean_mail, clean_written, from_text, to_text
from connector.sandbox.store import Comment, Person, Ticket

MAX_TAG = 32
WRITABLE = {
    "subject": "subject",
    "status": "status",
    "priority": "priority",
    "type": "type",
    "tags": "tags",
    "group_id": "group_id",
    "responder_id": "assignee_id",
    "requester_id": "requester_id",
    "company_id": "organization_id",
    "product_id": "brand_id",
    "source": "channel",
    "due_by": "due_at",
}
_ACCEPTED = {"custom_fields", "description", "fr_due_by", "email", "name", "phone", "attachments", "parent_id"} | {
    "email_config_id",
    "internal_agent_id",
    "internal_group_id",
    "cc_emails",
    "unique_external_id",
    "related_ticket_ids",
    "twitter_id",
    "facebook_id",
}
TYPES = ("Question", "Incident", "Problem", "Feature Request", "Refund")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What happened to a ticket, for the automation rules."""

    ticket: Ticket
    actor: Person
    changes: dict[str, tuple[Any, Any]]
    comment: Comment | None = None
    created: bool = False


def check_fields(account: Account, fields: Mapping[str, Any]) -> None:
    """Refuses unknown attributes and impossible values (400), all problems at once."""
    problems = [
        (name, "Unexpected/invalid field in request", "invalid_field")
        for name in fields
        if name not in WRITABLE and name not in _ACCEPTED
    ]
    problems += _number_problem("status", fields, account.statuses)
    problems += _number_problem("priority", fields, PRIORITY_LABELS)
    problems += _number_problem("source", fields, SOURCE_LABELS)
    if "tags" in fields:
        problems += _tag_problems(fields["tags"])
    if fields.get("type") is not None and fields.get("type") not in TYPES:
        problems.append(("type", f"It should be one of these values: '{','.join(TYPES)}'", "invalid_value"))
    known = {f["name"] for f in account.custom_fields}
    custom = fields.get("custom_fields")
    if custom is not None and not isinstance(custom, Mapping):
        problems.append(("custom_fields", "Value set is not a/an key/value pair", "datatype_mismatch"))
    elif custom:
        text = "Unexpected/invalid field in request"
        problems += [(f"custom_fields.{n}", text, "invalid_field") for n in custom if n not in known]
    problems += _people_problems(account, fields)
    if problems:
        raise errors.validation(*problems)


def _number_problem(name: str, fields: Mapping[str, Any], allowed: Mapping[int, str]) -> list[tuple[str, str, str]]:
    if name not in fields:
        return []
    value = fields[name]
    if not isinstance(value, int) or isinstance(value, bool):
        text = f"Value set is of type {type(value).__name__}.It should be a/an Positive Integer"
        return [(name, text, "datatype_mismatch")]
    if value not in allowed:
        return [(name, f"It should be one of these values: '{','.join(map(str, allowed))}'", "invalid_value")]
    return []


def _tag_problems(tags: Any) -> list[tuple[str, str, str]]:
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        return [("tags", "Value set is of type String.It should be a/an Array", "datatype_mismatch")]
    long = [tag for tag in tags if len(tag) > MAX_TAG or "," in tag or not tag.strip()]
    text = f"It should only contain elements that have maximum of {MAX_TAG} characters and no commas"
    return [("tags", text, "invalid_value")] if long else []


def _people_problems(account: Account, fields: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    problems = []
    people, text = account.store.people, "There is no {} matching the given {}"
    responder = fields.get("responder_id")
    if responder is not None and not getattr(people.get(responder), "is_staff", False):
        problems.append(("responder_id", text.format("agent", "responder_id"), "invalid_value"))
    group = fields.get("group_id")
    if group is not None and account.find("groups", group) is None:
        problems.append(("group_id", text.format("group", "group_id"), "invalid_value"))
    requester = fields.get("requester_id")
    if requester is not None and requester not in people:
        problems.append(("requester_id", text.format("contact", "requester_id"), "invalid_value"))
    return problems


def update(account: Account, ticket: Ticket, fields: Mapping[str, Any], actor: Person) -> Outcome:
    """Applies a ticket update. Raises `ApiError` (400, 405) before anything has changed."""
    check_fields(account, fields)
    if ticket.channel == 10 and ("subject" in fields or "description" in fields):
        raise errors.invalid_value("subject", "It cannot be updated for outbound email tickets")
    _check_required(account, ticket, fields)
    wanted = {WRITABLE[name]: value for name, value in fields.items() if name in WRITABLE}
    if wanted.get("due_at"):
        wanted["due_at"] = parse_stamp(str(wanted["due_at"]))
    if "tags" in wanted:
        wanted["tags"] = list(dict.fromkeys(tag.strip() for tag in wanted["tags"]))
    changes = {name: (getattr(ticket, name), value) for name, value in wanted.items() if getattr(ticket, name) != value}
    for name, value in (fields.get("custom_fields") or {}).items():
        if ticket.custom_fields.get(name) != value:
            changes[name] = (ticket.custom_fields.get(name), value)
    apply_changes(account, ticket, changes, actor)
    if isinstance(fields.get("description"), str) and ticket.comments:
        ticket.comments[0].html = clean_written(fields["description"])
        ticket.comments[0].text = to_text(ticket.comments[0].html)
    return Outcome(ticket=ticket, actor=actor, changes=changes)


def _check_required(account: Account, ticket: Ticket, fields: Mapping[str, Any]) -> None:
    names = list(account.settings.required_for_agents)
    if fields.get("status") in (RESOLVED, CLOSED):
        names += account.settings.required_for_closure
    given = {**fields, **(fields.get("custom_fields") or {})}
    missing = []
    for name in dict.fromkeys(names):
        present = getattr(ticket, WRITABLE.get(name, ""), None) or ticket.custom_fields.get(name)
        if not given.get(name, present):
            missing.append((name, "It should be a/an String", "missing_field"))
    if missing:
        raise errors.validation(*missing)


def apply_changes(
    account: Account, ticket: Ticket, changes: Mapping[str, tuple[Any, Any]], actor: Person | None
) -> None:
    """Sets the new values, keeps the moments behind `stats`, and writes the journal."""
    now, moments = account.store.clock.now(), ticket.moments
    for name, (before, after) in changes.items():
        if hasattr(ticket, name):
            setattr(ticket, name, after)
        else:
            ticket.custom_fields[name] = after
        if name == "status":
            moments["status_updated_at"] = now
            _keep_status_moments(ticket, before, after)
        verb = name.removesuffix("_id") if hasattr(ticket, name) else "custom_field"
        account.store.note_change(ticket, verb, actor.id if actor else None, before=before, after=after)
    if changes:
        ticket.updated_at = ticket.generated_at = now


def _keep_status_moments(ticket: Ticket, before: Any, after: Any) -> None:
    moments, now = ticket.moments, ticket.moments["status_updated_at"]
    if after in (RESOLVED, CLOSED):
        moments.setdefault("resolved_at", now)
    if after == CLOSED:
        moments["closed_at"] = now
    if after == PENDING:
        moments["pending_since"] = now
    else:
        moments.pop("pending_since", None)
    if before in (RESOLVED, CLOSED) and after not in (RESOLVED, CLOSED):
        moments["reopened_at"] = now
        moments.pop("resolved_at", None)
        moments.pop("closed_at", None)
        ticket.counts["reopens"] = ticket.counts.get("reopens", 0) + 1


def add_comment(
    account: Account,
    ticket: Ticket,
    *,
    author: Person,
    actor: Person,
    kind: str,
    public: bool,
    html: str,
    incoming: bool = False,
    to: list[str] | None = None,
    cc: list[str] | None = None,
    auto_response: bool = False,
    attachments: list[dict[str, Any]] | None = None,
    flags: list[int] | None = None,
) -> Outcome:
    """Appends a conversation, moves the status when a customer writes, and writes the journal."""
    store, now = account.store, account.store.clock.now()
    rendered = clean_mail(html) if incoming else clean_written(html)
    comment = Comment(
        id=store.comment_ids.next(),
        ticket_id=ticket.id,
        author_id=author.id,
        kind=kind,
        public=public,
        html=rendered,
        text=to_text(rendered),
        created_at=now,
        updated_at=now,
        incoming=incoming,
        to=list(to or []),
        cc=list(cc or []),
        auto_response=auto_response,
        flags=list(flags or []),
        attachments=[{"id": store.other_ids.next(), **item} for item in attachments or []],
    )
    ticket.comments.append(comment)
    ticket.updated_at = ticket.generated_at = now
    if incoming:
        ticket.moments["requester_responded_at"] = now
    elif public:
        ticket.moments["agent_responded_at"] = now
        ticket.moments.setdefault("first_responded_at", now)
    verb = "customer_message" if incoming and kind == "message" else kind
    store.note_change(ticket, verb, actor.id, id=comment.id, text=comment.text)
    changes: dict[str, tuple[Any, Any]] = {}
    reopens = incoming and kind == "message" and ticket.status in (PENDING, RESOLVED, CLOSED, 6)
    if reopens and account.settings.reopen_on_customer_reply:
        changes["status"] = (ticket.status, OPEN)
        apply_changes(account, ticket, changes, None)
    return Outcome(ticket=ticket, actor=actor, changes=changes, comment=comment)


def create(account: Account, fields: Mapping[str, Any], actor: Person) -> Outcome:
    """A new ticket; without `requester` fields the actor is none. Raises `ApiError` 400."""
    store = account.store
    check_fields(account, fields)
    requester = _requester(account, fields)
    missing = [
        (n, "It should be a/an String", "missing_field") for n in ("subject", "description") if not fields.get(n)
    ]
    if missing:
        raise errors.validation(*missing)
    now = store.clock.now()
    incoming = not actor.is_staff or actor.id == requester.id or int(fields.get("source", 2)) != 10
    raw = str(fields["description"])
    html = (clean_mail(raw) if incoming else clean_written(raw)) if "<" in raw else from_text(raw)
    ticket = Ticket(
        id=store.ticket_ids.next(),
        subject=str(fields["subject"]),
        status=fields.get("status", OPEN),
        priority=fields.get("priority", 1),
        type=fields.get("type"),
        requester_id=requester.id,
        submitter_id=actor.id,
        assignee_id=fields.get("responder_id"),
        group_id=fields.get("group_id"),
        organization_id=fields.get("company_id", requester.organization_id),
        brand_id=fields.get("product_id"),
        channel=fields.get("source", 2),
        tags=list(dict.fromkeys(fields.get("tags") or [])),
        custom_fields=dict(fields.get("custom_fields") or {}),
        cc=list(fields.get("cc_emails") or []),
        support_email=str(account.email_configs[0]["to_email"]),
        created_at=now,
        updated_at=now,
        generated_at=now,
    )
    first = Comment(
        id=store.comment_ids.next(),
        ticket_id=ticket.id,
        author_id=requester.id,
        kind="message" if incoming else "reply",
        public=True,
        html=html,
        text=to_text(html),
        created_at=now,
        updated_at=now,
        incoming=incoming,
        attachments=[{"id": store.other_ids.next(), **item} for item in fields.get("attachments") or []],
    )
    ticket.comments.append(first)
    ticket.moments["status_updated_at"] = now
    store.tickets[ticket.id] = ticket
    store.note_change(ticket, "created", actor.id)
    verb = "customer_message" if incoming else "reply"
    store.note_change(ticket, verb, actor.id, id=first.id, text=first.text)
    return Outcome(ticket=ticket, actor=actor, changes={}, comment=first, created=True)


def _requester(account: Account, fields: Mapping[str, Any]) -> Person:
    store = account.store
    if fields.get("requester_id") is not None:
        return store.people[fields["requester_id"]]
    if fields.get("email"):
        return store.find_or_add({"email": fields["email"], "name": fields.get("name")})
    if fields.get("phone") or fields.get("unique_external_id"):
        return store.add_person(
            name=str(fields.get("name") or "Customer"), email=None, phone=fields.get("phone"), verified=False
        )
    names = "requester_id, phone, email, twitter_id, facebook_id, unique_external_id"
    raise errors.validation(("requester_id", f"One of the fields should be present: {names}", "missing_field"))
