"""Past tickets from Freshdesk: windows of `updated_since`, conversations, ratings, and what was deleted.

The list stops at page 300, so each page starts at the time of the last row. It leaves out deleted tickets, spam and
archived ones; the deleted ones are asked for at the end, and the survey answers, which come without their tickets.
A page of 100 tickets costs 7 credits for the list and one for each ticket. https://developers.freshdesk.com/api/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from connector.errors import ProviderUnavailable, TicketGone
from connector.model import Account, Contentment, HistoryPage, PastMetrics, PastTicket, Rating
from providers._http import Answer, Http
from providers._pace import Pace
from providers._past import to_past
from providers._values import garbled, identifier, optional_moment, rows, text
from providers.freshdesk.client import PER_PAGE, Client, Json, refusal
from providers.freshdesk.tickets import FIRST_MESSAGE, to_requester, to_ticket

LAST_PAGE = 300
OVERLAP = timedelta(minutes=1)
_EARLIEST = datetime(2010, 1, 1, tzinfo=UTC)
"""Before Freshdesk there was: without `updated_since` the list only goes back thirty days."""

TICKETS, DELETED, RATINGS = "tickets", "deleted", "ratings"
_NEXT_PHASE = {TICKETS: DELETED, DELETED: RATINGS, RATINGS: TICKETS}


class HistoryClient(Client):
    """The same calls at the pace of an import."""

    def __init__(self, http: Http, *, allow_loopback: bool, pace: Pace) -> None:
        super().__init__(http, allow_loopback=allow_loopback)
        self._pace = pace

    def get(self, account: Account, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """One GET, when the budget allows it."""
        return self._pace.call(account.id, "", lambda: super(HistoryClient, self).get(account, path, params))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Position:
    """Where an import is: `run` is where this run began, `reached` where its ticket list ended."""

    phase: str
    since: datetime
    page: int
    run: datetime
    reached: datetime

    def to_text(self) -> str:
        times = {name: _iso(getattr(self, name)) for name in ("since", "run", "reached")}
        return json.dumps({"phase": self.phase, "page": self.page, **times}, sort_keys=True)


def history(
    client: Client, account: Account, *, cursor: str | None, since: datetime | None, now: datetime
) -> HistoryPage:
    """One page of tickets, of deleted ones or of ratings."""
    del now  # Freshdesk's list needs no end
    at = _position(cursor, since or _EARLIEST)
    if at.phase == RATINGS:
        return _ratings(client, account, at)
    found = _list(client, account, at)
    times = [moved for row in found.rows if (moved := optional_moment(row.get("updated_at")))]
    last = max([*times, at.since])
    if found.more and last > at.since:
        forward = replace(at, since=last, page=1)
    elif found.more and at.page < LAST_PAGE:
        forward = replace(at, page=at.page + 1)
    elif found.more:
        raise ProviderUnavailable("Freshdesk has more than 30,000 tickets that changed in one second")
    else:
        forward = _phase_after(at, last)
    if at.phase == DELETED:
        gone = tuple(ticket_id for row in found.rows if (ticket_id := identifier(row.get("id"))))
        return HistoryPage(tickets=(), gone=gone, cursor=forward.to_text(), more=True)
    pasts = [_past(client, account, row, found.at) for row in found.rows]
    return HistoryPage(
        tickets=tuple(past for past in pasts if past is not None), cursor=forward.to_text(), more=True, reached=last
    )


def _position(cursor: str | None, since: datetime) -> _Position:
    """The position in a cursor; one that cannot be read starts over."""
    fresh = _Position(phase=TICKETS, since=since, page=1, run=since, reached=since)
    try:
        stored = json.loads(cursor or "null")
        return _Position(
            phase=stored["phase"] if stored["phase"] in _NEXT_PHASE else TICKETS,
            page=int(stored["page"]),
            since=datetime.fromisoformat(stored["since"]),
            run=datetime.fromisoformat(stored["run"]),
            reached=datetime.fromisoformat(stored["reached"]),
        )
    except (ValueError, TypeError, KeyError):
        return fresh


def _phase_after(at: _Position, last: datetime) -> _Position:
    """The next phase. After the last one the next run begins a little before the newest ticket of this one."""
    if at.phase == RATINGS:
        start = max(at.run, at.reached - OVERLAP)
        return _Position(phase=TICKETS, since=start, page=1, run=start, reached=at.reached)
    reached = last if at.phase == TICKETS else at.reached
    return replace(at, phase=_NEXT_PHASE[at.phase], since=at.run, page=1, reached=reached)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    rows: list[Json]
    more: bool
    at: datetime


def _list(client: Client, account: Account, at: _Position) -> _Listed:
    query = {
        "updated_since": _iso(at.since),
        "order_by": "updated_at",
        "order_type": "asc",
        "page": str(at.page),
        "per_page": PER_PAGE,
    }
    extra = {"filter": "deleted"} if at.phase == DELETED else {"include": "requester,stats,description"}
    return _listed(client, account, "/api/v2/tickets", {**query, **extra}, "the tickets")


def _listed(client: Client, account: Account, path: str, query: Mapping[str, str], what: str) -> _Listed:
    answer = client.get(account, path, query)
    if not answer.ok:
        raise refusal(answer, what)
    value = answer.value()
    if not isinstance(value, list):
        raise garbled("Freshdesk", "list")
    return _Listed(rows=rows(value), more='rel="next"' in answer.headers.get("link", ""), at=answer.at)


def _ratings(client: Client, account: Account, at: _Position) -> HistoryPage:
    query = {"created_since": _iso(at.since), "page": str(at.page), "per_page": PER_PAGE}
    found = _listed(client, account, "/api/v2/surveys/satisfaction_ratings", query, "the ratings")
    forward = replace(at, page=at.page + 1) if found.more else _phase_after(at, at.since)
    ratings = {
        ticket_id: rating
        for row in found.rows
        if (ticket_id := identifier(row.get("ticket_id"))) and (rating := to_rating(row))
    }
    return HistoryPage(tickets=(), ratings=ratings, cursor=forward.to_text(), more=found.more)


def _past(client: Client, account: Account, row: Json, at: datetime) -> PastTicket | None:
    """The ticket with its conversations; None where it is gone meanwhile."""
    ticket_id = identifier(row.get("id"))
    if ticket_id is None:
        return None
    try:
        conversations = client.conversations(account, ticket_id)
    except TicketGone:
        return None
    try:
        ticket = to_ticket(account, row, conversations, read_at=at, requester=to_requester(row))
        pages = {entry_id: text(item.get("body")) for item in conversations if (entry_id := identifier(item.get("id")))}
        stats = row.get("stats")
        measured = stats if isinstance(stats, dict) else {}
        solved = optional_moment(measured.get("resolved_at")) or optional_moment(measured.get("closed_at"))
        return to_past(
            ticket,
            {**pages, FIRST_MESSAGE: text(row.get("description"))},
            solved_at=solved,
            metrics=to_metrics(measured, ticket.created_at, solved),
        )
    except (ValueError, TypeError, AttributeError) as error:
        raise garbled("Freshdesk", "ticket") from error


def to_metrics(stats: Json, created_at: datetime, solved: datetime | None) -> PastMetrics:
    """What the moments in `stats` say. Freshdesk names the last reopening only, and no business hours."""
    replied = optional_moment(stats.get("first_responded_at"))
    return PastMetrics(
        first_reply_minutes=None if replied is None else (replied - created_at).total_seconds() / 60,
        resolution_minutes=None if solved is None else (solved - created_at).total_seconds() / 60,
        reopens=0 if optional_moment(stats.get("reopened_at")) is None else 1,
    )


_CLASSIC = {1: Contentment.GOOD, 2: Contentment.NEUTRAL, 3: Contentment.BAD}
_NEUTRAL = 100


def to_rating(row: Json) -> Rating | None:
    """The answer to the survey's first question: from 101 on good, 100 neutral, below zero bad; classic ones 1 to 3."""
    ratings = row.get("ratings")
    score = ratings.get("default_question") if isinstance(ratings, dict) else None
    if not isinstance(score, int) or isinstance(score, bool):
        return None
    if score in _CLASSIC:
        contentment = _CLASSIC[score]
    elif score == _NEUTRAL:
        contentment = Contentment.NEUTRAL
    else:
        contentment = Contentment.GOOD if score > _NEUTRAL else Contentment.BAD
    return Rating(vendor_score=str(score), contentment=contentment)


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
