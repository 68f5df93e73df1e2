"""Promises in other words than the source's: allowed only where the source makes the same one, as firmly, as far."""

from __future__ import annotations

import re

from connector.drafting.alignment import Line, Pool, coverage
from connector.drafting.commitments import find_deed, find_promise, is_denied, is_hedged, promised, says_done
from connector.drafting.contradictions import contrary

_SHARED = 0.5
"""So much of what a promise is about has to stand in the sentence that makes it."""

_AROUND = 0.65
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
_IF = re.compile(r"^\W*(?:if|when|wenn|falls|sofern)\b")


def is_made(line: Line, among: Pool, beside: frozenset[str]) -> bool:
    """Whether a source makes the promise of this statement, or it promises nothing.

    `beside`: the values of the draft's neighbouring sentences, where a condition may stand as well.
    """
    if is_denied(line.text):
        return not contrary(line, among)
    phrase = f"{find_promise(line.text)} {find_deed(line.text)}"
    kinds = promised(phrase)
    if not kinds or contrary(line, among):
        return False
    return any(_makes(source, line, kinds, among, beside) for source in among.lines)


def _makes(source: Line, line: Line, kinds: frozenset[str], among: Pool, beside: frozenset[str]) -> bool:
    if not _same_kinds(source, line, kinds, among):
        return False
    matter = [word for word in line.words if not promised(line.text[word.start : word.end])]
    near = source.tokens | source.around
    wide = near | among.beside(source)
    if not any(word.tokens & wide for word in matter):
        return False
    if coverage(matter, near) < _SHARED and coverage(matter, wide) < _AROUND:
        return False
    if says_done(line.text) and not says_done(source.text):
        return False
    if not _is_as_open(source, line):
        return False
    # Who leaves out "from 75 EUR" promises more than the source does.
    given = {value.text for value in line.values} | beside
    alike = {value.kind for value in source.values if value.text in given}
    return all(value.text in given or value.kind in alike for value in source.values if value.kind in _CONDITIONS)


def _same_kinds(source: Line, line: Line, kinds: frozenset[str], among: Pool) -> bool:
    made = promised(source.text)
    if kinds <= _LIGHT and promised(line.text) <= made | _LIGHT:
        matter = [word for word in line.words if not promised(line.text[word.start : word.end])]
        return len(matter) > 1 and coverage(matter, source.tokens | source.around) >= _AROUND
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
    if not is_hedged(_FREE_TO.sub(" ", source.text) if firm else source.text) or is_hedged(line.text):
        return True
    conditions = [clause for clause in source.clauses if _IF.search(clause.folded)]
    return bool(conditions) and all(coverage(clause.words, line.tokens) >= _SHARED for clause in conditions)
