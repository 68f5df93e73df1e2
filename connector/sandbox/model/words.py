"""Words and sentences, as far as a scripted model has to understand them: English and German."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence

STEM_LENGTH = 6
"""Endings differ, beginnings do not: enough for both languages, and wrong in a harmless way."""
COMPOUND_LENGTH = 5
"""Shorter parts stand in too many other words."""

_WORD = re.compile(r"[^\W\d_]{2,}")
_END = re.compile(r"(?<=[.!?])[)\"“”»]*\s+(?=[\"„“«(]?[A-ZÄÖÜ0-9])")
_ABBREVIATION = re.compile(
    r"\b(?:e\.g|i\.e|z\.\s?B|d\.\s?h|u\.\s?a|bzw|ca|inkl|exkl|evtl|ggf|usw|Nr|No|St|Dr|Mr|Mrs|Ms|Str)\.$"
)
_ORDINAL = re.compile(r"(?:^|\s)\d{1,2}\.$")
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")
_HEADING = re.compile(r"^\s*#{1,6}\s")

_STOP = {
    "en": "the a an and or but if of in on at to from for with by is are was were be been it its this that these those "
    "i you he she we they me my your our their us them can could would should will may do does did have has had not no "
    "please hello hi dear thanks thank regards kind best just also there here what when where which who how why any "
    "some so as am get got want need like know tell about into than then very more most much many only hey good day",
    "de": "der die das den dem des ein eine einen einem einer eines und oder aber wenn von in im an am auf zu zum zur "
    "aus für mit bei ist sind war waren sein es dies diese dieser dieses ich du er sie wir ihr mich mir mein meine "
    "meinen meiner ihre ihren ihnen unser unsere uns kann können könnte würde soll wird werden darf haben hat hatte "
    "nicht kein keine bitte hallo guten tag liebe sehr geehrte danke vielen dank grüße gruß freundliche was wann wo "
    "welche wer wie warum auch da hier nur noch schon mal man sich nach über als dass ob vom bis gerne beim dann denn",
}
_STOPS = {language: frozenset(words.split()) for language, words in _STOP.items()}
_ALL_STOPS = frozenset().union(*_STOPS.values())
_GREETING = re.compile(
    r"^(?:hi|hello|hey|dear|good (?:morning|afternoon|evening|day)|hallo|guten (?:tag|morgen|abend)|moin|servus|grüezi|"
    r"sehr geehrte|liebe[rs]?)\b[^.?!]{0,60}[,!.]?$",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"^(?:(?:many |kind |best |warm )?(?:thanks|regards|wishes|cheers|thank you)|yours|sincerely|"
    r"(?:mit )?(?:freundliche|herzliche|viele|liebe|beste|schöne)[nr]? grü(?:ß|ss)|vielen dank|danke|gruß|lg|mfg|vg)\b"
    r".{0,60}$",
    re.IGNORECASE,
)


def terms(text: str) -> frozenset[str]:
    """The words that carry meaning, so written that "zurückgeben" and "Rückgabe" begin alike."""
    found = (word.lower() for word in _WORD.findall(text))
    return frozenset(
        word.replace("zurück", "rück").replace("gabe", "geben")
        for word in found
        if len(word) > 2 and word not in _ALL_STOPS
    )


def shared(wanted: Iterable[str], offered: frozenset[str]) -> float:
    """How many of the wanted terms are offered; a part of a compound ("Versandkosten") counts half."""
    stems = {word[:STEM_LENGTH] for word in offered}
    total = 0.0
    for word in wanted:
        stem = word[:STEM_LENGTH]
        if stem in stems:
            total += 1.0
        elif (len(stem) >= COMPOUND_LENGTH and any(stem in other for other in offered)) or any(
            len(other) >= COMPOUND_LENGTH and other in word for other in stems
        ):
            total += 0.5
    return total


def language_of(text: str) -> str:
    """ "en" or "de" by the small words in it; "" where neither stands out."""
    words = [word.lower() for word in _WORD.findall(text)]
    english, german = (sum(word in _STOPS[language] for word in words) for language in ("en", "de"))
    if english == german:
        return ""
    return "en" if english > german else "de"


def blocks(text: str) -> list[list[str]]:
    """The paragraphs of a text, each as its sentences; headings and bullets are dropped, list items stay."""
    found: list[list[str]] = []
    for paragraph in re.split(r"\n\s*\n", text.replace("\r\n", "\n")):
        lines = [line for line in paragraph.split("\n") if line.strip() and not _HEADING.match(line)]
        told = [sentence for line in lines for sentence in _sentences(_BULLET.sub("", line))]
        if told:
            found.append(told)
    return found


def sentences(text: str) -> list[str]:
    """All sentences of a text in order."""
    return [sentence for block in blocks(text) for sentence in block]


def matter(text: str) -> list[str]:
    """What a customer says between greeting and regards, sentence by sentence."""
    told = list(itertools.takewhile(lambda sentence: not _CLOSING.match(sentence), sentences(text)))
    return [sentence for sentence in told if not _GREETING.match(sentence)] or sentences(text)


def clipped(parts: Sequence[str], limit: int) -> str:
    """As many whole parts as fit; the first one is cut at a word where even that is too long."""
    text = ""
    for part in parts:
        longer = f"{text} {part}".strip()
        if len(longer) > limit:
            break
        text = longer
    if text or not parts:
        return text
    return parts[0][: limit - 1].rsplit(" ", 1)[0] + "…"


def _sentences(line: str) -> list[str]:
    told: list[str] = []
    for part in _END.split(line.strip()):
        before = told[-1] if told else ""
        if _ABBREVIATION.search(before) or _ORDINAL.search(before):
            told[-1] = f"{before} {part}"
        elif part.strip():
            told.append(part.strip())
    return told
