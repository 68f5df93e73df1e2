"""Which passages of the sources a reply repeats, and how they read outside their article."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.drafting.sentences import content_stems, sentences
from connector.model import Source

PASSAGE_LIMIT = 1200
"""How much of a source a reply repeats, in characters; the link leads to the rest."""

TEASER_LIMIT = 220
"""An opening as short as this leads to what follows in its article: alone it answers little."""

_POINT = re.compile(r"(?:-|\d{1,2}[.)])\s")
# What points back to a heading or to a sentence before. "Sie" is not among them: it is the customer.
_POINTS_BACK = re.compile(
    r"(?:It|Its|They|Their|Them|This|These|That|Those|There|Then|Otherwise|Both|He|She|Er|Es|Dies(?:e[mnrs]?)?|Dieses|"
    r"Dort|Dann|Danach|Dabei|Dafür|Damit|Darin|Dazu|Sonst|Beide[sn]?|Jene[rs]?|Deren|Dessen)\b"
)


def chosen(passages: Sequence[Source], question: str, *, most: int) -> tuple[Source, ...]:
    """The best passage and further ones of its article, in the order in which a reply gives them.

    A further one has to speak of something asked, and a page's opening of something asked that the best one does not
    speak of; after a mere opening, what follows it is the answer. The answer comes first: an opening stands before it
    only where it is the answer.
    """
    if not passages:
        return ()
    best, *others = passages
    kept = [best]
    for other in others:
        length = sum(len(source.text) for source in (*kept, other))
        if (
            _article(other) == _article(best)
            and len(kept) < most
            and length <= PASSAGE_LIMIT
            and _adds(other, best, question)
        ):
            kept.append(other)
    return tuple(sorted(kept, key=lambda source: (source is not best and _section(source) == 0, _section(source))))


def _adds(other: Source, best: Source, question: str) -> bool:
    """Whether a reply with the best passage is better with this one."""
    if "#" in best.id and _section(best) == 0 and len(best.text) <= TEASER_LIMIT:
        return True
    asked = set(content_stems(question)) & set(_stems(other))
    return bool(asked - set(_stems(best))) if _section(other) == 0 else bool(asked)


def _stems(source: Source) -> tuple[str, ...]:
    return content_stems(f"{source.heading}\n{source.text}")


def _article(source: Source) -> str:
    return source.id.rpartition("#")[0] or source.id


def _section(source: Source) -> int:
    section = source.id.rpartition("#")[2]
    return int(section) if section.isdecimal() else 0


def quoted(passages: Sequence[Source], question: str) -> str:
    """The passages as one text, at most `PASSAGE_LIMIT` characters of theirs.

    A passage that cannot stand without its heading has it before it: a list, a beginning that points back, and each of
    several sections.
    """
    room = (
        PASSAGE_LIMIT // len(passages)
        if sum(len(source.text) for source in passages) > PASSAGE_LIMIT
        else PASSAGE_LIMIT
    )
    several = sum(bool(source.heading) for source in passages) > 1
    parts = [(source, excerpt(source.text, question, room)) for source in passages]
    return "\n\n".join(_headed(source, text, several=several) for source, text in parts if text)


def _headed(source: Source, text: str, *, several: bool) -> str:
    heading = source.heading.strip()
    if not heading or not (several or _POINT.match(text) or _POINTS_BACK.match(text)):
        return text
    return f"{heading.rstrip(':.')}{'' if heading.endswith(('?', '!')) else ':'}\n{text}"


def excerpt(text: str, question: str, limit: int) -> str:
    """The text if it is short, else as much of it as fits, in its own layout: the sentences nearest to the question,
    in their order, each with the one it points back to; without any likeness the first ones.
    """
    text = text.strip()
    if len(text) <= limit:
        return text
    lines = [(place, line) for place, whole in enumerate(text.splitlines()) for line in sentences(whole)]
    asked = set(content_stems(question))
    ranked = sorted(range(len(lines)), key=lambda at: (-len(asked & set(content_stems(lines[at][1]))), at))
    kept: set[int] = set()
    for at in ranked:
        wanted = kept | _with_what_it_needs(lines, at)
        if sum(len(lines[one][1]) + 2 for one in wanted) > limit:
            break
        kept = wanted
    return _laid_out([lines[at] for at in sorted(kept)]) or _cut(lines[0][1], limit)


def _with_what_it_needs(lines: Sequence[tuple[int, str]], at: int) -> set[int]:
    """The sentence and, before it, what it points back to or the line that opens its list."""
    needed = {at}
    while at > 0 and _POINTS_BACK.match(lines[at][1]):
        at -= 1
        needed.add(at)
    if _POINT.match(lines[at][1]):
        first = next((one for one in range(at, -1, -1) if not _POINT.match(lines[one][1])), None)
        if first is not None and lines[first][1].endswith(":"):
            needed.add(first)
    return needed


def _laid_out(lines: Sequence[tuple[int, str]]) -> str:
    """The sentences of one line side by side, points below one another, paragraphs apart."""
    text, last, pointed = "", -1, False
    for place, line in lines:
        point = bool(_POINT.match(line))
        if text:
            text += " " if place == last else "\n" if point and (pointed or text.endswith(":")) else "\n\n"
        text, last = text + line, place
        pointed = point or (pointed and place == last)
    return text


def _cut(line: str, limit: int) -> str:
    """A sentence longer than all that may be quoted, cut between two words."""
    return f"{line[: limit - 1].rpartition(' ')[0].rstrip(',;:')}…"
