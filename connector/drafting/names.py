"""Names of people, companies and products in a draft that neither a source nor the ticket has."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from functools import cache

from connector import starters
from connector.drafting.courtesy import COURTESY
from connector.drafting.sentences import STOP_WORDS, fold, sentences
from connector.drafting.vocabulary import folded_alike, meanings_of

_LETTER_WORD = r"[A-ZÄÖÜ][\w'’&-]+"
# Words beside which a name stands, whatever the language writes with a capital.
_ROLES = (
    r"(?:Herrn?|Frau|Mr\.?|Mrs\.?|Ms\.?|Miss|Dr\.?|Prof\.?|Kolleg(?:e|en|in)|Mitarbeiter(?:in|s)?|Ansprechpartner(?:in)?|"
    r"Sachbearbeiter(?:in)?|Berater(?:in)?|Firma|Unternehmen|Partner(?:in|s)?|Dienstleister|Hersteller|Spedition|Paketdienst|Kurier|Versandpartner|Marke|Modell|"
    r"[Cc]olleague|[Mm]anager|[Aa]gent|[Aa]dvis[eo]r|[Ss]pecialist|[Cc]ompany|[Pp]artner|[Cc]arrier|[Cc]ourier|[Ss]upplier|"
    r"[Mm]anufacturer|[Bb]rand|named|called|namens|name is|heißt)"
)
_BY_ROLE = re.compile(rf"\b{_ROLES},? ({_LETTER_WORD})")
_PAIR = re.compile(rf"(?<![\w-])({_LETTER_WORD}) ({_LETTER_WORD})(?![\w-])")
_FORM = re.compile(rf"\b({_LETTER_WORD})(?: {_LETTER_WORD})* (?:GmbH|AG|KG|OHG|Ltd|Inc|LLC|SE|SARL|BV|Co)\b")
_INSIDE = re.compile(r"(?<=[a-zA,;:(] )[A-Z][\w'’-]+")
_ACTS = re.compile(r"^([A-Z][a-z]{2,})(?: also| always| then)? (?:will|is|has|can|[a-z]{3,}s)\b")
_FIRST_OF_TWO = re.compile(r"^([A-Z][a-z]{3,}) (?=[A-Z][a-z])")
_LISTED = re.compile(
    r"\b[A-Z]{2,}(?:, [A-Z]{2,})*,? (?:oder|und|or|and) ([A-ZÄÖÜ]\w+)|\b([A-ZÄÖÜ]\w+), [A-Z]{2,} (?:oder|und|or|and) "
)
_BY = re.compile(r"\b(?:von|durch|mit|bei|per|by|with|through|from) ([A-ZÄÖÜ][\w'’&-]{2,})")
_BESIDE = re.compile(rf"(?<![\w-])({_LETTER_WORD}) (?=({_LETTER_WORD}))")
_WISH = re.compile(r"^\w+ [a-z]+!$")
_CAMEL = re.compile(r"\b(?:[A-Z]?[a-z]+[A-Z]\w*|[A-Z][a-z]+(?:-\w+)? \d{1,4}(?:[A-Z]{1,3})?)\b")
_FREE = frozenset(
    re.findall(
        r"\S+",
        "i i'm i'd i'll i've i’m i’d i’ll i’ve ok okay pdf faq url id mr mrs ms dr e-mail email mail english german "
        "monday tuesday wednesday thursday friday saturday sunday january february march april may "
        "june july august september "
        "october november december mondays tuesdays wednesdays thursdays fridays saturdays sundays kind best regards "
        "hello hi dear ps eu usb csv wi-fi eur usd gbp germany germans german austria switzerland europe "
        "sie ihr ihre ihren ihrem ihrer ihres ihnen du dein deine euch euer montag dienstag mittwoch donnerstag "
        "freitag samstag sonntag januar februar märz mai juni juli oktober dezember ende anfang "
        "mitte uhr euro herr frau herrn "
        "one two three four five six seven eight nine ten next new other good great most many several few both each "
        "every another further additional extra first second third last full half part regular standard single double "
        "same old small large early late nothing everything anything someone somebody everyone nobody "
        "guten tag deutschland österreich schweiz europa tag tage tagen woche wochen monat monate zeit",
    )
)


@cache
def people() -> frozenset[str]:
    """Names of people that are no other word, folded: `mappings/lexicon/names.toml`."""
    data = tomllib.loads(starters.text("lexicon/names.toml"))
    return frozenset(fold(name) for kind in ("first_names", "family_names") for name in data[kind].split())


@cache
def places() -> frozenset[str]:
    """Countries and towns, folded letter by letter: what holds for one does not hold for another."""
    data = tomllib.loads(starters.text("lexicon/names.toml"))
    return frozenset(folded_alike(name) for name in data["places"].split())


def named_kinds(text: str) -> frozenset[str]:
    """The words, folded, that stand right before a name somewhere in the text: "Tarif Nordwind", "Team plan"."""
    return frozenset(fold(match.group(1)) for match in _BESIDE.finditer(text)) - _FREE


def unknown_name(
    text: str,
    language: str,
    known: Collection[str],
    stems: Collection[str],
    kinds: Collection[str] = (),
    given: Collection[str] = (),
) -> str:
    """The first name that stands nowhere; empty if none.

    `known` are the folded words, `stems` the word beginnings of everything that may be named; `kinds` the words after
    which the sources put a name, `given` the names that look-ups gave.
    """
    for line in sentences(text):
        if found := _in_line(line, language, known, stems) or _replaced(line, language, known, stems, kinds, given):
            return found
    return ""


def _replaced(
    line: str,
    language: str,
    known: Collection[str],
    stems: Collection[str],
    kinds: Collection[str],
    given: Collection[str],
) -> str:
    """A word that nobody used in the place of a name: also where every noun has a capital."""
    found = [match.group(2) for match in _BESIDE.finditer(line) if fold(match.group(1)) in kinds]
    found += [match.group(1) or match.group(2) for match in _LISTED.finditer(line)]
    if given and not any(name in line for name in given):
        found += [match.group(1) for match in _BY.finditer(line)]
    return next((word for word in found if _is_nobodys(word, language, known, stems)), "")


def _is_nobodys(word: str, language: str, known: Collection[str], stems: Collection[str]) -> bool:
    return _strange(word, language, known, stems) and not any(token[0] == "=" for token in meanings_of(word))


def _in_line(line: str, language: str, known: Collection[str], stems: Collection[str]) -> str:
    found = [
        match.group(1)
        for pattern in (_BY_ROLE, _FORM)
        for match in pattern.finditer(line)
        if not _little(match.group(1)) and not _is_known(match.group(1), known, stems, "")
    ]
    found += [match.group() for match in re.finditer(_LETTER_WORD, line) if _is_person(match.group(), known)]
    found += [
        match.group()
        for match in _PAIR.finditer(line)
        if match.start() and all(_strange(word, language, known, stems) for word in match.groups())
    ]
    found += [
        match.group() for match in _CAMEL.finditer(line) if _is_foreign_brand(match.group(), language, known, stems)
    ]
    if language == "en":
        found += [match.group() for match in _INSIDE.finditer(line) if not _is_common(match.group(), known)]
        for pattern in (_ACTS, _FIRST_OF_TWO) if not _WISH.match(line) else ():
            found += [match.group(1) for match in pattern.finditer(line) if _strange_subject(match.group(1), known)]
    return found[0] if found else ""


def _is_foreign_brand(word: str, language: str, known: Collection[str], stems: Collection[str]) -> bool:
    parts = re.findall(r"\w+", word)
    return not (
        all(_is_known(part, known, stems, language) for part in parts)
        or _little(word)
        or word.lower() in _FREE
        or _MONTH_DAY.search(word) is not None
    )


def _is_common(word: str, known: Collection[str]) -> bool:
    return word.lower() in _FREE or all(part in known for part in re.findall(r"\w+", fold(word)))


def _strange_subject(word: str, known: Collection[str]) -> bool:
    """Whether a sentence begins with a word that nobody used and our own table lacks: likely a name."""
    meant = meanings_of(word)
    return not (
        _little(word)
        or _is_common(word, known)
        or word.endswith(("ing", "ion", "ment", "ity", "ance", "ence", "ness", "ed", "ly"))
        or any(token[0] == "=" for token in meant)
        or meant & COURTESY
    )


_MONTH_DAY = re.compile(
    r"^(?:Jan|Feb|Mar|Mär|Apr|Ma[iy]|Jun|Jul|Aug|Sep|O[ck]t|Nov|De[cz])|^(?:Step|Schritt|Option|Punkt|Page|Seite)\b"
)


def _is_person(word: str, known: Collection[str]) -> bool:
    folded = fold(re.sub(r"['’]s$", "", word))
    return folded in people() and folded not in known


def _strange(word: str, language: str, known: Collection[str], stems: Collection[str]) -> bool:
    return word.lower() not in _FREE and not _little(word) and not _is_known(word, known, stems, language)


def _little(word: str) -> bool:
    return any(word.lower() in STOP_WORDS[language] for language in ("en", "de"))


def _is_known(word: str, known: Collection[str], stems: Collection[str], language: str) -> bool:
    """Whether the word stands somewhere; a German compound also where its beginning or end does."""
    folded = fold(word)
    parts = re.findall(r"\w+", folded)
    if all(part in known for part in parts) or folded.rstrip("s") in known:
        return True
    if language != "de":
        return False
    return any(len(stem) >= 5 and folded.startswith(stem) for stem in stems) or any(
        len(other) >= 4 and folded.endswith(other) for other in known
    )
