"""Which sentences of a reply hold for everybody, and not only for the customer who got it. Pure.

A sentence stays only if nothing personal, no figure and no promise stands in it and none of the phrases in
`mappings/replies.toml` says that it speaks of one case. What follows one that goes, in its paragraph, may rest on it
and goes too; where it may have limited the others, the whole paragraph goes.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from connector.drafting.figures import is_figure_free
from connector.drafting.names import unknown_name
from connector.drafting.sentences import content_stems, fold, sentences
from connector.errors import ConfigurationError
from connector.masking import Masking, find_spans
from connector.model import Ticket

LEAST_WORDS = 4
"""A sentence with fewer says nothing by itself."""
LEAST_MEANING = 5
"""So many words of meaning a reply must keep to be a source."""
LONGEST = 600
"""Characters of one sentence; what is longer is a table or a log."""

_KINDS = ("single", "courtesy", "leaning", "limits")
_NEVER = re.compile(r"^>|[?\[\]{}<|_=]")  # quotes, questions, slots, placeholders, mark-up
_GREETED = re.compile(
    r"(?:hello|hi|hey|dear|good (?:morning|afternoon|evening)|hallo|moin|guten (?:tag|morgen|abend)|liebe[rs]?|"
    r"sehr geehrte[rs]?)\b[^,.!?:]{0,60}[,!]\s+(?=\w)",
    re.IGNORECASE,
)
_COURTESY_WORDS = 10
"""A longer sentence that begins as a courtesy says something."""
_BULLET = re.compile(r"^\s*(?:[-*•–]|\d{1,2}[.)])\s+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrases:
    """The phrases of one language, each kind as one pattern over folded text between spaces."""

    single: re.Pattern[str]
    courtesy: re.Pattern[str]
    leaning: re.Pattern[str]
    limits: re.Pattern[str]


def parse_phrases(text: str) -> Mapping[str, Phrases]:
    """The phrases by language. ConfigurationError names the table at fault."""
    try:
        data = tomllib.loads(text)
    except ValueError as error:
        raise ConfigurationError(f"replies.toml: not valid TOML: {error}") from error
    found = {}
    for language, table in data.items():
        if not isinstance(table, dict) or set(table) != set(_KINDS):
            raise ConfigurationError(f"replies.toml: [{language}] needs {', '.join(_KINDS)}")
        if not all(isinstance(words, list) and words and all(map(str.strip, words)) for words in table.values()):
            raise ConfigurationError(f"replies.toml: [{language}] must hold lists of phrases")
        found[language] = Phrases(
            single=_anywhere(table["single"]),
            courtesy=_at_start(table["courtesy"]),
            leaning=_at_start(table["leaning"]),
            limits=_anywhere(table["limits"]),
        )
    return found


def _anywhere(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(f" {_any_of(phrases)} ")


def _at_start(phrases: Sequence[str]) -> re.Pattern[str]:
    return re.compile(f"^ {_any_of(phrases)} ")


def _any_of(phrases: Sequence[str]) -> str:
    return f"(?:{'|'.join(re.escape(_words(phrase)).replace(re.escape('*'), '[^ ]*') for phrase in phrases)})"


def _words(text: str) -> str:
    """The words as they are compared; an apostrophe belongs to its word, "*" to a phrase."""
    return " ".join(re.findall(r"[\w'*]+", fold(text.replace("’", "'"))))


def general_text(
    text: str,
    ticket: Ticket,
    language: str,
    phrases: Phrases,
    masking: Masking,
    *,
    people: Collection[str] = (),
    spared: Collection[str] = (),
) -> str:
    """What of a reply holds in general, paragraph by paragraph; empty where that is too little to answer anything.

    `people` are others who may be named in it; `spared` are names that are nobody's.
    """
    spans = find_spans([text], ticket, masking, people=people)[0]
    hidden = [(span.start, span.end) for span in spans]
    known = frozenset(word for name in spared for word in re.findall(r"\w+", fold(name)))
    lines = []
    at, lost = 0, False
    for line in text.splitlines(keepends=True):
        parts = _placed(line, at)
        at += len(line)
        read = [_Read.of(part, begin, hidden, language, phrases, known) for part, begin in parts]
        kept, lost = _kept(read, lost=lost)
        bullet = "- " if _BULLET.match(line) else ""
        lines.append(f"{bullet}{' '.join(kept)}" if kept else "")
    whole = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return whole if len(content_stems(whole, [language])) >= LEAST_MEANING else ""


def _placed(line: str, offset: int) -> list[tuple[str, int]]:
    """The sentences of a line without a greeting before them, each with where it begins in the whole text."""
    found = []
    at = 0
    for sentence in sentences(line):
        begin = max(line.find(sentence, at), at)
        at = begin + len(sentence)
        greeted = _GREETED.match(sentence)
        skipped = greeted.end() if greeted else 0
        found.append((sentence[skipped:], offset + begin + skipped))
    return found


@dataclass(frozen=True, slots=True)
class _Read:
    """One sentence: whether it holds in general, says nothing, leans on the one before, or may limit the others."""

    text: str
    general: bool
    courtesy: bool
    leaning: bool
    limits: bool

    @classmethod
    def of(
        cls,
        sentence: str,
        begin: int,
        hidden: Sequence[tuple[int, int]],
        language: str,
        phrases: Phrases,
        known: Collection[str],
    ) -> _Read:
        text = _BULLET.sub("", sentence).strip()
        folded = f" {_words(text)} "
        personal = any(start < begin + len(sentence) and begin < end for start, end in hidden)
        courtesy = len(folded.split()) <= _COURTESY_WORDS and phrases.courtesy.match(folded) is not None
        general = (
            not personal
            and not courtesy
            and len(folded.split()) >= LEAST_WORDS
            and len(text) <= LONGEST
            and not _NEVER.search(text)
            and not phrases.single.search(folded)
            and is_figure_free(text)
            and not unknown_name(text, language, known, ())
        )
        leaning, limits = phrases.leaning.match(folded), phrases.limits.search(folded)
        shown = text[:1].upper() + text[1:]  # after a greeting's comma it began small
        return cls(shown, general, courtesy, leaning is not None, limits is not None)


def _kept(read: Sequence[_Read], *, lost: bool) -> tuple[list[str], bool]:
    """The sentences up to the first that goes, for what follows may rest on it, and whether one went.

    `lost`: one went on the lines before.
    """
    said = [item for item in read if not item.courtesy]
    whole = all(item.general for item in said)
    if any(item.limits and not item.general for item in said) or (lost and said and said[0].leaning):
        return [], lost or bool(said)
    return [item.text for item in takewhile(lambda item: item.general, said)], lost or not whole
