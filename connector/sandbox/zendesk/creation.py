"""New Zendesk tickets, by API, by mail or by an agent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.sandbox.store import Audit, Person, Ticket
from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.comments import draft_comment
from connector.sandbox.zendesk.rules import PRIORITIES, Outcome, comment_event, normalise_tags
from connector.sandbox.zendesk.state import STATUSES, Account


def create(
    account: Account, fields: Mapping[str, Any], actor: Person, *, channel: str = "api", via_rel: str | None = None
) -> Outcome:
    """A new ticket with its first comment. Raises `ApiError` 422 for what the rules forbid."""
    store = account.store
    requester = _requester(account, fields, actor)
    comment = fields.get("comment")
    if not isinstance(comment, Mapping) and fields.get("description"):
        comment = {"body": fields["description"]}
    draft = draft_comment(account, None, comment, actor, channel=channel)
    if draft is None:
        raise errors.invalid("base", "Description: cannot be blank", "BlankValue")
    status = fields.get("status") or "new"
    _check(fields, status)
    now = store.clock.now()
    ticket = Ticket(
        id=store.ticket_ids.next(),
        subject=str(fields.get("subject") or draft.comment.text[:100]),
        status="open" if status == "new" and fields.get("assignee_id") else status,
        priority=fields.get("priority"),
        type=fields.get("type"),
        requester_id=requester.id,
        submitter_id=actor.id,
        assignee_id=fields.get("assignee_id"),
        group_id=fields.get("group_id", account.groups[0]["id"]),
        organization_id=fields.get("organization_id", requester.organization_id),
        brand_id=fields.get("brand_id", account.brands[0]["id"]),
        channel=channel,
        via_rel=via_rel,
        tags=normalise_tags(fields.get("tags") or []),
        custom_fields={str(f["id"]): f.get("value") for f in fields.get("custom_fields") or []},
        cc=[str(c["user_email"]) for c in fields.get("email_ccs") or [] if c.get("user_email")],
        support_email=fields.get("recipient") or "support@northwind.example",
        external_id=fields.get("external_id"),
        is_public=draft.comment.public,
        created_at=now,
        updated_at=now,
        generated_at=now,
    )
    draft.comment.ticket_id = ticket.id
    ticket.comments.append(draft.comment)
    ticket.moments["comment_added"] = now
    store.tickets[ticket.id] = ticket
    audit = Audit(id=store.other_ids.next(), ticket_id=ticket.id, author_id=actor.id, created_at=now, channel=channel)
    if isinstance(fields.get("metadata"), Mapping):
        audit.custom = dict(fields["metadata"])
    draft.comment.audit_id = audit.id
    audit.events.append(comment_event(account, audit, draft.comment))
    for name in ("subject", "status", "priority", "type", "requester_id", "tags"):
        value = getattr(ticket, name)
        audit.events.append({"id": store.other_ids.next(), "type": "Create", "field_name": name, "value": value})
    ticket.audits.append(audit)
    store.note_change(ticket, "created", actor.id, audit=audit.id, metadata=audit.custom)
    verb = "customer_message" if draft.comment.kind == "message" else draft.comment.kind
    store.note_change(
        ticket, verb, actor.id, id=draft.comment.id, audit=audit.id, text=draft.comment.text, metadata=audit.custom
    )
    return Outcome(ticket=ticket, audit=audit, comment=draft.comment, changes={}, created=True)


def _requester(account: Account, fields: Mapping[str, Any], actor: Person) -> Person:
    given = fields.get("requester")
    if isinstance(given, Mapping):
        return account.store.find_or_add(given)
    requester_id = fields.get("requester_id")
    if requester_id is None:
        return actor
    person = account.store.people.get(requester_id)
    if person is None:
        raise errors.invalid("requester", "Requester: is invalid", "InvalidValue")
    return person


def _check(fields: Mapping[str, Any], status: Any) -> None:
    if status not in STATUSES:
        raise errors.invalid("status", f"Status: {status} is not valid", "InvalidValue")
    if status == "solved" and not fields.get("assignee_id"):
        raise errors.invalid("base", "Assignee: is required when solving a ticket", "BlankValue")
    if fields.get("priority") not in (None, *PRIORITIES):
        raise errors.invalid("priority", f"Priority: {fields['priority']} is not valid", "InvalidValue")
