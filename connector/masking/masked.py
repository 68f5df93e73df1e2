"""Masks texts before a model reads them, and keeps what stood there [G3]."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from connector.masking import placeholders
from connector.masking.cards import find_cards
from connector.masking.codes import find_codes
from connector.masking.ibans import find_ibans
from connector.masking.kinds import Kind, Masking
from connector.masking.known import People, find_known, people_of
from connector.masking.mails import find_ips, find_mails
from connector.masking.names import find_repeated, find_written
from connector.masking.nationals import find_nationals
from connector.masking.phones import find_phones
from connector.masking.postal import find_addresses
from connector.masking.secrets import find_secrets
from connector.masking.shadow import Shadow, plain, shadow
from connector.masking.spans import Span, settled
from connector.model import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """What stands behind one placeholder; never in a log or a message."""

    kind: Kind
    text: str = field(repr=False)
    restored: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Masked:
    """The masked texts in the order given, and the values by the number of their placeholder."""

    texts: tuple[str, ...] = field(repr=False)
    values: tuple[Value, ...] = ()

    def value(self, number: int) -> Value | None:
        """The value with this number (from 1); None if there is none."""
        return self.values[number - 1] if 1 <= number <= len(self.values) else None


def mask(texts: Sequence[str], ticket: Ticket | None, settings: Masking, *, people: Collection[str] = ()) -> Masked:
    """The texts with placeholders for personal data; the same value has the same placeholder in all of them.

    `people` are names or mail addresses of others who may be spoken of, such as the agents of the ticket. A value
    is the same in other capitals, spaces and accents; it is restored as the ticket writes it, else as it stood first.
    """
    names = _names(ticket, people)
    numbers: dict[tuple[Kind, str], int] = {}
    values: list[Value] = []
    masked: list[str] = []
    for text, spans in zip(texts, find_spans(texts, ticket, settings, people=people), strict=True):
        pieces: list[tuple[int, int, str]] = []
        for span in spans:
            written = text[span.start : span.end]
            key = (span.kind, _same(span.kind, written))
            if key not in numbers:
                shown = names.get(key[1], written) if span.kind is Kind.NAME else written
                values.append(Value(kind=span.kind, text=shown, restored=settings.restores(span.kind)))
                numbers[key] = len(values)
            pieces.append((span.start, span.end, placeholders.written(span.kind, numbers[key])))
        masked.append(_replaced(text, pieces))
    return Masked(texts=tuple(masked), values=tuple(values))


def find_spans(
    texts: Sequence[str], ticket: Ticket | None, settings: Masking, *, people: Collection[str] = ()
) -> tuple[tuple[Span, ...], ...]:
    """Where personal data stands in each text, in order and without overlaps."""
    shadows = [shadow(text) for text in texts]
    known = people_of(ticket, people)
    found = [list(_found(seen.text, known, settings)) for seen in shadows]
    if settings.masks(Kind.NAME):
        spared = {plain(word) for name in settings.spared for word in name.split()}
        written = [find_written(seen.text, spared) for seen in shadows]
        parts = frozenset(part for _, lasting in written for part in lasting)
        for seen, spans, (names, _) in zip(shadows, found, written, strict=True):
            spans += [*names, *find_repeated(seen.text, parts)]
    return tuple(_in_original(text, seen, spans) for text, seen, spans in zip(texts, shadows, found, strict=True))


def _found(text: str, known: People, settings: Masking) -> Iterator[Span]:
    yield from find_secrets(text)
    yield from find_ibans(text)
    yield from find_cards(text)
    yield from find_nationals(text)
    yield from find_codes(text)
    if settings.masks(Kind.MAIL):
        yield from find_mails(text)
    if settings.masks(Kind.IP):
        yield from find_ips(text)
    if settings.masks(Kind.PHONE):
        yield from find_phones(text, settings.regions)
    if settings.masks(Kind.ADDRESS):
        yield from find_addresses(text)
    if settings.masks(Kind.NAME):
        yield from find_known(text, known)


def _in_original(text: str, seen: Shadow, spans: Sequence[Span]) -> tuple[Span, ...]:
    return settled(text, (_moved(seen, span) for span in spans))


def _moved(seen: Shadow, span: Span) -> Span:
    start, end = seen.original(span.start, span.end)
    return Span(kind=span.kind, start=start, end=end)


def _names(ticket: Ticket | None, people: Collection[str]) -> dict[str, str]:
    """How the ticket writes the names, and their parts."""
    known = [*people, *([ticket.requester.name] if ticket is not None else [])]
    found: dict[str, str] = {}
    for name in known:
        if "@" not in name and not name.islower() and not name.isupper():
            for written in (name, *name.split()):
                found[_same(Kind.NAME, written)] = written.strip()
    return found


def _same(kind: Kind, written: str) -> str:
    """What two spellings of one value have in common; secrets differ by every character."""
    if kind in (Kind.PASSWORD, Kind.KEY):
        return written
    low = plain(written)
    if kind in (Kind.CARD, Kind.IBAN, Kind.NATIONAL_ID, Kind.CODE, Kind.PHONE):
        return "".join(char for char in low if char.isalnum() or char == "+")
    return " ".join(low.split())


def _replaced(text: str, pieces: Sequence[tuple[int, int, str]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end, written in pieces:
        parts += [_apart(text[at:start]), written]
        at = end
    return "".join([*parts, _apart(text[at:])])


def _apart(text: str) -> str:
    """What stays readable, so that nothing in it reads as a placeholder.

    Looked at between the masks and not before: a mask beside it makes a word of what was none ("PII4111...").
    """
    seen = shadow(text)
    parts: list[str] = []
    at = 0
    for place in placeholders.prefixes(seen.text):
        start, end = seen.original(*place)
        parts += [text[at:start], placeholders.APART]
        at = end
    return "".join([*parts, text[at:]])
