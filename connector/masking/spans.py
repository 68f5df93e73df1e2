"""Where personal data stands in one text, and which kind wins where two rules found the same place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from connector.masking.kinds import Kind

# A validated or secret form before a guess; a part of the first never stays readable because of the second.
_ORDER = (
    Kind.KEY,
    Kind.IBAN,
    Kind.CARD,
    Kind.MAIL,
    Kind.NATIONAL_ID,
    Kind.PASSWORD,
    Kind.CODE,
    Kind.IP,
    Kind.PHONE,
    Kind.ADDRESS,
    Kind.NAME,
)
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A value of a kind at `start` up to `end` (not included)."""

    kind: Kind
    start: int
    end: int


def settled(text: str, spans: Iterable[Span]) -> tuple[Span, ...]:
    """The spans in order and without overlaps: the stronger kind keeps its place, the rest of a weaker one stays."""
    ranked = sorted(spans, key=lambda span: (_RANK[span.kind], span.start - span.end, span.start))
    owner = bytearray(len(text))  # 0 is free; linear in the text, however many rules found something
    kept: list[Span] = []
    for span in ranked:
        kept += _free_parts(text, span, owner)
    return tuple(sorted(kept, key=lambda span: span.start))


def _free_parts(text: str, span: Span, owner: bytearray) -> list[Span]:
    parts: list[Span] = []
    at = span.start
    while at < span.end:
        if owner[at]:
            at += 1
            continue
        end = owner.find(1, at, span.end)
        end = span.end if end < 0 else end
        if any(char.isalnum() for char in text[at:end]):
            parts.append(_trimmed(text, span, at, end))
        owner[at:end] = b"\x01" * (end - at)
        at = end
    return parts


def _trimmed(text: str, span: Span, start: int, end: int) -> Span:
    """A whole value stays as it was found; what is left of one loses the separators at the cut."""
    while start > span.start and not text[start].isalnum():
        start += 1
    while end < span.end and not text[end - 1].isalnum():
        end -= 1
    return Span(kind=span.kind, start=start, end=end)
