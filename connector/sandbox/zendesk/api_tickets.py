"""Tickets, comments, audits and metrics."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import Response, g, jsonify, request

from connector.sandbox.clock import stamp
from connector.sandbox.limits import Rule
from connector.sandbox.store import ApiError, Ticket
from connector.sandbox.zendesk import creation, errors, hooks, paging, rules, shapes
from connector.sandbox.zendesk.app import PREFIX, Host, Routes, json_body, wrapped

_SORTS = {"created_at", "-created_at"}


def _show(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    return {"ticket": _with_includes(host, ticket), **sideload(host, [ticket])}


def _show_many(host: Host) -> Any:
    ids = [int(part) for part in request.args.get("ids", "").split(",") if part.strip().isdigit()]
    if len(ids) > 100:
        raise ApiError(400, {"error": "TooManyValues", "description": "Too many ids, at most 100"})
    found = [host.store.tickets[i] for i in ids if i in host.store.tickets and not host.store.tickets[i].deleted]
    return {"tickets": [_with_includes(host, t) for t in found], "count": len(found), **sideload(host, found)}


def _index(host: Host) -> Any:
    wanted = request.args.get("external_id")
    tickets = [t for t in host.store.tickets.values() if not t.deleted and (wanted is None or t.external_id == wanted)]
    answer = paging.page_of("tickets", tickets, lambda t: shapes.ticket_json(host.account, t), lambda t: t.id)
    shown = [host.store.tickets[t["id"]] for t in answer["tickets"]]
    return {**answer, **sideload(host, shown)}


def _create(host: Host) -> Any:
    key = request.headers.get("Idempotency-Key")
    fields = wrapped("ticket")
    known = _idempotent(host, key, fields)
    if known is not None:
        return known
    outcome = creation.create(host.account, fields, host.person, channel="api")
    hooks.publish(host.account, outcome)
    body = {
        "ticket": shapes.ticket_json(host.account, outcome.ticket),
        "audit": shapes.audit_json(outcome.audit),
    }
    if key:
        host.account.idempotency[key] = (host.store.clock.now(), _digest(fields), body)
    response = jsonify(body)
    response.status_code = 201
    response.headers["Location"] = f"{request.host_url}api/v2/tickets/{outcome.ticket.id}.json"
    if key:
        response.headers["x-idempotency-lookup"] = "miss"
    return response


def _change(host: Host, ticket_id: int) -> Any:
    fields = wrapped("ticket")
    ticket = host.ticket(ticket_id)
    count_update(host, ticket_id)
    outcome = rules.update(host.account, ticket, fields, host.person)
    hooks.publish(host.account, outcome)
    audit = shapes.audit_json(outcome.audit)
    return {"ticket": shapes.ticket_json(host.account, ticket), "audit": audit}


def _delete(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    ticket.deleted = True
    ticket.updated_at = ticket.generated_at = host.store.clock.now()
    host.store.note_change(ticket, "deleted", host.person.id)
    hooks.publish_events(host.account, ticket, [("soft_deleted", {})], actor_id=host.person.id)
    return "", 204


def _comments(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    sort = request.args.get("sort", "created_at")
    backwards = sort == "-created_at" or request.args.get("sort_order") == "desc"
    if sort not in _SORTS:
        raise errors.malformed("Invalid parameter: sort must be created_at or -created_at")
    ordered = [c for c in ticket.comments if not c.deleted]
    if backwards:
        ordered.reverse()
    answer = paging.page_of("comments", ordered, lambda c: shapes.comment_json(host.account, c), lambda c: c.id)
    if "users" in request.args.get("include", ""):
        authors = dict.fromkeys(c["author_id"] for c in answer["comments"])
        answer["users"] = [shapes.user_json(host.account, host.store.people[a]) for a in authors]
    return answer


def _make_private(host: Host, ticket_id: int, comment_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    comment = ticket.comment(comment_id)
    if comment is None:
        raise errors.not_found()
    comment.public = False
    comment.kind = "note" if comment.kind == "reply" else comment.kind
    host.store.note_change(ticket, "comment_made_private", host.person.id, id=comment.id)
    event = ("comment_made_private", {"comment": {"id": str(comment.id)}})
    hooks.publish_events(host.account, ticket, [event], actor_id=host.person.id)
    return {}


def _audits(host: Host, ticket_id: int) -> Any:
    ticket = host.ticket(ticket_id)
    if ticket.archived:  # reliability.md section 4: archived tickets are not listed
        return paging.page_of("audits", [], shapes.audit_json, lambda a: a.id)
    ordered = list(ticket.audits)
    if request.args.get("sort") == "-created_at" or request.args.get("sort_order") == "desc":
        ordered.reverse()
    return paging.page_of("audits", ordered, shapes.audit_json, lambda a: a.id)


def _metrics(host: Host, ticket_id: int) -> Any:
    return {"ticket_metric": shapes.metrics_json(host.account, host.ticket(ticket_id))}


def _all_metrics(host: Host) -> Any:
    alive = [t for t in host.store.tickets.values() if not t.deleted]
    return paging.page_of("ticket_metrics", alive, lambda t: shapes.metrics_json(host.account, t), lambda t: t.id)


def _redact(host: Host, comment_id: int) -> Any:
    body = json_body()
    ticket = host.ticket(int(body.get("ticket_id") or 0))
    comment = ticket.comment(comment_id)
    if comment is None:
        raise errors.not_found()
    comment.html = comment.text = "▇▇▇▇"
    host.store.note_change(ticket, "comment_redacted", host.person.id, id=comment.id)
    event = ("comment_redacted", {"comment": {"id": str(comment.id)}})
    hooks.publish_events(host.account, ticket, [event], actor_id=host.person.id)
    return {"comment": shapes.comment_json(host.account, comment)}


def count_update(host: Host, ticket_id: int) -> None:
    """Counts one ticket update against both limits of reference section 3."""
    settings = host.account.settings
    per_ticket = Rule(limit=settings.updates_per_ticket_in_10_minutes, seconds=600)
    host.count(f"update:{host.person.id}:{ticket_id}", per_ticket)
    standing = host.count("updates", Rule(limit=settings.updates_per_minute))
    g.endpoint_standing = ("ticket-updates", standing)


def sideload(host: Host, tickets: Iterable[Ticket]) -> dict[str, Any]:
    """The records asked for by `include`, once each."""
    account, wanted = host.account, request.args.get("include", "").split(",")
    tickets = list(tickets)
    extra: dict[str, Any] = {}
    if "users" in wanted:
        ids = dict.fromkeys(
            i for t in tickets for i in (t.requester_id, t.submitter_id, t.assignee_id) if i is not None
        )
        extra["users"] = [shapes.user_json(account, account.store.people[i]) for i in ids]
    for name, kind, attribute in (
        ("groups", "groups", "group_id"),
        ("organizations", "organizations", "organization_id"),
        ("brands", "brands", "brand_id"),
    ):
        if name in wanted:
            used = {getattr(t, attribute) for t in tickets}
            extra[name] = [r for r in getattr(account, kind) if r["id"] in used]
    if "custom_statuses" in wanted:
        extra["custom_statuses"] = account.custom_statuses
    if "metric_sets" in wanted:
        extra["metric_sets"] = [shapes.metrics_json(account, t) for t in tickets]
    return extra


def _with_includes(host: Host, ticket: Ticket) -> dict[str, Any]:
    shape = shapes.ticket_json(host.account, ticket)
    if "comment_count" in request.args.get("include", ""):
        shape["comment_count"] = len(ticket.comments)
    return shape


def _digest(fields: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()


def _idempotent(host: Host, key: str | None, fields: dict[str, Any]) -> Response | None:
    known = host.account.idempotency.get(key or "")
    if known is None or key is None:
        return None
    at, digest, body = known
    if host.account.store.clock.now() - at > timedelta(hours=2):
        del host.account.idempotency[key]
        return None
    if digest != _digest(fields):
        text = f"Idempotency key was used with another body at {stamp(at)}"
        raise ApiError(400, {"error": "IdempotentRequestError", "description": text})
    response = jsonify(body)
    response.status_code = 201
    response.headers["x-idempotency-lookup"] = "hit"
    return response


ROUTES: Routes = (
    (PREFIX + "/tickets", ("GET",), _index),
    (PREFIX + "/tickets", ("POST",), _create),
    (PREFIX + "/tickets/show_many", ("GET",), _show_many),
    (PREFIX + "/tickets/<int:ticket_id>", ("GET",), _show),
    (PREFIX + "/tickets/<int:ticket_id>", ("PUT",), _change),
    (PREFIX + "/tickets/<int:ticket_id>", ("DELETE",), _delete),
    (PREFIX + "/tickets/<int:ticket_id>/comments", ("GET",), _comments),
    (PREFIX + "/tickets/<int:ticket_id>/comments/<int:comment_id>/make_private", ("PUT",), _make_private),
    (PREFIX + "/comment_redactions/<int:comment_id>", ("PUT",), _redact),
    (PREFIX + "/tickets/<int:ticket_id>/audits", ("GET",), _audits),
    (PREFIX + "/tickets/<int:ticket_id>/metrics", ("GET",), _metrics),
    (PREFIX + "/ticket_metrics", ("GET",), _all_metrics),
)
