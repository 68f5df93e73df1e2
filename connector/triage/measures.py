"""Amounts, dates, phone numbers, addresses, seats and quantities in a text, with where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER_WORDS = (
    r"one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|zwei|"
    r"drei|vier|fünf|sechs|"
    r"sieben|acht|neun|zehn|elf|zwölf|fünfzehn|zwanzig|dreißig|deux|trois|quatre|cinq|dix|dos|tres|cuatro|cinco|"
    r"diez|due|tre|"
    r"quattro|cinque|dieci|twee|drie|vijf|tien|dwa|dwie|trzy|cztery|pięć|dziesięć"
)
_COUNT = rf"(?:\d{{1,5}}|{_NUMBER_WORDS})"
_MONTHS = (
    r"jan(?:uary|uar|vier|\.)?|jän(?:ner)?|feb(?:ruary|ruar|\.)?|février|mar(?:ch|s|zo|ca|et)?|märz?|apr(?:il|"
    r"\.)?|avril|abril|aprile|"
    r"may|mai|mayo|maggio|mei|june?|juni|juin|junio|giugno|july?|juli|juillet|julio|luglio|aug(?:ust|\.)?|août|"
    r"agosto|augustus|"
    r"sept?(?:ember|\.)?|septembre|septiembre|settembre|oct(?:ober|obre|\.)?|okt(?:ober|\.)?|octubre|ottobre|"
    r"nov(?:ember|embre|iembre|\.)?|"
    r"dec(?:ember|\.)?|dez(?:ember|\.)?|décembre|diciembre|dicembre|gennaio|febbraio|marzo|enero|febrero|"
    r"januari|februari|maart|"
    r"stycznia|lutego|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia"
)
# A month without a day is a date only where it is written in full: "may", "mar" and "dec" are words, too.
_MONTHS_IN_FULL = (
    r"January|February|April|June|July|August|September|October|November|December|Januar|Jänner|Februar|März|"
    r"Juni|Juli|Oktober|"
    r"Dezember|janvier|février|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero|abril|"
    r"junio|julio|agosto|"
    r"septiembre|octubre|noviembre|diciembre|gennaio|febbraio|aprile|giugno|luglio|settembre|ottobre|dicembre|"
    r"januari|februari|"
    r"maart|augustus|styczeń|stycznia|luty|lutego|kwiecień|kwietnia|czerwiec|czerwca|lipiec|lipca|sierpień|"
    r"sierpnia|wrzesień|"
    r"września|październik|października|listopad|listopada|grudzień|grudnia"
)
_CURRENCY = r"€|\$|£|EUR|USD|GBP|CHF|PLN|SEK|DKK|NOK|CZK"
_PATTERNS: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "email",
        re.compile(r"(?<![\w.+-])[A-Za-z0-9][\w.+%-]{0,63}@(?:[A-Za-z0-9-]{1,63}\.){1,4}[A-Za-z]{2,24}(?![\w@-])"),
    ),
    ("link", re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,300}")),
    (
        "amount",
        re.compile(
            rf"(?<![\w.,])(?:(?:{_CURRENCY}) ?\d{{1,3}}(?:[.,' ]?\d{{3}}){{0,3}}(?:[.,]\d{{1,2}}|[.,][-–])?(?!\d)|"
            rf"\d{{1,3}}(?:[.,' ]?\d{{3}}){{0,3}}(?:[.,]\d{{1,2}}|[.,][-–])? ?(?:€|£|\$|(?:EUR|Euros?|USD|GBP|"
            rf"CHF|PLN|zł|Franken|SEK|DKK|NOK|CZK|pounds?|"
            r"dollars?|quid)\b))",
            re.IGNORECASE,
        ),
    ),
    (
        "error_code",
        re.compile(
            r"(?<!\w)(?:errors?|error code|fault|fehler|fehlercode|fehlernummer|konflikt|status|code|erreur|"
            r"errore|foutcode|fout|b[lł][aą]d)"
            r"(?: code| number|nummer| nr\.?)? ?[:=#(]{0,2} ?(?P<value>[A-Z]{0,4}[-_]?\d{3,6})(?![\w-]|[.,]\d)",
            re.IGNORECASE,
        ),
    ),
    (
        "date",
        re.compile(
            rf"(?<![\w.,-])(?:(?:19|20)\d\d-[01]\d-[0-3]\d(?:T\d\d:\d\d(?::\d\d)?Z?)?|"
            rf"[0-3]?\d\. ?[01]?\d\.(?:(?: ?20)?\d\d(?!\d)|(?!\d))|[0-3]?\d/[01]?\d/(?:20)?\d\d|"
            rf"[0-3]?\d-[01]\d-20\d\d|"
            rf"[0-3]?\d(?:\.|st|nd|rd|th|er|º|°)?(?: of| de| d')? ?(?:{_MONTHS})(?!\w)(?:,? (?:de )?20\d\d)?|"
            rf"(?:{_MONTHS}) [0-3]?\d(?:st|nd|rd|th)?(?![\d-])(?:,? 20\d\d)?)",
            re.IGNORECASE,
        ),
    ),
    ("month", re.compile(rf"(?<![\w-])(?:{_MONTHS_IN_FULL})(?!\w)(?: 20\d\d)?")),
    (
        "phone",
        re.compile(
            r"(?<![\w#/.,-])(?:\+\d{1,3}|00\d{2}|\(?0\d{1,5}\)?)(?:[ /.-]{0,3}(?:\(0\))?\d{2,8}){1,6}(?![\w]|"
            r"-\w|[.,]\d)"
        ),
    ),
    (
        "seats",
        re.compile(
            rf"(?<![\w.,-])(?:{_COUNT} (?:to|auf|à|a|naar|na) )?(?P<value>{_COUNT})(?: (?:more|additional|extra|"
            rf"new|weitere|zusätzliche|neue))?[ -]"
            r"(?:seats?|users?|licen[cs]es?|members?|people|staff|employees|colleagues|Plätzen?|Nutzer\w{0,5}|"
            r"User[ns]?|Lizenz(?:en)?|"
            r"Mitarbeite\w{1,7}|Leuten?|Personen|Zugänge|utilisateurs|licences|usuarios|licencias|utenti|"
            r"licenze|gebruikers|licenties|"
            r"użytkowników|osób|stanowisk)(?!\w)",
            re.IGNORECASE,
        ),
    ),
    (
        "quantity",
        re.compile(
            rf"(?<![\w.,€$£-]){_COUNT} ?(?:x |× |pieces?|pcs|items|units|pairs?|boxes|bags|packs?|kg|kilos?|"
            rf"Stück|Stk|Paar|Packungen|"
            r"Kisten|Kartons|Säcke|Exemplare|pièces?|paires?|unidades|piezas|pezzi|paia|stuks|sztuk\w?)(?!\w)",
            re.IGNORECASE,
        ),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A value with its kind and place."""

    kind: str
    value: str
    start: int
    end: int


def find_measures(text: str) -> Iterator[Found]:
    """Every value, kind by kind; a later kind never overlaps an earlier one."""
    taken: list[tuple[int, int]] = []
    for kind, pattern in _PATTERNS:
        for match in pattern.finditer(text):
            if any(match.start() < end and begin < match.end() for begin, end in taken):
                continue
            if kind == "phone" and not _is_phone(text, match):
                continue
            taken.append(match.span())
            value = match["value"] if "value" in pattern.groupindex else match.group()
            yield Found(kind=kind, value=value.strip(), start=match.start(), end=match.end())


_PHONE_WORD = re.compile(
    r"(?:phone|tel|telefon\w{0,8}|fon|mobil\w{0,6}|handy\w{0,8}|call|ring|reach|number|nummer|unter|sms|"
    r"whatsapp|téléphone|numéro|"
    r"teléfono|móvil|número|cellulare|numero|telefoon|nummer|numer|komórk\w{1,2}|2fa|fax)\W",
    re.IGNORECASE,
)


def _is_phone(text: str, match: re.Match[str]) -> bool:
    """Digits enough for a phone number, and written as one: with a plus, in groups, or after a word that says so."""
    value = match.group()
    count = sum(char.isdigit() for char in value)
    if not 8 <= count <= 15:
        return False
    grouped = bool(re.search(r"\d[ /.-]{1,3}\d", value))
    return (
        value.startswith("+") or grouped or bool(_PHONE_WORD.search(text[max(0, match.start() - 40) : match.start()]))
    )
