"""Approved reply templates: what they look like, how they are read, which look-ups they ask for.

A template is one TOML file per intent. A variant is a list of sentences per language; a sentence is used
only where every fact it names in square brackets is known, so any combination of facts reads well. A language may
have a second wording for teams of one tone: `de_friendly`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

from connector.drafting.details import own_reference
from connector.errors import ConfigurationError
from connector.model import Ticket, Triage

SLOT = re.compile(r"\[([a-z][a-z0-9_]*)\]")
PASSAGE_SLOT = "passage"

_TEMPLATE_KEYS = {"intent", "from_sources", "must_cover", "needs", "variants", "not_with", "passages"}
_VARIANT_KEYS = {"name", "when", "with", "asks", "lacks", "promises_hand_off"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """One wording. Applies when every `when` fact has that value and every `having` fact is known.

    `asks` are facts the text asks the customer for, `lacks` those only a person can find out: either makes
    the draft incomplete. `texts` holds sentences by language, or by language and tone ("de_friendly"); an empty one
    starts a new paragraph.
    """

    name: str
    when: Mapping[str, str]
    having: tuple[str, ...]
    asks: tuple[str, ...]
    lacks: tuple[str, ...]
    promises_hand_off: bool
    texts: Mapping[str, tuple[str, ...]]

    def applies(self, facts: Mapping[str, str]) -> bool:
        """Whether this wording fits what is known."""
        return all(facts.get(name) == value for name, value in self.when.items()) and all(
            facts.get(name) for name in self.having
        )

    def wording(self, language: str, tone: str) -> tuple[str, ...]:
        """The sentences for a team of this tone. KeyError without a text in the language."""
        return self.texts.get(f"{language}_{tone}") or self.texts[language]


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """The approved reply to one intent; the first variant that applies is used.

    `needs` maps a kind of look-up to the facts that may hold its reference, best first. `must_cover` are
    facts of the ticket that a passage has to mention to be an answer. `not_with` are facts which show that
    the customer asks for more than this template answers. `passages` is how many passages of the best article
    the reply may hold.
    """

    intent: str
    from_sources: bool
    passages: int
    must_cover: tuple[str, ...]
    needs: Mapping[str, tuple[str, ...]]
    not_with: tuple[str, ...]
    variants: tuple[Variant, ...]

    def speaks(self, language: str) -> bool:
        """Whether every variant has a text in this language."""
        return all(language in variant.texts for variant in self.variants)


@dataclass(frozen=True, slots=True, kw_only=True)
class Templates:
    """All approved replies, by intent."""

    by_intent: Mapping[str, Template]

    def get(self, intent: str) -> Template | None:
        """The template of an intent; None when there is none."""
        return self.by_intent.get(intent)


def parse_templates(files: Mapping[str, str]) -> Templates:
    """The templates in these files (name -> TOML text). ConfigurationError names the file and the key."""
    parsed: dict[str, Template] = {}
    for name, text in sorted(files.items()):
        template = _Reader(name).template(text)
        if template.intent in parsed:
            raise ConfigurationError(f"{name}: intent {template.intent!r} has a template in another file already")
        parsed[template.intent] = template
    return Templates(by_intent=parsed)


def wanted_lookups(ticket: Ticket, triage: Triage, templates: Templates) -> tuple[tuple[str, str], ...]:
    """The (kind, reference) pairs worth looking up before drafting; empty when the requester gave no reference.

    A number of an older message of his counts as long as he gave no newer one.
    """
    template = templates.get(triage.intent)
    if template is None:
        return ()
    wanted = []
    for kind, names in template.needs.items():
        reference = next((value for name in names if (value := own_reference(name, ticket, triage))), "")
        if reference:
            wanted.append((kind, reference))
    return tuple(wanted)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one file and says where it is wrong."""

    name: str

    def template(self, text: str) -> Template:
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ConfigurationError(f"{self.name}: not valid TOML: {error}") from error
        self._known_keys(data, _TEMPLATE_KEYS, "")
        variants = data.get("variants")
        if not isinstance(variants, list) or not variants:
            raise self._wrong("variants", "at least one [[variants]] table")
        return Template(
            intent=self._word(data, "intent", ""),
            from_sources=self._flag(data, "from_sources", ""),
            passages=self._count(data.get("passages", 1)),
            must_cover=self._words(data, "must_cover", ""),
            needs=self._needs(data.get("needs", {})),
            not_with=self._words(data, "not_with", ""),
            variants=tuple(self._variant(entry, position) for position, entry in enumerate(variants, 1)),
        )

    def _variant(self, entry: object, position: int) -> Variant:
        where = f"variants[{position}]."
        if not isinstance(entry, dict):
            raise self._wrong(where.rstrip("."), "a table")
        languages = [key for key in entry if re.fullmatch(r"[a-z]{2}(?:_(?:formal|friendly))?", key)]
        self._known_keys(entry, _VARIANT_KEYS | set(languages), where)
        if not any(len(language) == 2 for language in languages):
            raise self._wrong(where + "en", "sentences in at least one language")
        when = entry.get("when", {})
        if not isinstance(when, dict) or not all(isinstance(value, str) for value in when.values()):
            raise self._wrong(where + "when", "a table of fact = value")
        return Variant(
            name=self._word(entry, "name", where),
            when=dict(when),
            having=self._words(entry, "with", where),
            asks=self._words(entry, "asks", where),
            lacks=self._words(entry, "lacks", where),
            promises_hand_off=self._flag(entry, "promises_hand_off", where),
            texts={language: self._sentences(entry, language, where) for language in languages},
        )

    def _sentences(self, entry: Mapping[str, object], language: str, where: str) -> tuple[str, ...]:
        sentences = self._words(entry, language, where)
        if not any(sentences):
            raise self._wrong(where + language, "a list with at least one sentence")
        for sentence in sentences:
            rest = SLOT.sub("", sentence)
            if any(mark in rest for mark in ("{", "}", "[", "]")):
                raise self._wrong(where + language, f"facts as [fact_name], no other brackets, in {sentence!r}")
        return sentences

    def _needs(self, value: object) -> dict[str, tuple[str, ...]]:
        if not isinstance(value, dict):
            raise self._wrong("needs", 'a table such as order = ["order_number"]')
        return {kind: self._words(value, kind, "needs.") for kind in value}

    def _count(self, value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 3:
            raise self._wrong("passages", "1, 2 or 3")
        return value

    def _word(self, data: Mapping[str, object], key: str, where: str) -> str:
        value = data.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(where + key, "a text")
        return value

    def _words(self, data: Mapping[str, object], key: str, where: str) -> tuple[str, ...]:
        value = data.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self._wrong(where + key, "a list of texts")
        return tuple(value)

    def _flag(self, data: Mapping[str, object], key: str, where: str) -> bool:
        value = data.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(where + key, "true or false")
        return value

    def _known_keys(self, data: Mapping[str, object], known: set[str], where: str) -> None:
        for key in data:
            if key not in known:
                raise ConfigurationError(f"{self.name}: {where}{key} is not a key of a template; remove it")

    def _wrong(self, key: str, expected: str) -> ConfigurationError:
        return ConfigurationError(f"{self.name}: {key} must be {expected}")
