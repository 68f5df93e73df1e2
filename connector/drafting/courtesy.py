"""Words that say nothing by themselves: thanks, greetings, offers to help."""

from __future__ import annotations

import re

from connector.drafting.sentences import content_stems

COURTESY = frozenset(
    content_stems(
        "thank thanks writing contacting contact message messages reach reaching question questions request happy "
        "glad help helping assist further anything else know hope helps please find below following information "
        "details answer reply replying team support service customer kind regards best sincerely welcome dear hello "
        "sorry apologise inconvenience understand appreciate patience look forward hearing need needs let want "
        "additional available feel free regarding colleague soon possible check looking simply directly here "
        "vielen dank danke nachricht anfrage frage fragen gerne weiterhelfen hilfe helfen hilft freundliche grüße "
        "viele liebe beste mit guten tag hallo sehr geehrte geehrter melden rückfragen verfügung weitere weiteren "
        "stehen jederzeit team kundenservice entschuldigung unannehmlichkeiten verständnis geduld folgenden finden "
        "informationen antwort antworten falls kollegin kollege bitte unten leider natürlich"
    )
)
"""Their beginnings."""

LITTLE_SAID = 2
"""So few meaningful words without a figure or a name state nothing that could be wrong: "Safe travels!"."""

_FEELING = re.compile(
    r"^(?:(?:many |much )?(?:thanks|thank you)(?: \w+)?(?: for|$|[.!])|(?:i'm|i am|we're|we are|so|very)?\s?"
    r"(?:\w+ )?(?:sorry|glad|happy) "
    r"(?:about|for|that|to)|(?:i|we) (?:\w+ )?apologi[sz]e|apologies|"
    r"(?:vielen|besten|herzlichen)?\s?dank(?:e)?(?: \w+)? (?:für|dass)|"
    r"danke,? dass|(?:das|es) tut (?:uns|mir) (?:\w+ )?leid|tut (?:uns|mir) leid|schade|entschuldig\w+|wir bedauern|"
    r"schön,? dass|gut,? dass|(?:it is|it's|that is|that's) (?:a pity|good|great|annoying)|what a)",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"[;:–—\d@/]|\b(?:and|but|so|because|und|aber|daher|deshalb|denn|weil)\b|,(?! (?:dass|daß|that)\b)", re.IGNORECASE
)


def is_feeling(sentence: str) -> bool:
    """Whether the whole sentence thanks, regrets or wishes: it may name what it is about, and states nothing else."""
    match = _FEELING.match(sentence.strip())
    return bool(match) and not _TURN.search(sentence)


_THANKS = re.compile(
    r"(?:(?:many |much )?thanks|thank you)(?: very much)? for your \w+[^,;:.!?]*[.!]?|"
    r"(?:vielen|besten|herzlichen) dank für (?:ihre|deine)n? \w+[^,;:.!?]*[.!]?",
    re.IGNORECASE,
)
_AND = re.compile(r"\b(?:and|but|so|because|which|that|und|aber|daher|deshalb|denn|weil)\b", re.IGNORECASE)


def is_thanks(sentence: str) -> bool:
    """Whether it thanks for what the customer wrote, naming it, and states nothing else."""
    return bool(_THANKS.fullmatch(sentence.strip())) and not _AND.search(sentence)
