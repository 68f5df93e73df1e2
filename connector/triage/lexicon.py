"""The word lists of `mappings/lexicon/`, read once and compiled to patterns on folded text."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from connector import starters
from connector.errors import ConfigurationError
from connector.once import once
from connector.triage.sentences import fold


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A list of words and phrases by kind; `find` and `count` look in folded text."""

    patterns: Mapping[str, re.Pattern[str]]

    def count(self, kind: str, folded: str) -> int:
        """How often words of this kind stand in the text."""
        return sum(1 for _ in self.patterns[kind].finditer(folded))

    def find(self, kind: str, folded: str) -> str | None:
        """The first word of this kind."""
        match = self.patterns[kind].search(folded)
        return match.group() if match else None


def entries(name: str) -> Mapping[str, tuple[str, ...]]:
    """The folded words by kind of `<name>.toml`; ConfigurationError names the file and the kind."""
    try:
        table = tomllib.loads(starters.text(f"lexicon/{name}.toml"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"lexicon/{name}.toml: not valid TOML: {error}") from error
    for kind, words_ in table.items():
        if not isinstance(words_, list) or not all(isinstance(word, str) and word.strip("* ") for word in words_):
            raise ConfigurationError(f"lexicon/{name}.toml: {kind}: write a list of words, none of them empty")
    return {kind: tuple(fold(word) for word in listed) for kind, listed in table.items()}


@once
def words(name: str) -> Words:
    """The lists in `<name>.toml`; every key is a kind."""
    return Words(patterns={kind: pattern(listed) for kind, listed in entries(name).items()})


def pattern(listed: Iterable[str]) -> re.Pattern[str]:
    """Matches whole words of a folded text; an entry that ends in `*` is a beginning. Longer entries win."""
    ordered = sorted(set(listed), key=lambda entry: (-len(entry), entry))
    parts = (re.escape(entry[:-1]) + r"\w{0,20}" if entry.endswith("*") else re.escape(entry) for entry in ordered)
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)")
