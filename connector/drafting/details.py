"""Details that a customer gave anywhere in a thread: nobody shall ask for them again [H3]."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from connector.model import Comment, Role, Ticket, Triage

# Details that a thread may hold and triage of the newest message need not have seen [H3].
_DETAILS: Mapping[str, re.Pattern[str]] = {
    "email": re.compile(r"[\w.+%-]{1,64}@(?:[\w-]{1,63}\.){1,6}[\w-]{2,63}"),
    "order_number": re.compile(
        r"(?:(?:order|bestellung|bestell-?nr|bestellnummer|auftrag|booking|buchung|commande|pedido|ordine|zamówienie|bestelling)"
        r"[^\n\d]{0,14}?"
        r"|(?<![\w-])(?=[A-Z]{2,3}-\d{4}-\d{4}|\d{4}-\d{4}(?![\w-])))"
        r"((?:[A-Z]{1,4}[- ]?)?(?:\d{3}(?: \d{3}){2}|\d[\d-]{2,20}\d(?:-[A-Z]\b)?))",
        re.IGNORECASE,
    ),
    "invoice_number": re.compile(
        r"(?i:invoice|rechnung|facture|factura|fattura|faktur\w*|factuur)[^\n\d]{0,14}?"
        # "invoice s for 2024" is no number: its letters are capitals, and a year alone is none.
        r"(?!(?:19|20)\d\d(?!\w|-\w))((?:[A-Z]{1,4}[- ]){0,2}[A-Z]{0,4}\d[\d-]{3,30})",
    ),
    "amount": re.compile(
        r"(?:€|EUR|\$|USD|£|GBP|CHF) ?\d[\d.,]{0,15}\d|(?<!\d)\d[\d.,]{0,15} ?(?:€|EUR|Euro|\$|USD|£|GBP|CHF|zł|PLN)",
        re.IGNORECASE,
    ),
    "phone": re.compile(r"(?<![\w-])(?:\+\d{1,3}[ /-]?|0)\d{2,5}[ /-]?\d{3,10}(?:[ -]\d{2,6}){0,4}(?![\w-])"),
    "date": re.compile(
        r"\b(?:\d{4}-\d{2}-\d{2}|\d{1,2}\.\s?\d{1,2}\.(?:\s?\d{2,4})?(?!\d)|"
        r"\d{1,2}(?:\.|st|nd|rd|th)? (?:Jan|Feb|Mar|Mär|Apr|Ma[iy]|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz])"
        r"[a-zä]{0,7}(?: \d{4})?)",
        re.IGNORECASE,
    ),
    "error_code": re.compile(r"\b(?:error|fehler|code|erreur)(?: code)?:? #?([A-Z]*[-_]?\d{3,6})\b", re.IGNORECASE),
}


def thread_facts(ticket: Ticket, triage: Triage) -> dict[str, str]:
    """Triage's facts, and details that only older messages hold."""
    facts = dict(triage.facts)
    known = {_key(value) for value in facts.values()}
    for text in (*(_said(comment) for comment in reversed(ticket.customer_messages)), ticket.subject):
        for name, pattern in _DETAILS.items():
            for match in pattern.finditer(text):
                value = _value(match)
                if not value or any(_key(value) in other for other in known):
                    continue
                known.add(_key(value))
                facts[_free_name(name, facts)] = value
    return facts


def own_reference(name: str, ticket: Ticket, triage: Triage) -> str:
    """The number of this kind that the requester himself wrote last; empty where he wrote none.

    What an agent or a further person on the thread wrote is not his, nor is what he quotes. The subject comes last:
    it is as old as the ticket.
    """
    read = tuple(value for key in (name, f"other_{name}") if (value := triage.facts.get(key)))
    for text in (*_own_words(ticket), ticket.subject):
        folded = _key(text)
        known = next((value for value in read if _key(value) and _key(value) in folded), "")
        if known:
            return known
        if match := _DETAILS[name].search(text) if name in _DETAILS else None:
            return _value(match)
    return ""


def _own_words(ticket: Ticket) -> Iterator[str]:
    own = (comment for comment in reversed(ticket.customer_messages) if comment.role is Role.REQUESTER)
    return (comment.text for comment in own)


def _value(match: re.Match[str]) -> str:
    return " ".join((match.group(1) if match.re.groups else match.group()).split()).rstrip(".,;:")


def _said(comment: Comment) -> str:
    return comment.text.strip() or comment.raw_text.strip()


def _key(value: str) -> str:
    return re.sub(r"[\W_]", "", value).casefold()


def _free_name(name: str, facts: Mapping[str, str]) -> str:
    """The fact's name, or with `other_` before it when a first value stands there; then numbered."""
    if name not in facts:
        return name
    candidate, number = f"other_{name}", 2
    while candidate in facts:
        candidate, number = f"other_{name}_{number}", number + 1
    return candidate
