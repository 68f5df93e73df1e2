"""The form of placeholders: `[PII_NAME_1]`.

The prefix keeps it apart from every word that people write; the number is counted over all kinds, so that a model that
mixes two up hits nothing. Models drop brackets, escape underscores for Markdown, add spaces and change the case: the
reading is as lenient as that, and the prefix in customers' own words is spelled apart beforehand.
"""

from __future__ import annotations

import re

from connector.masking.kinds import Kind

APART = "P.I.I."
"""What the prefix becomes where a customer wrote it: readable, and never read as a placeholder."""

_WORD = re.compile(r"(?<![^\W_])PII(?![^\W_])", re.IGNORECASE)
_GAP = r"(?:[ \t\\]{0,3}[_-][ \t\\]{0,3}|[ \t\\]{1,3})"
_READ = re.compile(
    rf"(?P<open>\\?\[[ \t]{{0,3}}|\{{{{1,2}}[ \t]{{0,3}})?{_WORD.pattern}{_GAP}(?P<kind>[^\W\d_]{{1,16}}){_GAP}"
    r"(?P<number>\d{1,6})(?!\d)(?P<close>[ \t]{0,3}(?:\\?\]|\}{1,2}))?",
    re.IGNORECASE,
)
_KINDS = "|".join(kind.value for kind in Kind)
_TRACE = re.compile(
    rf"{_WORD.pattern}(?:[ \t\\]{{0,3}}_|[ \t\\-]{{1,3}}(?:{_KINDS})(?![^\W_]))|[\[{{][ \t]{{0,3}}{_WORD.pattern}",
    re.IGNORECASE,
)
_BEFORE_CHARS = 80


def written(kind: Kind, number: int) -> str:
    """The placeholder of the value with this number."""
    return f"[PII_{kind.value.upper()}_{number}]"


def prefixes(text: str) -> list[tuple[int, int]]:
    """Where the prefix stands as a word."""
    return [match.span() for match in _WORD.finditer(text)]


def read(text: str) -> list[re.Match[str]]:
    """Everything that reads as a placeholder; the groups are open, kind, number and close."""
    return list(_READ.finditer(text))


def end(text: str, match: re.Match[str]) -> int:
    """Where the placeholder ends: a closing bracket alone is its own unless one was opened before it."""
    if match["close"] and not match["open"]:
        before = text[max(0, match.start() - _BEFORE_CHARS) : match.start()]
        if before.rfind("[") > before.rfind("]") or before.rfind("{") > before.rfind("}"):
            return match.start("close")
    return match.end()


def traces(text: str) -> list[str]:
    """What is left of placeholders beyond reading, in words for a report."""
    return [text[match.start() : match.end() + 12].split("\n")[0].strip() for match in _TRACE.finditer(text)]
