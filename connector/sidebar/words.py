"""What the service says in the sidebar, in the page's language; the words stand in `mappings/sidebar.toml`."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LANGUAGES = ("en", "de")


def known_language(wanted: str) -> str:
    """The language of ours that serves a locale such as `de-AT`; English for any other."""
    primary = wanted.strip().lower().replace("_", "-").partition("-")[0]
    return primary if primary in LANGUAGES else "en"


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """All words of one language. `page` is the whole table, for the templates."""

    language: str
    page: Mapping[str, Any]

    def say(self, name: str, **parts: str) -> str:
        """One sentence, with its parts put in as they are."""
        sentence = str(self.page["server"][name])
        for part, value in parts.items():
            sentence = sentence.replace("{" + part + "}", value)
        return sentence

    def name(self, table: str, key: str) -> str:
        """The word for a key; the key in plain letters where there is none."""
        return str(self.page["server"][table].get(key) or key.replace("_", " "))


def parse_words(text: str) -> Mapping[str, Words]:
    """The words by language. KeyError: a language of ours is missing."""
    tables = tomllib.loads(text)
    return {language: Words(language=language, page=tables[language]) for language in LANGUAGES}
