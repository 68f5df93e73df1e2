"""Look-alikes: words that turn a harmless-looking intent into another matter, from `mappings/lexicon/lookalikes.toml`.

They can only hold back: the other intent is added to what the message raises, nothing is taken away.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass

from connector import starters
from connector.errors import ConfigurationError
from connector.once import once
from connector.triage.lexicon import pattern
from connector.triage.sentences import MAX_CHARS, fold

_FILE = "lexicon/lookalikes.toml"
_KEYS = {"id", "reads_as", "is", "words"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookalike:
    """What reads as one of these intents is a matter of another one when one of the words stands in it."""

    id: str
    reads_as: frozenset[str]
    matter: str
    pattern: re.Pattern[str]


def lookalikes(text: str, intent: str) -> tuple[tuple[Lookalike, str], ...]:
    """The look-alikes of this intent in the text, with the words found."""
    rows = [row for row in _rows() if intent in row.reads_as]
    folded = fold(text[:MAX_CHARS]) if rows else ""
    return tuple((row, match.group()) for row in rows if (match := row.pattern.search(folded)))


@once
def _rows() -> tuple[Lookalike, ...]:
    try:
        table = tomllib.loads(starters.text(_FILE))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{_FILE}: not valid TOML: {error}") from error
    return tuple(_row(number, row) for number, row in enumerate(table.get("lookalike", ()), start=1))


def _row(number: int, row: object) -> Lookalike:
    if not isinstance(row, dict) or set(row) != _KEYS:
        raise ConfigurationError(f"{_FILE}: row {number}: write {', '.join(sorted(_KEYS))} and nothing else")
    lists = (row["reads_as"], row["words"])
    if not all(
        isinstance(listed, list) and listed and all(isinstance(word, str) for word in listed) for listed in lists
    ):
        raise ConfigurationError(f"{_FILE}: row {number}: reads_as and words: write lists of texts")
    return Lookalike(
        id=str(row["id"]),
        reads_as=frozenset(row["reads_as"]),
        matter=str(row["is"]),
        pattern=pattern(fold(word) for word in row["words"]),
    )
