"""Numbers that name a thing: orders, invoices, customers, shipments, tickets, errors.

A candidate is anything of the right shape; the word nearest to it says what it names. Without such a word it names
nothing, except in the shapes and for the intents that leave no other reading.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass

ORDER_INTENTS = frozenset(
    {"order_status", "order_change", "delivery_problem", "return_request", "refund_status", "invoice_copy"}
)
"""Intents under which a bare number of an order's shape is the order's."""

_REFERENCE = re.compile(
    r"(?<![\w@/.,€$£+-])(?:"
    r"(?:[A-Z]{1,4}-){1,2}\d{2,10}(?:-\d{1,8}){0,2}(?:-[A-Z])?|"  # NO-2025-114408, TW-INV-2025-0388, K-61907
    r"[A-Z]{2,4} \d{4,10}(?:-\d{1,6})?|"  # RE 91002, MC 7740-11
    r"[A-Z]{1,4}\d{4,14}(?:-[A-Z0-9]{1,6})?|"  # NL48930-A, PP00471182
    r"#[ ]?[A-Z]{0,3}-?\d{3,12}(?:-\d{1,8}){0,2}(?:-[A-Z])?|"  # 47903 after a hash
    r"\d{3} \d{3} \d{3}(?! ?\d)|"  # 100 291 008
    r"\d{2,7}-\d{2,8}(?:-\d{1,8})?(?:-[A-Z])?|"  # 5530-2310
    r"\d{4,14}-[A-Z]|\d{4,20}"
    r")(?![\w@]|[.,:/-]\d|-\w| ?(?:€|EUR\b|Euro\b|USD\b|GBP\b|CHF\b|%))"
)
# The same shapes typed in a hurry; only where a word names them.
_HURRIED = re.compile(r"(?<![\w@/.-])[a-z]{1,4}-?\d{3,10}(?:-\d{2,8}){0,2}(?:-[a-z])?(?![\w@]|[.,]\d)")

_KINDS: Mapping[str, str] = {
    "order_number": r"orders?|purchases?|preorders?|bestell\w{0,12}|auftrag\w{0,10}|commandes?|pedidos?|ordin[ei]|"
    r"bestelling\w{0,8}|bestelnummer|"
    r"zam[oó]wieni\w{1,4}|encomenda|beställning\w{0,6}|objednávk\w{1,3}|order(?:nummer|nr)|kauf|einkauf|compra|"
    r"acquisto",
    "invoice_number": r"invoices?|receipts?|bill|rechnung\w{0,10}|re-?nr|rg-?nr|beleg\w{0,8}|quittung\w{0,8}|"
    r"factures?|facturas?|fattur[ae]|"
    r"fakt[uú]r\w{0,4}|factu(?:ur|re)\w{0,8}|faktura\w{0,8}|recibo|ricevuta|rachun\w{2,4}",
    "customer_number": r"customer(?: (?:no|number|id))?|client (?:no|number|id)|member(?:ship)?(?: (?:no|number|"
    r"id))?|kunden?-?(?:nr|nummer|id)|kundin|kunde|"
    r"mitglieds?-?(?:nr|nummer)|n° client|numéro (?:de )?client|número de cliente|codice cliente|numero cliente|"
    r"klantnummer|numer klienta",
    "tracking_number": r"tracking|shipment|consignment|parcel|waybill|sendung\w{0,12}|paket\w{0,10}|"
    r"trackingnummer|colis|suivi|envío|"
    r"seguimiento|spedizione|zending|track ?& ?trace|przesy[lł]k\w{1,3}|paczk\w{1,3}",
    "ticket_number": r"tickets?|case|request|incident|ticketnummer|vorgang\w{0,10}|anfrage|fallnummer|fall|"
    r"vorgangsnr|demande|caso|"
    r"richiesta|ticketnr|zg[lł]oszeni\w{1,3}|aanvraag",
    "error_code": r"errors?|fault|status(?: code)?|code|fehler\w{0,8}|fehlercode|störung\w{0,6}|konflikt|erreur|"
    r"errore|foutcode|fout|b[lł][aą]d",
    "serial_number": r"serial(?: (?:no|number))?|s/n|seriennummer|serien-?nr|numéro de série|número de serie|"
    r"numero di serie|serienummer|numer seryjny",
    "reference": r"reference|ref|po|purchase order|aktenzeichen|az|claim|zeichen|referenz|référence|referencia|"
    r"riferimento|kenmerk|policy|"
    r"chargeback notification|case id|angebot\w{0,8}|quote|offer",
    "": r"phone|tel|telefon|fax|mobil\w{0,6}|handy|fon|call|callback|zip|plz|postcode|iban|bic|vat(?: (?:no|"
    r"number|id))?|ust-?id\w{0,3}|"
    r"siret|nif|steuer-?nr|steuernummer|hrb|amtsgericht|company (?:no|number)|registered|version|room|zimmer|"
    r"article|artikel\w{0,8}|"
    r"art\.?-?nr|item (?:no|number)|model|modell|year|jahr|pin|card|karte|account|konto\w{0,8}|seats?|code",
}
_WORD = re.compile(
    "|".join(rf"(?P<k{number}>(?<!\w)(?:{words})(?!\w))" for number, words in enumerate(_KINDS.values())), re.IGNORECASE
)
_NAMES = tuple(_KINDS)
_STOP = re.compile(r"[.!?;](?:\s|$)|\n")
_ABBREVIATED = re.compile(r"(?:\b(?:no|nr|num|id|ref|art|n|best|kd|rg|re)|n°|nº)\.\s{0,2}#?\s?$", re.IGNORECASE)
# "48551 is my order number", "48551 (order)": nothing else may stand between number and word.
_LINKED = re.compile(
    r" ?(?:\(|,|-|=)? ?(?:is |ist |was |war |est |es |è |jest )?(?:my |the |our |meine? |unsere |die |der |ma |"
    r"mi |mijn )?",
    re.IGNORECASE,
)
_BEFORE_CHARS = 45
_TRACKING_DIGITS = 8
_ORDER_WORD = re.compile(rf"(?<!\w)(?:{_KINDS['order_number']}|ordered|bestellt|commandé|besteld)(?!\w)", re.IGNORECASE)
_YEAR = re.compile(r"(?:19|20)\d\d")
_OWN_SHAPE = re.compile(r"(?:[A-Z]{1,3}-)?(?:INV|RE|RG|R)[- ]\d", re.IGNORECASE)
_BARE_ORDER = re.compile(
    r"#|\d{3} \d{3} \d{3}|[A-Z]{2,4}-\d{4}-\d|\d{4,6}-\d{2,6}|[A-Z]{2} \d{4}-\d\d|\d{5,9}|[A-Z]{2}\d{5}-[A-Z]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A number with what it names; `kind` is empty where nothing says so."""

    kind: str
    value: str
    start: int


def find_references(text: str, *, intent: str = "", taken: Collection[tuple[int, int]] = ()) -> tuple[Reference, ...]:
    """The numbers in order; `taken` are spans that amounts, dates, phones and addresses occupy already."""
    matches = [match for match in _REFERENCE.finditer(text) if not _overlaps(match, taken)]
    spans = [match.span() for match in matches]
    matches += [match for match in _HURRIED.finditer(text) if not _overlaps(match, [*taken, *spans])]
    matches.sort(key=lambda match: match.start())
    found: list[Reference] = []
    for match in matches:
        value = match.group()
        kind = _kind(text, match, previous=found[-1] if found else None)
        if kind is None:
            kind = _bare_kind(value, match.start(), text, intent)
        if kind == "tracking_number" and sum(char.isdigit() for char in value) < _TRACKING_DIGITS:
            kind = _bare_kind(value, match.start(), text, intent) or kind
        if kind and not (_YEAR.fullmatch(value) and kind != "error_code"):
            found.append(Reference(kind=kind, value=value, start=match.start()))
    return tuple(found)


def _overlaps(match: re.Match[str], spans: Collection[tuple[int, int]]) -> bool:
    return any(match.start() < end and begin < match.end() for begin, end in spans)


def _kind(text: str, match: re.Match[str], *, previous: Reference | None) -> str | None:
    """What the nearest word before or after says; "" = something of no interest, None = no word at all."""
    begin = max(0, match.start() - _BEFORE_CHARS)
    before = _same_sentence(text[begin : match.start()])
    if (
        previous is not None
        and previous.start >= begin
        and re.fullmatch(
            rf"{re.escape(previous.value)}\s*(?:,|and|und|et|y|e|en|i|&|\+|/|or|oder)\s*(?:the |die |der )?",
            text[previous.start : match.start()],
        )
    ):
        return previous.kind  # "orders 48551 and 48552"
    words = list(_WORD.finditer(before))
    if words:
        return _named(words[-1])
    linked = _LINKED.match(text, match.end())
    word = _WORD.match(text, linked.end()) if linked else None
    return _named(word) if word else None


def _same_sentence(before: str) -> str:
    """What of the text before the number belongs to it: a full stop ends it unless it ends "No." or "Nr."."""
    cut = 0
    for stop in _STOP.finditer(before):
        if not _ABBREVIATED.search(before[: stop.end()]):
            cut = stop.end()
    rest = before[cut:]
    # A line of its own such as "Order number:" followed by the number on the next line still names it.
    if not rest.strip() and (heading := re.search(r"([^\n]{1,40}):?[ \t]*\n\s*$", before)):
        return heading.group(1)
    return rest


def _named(word: re.Match[str]) -> str:
    return _NAMES[int((word.lastgroup or "k0")[1:])]


def _bare_kind(value: str, start: int, text: str, intent: str) -> str:
    if _OWN_SHAPE.match(value):
        return "invoice_number"
    if value.startswith("#") or re.match(r"[A-Z]{2}-\d{4}-\d{5}", value):
        return "order_number"
    if not _BARE_ORDER.match(value) or _YEAR.fullmatch(value):
        return ""
    if intent not in ORDER_INTENTS and not _ORDER_WORD.search(text):
        return ""
    # Five digits before a capital letter are a German postcode with its town.
    follows = text[start + len(value) : start + len(value) + 3]
    return "" if re.fullmatch(r"\d{5}", value) and re.match(r" [A-ZÄÖÜ]", follows) else "order_number"
