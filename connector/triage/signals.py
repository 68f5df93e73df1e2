"""The rule engine: signals by reviewed phrases [T2]. The rules are data in `mappings/signals/`.

A rule's pattern is searched in the folded text (`sentences.fold`) with a word boundary on both sides. Each phrase of
`with` has to stand near the match, in any order, and an `unless` phrase near it takes the match back. Near is the
sentence of the match and the ones before and after it; `within` makes that the `sentence` alone or the whole `text`,
`unless_within` for the `unless` phrases alone. A pattern of many phrases is written as a list of them.
A row with `hint = true` has words that are as often harmless: it counts where a second row raises the same signal, or
where what the classifier has learnt does not speak against it (`triager.py`).
Words that several rows of a file share stand once in its table `[words]` and are called by name: `{money}`.

Every rule is tried on every text, whatever its language seems to be: a customer who asks for a person in his second
language gets one.
"""

from __future__ import annotations

import enum
import hashlib
import re
import tomllib
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connector.errors import ConfigurationError
from connector.model import Signal, SignalHit
from connector.once import once
from connector.triage.openings import openings, places
from connector.triage.sentences import all_sentences, fold, fold_pattern

RULE_SIGNALS = frozenset(Signal) - {Signal.OUT_OF_SCOPE, Signal.NEAR_MISS, Signal.MIXED}
"""Signals that rules may raise; the others come out of the classification."""

LANGUAGES = frozenset({"any", "en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "cs", "tr", "ru"})
RULES_CHARS = 40_000
"""What the rules read of one text: some seconds of work on the worst of texts."""

# Signs and spaces without a letter among them say nothing, but cost most.
_PADDING = re.compile(r"[\W_]{25,}")
_GAP = "\n\n"
_KEYS = frozenset({"id", "languages", "pattern", "with", "unless", "within", "unless_within", "hint", "reason"})
_MATCHED_CHARS = 120
_MAX_PHRASE_CHARS = 3_000
_MAX_PATTERN_CHARS = 20_000
_NAME = re.compile(r"\{([a-z][a-z_]*)\}")
# Unbounded repeats and back references are what makes a pattern slow on hostile text.
_SLOW = re.compile(r"(?<!\\)(?:\(\?:|\()?(?:\.|\\w|\\s|\\S|\\W|\[[^\]]{1,80}\])(?:\*|\+|\{\d+,\})|\\[1-9]|\(\?P=")


class Within(enum.StrEnum):
    """Where the other phrases of a rule are looked for."""

    SENTENCE = "sentence"
    AROUND = "around"
    TEXT = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One reviewed row: a pattern that raises a signal, what has to stand near it, what takes it back, and why."""

    id: str
    signal: Signal
    languages: tuple[str, ...]
    pattern: str
    openings: frozenset[str] | None
    near: tuple[str, ...] = ()
    unless: str | None
    within: Within = Within.AROUND
    unless_within: Within = Within.AROUND
    hint: bool = False
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All rules in the order of their files; `version` changes with any of them."""

    rules: tuple[Rule, ...]
    version: str
    _by_opening: Mapping[str, Sequence[int]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_opening: dict[str, list[int]] = defaultdict(list)
        for number, rule in enumerate(self.rules):
            for opening in rule.openings or ():
                by_opening[opening].append(number)
        object.__setattr__(self, "_by_opening", dict(by_opening))

    def hits(self, text: str, *, only: Signal | None = None) -> tuple[SignalHit, ...]:
        """The first hit of every rule (or of the rules of one signal) in this text, in the order of the rules.

        Of a text longer than `RULES_CHARS` the two ends are read.
        """
        readings = [_joined(_sentences(spelling)) for spelling in _spellings(both_ends(text, RULES_CHARS))]
        starts = [self._starts(joined) for joined in readings]
        found = (
            _first_hit(
                rule, [(joined, at[number]) for joined, at in zip(readings, starts, strict=True) if number in at]
            )
            for number, rule in enumerate(self.rules)
            if only is None or rule.signal is only
        )
        return tuple(hit for hit in found if hit is not None)

    def _starts(self, joined: _Joined) -> Mapping[int, Sequence[int] | None]:
        """Where matches of each rule can begin in this text, by the rule's number; None for anywhere."""
        found: dict[int, list[int] | None] = {
            number: None for number, rule in enumerate(self.rules) if rule.openings is None
        }
        for opening, places_of_it in joined.places.items():
            for number in self._by_opening.get(opening, ()):
                at = found.setdefault(number, [])
                if at is not None:
                    at.extend(places_of_it)
        return found

    def reason(self, rule_id: str) -> str:
        """Why the rule exists; empty for an unknown id."""
        return next((rule.reason for rule in self.rules if rule.id == rule_id), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Joined:
    text: str
    starts: tuple[int, ...]
    places: Mapping[str, Sequence[int]]


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


def _first_hit(rule: Rule, readings: Sequence[tuple[_Joined, Sequence[int] | None]]) -> SignalHit | None:
    return next((hit for joined, starts in readings if (hit := _hit(rule, joined, starts)) is not None), None)


def _joined(sentences: Sequence[str]) -> _Joined:
    starts: list[int] = []
    position = 0
    for sentence in sentences:
        starts.append(position)
        position += len(sentence) + 1
    text = " ".join(sentences)
    return _Joined(text=text, starts=tuple(starts), places=places(text))


def _hit(rule: Rule, joined: _Joined, starts: Sequence[int] | None) -> SignalHit | None:
    # A thousand matches in one place need one look at that place.
    near: dict[tuple[int, int], bool] = {}
    spared: dict[tuple[int, int], bool] = {}
    for match in _matches(rule, joined, starts):
        place = _place(rule.within, joined, match)
        if place not in near:
            near[place] = all(_compiled(phrase).search(joined.text, *place) is not None for phrase in rule.near)
        if not near[place]:
            continue
        place = _place(rule.unless_within, joined, match)
        if place not in spared:
            spared[place] = rule.unless is not None and _compiled(rule.unless).search(joined.text, *place) is not None
        if not spared[place]:
            matched = match.group().strip()[:_MATCHED_CHARS]
            return SignalHit(signal=rule.signal, rule=rule.id, matched=matched, hint=rule.hint)
    return None


def _matches(rule: Rule, joined: _Joined, starts: Sequence[int] | None) -> Iterator[re.Match[str]]:
    """The matches of the rule, also those that overlap."""
    pattern = _compiled(rule.pattern)
    if starts is None:
        yield from pattern.finditer(joined.text)
        return
    for start in sorted(starts):
        if (match := pattern.match(joined.text, start)) is not None:
            yield match


def _place(within: Within, joined: _Joined, match: re.Match[str]) -> tuple[int, int]:
    """Where the sentences the match lies in begin and end, with as many neighbours as the rule looks at."""
    if within is Within.TEXT:
        return 0, len(joined.text)
    neighbours = 1 if within is Within.AROUND else 0
    first = max(bisect_right(joined.starts, match.start()) - 1, 0)
    last = max(bisect_left(joined.starts, match.end()) - 1, 0)
    begin = joined.starts[max(0, first - neighbours)]
    following = last + 1 + neighbours
    return begin, joined.starts[following] if following < len(joined.starts) else len(joined.text)


@once
def _compiled(pattern: str) -> re.Pattern[str]:
    # Compiling all rows takes seconds, and a short command needs few of them.
    return re.compile(pattern)


def parse_rules(files: Mapping[str, str], *, tried: bool = False) -> Rules:
    """The rules in these TOML texts by file name (`<signal>.toml`). Every pattern is compiled, which takes
    seconds, unless they are `tried`: the shipped ones are, by their tests.

    ConfigurationError names the file and the row: unknown signal or key, doubled id, missing reason, bad pattern.
    """
    rules: list[Rule] = []
    seen: dict[str, str] = {}
    for name in sorted(files):
        for rule in _parse_file(name, files[name], tried=tried):
            if rule.id in seen:
                raise ConfigurationError(f"{name}: rule {rule.id}: the id is already used in {seen[rule.id]}")
            seen[rule.id] = name
            rules.append(rule)
    digest = hashlib.sha256("\0".join(f"{name}\0{files[name]}" for name in sorted(files)).encode()).hexdigest()
    return Rules(rules=tuple(rules), version=digest[:12])


def _parse_file(name: str, text: str, *, tried: bool) -> list[Rule]:
    stem = name.rpartition("/")[2].removesuffix(".toml")
    if stem not in {signal.value for signal in RULE_SIGNALS}:
        raise ConfigurationError(f"{name}: {stem!r} is no signal that rules can raise")
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{name}: not valid TOML: {error}") from error
    rows = table.get("rule")
    if not isinstance(rows, list) or not rows or not set(table) <= {"rule", "words"}:
        raise ConfigurationError(f"{name}: write rows [[rule]], a table [words] for what they share, and nothing else")
    words = _parse_words(name, table.get("words", {}))
    found = [_parse_rule(name, Signal(stem), number, row, words) for number, row in enumerate(rows, start=1)]
    if not tried:
        for rule in found:
            _try_out(f"{name}: rule {rule.id}", rule)
    return found


def _try_out(where: str, rule: Rule) -> None:
    phrases = (("pattern", rule.pattern), *(("with", near) for near in rule.near), ("unless", rule.unless or "never"))
    for key, phrase in phrases:
        try:
            compiled = _compiled(phrase)
        except (re.error, OverflowError, RecursionError) as error:
            raise ConfigurationError(f"{where}: {key}: not a pattern: {error}") from error
        if compiled.search("") is not None or compiled.fullmatch("x") is not None:
            raise ConfigurationError(f"{where}: {key}: matches everything")


def _parse_words(name: str, table: object) -> dict[str, str]:
    """Each name with its words as one alternative of a pattern; a class may call those above it."""
    if not isinstance(table, dict):
        raise ConfigurationError(f"{name}: words: write a table")
    words: dict[str, str] = {}
    for key, phrases in table.items():
        where = f"{name}: words: {key}"
        if not _NAME.fullmatch(f"{{{key}}}"):
            raise ConfigurationError(f"{where}: write the name in small letters and underscores")
        words[key] = f"(?:{_spelled(where, '|'.join(_phrases(where, phrases)), words)})"
    return words


def _spelled(where: str, pattern: str, words: Mapping[str, str]) -> str:
    """The pattern with the words its names stand for."""
    if unknown := [name for name in _NAME.findall(pattern) if name not in words]:
        raise ConfigurationError(f"{where}: {{{unknown[0]}}} is not in the table [words], or not above")
    return _NAME.sub(lambda name: words[name[1]], pattern)


def _phrases(where: str, value: object) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(phrase, str) and phrase.strip() for phrase in value):
        raise ConfigurationError(f"{where}: write a list of phrases")
    return value


def _parse_rule(name: str, signal: Signal, number: int, row: object, words: Mapping[str, str]) -> Rule:
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
    hint = row.get("hint", False)
    if not isinstance(hint, bool):
        raise ConfigurationError(f"{where}: hint: write true or false")
    unless = _phrases(f"{where}: unless", row.get("unless", []))
    near = _phrases(f"{where}: with", row.get("with", []))
    within = _parse_within(where, "within", row, Within.AROUND)
    pattern = row.get("pattern")
    compiled = _compile(where, "pattern", [pattern] if isinstance(pattern, str) else pattern, words)
    return Rule(
        id=rule_id,
        signal=signal,
        languages=_parse_languages(where, row),
        pattern=compiled,
        openings=openings(compiled),
        near=tuple(_compile(where, "with", [phrase], words) for phrase in near),
        unless=_compile(where, "unless", unless, words) if unless else None,
        within=within,
        unless_within=_parse_within(where, "unless_within", row, within),
        hint=hint,
        reason=reason.strip(),
    )


def _parse_within(where: str, key: str, row: Mapping[str, Any], otherwise: Within) -> Within:
    found = row.get(key, otherwise.value)
    if found not in set(Within):
        raise ConfigurationError(f"{where}: {key}: write one of {', '.join(Within)}")
    return Within(found)


def _parse_languages(where: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    languages = row.get("languages")
    if not isinstance(languages, list) or not languages or not all(item in LANGUAGES for item in languages):
        raise ConfigurationError(f"{where}: languages: write a list out of {', '.join(sorted(LANGUAGES))}")
    return tuple(languages)


def _compile(where: str, key: str, value: object, words: Mapping[str, str]) -> str:
    """The pattern of any of these phrases, between two word boundaries."""
    phrases = value if value is None else _phrases(f"{where}: {key}", value)
    if not phrases:
        raise ConfigurationError(f"{where}: {key}: a pattern is missing")
    pattern = _spelled(f"{where}: {key}", "|".join(phrases), words)
    if max(map(len, phrases)) > _MAX_PHRASE_CHARS or len(pattern) > _MAX_PATTERN_CHARS or _SLOW.search(pattern):
        raise ConfigurationError(f"{where}: {key}: write bounded repeats such as .{{0,40}} and no back references")
    folded = re.sub(r"\s*\n\s*", "", fold_pattern(pattern))
    # Text and pattern are both folded: asking for any case would only cost time.
    return rf"(?<![^\W_])(?:{folded})(?![^\W_])"
