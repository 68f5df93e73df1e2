"""Reasons in words for support people; the words stand in `mappings/reasons.toml`, by code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from connector.errors import ConfigurationError
from connector.model import Reason

LANGUAGES = ("en", "de")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonWords:
    """One short sentence per code and language."""

    sentences: Mapping[str, Mapping[str, str]]

    def sentence(self, code: str, language: str = "en") -> str:
        """The sentence for a code; English where the language is unknown, the bare code where the code is."""
        known = self.sentences.get(code, {})
        return known.get(language.partition("-")[0].lower()) or known.get("en") or code.replace("_", " ")

    def explain(self, reason: Reason, language: str = "en") -> str:
        """The sentence for a reason with its detail."""
        sentence = self.sentence(reason.code, language)
        return f"{sentence} ({reason.detail})" if reason.detail else sentence


def parse_reasons(text: str) -> ReasonWords:
    """The words in this text. ConfigurationError when a code lacks one of the languages."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"The words for reasons cannot be read: {error}; correct the file.") from error
    sentences: dict[str, Mapping[str, str]] = {}
    for code, entry in tables.items():
        for language in LANGUAGES:
            words = entry.get(language) if isinstance(entry, dict) else None
            if not isinstance(words, str) or not words.strip():
                raise ConfigurationError(
                    f'The words for the reason {code!r} have no {language!r}: add {language} = "...".'
                )
        sentences[code] = {key: str(value) for key, value in entry.items()}
    return ReasonWords(sentences=sentences)
