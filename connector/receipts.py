"""The receipt of a decision as JSON values: everything that answers "why?" [M4]."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from connector.model import Card, Decision, Draft, DraftCheck, Source, Ticket, Triage

if TYPE_CHECKING:
    from connector.writing import Opinion


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What was found out on the way to a decision; there is a card for a person whatever happened.

    `author` is who wrote the draft, as certificates call him; `opinion` what a second reader said, if one was asked and
    answered.
    """

    triage: Triage
    card: Card
    draft: Draft | None = None
    checks: tuple[DraftCheck, ...] = ()
    passages: tuple[Source, ...] = ()
    would_send: bool = False
    author: str = ""
    opinion: Opinion | None = None


def receipt_body(ticket: Ticket, decision: Decision, findings: Findings | None) -> Mapping[str, object]:
    """What answers "why?"; `findings` is None where the ticket was not ours to answer.

    JSON values only. `requester_id` counts towards the caps; the customer's own text is not kept, only its hash."""
    told: dict[str, object] = {
        "requester_id": ticket.requester.id,
        "input_hash": input_hash(ticket),
        "text_hash": text_hash(ticket),
        "stamp": ticket.stamp,
        "decision": _plain(asdict(decision)),
    }
    if findings is None:
        return told
    return told | {
        "triage": _plain(asdict(findings.triage)),
        "draft": _plain(asdict(findings.draft)) if findings.draft else None,
        "checks": [_plain(asdict(check)) for check in findings.checks],
        "card": _plain(asdict(findings.card)),
        "sources": [
            {"id": item.id, "title": item.title, "url": item.agents_url, **({"past_reply": True} if item.past else {})}
            for item in findings.passages
        ],
        "opinion": _plain(asdict(findings.opinion)) if findings.opinion else None,
    }


def input_hash(ticket: Ticket) -> str:
    """SHA-256 over what was read, so that a replay can show it saw the same."""
    digest = hashlib.sha256()
    for part in (ticket.id, ticket.subject, ticket.status.value, *sorted(ticket.tags)):
        digest.update(part.encode() + b"\x1f")
    for comment in ticket.comments:
        digest.update(f"{comment.id}\x1f{comment.role}\x1f{comment.visibility}\x1f{comment.raw_text}\x1e".encode())
    return digest.hexdigest()


def text_hash(ticket: Ticket) -> str:
    """SHA-256 over what the customer said that waits for an answer, the subject first: proves of a labelled row that it
    holds the text which was decided on. Spaces, line breaks and composition of letters do not matter.
    """
    waiting = ticket.unanswered or ticket.customer_messages[-1:]
    said = "\n".join((ticket.subject, *(comment.text for comment in waiting)))
    words = " ".join(unicodedata.normalize("NFC", said).split())
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


def _plain(value: Any) -> Any:
    """Tuples and sets to lists, enums to their text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        return sorted(str(item) for item in value)
    if isinstance(value, str):
        return str(value)
    return value
