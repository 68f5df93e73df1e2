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
    r"^(?:(?:(?:many |much |oh |ah |ok |okay |well )?,? ?)?(?:thanks|thank you)\b|"
    r"(?:(?:i['’]m|i am|we['’]re|we are|i was|we were|so|very|how|what an?|that is|that['’]s|it is|it['’]s|"
    r"this is|sounds?|a)\s)?"
    r"(?:\w+ )?(?:sorry|glad|happy|pleased|delighted|lovely|great|good|nice|exciting|wonderful|annoying|"
    r"frustrating|pity|shame|"
    r"congratulations|welcome|greetings|apologies|enjoy|unlucky|unfortunate|stressful|understandable|kind)\b|"
    r"(?:all the best|best of luck|good luck|see you|take care|have an?|safe|fingers crossed|hopefully|"
    r"i (?:do )?apologi[sz]e|we apologi[sz]e)\b|"
    r"(?:i|we)(?: \w+)? (?:hope|know|understand|realise|realize|can see|can imagine|appreciate|wish|regret|"
    r"apologi[sz]e)\b|"
    r"(?:what|how) (?:an? )?\w+|"
    r"(?:vielen|besten|herzlichen)?\s?dank(?:e)?\b|"
    r"(?:das|es|mir|uns)? ?(?:tut|täte) (?:uns|mir|es)\b|(?:wie |sehr |das ist |ach |oh,? )?"
    r"(?:schade|schön|gut|toll|prima|klasse|ärgerlich|unangenehm|erfreulich|verständlich|super|wunderbar)\b|"
    r"entschuldig\w+|verzeih\w+|(?:wir|ich) (?:bedauer\w+|hoffe\w?|wünsche\w?|versteh\w+|freue\w?|weiß|wissen|"
    r"kann verstehen|können verstehen)\b|"
    r"(?:gut(?:e[ns]?)?|schöne[ns]?|viel|viele|alles|herzliche?n?|beste|gern geschehen|willkommen|"
    r"kommen sie gut|hoffentlich|bis bald)\b)",
    re.IGNORECASE,
)
_TURN = re.compile(
    r"[;:–—\d@/]|\b(?:but|so|because|aber|daher|deshalb|denn|weil|will|werden|wird|free|kostenlos)\b|"
    r"\b(?:and|und) (?!(?:\w+ ){0,3}(?:hope|wish|apolog|sorry|hoffe|wünsche|bitte)|\w+(?: \w+)?[.!]?$)|"
    r",(?! (?:dass|daß|that|wenn|if|and|und|when)\b)",
    re.IGNORECASE,
)
_ADDRESS = re.compile(
    r",? (?:(?:Herr|Frau|Mr\.?|Mrs\.?|Ms\.?|Dr\.?|Prof\.?) )*[A-ZÄÖÜ][\w'’-]+(?: [A-ZÄÖÜ][\w'’-]+)?(?=[.!,]|$)"
)


def is_feeling(sentence: str) -> bool:
    """Whether the whole sentence thanks, regrets or wishes: it may name what it is about, and states nothing else."""
    plain = _ADDRESS.sub("", sentence.strip())
    return bool(_FEELING.match(plain)) and not _TURN.search(plain)
