"""The team's own voice: how customers are addressed, and words that it never uses."""

from __future__ import annotations

import re

from connector.drafting.vocabulary import folded_alike
from connector.model import AccountConfig

_SIE = re.compile(r"(?<=[^.!?:\s] )(?:Sie|Ihnen|Ihre[mnrs]?|Ihr)\b(?!\s+(?:Team|Kundenservice))")
_SIE_ANYWHERE = re.compile(r"\b(?:(?:können|möchten|haben|finden|erhalten|senden|wählen|sehen) Sie|Ihnen|Ihre[mnrs])\b")
_DU = re.compile(r"\b(?:du|dir|dich|dein(?:e[mnrs]?)?|euch|euer|eure[mnrs]?)\b", re.IGNORECASE)
_SHORT = re.compile(
    r"\b(?:i'm|you're|we're|it's|don't|can't|won't|isn't|doesn't|we'll|you'll|i'll|we've|gonna|wanna|yeah|hey|cool|awesome)\b",
    re.IGNORECASE,
)
_LOOSE = re.compile(r"[\U0001F300-\U0001FAFF\u2600-\u27bf]|(?:^|\s)[:;]-?[)D(](?=\s|$)")


def deviation(own: str, text: str, language: str, config: AccountConfig) -> str:
    """What does not fit the team's voice; empty if all fits.

    `own` is what the author wrote himself, `text` all of it: an avoided word may stand nowhere, but how the customer
    is addressed is judged in the author's words (a source may quote another voice).
    """
    folded = folded_alike(text)
    for word in config.avoid:
        if re.search(rf"(?<!\w){re.escape(folded_alike(word))}(?!\w)", folded):
            return f"a word that the team avoids: “{word}”"
    if language == "de":
        return _address(own, config.tone)
    if config.tone == "formal" and (match := _SHORT.search(own.replace("’", "'")) or _LOOSE.search(own)):
        return f"too familiar: “{match.group().strip()}”"
    return ""


def _address(own: str, tone: str) -> str:
    """German has two words for "you": a formal team says Sie, a friendly one du, and nobody both in one reply."""
    polite = _SIE.search(own) or _SIE_ANYWHERE.search(own)
    familiar = _DU.search(own)
    if polite and familiar:
        return f"both Sie and du: “{familiar.group()}”"
    if tone == "formal" and (familiar or (familiar := _LOOSE.search(own))):
        return f"too familiar: “{familiar.group().strip()}”"
    if tone == "friendly" and polite:
        return f"Sie where the team says du: “{polite.group()}”"
    return ""
