"""Where a statement says something else than the sentence it rests on: a value of another matter, or the contrary."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from connector.drafting.alignment import NEAR_ENOUGH, Clause, Line, Pool, closeness, context, nearest, reach
from connector.drafting.courtesy import is_thanks
from connector.drafting.names import places
from connector.drafting.values import Value
from connector.drafting.vocabulary import Opposites, Word, vocabulary

_MARGIN = 0.25
_MONEY_MARGIN = 0.1
_WHOLE = 0.5
"""What it tells that the sentences are alike as a whole."""

_OTHER_UNIT = 0.8
_HEADING, _BESIDE = 0.45, 0.12
_HALF = 0.55
_ALIKE = 0.5
"""From here on two clauses are about the same thing."""

_OUT_OF_PLACE = 0.12
"""A value whose surroundings share less than this with any place where it stands was taken from elsewhere."""

_CLOCKS = ("time", "hours")


def misplaced(line: Line, among: Pool, told: Sequence[Line]) -> str:
    """A value of the statement that its sources do not give in this place; empty if there is none.

    `told`: the customer's own sentences, whose figures may be repeated where the sources give no other in that place
    (`support` has a person look at his amounts, dates and periods).
    """
    if found := _twice(line, among):
        return found
    for value in line.values:
        if value.kind == "near":
            continue  # compared with the whole proof
        if found := _misplaced(line, value, among, told):
            return found
    return ""


def _twice(line: Line, among: Pool) -> str:
    """A day that a sentence gives for two things, where a look-up gave one day for each."""
    days = [value.text for value in line.values if value.kind == "date"]
    found = [
        value.text
        for other in among.lines
        if other.source.startswith("lookup:")
        for value in other.values
        if value.kind == "date"
    ]
    twice = next((day for day in days if days.count(day) > found.count(day) > 0), "")
    return f"{twice} stands for two things" if twice and set(found) - set(days) else ""


def _misplaced(line: Line, value: Value, among: Pool, told: Sequence[Line]) -> str:
    own = context(line, value)
    right = wrong = 0.0
    known = found = False
    instead: Value | None = None
    for other, there in _places(value, among.lines):
        score = _shared(own, reach(context(other, there)), other, among)
        score += _WHOLE * closeness(line.words, other.words, among)
        if _agrees(value, there):
            known = True
            found = found or other.source.startswith("lookup:")
            right = max(right, score)
        elif score > wrong and _competes(line, value, other, there):
            wrong, instead = score, there
    most = sum(weight * among.weight(tokens) for tokens, weight in own)
    if not known:
        if any(_agrees(value, there) for _, there in _places(value, told)):
            if instead is None or wrong < 0.6 * most:
                return ""
            return f"{value.text} stands for something else: the source says {instead.text}"
        return f"not in the source for this: {value.text}"
    if instead is not None and wrong > right + _margin(value, instead) and not _both(line, value, instead, among):
        return f"{value.text} stands for something else: the source says {instead.text}"
    if known and _exchanged(line, value, among):
        return f"{value.text} stands for something else: it has changed places with another"
    # What was looked up is of this customer; which of its days is meant was compared above.
    if not found and len(own) >= 4 and right < _OUT_OF_PLACE * most:
        return f"{value.text} stands for something else in the source"
    return ""


def _margin(value: Value, instead: Value) -> float:
    """Hours are hardly ever taken for days."""
    if value.kind == "money":
        return _MONEY_MARGIN
    return _MARGIN if value.unit == instead.unit or value.kind != "span" else _OTHER_UNIT


def _both(line: Line, value: Value, instead: Value, among: Pool) -> bool:
    """Whether the statement gives the other value as well, and the two fit better as they stand than changed over."""
    others = [other for other in line.values if other is not value and other.kind == instead.kind]
    other = next((other for other in others if _agrees(other, instead)), None)
    if other is None or _agrees(other, value):
        return False
    own, theirs = _apart_from(line, value, other), _apart_from(line, other, value)
    here, there = _fits(own, value, among), _fits(theirs, other, among)
    changed = _fits(own, other, among) + _fits(theirs, value, among)
    return changed <= here + there + _MARGIN


def _exchanged(line: Line, value: Value, among: Pool) -> bool:
    """Whether this value and the one before it fit better changed over."""
    before = [other for other in line.values if other.kind == value.kind and other.end <= value.start]
    if not before or before[-1].text == value.text:
        return False
    own, theirs = _apart_from(line, value, before[-1]), _apart_from(line, before[-1], value)
    as_they_stand = _fits(own, value, among) + _fits(theirs, before[-1], among)
    other_way = _fits(own, before[-1], among), _fits(theirs, value, among)
    return min(other_way) > 0 and sum(other_way) > as_they_stand + _MARGIN


def _apart_from(line: Line, value: Value, other: Value) -> tuple[tuple[frozenset[str], float], ...]:
    """The words around a value without the other one, which stands beside it either way."""
    return tuple(item for item in context(line, value) if f"#{other.kind} {other.text}" not in item[0])


def _fits(own: Sequence[tuple[frozenset[str], float]], value: Value, among: Pool) -> float:
    """How well a value would stand among these words."""
    return max(
        (
            _shared(own, reach(context(other, there)), other, among)
            for other, there in _places(value, among.lines)
            if _agrees(value, there)
        ),
        default=0.0,
    )


def _places(value: Value, lines: Sequence[Line]) -> Iterator[tuple[Line, Value]]:
    for line in lines:
        for there in line.values:
            if there.kind == value.kind or (there.kind in _CLOCKS and value.kind in _CLOCKS) or value.kind == "count":
                yield line, there


def _agrees(value: Value, there: Value) -> bool:
    if value.kind == "days":
        return there.kind == "days" and set(value.text) <= set(there.text)
    if value.kind == "date":
        return value.text == there.text and (not value.unit or not there.unit or value.unit == there.unit)
    if value.kind == "time":
        return value.text in (there.low, there.high)
    if value.kind == "span":
        # "within 4 days" is true where it takes 2 to 4; "2 days" is not.
        return value.text == there.text or (value.unit == there.unit and value.low == value.high == there.high)
    if value.kind == "count":
        return value.text in (there.text, there.low, there.high, *re.findall(r"[\d.]+", there.text))
    return value.text == there.text


def _competes(line: Line, value: Value, other: Line, there: Value) -> bool:
    """Whether the other value could stand in this one's place. Figures only where they count the same thing."""
    if value.kind == "count":
        return there.kind == "count" and bool(_counted(line, value) & _counted(other, there))
    if value.kind == "span":
        return True
    if value.kind == "time":
        return there.kind in _CLOCKS
    return there.kind == value.kind


def _counted(line: Line, value: Value) -> frozenset[str]:
    """What a figure counts: the next word."""
    return next((word.tokens for word in line.words if value.end <= word.start <= value.end + 3), frozenset())


def counts_another(line: Line, among: Pool, told: Sequence[Line]) -> bool:
    """Whether a figure counts what no sentence that holds the figure, nor the one beside it, speaks of."""
    for value in line.values:
        counted = _counted(line, value) if value.kind == "count" else frozenset()
        there = [other for other, found in _places(value, (*among.lines, *told)) if _agrees(value, found)]
        if (
            counted
            and there
            and not any(counted & (other.tokens | other.around | among.beside(other)) for other in there)
        ):
            return True
    return False


def _shared(
    own: Sequence[tuple[frozenset[str], float]], theirs: Mapping[str, float], other: Line, among: Pool
) -> float:
    near = among.beside(other)
    score = 0.0
    for tokens, weight in own:
        best = 0.0
        for token in tokens:
            stands = theirs.get(token) or (_HEADING if token in other.around else _BESIDE if token in near else 0.0)
            # A day, another figure or "until" beside it tells more than a word.
            best = max(best, stands * among.weights.get(token, 1.0) * (1.5 if token[0] in "#@" else 1.0))
        score += weight * best
    return score


def contrary(line: Line, among: Pool) -> str:
    """How the statement says the contrary of the sentence nearest to it; empty if it does not."""
    if is_thanks(line.text):
        return ""
    close = nearest(line, among) if among.lines else ()
    close = tuple(item for item in close if not item[1].source.startswith("lookup:"))  # a list of names says nothing
    if not close or close[0][0] < _ALIKE * 0.7:
        return ""
    near = [other for _, other in close]
    if _turned(line.clauses, near, among):
        return "says the contrary of its source (a “not” too many or too few)"
    for opposites in vocabulary().opposites:
        if opposites.axis != "direction":
            continue
        if side := _side(line.folded, opposites):
            sides = {_side(other.folded, opposites) for score, other in close if score >= _ALIKE * 0.8}
            if sides == {-side}:
                return f"says the contrary of its source (“{_word(line.folded, opposites, side)}”)"
        elif found := _apart(line, near, opposites, among):
            return f"says the contrary of its source (“{found}”)"
    return ""


def _apart(line: Line, lines: Sequence[Line], opposites: Opposites, among: Pool) -> str:
    """Which of two opposites, both of which a sentence names, stands where its source has the other."""
    if not opposites.plus.search(line.folded) or len(line.clauses) < 2:
        return ""
    there = [other for near in lines for other in near.clauses]
    for clause in line.clauses:
        side = _side(clause.folded, opposites)
        scores = [closeness(clause.words, other.words, among) for other in there] if side else []
        best = max(scores, default=0.0)
        if best >= _ALIKE and {
            _side(other.folded, opposites) for other, score in zip(there, scores, strict=True) if score >= best - 0.01
        } == {-side}:
            return _word(clause.folded, opposites, side)
    return ""


def _turned(clauses: Sequence[Clause], lines: Sequence[Line], among: Pool) -> bool:
    """Whether a clause says no where all that is like it says yes, or the other way round."""
    there = [other for line in lines for other in line.clauses]
    there += [
        Clause(line.words, denies=False, folded=line.folded)
        for line in lines
        if not any(clause.denies for clause in line.clauses)
    ]
    pairs: list[tuple[Clause, list[int]]] = []
    for clause in clauses:
        scores = [closeness(clause.words, other.words, among) for other in there]
        best = max(scores, default=0.0)
        if best >= _ALIKE:
            pairs.append((clause, [at for at, score in enumerate(scores) if score >= best - NEAR_ENOUGH]))
    # One clause of a source may be told in two: what one of them says rightly, the other need not say again.
    right = {at for clause, near in pairs for at in near if there[at].denies == clause.denies}
    turned = [(clause, near) for clause, near in pairs if not right & set(near)]
    if not turned:
        return _odd(clauses, lines, among)
    # A no within a word may stand in another place: "unworn items can be returned" is "if you have not worn it, ...".
    alike = sum(clause.denies for clause in clauses) % 2 in {int(line.denies) for line in lines}
    return any(clause.firmly or any(there[at].firmly for at in near) or not alike for clause, near in turned)


def _odd(clauses: Sequence[Clause], lines: Sequence[Line], among: Pool) -> bool:
    """Whether one sentence says all that its source says, and each half of it, with a “not” more or less."""
    words = tuple(word for clause in clauses for word in clause.words)
    firm = sum(clause.firmly for clause in clauses)
    for line in lines:
        same = all(closeness(clause.words, words, among) >= _HALF for clause in line.clauses)
        if not same or not all(closeness(clause.words, line.words, among) >= _HALF for clause in clauses):
            return False
        mild = sum(clause.denies and not clause.firmly for clause in (*line.clauses, *clauses))
        if mild or firm == sum(clause.firmly for clause in line.clauses):
            return False
    return bool(lines)


def _side(folded: str, opposites: Opposites) -> int:
    """1 or -1: which of the two lists speaks; 0 for none or both."""
    rest = opposites.minus.sub(" ", folded)
    plus, minus = bool(opposites.plus.search(rest)), rest != folded
    return plus - minus


def _word(folded: str, opposites: Opposites, side: int) -> str:
    match = (opposites.plus if side > 0 else opposites.minus).search(folded)
    return match.group() if match else ""


_REGIONS = frozenset(("eu", "europe", "europa"))


def _is_of_customer(word: Word, line: Line, among: Pool, told: Sequence[Line]) -> bool:
    """Whether the customer named the place, and the source speaks of no place there, or of the region around it."""
    if not any(word.tokens & other.tokens for other in told) or any(
        word.tokens & other.tokens for other in among.lines
    ):
        return False
    spoken = {
        other.folded[there.start : there.end] for _, other in nearest(line, among) for there in other.words
    } & places()
    return spoken <= _REGIONS


def elsewhere(line: Line, among: Pool, told: Sequence[Line]) -> str:
    """A country or town that the sentence nearest to the statement does not speak of; empty if there is none."""
    named = [word for word in line.words if line.folded[word.start : word.end] in places()]
    if not named or not among.lines:
        return ""
    near = [other.tokens | other.around for _, other in nearest(line, among)]
    for word in named:
        if _is_of_customer(word, line, among, told):
            continue
        if not any(word.tokens & tokens for tokens in near):
            return f"{line.text[word.start : word.end]} is not what the source speaks of here"
    return ""
