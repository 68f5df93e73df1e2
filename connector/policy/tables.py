"""Reads TOML tables with care: every wrong value becomes a problem that names its line and key."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from connector.policy.problems import Problem, Severity

Choice = TypeVar("Choice", bound=StrEnum)

_HEADER = re.compile(r"^\s*\[+\s*([^\]]+?)\s*\]+\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*=""")
_POSITION = re.compile(r"\(at line (\d+), column \d+\)")


def key_lines(text: str) -> Mapping[str, int]:
    """The line (from 1) of every table header and key, by dotted name.

    tomllib tells no positions, and a parser that does is not worth a dependency for messages alone.
    """
    lines: dict[str, int] = {}
    table = ""
    quoted: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        if quoted is not None:
            quoted = None if quoted in line else quoted
            continue
        if header := _HEADER.match(line):
            table = _dotted(header.group(1))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            name = _dotted(key.group(1))
            lines.setdefault(f"{table}.{name}" if table else name, number)
        quoted = _left_open(line)
    return lines


def _dotted(name: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in name.split("."))


def _left_open(line: str) -> str | None:
    """The marker of a multi-line text that starts on this line and does not end on it."""
    return next((mark for mark in ('"""', "'''") if line.count(mark) % 2), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A policy text being read: where its keys stand, and what was found wrong so far."""

    lines: Mapping[str, int]
    problems: list[Problem] = field(default_factory=list)

    def report(self, key: str, message: str, remedy: str, severity: Severity = Severity.INVALID) -> None:
        """Note a problem; the line is the key's or else that of the table it should stand in."""
        line = self.lines.get(key) or self.lines.get(key.rpartition(".")[0])
        self.problems.append(Problem(line=line, key=key, message=message, remedy=remedy, severity=severity))


def load(text: str) -> tuple[Source, Mapping[str, object]]:
    """The text as tables, and the source to report against; a text that is no TOML is a problem, not an error."""
    source = Source(lines=key_lines(text))
    try:
        return source, tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _POSITION.search(str(error))
        source.problems.append(
            Problem(
                line=int(found.group(1)) if found else None,
                key="(syntax)",
                message=_POSITION.sub("", str(error)).strip().rstrip("."),
                remedy=_syntax_remedy(str(error)),
            )
        )
    except ValueError:  # Python reads no number of thousands of digits
        source.report("(syntax)", "a number has too many digits", "write a shorter number")
    except RecursionError:
        source.report("(syntax)", "nested too deeply", "write it as plain tables")
    return source, {}


def _syntax_remedy(said: str) -> str:
    if "overwrite" in said.lower():
        return "this key stands twice in its table: remove one"
    return "correct this line of TOML, or start from `handrail policy show --toml`"


def nearest(word: str, words: Collection[str]) -> str:
    """What to do about an unknown word: the one that was probably meant, else the whole list."""
    close = difflib.get_close_matches(word, sorted(words), n=1)
    if close:
        return f"use {close[0]} if that was meant"
    return f"use one of {', '.join(sorted(words))}" if words else "set up the names first"


class Table:
    """One table of the document. Every reader returns a usable value and reports what is wrong."""

    def __init__(self, source: Source, path: str, values: object, keys: Sequence[str] | None = None) -> None:
        self.source, self.path = source, path
        self.values: Mapping[str, object] = values if isinstance(values, dict) else {}
        if not isinstance(values, dict):
            source.report(path, "must be a table", f"write it as [{path}]")
        for key in self.values:
            if keys is not None and key not in keys:
                source.report(self.name(key), "unknown key", nearest(key, keys))

    def name(self, key: str) -> str:
        """The key with the path of its table."""
        return f"{self.path}.{key}" if self.path else key

    def table(self, key: str, keys: Sequence[str] | None = None) -> Table:
        """A table inside this one; an absent one is empty."""
        return Table(self.source, self.name(key), self.values.get(key, {}), keys)

    def has(self, key: str) -> bool:
        """Whether the key is there at all."""
        return key in self.values

    def text(self, key: str, default: str = "") -> str:
        """One line of text."""
        value = self.values.get(key, default)
        if isinstance(value, str) and _plain(value):
            return value
        return self._wrong(key, value, "one line of text in quotes", default)

    def texts(self, key: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
        """A list of texts, none of them twice."""
        value = self.values.get(key, list(default))
        if isinstance(value, list) and all(isinstance(item, str) and item and _plain(item) for item in value):
            return tuple(dict.fromkeys(value))
        return self._wrong(key, value, "a list of texts", default)

    def number(self, key: str, default: float, *, low: float, high: float) -> float:
        """A number in this range, ends included."""
        value = self.values.get(key, default)
        if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high:
            return float(value)
        return self._wrong(key, value, f"a number from {low:g} to {high:g}", default)

    def whole(self, key: str, default: int, *, low: int, high: int) -> int:
        """A whole number in this range, ends included."""
        value = self.values.get(key, default)
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        return self._wrong(key, value, f"a whole number from {low} to {high}", default)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self.values.get(key, default)
        return value if isinstance(value, bool) else self._wrong(key, value, "true or false", default)

    def choice(self, key: str, choices: Sequence[Choice], default: Choice) -> Choice:
        """One of these words."""
        value = self.values.get(key, default)
        for choice in choices:
            if value == choice.value:
                return choice
        return self._wrong(key, value, f"one of {', '.join(choice.value for choice in choices)}", default)

    def _wrong(self, key: str, value: object, wanted: str, default: Wrong) -> Wrong:
        self.source.report(self.name(key), f"{_shown(value)} is not valid", f"use {wanted}")
        return default


Wrong = TypeVar("Wrong")


def _shown(value: object) -> str:
    """A wrong value as it is told; its type where it is long. Python writes no number of thousands of digits, though it
    reads a hexadecimal one.
    """
    try:
        written = repr(value)
    except (ValueError, RecursionError):
        written = ""
    return written if 0 < len(written) <= 40 else type(value).__name__


def _plain(text: str) -> bool:
    return all(character.isprintable() for character in text)
