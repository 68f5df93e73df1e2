"""One past ticket: what we would have done, what people did, and how near the two are. No I/O of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from connector.backtest.likeness import edit_distance, fingerprint, token_f1, words
from connector.backtest.moment import before_reply
from connector.backtest.violations import escalated, escalates, violations
from connector.evaluation import Labelled, Workbench, evaluate
from connector.masking import Masking, mask
from connector.model import Action, PastTicket, Ticket
from connector.triage import Rules

EXCERPT_CHARS = 160
SHORT_WORDS = 90
"""Up to here a reply may be a macro with a line or two of its own."""


class People(StrEnum):
    """What people did with a ticket."""

    SHORT = "short"  # one short reply
    PERSON = "person"  # wrote to the customer at length, or more than once
    ESCALATED = "escalated"  # moved to another group or person, or said so
    UNANSWERED = "unanswered"
    CONNECTOR = "connector"  # we had answered before any person did


class Ours(StrEnum):
    """What we would have done."""

    SEND = "send"
    DRAFT = "draft"
    HAND_OFF = "hand_off"
    IGNORE = "ignore"


AGREEMENT: Mapping[Ours, frozenset[People]] = {
    Ours.SEND: frozenset({People.SHORT}),
    Ours.DRAFT: frozenset({People.SHORT, People.PERSON}),
    Ours.HAND_OFF: frozenset({People.PERSON, People.ESCALATED}),
    Ours.IGNORE: frozenset({People.UNANSWERED}),
}
"""Which acts of people agree with ours."""

Result = Mapping[str, Any]


def compare(bench: Workbench, past: PastTicket, rules: Rules) -> Result:
    """What the back-test found on one ticket, as JSON values. Its only words of people are short masked excerpts."""
    people = what_people_did(past)
    base = {"ticket": past.ticket.id, "url": past.ticket.url, "people": people.value}
    ticket = before_reply(past)
    if ticket is None or people is People.CONNECTOR:
        return {**base, "ours": None, "why": "no_customer_message" if ticket is None else "ours_before"}
    line = evaluate(bench, Labelled(id=ticket.id, row={}, ticket=ticket))
    ours, draft = _ours(line), line["draft"] or ""
    result: dict[str, Any] = {
        **base,
        "ours": ours.value,
        "intent": line["intent"],
        "language": line["language"],
        "confidence": line["confidence"],
        "reasons": line["reasons"],
        "drafted": bool(draft),
        "ms": line["ms"],
        "rating": past.rating.contentment.value if past.rating else None,
        "reopens": past.metrics.reopens,
        "agrees": people in AGREEMENT[ours] if people is not People.UNANSWERED else None,
    }
    if past.reply is not None:
        result["macro"] = fingerprint(past.reply.text)
        if draft:
            result["f1"] = round(token_f1(draft, past.reply.text), 4)
            result["distance"] = round(edit_distance(draft, past.reply.text), 4)
    if ours is Ours.SEND:
        found = list(violations(past, draft, rules))
        result["violations"] = [name for name, _ in found]
        if found:
            result["shown"] = _excerpts(ticket, past, draft)
    return result


def what_people_did(past: PastTicket) -> People:
    """The one word for what became of the ticket."""
    if past.ours:
        return People.CONNECTOR
    if past.reply is None:
        return People.UNANSWERED
    if escalated(past) or escalates(past.reply.text):
        return People.ESCALATED
    short = len(words(past.reply.text)) <= SHORT_WORDS and past.metrics.replies <= 1
    return People.SHORT if short else People.PERSON


def _ours(line: Mapping[str, Any]) -> Ours:
    action = Action(line["action"])
    if action is Action.AUTO_SEND:
        return Ours.SEND
    if action is Action.HAND_OFF:
        return Ours.HAND_OFF
    if action is Action.IGNORE:
        return Ours.IGNORE
    return Ours.DRAFT if line["draft"] else Ours.HAND_OFF


def _excerpts(ticket: Ticket, past: PastTicket, draft: str) -> Mapping[str, str]:
    """The first words of question, reply and draft, masked."""
    newest = ticket.newest_customer_message
    texts = (newest.text if newest else ticket.subject, past.reply.text if past.reply else "", draft)
    masked = _masked(texts, ticket)
    return dict(zip(("asked", "replied", "draft"), masked, strict=True))


def _masked(texts: Sequence[str], ticket: Ticket) -> tuple[str, ...]:
    # Cut first, with room: masks are found in what is shown, and a value cut in half is not shown at all.
    cut = [" ".join(text.split())[: EXCERPT_CHARS * 3] for text in texts]
    shown = mask(cut, ticket, Masking()).texts
    return tuple(_short(text) for text in shown)


def _short(text: str) -> str:
    if len(text) <= EXCERPT_CHARS:
        return text
    return text[:EXCERPT_CHARS].rsplit(" ", 1)[0] + " ..."
