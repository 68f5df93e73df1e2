"""A good answer to the prompt "opinion": the intent whose description shares most words, and plain alarms."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from connector.sandbox.model.words import shared, terms

# One pattern for each floor signal, by the name the schema gives it.
_ALARMS: Mapping[str, re.Pattern[str]] = {
    "billing_dispute": re.compile(
        r"charged (?:me )?(?:twice|wrong)|double charge|overcharged|chargeback|dispute|did not authori[sz]e|"
        r"doppelt (?:abgebucht|berechnet)|falsch (?:abgebucht|berechnet)|zu viel (?:abgebucht|berechnet)|rückbuchung",
        re.IGNORECASE,
    ),
    "account_access": re.compile(
        r"locked out|change (?:the|my) (?:e-?mail|owner)|lost access|two-factor|ausgesperrt|kein(?:en)? zugriff|"
        r"e-?mail-?adresse (?:des kontos )?ändern|zwei-?faktor",
        re.IGNORECASE,
    ),
    "security": re.compile(
        r"hacked|phishing|breach|vulnerab|suspicious|gehackt|sicherheitslücke|datenleck", re.IGNORECASE
    ),
    "legal": re.compile(
        r"lawyer|solicitor|attorney|lawsuit|court|sue you|anwalt|anwältin|gericht|verklag|klage", re.IGNORECASE
    ),
    "privacy": re.compile(
        r"gdpr|personal data|delete my (?:data|account)|right to be forgotten|dsgvo|datenschutz|personenbezogen|"
        r"(?:daten|konto) (?:zu )?löschen",
        re.IGNORECASE,
    ),
    "safety": re.compile(
        r"injur|burn(?:t|ed)|fire|smoke|electric shock|allerg|verletz|verbrann|brand|rauch|stromschlag", re.IGNORECASE
    ),
    "asks_for_human": re.compile(
        r"(?:real|actual) (?:person|human)|speak (?:to|with)|talk to (?:a|some)|call me|human agent|"
        r"mit (?:einem|einer) (?:menschen|mitarbeiter\w*|person)|rufen sie mich|rückruf|sprechen",
        re.IGNORECASE,
    ),
}


def opinion(document: Mapping[str, Any]) -> dict[str, Any]:
    """The answer as an object of the schema "opinion", from all the customer wrote."""
    told = [message for message in document.get("messages") or () if isinstance(message, Mapping)]
    text = "\n".join(str(message.get("text", "")) for message in told if message.get("from") != "team")
    alarms = [name for name, pattern in _ALARMS.items() if pattern.search(text)]
    return {"intent": _intent(document, text), "needs_human": bool(alarms), "alarms": alarms}


def _intent(document: Mapping[str, Any], text: str) -> str:
    intents = [intent for intent in document.get("intents") or () if isinstance(intent, Mapping)]
    wanted = terms(text)

    def fit(intent: Mapping[str, Any]) -> float:
        described = terms(f"{str(intent.get('name', '')).replace('_', ' ')} {intent.get('about', '')}")
        return shared(wanted, described) / math.sqrt(len(described) + 4)

    best = max(intents, key=fit, default=None)
    return "" if best is None else str(best.get("name", ""))
