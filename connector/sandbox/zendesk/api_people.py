"""Users, organizations, groups, brands, macros, fields and statuses."""

from __future__ import annotations

from typing import Any

from flask import request

from connector.sandbox.store import Person
from connector.sandbox.zendesk import errors, paging, shapes
from connector.sandbox.zendesk.app import PREFIX, Host, Routes, wrapped


def _one(host: Host, person: Person | None) -> dict[str, Any]:
    if person is None:
        raise errors.not_found()
    return {"user": shapes.user_json(host.account, person)}


def _page(host: Host, people: list[Person]) -> dict[str, Any]:
    return paging.page_of("users", people, lambda p: shapes.user_json(host.account, p), lambda p: p.id)


def _show(host: Host, user_id: int) -> Any:
    return _one(host, host.store.people.get(user_id))


def _me(host: Host) -> Any:
    return _one(host, host.person)


def _index(host: Host) -> Any:
    role = request.args.get("role") or request.args.get("role[]")
    return _page(host, [p for p in host.store.people.values() if role is None or p.role == role])


def _show_many(host: Host) -> Any:
    ids = [int(part) for part in request.args.get("ids", "").split(",") if part.strip().isdigit()]
    return _page(host, [host.store.people[i] for i in ids if i in host.store.people])


def _search(host: Host) -> Any:
    query = request.args.get("query", "").strip().lower()
    wanted = query.removeprefix("email:").strip('"')
    hits = [p for p in host.store.people.values() if wanted in (p.email or "").lower() or wanted in p.name.lower()]
    return _page(host, hits if wanted else [])


def _create(host: Host) -> Any:
    fields = wrapped("user")
    if not fields.get("name"):
        raise errors.invalid("name", "Name: is too short (minimum one character)", "NameTooShort")
    if fields.get("email") and host.store.person_by_email(fields["email"]):
        text = f"Email: {fields['email']} is already being used by another user"
        raise errors.invalid("email", text, "DuplicateValue")
    person = host.store.find_or_add(fields)
    person.phone = fields.get("phone")
    return _one(host, person), 201


def _identities(host: Host, user_id: int) -> Any:
    person = host.store.people.get(user_id)
    if person is None:
        raise errors.not_found()
    identity = {"id": user_id + 1, "user_id": user_id, "type": "email", "value": person.email}
    shape = {**identity, "verified": person.verified, "primary": True}
    return {"identities": [shape] if person.email else [], "count": 1, "next_page": None, "previous_page": None}


def _requested(host: Host, user_id: int) -> Any:
    tickets = [t for t in host.store.tickets.values() if t.requester_id == user_id and not t.deleted]
    return paging.page_of("tickets", tickets, lambda t: shapes.ticket_json(host.account, t), lambda t: t.id)


def _settings(host: Host) -> Any:
    tickets = {"agent_collision": True, "tagging": True, "collaboration": True, "comments_public_by_default": True}
    return {
        "settings": {
            "active_features": {"customer_satisfaction": True, "customer_context_as_default": False},
            "tickets": tickets,
            "localization": {"locale_ids": [1, 8]},
            "branding": {"name": "Northwind"},
        }
    }


def _apply_macro(host: Host, ticket_id: int, macro_id: int) -> Any:
    ticket, macro = host.ticket(ticket_id), host.account.find("macros", macro_id)
    if macro is None:
        raise errors.not_found()
    preview = shapes.ticket_json(host.account, ticket)
    for action in macro["actions"]:
        if action["field"] == "comment_value":
            preview["comment"] = {"body": action["value"][1], "public": True}
        else:
            preview[action["field"]] = action["value"]
    return {"result": {"ticket": preview}}


ROUTES: Routes = (
    (PREFIX + "/users", ("GET",), _index),
    (PREFIX + "/users", ("POST",), _create),
    (PREFIX + "/users/me", ("GET",), _me),
    (PREFIX + "/users/show_many", ("GET",), _show_many),
    (PREFIX + "/users/search", ("GET",), _search),
    (PREFIX + "/users/<int:user_id>", ("GET",), _show),
    (PREFIX + "/users/<int:user_id>/identities", ("GET",), _identities),
    (PREFIX + "/users/<int:user_id>/tickets/requested", ("GET",), _requested),
    (PREFIX + "/account/settings", ("GET",), _settings),
    (PREFIX + "/tickets/<int:ticket_id>/macros/<int:macro_id>/apply", ("GET",), _apply_macro),
)
