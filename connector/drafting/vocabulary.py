"""What words mean, so that a reply may say it in other words than its source: `mappings/lexicon/synonyms.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from connector import starters
from connector.drafting.sentences import STOP_WORDS, fold, stem
from connector.errors import ConfigurationError

_FILE = "lexicon/synonyms.toml"
_KEYS = ({"meaning", "words", "reason"}, {"axis", "plus", "minus", "reason"})
_AXES = ("polarity", "direction")

# "no" and its like turn a clause round; "only" does not, but who leaves it out says more.
# What one avoids is not done; what is excepted does not apply.
_NEGATIONS = frozenset(
    re.findall(
        r"\w+",
        "no not never none nobody nothing neither nor without cannot cant dont doesnt didnt isnt arent wont wouldnt "
        "shouldnt couldnt wasnt werent hasnt havent hadnt mustnt neednt unless nicht kein keine keinen keinem keiner "
        "keines nie niemals niemand nichts weder ohne avoid except excepting besides skip refrain verzichten verzichte "
        "verzichtet vermeiden ausser",
    )
)
_LITTLE = frozenset(fold(word) for language in ("en", "de") for word in STOP_WORDS[language])
_LITTLE |= frozenset(
    re.findall(
        r"\w+",
        "dafur dazu davon dabei daran darauf hierfur hierzu daher deshalb somit also trotzdem jedoch zudem ausserdem "
        "gern ja nein etwa circa rund wieder immer noch bereits sowie diesem diesen dessen deren jede jeder jedes alle "
        "aller allen alles etwas werde wurden wurde worden lassen lasst sollen soll wollen will "
        "mochten mochte wird bleibt "
        "yes please then thus too still already well both either another other others such same just gladly however "
        "within innerhalb any longer vorn ones quite even really otherwise dran sonst einfach zwar dadurch "
        "therefore again always once being be been simply get got make made let lets want would like happy",
    )
)
# That nothing is paid is said by a "no" that denies nothing: "you don't pay for it" is "it is free".
COSTS_NOTHING = re.compile(
    r"(?<!\w)(?:"
    r"(?:not|\w+n['’]t|nothing|no|without)(?: \w+){0,2} "
    r"(?:cost|costs|costing|charge|charged|charges|fee|fees|pay|surcharge)"
    r"(?! (?:by|with|in|on|out|back|via|per|until|before))"
    r"|(?:pay|pays|paying|cost|costs|charge|charged)(?: \w+){0,2} nothing"
    r"|(?:kost|zahl|bezahl|berechn)\w*(?: \w+){0,3} (?:nichts|keinen (?:cent|aufpreis))"
    r"|(?:nichts|kein\w{0,3}|ohne)(?: \w+){0,2} "
    r"(?:\w*kosten|kostet|\w*gebuhr\w*|zahlen|bezahlen|berechne\w*|aufpreis|zuschlag)"
    r")(?!\w)"
)
_ENDINGS = re.compile(r"(?:ungen|ung|ments?|ing|end|ten|tes|te|ed|es|en|em|er|et|st|s|e|t|n)$")
_WORD = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
_NOTHING = frozenset(("=free", "=cost"))
_TAIL = 6
"""So many last letters of a long word tell that "Originalkarton" is a "Karton"."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word where it stands, and what it means: several tokens where it can be read in several ways."""

    tokens: frozenset[str]
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Opposites:
    """Two lists of words that say the contrary of one another."""

    axis: str
    plus: re.Pattern[str]
    minus: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The table, compiled. `phrases` are entries of several words."""

    exact: Mapping[str, tuple[str, ...]]
    beginnings: Mapping[str, tuple[str, ...]]
    phrases: re.Pattern[str]
    phrase_meanings: Mapping[str, tuple[str, ...]]
    opposites: tuple[Opposites, ...]
    polar: frozenset[str]

    def tokens(self, word: str) -> frozenset[str]:
        """What a folded word means: its rows, else its own beginning (and its end, where it may be a compound)."""
        found = set(self.exact.get(word, ()))
        for length in range(3, len(word) + 1):
            found.update(self.beginnings.get(word[:length], ()))
        if len(word) > 2 and (word not in _LITTLE or found):
            found.add(stem(word))
            found.update(_bases(word))
            if len(word) >= _TAIL + 3 and not word.endswith(("ungen", "ichen", "ieren", "heiten", "schaft")):
                found.add(f"~{word[-_TAIL:]}")
            elif len(word) == _TAIL:
                found.add(f"~{word}")
        if word in self.polar:
            found.add("±")  # "open" and "closed" are about one thing
        return frozenset(found)


@cache
def vocabulary() -> Vocabulary:
    """The table of synonyms and opposites; ConfigurationError names the row that is wrong."""
    try:
        data = tomllib.loads(starters.text(_FILE))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{_FILE}: not valid TOML: {error}") from error
    exact: dict[str, list[str]] = {}
    beginnings: dict[str, list[str]] = {}
    phrases: dict[str, list[str]] = {}
    for row in data.get("row", []):
        _check(row, _KEYS[0], ("words",))
        meaning = f"={row['meaning']}"
        for entry in map(folded_alike, row["words"]):
            table = phrases if " " in entry else beginnings if entry.endswith("*") else exact
            table.setdefault(entry.rstrip("*"), []).append(meaning)
    opposites = []
    polar: set[str] = set()
    for row in data.get("opposites", []):
        _check(row, _KEYS[1], ("plus", "minus"))
        if row["axis"] not in _AXES:
            raise ConfigurationError(f"{_FILE}: axis is one of {', '.join(_AXES)}, not {row['axis']!r}")
        if row["axis"] == "polarity":
            polar.update(map(folded_alike, (*row["plus"], *row["minus"])))
        opposites.append(Opposites(row["axis"], _pattern(row["plus"]), _pattern(row["minus"])))
    return Vocabulary(
        exact={word: tuple(meanings) for word, meanings in exact.items()},
        beginnings={word: tuple(meanings) for word, meanings in beginnings.items()},
        phrases=_pattern(phrases),
        phrase_meanings={phrase: tuple(meanings) for phrase, meanings in phrases.items()},
        opposites=tuple(opposites),
        polar=frozenset(polar),
    )


def _check(row: Mapping[str, Any], keys: set[str], lists: Iterable[str]) -> None:
    if set(row) != keys or not all(isinstance(row[name], list) and all(row[name]) for name in lists):
        raise ConfigurationError(f"{_FILE}: a row has {', '.join(sorted(keys))}, the lists not empty: {dict(row)!r}")


def _pattern(entries: Iterable[str]) -> re.Pattern[str]:
    folded = sorted({folded_alike(entry) for entry in entries}, key=lambda entry: (-len(entry), entry))
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, folded))})(?!\w)")


def _bases(word: str) -> Iterable[str]:
    """What is left of a word without its ending: "packing" and "packed" are "pack", "Kühlung" and "gekühlt" one."""
    for form in (word, word[2:]) if word.startswith("ge") and len(word) > 6 else (word,):
        for whole in (form, form[:-1]) if form[-1] in "sne" and len(form) > 5 else (form,):
            yield f"%{whole}"
            base = _ENDINGS.sub("", whole)
            if len(base) >= (3 if whole.endswith(("ing", "ed", "ment", "ments")) else 4):
                yield f"%{base}"


def meanings(text: str) -> tuple[Word, ...]:
    """The words of the text that carry meaning, in order; a phrase of the table is one word."""
    table = vocabulary()
    plain = folded_alike(text)
    found: list[Word] = []
    taken: list[tuple[int, int]] = []
    for match in table.phrases.finditer(plain):
        found.append(Word(frozenset(table.phrase_meanings[match.group()]), *match.span()))
        taken.append(match.span())
    for match in COSTS_NOTHING.finditer(plain):
        if not any(match.start() < end and start < match.end() for start, end in taken):
            found.append(Word(_NOTHING, *match.span()))
            taken.append(match.span())
    for match in _WORD.finditer(plain):
        tokens = _tokens(match.group())
        if tokens and not any(match.start() < end and start < match.end() for start, end in taken):
            found.append(Word(tokens, *match.span()))
    return tuple(sorted(found, key=lambda word: word.start))


@lru_cache(maxsize=8192)
def _tokens(word: str) -> frozenset[str]:
    table = vocabulary()
    parts = {word, word.replace("-", ""), *re.split(r"['’]", word)[:1]}
    if "-" in word:
        parts.update(part for part in word.split("-") if len(part) > 3)
    return frozenset().union(*(table.tokens(part) for part in parts))


def meanings_of(word: str) -> frozenset[str]:
    """What one word means."""
    return _tokens(folded_alike(word))


def is_negation(word: str) -> bool:
    """Whether this folded word says no."""
    return word.replace("'", "").replace("’", "") in _NEGATIONS


@lru_cache(maxsize=4096)
def folded_alike(text: str) -> str:
    """Lower case without accents, every letter at its old place: what is found there stands there in the text."""
    return "".join(_folded_letter(letter) for letter in text)


@lru_cache(maxsize=2048)
def _folded_letter(letter: str) -> str:
    folded = fold(letter) if not letter.isspace() else " "
    return folded if len(folded) == 1 else folded[:1] or " "
