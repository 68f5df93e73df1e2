"""What the vendor's checker refuses in a script: read as words and signs, not as a whole grammar.

Enough for plain scripts like ours: functions with braces, arrow functions, no classes with getters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

MOST_WAYS = 7
"""Cyclomatic complexity of a function that the platform still takes."""
_WORD = re.compile(
    r"(?P<space>\s+|//[^\n]*|/\*.*?\*/)"
    r"|(?P<text>'(?:\\.|[^'\\\n])*'|\"(?:\\.|[^\"\\\n])*\"|`(?:\\.|[^`\\])*`)"
    r"|(?P<word>[A-Za-z_$][\w$]*)|(?P<number>\d[\w.]*)"
    r"|(?P<sign>=>|===|!==|==|!=|<=|>=|&&|\|\||\?\?|\?\.|\+\+|--|\.\.\.|[\s\S])",
    re.DOTALL,
)
_PATTERN = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*")
_FILLED = re.compile(r"\$\{((?:[^{}]|\{[^{}]*\})*)\}")
_BRANCHES = frozenset({"if", "for", "while", "case", "catch", "&&", "||", "??", "?"})
_NO_NAMES = frozenset({"if", "for", "while", "switch", "catch", "with", "return", "await", "function"})


@dataclass(slots=True, kw_only=True)
class Function:
    """A function as written: its name, parameters, and the words of its own body without those of inner functions."""

    name: str
    line: int
    is_async: bool
    parameters: tuple[str, ...]
    own: list[str] = field(default_factory=list)
    all: list[str] = field(default_factory=list)


def faults(source: str, *, server: bool = False) -> Iterator[tuple[str, str]]:
    """(rule, what is wrong) for each; `server`: the script is that of the server."""
    words = tokens(source)
    spoken = [word for word, _ in words]
    for at, (word, line) in enumerate(words):
        if word == "var":
            yield "var", f"line {line}: var is not taken; use const or let"
        if word in ("eval", "alert", "Function") and spoken[at + 1 : at + 2] == ["("]:
            yield "eval", f"line {line}: {word}() is not taken"
        if word == "$request" and spoken[at + 1 : at + 2] == ["."] and spoken[at + 2 : at + 3] != ["invokeTemplate"]:
            yield "request method", f"line {line}: only $request.invokeTemplate is taken"
    if server and "exports" in spoken and "function" in spoken[: spoken.index("exports")]:
        yield "order", "a function stands before exports"
    for function in functions(words):
        yield from _of_function(function)


def _of_function(function: Function) -> Iterator[tuple[str, str]]:
    where = f"line {function.line}, {function.name or 'a function'}"
    ways = 1 + sum(word in _BRANCHES for word in function.own)
    if ways > MOST_WAYS:
        yield "complexity", f"{where}: {ways} ways through it, at most {MOST_WAYS} are taken"
    if function.is_async and "await" not in function.own:
        yield "async", f"{where}: async without await"
    used = [name in function.all for name in function.parameters]
    for at, name in enumerate(function.parameters):
        if not any(used[at:]):  # one before another that is used only keeps the place
            yield "unused parameter", f"{where}: the parameter {name} is not used"


def exported(source: str) -> frozenset[str]:
    """The names of the functions in `exports = {...}`."""
    words = [word for word, _ in tokens(source)]
    if "exports" not in words:
        return frozenset()
    start = words.index("exports")
    depth, names = 0, set()
    for at in range(start, len(words)):
        depth += (words[at] in "{([") - (words[at] in "})]") if len(words[at]) == 1 else 0
        if depth == 1 and words[at] in ("{", ",") and at + 1 < len(words) and words[at + 1] not in ("}", "async"):
            names.add(words[at + 1])
        if depth == 1 and words[at] == "async":
            names.add(words[at + 1])
        if depth == 0 and words[at] == "}":
            break
    return frozenset(names)


def tokens(source: str) -> list[tuple[str, int]]:
    """Words and signs with their line; texts and patterns stand as '""'."""
    found: list[tuple[str, int]] = []
    at, line = 0, 1
    while at < len(source):
        before = found[-1][0] if found else ""
        pattern = _PATTERN.match(source, at) if _may_be_pattern(before) else None
        comment = source.startswith(("//", "/*"), at)
        match = pattern if pattern and not comment else _WORD.match(source, at)
        if match is None:
            break
        if match.re is _PATTERN or match.lastgroup == "text":
            found.append(('""', line))
            for inner in _FILLED.findall(match[0]) if match[0].startswith("`") else ():
                found += [("(", line), *((word, line) for word, _ in tokens(inner)), (")", line)]
        elif match.lastgroup != "space":
            found.append((match[0], line))
        line += match[0].count("\n")
        at = match.end()
    return found


def _may_be_pattern(before: str) -> bool:
    """A slash divides after a name, a number or a closing bracket."""
    return before in ("return", "case", "typeof") or not (before[-1:].isalnum() or before in (")", "]", "}", '""', "$"))


def functions(words: list[tuple[str, int]]) -> list[Function]:
    """Every function, inner ones too."""
    found: list[tuple[Function, int, int]] = []
    spoken = [word for word, _ in words]
    for at, word in enumerate(spoken):
        head = _head(spoken, at) if word in ("function", "=>") or _is_method(spoken, at) else None
        if head is not None:
            name, begin, is_async, parameters, body = head
            end = _end(spoken, body)
            function = Function(name=name, line=words[begin][1], is_async=is_async, parameters=parameters)
            function.all = spoken[body : end + 1]
            found.append((function, body, end))
    for function, body, end in found:
        inner = [
            (start, stop) for other, start, stop in found if other is not function and body < start and stop <= end
        ]
        function.own = [
            spoken[at] for at in range(body, end + 1) if not any(start <= at <= stop for start, stop in inner)
        ]
    return [function for function, _, _ in found]


def _is_method(spoken: list[str], at: int) -> bool:
    if not spoken[at][0].isalpha() or spoken[at] in _NO_NAMES or spoken[at + 1 : at + 2] != ["("]:
        return False
    if at and spoken[at - 1] not in ("{", ",", "async", "}", ";"):
        return False
    close = _close(spoken, at + 1)
    return spoken[close + 1 : close + 2] == ["{"]


def _head(spoken: list[str], at: int) -> tuple[str, int, bool, tuple[str, ...], int] | None:
    """(name, where it begins, async, parameters, where its body begins)."""
    if spoken[at] == "=>":
        first = _open(spoken, at - 1) if spoken[at - 1] == ")" else at - 1
        return "", first, spoken[first - 1] == "async", _parameters(spoken[first:at]), at + 1
    bracket = spoken.index("(", at)
    close = _close(spoken, bracket)
    if spoken[close + 1 : close + 2] != ["{"]:
        return None
    name = spoken[bracket - 1] if spoken[bracket - 1] not in ("function", "*") else ""
    return name, at, spoken[at - 1 : at] == ["async"], _parameters(spoken[bracket : close + 1]), close + 1


def _parameters(words: list[str]) -> tuple[str, ...]:
    """Names at any depth, by the name that the body knows; a default's words are not names, but ours have none."""
    following = [*words[1:], ""]
    return tuple(
        word
        for word, after in zip(words, following, strict=True)
        if (word[0].isalpha() or word[0] in "_$") and after != ":"
    )


def _close(spoken: list[str], start: int) -> int:
    depth = 0
    for at in range(start, len(spoken)):
        depth += (spoken[at] in ("(", "[", "{")) - (spoken[at] in (")", "]", "}"))
        if depth == 0:
            return at
    return len(spoken) - 1


def _open(spoken: list[str], start: int) -> int:
    depth = 0
    for at in range(start, -1, -1):
        depth += (spoken[at] in (")", "]", "}")) - (spoken[at] in ("(", "[", "{"))
        if depth == 0:
            return at
    return 0


def _end(spoken: list[str], body: int) -> int:
    """Where a body ends: at its brace, or where the expression of an arrow function does."""
    if spoken[body : body + 1] == ["{"]:
        return _close(spoken, body)
    depth = 0
    for at in range(body, len(spoken)):
        if depth == 0 and spoken[at] in (")", "]", "}", ",", ";"):
            return at - 1
        depth += (spoken[at] in ("(", "[", "{")) - (spoken[at] in (")", "]", "}"))
    return len(spoken) - 1
