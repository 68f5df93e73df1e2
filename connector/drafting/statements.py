"""The statements of a draft, each held against the sources that it names for itself [G4]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from connector.drafting.alignment import Line, Pool, nearest, pool, read_line, read_source
from connector.drafting.attribution import Attribution, glossed
from connector.drafting.contradictions import contrary, elsewhere, misplaced
from connector.drafting.courtesy import COURTESY
from connector.drafting.promises import is_made
from connector.drafting.sentences import sentences, squash, wording
from connector.drafting.templates import SLOT
from connector.drafting.values import dates
from connector.drafting.vocabulary import Word
from connector.model import Draft, LookupAnswer, Source

LONGEST = 1000
"""A longer sentence, in characters, is none that anybody could check."""

COMPARABLE = 0.5
"""From here on two sentences are so much alike that where they differ one of them is wrong. On the drafts that it was
chosen on, 15 of 26 correct rewordings that seemed to contradict lie below, 10 of 47 planted faults."""

MOST_TOLD = 200
"""So many sentences of the customer are looked at for what a draft repeats."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What statements may rest on: the lines of each source, those of look-ups and account, and the customer's own."""

    by_source: Mapping[str, tuple[Line, ...]]
    common: tuple[Line, ...]
    told: tuple[Line, ...]
    cited: Mapping[str, tuple[str, ...]]
    approved: frozenset[tuple[str, str]]
    wordings: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    facts: Mapping[str, str]
    attribution: Attribution
    headings: str = ""
    pools: dict[tuple[str, ...], Pool] = field(default_factory=dict, compare=False, repr=False)

    def pool_for(self, sentence: str) -> Pool:
        """The lines that this sentence may rest on: of the sources it names, else of all."""
        ids = self._named(sentence)
        if ids not in self.pools:
            own = [line for source_id in ids for line in self.by_source.get(source_id, ())]
            self.pools[ids] = pool((*own, *self.common))
        return self.pools[ids]

    def _named(self, sentence: str) -> tuple[str, ...]:
        squashed = squash(sentence)
        for text, ids in self.cited.items():
            if squashed and squashed in text and ids:
                return ids
        return tuple(self.by_source)

    def is_approved(self, sentence: str) -> bool:
        """Whether the sentence is approved prose, or approved wording filled with the facts that belong there."""
        if wording(sentence) in self.approved:
            return True
        return any(
            (match := pattern.fullmatch(sentence.strip())) is not None and self._fits(names, match.groups())
            for pattern, names in self.wordings
        )

    def _fits(self, names: tuple[str, ...], filled: tuple[str, ...]) -> bool:
        return all(_same(text, self.facts.get(name, "")) for name, text in zip(names, filled, strict=True))


def _same(filled: str, fact: str) -> bool:
    return bool(fact) and (squash(filled) == squash(fact) or (bool(dates(fact)) and dates(filled) == dates(fact)))


def grounds(
    draft: Draft,
    *,
    lookups: Mapping[str, LookupAnswer],
    account: Iterable[str],
    told: Iterable[str],
    approved: frozenset[tuple[str, str]],
) -> Grounds:
    """What this draft's statements may rest on."""
    common = [*(line for answer in lookups.values() for line in glossed(answer))]
    common += [read_line(text, source="account", at=at * 2) for at, text in enumerate(account) if text]
    return Grounds(
        by_source={source.id: read_source(source.id, source.title, source.text) for source in draft.sources},
        common=tuple(common),
        told=tuple(read_line(line[:LONGEST]) for line in _first(told)),
        cited={squash(statement.text): statement.sources for statement in draft.statements},
        approved=approved,
        wordings=tuple(wording for source in draft.sources for wording in _wordings(source)),
        facts=draft.facts,
        attribution=Attribution(tuple(lookups.values())),
        headings="\n".join(source.title for source in draft.sources),
    )


def _first(texts: Iterable[str]) -> list[str]:
    return [line for text in texts for line in sentences(text)][:MOST_TOLD]


def _wordings(source: Source) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    return _filled(source.text) if source.id.startswith("template:") and "[" in source.text else ()


@lru_cache(maxsize=256)
def _filled(text: str) -> tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]:
    found = []
    for sentence in sentences(text):
        names = tuple(SLOT.findall(sentence))
        if names:
            parts = SLOT.split(sentence)[::2]
            found.append((re.compile(r"(\S.*?)".join(map(re.escape, parts)), re.IGNORECASE), names))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Contradiction:
    """A sentence that says otherwise than its sources, or of something else; `told`: in what.

    `certain` where it is so much like a sentence of theirs that the two can be compared.
    """

    sentence: str
    told: str
    certain: bool


def contradictions(body: str, grounds: Grounds) -> tuple[Contradiction, ...]:
    """The sentences of a draft that its sources contradict, certainly or perhaps."""
    found = []
    reference = ""
    for sentence in sentences(body):
        reference = grounds.attribution.named(sentence) or reference
        if not grounds.is_approved(sentence) and (said := _contradicted(sentence, reference, grounds)):
            found.append(said)
    return tuple(found)


def _contradicted(sentence: str, reference: str, grounds: Grounds) -> Contradiction | None:
    certain = "a sentence too long to be checked" if len(sentence) > LONGEST else ""
    if certain := certain or grounds.attribution.foreign(sentence, reference):
        return Contradiction(sentence=sentence, told=_quoting(certain, sentence), certain=True)
    line, among = read_line(sentence), grounds.pool_for(sentence)
    found = misplaced(line, among, grounds.told) or contrary(line, among) or elsewhere(line, among, grounds.told)
    if not found:
        return None
    alike = nearest(line, among)
    certain_enough = bool(alike) and alike[0][0] >= COMPARABLE
    return Contradiction(sentence=sentence, told=_quoting(found, sentence), certain=certain_enough)


def _quoting(found: str, sentence: str) -> str:
    return f"{found}: “{sentence[:60]}”"


def is_courtesy(word: Word) -> bool:
    """Whether the word says nothing by itself: thanks, greetings, offers to help."""
    return any(token in COURTESY for token in word.tokens)


def promise_made(sentence: str, body_lines: tuple[str, ...], grounds: Grounds) -> bool:
    """Whether the sources of a sentence make the promise that it makes."""
    at = body_lines.index(sentence)
    if len(sentence) > LONGEST:
        return False
    near = body_lines[max(0, at - 1) : at + 2]
    beside = frozenset(value.text for text in near for value in read_line(text[:LONGEST]).values)
    return is_made(read_line(sentence), grounds.pool_for(sentence), beside)
