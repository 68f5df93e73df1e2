"""Zendesk's API over a simulated helpdesk: the calls of the hot path, with its conditional write.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/#protecting-against-ticket-update-collisions
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any

from tests.simulation.clock import stamp
from tests.simulation.helpdesk import AGENT, BOT, Entry, Helpdesk, Posted, Ticket

Json = dict[str, Any]
Result = tuple[int, Any]

_TICKET = re.compile(r"/api/v2/tickets/(\d+)(/comments|/audits)?\.json")


def handle(
    desk: Helpdesk, method: str, path: str, query: Mapping[str, str], body: Json, *, at: float, by: str, left_at: float
) -> Result:
    """(status, JSON) of one call. Reads see the state of `at`, which may lie in the past; writes happen now."""
    found = _TICKET.fullmatch(path)
    if found:
        ticket = desk.tickets.get(int(found[1]))
        if ticket is None or ticket.created_at > at:
            return 404, {"error": "RecordNotFound"}
        if method == "PUT":
            return _put(desk, ticket, body["ticket"], by=by, left_at=left_at)
        part = found[2] or ""
        return 200, {"": _ticket_page, "/comments": _comments, "/audits": _audits}[part](desk, ticket, at)
    if path == "/api/v2/users/show_many.json":
        return 200, {"users": [_user(desk, int(user)) for user in query["ids"].split(",")]}
    if path.startswith("/api/v2/users/"):
        return 200, {"user": _user(desk, int(path.rpartition("/")[2].removesuffix(".json")))}
    if path == "/api/v2/incremental/tickets/cursor.json":
        return 200, _export(desk, query, at)
    raise AssertionError(f"nobody told the simulation about {method} {path}")


def signed(secret: str, body: bytes, *, timestamp: str) -> dict[str, str]:
    """The headers of a webhook."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return {
        "x-zendesk-webhook-signature": base64.b64encode(digest).decode(),
        "x-zendesk-webhook-signature-timestamp": timestamp,
    }


def webhook(ticket: Ticket, kind: str, author: int, number: int, at: float) -> bytes:
    """The body of an event subscription's delivery."""
    name = {"created": "ticket.created", "comment": "ticket.comment_added"}.get(kind, "ticket.status_changed")
    event: Json = {}
    if kind == "comment":
        event = {"comment": {"is_public": True, "author": {"id": str(author), "is_staff": author >= AGENT}}}
    return json.dumps(
        {
            "type": f"zen:event-type:{name}",
            "id": f"event-{number:08d}",
            "time": stamp(at),
            "subject": f"zen:ticket:{ticket.id}",
            "detail": {"id": str(ticket.id), "actor_id": str(author)},
            "event": event,
        }
    ).encode()


def _put(desk: Helpdesk, ticket: Ticket, update: Json, *, by: str, left_at: float) -> Result:
    now = desk.now()
    if "safe_update" in update and update.get("updated_stamp") != stamp(ticket.versions[-1].at):
        return 409, {"error": "UpdateConflict"}
    if ticket.versions[-1].status == "closed":
        described = {"status": [{"description": "Status: closed prevents ticket update", "error": "InvalidValue"}]}
        return 422, {"error": "RecordInvalid", "details": described}
    names = {"status": "status", "priority": "priority", "group_id": "group"}
    fields: Json = {names[name]: value for name, value in update.items() if name in names}
    if "tags" in update:
        fields["tags"] = tuple(update["tags"])
    marker = str(update.get("metadata", {}).get("handrail_effect", ""))
    comment = update["comment"]
    # One call, one version: nobody ever sees the comment without its tags.
    entry = desk.add(ticket, author=BOT, public=comment["public"], html=comment["html_body"], marker=marker)
    if fields:
        last = ticket.versions.pop()
        desk.change(ticket, author=BOT, **{"status": last.status, **fields})
    desk.journal.append(
        Posted(
            at=now,
            left_at=left_at,
            by=by,
            account=desk.account,
            ticket=ticket.id,
            verb="reply" if entry.public else "note",
            entry=entry.id,
            text=entry.text,
            marker=marker,
        )
    )
    return 200, {**_ticket_page(desk, ticket, now), "audit": _audit(entry)}


def _ticket_page(desk: Helpdesk, ticket: Ticket, at: float) -> Json:
    fields = ticket.fields(at)
    return {
        "ticket": {
            "id": ticket.id,
            "subject": ticket.subject,
            "status": fields.status,
            "priority": fields.priority,
            "tags": list(fields.tags),
            "requester_id": ticket.requester.id,
            "assignee_id": fields.assignee,
            "group_id": fields.group,
            "brand_id": 1,
            "collaborator_ids": list(ticket.copied),
            "email_cc_ids": list(ticket.copied),
            "follower_ids": [],
            "created_at": stamp(ticket.created_at),
            "updated_at": stamp(fields.at),
            "via": {"channel": "email", "source": {"from": {"address": ticket.requester.email}}},
            "custom_fields": [],
        }
    }


def _comments(desk: Helpdesk, ticket: Ticket, at: float) -> Json:
    entries = ticket.seen(at)
    return {
        "comments": [
            {
                "id": entry.id,
                "type": "Comment",
                "author_id": entry.author,
                "public": entry.public,
                "html_body": entry.html,
                "plain_body": entry.text,
                "created_at": stamp(entry.at),
                "attachments": [],
                "via": {"channel": "email" if entry.author < AGENT else "api", "source": {}},
                "metadata": {},
            }
            for entry in entries
        ],
        "users": [_user(desk, author) for author in sorted({entry.author for entry in entries})],
        "meta": {"has_more": False},
        "links": {"next": None},
    }


def _audits(desk: Helpdesk, ticket: Ticket, at: float) -> Json:
    return {
        "audits": [_audit(entry) for entry in ticket.seen(at)],
        "meta": {"has_more": False},
        "links": {"next": None},
    }


def _audit(entry: Entry) -> Json:
    custom = {"handrail_effect": entry.marker} if entry.marker else {}
    return {
        "id": 50_000 + entry.id,
        "created_at": stamp(entry.at),
        "author_id": entry.author,
        "metadata": {"custom": custom},
        "events": [{"id": entry.id, "type": "Comment", "public": entry.public}],
    }


def _user(desk: Helpdesk, user: int) -> Json:
    if user >= AGENT:
        return {"id": user, "name": "Ines", "role": "agent", "verified": True}
    person = desk.people[user]
    return {
        "id": user,
        "name": person.name,
        "email": person.email,
        "role": "end-user",
        "verified": person.verified,
        "locale": "en-US",
        "suspended": False,
    }


def _export(desk: Helpdesk, query: Mapping[str, str], at: float) -> Json:
    """The incremental export: what changed since, in the order of the changes, but not in the last minute."""
    from tests.simulation.clock import START

    since = float(query["cursor"]) if "cursor" in query else float(query["start_time"]) - START.timestamp()
    rows = sorted(
        (ticket.fields(at).at, ticket.id) for ticket in desk.tickets.values() if since < ticket.fields(at).at <= at - 60
    )
    return {
        "tickets": [{"id": ticket_id, "updated_at": stamp(changed)} for changed, ticket_id in rows],
        "after_cursor": repr(rows[-1][0] if rows else since),
        "end_of_stream": True,
    }
