"""The statements of a draft, each held against the sources that it names for itself [G4]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from connector.drafting.alignment import Line, Pool, coverage, pool, read_line, read_source
from connector.drafting.attribution import Attribution, glossed
from connector.drafting.contradictions import contrary, elsewhere, misplaced
from connector.drafting.courtesy import COURTESY, LITTLE_SAID, is_feeling
from connector.drafting.promises import is_made
from connector.drafting.sentences import sentences, squash
from connector.drafting.templates import SLOT
from connector.drafting.values import dates
from connector.drafting.vocabulary import Word
from connector.model import Draft, LookupAnswer, Source

LEAST_SUPPORT = 0.4
"""So much of what a statement says has to stand in one place of its sources, in these or other words."""

LEAST_SCATTERED = 0.6
"""The same where it is scattered over one source."""

LONGEST = 1000
"""A longer sentence, in characters, is none that anybody could check."""

MOST_TOLD = 200
"""So many sentences of the customer are looked at for what a draft repeats."""

_ASKING = re.compile(
    r"\?\s*$|\b(?:could you|can you|would you|let us know|tell us|send us|bitte (?:senden|schicken|nennen|teilen)|"
    r"(?:senden|schicken|nennen|teilen) sie uns)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounds:
    """What statements may rest on: the lines of each source, those of look-ups and account, and the customer's own."""

    by_source: Mapping[str, tuple[Line, ...]]
    common: tuple[Line, ...]
    told: tuple[Line, ...]
    cited: Mapping[str, tuple[str, ...]]
    approved: frozenset[str]
    wordings: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...]
    facts: Mapping[str, str]
    attribution: Attribution
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
        if squash(sentence) in self.approved:
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
    approved: frozenset[str],
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


def unsupported(body: str, grounds: Grounds) -> str:
    """What a statement of the draft says that its sources do not say there; empty when all is well."""
    reference = ""
    for sentence in sentences(body):
        reference = grounds.attribution.named(sentence) or reference
        if grounds.is_approved(sentence):
            continue
        if len(sentence) > LONGEST:
            return "a sentence too long to be checked"
        line = read_line(sentence)
        among = grounds.pool_for(sentence)
        found = (
            grounds.attribution.foreign(sentence, reference)
            or misplaced(line, among, grounds.told)
            or _unsaid(line, among, grounds)
            or contrary(line, among)
            or elsewhere(line, among, grounds.told)
        )
        if found:
            return f"{found}: “{sentence[:60]}”"
    return ""


def _unsaid(line: Line, among: Pool, grounds: Grounds) -> str:
    said = [word for word in line.words if not is_courtesy(word)]
    if len(said) < 2 or (_ASKING.search(line.text) and not line.values):
        return ""
    everywhere = frozenset().union(*(there.tokens | there.around for there in among.lines))
    echoed = frozenset().union(*(there.tokens for there in grounds.told))
    own = [word for word in said if word.tokens & everywhere or not word.tokens & echoed]
    if len(own) < 2 or is_feeling(line.text) or (len(said) <= LITTLE_SAID and not re.search(r"\d", line.text)):
        return ""
    best = max((coverage(own, window) for window in among.windows()), default=0.0)
    if best < LEAST_SUPPORT and any(
        coverage(own, tokens) >= (LEAST_SUPPORT if source.startswith("lookup:") else LEAST_SCATTERED)
        for source, tokens in among.wholes.items()
    ):
        return ""
    return "" if best >= LEAST_SUPPORT else "too little of this stands in any one place of the sources"


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
