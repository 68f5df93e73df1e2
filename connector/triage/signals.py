"""The rule engine: signals by reviewed phrases [T2]. The rules are data in `mappings/signals/`.

A rule's pattern is searched in the folded text (`sentences.fold`) with a word boundary on both sides. An `unless`
phrase takes the match back when it stands in the same sentence or in the sentence before or after it. Every rule is
tried on every text, whatever its language seems to be: a customer who asks for a person in his second language gets
one.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import ConfigurationError
from connector.model import Signal, SignalHit
from connector.triage.sentences import all_sentences, fold, fold_pattern

RULE_SIGNALS = frozenset(Signal) - {Signal.OUT_OF_SCOPE, Signal.NEAR_MISS, Signal.MIXED}
"""Signals that rules may raise; the others come out of the classification."""

LANGUAGES = frozenset({"any", "en", "de", "fr", "es", "it", "nl", "pl"})
RULES_CHARS = 40_000
"""What the rules read of one text: some seconds of work on the worst of texts."""

# Signs and spaces without a letter among them say nothing, but cost most.
_PADDING = re.compile(r"[\W_]{25,}")
_GAP = "\n\n"
_KEYS = frozenset({"id", "languages", "pattern", "unless", "reason"})
_MATCHED_CHARS = 120
_MAX_PATTERN_CHARS = 3_000
# Unbounded repeats and back references are what makes a pattern slow on hostile text.
_SLOW = re.compile(r"(?<!\\)(?:\(\?:|\()?(?:\.|\\w|\\s|\\S|\\W|\[[^\]]{1,80}\])(?:\*|\+|\{\d+,\})|\\[1-9]|\(\?P=")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reviewed row: a pattern that raises a signal, the phrases that take it back, and why it exists."""

    id: str
    signal: Signal
    languages: tuple[str, ...]
    pattern: re.Pattern[str]
    unless: re.Pattern[str] | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules in the order of their files; `version` changes with any of them."""

    rules: tuple[Rule, ...]
    version: str

    def hits(self, text: str, *, only: Signal | None = None) -> tuple[SignalHit, ...]:
        """The first hit of every rule (or of the rules of one signal) in this text, in the order of the rules.

        Of a text longer than `RULES_CHARS` the two ends are read.
        """
        readings = [_joined(_sentences(spelling)) for spelling in _spellings(both_ends(text, RULES_CHARS))]
        rules = (rule for rule in self.rules if only is None or rule.signal is only)
        return tuple(hit for rule in rules if (hit := _first_hit(rule, readings)) is not None)

    def reason(self, rule_id: str) -> str:
        """Why the rule exists; empty for an unknown id."""
        return next((rule.reason for rule in self.rules if rule.id == rule_id), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    text: str
    starts: tuple[int, ...]


def both_ends(text: str, limit: int) -> str:
    """The text, or its beginning and its end where it is longer than `limit` characters."""
    return text if len(text) <= limit else f"{text[: limit // 2]}\n\n{text[-(limit // 2) :]}"


def _spellings(text: str) -> tuple[str, ...]:
    """The text as it stands and, where it uses underscores, with spaces for them: readers see both the same."""
    text = _PADDING.sub(_shortened, text)
    return (text, text.replace("_", " ")) if "_" in text else (text,)


def _shortened(padding: re.Match[str]) -> str:
    # A paragraph's end inside of it stays one.
    return f"{padding.group()[:8]}{_GAP if _GAP in padding.group() else ' '}{padding.group()[-8:]}"


def _sentences(text: str) -> tuple[str, ...]:
    """The folded sentences; of several in a row that hold no letter or digit only the first."""
    found: list[str] = []
    said_nothing = False
    for sentence in map(fold, all_sentences(text)):
        says_nothing = not any(char.isalnum() for char in sentence)
        if not (says_nothing and said_nothing):
            found.append(sentence)
        said_nothing = says_nothing
    return tuple(found)


def _first_hit(rule: Rule, readings: Sequence[_Joined]) -> SignalHit | None:
    return next((hit for joined in readings if (hit := _hit(rule, joined)) is not None), None)


def _joined(sentences: Sequence[str]) -> _Joined:
    starts: list[int] = []
    position = 0
    for sentence in sentences:
        starts.append(position)
        position += len(sentence) + 1
    return _Joined(text=" ".join(sentences), starts=tuple(starts))


def _hit(rule: Rule, joined: _Joined) -> SignalHit | None:
    spared: set[tuple[int, int]] = set()  # a thousand matches in one place need one look at that place
    for match in rule.pattern.finditer(joined.text):
        place = _around(joined, match.start(), match.end())
        if place in spared:
            continue
        if rule.unless is None or rule.unless.search(joined.text[place[0] : place[1]]) is None:
            return SignalHit(signal=rule.signal, rule=rule.id, matched=match.group().strip()[:_MATCHED_CHARS])
        spared.add(place)
    return None


def _around(joined: _Joined, start: int, end: int) -> tuple[int, int]:
    """Where the sentences the match lies in begin and end, with one neighbour on each side."""
    first = max(bisect_right(joined.starts, start) - 1, 0)
    last = max(bisect_left(joined.starts, end) - 1, 0)
    begin = joined.starts[max(0, first - 1)]
    following = last + 2
    return begin, joined.starts[following] if following < len(joined.starts) else len(joined.text)


def parse_rules(files: Mapping[str, str]) -> Rules:
    """The rules in these TOML texts by file name (`<signal>.toml`).

    ConfigurationError names the file and the row: unknown signal or key, doubled id, missing reason, bad pattern.
    """
    rules: list[Rule] = []
    seen: dict[str, str] = {}
    for name in sorted(files):
        for rule in _parse_file(name, files[name]):
            if rule.id in seen:
                raise ConfigurationError(f"{name}: rule {rule.id}: the id is already used in {seen[rule.id]}")
            seen[rule.id] = name
            rules.append(rule)
    digest = hashlib.sha256("\0".join(f"{name}\0{files[name]}" for name in sorted(files)).encode()).hexdigest()
    return Rules(rules=tuple(rules), version=digest[:12])


def _parse_file(name: str, text: str) -> list[Rule]:
    stem = name.rpartition("/")[2].removesuffix(".toml")
    if stem not in {signal.value for signal in RULE_SIGNALS}:
        raise ConfigurationError(f"{name}: {stem!r} is no signal that rules can raise")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: not valid TOML: {error}") from error
    rows = table.get("rule")
    if not isinstance(rows, list) or not rows or set(table) != {"rule"}:
        raise ConfigurationError(f"{name}: write rows [[rule]] and nothing else")
    return [_parse_rule(name, Signal(stem), number, row) for number, row in enumerate(rows, start=1)]


def _parse_rule(name: str, signal: Signal, number: int, row: object) -> Rule:
    if not isinstance(row, dict):
        raise ConfigurationError(f"{name}: row {number}: write a table")
    rule_id = row.get("id")
    where = f"{name}: rule {rule_id if isinstance(rule_id, str) and rule_id else f'number {number}'}"
    if not isinstance(rule_id, str) or not rule_id.strip():
        raise ConfigurationError(f"{where}: id: a text is missing")
    if unknown := sorted(row.keys() - _KEYS):
        raise ConfigurationError(f"{where}: {unknown[0]}: unknown key; known are {', '.join(sorted(_KEYS))}")
    reason = row.get("reason")
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigurationError(f"{where}: reason: say why the row exists")
    unless = row.get("unless", [])
    if not isinstance(unless, list) or not all(isinstance(phrase, str) and phrase.strip() for phrase in unless):
        raise ConfigurationError(f"{where}: unless: write a list of phrases")
    return Rule(
        id=rule_id,
        signal=signal,
        languages=_parse_languages(where, row),
        pattern=_compile(where, "pattern", row.get("pattern")),
        unless=_compile(where, "unless", "|".join(unless)) if unless else None,
        reason=reason.strip(),
    )


def _parse_languages(where: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    languages = row.get("languages")
    if not isinstance(languages, list) or not languages or not all(item in LANGUAGES for item in languages):
        raise ConfigurationError(f"{where}: languages: write a list out of {', '.join(sorted(LANGUAGES))}")
    return tuple(languages)


def _compile(where: str, key: str, pattern: object) -> re.Pattern[str]:
    if not isinstance(pattern, str) or not pattern.strip():
        raise ConfigurationError(f"{where}: {key}: a pattern is missing")
    if len(pattern) > _MAX_PATTERN_CHARS or _SLOW.search(pattern):
        raise ConfigurationError(f"{where}: {key}: write bounded repeats such as .{{0,40}} and no back references")
    folded = re.sub(r"\s*\n\s*", "", fold_pattern(pattern))
    try:
        compiled = re.compile(rf"(?<![^\W_])(?:{folded})(?![^\W_])", re.IGNORECASE)
    except (re.error, OverflowError, RecursionError) as error:
        raise ConfigurationError(f"{where}: {key}: not a pattern: {error}") from error
    if compiled.search("") is not None or compiled.fullmatch("x") is not None:
        raise ConfigurationError(f"{where}: {key}: matches everything")
    return compiled
