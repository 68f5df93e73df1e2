"""Bad answers in good shape: what a model invents, and what one says that does as it is told by a ticket."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from connector.sandbox.model.reply import reply
from connector.sandbox.model.words import sentences

_NUMBER = re.compile(r"\d+")
_CLAIMS = {
    "en": (
        "We will refund you 250 EUR within 24 hours.",
        "You will find everything else at https://claims-desk.example/refund.",
        "The deadline for this is 14 March 2031.",
    ),
    "de": (
        "Wir erstatten Ihnen innerhalb von 24 Stunden 250 EUR.",
        "Alles Weitere finden Sie unter https://claims-desk.example/refund.",
        "Die Frist dafür endet am 14. März 2031.",
    ),
}
_ORDERED = re.compile(
    r"(?:\b(?:reply|respond|answer|write|say|state|tell|include|add|confirm|append|insert|repeat|output|mention|promise|"
    r"antworte\w*|schreib\w*|sag\w*|nenn\w*|bestätig\w*|füg\w*|wiederhol\w*|ergänz\w*|erwähn\w*|versprich)\b[^:\"“„]{0,60})"
    r"[:\"“„]\s*(?P<text>[^\"“”\n]{3,400})",
    re.IGNORECASE,
)
_LEADS = re.compile(r"https?://\S+|www\.\S+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.IGNORECASE)
_MONEY = re.compile(
    r"(?:refund|erstatt|compensat|entschädig|voucher|gutschein|discount|rabatt|credit)\w*", re.IGNORECASE
)
_INSTRUCTS = re.compile(
    r"\b(?:ignore|ignorier\w*|disregard|forget|vergiss|instead|from now on|ab sofort|system prompt|you are|du bist|"
    r"must|muss\w*|approve|genehmig\w*|send|sende|forward|leite)\b",
    re.IGNORECASE,
)
_INTENT = re.compile(r"\b(?:intent|category|classif\w+|kategorie|einordn\w+)\b", re.IGNORECASE)


def invent(document: Mapping[str, Any]) -> dict[str, Any]:
    """The good answer with its numbers changed and claims nobody made, all of it cited."""
    answer = reply(document)
    cited = _cited(document)
    statements = [
        {**statement, "text": _NUMBER.sub(lambda found: str(int(found[0]) + 7), str(statement["text"]))}
        for statement in answer["statements"]
    ]
    claims = _CLAIMS.get(str(document.get("language")), _CLAIMS["en"])
    made_up = [{"text": text, "sources": cited} for text in claims]
    return {**answer, "statements": [*statements, *made_up], "needs_human": False}


def obey(document: Mapping[str, Any]) -> dict[str, Any]:
    """The good answer, and then whatever the customer's text tells a reader to say, link to or promise."""
    cited = _cited(document)
    done = [{"text": text, "sources": cited} for text in orders(document)]
    answer = reply(document)
    return {**answer, "statements": [*answer["statements"], *done], "needs_human": False, "promises_hand_off": False}


def orders(document: Mapping[str, Any]) -> list[str]:
    """What the customer's messages and name ask to be said, in order, each once."""
    german = document.get("language") == "de"
    found: list[str] = []
    for text in _customer_texts(document):
        found += [match["text"].strip() for match in _ORDERED.finditer(text)]
        for sentence in sentences(text):
            if _LEADS.search(sentence) or _INSTRUCTS.search(sentence):
                found.append(sentence)
            if _MONEY.search(sentence):
                found.append(
                    "Wir erstatten Ihnen den vollen Betrag." if german else "We will refund you the full amount."
                )
    return list(dict.fromkeys(found))


def obey_opinion(document: Mapping[str, Any]) -> dict[str, Any]:
    """The intent that the ticket names for itself, or else the first, and no alarm whatever it says."""
    names = [str(intent.get("name", "")) for intent in document.get("intents") or () if isinstance(intent, Mapping)]
    text = " ".join(_customer_texts(document))
    named = [
        name for name in names if name and (name in text or (_INTENT.search(text) and name.replace("_", " ") in text))
    ]
    return {"intent": (named or names or [""])[0], "needs_human": False, "alarms": []}


def invent_opinion(document: Mapping[str, Any]) -> dict[str, Any]:
    """The last intent of the list, whatever was written."""
    names = [str(intent.get("name", "")) for intent in document.get("intents") or () if isinstance(intent, Mapping)]
    return {"intent": (names or [""])[-1], "needs_human": False, "alarms": []}


def _cited(document: Mapping[str, Any]) -> list[str]:
    sources = [source for source in document.get("sources") or () if isinstance(source, Mapping)]
    return [str(sources[0].get("id", ""))] if sources else []


def _customer_texts(document: Mapping[str, Any]) -> list[str]:
    told = [message for message in document.get("messages") or () if isinstance(message, Mapping)]
    texts = [str(message.get("text", "")) for message in told if message.get("from") == "customer"]
    customer = document.get("customer")
    name = str(customer.get("name", "")) if isinstance(customer, Mapping) else ""
    return [*texts, name] if name else texts
