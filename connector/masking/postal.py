"""Postal addresses: street with number, postcode with town, and what is announced as an address.

A postcode alone, a town alone and the number of an order stay readable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.masking import words
from connector.masking.kinds import Kind
from connector.masking.references import names_a_thing
from connector.masking.spans import Span

_NUMBER = (
    r"\d{1,4}(?:[ ]?[-/+][ ]?\d{1,4}){0,2}(?:[ ]?[a-zA-Z](?![^\W_]|\.[ ]?\d))?(?:[ ]?(?:bis|ter|quater|hs|"
    r"bus[ ]?\d{1,3})(?![^\W_]))?"
)
_NO = r"(?:n[.º°]?[ ]?|nr\.?[ ]?|num\.?[ ]?)?"
_STOP = r"(?![^\W_])(?![.,:]\d|[ ]?(?:€|EUR\b|USD\b|GBP\b|CHF\b|%|x\b|kg\b|km\b|Uhr\b|mal\b|Stk\b|Stück\b))"
_CAP = r"[A-Z][\w'.-]{0,24}"
_SMALL = (
    r"(?:(?:de|du|des|la|le|les|del|della|dei|degli|delle|di|da|dos|do|y|e|en|van|von|der|den|dem|het|of|the|"
    r"d'|l')[ ]?)"
)
_NAME = rf"(?:{_SMALL}{{0,3}}{_CAP}(?:[ ](?:{_SMALL}{{0,2}})?{_CAP}){{0,3}})"
_B = r"(?<![^\W_])"
_STREETS = (
    # Hauptstrasse 12a
    words.pattern(
        rf"{_B}[A-Z][\w'-]{{1,30}}(?:[ ][A-Z][\w'-]{{1,20}})?(?<=\w)«street:ending»[ ]{{1,2}}{_NO}{_NUMBER}{_STOP}",
        ignore_case=False,
    ),
    # hauptstrasse 12a, the sure endings only
    re.compile(
        rf"{_B}[a-z][\w-]{{2,30}}(?:strasse|str\.|gasse|allee|straat|gracht|laan)"
        rf"[ ]{{1,2}}(?:nr\.?[ ])?{_NUMBER}{_STOP}",
        re.IGNORECASE,
    ),
    # Berliner Strasse 5, Dock Street 5
    words.pattern(
        rf"{_B}(?:[A-Z][\w'.]{{0,24}}[ -]){{1,3}}«street:last_name»[ ]{{1,2}}{_NUMBER}{_STOP}", ignore_case=False
    ),
    # 221B Baker Street, Apt 4
    words.pattern(
        rf"{_B}(?:(?:flat|unit|apt|suite)[ .]{{1,2}}\w{{1,5}},?[ ])?(?<![#.,-])\d{{1,5}}(?:[ ]?[a-zA-Z](?=[ ])"
        rf")?(?:-\d{{1,5}})?,?[ ](?:[NSEW]\.?[ ])?(?:{_CAP}[ ]){{1,4}}«street:last_number»(?![^\W_])"
        rf"\.?(?:[ ](?:NE|NW|SE|SW|N|S|E|W)(?![^\W_]))?",
        ignore_case=False,
    ),
    re.compile(
        rf"{_B}(?<![#.,-])\d{{1,5}}[a-z]?[ ](?:[a-z'-]{{3,20}}[ ]){{1,2}}(?:street|road|avenue|lane|crescent|"
        rf"boulevard|terrace|gardens)(?![^\W_])",
        re.IGNORECASE,
    ),
    # 12 bis, rue de la Paix
    words.pattern(rf"{_B}(?<![#.,-]){_NUMBER},?[ ]«street:first_number»[ ]{_NAME}", ignore_case=False),
    # Via Roma 12, ul. Zmyslona 14/3
    words.pattern(
        rf"{_B}«street:first_name»[ ]{{0,2}}(?:\d{{1,2}}[ ])?{_NAME},?[ ]{{1,2}}{_NO}{_NUMBER}{_STOP}",
        ignore_case=False,
    ),
    words.pattern(
        rf"{_B}«street:first_sure»[ ]{{0,2}}(?:[a-z'-]{{2,20}}[ ]){{0,2}}[a-z'-]{{2,20}},?[ ]{{1,2}}"
        rf"{_NO}{_NUMBER}{_STOP}"
    ),
    # Am Markt 5
    words.pattern(
        rf"(?:(?<=\n)|(?<=, )|(?<=: )|\A)«street:area»[ ]{_NAME}[ ]{{1,2}}{_NUMBER}(?=[ ]?(?:,|\n|\Z))",
        ignore_case=False,
    ),
    # P.O. Box 12, Postfach 12 34 56
    re.compile(
        rf"{_B}(?:P\.?[ ]?O\.?[ ]?Box|Postfach|Postbus|BP|Apartado(?: de correos)?|Casella postale|"
        rf"Skrytka pocztowa)[ ]{{1,2}}\d[\d ]{{0,9}}(?![^\W_])",
        re.IGNORECASE,
    ),
)
# Written after a street or a comma, or at the beginning of a line.
_TOWN_WORD = r"[A-Z][\w']{1,24}"
_TOWN = (
    rf"{_TOWN_WORD}(?:[ -](?:am|an der|im|in|ob|bei|upon|sur|sous|en|de|la|le|les|del|di|nad)(?=[ -])"
    rf"){{0,1}}(?:[ -]{_TOWN_WORD}){{0,2}}"
)
_PLACE = re.compile(
    rf"(?:(?:[A-Z]{{1,3}}-)?\d{{4,5}}|\d{{2}}-\d{{3}}|\d{{4}}[ ]?[A-Z]{{2}}|\d{{3}}[ ]\d{{2}})"
    rf"[ ]{{1,2}}(?P<town>{_TOWN})"
)
_STATES = (
    "A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|PA|RI|S[CD]|T[NX]|UT|V[AT]|W[AIVY]"
)
_US_PLACE = re.compile(rf"{_TOWN_WORD}(?:[ ]{_TOWN_WORD}){{0,2}},?[ ](?:{_STATES})[ ]\d{{5}}(?:-\d{{4}})?(?![^\W_])")
_GB_PLACE = re.compile(
    rf"(?:{_TOWN_WORD}(?:[ -]{_TOWN_WORD}){{0,2}},?[ ])?(?<![^\W_])[A-Z]{{1,2}}\d[A-Z\d]?[ ]\d[A-Z]{{2}}(?![^\W_])"
)
_OPENS = re.compile(
    r"(?:^|\n)[ \t>*|-]*$|[,;·•|(/][ \t]*\n?[ \t]*$|(?<![^\W_])(?:in|nach|aus|to|at|a|en|w|do|te|naar|chez)[ ]$",
    re.IGNORECASE,
)
_CLOSES = re.compile(
    r"[ \t]*(?:$|\n|[.,;:!?)/·•|]|-|(?:und|and|et|y|e|en|i|zu|geliefert|liefern|schicken)"
    r"(?![^\W_]))"
)
_JOINED = re.compile(r"[ \t]*,?[ \t]*(?:\n[ \t>]*)?")
# The flat, and a town behind a comma where the clause ends with it.
_TAIL = re.compile(
    r"(?:[ ]?[,/-]?[ \n]{1,4}(?i:apt|apartment|suite|ste|unit|flat|floor|wohnung|whg|etage|top|stiege|appt|piso|"
    r"puerta|interno|scala|lok|m)"
    rf"\.?[ ]{{0,2}}\w{{1,5}}(?![^\W_]))?(?:,[ ]{_TOWN}(?=[ ]?(?:[.,;!?)]|\n|\Z)))?"
)
_ANNOUNCED = words.pattern(
    r"«address»[ \t]{0,2}(?:(?:is|ist|lautet|now|jetzt|neu|est|es|e|to|will be|has changed to|changed to|"
    r"to the same|the same|"
    r"from|for now|since)[ \t]{0,2}){0,4}(?P<mark>:?)"
    r"[ \t]{0,3}\n?[ \t>]{0,4}(?P<body>[^\n]{4,90}(?:\n[ \t,>]{0,4}[^\n]{2,50}){0,4})"
)
_SAID = re.compile(
    r"(?<![^\W_])(?:is|ist|lautet|est|es|e|to|same|now|jetzt|be)[ \t]{0,2}:?[ \t]{0,3}\n?[ \t>]{0,4}$", re.IGNORECASE
)
_BODY_END = re.compile(
    r"\n[ \t]*\n|[!?](?:\s|$)|(?<=[a-z\d])\.(?:\s|$)|;[ ]|[ ](?:and|und|but|aber|please|bitte|instead|statt|"
    r"because|weil|is|ist|for|fur|pour|per|para|voor|dla)[ ]|\n(?=[^\d\n]{0,40}(?:thank|regards|gruss|grusse|"
    r"danke|cheers|best))",
    re.IGNORECASE,
)
_MOST_CHARS = 160
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d\d$")
_CODE_WORD = re.compile(r"(?:post ?code|zip|plz|code|postal)(?![^\W_])", re.IGNORECASE)
_OTHER_ADDRESS = re.compile(r"(?:mail|email|ip|web|internet|mac)[- ]?$", re.IGNORECASE)
_REFERENCE = words.pattern("«reference»")


def find_addresses(text: str) -> Iterator[Span]:
    """Streets with numbers and what belongs to them, postcodes with towns, boxes, and what follows "my address is".

    What only a comma or a line break parts is one address.
    """
    places = sorted([*_streets_and_places(text), *_announced(text)])
    at = 0
    while at < len(places):
        start, end = places[at]
        while at + 1 < len(places) and _JOINED.fullmatch(text, min(end, places[at + 1][0]), places[at + 1][0]):
            at += 1
            end = max(end, places[at][1])
        yield Span(kind=Kind.ADDRESS, start=start, end=end)
        at += 1


def _streets_and_places(text: str) -> Iterator[tuple[int, int]]:
    ends = set()
    for pattern in _STREETS:
        for match in pattern.finditer(text):
            if names_a_thing(text, match.start()) or _YEAR.search(match.group()):
                continue
            tail = _TAIL.match(text, match.end())
            end = tail.end() if tail else match.end()
            ends.add(end)
            yield match.start(), end
    for match in _PLACE.finditer(text):
        if _is_place(text, match, ends):
            yield match.span()
    for pattern in (_US_PLACE, _GB_PLACE):
        yield from (match.span() for match in pattern.finditer(text) if _has_town(match.group()))


def _is_place(text: str, match: re.Match[str], ends: set[int]) -> bool:
    """A number and a capitalised word are a place after a street, or alone between commas or line ends."""
    before = text[max(0, match.start() - 24) : match.start()]
    if before[-1:].isalnum() or before[-1:] in ("#", "-", ".", "+") or names_a_thing(text, match.start()):
        return False
    joint = _JOINED.fullmatch(text, *_gap(text, match.start()))
    if joint and joint.start() in ends:
        return True
    if match["town"].split()[0].lower() in words.listed("not_name"):
        return False
    return bool(_OPENS.search(before) and _CLOSES.match(text, match.end()))


def _has_town(found: str) -> bool:
    """A postcode alone, or after the word for it, stays readable."""
    return bool(re.search(r"[a-z]", found)) and not _CODE_WORD.match(found)


def _gap(text: str, end: int) -> tuple[int, int]:
    """The separators before a place."""
    start = end
    while start > 0 and end - start < 8 and text[start - 1] in " \t,\n>":
        start -= 1
    return start, end


def _announced(text: str) -> Iterator[tuple[int, int]]:
    for match in _ANNOUNCED.finditer(text):
        start = match.start("body")
        if not match["mark"] and not _SAID.search(text[match.start() : start]):
            continue
        if _OTHER_ADDRESS.search(text[max(0, match.start() - 12) : match.start()]):
            continue
        body = match["body"][:_MOST_CHARS]
        for end in (_BODY_END, _REFERENCE):
            stop = end.search(body)
            body = body[: stop.start()] if stop else body
        body = body.rstrip(" \t,.;:\n")
        if any(char.isdigit() for char in body) and "@" not in body and any(char.isalpha() for char in body):
            yield start, start + len(body)
