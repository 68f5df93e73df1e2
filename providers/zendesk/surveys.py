"""Answers to Zendesk's newer CSAT surveys, which stand on no ticket and come in a list of their own.

https://developer.zendesk.com/api-reference/ticketing/ticket-management/csat_survey_responses/
Only one kind of CSAT is active in an account; an account without these surveys, a plan without them and a user who is
no admin are all told so with a status, and then there are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from connector.model import Account, Contentment, Rating
from providers._http import failure
from providers._values import identifier, optional_moment, rows, text
from providers.zendesk.client import Client, Json

PAGE = "100"
_PATH = "/api/v2/guide/survey_responses"
_NONE_HERE = (400, 403, 404, 422)
# The documentation's examples write "zen:" and, in an earlier one, "zrn:".
_TICKET = re.compile(r"(?:zen|zrn):ticket:(\d{1,20})")
_CONTENTMENT = {item.value: item for item in Contentment}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surveyed:
    """One page of ratings by ticket id; `after` is empty at the end. Not `allowed`: there is no such list for us."""

    ratings: Mapping[str, Rating]
    after: str = ""
    allowed: bool = True


def surveyed(client: Client, account: Account, *, since: datetime | None, after: str) -> Surveyed:
    """The answers to surveys that were offered since then, a page of them."""
    query = {"page[size]": PAGE}
    if since is not None:
        # Zendesk says "Unix epoch time", clients send milliseconds. Seconds lose nothing either way: read as
        # milliseconds they are a day in 1970, and everything comes.
        query["filter[created_at_start]"] = str(int(since.timestamp()))
    if after:
        query["page[after]"] = after
    answer = client.get(account, _PATH, query)
    if answer.status in _NONE_HERE:
        return Surveyed(ratings={}, allowed=False)
    if not answer.ok:
        raise failure(answer, "the list of survey responses")
    page = answer.object()
    meta = page.get("meta")
    known = meta if isinstance(meta, dict) else {}
    onward = text(known.get("after_cursor")) if known.get("has_more") is True else ""
    return Surveyed(ratings=by_ticket(rows(page.get("survey_responses"))), after=onward if onward != after else "")


def to_rating(answers: object) -> Rating | None:
    """The answer to the survey's rating question, the one about satisfaction first; None where it was skipped."""
    given = [row for row in rows(answers) if text(row.get("type")) == "rating_scale"]
    given.sort(key=lambda row: _asks(row) != "customer_satisfaction")
    for row in given:
        contentment = _CONTENTMENT.get(text(row.get("rating_category")).lower())
        score = row.get("rating")
        if contentment is not None:
            told = str(score) if isinstance(score, int) and not isinstance(score, bool) else contentment.value
            return Rating(vendor_score=told, contentment=contentment)
    return None


def _asks(row: Json) -> str:
    question = row.get("question")
    return text(question.get("sub_type")) if isinstance(question, dict) else ""


def by_ticket(responses: list[Json]) -> dict[str, Rating]:
    """Of several answers on one ticket the one that was changed last."""
    found: dict[str, tuple[float, Rating]] = {}
    for response in responses:
        rating = to_rating(response.get("answers"))
        if rating is None:
            continue
        moved = max((_moved(row) for row in rows(response.get("answers"))), default=0.0)
        for ticket_id in _tickets(response):
            if ticket_id not in found or moved >= found[ticket_id][0]:
                found[ticket_id] = (moved, rating)
    return {ticket_id: rating for ticket_id, (_, rating) in found.items()}


def _moved(row: Json) -> float:
    at = optional_moment(row.get("updated_at")) or optional_moment(row.get("created_at"))
    return at.timestamp() if at else 0.0


def _tickets(response: Json) -> tuple[str, ...]:
    """The tickets that were asked about: by structured subjects, and by resource names where there are none."""
    structured = [
        number
        for row in rows(response.get("subjects"))
        if text(row.get("type")) == "ticket" and (number := identifier(row.get("id")))
    ]
    names = response.get("subject_zrns")
    told = names if isinstance(names, list) else []
    named = [match.group(1) for name in told if (match := _TICKET.fullmatch(text(name)))]
    return tuple(dict.fromkeys((*structured, *named)))
