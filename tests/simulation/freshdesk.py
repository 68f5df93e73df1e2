"""Freshdesk's API over a simulated helpdesk: no conditional write, no metadata, fields and comment in two calls.

https://developers.freshdesk.com/api/#conversations
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tests.simulation.clock import START, stamp
from tests.simulation.helpdesk import AGENT, BOT, Entry, Helpdesk, Posted, Ticket

Json = dict[str, Any]
Result = tuple[int, Any]

_TICKET = re.compile(r"/api/v2/tickets/(\d+)(/conversations|/notes|/reply)?")
_NUMBERS = {"open": 2, "pending": 3, "solved": 4, "closed": 5}
_WORDS = {number: word for word, number in _NUMBERS.items()}
_PRIORITIES = {"low": 1, "normal": 2, "high": 3, "urgent": 4}
_PRIORITY_WORDS = {number: word for word, number in _PRIORITIES.items()}


def handle(
    desk: Helpdesk, method: str, path: str, query: Mapping[str, str], body: Json, *, at: float, by: str, left_at: float
) -> Result:
    """(status, JSON) of one call. Reads see the state of `at`, which may lie in the past; writes happen now."""
    if method == "DELETE":
        return _delete(desk, int(path.rpartition("/")[2]), by=by, left_at=left_at)
    found = _TICKET.fullmatch(path)
    if found:
        ticket = desk.tickets.get(int(found[1]))
        if ticket is None or ticket.created_at > at:
            return 404, None
        if method == "GET":
            return 200, _conversations(ticket, at) if found[2] else _ticket(ticket, at)
        if method == "PUT":
            desk.change(ticket, author=BOT, **_fields(body))
            return 200, _ticket(ticket, desk.now())
        return _post(desk, ticket, body, private=found[2] == "/notes", by=by, left_at=left_at)
    if path.startswith("/api/v2/contacts/"):
        person = desk.people[int(path.rpartition("/")[2])]
        return 200, {"id": person.id, "active": person.verified, "language": "en", "tags": []}
    if path == "/api/v2/tickets":
        return 200, _listing(desk, query, at)
    raise AssertionError(f"nobody told the simulation about {method} {path}")


def webhook(ticket: Ticket, kind: str) -> bytes:
    """The body of an automation rule's webhook, as our recipe writes it."""
    event = {"created": "ticket_created", "comment": "customer_replied"}.get(kind, "ticket_updated")
    return json.dumps({"ticket_id": ticket.id, "event": event}).encode()


def _post(desk: Helpdesk, ticket: Ticket, body: Json, *, private: bool, by: str, left_at: float) -> Result:
    entry = desk.add(ticket, author=BOT, public=not private, html=body["body"])
    _record(desk, ticket, entry, "note" if private else "reply", by=by, left_at=left_at)
    return 201, {**_conversation(entry), "private": private, "replied_to": [] if private else [ticket.requester.email]}


def _delete(desk: Helpdesk, entry_id: int, *, by: str, left_at: float) -> Result:
    for ticket in desk.tickets.values():
        for entry in ticket.entries:
            if entry.id == entry_id and desk.remove(entry_id):
                _record(desk, ticket, entry, "removed", by=by, left_at=left_at)
                return 204, None
    return 404, None


def _record(desk: Helpdesk, ticket: Ticket, entry: Entry, verb: str, *, by: str, left_at: float) -> None:
    desk.journal.append(
        Posted(
            at=desk.now(),
            left_at=left_at,
            by=by,
            account=desk.account,
            ticket=ticket.id,
            verb=verb,
            entry=entry.id,
            text=entry.text,
            marker="",
        )
    )


def _fields(body: Json) -> Json:
    fields: Json = {}
    if "tags" in body:
        fields["tags"] = tuple(body["tags"])
    if "status" in body:
        fields["status"] = _WORDS[body["status"]]
    if "priority" in body:
        fields["priority"] = _PRIORITY_WORDS[body["priority"]]
    if "group_id" in body:
        fields["group"] = body["group_id"]
    return fields


def _ticket(ticket: Ticket, at: float) -> Json:
    fields, first, person = ticket.fields(at), ticket.entries[0], ticket.requester
    return {
        "id": ticket.id,
        "subject": ticket.subject,
        "description": first.html,
        "description_text": first.text,
        "status": _NUMBERS[fields.status],
        "priority": _PRIORITIES[fields.priority],
        "source": 1,
        "tags": list(fields.tags),
        "requester_id": person.id,
        "requester": {"id": person.id, "name": person.name, "email": person.email},
        "responder_id": fields.assignee,
        "group_id": fields.group,
        "cc_emails": [f"person{other}@partner.example" for other in ticket.copied],
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(fields.at),
        "spam": False,
        "custom_fields": {},
    }


def _conversations(ticket: Ticket, at: float) -> list[Json]:
    return [_conversation(entry) for entry in ticket.seen(at)[1:]]


def _conversation(entry: Entry) -> Json:
    return {
        "id": entry.id,
        "user_id": entry.author,
        "incoming": entry.author < AGENT,
        "private": not entry.public,
        "body": entry.html,
        "body_text": entry.text,
        "source": 0 if entry.public else 2,
        "created_at": stamp(entry.at),
        "attachments": [],
    }


def _listing(desk: Helpdesk, query: Mapping[str, str], at: float) -> list[Json]:
    """Tickets by time of change; all of them fit on one page here."""
    since = (datetime.fromisoformat(query["updated_since"]) - START).total_seconds()
    rows = sorted(
        (ticket.fields(at).at, ticket.id)
        for ticket in desk.tickets.values()
        if ticket.created_at <= at and ticket.fields(at).at >= since
    )
    return [{"id": ticket_id, "updated_at": stamp(changed)} for changed, ticket_id in rows]
