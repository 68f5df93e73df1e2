"""Incremental exports, search, satisfaction ratings and suspended tickets (reference 2.5)."""

from __future__ import annotations

import base64
import binascii
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import g, request

from connector.sandbox.clock import stamp
from connector.sandbox.limits import Rule
from connector.sandbox.store import ApiError, Audit, Ticket
from connector.sandbox.zendesk import creation, errors, hooks, paging, shapes
from connector.sandbox.zendesk.api_tickets import sideload
from connector.sandbox.zendesk.app import PREFIX, Host, Routes
from connector.sandbox.zendesk.search import find_tickets, find_users

SEARCH_MAX = 1000


def _enter_export(host: Host) -> datetime:
    host.need_admin()
    standing = host.count("incremental", Rule(limit=host.account.settings.incremental_per_minute))
    g.endpoint_standing = ("incremental-exports", standing)
    return host.store.clock.now() - timedelta(seconds=host.account.settings.incremental_lag_seconds)


def _tickets_by_cursor(host: Host) -> Any:
    until = _enter_export(host)
    cursor = request.args.get("cursor")
    after = _read_position(cursor) if cursor else (_start_time(until), 0)
    size = paging.whole("per_page", 1000, 1, 1000)
    keep_deleted = request.args.get("exclude_deleted") != "true"
    rows = sorted(
        (
            (_micros(t.generated_at), t.id)
            for t in host.store.tickets.values()
            if t.generated_at <= until and (keep_deleted or not t.deleted)
        ),
    )
    rows = [row for row in rows if row > after]
    chosen = rows[:size]
    position = chosen[-1] if chosen else after
    next_cursor = _write_position(position)
    found = [host.store.tickets[ticket_id] for _, ticket_id in chosen]
    return {
        "tickets": [_exported(host, t) for t in found],
        "after_cursor": next_cursor,
        "after_url": f"{request.host_url}api/v2/incremental/tickets/cursor.json?cursor={next_cursor}&per_page={size}",
        "before_cursor": None,
        "before_url": None,
        "end_of_stream": len(rows) <= size,
        **sideload(host, found),
    }


def _tickets_by_time(host: Host) -> Any:
    until = _enter_export(host)
    start = _start_time(until)
    found = [t for t in host.store.tickets.values() if start <= _micros(t.generated_at) <= _micros(until)]
    found.sort(key=lambda t: (t.generated_at, t.id))
    end = int(found[-1].generated_at.timestamp()) if found else None
    return {
        "tickets": [_exported(host, t) for t in found],
        "count": len(found),
        "end_time": end,
        "next_page": None if end is None else paging.address(start_time=end),
        "end_of_stream": True,
    }


def _ticket_events(host: Host) -> Any:
    until = _enter_export(host)
    start = _start_time(until)
    audits = [
        (a, t)
        for t in host.store.tickets.values()
        for a in t.audits
        if start <= _micros(a.created_at) <= _micros(until)
    ]
    audits.sort(key=lambda pair: (pair[0].created_at, pair[0].id))
    with_comments = "comment_events" in request.args.get("include", "")
    end = int(audits[-1][0].created_at.timestamp()) if audits else None
    return {
        "ticket_events": [_event_row(a, t, with_comments=with_comments) for a, t in audits],
        "count": len(audits),
        "end_time": end,
        "next_page": None if end is None else paging.address(start_time=end),
        "end_of_stream": True,
    }


def _search(host: Host) -> Any:
    query = request.args.get("query", "")
    found: list[dict[str, Any]] = []
    if "type:user" in query:
        found = [{**shapes.user_json(host.account, p), "result_type": "user"} for p in find_users(host.store, query)]
    else:
        found = [
            {**shapes.ticket_json(host.account, t), "result_type": "ticket"} for t in find_tickets(host.account, query)
        ]
    key = request.args.get("sort_by", "created_at")
    newest_first = request.args.get("sort_order", "desc") == "desc"
    found.sort(key=lambda r: str(r.get(key) or ""), reverse=newest_first)
    page, size = paging.whole("page", 1, 1, 10**6), paging.whole("per_page", 100, 1, 100)
    if page * size > SEARCH_MAX:
        text = "Search Response Limit: you requested too many results"
        raise ApiError(422, {"error": "invalid", "description": text})
    return {"facets": None, **paging.page_of("results", found, dict, lambda r: int(r["id"]))}


def _search_export(host: Host) -> Any:
    query = request.args.get("query", "")
    found = [
        {**shapes.ticket_json(host.account, t), "result_type": "ticket"} for t in find_tickets(host.account, query)
    ]
    return paging.page_of("results", found, dict, lambda r: int(r["id"]))


def _ratings(host: Host) -> Any:
    host.need_admin()
    score = request.args.get("score", "")
    start = request.args.get("start_time", "0")
    since = stamp(datetime.fromtimestamp(int(start), UTC)) if start.isdigit() else ""
    wanted = [
        r
        for r in host.account.ratings
        if (not score or score.startswith("received") or r["score"] == score) and r["updated_at"] >= since
    ]
    return paging.page_of("satisfaction_ratings", wanted, dict, lambda r: int(r["id"]))


def _survey_responses(host: Host) -> Any:
    host.need_admin()
    start = paging.whole("filter[created_at_start]", 0, 0, 10**15)
    since = start / 1000 if host.account.settings.survey_filter_in_milliseconds else start
    wanted = [row for row in host.account.survey_responses if row["offered_at"] >= since]

    def shape(row: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in row.items() if key not in ("number", "offered_at")}

    return paging.page_of("survey_responses", wanted, shape, lambda row: int(row["number"]))


def _suspended(host: Host) -> Any:
    return paging.page_of("suspended_tickets", host.account.suspended, dict, lambda r: int(r["id"]))


def _recover(host: Host, suspended_id: int) -> Any:
    record = host.account.find("suspended", suspended_id)
    if record is None:
        raise errors.not_found()
    host.account.suspended.remove(record)
    requester = host.store.find_or_add({"name": record["author"]["name"], "email": record["author"]["email"]})
    fields = {"subject": record["subject"], "comment": {"body": record["content"]}, "requester_id": requester.id}
    outcome = creation.create(host.account, fields, requester, channel="email")
    hooks.publish(host.account, outcome)
    return {"ticket": [shapes.ticket_json(host.account, outcome.ticket)]}


def _exported(host: Host, ticket: Ticket) -> dict[str, Any]:
    shape = shapes.ticket_json(host.account, ticket)
    if ticket.deleted:
        shape["status"] = "deleted"
    return shape


def _event_row(audit: Audit, ticket: Ticket, *, with_comments: bool) -> dict[str, Any]:
    children: list[dict[str, Any]] = []
    for event in audit.events:
        if event["type"] == "Comment":
            shown = dict(event) if with_comments else {"id": event["id"], "comment_present": True}
            children.append({**shown, "event_type": "Comment", "comment_public": event["public"]})
        else:
            change = {event["field_name"]: event["value"], "previous_value": event.get("previous_value")}
            children.append({"id": event["id"], "event_type": event["type"], **change})
    at = int(audit.created_at.timestamp())
    return {
        "id": audit.id,
        "ticket_id": ticket.id,
        "timestamp": at,
        "created_at": stamp(audit.created_at),
        "updater_id": audit.author_id,
        "via": audit.channel,
        "system": {"client": "sandbox"},
        "event_type": "Audit",
        "child_events": children,
    }


def _micros(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000)


def _start_time(until: datetime) -> int:
    text = request.args.get("start_time", "")
    if not text.split(".")[0].isdigit():
        raise errors.malformed("Invalid parameter: start_time is required")
    start = int(text.split(".")[0])
    if start > until.timestamp() + 1:
        raise ApiError(
            422, {"error": "InvalidValue", "description": "Too recent start_time. Use one older than 1 minute"}
        )
    return start * 1_000_000


def _write_position(position: tuple[int, int]) -> str:
    return base64.urlsafe_b64encode(f"{position[0]}.{position[1]}".encode()).decode().rstrip("=")


def _read_position(text: str) -> tuple[int, int]:
    try:
        at, _, ticket_id = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(".")
        return int(at), int(ticket_id)
    except (ValueError, binascii.Error):
        raise ApiError(400, {"error": "InvalidValue", "description": "The cursor is invalid"}) from None


ROUTES: Routes = (
    (PREFIX + "/incremental/tickets/cursor", ("GET",), _tickets_by_cursor),
    (PREFIX + "/incremental/tickets", ("GET",), _tickets_by_time),
    (PREFIX + "/incremental/ticket_events", ("GET",), _ticket_events),
    (PREFIX + "/search", ("GET",), _search),
    (PREFIX + "/search/export", ("GET",), _search_export),
    (PREFIX + "/satisfaction_ratings", ("GET",), _ratings),
    (PREFIX + "/guide/survey_responses", ("GET",), _survey_responses),
    (PREFIX + "/suspended_tickets", ("GET",), _suspended),
    (PREFIX + "/suspended_tickets/<int:suspended_id>/recover", ("PUT",), _recover),
)
