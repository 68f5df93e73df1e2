"""A model's answer read as a draft: placeholders put back, citations and the card's lines held against what was given.

Pure. `Unusable` says in a word or two why nothing may be made of an answer; the embedded draft stands in then.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.drafting import disclosure_line
from connector.drafting.wording import greeting_line, signature_lines
from connector.masking import Masked, restore
from connector.model import AccountConfig, Draft, LookupAnswer, Signal, Source, Statement, Ticket, Triage, Writing
from connector.writing.cardlines import checked_line
from connector.writing.courtesy import is_courtesy, rests_on
from connector.writing.request import FACTS, Request

MOST_STATEMENTS = 12
STATEMENT_CHARS = 1200
SUMMARY_CHARS = 240
NEXT_ACTION_CHARS = 200

A_PERSON = "person"
"""What a draft lacks where the model says that a person is needed."""
A_SOURCE = "source"
"""What a draft lacks of which a sentence says more than a courtesy and names nothing that it rests on."""

REPLY_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["statements", "summary", "next_action", "promises_hand_off", "needs_human"],
    "properties": {
        "statements": {
            "type": "array",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["text", "sources"],
                "properties": {
                    "text": {"type": "string"},
                    "sources": {"type": "array", "items": {"type": "string"}},
                },
            },
        },
        "summary": {"type": "string"},
        "next_action": {"type": "string"},
        "promises_hand_off": {"type": "boolean"},
        "needs_human": {"type": "boolean"},
    },
}


class Unusable(Exception):
    """The answer fits its schema, but nothing may be made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What an answer is held against."""

    ticket: Ticket
    triage: Triage
    config: AccountConfig
    lookups: Mapping[str, LookupAnswer]


@dataclass(frozen=True, slots=True)
class _Said:
    """One statement with the sources it names, and whether it may stand without one."""

    statement: Statement
    grounded: bool


def read_reply(
    value: Mapping[str, object], request: Request, matter: Matter, *, author: str, writing: Writing
) -> Draft:
    """The draft that this answer proposes. Unusable where it says nothing or a placeholder came back wrong."""
    language = matter.triage.language
    facts = tuple(fact for answer in matter.lookups.values() for fact in (answer.reference, *answer.facts.values()))
    said = [_said(item, request, language, facts) for item in _statements(value)]
    if not said:
        raise Unusable("no statement")
    missing = [A_PERSON] if value["needs_human"] else []
    if not all(item.grounded for item in said):
        missing.append(A_SOURCE)
    statements = tuple(item.statement for item in said)
    cited = {source_id for statement in statements for source_id in statement.sources}
    sources = tuple(source for source in request.sources.values() if source.id in cited)
    return Draft(
        text=_text(statements, matter),
        language=language,
        author=author,
        template="",
        sources=sources,
        facts={},
        missing=tuple(missing),
        promises_hand_off=bool(value["promises_hand_off"]),
        statements=statements,
        summary=card_line(value["summary"], request, matter, sources, SUMMARY_CHARS),
        next_action=card_line(value["next_action"], request, matter, sources, NEXT_ACTION_CHARS, proven=True),
        writing=writing,
    )


def _statements(value: Mapping[str, object]) -> list[Mapping[str, object]]:
    found = value["statements"]
    if not isinstance(found, list) or len(found) > MOST_STATEMENTS:
        raise Unusable("too many statements")
    return [item for item in found if str(item["text"]).strip()]


def _said(item: Mapping[str, object], request: Request, language: str, facts: Sequence[str]) -> _Said:
    text = " ".join(_restored(str(item["text"]), request.masked, language).split())
    if len(text) > STATEMENT_CHARS:
        raise Unusable("a statement is too long")
    named = item["sources"]
    ids = [str(name) for name in named] if isinstance(named, list) else []
    given = [request.sources[name] for name in dict.fromkeys(ids) if name in request.sources]
    by_facts = bool(facts) and (FACTS in ids or any(fact and fact.casefold() in text.casefold() for fact in facts))
    proof = "\n".join([*(part for source in given for part in (source.title, source.text)), *facts])
    grounded = is_courtesy(text) or (bool(given) and rests_on(text, proof)) or by_facts
    return _Said(Statement(text=text, sources=tuple(source.id for source in given)), grounded)


def _restored(text: str, masked: Masked, language: str) -> str:
    found = restore(text, masked, language=language)
    if found.unknown:
        raise Unusable("a placeholder that is none")
    if found.withheld:
        raise Unusable("a secret was asked for")
    return found.text


def _text(statements: Sequence[Statement], matter: Matter) -> str:
    """Greeting, the statements, signature and disclosure; what rests on the same sources makes one paragraph."""
    paragraphs: list[list[Statement]] = []
    for statement in statements:
        if paragraphs and paragraphs[-1][-1].sources == statement.sources:
            paragraphs[-1].append(statement)
        else:
            paragraphs.append([statement])
    config, language = matter.config, matter.triage.language
    parts = [
        greeting_line(config, matter.ticket.requester, language),
        *(" ".join(item.text for item in paragraph) for paragraph in paragraphs),
        signature_lines(config, language),
        disclosure_line(config, language),
    ]
    return "\n\n".join(part for part in parts if part)


def card_line(
    value: object, request: Request, matter: Matter, sources: Sequence[Source], limit: int, *, proven: bool = False
) -> str:
    """A line for the card, or "" where it is not fit for one; the draft does without it.

    A ticket that tries to steer gets no word of a model on its card.
    """
    if Signal.INJECTION in matter.triage.signals:
        return ""
    try:
        text = _restored(str(value), request.masked, matter.triage.language)
    except Unusable:
        return ""
    given = (*sources, *request.sources.values())
    return checked_line(text, matter.ticket, matter.triage, given, matter.lookups, limit=limit, proven=proven)
