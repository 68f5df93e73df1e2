"""How well personal data is masked: on texts with marked values, and on labelled tickets. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.evaluation.dataset import Labelled
from connector.evaluation.intervals import share
from connector.masking import Kind, Masking, Span, find_spans

REFERENCES = ("order_number", "invoice_number")
"""The facts that have to stay readable; what begins with `other_` is one of the same kind."""

_PUBLIC_KINDS = {
    "CREDIT_CARD": Kind.CARD,
    "IBAN_CODE": Kind.IBAN,
    "US_SSN": Kind.NATIONAL_ID,
    "US_DRIVER_LICENSE": Kind.NATIONAL_ID,
    "EMAIL_ADDRESS": Kind.MAIL,
    "PHONE_NUMBER": Kind.PHONE,
    "STREET_ADDRESS": Kind.ADDRESS,
    "IP_ADDRESS": Kind.IP,
    "PERSON": Kind.NAME,
}
"""The kinds of the public set that are ours; its towns, ages, titles and firms are nobody's personal data here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkedText:
    """A text, and where somebody marked personal data; `others` are marked places of kinds that we do not mask."""

    text: str
    spans: tuple[Span, ...]
    others: tuple[tuple[int, int], ...] = ()


def marked_texts(rows: Iterable[Mapping[str, Any]]) -> tuple[MarkedText, ...]:
    """Rows as in presidio-research: `full_text`, and `spans` with `entity_type`, `start_position`, `end_position`."""
    return tuple(_marked(row) for row in rows)


def _marked(row: Mapping[str, Any]) -> MarkedText:
    places = [
        (str(span["entity_type"]), int(span["start_position"]), int(span["end_position"])) for span in row["spans"]
    ]
    return MarkedText(
        text=str(row["full_text"]),
        spans=tuple(
            Span(kind=_PUBLIC_KINDS[name], start=start, end=end) for name, start, end in places if name in _PUBLIC_KINDS
        ),
        others=tuple((start, end) for name, start, end in places if name not in _PUBLIC_KINDS),
    )


def measure_masking(texts: Collection[MarkedText], settings: Masking) -> Mapping[str, Any]:
    """Recall and precision by kind, each with its interval.

    A marked value counts as found where every letter and digit of it is masked, under whatever kind. What was masked
    counts as right where it touches anything marked; the masked kind is the one it was masked as.
    """
    meant: Counter[Kind] = Counter()
    found: Counter[Kind] = Counter()
    masked: Counter[Kind] = Counter()
    right: Counter[Kind] = Counter()
    for marked in texts:
        spans = find_spans([marked.text], None, settings)[0]
        covered = _covered(marked.text, spans)
        for span in marked.spans:
            meant[span.kind] += 1
            found[span.kind] += _is_hidden(marked.text, covered, span.start, span.end)
        touched = [*((span.start, span.end) for span in marked.spans), *marked.others]
        for span in spans:
            masked[span.kind] += 1
            right[span.kind] += any(span.start < end and start < span.end for start, end in touched)
    return {
        "texts": len(texts),
        "by_kind": {
            kind.value: {"recall": share(found[kind], meant[kind]), "precision": share(right[kind], masked[kind])}
            for kind in Kind
            if meant[kind] or masked[kind]
        },
    }


def measure_references(
    rows: Collection[Labelled], settings: Masking, *, facts: Sequence[str] = REFERENCES
) -> Mapping[str, Any]:
    """The share of labelled numbers that a model could not read any more, with its interval and the tickets' ids.

    A number counts as masked where some place of it in the ticket is touched by a mask; numbers that do not stand in
    the ticket as labelled are left out.
    """
    hits = total = 0
    ids: list[str] = []
    for row in rows:
        texts = [row.ticket.subject, *(comment.raw_text for comment in row.ticket.comments)]
        covered = [
            _covered(text, spans) for text, spans in zip(texts, find_spans(texts, row.ticket, settings), strict=True)
        ]
        for value in _labelled(row, facts):
            places = [place for at, text in enumerate(texts) for place in _places(at, text, value)]
            total += bool(places)
            if any(any(covered[at][start : start + len(value)]) for at, start in places):
                hits += 1
                ids.append(row.id)
    return {"masked": share(hits, total), "ids": ids}


def _labelled(row: Labelled, facts: Sequence[str]) -> list[str]:
    labelled = row.row.get("facts") or {}
    return [str(labelled[name]) for fact in facts for name in (fact, f"other_{fact}") if labelled.get(name)]


def _places(at: int, text: str, value: str) -> list[tuple[int, int]]:
    places = []
    start = text.find(value)
    while start >= 0:
        places.append((at, start))
        start = text.find(value, start + 1)
    return places


def _covered(text: str, spans: Iterable[Span]) -> bytearray:
    covered = bytearray(len(text))
    for span in spans:
        covered[span.start : span.end] = b"\x01" * (span.end - span.start)
    return covered


def _is_hidden(text: str, covered: bytearray, start: int, end: int) -> bool:
    return all(covered[at] for at in range(start, end) if text[at].isalnum())
