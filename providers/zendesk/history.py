"""Past tickets from Zendesk's incremental export, each with its comments.

The export brings tickets, users and metrics, but no comments, so a ticket costs one call. At half of an account's
700 calls a minute that is about 300 tickets a minute, and the export's own limit of 10 calls a minute stays far away.
Repeats are possible and harmless. https://developer.zendesk.com/api-reference/ticketing/ticket-management/incremental_exports/
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from connector.errors import CredentialsRejected, ProviderRejected, TicketGone
from connector.model import Account, Contentment, HistoryPage, PastMetrics, PastTicket, Rating
from providers._http import Answer, Http
from providers._pace import Pace
from providers._past import to_past
from providers._values import garbled, identifier, optional_moment, rows, text
from providers.zendesk.client import Client, Json
from providers.zendesk.oauth import Tokens
from providers.zendesk.tickets import index, to_ticket

PAGE = "100"
_EXPORT = "/api/v2/incremental/tickets/cursor.json"
_LAG = timedelta(seconds=70)
"""The export refuses a start within the last minute."""

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


def history(
    client: Client, account: Account, *, cursor: str | None, since: datetime | None, now: datetime
) -> HistoryPage:
    """One page of the export with the comments of its tickets. A cursor that Zendesk no longer takes starts over."""
    start = {"start_time": str(_start(since, now))}
    try:
        page = _export(client, account, {"cursor": cursor} if cursor else start)
    except CredentialsRejected:
        raise
    except ProviderRejected:
        if not cursor:
            raise
        page = _export(client, account, start)
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
    return HistoryPage(
        tickets=tuple(found),
        gone=tuple(gone),
        cursor=text(page.get("after_cursor")) or cursor or "",
        more=page.get("end_of_stream") is False,
        reached=max((past.ticket.updated_at for past in found), default=None),
    )


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
