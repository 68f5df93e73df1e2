"""Tags of a ticket: PUT adds, POST sets, DELETE removes (reference 2.4); and what changes many tickets at once."""

from __future__ import annotations

from typing import Any

from flask import request

from connector.sandbox.clock import stamp
from connector.sandbox.store import ApiError, Ticket
from connector.sandbox.zendesk import errors, hooks, rules
from connector.sandbox.zendesk.api_tickets import count_update
from connector.sandbox.zendesk.app import PREFIX, Host, Routes, json_body, wrapped
from connector.sandbox.zendesk.merging import merge

_TAGS = "/tickets/<int:ticket_id>/tags"


def _write(host: Host, ticket: Ticket, tags: set[str], body: dict[str, Any]) -> list[str]:
    count_update(host, ticket.id)
    fields: dict[str, Any] = {k: body[k] for k in ("safe_update", "updated_stamp") if k in body}
    hooks.publish(host.account, rules.update(host.account, ticket, {**fields, "tags": sorted(tags)}, host.person))
    return list(ticket.tags)


def _given(body: dict[str, Any]) -> set[str]:
    if not isinstance(body.get("tags"), (list, str)):
        raise ApiError(400, {"error": {"title": "Invalid attribute", "message": "tags is required"}})
    return set(rules.normalise_tags(body["tags"]))


def _show(host: Host, ticket_id: int) -> Any:
    return {"tags": list(host.ticket(ticket_id).tags)}


def _add(host: Host, ticket_id: int) -> Any:
    ticket, body = host.ticket(ticket_id), json_body()
    return {"tags": _write(host, ticket, set(ticket.tags) | _given(body), body)}


def _replace(host: Host, ticket_id: int) -> Any:
    ticket, body = host.ticket(ticket_id), json_body()
    return {"tags": _write(host, ticket, _given(body), body)}, 201


def _remove(host: Host, ticket_id: int) -> Any:
    ticket, body = host.ticket(ticket_id), json_body()
    _write(host, ticket, set(ticket.tags) - _given(body), body)
    return "", 204


def _update_many(host: Host) -> Any:
    ids = [int(part) for part in request.args.get("ids", "").split(",") if part.strip().isdigit()]
    fields, results = wrapped("ticket"), []
    for ticket_id in ids:
        ticket = host.store.tickets.get(ticket_id)
        if ticket is None or ticket.deleted:
            results.append({"id": ticket_id, "success": False, "error": "TicketNotFound"})
            continue
        tags = set(ticket.tags) | set(rules.normalise_tags(fields.get("additional_tags") or []))
        tags -= set(rules.normalise_tags(fields.get("remove_tags") or []))
        own = {k: v for k, v in fields.items() if k not in ("additional_tags", "remove_tags")}
        try:
            outcome = rules.update(host.account, ticket, {"tags": sorted(tags), **own}, host.person)
        except ApiError as refused:
            results.append({"id": ticket_id, "success": False, "error": str(refused.body)})
            continue
        hooks.publish(host.account, outcome)
        results.append({"id": ticket_id, "success": True, "action": "update", "status": "Updated"})
    return _finished_job(host, len(ids), results)


def _finished_job(host: Host, total: int, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Jobs end at once here; a client that polls sees them completed."""
    job_id = f"{host.store.other_ids.next():032x}"
    host.account.jobs[job_id] = {
        "id": job_id,
        "url": f"{host.account.url}/api/v2/job_statuses/{job_id}.json",
        "total": total,
        "progress": total,
        "status": "completed",
        "message": f"Completed at {stamp(host.store.clock.now())}",
        "results": results,
    }
    return {"job_status": host.account.jobs[job_id]}


def _job(host: Host, job_id: str) -> Any:
    if job_id not in host.account.jobs:
        raise errors.not_found()
    return {"job_status": host.account.jobs[job_id]}


def _merge_many(host: Host, ticket_id: int) -> Any:
    body, target = json_body(), host.ticket(ticket_id)
    for source_id in body.get("ids") or []:
        merge(host.account, host.ticket(int(source_id)), target, actor_id=host.person.id)
    return _finished_job(host, 1, [])


ROUTES: Routes = (
    (PREFIX + _TAGS, ("GET",), _show),
    (PREFIX + _TAGS, ("PUT",), _add),
    (PREFIX + _TAGS, ("POST",), _replace),
    (PREFIX + _TAGS, ("DELETE",), _remove),
    (PREFIX + "/tickets/update_many", ("PUT",), _update_many),
    (PREFIX + "/job_statuses/<job_id>", ("GET",), _job),
    (PREFIX + "/tickets/<int:ticket_id>/merge", ("POST",), _merge_many),
)
