"""Sentences of a draft that no source supports: a person looks at them before the draft is used [G4]."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from connector.drafting.alignment import coverage, read_line
from connector.drafting.commitments import find_admission, find_deed, find_promise
from connector.drafting.contradictions import counts_another
from connector.drafting.courtesy import LITTLE_SAID, is_feeling
from connector.drafting.evidence import Evidence
from connector.drafting.measures import unmeasured
from connector.drafting.sentences import sentences
from connector.drafting.statements import LONGEST, Grounds, is_courtesy
from connector.drafting.values import VALUE_STEMS, dates, values
from connector.drafting.vocabulary import meanings

UNKNOWN_SHARE = 0.5
"""A sentence of which more than this share of the meaningful words is known from nowhere is supported by nothing."""

UNKNOWN_BESIDE_FIGURES = 0.7
"""The same where the figures in it tell what it is about."""

LEAST_SUPPORT = 0.4
"""So much of what a statement says has to stand in one place of its sources, in these or other words."""

LEAST_SCATTERED = 0.6
"""The same where it is scattered over one source."""

UNPROVEN_SHARE = 0.6
"""The share of words that no source has: the customer may be echoed, but his word is no source."""

MOST_UNSUPPORTED = 0.5
"""Of a draft with a larger share of such sentences nothing is left to rely on."""

_ASKING = re.compile(
    r"\?\s*$|\b(?:could you|can you|would you|let us know|tell us|send us|bitte (?:senden|schicken|nennen|teilen)|"
    r"(?:senden|schicken|nennen|teilen) sie uns)\b",
    re.IGNORECASE,
)

_Said = Sequence[frozenset[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """The meaningful words of a sentence: all of them, those known from nowhere, those that no source has, and of
    these the ones that the customer used.
    """

    said: _Said
    unknown: _Said
    unproven: _Said
    only_told: _Said


def weigh(line: str, evidence: Evidence) -> Weighed:
    """What the words of a sentence rest on."""
    said = [word.tokens for word in meanings(line[:LONGEST]) if not is_courtesy(word)]
    unproven = [tokens for tokens in said if not tokens & (evidence.proven_tokens | VALUE_STEMS)]
    return Weighed(
        said=said,
        unknown=[tokens for tokens in said if not tokens & (evidence.known_tokens | VALUE_STEMS)],
        unproven=unproven,
        only_told=[tokens for tokens in unproven if tokens & evidence.known_tokens],
    )


def is_harmless(line: str, words: Weighed) -> bool:
    """Whether a sentence states nothing: so few words, none put there by the customer, that nothing is said, or thanks
    and regret."""
    if re.search(r"[\d@/<>{}\[\]]", line) or find_promise(line) or find_deed(line) or find_admission(line):
        return False
    if is_feeling(line):
        return not words.only_told and len(words.unknown) <= LITTLE_SAID + 1
    return len(words.said) <= LITTLE_SAID and len(line.split()) > 1 and not words.only_told


def _is_unknown(line: str, words: Weighed) -> bool:
    """Whether it speaks of what neither the sources nor the ticket speak of."""
    most = UNKNOWN_SHARE if not _has_figures(line) else UNKNOWN_BESIDE_FIGURES
    return len(words.unknown) > most * len(words.said)


def unsupported(body: str, evidence: Evidence) -> tuple[str, ...]:
    """The sentences of a draft that no source supports, as they stand there."""
    return tuple(line for line in sentences(body) if _is_unsupported(line, evidence))


def _is_unsupported(line: str, evidence: Evidence) -> bool:
    if evidence.grounds.is_approved(line):
        return False
    words = weigh(line, evidence)
    if not is_harmless(line, words) and (_is_unknown(line, words) or _is_only_told(line, words)):
        return True
    among = evidence.grounds.pool_for(line)
    said = line[:LONGEST]
    if unmeasured(said, among, evidence.grounds.headings):
        return True
    if counts_another(read_line(said), among, evidence.grounds.told):
        return True
    return _has_told_values(line, evidence) or _is_scattered(line, evidence.grounds)


def _is_only_told(line: str, words: Weighed) -> bool:
    """Whether hardly anything but the customer's word supports it."""
    if len(words.unproven) < 3 or is_feeling(line):
        return False
    return len(words.unproven) > UNPROVEN_SHARE * len(words.said)


def _has_told_values(line: str, evidence: Evidence) -> bool:
    """Whether it gives an amount, a period or a day that the customer named and its own sources do not."""
    sources = [other.text for other in evidence.grounds.pool_for(line).lines]
    if (values(line) & evidence.told_values).difference(*map(values, sources)):
        return True
    told = {(month, day) for month, day, _ in dates(line) & evidence.told_dates}
    return bool(told.difference(*({(month, day) for month, day, _ in dates(text)} for text in sources)))


def carries(body: str, doubtful: Sequence[str]) -> bool:
    """Whether enough of the draft is left without these sentences. Thanks and regret carry nothing."""
    stating = [line for line in sentences(body) if not is_feeling(line)]
    return len(doubtful) <= MOST_UNSUPPORTED * len(stating)


def _has_figures(line: str) -> bool:
    """Whether it gives values by which it can be held against a source: those are compared one by one."""
    return any(
        value.kind in ("money", "percent", "span", "date", "phone") for value in read_line(line[:LONGEST]).values
    )


def _is_scattered(sentence: str, grounds: Grounds) -> bool:
    """Whether too little of it stands in any one place of the sources."""
    line = read_line(sentence[:LONGEST])
    said = [word for word in line.words if not is_courtesy(word)]
    if len(said) < 2 or (_ASKING.search(line.text) and not line.values):
        return False
    among = grounds.pool_for(sentence)
    everywhere = frozenset().union(*(there.tokens | there.around for there in among.lines))
    echoed = frozenset().union(*(there.tokens for there in grounds.told))
    own = [word for word in said if word.tokens & everywhere or not word.tokens & echoed]
    if len(own) < 2 or is_feeling(line.text) or (len(said) <= LITTLE_SAID and not re.search(r"\d", line.text)):
        return False
    best = max((coverage(own, window) for window in among.windows()), default=0.0)
    return best < LEAST_SUPPORT and not any(
        coverage(own, tokens) >= (LEAST_SUPPORT if source.startswith("lookup:") else LEAST_SCATTERED)
        for source, tokens in among.wholes.items()
    )
