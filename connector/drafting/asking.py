"""What a reply asks the customer for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connector.drafting.sentences import sentences, squash

# How a text asks for something, and by which words it names what it asks for.
_ASKING = re.compile(
    r"\?|\b(?:please|could you|can you|kindly|let us know|tell us|send us|provide|"
    r"(?:we|i)(?:'ll| will| would)? need|need your|bitte|könn(?:t)?en sie|"
    r"teilen sie|nennen sie|schicken sie|senden sie|benötigen|brauchen)\b",
    re.IGNORECASE,
)
_OF = (
    r"|\b(?:number|no\.|id) of (?:your|the|this|that) {english}"
    r"|\bnummer (?:ihrer|deiner|der|dieser|ihres|deines|des) {german}"
)
_ASKED_FACTS: Mapping[str, re.Pattern[str]] = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "order_number": r"\border (?:number|no\b|id)|\bbestell-?(?:nummer|nr)|auftragsnummer"
        r"|\bwhich order\b|welche bestellung\b"
        + _OF.format(english="(?:order|purchase)", german="(?:bestellung|auftrags?)"),
        "invoice_number": r"\binvoice (?:number|no\b)|rechnungs-?(?:nummer|nr)"
        r"|\bwhich invoice\b|welche rechnung\b" + _OF.format(english="(?:invoice|bill)", german="rechnung"),
        "customer_number": r"\bcustomer (?:number|id)|kunden-?(?:nummer|nr)",
        "email": r"\be-?mail(?: address|-?adresse)|\bmail(?: address|-?adresse)",
        "phone": r"\bphone number|\bnumber (?:where|on which|at which|under which) we "
        r"|unter welcher nummer|\btelefonnummer|\brufnummer",
        "address": r"\b(?:delivery|postal|shipping|new) address|\b(?:liefer|post|versand)?anschrift|lieferadresse",
        "amount": r"\bwhat amount|\bthe amount\b|welche[rn]? betrag|\bden betrag\b",
        "date": r"\bwhat date|\bthe date\b|\bdas datum\b|an welchem tag",
        "product": r"\bwhich (?:product|item|model)|\bname of the product|welche[sn]? (?:produkt|artikel|modell)",
        "workspace": r"\b(?:name of (?:your|the) )?workspace\b",
        "plan": r"\bwhich plan|welche[rn]? tarif",
        "error_code": r"\berror (?:code|message)|fehler(?:code|meldung)",
        "browser": r"\bwhich browser|welche[rn]? browser",
    }.items()
}


def asks_for_known(text: str, facts: Mapping[str, str]) -> str:
    """Which fact the text asks for though it was given anywhere in the thread; empty if none.

    A sentence that repeats the fact asks whether it is right.
    """
    for line in sentences(text):
        if not _ASKING.search(line):
            continue
        for name, pattern in _ASKED_FACTS.items():
            given = [facts[key] for key in facts if key == name or key.startswith(f"other_{name}")]
            if given and pattern.search(line) and not any(squash(value) in squash(line) for value in given):
                return f"asks for a fact already given: {name}"
    return ""
