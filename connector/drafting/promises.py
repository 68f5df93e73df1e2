"""Promises in other words than the source's: allowed only where the source makes the same one, as firmly, as far."""

from __future__ import annotations

import re

from connector.drafting.alignment import Clause, Line, Pool
from connector.drafting.commitments import find_deed, find_promise, is_denied, is_hedged, promised, says_done
from connector.drafting.contradictions import contrary
from connector.drafting.morphology import stock
from connector.drafting.support import share_in, tells
from connector.drafting.vocabulary import Word, folded_alike

_SHARED = 0.34
"""So much of what a promise is about has to stand in the sentence that makes it."""

_AROUND = 0.5
"""So much where it stands in that sentence and those beside it."""

_LIGHT = frozenset(("send", "offer"))
"""Words that name how something comes to the customer: "you get it for 14.90 EUR" is what it costs."""

_FACTS = frozenset(("free", "assure"))
_CONDITIONS = ("money", "percent", "span", "date", "count")

# What the customer may do leaves nothing open, what he may get does.
_FREE_TO = re.compile(
    r"\b(?:you (?:can|may)|(?:können|kann) (?:sie|man)|(?:sie|man) (?:können|kann))\b"
    r"(?! (?:be|get|receive|have|erhalten|bekommen))",
    re.IGNORECASE,
)
_WE = re.compile(r"\b(?:we|our|us|wir|unser\w{0,2}|uns)\b", re.IGNORECASE)
_IF = re.compile(r"^\W*(?:if|when|wenn|falls|sofern)\b")


def is_made(line: Line, among: Pool, beside: frozenset[str]) -> bool:
    """Whether a source makes the promise of this statement, or it promises nothing.

    `beside`: the values of the draft's neighbouring sentences, where a condition may stand as well.
    """
    if is_denied(line.text):
        return not contrary(line, among)
    phrase = f"{find_promise(line.text)} {find_deed(line.text)}"
    kinds = promised(phrase)
    if contrary(line, among):
        return False
    if kinds and kinds <= _LIGHT and not promised(line.text) - _LIGHT - _same_anywhere(among):
        return _is_known(line, among)
    return any(_makes(source, line, kinds, among, beside) for source in among.lines)


def _same_anywhere(among: Pool) -> frozenset[str]:
    return frozenset().union(*(promised(source.text) for source in among.lines))


def _is_known(line: Line, among: Pool) -> bool:
    """Whether the sources speak of what comes to the customer: how it comes is no promise of its own."""
    matter = _matter(line)
    return share_in(line, matter, among.lines) >= _SHARED


def _makes(source: Line, line: Line, kinds: frozenset[str], among: Pool, beside: frozenset[str]) -> bool:
    if not (_same_kinds(source, line, kinds, among) if kinds else _same_deed(source, line)):
        return False
    matter = _matter(line)
    here = share_in(line, matter, (source,))
    if not here or (here < _SHARED and share_in(line, matter, among.around(source)) < _AROUND):
        return False
    if says_done(line.text) and not says_done(source.text):
        return False
    if not _is_as_open(source, line):
        return False
    # Who leaves out "from 75 EUR" promises more than the source does.
    given = {value.text for value in line.values} | beside
    alike = {value.kind for value in source.values if value.text in given}
    return all(value.text in given or value.kind in alike for value in source.values if value.kind in _CONDITIONS)


def _same_deed(source: Line, line: Line) -> bool:
    """Whether the source says of us what this sentence says that we do: the last word of "we will deduct"."""
    deed = folded_alike(find_deed(line.text)).split()
    return bool(deed) and len(deed[-1]) > 3 and stock(source.text).has(deed[-1]) and bool(_WE.search(source.text))


def _matter(line: Line) -> list[Word]:
    """What a promise is about: its telling words and figures, without those that promise."""
    return [
        word
        for word in line.words
        if any(token[0] == "#" for token in word.tokens)
        or (tells(word, line.folded[word.start : word.end]) and not promised(line.text[word.start : word.end]))
    ]


def _same_kinds(source: Line, line: Line, kinds: frozenset[str], among: Pool) -> bool:
    made = promised(source.text)
    if kinds <= _LIGHT and promised(line.text) <= made | _LIGHT:
        matter = _matter(line)
        return len(matter) > 1 and share_in(line, matter, among.around(source)) >= _SHARED
    if not kinds <= made | _LIGHT or not kinds & made or not _turns(source, kinds) & _turns(line, kinds):
        return False
    # That something is possible is no promise to do it; that it is free, or guaranteed, is one in any words.
    return (
        not (kinds - _LIGHT - _FACTS)
        or not find_deed(line.text)
        or bool(find_deed(source.text) or find_promise(source.text))
    )


def _turns(line: Line, kinds: frozenset[str]) -> set[bool]:
    """Whether the clauses that speak of the promise say yes or no."""
    spoken = {
        clause.denies
        for clause in line.clauses
        if promised(line.text[clause.words[0].start : clause.words[-1].end]) & kinds
    }
    return spoken or {line.denies}


def _is_as_open(source: Line, line: Line) -> bool:
    """Whether the statement leaves as much open as its source, or says in its own words under which condition."""
    firm = not promised(source.text) & {"refund", "credit", "gift"}
    spoken = _spoken(source, promised(f"{find_promise(line.text)} {find_deed(line.text)}"))
    if not is_hedged(_FREE_TO.sub(" ", spoken) if firm else spoken) or is_hedged(line.text):
        return True
    conditions = [clause for clause in source.clauses if _IF.search(clause.folded)]
    return bool(conditions) and all(_is_met(source, clause, line) for clause in conditions)


def _spoken(source: Line, kinds: frozenset[str]) -> str:
    """The clauses of a source that make the promise, and its conditions; all of it where none does."""
    texts = [clause.folded for clause in source.clauses if promised(clause.folded) & kinds or _IF.search(clause.folded)]
    return " ".join(texts) if any(promised(text) & kinds for text in texts) else source.text


def _is_met(source: Line, clause: Clause, line: Line) -> bool:
    """Whether the statement speaks of what the source asks for."""
    figures = {token for word in clause.words for token in word.tokens if token[0] == "#"}
    if figures:
        return figures <= line.tokens
    asked = [word for word in clause.words if tells(word, source.folded[word.start : word.end])]
    return share_in(source, asked or clause.words, (line,)) >= _SHARED
