"""What a model is told about a ticket: one JSON document of masked data, cut to a budget [G3].

Budgets are in characters, about four to a token: at most `MESSAGES_CHARS` of the conversation, the newest message first
and it alone at most `MESSAGE_CHARS`, and at most `SOURCES_CHARS` of sources, best first, each at most `SOURCE_CHARS`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from connector.masking import Masked, Masking, mask, masking_for
from connector.model import AccountConfig, Comment, Role, Source, Ticket, Visibility
from connector.plaintext import visible_text

MESSAGES_CHARS = 8000
MESSAGE_CHARS = 4000
SOURCES_CHARS = 8000
SOURCE_CHARS = 3000
SUBJECT_CHARS = 300
MOST_MESSAGES = 30
MOST_READ_CHARS = 20_000
"""Of one text, before it is masked. Masking comes before cutting, so that no half of a number stays readable."""

CUT = " […]"
FACTS = "facts"
"""What a statement may cite beside the sources."""

_LANGUAGES = {"en": "English", "de": "German"}
_TEAM = (Role.AGENT, Role.CONNECTOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """The document with what was masked in it, and the sources by the ids that it calls them."""

    user: str = field(repr=False)
    masked: Masked
    sources: Mapping[str, Source]


def reply_request(
    ticket: Ticket,
    language: str,
    config: AccountConfig,
    *,
    sources: Sequence[Source],
    facts: Mapping[str, str],
    instruction: str = "",
) -> Request:
    """What the reply prompt asks about. `sources` are best first; each `facts` name has its value.

    `instruction` is what an agent of the team asks of the reply.
    """
    said = _conversation(ticket)
    shown = [source for source in sources if source.text.strip()]
    names = list(facts)
    masked = mask(
        [
            visible_text(ticket.subject),
            visible_text(ticket.requester.name),
            *(text for _, text in said),
            # With its name before it, a reference is told apart from a phone number.
            *(f"{name.replace('_', ' ')}: {facts[name]}" for name in names),
            *(source.title for source in shown),
            *(source.text for source in shown),
            visible_text(instruction),
        ],
        ticket,
        settings_for(config),
    )
    texts = iter(masked.texts)
    subject, name = next(texts), next(texts)
    messages = _messages([comment for comment, _ in said], [next(texts) for _ in said])
    told = {fact: next(texts).partition(": ")[2] for fact in names}
    titles = [next(texts) for _ in shown]
    offered = _sources(titles, [next(texts) for _ in shown])
    asked = _asked(next(texts))
    agents = config.languages[0] if config.languages else "en"
    document = {
        "language": language,
        "company": config.company,
        "tone": _tone(config, language),
        "customer": {"name": name},
        "subject": _clip(subject, SUBJECT_CHARS),
        "messages": messages,
        "facts": told,
        "sources": offered,
        "guidance": f'Write "summary" and "next_action" in {_LANGUAGES.get(agents, agents)}.{asked}',
    }
    ids = [str(item["id"]) for item in offered]
    return Request(user=_json(document), masked=masked, sources={name: shown[at] for at, name in enumerate(ids)})


def _asked(instruction: str) -> str:
    """What an agent asks of the reply; it changes how something is said, and the sources say what."""
    wanted = " ".join(instruction.split()).replace('"', "'")
    return f' An agent of the team asks of the reply: "{wanted}". Do so as far as the sources allow.' if wanted else ""


def _tone(config: AccountConfig, language: str) -> str:
    """How to write; German without a rule of the team's says Sie, as its templates do."""
    manner = "formal, polite, clear, brief" if config.tone == "formal" else "friendly, clear, brief"
    address = {"friendly": "du"}.get(config.tone, "Sie")
    avoided = f"; never use these words: {', '.join(config.avoid)}" if config.avoid else ""
    return f"{manner}{f' ({address})' if language == 'de' else ''}{avoided}"


def opinion_request(
    ticket: Ticket, language: str, config: AccountConfig, *, intents: Iterable[tuple[str, str]]
) -> Request:
    """What the opinion prompt asks about; `intents` are (name, about)."""
    said = _conversation(ticket)
    masked = mask([visible_text(ticket.subject), *(text for _, text in said)], ticket, settings_for(config))
    document = {
        "language": language,
        "subject": _clip(masked.texts[0], SUBJECT_CHARS),
        "messages": _messages([comment for comment, _ in said], masked.texts[1:]),
        "intents": [{"name": name, "about": about} for name, about in intents],
    }
    return Request(user=_json(document), masked=masked, sources={})


def card_request(ticket: Ticket, config: AccountConfig, *, sources: Sequence[Source], usual_action: str) -> Request:
    """What the card prompt asks about, in the language of the account's agents."""
    said = _conversation(ticket)
    shown = [source for source in sources if source.text.strip()]
    masked = mask(
        [
            visible_text(ticket.subject),
            *(text for _, text in said),
            *(source.title for source in shown),
            *(source.text for source in shown),
        ],
        ticket,
        settings_for(config),
    )
    texts = iter(masked.texts)
    subject = next(texts)
    messages = _messages([comment for comment, _ in said], [next(texts) for _ in said])
    titles = [next(texts) for _ in shown]
    agents = config.languages[0] if config.languages else "en"
    document = {
        "language": _LANGUAGES.get(agents, agents),
        "company": config.company,
        "subject": _clip(subject, SUBJECT_CHARS),
        "messages": messages,
        "usual_action": usual_action,
        "sources": _sources(titles, [next(texts) for _ in shown]),
    }
    return Request(user=_json(document), masked=masked, sources={})


def settings_for(config: AccountConfig) -> Masking:
    """What is masked for this account: everything that can be; the company is nobody's name."""
    return masking_for(config.languages, spared=(config.company,))


def _conversation(ticket: Ticket) -> list[tuple[Comment, str]]:
    """The public messages with their texts, newest first; what the team says among itself is never told."""
    heard = [
        comment
        for comment in reversed(ticket.comments)
        if comment.visibility is Visibility.PUBLIC and comment.role is not Role.SYSTEM
    ]
    return [(comment, _clip(visible_text(comment.text), MOST_READ_CHARS)) for comment in heard[:MOST_MESSAGES]]


def _messages(comments: Sequence[Comment], texts: Sequence[str]) -> list[dict[str, str]]:
    left = MESSAGES_CHARS
    told: list[dict[str, str]] = []
    for comment, text in zip(comments, texts, strict=True):
        kept = _clip(text, min(left, MESSAGE_CHARS))
        if not kept:
            break
        told.append({"from": "team" if comment.role in _TEAM else "customer", "at": _at(comment), "text": kept})
        left -= len(kept)
    return told


def _at(comment: Comment) -> str:
    moment: datetime = comment.created_at
    return moment.strftime("%Y-%m-%d %H:%M")


def _sources(titles: Sequence[str], texts: Sequence[str]) -> list[dict[str, str]]:
    left = SOURCES_CHARS
    told: list[dict[str, str]] = []
    for at, (title, text) in enumerate(zip(titles, texts, strict=True)):
        kept = _clip(text, min(left, SOURCE_CHARS))
        if not kept:
            break
        told.append({"id": f"s{at + 1}", "title": _clip(title, SUBJECT_CHARS), "text": kept})
        left -= len(kept)
    return told


def _clip(text: str, limit: int) -> str:
    """The beginning of the text, cut between two words and marked so; "" where nothing worth reading fits."""
    text = text.strip()
    if len(text) <= limit:
        return text
    if limit <= len(CUT):
        return ""
    head = text[: limit - len(CUT) + 1]
    whole = re.match(r"(?s).*(?=\s)", head)
    return (whole.group().rstrip() if whole and whole.group().strip() else head[:-1]) + CUT


def _json(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False)
