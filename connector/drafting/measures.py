"""Words that measure without a figure ("at any time", "twice", "per day"): `mappings/lexicon/measures.toml`."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

from connector import starters
from connector.drafting.alignment import Pool, read_line
from connector.drafting.quantities import NUMBERS
from connector.drafting.statements import is_courtesy
from connector.drafting.vocabulary import Word, folded_alike
from connector.errors import ConfigurationError

_FILE = "lexicon/measures.toml"
_KEYS = {"meaning", "words", "reason"}
_FIGURE = rf"(?= (?:\w+ ){{0,2}}?[€$£]?(?:\d|(?:{'|'.join(NUMBERS)})\b))"
_NO = r"(?<!not )(?<!no )(?<!never )(?<!nicht )(?<!nie )"  # "not longer than" is "at most"
# A figure with a sign that takes more or less in than itself.
_BOUNDS = (
    ("minus", re.compile(r"(?<=\s)[-−–][€$£]?\d")),
    ("more than", re.compile(r"\d ?\+(?!\w)|[>≥] ?\d")),
    ("less than", re.compile(r"[<≤] ?\d")),
)


@lru_cache(maxsize=4096)
def measures(text: str) -> frozenset[str]:
    """What the measuring words of a text mean."""
    folded = folded_alike(text)
    pattern, named = _table()
    found = {named[match.lastgroup or ""] for match in pattern.finditer(folded)}
    return frozenset(found | {meaning for meaning, sign in _BOUNDS if sign.search(folded)})


def unmeasured(sentence: str, among: Pool, headings: str) -> bool:
    """Whether the sentence measures as neither these headings do nor a sentence of its sources about the same thing."""
    own = measures(sentence) - measures(headings)
    meant = _meant(sentence) if own else ()
    if all(map(is_courtesy, meant)):  # "write to us at any time" is polite
        return False
    said = frozenset().union(*(word.tokens for word in meant))
    near = [line for line in among.lines if own & measures(line.text) and said & (line.tokens | line.around)]
    return bool(own.difference(*(measures(line.text) for line in near)))


def _meant(sentence: str) -> tuple[Word, ...]:
    """What it says besides."""
    line = read_line(sentence)
    spans = [match.span() for match in _table()[0].finditer(line.folded)]
    return tuple(word for word in line.words if not any(word.start < end and start < word.end for start, end in spans))


def _choice(words: Iterable[str]) -> str:
    ordered = sorted(map(folded_alike, words), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word.rstrip("*")) + (r"\w*" if word.endswith("*") else "") for word in ordered)


@cache
def _table() -> tuple[re.Pattern[str], Mapping[str, str]]:
    """One pattern over folded text with a group for each row, and what each group means. ConfigurationError."""
    try:
        rows = tomllib.loads(starters.text(_FILE)).get("row", [])
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{_FILE}: not valid TOML: {error}") from error
    named: dict[str, str] = {}
    parts = []
    for number, row in enumerate(rows):
        before = row.pop("before_figures", ())
        if set(row) != _KEYS or not row["words"] or not row["reason"]:
            raise ConfigurationError(f"{_FILE}: a row has {', '.join(sorted(_KEYS))}, none of them empty: {row!r}")
        named[f"r{number}"] = row["meaning"]
        choice = _choice(row["words"]) + (f"|{_NO}(?:{_choice(before)}){_FIGURE}" if before else "")
        parts.append(f"(?P<r{number}>{choice})")
    return re.compile(rf"(?<!\w)(?:{'|'.join(parts)})(?!\w)"), named
