"""Names that are known from the ticket, found in any case and with a possessive ending."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from connector.masking import words
from connector.masking.kinds import Kind
from connector.masking.shadow import plain, shadow
from connector.masking.spans import Span
from connector.model import Ticket

_PART = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SPLIT = re.compile(r"['’-]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
# Scripts that do not part words by spaces.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_MOST_PARTS = 400
_SURE_CHARS = 3
_PARTICLE = r"(?:(?:von|van|de|den|der|della|del|di|da|du|la|le|el|bin|al|ter|ten|zu|zum|dos|y)[ ]){0,3}"
_JOINT = re.compile(rf"[ \t]{{1,2}}(?:[A-Z]\.?[ \t]){{0,2}}{_PARTICLE}|[ \t]?-[ \t]?|[ \t]?,[ \t]?", re.IGNORECASE)
_POSSESSIVE = re.compile(r"'s?(?![^\W_])")
# A capitalised word between the beginning of a line or sentence and a known surname is the first name.
_FIRST_NAME = re.compile(r"(?:^|[\n.!?,:;>(][ \t]?)(?P<first>[A-Z][a-z]{1,20})[ ]$")
_FIRST_CHARS = 26


@dataclass(frozen=True, slots=True)
class People:
    """The parts of the names that are known, in the spelling of a shadow.

    `sure` are found in any case. `common` are everyday words as well: in small letters they need a possessive or
    another part beside them. `unspaced` stand in scripts without spaces.
    """

    sure: frozenset[str]
    common: frozenset[str]
    unspaced: frozenset[str]


def people_of(ticket: Ticket | None, others: Iterable[str]) -> People:
    """The people of a ticket: its requester, everybody in copy, and the others (agents) by name or mail address."""
    known = [*others]
    if ticket is not None:
        known += [ticket.requester.name, ticket.requester.email or "", *ticket.cc]
    parts: set[str] = set()
    roles: set[str] = set()
    for entry in known:
        names, of_mailboxes = _parts(entry)
        parts |= names
        roles |= of_mailboxes
        if len(parts) >= _MOST_PARTS:
            break
    unspaced = {part for part in parts if _UNSPACED.search(part)}
    spaced = {part for part in parts - unspaced if len(part) > 1}
    weak = {part for part in spaced if part in words.listed("common") or len(part) < _SURE_CHARS}
    return People(
        sure=frozenset(spaced - weak), common=frozenset(weak | (roles - spaced)), unspaced=frozenset(unspaced)
    )


def _parts(entry: str) -> tuple[set[str], set[str]]:
    """The words of a name, and those that name a mailbox as well; of a mail address what stands before the @."""
    local, at, _ = entry.partition("@")
    seen = "".join(char for char in local if shadow(char).text)
    written = [match.group() for match in _PART.finditer(seen)]
    written += [piece for word in written for piece in _SPLIT.split(word) if len(piece) >= _SURE_CHARS]
    role = words.listed("role")
    names = {variant for word in written if plain(word) not in role for variant in _variants(word)}
    roles = {plain(word) for word in written} & role if names and not at else set()
    return names, roles


def _variants(part: str) -> set[str]:
    """Müller also as Mueller, Mueller also as Müller."""
    low = plain(part)
    found = {low, plain(part.translate(_UMLAUTS))}
    if len(low) > _SURE_CHARS:
        found.add(low.replace("ae", "a").replace("oe", "o").replace("ue", "u"))
    return found - {""}


def find_known(text: str, people: People) -> Iterator[Span]:
    """The known names, parts that follow one another as one value; a possessive ending stays outside."""
    if people.sure or people.common:
        yield from joined(text, _places(text, people))
    for part in people.unspaced:
        at = text.find(part)
        while at >= 0:
            yield Span(kind=Kind.NAME, start=at, end=at + len(part))
            at = text.find(part, at + len(part))


def _places(text: str, people: People) -> list[tuple[int, int]]:
    """Where parts of names stand; the doubtful ones beside another part, or written as a name."""
    found = [match.span() for match in whole(people.sure | people.common).finditer(text)]
    kept = []
    for at, (start, end) in enumerate(found):
        part = text[start:end].lower()
        if (
            part in people.sure
            or (part in people.common and _written_as_name(text, start, end))
            or _is_beside(text, found, at)
        ):
            kept.append((_with_first_name(text, start), end))
    return kept


def whole(parts: Collection[str], flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """Matches these parts of names as words; an s behind one is a genitive."""
    ordered = sorted(parts, key=lambda part: (-len(part), part))[:_MOST_PARTS]
    return re.compile(rf"(?<![^\W_])(?:{'|'.join(map(re.escape, ordered))})(?=s?(?![^\W_]))", flags)


def _is_beside(text: str, found: list[tuple[int, int]], at: int) -> bool:
    after = at + 1 < len(found) and _JOINT.fullmatch(text, found[at][1], found[at + 1][0])
    return bool(after or (at > 0 and _JOINT.fullmatch(text, found[at - 1][1], found[at][0])))


def _written_as_name(text: str, start: int, end: int) -> bool:
    """A capital or a possessive: "will" is a verb, "Will" and "will's" may be a name."""
    return text[start].isupper() or bool(_POSSESSIVE.match(text, end))


def _with_first_name(text: str, start: int) -> int:
    if not text[start].isupper():
        return start
    begin = max(0, start - _FIRST_CHARS)
    first = _FIRST_NAME.search(text[begin:start])
    usual = words.listed("not_name") | words.listed("honorific") | words.listed("greeting") | words.listed("sign_off")
    return begin + first.start("first") if first and first["first"].lower() not in usual else start


def joined(text: str, places: list[tuple[int, int]]) -> Iterator[Span]:
    """Names at these places; those with at most initials and particles between them are one."""
    at = 0
    while at < len(places):
        start, end = places[at]
        while at + 1 < len(places) and (places[at + 1][0] <= end or _JOINT.fullmatch(text, end, places[at + 1][0])):
            at += 1
            end = places[at][1]
        yield Span(kind=Kind.NAME, start=start, end=end)
        at += 1
