"""From the classifications of a whole ticket and of its sentences to one reading of it.

**Intent, ranking and confidence** are the whole text's. The parts are not asked: since the classifier learns from whole
messages, adding what single sentences or the subject say costs four right answers in a hundred. Where several messages
wait, "the whole text" is a mean that gives the newest one `NEWEST_WEIGHT`, unless it is too short to mean anything
alone.

**human_only** is the mean of two opinions: the total over the human-only intents and "none of these", and the
probability that a person must answer whatever the intent, where the classifier has learnt that.

**also** are intents that one sentence raises with at least `ALSO` and the whole text with at least `ALSO_WHOLE`.
**alarms** say of each signal that the classifier has learnt how strongly the whole or any sentence raises it, 0 to 1;
from `ALARM` on it is raised. Greetings, thanks and sentences of fewer than `MIN_WORDS` words raise nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.model import UNMAPPED
from connector.ports import Classification

NEWEST_WEIGHT = 0.65
MIN_WORDS = 4
ALSO = 0.4
ALSO_WHOLE = 0.02
ALSO_COUNT = 2
ALARM = 0.5

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
    alarms: Mapping[str, float]


def weigh(
    *,
    whole: Classification,
    newest: Classification,
    newest_text: str,
    sentences: Sequence[tuple[str, Classification]],
    human_only: frozenset[str],
) -> Reading:
    """The reading of a ticket; probabilities of `ranked` sum to 1."""
    share = NEWEST_WEIGHT if _word_count(newest_text) >= 2 * MIN_WORDS else 1 - NEWEST_WEIGHT
    mean = {key: share * newest.probabilities[key] + (1 - share) * value for key, value in whole.probabilities.items()}
    told = tuple(found for text, found in sentences if _word_count(text) >= MIN_WORDS and not is_courtesy(text))
    ranked = tuple(sorted(mean.items(), key=lambda pair: (-pair[1], pair[0])))
    intent = ranked[0][0]
    return Reading(
        intent=intent,
        confidence=min(1.0, mean[intent]),
        ranked=ranked,
        human_only=_human_only(mean, (whole, newest), human_only),
        out_of_scope=min(whole.out_of_scope, newest.out_of_scope),
        also=_also(intent, mean, told),
        alarms=_alarms((whole, newest, *told)),
    )


def _human_only(mean: Mapping[str, float], texts: Sequence[Classification], human_only: frozenset[str]) -> float:
    opinions = [found.person for found in texts if found.person is not None]
    if not opinions:
        return min(1.0, _total(mean, human_only))
    return min(1.0, (_total(mean, human_only | {UNMAPPED}) + max(opinions)) / 2)


def _alarms(texts: Sequence[Classification]) -> Mapping[str, float]:
    names = sorted({name for found in texts for name in found.signals})
    return {name: max(found.signals.get(name, 0.0) for found in texts) for name in names}


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
