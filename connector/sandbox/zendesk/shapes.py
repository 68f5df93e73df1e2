"""JSON of the records as Zendesk answers it (reference 2.1, 2.2, 7)."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from connector.sandbox.clock import stamp, stamp_or_none
from connector.sandbox.store import Audit, Comment, Person, Ticket
from connector.sandbox.zendesk.state import Account

_FLAG_TEXT = {
    0: "untrusted",
    2: "author not part of the conversation",
    3: "author not signed in",
    4: "automatically generated mail",
    11: "on behalf of somebody else",
    14: "perhaps not written by this user",
    20: "reply-to is suspended",
    21: "From and Reply-To differ",
    22: "unverified address",
}


def ticket_json(account: Account, ticket: Ticket) -> dict[str, Any]:
    """One ticket."""
    store = account.store
    return {
        "id": ticket.id,
        "url": f"{account.url}/api/v2/tickets/{ticket.id}.json",
        "external_id": ticket.external_id,
        "via": _via(account, ticket),
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "generated_timestamp": int(ticket.generated_at.timestamp()),
        "type": ticket.type,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.comments[0].text if ticket.comments else "",
        "priority": ticket.priority,
        "status": ticket.status,
        "recipient": ticket.support_email,
        "requester_id": ticket.requester_id,
        "submitter_id": ticket.submitter_id,
        "assignee_id": ticket.assignee_id,
        "organization_id": ticket.organization_id,
        "group_id": ticket.group_id,
        "collaborator_ids": _cc_ids(account, ticket),
        "follower_ids": [],
        "email_cc_ids": _cc_ids(account, ticket),
        "forum_topic_id": None,
        "problem_id": ticket.problem_id,
        "has_incidents": any(t.problem_id == ticket.id for t in store.tickets.values())
        if ticket.type == "problem"
        else False,
        "is_public": ticket.is_public,
        "due_at": stamp_or_none(ticket.due_at),
        "tags": list(ticket.tags),
        "custom_fields": custom_fields(account, ticket),
        "fields": custom_fields(account, ticket),
        "satisfaction_rating": ticket.satisfaction or {"score": "unoffered"},
        "sharing_agreement_ids": [],
        "custom_status_id": custom_status_id(account, ticket.status),
        "followup_ids": [],
        "ticket_form_id": None,
        "brand_id": ticket.brand_id,
        "allow_channelback": False,
        "allow_attachments": True,
        "from_messaging_channel": ticket.channel in ("native_messaging", "messaging"),
    }


def custom_fields(account: Account, ticket: Ticket) -> list[dict[str, Any]]:
    """Every custom field with its value or null."""
    known = [str(f["id"]) for f in account.ticket_fields if f["removable"]]
    names = known + [name for name in ticket.custom_fields if name not in known]
    return [{"id": int(name), "value": ticket.custom_fields.get(name)} for name in names]


def custom_status_id(account: Account, status: str) -> int | None:
    """The default custom status of a category; a closed ticket keeps that of solved."""
    category = "solved" if status == "closed" else status
    return next((s["id"] for s in account.custom_statuses if s["status_category"] == category), None)


def _cc_ids(account: Account, ticket: Ticket) -> list[int]:
    people = (account.store.person_by_email(address) for address in ticket.cc)
    return [person.id for person in people if person is not None]


def _via(account: Account, ticket: Ticket) -> dict[str, Any]:
    requester = account.store.people.get(ticket.requester_id)
    is_mail = ticket.channel == "email" and requester is not None
    sender = {"address": requester.email, "name": requester.name} if is_mail and requester else {}
    recipient = {"name": "Northwind", "address": ticket.support_email} if is_mail else {}
    return {"channel": ticket.channel, "source": {"from": sender, "to": recipient, "rel": ticket.via_rel}}


def comment_json(account: Account, comment: Comment) -> dict[str, Any]:
    """One comment of a ticket."""
    shape: dict[str, Any] = {
        "id": comment.id,
        "type": "Comment",
        "author_id": comment.author_id,
        "body": comment.text,
        "html_body": f'<div class="zd-comment" dir="auto">{comment.html}</div>',
        "plain_body": comment.text,
        "public": comment.public,
        "attachments": [attachment_json(account, item) for item in comment.attachments],
        "audit_id": comment.audit_id,
        "via": {"channel": comment.channel, "source": {"from": {}, "to": {}, "rel": None}},
        "created_at": stamp(comment.created_at),
        "metadata": {"system": {"client": "sandbox", "ip_address": "127.0.0.1"}, "custom": {}},
    }
    if comment.flags:
        shape["metadata"]["flags"] = list(comment.flags)
        shape["metadata"]["flags_options"] = {
            str(flag): {"message": {"user": _FLAG_TEXT.get(flag, "")}, "trusted": False} for flag in comment.flags
        }
        shape["metadata"]["trusted"] = False
    return shape


def attachment_json(account: Account, item: dict[str, Any]) -> dict[str, Any]:
    """One attachment; the content itself is not served."""
    return {
        "id": item["id"],
        "file_name": item["name"],
        "content_url": f"{account.url}/attachments/{item['id']}/{item['name']}",
        "content_type": item.get("content_type", "application/octet-stream"),
        "size": item.get("size", 0),
        "inline": False,
        "deleted": False,
        "thumbnails": [],
    }


def audit_json(audit: Audit) -> dict[str, Any]:
    """One audit with its events."""
    return {
        "id": audit.id,
        "ticket_id": audit.ticket_id,
        "created_at": stamp(audit.created_at),
        "author_id": audit.author_id,
        "metadata": {"system": {"client": "sandbox", "ip_address": "127.0.0.1"}, "custom": dict(audit.custom)},
        "via": {"channel": audit.channel, "source": {"from": {}, "to": {}, "rel": None}},
        "events": [dict(event) for event in audit.events],
    }


def user_json(account: Account, person: Person) -> dict[str, Any]:
    """One user."""
    return {
        "id": person.id,
        "url": f"{account.url}/api/v2/users/{person.id}.json",
        "name": person.name,
        "email": person.email,
        "created_at": stamp(person.created_at),
        "updated_at": stamp(person.updated_at),
        "time_zone": "Berlin",
        "iana_time_zone": "Europe/Berlin",
        "phone": person.phone,
        "shared_phone_number": None,
        "photo": None,
        "locale": person.locale,
        "locale_id": 8 if person.locale.startswith("de") else 1,
        "organization_id": person.organization_id,
        "role": person.role,
        "verified": person.verified,
        "external_id": None,
        "tags": list(person.tags),
        "alias": "",
        "active": person.active,
        "shared": False,
        "shared_agent": False,
        "last_login_at": None,
        "two_factor_auth_enabled": False,
        "signature": None,
        "details": "",
        "notes": "",
        "custom_role_id": None,
        "moderator": person.is_staff,
        "ticket_restriction": None if person.is_staff else "requested",
        "only_private_comments": False,
        "restricted_agent": False,
        "suspended": person.suspended,
        "default_group_id": account.groups[0]["id"] if person.is_staff else None,
        "user_fields": dict(person.fields),
    }


def metrics_json(account: Account, ticket: Ticket) -> dict[str, Any]:
    """The ticket's metrics; business hours are taken to be all hours."""

    def minutes(moment: datetime | None) -> dict[str, int | None]:
        value = None if moment is None else int((moment - ticket.created_at).total_seconds() // 60)
        return {"calendar": value, "business": value}

    moments, solved = ticket.moments, ticket.moments.get("solved")
    empty = {"calendar": 0, "business": 0}
    return {
        "id": ticket.id * 10 + 1,
        "url": f"{account.url}/api/v2/ticket_metrics/{ticket.id * 10 + 1}.json",
        "ticket_id": ticket.id,
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
        "group_stations": 1 if ticket.group_id else 0,
        "assignee_stations": 1 if ticket.assignee_id else 0,
        "reopens": ticket.counts.get("reopens", 0),
        "replies": ticket.counts.get("replies", 0),
        "assignee_updated_at": stamp_or_none(moments.get("assignee_updated")),
        "requester_updated_at": stamp_or_none(moments.get("requester_updated", ticket.created_at)),
        "status_updated_at": stamp_or_none(moments.get("status_updated", ticket.created_at)),
        "initially_assigned_at": stamp_or_none(moments.get("initially_assigned")),
        "assigned_at": stamp_or_none(moments.get("assigned")),
        "solved_at": stamp_or_none(solved),
        "latest_comment_added_at": stamp_or_none(moments.get("comment_added")),
        "reply_time_in_minutes": minutes(moments.get("first_reply")),
        "reply_time_in_seconds": {"calendar": None},
        "first_resolution_time_in_minutes": minutes(moments.get("first_solved")),
        "full_resolution_time_in_minutes": minutes(solved),
        "agent_wait_time_in_minutes": dict(empty),
        "requester_wait_time_in_minutes": dict(empty),
        "on_hold_time_in_minutes": dict(empty),
    }


def survey_response_json(ticket: Ticket, number: int, *, good: bool, now: datetime) -> dict[str, Any]:
    """A customer's answer to the newer survey; `number` and `offered_at` (seconds) are the sandbox's own.

    As in a trial account's answers: the rating names its question, a comment that was left out is "skipped".
    """
    times = {"created_at": stamp(now), "updated_at": stamp(now)}
    asked = {"type": "rating_scale_numeric", "sub_type": "customer_satisfaction", "id": "01SANDBOXRATING"}
    return {
        "number": number,
        "offered_at": now.timestamp(),
        "id": f"01SANDBOX{number}",
        "expires_at": stamp(now + timedelta(days=28)),
        "responder_id": str(ticket.requester_id),
        "subject_zrns": [f"zen:ticket:{ticket.id}"],
        "subjects": [{"id": str(ticket.id), "type": "ticket", "zrn": f"zen:ticket:{ticket.id}"}],
        "survey": {"id": "01SANDBOXSURVEY", "version": 1, "state": "enabled"},
        "answers": [
            {"type": "skipped", "question": {"type": "open_ended", "id": "01SANDBOXCOMMENT"}, **times},
            {
                "type": "rating_scale",
                "rating": 5 if good else 1,
                "rating_category": "good" if good else "bad",
                "question": asked,
                **times,
            },
        ],
    }
