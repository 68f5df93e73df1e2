"""Past tickets from Zendesk's incremental export, each with its comments.

The export brings tickets, users and metrics, but no comments, so a ticket costs one call. At half of an account's
700 calls a minute that is about 300 tickets a minute, and the export's own limit of 10 calls a minute stays far away.
Repeats are possible and harmless. At the end come the answers to surveys, which do not stand on the tickets.
 https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from connector.errors import CredentialsRejected, ProviderRejected, TicketGone
from connector.model import Account, Contentment, HistoryPage, PastMetrics, PastTicket, Rating
from providers._http import Answer, Http
from providers._pace import Pace
from providers._past import to_past
from providers._values import garbled, identifier, optional_moment, rows, text
from providers.zendesk.client import Client, Json
from providers.zendesk.oauth import Tokens
from providers.zendesk.surveys import surveyed
from providers.zendesk.tickets import index, to_ticket

PAGE = "100"
_EXPORT = "/api/v2/incremental/tickets/cursor.json"
_LAG = timedelta(seconds=70)
"""The export refuses a start within the last minute."""

_EDITABLE = timedelta(days=30)
"""A survey response of a trial account could be changed for 28 days (its `expires_at`)."""

RATINGS = {"good": Contentment.GOOD, "bad": Contentment.BAD}
"""Legacy CSAT as the ticket carries it; "offered" and "unoffered" are no answers."""


class HistoryClient(Client):
    """The same calls at the pace of an import."""

    def __init__(self, http: Http, tokens: Tokens, *, allow_loopback: bool, pace: Pace) -> None:
        super().__init__(http, tokens, allow_loopback=allow_loopback)
        self._pace = pace

    def get(self, account: Account, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """One GET, when the budget allows it."""
        pool = "export" if path.startswith("/api/v2/incremental/") else ""
        return self._pace.call(account.id, pool, lambda: super(HistoryClient, self).get(account, path, params))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """Where an import is: the export's cursor; then the surveys' page, if they are being read.

    `run` is when this run began, `surveyed` when the last one did whose surveys were read to the end.
    """

    tickets: str = ""
    surveys: str | None = None
    run: datetime | None = None
    surveyed: datetime | None = None

    def to_text(self) -> str:
        times = {"run": self.run, "surveyed": self.surveyed}
        told = {name: moment and moment.isoformat() for name, moment in times.items()}
        return json.dumps({"tickets": self.tickets, "surveys": self.surveys, **told}, sort_keys=True)


def history(
    client: Client, account: Account, *, cursor: str | None, since: datetime | None, now: datetime
) -> HistoryPage:
    """One page of the export with the comments of its tickets, or at its end one of survey answers.

    A cursor that Zendesk no longer takes starts over.
    """
    at = _position(cursor)
    at = at if at.run else replace(at, run=now)
    if at.surveys is not None:
        return _surveys(client, account, at, since)
    start = {"start_time": str(_start(since, now))}
    try:
        page = _export(client, account, {"cursor": at.tickets} if at.tickets else start)
    except CredentialsRejected:
        raise
    except ProviderRejected:
        if not at.tickets:
            raise
        page = _export(client, account, start)
    found, gone = _pasts(client, account, page, now)
    at = replace(at, tickets=text(page.get("after_cursor")) or at.tickets)
    more = page.get("end_of_stream") is False
    return HistoryPage(
        tickets=found,
        gone=gone,
        cursor=(at if more else replace(at, surveys="")).to_text(),
        more=True,
        reached=max((past.ticket.updated_at for past in found), default=None),
    )


def _position(cursor: str | None) -> _Position:
    """The position in a cursor; a bare one is the export's own, as earlier releases stored it."""
    if not cursor:
        return _Position()
    try:
        stored = json.loads(cursor)
        times = {name: datetime.fromisoformat(stored[name]) if stored[name] else None for name in ("run", "surveyed")}
        surveys = None if stored["surveys"] is None else str(stored["surveys"])
        return _Position(tickets=str(stored["tickets"]), surveys=surveys, **times)
    except (ValueError, TypeError, KeyError):
        return _Position(tickets=cursor)


def _surveys(client: Client, account: Account, at: _Position, since: datetime | None) -> HistoryPage:
    """A page of survey answers. Customers may change one for some weeks, so the last run's are read again."""
    begins = since if at.surveyed is None else at.surveyed - _EDITABLE
    found = surveyed(client, account, since=begins, after=at.surveys or "")
    done = replace(at, surveys=None, run=None, surveyed=at.run if found.allowed else at.surveyed)
    forward = replace(at, surveys=found.after) if found.after else done
    return HistoryPage(tickets=(), ratings=found.ratings, cursor=forward.to_text(), more=bool(found.after))


def _pasts(
    client: Client, account: Account, page: Json, now: datetime
) -> tuple[tuple[PastTicket, ...], tuple[str, ...]]:
    """The tickets of a page, and the ids of those that are gone."""
    users, metrics = index(rows(page.get("users"))), _metric_sets(page)
    found: list[PastTicket] = []
    gone: list[str] = []
    for row in rows(page.get("tickets")):
        ticket_id = identifier(row.get("id"))
        if ticket_id is None:
            continue
        past = None if _deleted(row) else _past(client, account, row, ticket_id, users, metrics, now)
        if past is None:
            gone.append(ticket_id)
        else:
            found.append(past)
    return tuple(found), tuple(gone)


def _export(client: Client, account: Account, position: dict[str, str]) -> Json:
    return client.changed_since(account, {**position, "per_page": PAGE, "include": "users,metric_sets"})


def _start(since: datetime | None, now: datetime) -> int:
    return 0 if since is None else max(0, int(min(since, now - _LAG).timestamp()))


def _deleted(row: Json) -> bool:
    return text(row.get("status")).lower() in ("deleted", "scrubbed")


def _past(
    client: Client,
    account: Account,
    row: Json,
    ticket_id: str,
    users: dict[str, Json],
    metrics: Mapping[str, Json],
    now: datetime,
) -> PastTicket | None:
    """The ticket with its comments; None where it is gone meanwhile."""
    try:
        comments, authors = client.comments(account, ticket_id)
    except TicketGone:
        return None
    try:
        ticket = to_ticket(account, row, comments, {**users, **index(authors)}, read_at=now)
        given = row.get("metric_set")
        measured = given if isinstance(given, dict) else metrics.get(ticket_id, {})
        pages = {comment_id: text(item.get("html_body")) for item in comments if (comment_id := identifier(item["id"]))}
        return to_past(
            ticket,
            pages,
            solved_at=optional_moment(measured.get("solved_at")),
            metrics=to_metrics(measured),
            rating=to_rating(row),
        )
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise garbled("Zendesk", "ticket") from error


def _metric_sets(page: Json) -> dict[str, Json]:
    """Metrics by ticket id, where the answer lists them beside the tickets."""
    return {ticket_id: row for row in rows(page.get("metric_sets")) if (ticket_id := identifier(row.get("ticket_id")))}


def to_metrics(measured: Json) -> PastMetrics:
    """Zendesk's ticket metrics. They may lag the ticket by minutes."""
    return PastMetrics(
        first_reply_minutes=_minutes(measured, "reply_time_in_minutes", "calendar"),
        first_reply_business_minutes=_minutes(measured, "reply_time_in_minutes", "business"),
        resolution_minutes=_minutes(measured, "full_resolution_time_in_minutes", "calendar"),
        resolution_business_minutes=_minutes(measured, "full_resolution_time_in_minutes", "business"),
        reopens=_count(measured, "reopens") or 0,
        replies=_count(measured, "replies") or 0,
        groups=_count(measured, "group_stations"),
        assignees=_count(measured, "assignee_stations"),
    )


def to_rating(row: Json) -> Rating | None:
    """The legacy survey answer on the ticket."""
    given = row.get("satisfaction_rating")
    score = text(given.get("score")).lower() if isinstance(given, dict) else ""
    return Rating(vendor_score=score, contentment=RATINGS[score]) if score in RATINGS else None


def _minutes(measured: Json, name: str, kind: str) -> float | None:
    given = measured.get(name)
    value = given.get(kind) if isinstance(given, dict) else None
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _count(measured: Json, name: str) -> int | None:
    value = measured.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) else None
