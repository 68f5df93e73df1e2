"""The tone of a text and the words of urgency in it, from `mappings/lexicon/tone.toml`."""

from __future__ import annotations

from connector.model import Sentiment
from connector.triage.lexicon import words
from connector.triage.sentences import MAX_CHARS, fold


def sentiment(text: str) -> Sentiment:
    """The coarse tone; for the card only."""
    folded = fold(text[:MAX_CHARS])
    tone = words("tone")
    balance = tone.count("positive", folded) - tone.count("negative", folded)
    shouting = text.count("!") >= 3 or _shouts(text)
    if balance < 0 or (shouting and balance <= 0):
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if balance > 0 else Sentiment.NEUTRAL


def urgency(text: str) -> int:
    """How many different words of urgency the text holds; 0 where the customer says that there is no hurry."""
    folded = fold(text[:MAX_CHARS])
    tone = words("tone")
    if tone.count("patient", folded):
        return 0
    return len({match.group() for match in tone.patterns["urgent"].finditer(folded)})


def _shouts(text: str) -> bool:
    letters = [char for char in text if char.isalpha()]
    return len(letters) > 25 and sum(char.isupper() for char in letters) > 0.6 * len(letters)
