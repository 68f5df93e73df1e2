"""The reviewed words of `mappings/masking/`, read once and made into patterns on the spelling of a shadow."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from connector import starters
from connector.errors import ConfigurationError
from connector.masking.shadow import plain

_FOLDER = "masking"
_SLOT = re.compile(r"«(street:)?([a-z_]+)»")


@dataclass(frozen=True, slots=True)
class WordPattern:
    """A pattern with reviewed words in it, compiled at first use: `«phone»` stands for every word of that use,
    `«street:first»` for every word of a street in that place.
    """

    template: str
    flags: int = 0

    @property
    def compiled(self) -> re.Pattern[str]:
        """The pattern with its words."""
        return _compiled(self.template, self.flags)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """As of `re.Pattern`."""
        return self.compiled.finditer(text)

    def search(self, text: str) -> re.Match[str] | None:
        """As of `re.Pattern`."""
        return self.compiled.search(text)

    def match(self, text: str, at: int = 0) -> re.Match[str] | None:
        """As of `re.Pattern`."""
        return self.compiled.match(text, at)


def pattern(template: str, *, ignore_case: bool = True) -> WordPattern:
    """The pattern with words; capitals do not matter to the words themselves in either case."""
    return WordPattern(template, re.IGNORECASE if ignore_case else 0)


@cache
def _compiled(template: str, flags: int) -> re.Pattern[str]:
    return re.compile(_SLOT.sub(lambda slot: _streets(slot[2]) if slot[1] else choice(slot[2]), template), flags)


@cache
def listed(use: str) -> frozenset[str]:
    """The words for this use, in small letters without accents."""
    found = {plain(word) for row in _rows("words.toml", "row") if row["use"] == use for word in row["words"]}
    if not found:
        raise ConfigurationError(f"masking/words.toml: {use}: no words are listed for it")
    return frozenset(found)


@cache
def choice(use: str) -> str:
    """A pattern that matches one of the words for this use, the longest first; whole words, in any case."""
    ordered = sorted(listed(use), key=lambda word: (-len(word), word))
    return rf"(?<![^\W_])(?i:{'|'.join(_written(word) for word in ordered)})(?![^\W_])"


def _written(word: str) -> str:
    spelled = r"[ \t]{1,2}".join(map(re.escape, word.removesuffix("*").split()))
    return spelled + r"[a-z]{0,16}" if word.endswith("*") else spelled


@cache
def key_forms() -> tuple[re.Pattern[str], ...]:
    """The known forms of keys and tokens."""
    found = []
    for row in _rows("keys.toml", "key"):
        try:
            found.append(re.compile(row["form"]))
        except re.error as error:
            raise ConfigurationError(f"masking/keys.toml: {row['name']}: not a pattern: {error}") from error
    return tuple(found)


def regions(language: str) -> tuple[str, ...]:
    """The countries whose customers write this language; none where it is not listed."""
    return tuple(_regions().get(language, ()))


@cache
def _regions() -> Mapping[str, tuple[str, ...]]:
    return {row["language"]: tuple(row["countries"]) for row in _rows("regions.toml", "region")}


def withheld(kind: str, language: str) -> str:
    """What stands in a draft for a value of this kind that does not come back; English where nothing else fits."""
    by_language = _withheld()[kind]
    return by_language.get(language.partition("-")[0].lower(), by_language["en"])


@cache
def _withheld() -> Mapping[str, Mapping[str, str]]:
    return {row["kind"]: row["text"] for row in _rows("withheld.toml", "word")}


@cache
def _rows(name: str, table: str) -> tuple[Mapping[str, Any], ...]:
    where = f"{_FOLDER}/{name}"
    try:
        rows = tomllib.loads(starters.text(where)).get(table, [])
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{where}: not valid TOML: {error}") from error
    for number, row in enumerate(rows, start=1):
        if not row.get("reason"):
            raise ConfigurationError(f"{where}: row {number}: write a reason")
    return tuple(rows)


@cache
def _streets(place: str) -> str:
    rows = [row for row in _rows("streets.toml", "row") if row["place"] == place]
    found = {plain(word) for row in rows for word in row["words"]}
    return rf"(?i:{'|'.join(re.escape(word) for word in sorted(found, key=lambda word: (-len(word), word)))})"
