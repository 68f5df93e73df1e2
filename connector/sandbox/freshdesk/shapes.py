"""JSON of the records as Freshdesk answers it (reference 1.3 and 1.4)."""

from __future__ import annotations

from typing import Any

from connector.sandbox.clock import stamp, stamp_or_none
from connector.sandbox.freshdesk.state import Account
from connector.sandbox.markup import to_flat_text
from connector.sandbox.store import Comment, Person, Ticket

STATS = (
    "agent_responded_at",
    "requester_responded_at",
    "first_responded_at",
    "status_updated_at",
    "reopened_at",
    "resolved_at",
    "closed_at",
    "pending_since",
)
_CONVERSATION_SOURCE = {"message": 0, "reply": 0, "note": 2, "survey": 6, "forward": 8}
_CATEGORY = {"message": 1, "reply": 3, "note": 2, "survey": 7, "forward": 2}


def ticket_json(account: Account, ticket: Ticket, *, in_list: bool = False) -> dict[str, Any]:
    """One ticket; lists leave the description out."""
    first = ticket.comments[0] if ticket.comments else None
    shape: dict[str, Any] = {
        "cc_emails": list(ticket.cc),
        "fwd_emails": [],
        "reply_cc_emails": list(ticket.cc),
        "ticket_cc_emails": list(ticket.cc),
        "ticket_bcc_emails": None,
        "fr_escalated": False,
        "nr_escalated": False,
        "spam": ticket.spam,
        "email_config_id": account.email_configs[0]["id"],
        "group_id": ticket.group_id,
        "priority": ticket.priority,
        "requester_id": ticket.requester_id,
        "responder_id": ticket.assignee_id,
        "source": ticket.channel,
        "company_id": ticket.organization_id,
        "status": ticket.status,
        "subject": ticket.subject,
        "association_type": ticket.association_type,
        "associated_tickets_count": 1 if ticket.association_type else None,
        "support_email": ticket.support_email,
        "to_emails": [ticket.support_email] if ticket.support_email else None,
        "product_id": ticket.brand_id,
        "internal_agent_id": None,
        "internal_group_id": None,
        "id": ticket.id,
        "type": ticket.type,
        "due_by": stamp(ticket.due_at or ticket.created_at),
        "fr_due_by": stamp(ticket.due_at or ticket.created_at),
        "nr_due_by": None,
        "is_escalated": False,
        "custom_fields": {f["name"]: ticket.custom_fields.get(f["name"]) for f in account.custom_fields},
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "tags": list(ticket.tags),
        "structured_description": None,
    }
    if not in_list:
        shape["description"] = first.html if first else ""
        shape["description_text"] = to_flat_text(first.html) if first else ""
        shape["attachments"] = [attachment_json(account, a) for a in first.attachments] if first else []
        shape["deleted"] = ticket.deleted
        shape["archived"] = ticket.archived
    return shape


def stats_json(ticket: Ticket) -> dict[str, Any]:
    """The ticket's moments, each a time or null."""
    return {name: stamp_or_none(ticket.moments.get(name)) for name in STATS}


def requester_json(person: Person) -> dict[str, Any]:
    """The requester as `include=requester` shows it."""
    return {"id": person.id, "name": person.name, "email": person.email, "mobile": None, "phone": person.phone}


def conversation_json(account: Account, comment: Comment) -> dict[str, Any]:
    """One conversation; the first message is the ticket's description and no conversation."""
    return {
        "body": f"<div>{comment.html}</div>",
        "body_text": to_flat_text(comment.html),
        "id": comment.id,
        "incoming": comment.incoming,
        "private": not comment.public,
        "user_id": comment.author_id,
        "support_email": account.email_configs[0]["reply_email"] if comment.kind in ("message", "reply") else None,
        "source": _CONVERSATION_SOURCE[comment.kind],
        "category": _CATEGORY[comment.kind],
        "ticket_id": comment.ticket_id,
        "to_emails": list(comment.to),
        "from_email": _from_email(account, comment),
        "cc_emails": list(comment.cc),
        "bcc_emails": None,
        "email_failure_count": None,
        "outgoing_failures": None,
        "thread_id": None,
        "thread_message_id": None,
        "created_at": stamp(comment.created_at),
        "updated_at": stamp(comment.updated_at),
        "last_edited_at": None if comment.updated_at == comment.created_at else stamp(comment.updated_at),
        "last_edited_user_id": None,
        "attachments": [attachment_json(account, item) for item in comment.attachments],
        "automation_id": 55 if comment.auto_response else None,
        "automation_type_id": 1 if comment.auto_response else None,
        "auto_response": comment.auto_response,
        "source_additional_info": None,
    }


def _from_email(account: Account, comment: Comment) -> str | None:
    if comment.kind == "note":
        return None
    author = account.store.people[comment.author_id]
    if comment.incoming and author.email:
        return f'"{author.name}" <{author.email}>'
    return str(account.email_configs[0]["reply_email"])


def attachment_json(account: Account, item: dict[str, Any]) -> dict[str, Any]:
    """One attachment; the content itself is not served."""
    return {
        "id": item["id"],
        "content_type": item.get("content_type", "application/octet-stream"),
        "size": item.get("size", 0),
        "name": item["name"],
        "attachment_url": f"{account.url}/attachments/{item['id']}?token=expires",
        "created_at": item.get("created_at"),
        "updated_at": item.get("created_at"),
    }


def contact_json(person: Person, *, in_list: bool = False) -> dict[str, Any]:
    """One contact; `active` is true once the address was verified."""
    shape: dict[str, Any] = {
        "active": person.verified,
        "address": None,
        "company_id": person.organization_id,
        "description": None,
        "email": person.email,
        "id": person.id,
        "job_title": None,
        "language": person.locale.split("-")[0],
        "mobile": None,
        "name": person.name,
        "phone": person.phone,
        "time_zone": "Berlin",
        "twitter_id": None,
        "custom_fields": dict(person.fields),
        "facebook_id": None,
        "created_at": stamp(person.created_at),
        "updated_at": stamp(person.updated_at),
        "csat_rating": None,
        "preferred_source": "email",
        "unique_external_id": None,
    }
    if not in_list:
        shape |= {"view_all_tickets": False, "deleted": not person.active, "other_emails": [], "tags": []}
        shape |= {"other_companies": [], "avatar": None}
    return shape


def agent_json(account: Account, person: Person) -> dict[str, Any]:
    """One agent."""
    role = account.roles[1 if person.role == "admin" else 0]["id"]
    return {
        "available": True,
        "occasional": False,
        "id": person.id,
        "signature": None,
        "ticket_scope": 1,
        "type": "support_agent",
        "skill_ids": [],
        "group_ids": [g["id"] for g in account.groups],
        "role_ids": [role],
        "available_since": None,
        "created_at": stamp(person.created_at),
        "updated_at": stamp(person.updated_at),
        "last_active_at": None,
        "focus_mode": True,
        "deactivated": not person.active,
        "contact": {
            "active": person.active,
            "email": person.email,
            "job_title": None,
            "language": "en",
            "last_login_at": None,
            "mobile": None,
            "name": person.name,
            "phone": person.phone,
            "time_zone": "Berlin",
            "created_at": stamp(person.created_at),
            "updated_at": stamp(person.updated_at),
        },
    }
