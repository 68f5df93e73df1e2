"""A past reply as a document, or why it is none. Pure.

Only the reply that solved the ticket counts: the last public one of a person, after which the customer wrote nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from connector.knowledge.general import Phrases, general_text
from connector.model import (
    HUMAN_ONLY_SIGNALS,
    AccountConfig,
    Comment,
    CommentKind,
    Contentment,
    Document,
    DocumentKind,
    PastTicket,
    Role,
    Signal,
    Status,
    Visibility,
)
from connector.model.document import reply_id
from connector.triage import Rules
from connector.triage.language import detect
from connector.writing.request import settings_for

FINAL_AFTER = timedelta(days=14)
"""So long a solved ticket must have stood still: by then a reply that was wrong has usually come back."""

MOST_CHARS = 20_000
"""Of one reply; what is longer is no answer to one question."""

_CUSTOMERS = (Role.REQUESTER, Role.OTHER_CUSTOMER)
_TITLES = {"en": "Past reply", "de": "Frühere Antwort"}


class Left(StrEnum):
    """Why a ticket gives no document."""

    FLAGGED = "flagged"  # spam, merged, deleted, or opened by the team
    NOT_SOLVED = "not_solved"
    TOO_RECENT = "too_recent"
    REOPENED = "reopened"
    RATED_BAD = "rated_bad"
    NO_REPLY = "no_reply"  # of a person, in public and after ours
    CUSTOMER_WROTE_AGAIN = "customer_wrote_again"
    BEFORE_SINCE = "before_since"
    OURS = "ours"  # the text says that it is automatic
    NEEDS_PERSON = "needs_person"  # a floor signal, anger, an attempt to steer
    LANGUAGE = "language"  # without phrases, or none of the account's
    NOTHING_GENERAL = "nothing_general"
    READ_BEFORE = "read_before"  # by an earlier walk, and nothing was kept of it
    DUPLICATE = "duplicate"  # a newer one says nearly the same
    TOO_MANY = "too_many"  # beyond the newest that an account keeps


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What replies of one account are read with."""

    config: AccountConfig
    rules: Rules
    phrases: Mapping[str, Phrases] = field(repr=False)
    since: datetime | None = None


def solving_reply(past: PastTicket, reading: Reading, now: datetime) -> Comment | Left:
    """The reply that may become a source, from what is cheap to see; else why there is none."""
    ticket = past.ticket
    if ticket.flags:
        return Left.FLAGGED
    if ticket.status not in (Status.RESOLVED, Status.CLOSED):
        return Left.NOT_SOLVED
    if max(ticket.updated_at, past.solved_at or ticket.updated_at) > now - FINAL_AFTER:
        return Left.TOO_RECENT
    if past.metrics.reopens:
        return Left.REOPENED
    if past.rating is not None and past.rating.contentment is Contentment.BAD:
        return Left.RATED_BAD
    return _last_reply(past, reading)


def _last_reply(past: PastTicket, reading: Reading) -> Comment | Left:
    reply: Comment | None = None
    heard = answered = False
    for comment in past.ticket.comments:
        if comment.visibility is not Visibility.PUBLIC or comment.kind is CommentKind.SURVEY:
            continue
        if comment.role in _CUSTOMERS:
            heard, reply = True, None
        elif comment.role is Role.AGENT and heard:
            answered, reply = True, comment
        elif comment.role is Role.CONNECTOR:
            answered, reply = False, None  # what came last was ours
    if reply is None:
        return Left.CUSTOMER_WROTE_AGAIN if answered else Left.NO_REPLY
    if reading.since is not None and reply.created_at < reading.since:
        return Left.BEFORE_SINCE
    return reply


def document_from(past: PastTicket, reply: Comment, reading: Reading) -> Document | Left:
    """The document with what of the reply holds in general; nothing personal is in it."""
    text = reply.text.strip()[:MOST_CHARS]
    if any(line.strip() and line.strip() in text for line in reading.config.disclosure.values()):
        return Left.OURS
    language = detect(text)
    phrases = reading.phrases.get(language)
    if phrases is None or language not in reading.config.languages:
        return Left.LANGUAGE
    if _needs_person(past, text, reading.rules):
        return Left.NEEDS_PERSON
    ticket = past.ticket
    general = general_text(
        text, ticket, language, phrases, settings_for(reading.config), spared=(reading.config.company,)
    )
    if not general:
        return Left.NOTHING_GENERAL
    return Document(
        id=reply_id(ticket.id, reply.id),
        kind=DocumentKind.REPLY,
        title=f"{_TITLES.get(language, _TITLES['en'])}, {reply.created_at:%Y-%m-%d}",
        language=language,
        text=general,
        url=ticket.url,
        brand_id=ticket.brand_id or "",
        updated_at=reply.created_at,
    )


def _needs_person(past: PastTicket, text: str, rules: Rules) -> bool:
    asked = [past.ticket.subject, *(item.text for item in past.ticket.comments if item.role in _CUSTOMERS)]
    grave = HUMAN_ONLY_SIGNALS | {Signal.INJECTION}
    found = (*rules.hits("\n\n".join(asked)), *rules.hits(text))
    return any(hit.signal in grave and not hit.hint for hit in found)
