"""Tickets: show, list, create, update, delete, and what hangs on them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import jsonify, request

from connector.sandbox.clock import parse_stamp, stamp
from connector.sandbox.freshdesk import errors, hooks, rules, shapes
from connector.sandbox.freshdesk.app import Host, Routes, json_body, page_of, whole
from connector.sandbox.freshdesk.search import find
from connector.sandbox.store import ApiError, Ticket

MAX_PAGE = 300
_ORDERS = {"created_at": "created_at", "updated_at": "updated_at", "due_by": "due_at", "status": "status"}
_FILTERS = {"new_and_my_open", "watching", "spam", "deleted"}
_INCLUDES = {"requester", "stats", "company", "conversations", "description", "sla_policy"}


def _show(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    shape = shapes.ticket_json(host.account, ticket)
    return shape | _included(host, ticket)


def _included(host: Host, ticket: Ticket) -> dict[str, Any]:
    wanted = {part for part in request.args.get("include", "").split(",") if part}
    if wanted - _INCLUDES:
        raise errors.invalid_value("include", f"It should be one of these values: '{','.join(sorted(_INCLUDES))}'")
    extra: dict[str, Any] = {}
    if "requester" in wanted:
        extra["requester"] = shapes.requester_json(host.store.people[ticket.requester_id])
    if "stats" in wanted:
        extra["stats"] = shapes.stats_json(ticket)
    if "company" in wanted:
        company = host.account.find("companies", ticket.organization_id or 0)
        extra["company"] = {"id": company["id"], "name": company["name"]} if company else {}
    if "conversations" in wanted:
        first_ten = [c for c in ticket.comments[1:] if not c.deleted][:10]
        extra["conversations"] = [shapes.conversation_json(host.account, c) for c in first_ten]
    return extra


def _index(host: Host) -> Any:
    host.count("list", host.account.settings.ticket_lists_per_minute)
    chosen = [t for t in host.store.tickets.values() if not t.archived and _in_view(host, t)]
    order = request.args.get("order_by", "created_at")
    if order not in _ORDERS:
        raise errors.invalid_value("order_by", f"It should be one of these values: '{','.join(_ORDERS)}'")
    newest_first = request.args.get("order_type", "desc") == "desc"
    field = _ORDERS[order]
    chosen.sort(key=lambda t: (getattr(t, field) or t.created_at, t.id), reverse=newest_first)
    wants_text = "description" in request.args.get("include", "")

    def shape(ticket: Ticket) -> dict[str, Any]:
        full = shapes.ticket_json(host.account, ticket, in_list=not wants_text)
        extra = _included(host, ticket)
        return full | {name: extra[name] for name in ("requester", "stats") if name in extra}

    return page_of(chosen, shape, max_page=MAX_PAGE)


def _in_view(host: Host, ticket: Ticket) -> bool:
    args = request.args
    view = args.get("filter")
    if view is not None and view not in _FILTERS:
        raise errors.invalid_value("filter", f"It should be one of these values: '{','.join(sorted(_FILTERS))}'")
    if ticket.deleted is not (view == "deleted") or (ticket.spam is not (view == "spam") and view != "deleted"):
        return False
    if view == "new_and_my_open" and not (ticket.status == 2 and ticket.assignee_id in (None, host.person.id)):
        return False
    if view == "watching" and host.person.id not in ticket.watchers:
        return False
    requester = host.store.people[ticket.requester_id]
    if "email" in args and (requester.email or "").lower() != args["email"].lower():
        return False
    if args.get("requester_id", str(ticket.requester_id)) != str(ticket.requester_id):
        return False
    if args.get("company_id", str(ticket.organization_id)) != str(ticket.organization_id):
        return False
    return _is_recent(host, ticket)


def _is_recent(host: Host, ticket: Ticket) -> bool:
    since = request.args.get("updated_since")
    if since is None:
        return ticket.created_at >= host.store.clock.now() - timedelta(days=30)
    try:
        return stamp(ticket.updated_at) >= stamp(parse_stamp(since))
    except ValueError:
        raise errors.invalid_value("updated_since", "It should be a valid date in the combined format") from None


def _create(host: Host) -> Any:
    outcome = rules.create(host.account, json_body(), host.person)
    hooks.publish(host.account, outcome)
    response = jsonify(shapes.ticket_json(host.account, outcome.ticket))
    response.status_code = 201
    response.headers["Location"] = f"{request.host_url}api/v2/tickets/{outcome.ticket.id}"
    return response


def _update(host: Host, ticket_id: int) -> Any:
    fields = json_body()
    ticket = host.ticket(ticket_id, writing=True)
    host.count("update", host.account.settings.ticket_updates_per_minute)
    outcome = rules.update(host.account, ticket, fields, host.person)
    hooks.publish(host.account, outcome)
    return shapes.ticket_json(host.account, ticket)


def _delete(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id, writing=True)
    rules.apply_changes(host.account, ticket, {"deleted": (False, True)}, host.person)
    return "", 204


def _restore(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    if not ticket.deleted:
        raise errors.not_found()
    rules.apply_changes(host.account, ticket, {"deleted": (True, False)}, host.person)
    return "", 204


def _archived(host: Host, ticket_id: int) -> Any:
    ticket = host.store.tickets.get(ticket_id)
    if ticket is None or not ticket.archived:
        raise errors.not_found()
    return shapes.ticket_json(host.account, ticket)


def _search(host: Host) -> Any:
    query = request.args.get("query", "")
    if not (len(query) >= 2 and query[0] == query[-1] == '"') or len(query) > 512:
        raise errors.invalid_value("query", "Given query is invalid")
    page = whole("page", 1)
    if page > 10:
        raise errors.invalid_value("page", "It should be less than or equal to 10")
    hits = find(host.account, query.strip('"'))[:300]
    shown = hits[(page - 1) * 30 : page * 30]
    return {"total": len(hits), "results": [shapes.ticket_json(host.account, t, in_list=True) for t in shown]}


def _summary(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id, writing=request.method != "GET")
    if request.method == "PUT":
        ticket.summary = str(json_body().get("body") or "")
        host.store.note_change(ticket, "summary", host.person.id, text=ticket.summary)
    elif request.method == "DELETE":
        ticket.summary = None
        return "", 204
    if ticket.summary is None:
        raise errors.not_found()
    return {"id": ticket.id, "body": ticket.summary, "body_text": ticket.summary, "ticket_id": ticket.id}


def _watch(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id, writing=True)
    user_id = int(json_body().get("user_id") or host.person.id)
    if user_id not in ticket.watchers:
        ticket.watchers.append(user_id)
    return "", 204


def _merge(host: Host) -> Any:
    body = json_body()
    primary = host.ticket(int(body.get("primary_id") or 0), writing=True)
    for source_id in body.get("ticket_ids") or []:
        merge(host.account, host.ticket(int(source_id), writing=True), primary, actor_id=host.person.id)
    return "", 204


def merge(account: Any, source: Ticket, primary: Ticket, *, actor_id: int) -> None:
    """Closes `source` with a note that names `primary`."""
    actor = account.store.people[actor_id]
    text = f"This ticket is closed and merged into ticket {primary.id}"
    rules.add_comment(account, source, author=actor, actor=actor, kind="note", public=False, html=text)
    outcome = rules.update(account, source, {"status": 5}, actor)
    account.store.note_change(source, "merged", actor_id, after=primary.id)
    hooks.publish(account, outcome)


def _satisfaction(host: Host, ticket_id: int) -> Any:
    host.ticket(ticket_id)
    if request.method == "GET":
        return page_of([r for r in host.account.ratings if r["ticket_id"] == ticket_id], dict)
    rating = add_rating(host.account, ticket_id, dict(json_body().get("ratings") or {}), host.person.id)
    return rating, 201


def add_rating(account: Any, ticket_id: int, ratings: dict[str, Any], agent_id: int) -> dict[str, Any]:
    """Stores one CSAT answer and returns its record."""
    if "default_question" not in ratings:
        raise errors.validation(("default_question", "It should be a/an Integer", "missing_field"))
    now = stamp(account.store.clock.now())
    ticket = account.store.tickets[ticket_id]
    record = {
        "id": account.store.other_ids.next(),
        "survey_id": 1,
        "user_id": ticket.requester_id,
        "agent_id": agent_id,
        "feedback": None,
        "group_id": ticket.group_id,
        "ticket_id": ticket_id,
        "ratings": ratings,
        "created_at": now,
        "updated_at": now,
    }
    account.ratings.append(record)
    return record


def _bulk_update(host: Host) -> Any:
    action = json_body().get("bulk_action") or {}
    for ticket_id in action.get("ids") or []:
        ticket = host.ticket(int(ticket_id), writing=True)
        try:
            hooks.publish(host.account, rules.update(host.account, ticket, action.get("properties") or {}, host.person))
        except ApiError:
            continue  # a job reports failures of single tickets later
    job_id = f"{host.store.other_ids.next():x}"
    return {"job_id": job_id, "href": f"{host.account.url}/api/v2/jobs/{job_id}"}, 202


ROUTES: Routes = (
    ("/tickets", ("GET",), _index),
    ("/tickets", ("POST",), _create),
    ("/tickets/<int:ticket_id>", ("GET",), _show),
    ("/tickets/<int:ticket_id>", ("PUT",), _update),
    ("/tickets/<int:ticket_id>", ("DELETE",), _delete),
    ("/tickets/<int:ticket_id>/restore", ("PUT",), _restore),
    ("/tickets/<int:ticket_id>/summary", ("GET", "PUT", "DELETE"), _summary),
    ("/tickets/<int:ticket_id>/watch", ("POST",), _watch),
    ("/tickets/<int:ticket_id>/satisfaction_ratings", ("GET", "POST"), _satisfaction),
    ("/tickets/archived/<int:ticket_id>", ("GET",), _archived),
    ("/tickets/merge", ("PUT",), _merge),
    ("/tickets/bulk_update", ("POST",), _bulk_update),
    ("/search/tickets", ("GET",), _search),
)
