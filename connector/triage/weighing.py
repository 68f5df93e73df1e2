"""From the classifications of a whole ticket and of its sentences to one reading of it.

**Intent and ranking**: the whole text's probabilities, plus `SENTENCE_SHARE` of what the strongest sentence says for
each intent, plus `SUBJECT_SHARE` of what the subject says, scaled to sum to 1. **Confidence** is the whole text's own
probability of that intent: measured on labelled tickets it is as high as the share of right answers, and low where
whole and parts disagree. Where several messages wait, "the whole text" is a mean that gives the newest one
`NEWEST_WEIGHT`, unless it is too short to mean anything alone.

**human_only** is the whole text's total over the human-only intents, raised towards the strongest sentence's total
times `SENTENCE_TRUST`, but to no more than `SENTENCE_LIFT` times the whole: one grave sentence in a friendly text must
count, while a single sentence out of its context is often misread.

**also** are intents that one sentence raises with at least `ALSO` and the whole text with at least `ALSO_WHOLE`.
Greetings, thanks and sentences of fewer than `MIN_WORDS` words raise nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.model import UNMAPPED
from connector.ports import Classification

NEWEST_WEIGHT = 0.65
SENTENCE_SHARE = 0.5
SUBJECT_SHARE = 0.3
SENTENCE_TRUST = 0.45
SENTENCE_LIFT = 12.0
MIN_WORDS = 4
ALSO = 0.6
ALSO_WHOLE = 0.02
ALSO_COUNT = 2

_COURTESY = re.compile(
    r"\W*(?:(?:dear|hi|hello|hey|good (?:morning|day|evening|afternoon)|hallo|guten (?:tag|morgen|abend)|moin|"
    r"liebe[rs]?|sehr geehrte\w*|servus|"
    r"grüezi|bonjour|hola|buen\w*|ciao|salve|beste|witam|dzień dobry|thanks?|thank you|many thanks|cheers|danke|"
    r"vielen dank|"
    r"(?:mit )?(?:freundlichen|besten|vielen|lieben|herzlichen|beste|viele|liebe|freundliche|schöne) (?:grü(?:ß|"
    r"ss)en?|dank)|"
    r"gruß|lg|mfg|vg|(?:kind|best|warm) regards|regards|best|merci|cordialement|gracias|saludos|grazie|saluti|"
    r"groet(?:en|jes)?|"
    r"met vriendelijke groet|pozdrawiam|z poważaniem)\b.{0,40})\Z",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the classifier makes of a ticket."""

    intent: str
    confidence: float
    ranked: tuple[tuple[str, float], ...]
    human_only: float
    out_of_scope: float
    also: tuple[str, ...]


def weigh(
    *,
    whole: Classification,
    newest: Classification,
    newest_text: str,
    subject: Classification | None,
    sentences: Sequence[tuple[str, Classification]],
    human_only: frozenset[str],
) -> Reading:
    """The reading of a ticket; probabilities of `ranked` sum to 1."""
    share = NEWEST_WEIGHT if _word_count(newest_text) >= 2 * MIN_WORDS else 1 - NEWEST_WEIGHT
    mean = {key: share * newest.probabilities[key] + (1 - share) * value for key, value in whole.probabilities.items()}
    told = tuple(found for text, found in sentences if _word_count(text) >= MIN_WORDS and not is_courtesy(text))
    combined = _combined(mean, [found.probabilities for found in told], subject.probabilities if subject else None)
    ranked = tuple(sorted(combined.items(), key=lambda pair: (-pair[1], pair[0])))
    intent = ranked[0][0]
    mass = _total(mean, human_only)
    strongest = max((_total(found.probabilities, human_only) for found in told), default=0.0)
    return Reading(
        intent=intent,
        confidence=min(1.0, mean[intent]),
        ranked=ranked,
        human_only=min(1.0, max(mass, min(SENTENCE_TRUST * strongest, SENTENCE_LIFT * mass))),
        out_of_scope=min(whole.out_of_scope, newest.out_of_scope),
        also=_also(intent, mean, told),
    )


def _combined(
    whole: Mapping[str, float], sentences: Sequence[Mapping[str, float]], subject: Mapping[str, float] | None
) -> dict[str, float]:
    weighed = {
        key: value
        + SENTENCE_SHARE * max((found[key] for found in sentences), default=0.0)
        + (SUBJECT_SHARE * subject[key] if subject else 0.0)
        for key, value in whole.items()
    }
    total = sum(weighed.values())
    return {key: value / total for key, value in weighed.items()}


def _total(probabilities: Mapping[str, float], keys: frozenset[str]) -> float:
    return sum(probabilities.get(key, 0.0) for key in sorted(keys))


def _also(intent: str, whole: Mapping[str, float], told: Sequence[Classification]) -> tuple[str, ...]:
    raised: dict[str, float] = {}
    for found in told:
        key, value = max(found.probabilities.items(), key=lambda pair: (pair[1], pair[0]))
        if key not in (intent, UNMAPPED) and value >= ALSO and whole[key] >= ALSO_WHOLE:
            raised[key] = max(value, raised.get(key, 0.0))
    return tuple(sorted(raised, key=lambda key: (-raised[key], key))[:ALSO_COUNT])


def is_courtesy(text: str) -> bool:
    """Whether the sentence is a greeting, thanks or a closing and nothing else."""
    return _COURTESY.match(text) is not None


def _word_count(text: str) -> int:
    return len(re.findall(r"\w+", text))
