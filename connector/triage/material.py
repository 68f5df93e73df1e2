"""What the classifier learns from beside the catalogue's examples: whole messages, and single sentences that alarm.

The messages of `mappings/tickets/` come from invented teams of many trades, labelled as `data/README.md` says. They
teach what a whole ticket looks like and whether a person must answer it. The sentences of `mappings/sentences/` teach
which single sentence calls a person, with harmless ones that look like it beside them.
"""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from connector import starters
from connector.errors import ConfigurationError
from connector.model import Signal, Ticket
from connector.triage.dataset import ticket_from_row
from connector.triage.sentences import MAX_CHARS


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A labelled message. `person`: an automatic answer would be a fault."""

    text: str
    intent: str
    language: str
    tier: str
    person: bool
    signals: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Sentences that raise a signal, and harmless ones that look like them."""

    signal: str
    positive: tuple[str, ...]
    negative: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything there is to learn from beside a catalogue; `version` names the content."""

    messages: tuple[Message, ...] = ()
    alarms: tuple[Alarm, ...] = ()
    version: str = "none"


NOTHING = Material()
"""For catalogues that have nothing to do with support tickets."""


@cache
def starter_version() -> str:
    """What `starter().version` is, without reading the messages: a shipped model is compared with it at each start."""
    text = hashlib.sha256()
    for name, content in (*starters.folder("tickets", ".jsonl").items(), *starters.folder("sentences").items()):
        text.update(f"{name}\0{content}\0".encode())
    return text.hexdigest()[:12]


@cache
def starter() -> Material:
    """The shipped material. ConfigurationError names file and line."""
    return Material(
        messages=tuple(
            message
            for name, content in starters.folder("tickets", ".jsonl").items()
            for message in _messages(name, content)
        ),
        alarms=tuple(_alarm(name, content) for name, content in starters.folder("sentences").items()),
        version=starter_version(),
    )


def text_of(ticket: Ticket) -> str:
    """What a ticket's customer said, as the classifier will be asked about it: the subject above what waits."""
    waiting = ticket.unanswered or ticket.customer_messages[-1:]
    parts = (ticket.subject.strip(), *(comment.text.strip() for comment in waiting))
    return "\n\n".join(part for part in parts if part)[:MAX_CHARS]


def _messages(name: str, content: str) -> Iterator[Message]:
    for number, line in enumerate(content.split("\n"), start=1):
        if line.strip():
            yield _message(f"{name} line {number}", line)


def _message(where: str, line: str) -> Message:
    try:
        row = json.loads(line)
        return Message(
            text=text_of(ticket_from_row(row)),
            intent=row["intent"],
            language=row["language"],
            tier=row["tier"],
            person=bool(row["must_not_send"]),
            signals=frozenset(row["signals"]),
        )
    except (ConfigurationError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigurationError(f"{where}: this is no labelled message ({error!r}): see data/README.md") from error


def _alarm(name: str, content: str) -> Alarm:
    try:
        table = tomllib.loads(content)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: not valid TOML: {error}") from error
    signal = table.get("signal")
    if signal not in set(Signal) or set(table) != {"signal", "positive", "negative"}:
        raise ConfigurationError(f"{name}: write signal (a known one), [positive] and [negative], and nothing else")
    return Alarm(signal=str(signal), positive=_texts(name, table["positive"]), negative=_texts(name, table["negative"]))


def _texts(name: str, table: object) -> tuple[str, ...]:
    if not isinstance(table, Mapping):
        raise ConfigurationError(f"{name}: write lists of sentences by language")
    listed: list[object] = []
    for sentences in table.values():
        listed += sentences if isinstance(sentences, list) else [None]
    texts = tuple(text for text in listed if isinstance(text, str) and text.strip())
    if not texts or len(texts) < len(listed):
        raise ConfigurationError(f"{name}: write lists of sentences by language, none of them empty")
    return texts
