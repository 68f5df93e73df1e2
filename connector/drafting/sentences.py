"""Sentences and words of short texts, good enough for replies, notes and help articles."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache, lru_cache

# A full stop after one of these does not end a sentence.
_ABBREVIATIONS = (
    "e.g", "i.e", "etc", "mr", "mrs", "ms", "dr", "no", "st", "approx", "incl",
    "z.b", "d.h", "u.a", "bzw", "ca", "nr", "str", "inkl", "ggf", "evtl", "usw", "tel", "z. b", "zzgl",
)  # fmt: skip
_ENDING = re.compile(r"([.!?…]{1,8}[\"”“')\]]*)\s+(?=[\"“„'(]?[^\W_])")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")

STOP_WORDS: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "en": "the a an and or but if is are was were be been to of in on at by for with from your you we our "
        "us it its this that these those i my me do does did can could would will not no have has had please as "
        "there they them their he she his her what which who how when where why so than then about into out up "
        "any all more just only also i'm it's don't here",
        "de": "der die das den dem des ein eine einen einem einer und oder aber wenn ist sind war waren sein zu von "
        "im in am an auf bei mit für aus ihr ihre ihren ihrem ihrer sie wir uns unser unsere es dies diese dieser "
        "dieses ich mein meine mir mich du dir dich kann können würde wird werden nicht kein keine habe haben hat "
        "bitte als da dort was welche welcher wer wie wann wo warum so dann über nach um noch nur auch schon "
        "zum zur vom ihnen sich man dass daß ob euch euer eure ihn ihm",
        "fr": "le la les un une des du de et ou mais si est sont était être à au aux en dans sur par pour avec votre "
        "vos vous nous notre nos il elle ce cette ces je mon ma mes ne pas que qui quoi quand où comment pourquoi "
        "plus aussi merci bonjour j'ai c'est",
        "es": "el la los las un una unos unas del de y o pero si es son era ser a al en por para con su sus usted "
        "nosotros nuestro nuestra esto esta este estos yo mi mis no que qué quien cuando cuándo donde dónde como "
        "cómo más también gracias hola se lo le",
        "it": "il lo la i gli le un uno una di del della dei delle e o ma se è sono era essere a al in nel per con da "
        "dal vostro vostra noi nostro nostra questo questa io mio mia non che chi quando dove come perché più anche "
        "grazie ciao si vi ci",
        "nl": "de het een en of maar als is zijn was waren te van in op bij met voor uit uw u wij we ons onze dit dat "
        "deze die ik mijn me niet geen heb hebben heeft kan kunnen wat welke wie hoe wanneer waar waarom ook nog "
        "naar er jullie je",
        "pl": "i oraz lub ale jeśli jest są był być do z ze w we na przy od dla o państwo państwa my nasz nasza to ten "
        "ta te ja mój moja nie czy co kto kiedy gdzie jak dlaczego więcej także się po za proszę dzień dobry",
        "pt": "o a os as um uma e ou mas se é são era ser ao em no na por para com do da dos das seu sua você nós "
        "nosso nossa isto este esta eu meu minha não que quem quando onde como mais também obrigado olá",
        "sv": "ett och eller men om är var vara till av i på vid med för från din ditt ni vi oss vår det denna detta "
        "jag min inte ingen har hade kan vad vilken vem hur när där varför också bara som att",
    }.items()
}
"""The little words by language: to tell languages apart, and to leave out of a search."""


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text in order; every line break ends one."""
    found: list[str] = []
    for line in text.splitlines():
        found.extend(_split(line.strip()))
    return tuple(found)


def _split(line: str) -> list[str]:
    parts: list[str] = []
    start = 0
    for match in _ENDING.finditer(line):
        head = line[start : match.start()][-12:].lower()
        if match.group(1) == "." and (head.endswith(_tails()) or re.search(r"(?:^|\s)\d{1,2}$", head)):
            continue  # an abbreviation, or a German ordinal such as "19. November"
        parts.append(line[start : match.end(1)].strip())
        start = match.end()
    parts.append(line[start:].strip())
    return [part for part in parts if part]


@cache
def _tails() -> tuple[str, ...]:
    return tuple(f"{space}{word}" for word in _ABBREVIATIONS for space in (" ", "("))


def words(text: str) -> tuple[str, ...]:
    """The words in lower case, without digits."""
    return tuple(match.group().lower() for match in _WORD.finditer(text))


@lru_cache(maxsize=16384)
def fold(text: str) -> str:
    """Lower case, accents off, one space between words: for comparing, never for showing."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(char for char in decomposed if not unicodedata.combining(char)).split())


def stem(word: str) -> str:
    """A crude common beginning, so that forms of one word meet."""
    folded = fold(word)
    return folded[: max(4, min(6, len(folded) - 2))] if len(folded) > 4 else folded


def content_stems(text: str, languages: Iterable[str] = ("en", "de")) -> tuple[str, ...]:
    """Stems of the words that carry meaning, in order."""
    little = frozenset().union(*(STOP_WORDS.get(language, frozenset()) for language in languages))
    return tuple(stem(word) for word in words(text) if len(word) > 2 and word not in little)


def squash(text: str) -> str:
    """Letters and digits only, folded: equal for texts that differ in layout."""
    return "".join(char for char in fold(text) if char.isalnum())


_SIGNS = re.compile(
    r"(?<![\w-])[-−+<>≤≥~±](?=\s?\d)|(?<=\d)[+%‰⁰¹²³⁴-⁹]|(?<=\d)[.,](?=\d)|[\u00bc-\u00be\u2150-\u218b]"
)


def wording(text: str) -> tuple[str, str]:
    """Equal for texts that differ in layout only: as `squash`, with the signs that change what a figure says."""
    return squash(text), "".join(_SIGNS.findall(text)).replace(",", ".")
