"""The catalogue: what customers may want, in the team's own words and examples [T1]."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from connector.errors import ConfigurationError
from connector.model import FLOOR_INTENTS, UNMAPPED, Tier

MIN_EXAMPLES = 5
"""Fewer per language teach the classifier nothing."""

MAX_KEY_CHARS = 28
"""A tag is the account's prefix and the key, at most 32 characters together."""

_KEYS = frozenset({"key", "tier", "floor", "summary", "label", "next_action", "examples", "group", "macros"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One thing a customer may want. Texts and examples are by language tag.

    `group` and `macros` are hints for the starter policy: the route name of its owner, and suggested actions.
    """

    key: str
    tier: Tier
    floor: bool
    summary: str
    label: Mapping[str, str]
    next_action: Mapping[str, str]
    examples: Mapping[str, tuple[str, ...]]
    group: str = ""
    macros: tuple[str, ...] = ()

    def label_in(self, language: str) -> str:
        """The label in this language, else in English, else the key."""
        return self.label.get(language) or self.label.get("en") or self.key

    def next_action_in(self, language: str) -> str:
        """What a person should do next, in this language or else in English."""
        return self.next_action.get(language) or self.next_action["en"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """All intents by key, in a fixed order; `unmapped` is the class "none of these" and not among them."""

    intents: Mapping[str, Intent]
    unmapped: Intent
    version: str = field(default="")

    def __iter__(self) -> Iterator[Intent]:
        return iter(self.intents.values())

    def __contains__(self, key: object) -> bool:
        return key in self.intents

    def get(self, key: str) -> Intent:
        """The intent; `unmapped` for every other key."""
        return self.intents.get(key, self.unmapped)

    @property
    def human_only(self) -> frozenset[str]:
        """Keys of the intents that always go to a person; `unmapped` is not among them."""
        return frozenset(intent.key for intent in self if intent.floor or intent.tier is Tier.HUMAN_ONLY)

    def labelled_examples(self) -> tuple[tuple[str, str, str], ...]:
        """(key, language, text) of every example, `unmapped` included, in a fixed order."""
        return tuple(
            (intent.key, language, text)
            for intent in (*self, self.unmapped)
            for language in sorted(intent.examples)
            for text in intent.examples[language]
        )


def parse_catalogue(files: Mapping[str, str]) -> Catalogue:
    """The catalogue in these TOML texts by file name; ConfigurationError names the file and the key."""
    found: dict[str, Intent] = {}
    origin: dict[str, str] = {}
    for name in sorted(files):
        intent = _parse_intent(name, files[name])
        if intent.key in found:
            raise ConfigurationError(f"{name}: key: {intent.key!r} is already defined in {origin[intent.key]}")
        found[intent.key] = intent
        origin[intent.key] = name
    unmapped = found.pop(UNMAPPED, None)
    if unmapped is None:
        raise ConfigurationError(f"{UNMAPPED}.toml: add it with examples of messages that belong to no intent")
    if len(found) < 2:
        raise ConfigurationError("the catalogue needs at least two intents beside unmapped")
    digest = hashlib.sha256("\0".join(f"{name}\0{files[name]}" for name in sorted(files)).encode()).hexdigest()
    return Catalogue(intents=MappingProxyType(found), unmapped=unmapped, version=digest[:12])


def _parse_intent(name: str, text: str) -> Intent:
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: not valid TOML: {error}") from error
    if unknown := sorted(table.keys() - _KEYS):
        raise ConfigurationError(f"{name}: {unknown[0]}: unknown key; known are {', '.join(sorted(_KEYS))}")
    key = _parse_key(name, table)
    tier = _parse_tier(name, table)
    floor = table.get("floor", False)
    if not isinstance(floor, bool):
        raise ConfigurationError(f"{name}: floor: write true or false")
    if (floor or key == UNMAPPED) and tier is not Tier.HUMAN_ONLY:
        raise ConfigurationError(f"{name}: tier: {key} must be human_only")
    if key in FLOOR_INTENTS and not floor:
        raise ConfigurationError(f"{name}: floor: {key} always goes to a person; write floor = true")
    return Intent(
        key=key,
        tier=tier,
        floor=floor,
        summary=_string(name, table, "summary"),
        label=_texts(name, table, "label"),
        next_action=_texts(name, table, "next_action"),
        examples=_examples(name, table),
        group=_string(name, table, "group", default=""),
        macros=_strings(name, "macros", table.get("macros", [])),
    )


def _parse_key(name: str, table: Mapping[str, Any]) -> str:
    key = _string(name, table, "key")
    if not (key.isascii() and key.replace("_", "a").isalnum() and key == key.lower()) or len(key) > MAX_KEY_CHARS:
        raise ConfigurationError(
            f"{name}: key: use at most {MAX_KEY_CHARS} small letters, digits and underscores, not {key!r}"
        )
    if key != name.rpartition("/")[2].removesuffix(".toml"):
        raise ConfigurationError(f"{name}: key: must equal the file name, is {key!r}")
    return key


def _parse_tier(name: str, table: Mapping[str, Any]) -> Tier:
    value = _string(name, table, "tier")
    try:
        return Tier(value)
    except ValueError as error:
        raise ConfigurationError(f"{name}: tier: {value!r} is none of {', '.join(Tier)}") from error


def _string(name: str, table: Mapping[str, Any], key: str, *, default: str | None = None) -> str:
    value = table.get(key, default)
    if not isinstance(value, str) or (default is None and not value.strip()):
        raise ConfigurationError(f"{name}: {key}: a text is missing")
    return value.strip()


def _texts(name: str, table: Mapping[str, Any], key: str) -> Mapping[str, str]:
    value = table.get(key)
    if not isinstance(value, dict) or "en" not in value:
        raise ConfigurationError(f"{name}: {key}: write a table of texts by language with at least en")
    return MappingProxyType({language: _string(f"{name}: {key}", value, language) for language in value})


def _examples(name: str, table: Mapping[str, Any]) -> Mapping[str, tuple[str, ...]]:
    value = table.get("examples")
    if not isinstance(value, dict) or not value:
        raise ConfigurationError(f"{name}: examples: write lists of example messages by language")
    examples = {language: _strings(name, f"examples.{language}", value[language]) for language in value}
    for language, texts in examples.items():
        if len(texts) < MIN_EXAMPLES:
            raise ConfigurationError(
                f"{name}: examples.{language}: {len(texts)} examples are too few, write at least {MIN_EXAMPLES}"
            )
    return MappingProxyType(examples)


def _strings(name: str, key: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) and text.strip() for text in value):
        raise ConfigurationError(f"{name}: {key}: write a list of texts, none of them empty")
    return tuple(text.strip() for text in value)
