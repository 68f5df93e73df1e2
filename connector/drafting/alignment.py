"""Which sentence of which source a statement rests on: sentences in a form in which they can be compared."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise

from connector.drafting.sentences import sentences
from connector.drafting.values import Value, find_values
from connector.drafting.vocabulary import COSTS_NOTHING, Word, folded_alike, is_negation, meanings, vocabulary

NEAR_ENOUGH = 0.12
"""What comes so close to the best fit may be what is meant."""

_BREAK = re.compile(r"[,;:()–—]|(?<!\w)(?:and|but|while|whereas|or|und|aber|sowie|wahrend|oder|sondern)(?!\w)")
_CLAUSE = re.compile(
    r"[,;:()–—]|(?<!\w)(?:but|while|whereas|aber|wahrend|sondern|if|wenn|falls|sofern|because|weil|without|ohne)(?!\w)"
    r"|(?<!\w)(?:and|und)(?=(?: \w+){0,3} (?:not|no|never|nicht|kein\w{0,2}|nie|without|ohne)(?!\w))"
)
_JOINT = re.compile(r"(?<!\w)(?:and|und)(?!\w)")
_MILD = frozenset(
    re.findall(
        r"\w+",
        "without ohne unless except excepting besides ausser skip avoid refrain verzichten verzichte verzichtet "
        "vermeiden",
    )
)
_EVEN = re.compile(r"(?<!\w)(?:not even|nicht einmal|not only|nicht nur)(?!\w)")
_LEFT_OUT = re.compile(r"(?<!\w)(?:lass\w*(?: \w+){0,4} weg|weglass\w*|leav\w* out|left out|omit\w*)(?!\w)")
_ANSWER = re.compile(r"^\s*(?:no|nein|yes|ja)\b\s*(?=[,.:–—-]|$)")
_HEADING = re.compile(r"^\s*#+\s*(.+)$")


# By which word a value is led: "until" 31 January is not "between ... and" 31 January.
_LEADING = {
    word: kind
    for kind, listed in {
        "until": "until till by bis spatestens within innerhalb",
        "from": "from since ab seit between zwischen",
        "and": "and und",
        "before": "before vor",
        "after": "after nach",
    }.items()
    for word in listed.split()
}
_FOLLOWED_BY = re.compile(r"\s(?:(after|nach|nachdem|from|ab)|(before|prior|vor|bevor))(?!\w)")
_LED_BY = re.compile(rf"(?<!\w)({'|'.join(_LEADING)})(?: (?:the|dem|den|der|zum|einschliesslich))?\s$")


@dataclass(frozen=True, slots=True)
class Clause:
    """A part of a sentence: what its words mean, and whether it says yes or no; `firmly` by a "not", which turns
    round what is said, rather than by a word that holds its own no ("unworn", "without")."""

    words: tuple[Word, ...]
    denies: bool
    folded: str
    firmly: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence with what its words mean and the values in it. `tokens`: all that they mean;
    `around`: what its heading means."""

    text: str
    folded: str
    words: tuple[Word, ...]
    values: tuple[Value, ...]
    clauses: tuple[Clause, ...]
    tokens: frozenset[str]
    around: frozenset[str] = frozenset()
    source: str = ""
    at: int = 0

    @property
    def denies(self) -> bool:
        """Whether the sentence as a whole says no: two noes are a yes."""
        return sum(clause.denies for clause in self.clauses) % 2 == 1


@lru_cache(maxsize=4096)
def read_line(text: str, around: frozenset[str] = frozenset(), source: str = "", at: int = 0) -> Line:
    """The sentence, read. Values of days and figures count as words, so that what stands beside them finds them."""
    folded = folded_alike(text)
    values = find_values(text)
    inside = [(value.start, value.end) for value in values if value.kind != "menu"]
    words = [word for word in meanings(text) if not any(word.start < end and start < word.end for start, end in inside)]
    words += [Word(_value_tokens(value), value.start, value.end) for value in values]
    words.sort(key=lambda word: word.start)
    tokens = frozenset().union(*(word.tokens for word in words))
    return Line(text, folded, tuple(words), values, _clauses(folded, words), tokens, around, source, at)


def _joints(folded: str, words: Sequence[Word]) -> Iterable[int]:
    """Where "and" joins two statements rather than two words."""
    ends = [0, *(match.start() for match in _JOINT.finditer(folded)), len(folded)]
    for before, at, after in zip(ends, ends[1:], ends[2:], strict=False):
        if all(sum(low <= word.start < high for word in words) >= 2 for low, high in ((before, at), (at, after))):
            yield at


def _value_tokens(value: Value) -> frozenset[str]:
    if value.kind == "days":
        return frozenset(f"#day{day}" for day in value.text)
    return frozenset((f"#{value.kind} {value.text}",))


def _clauses(folded: str, words: Sequence[Word]) -> tuple[Clause, ...]:
    cuts = [
        0,
        *sorted({match.start() for match in _CLAUSE.finditer(folded)} | set(_joints(folded, words))),
        len(folded),
    ]
    found = []
    for start, end in pairwise(cuts):
        part = folded[start:end]
        inside = tuple(word for word in words if start <= word.start < end)
        if inside:
            firm, mild = _noes(part)
            found.append(Clause(inside, (firm + mild) % 2 == 1, part, firm % 2 == 1))
    return tuple(found)


def _noes(folded: str) -> tuple[int, int]:
    """How many words say no by turning the clause round, and how many by holding a no of their own."""
    folded = _EVEN.sub(" ", COSTS_NOTHING.sub(" ", _ANSWER.sub("", folded)))
    words = re.findall(r"[^\W\d_]+(?:['’][^\W\d_]+)?", folded)
    firm = sum(is_negation(word) and word not in _MILD for word in words)
    mild = sum(word in _MILD for word in words) + sum(1 for _ in _LEFT_OUT.finditer(folded))
    for opposites in vocabulary().opposites:
        if opposites.axis == "polarity":
            mild += sum(1 for _ in opposites.minus.finditer(folded))
    return firm, mild


@lru_cache(maxsize=512)
def read_source(source_id: str, title: str, text: str) -> tuple[Line, ...]:
    """The sentences of a source, each with its heading and the source's title around it."""
    named = frozenset().union(*(word.tokens for word in meanings(title)))
    around = named
    found: list[Line] = []
    for row in text.splitlines():
        heading = _HEADING.match(row)
        if heading:
            around = named | frozenset().union(*(word.tokens for word in meanings(heading.group(1))))
        else:
            for sentence in sentences(row):
                found.append(read_line(sentence.lstrip("-•* "), around, source_id, len(found)))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Pool:
    """The sentences that a statement may rest on, with how telling each token is among them."""

    lines: tuple[Line, ...]
    weights: Mapping[str, float]
    places: Mapping[tuple[str, int], Line]
    memo: dict[frozenset[str], float] = field(default_factory=dict, compare=False, repr=False)
    found: dict[str, tuple[tuple[float, Line], ...]] = field(default_factory=dict, compare=False, repr=False)

    def beside(self, line: Line) -> frozenset[str]:
        """What the sentences right before and after it mean."""
        found = [self.places.get((line.source, line.at + step)) for step in (-1, 1)]
        return frozenset().union(*(other.tokens for other in found if other is not None))

    def weight(self, tokens: frozenset[str]) -> float:
        """How telling a word is: its rarest token counts."""
        found = self.memo.get(tokens)
        if found is None:
            found = self.memo[tokens] = max((self.weights.get(token, 1.0) for token in tokens), default=0.0)
        return found

    @property
    def wholes(self) -> Mapping[str, frozenset[str]]:
        """What each source means as a whole."""
        found: dict[str, set[str]] = {}
        for line in self.lines:
            found.setdefault(line.source, set()).update(line.tokens, line.around)
        return {source: frozenset(tokens) for source, tokens in found.items()}

    def windows(self) -> Iterable[frozenset[str]]:
        """What up to three sentences in a row mean together, with what stands over them."""
        for line in self.lines:
            yield line.tokens | line.around | self.beside(line)


def pool(lines: Iterable[Line]) -> Pool:
    """These sentences as a pool."""
    listed = tuple(lines)
    counts = Counter(token for line in listed for token in line.tokens)
    weights = {token: count**-0.5 for token, count in counts.items()}
    return Pool(listed, weights, {(line.source, line.at): line for line in listed})


@lru_cache(maxsize=2048)
def line_tokens(text: str) -> frozenset[str]:
    """What the words of a text mean, in any order."""
    return frozenset().union(*(word.tokens for word in meanings(text)))


def coverage(words: Sequence[Word], tokens: frozenset[str]) -> float:
    """The share of these words that stands there in some form; 1.0 for no words."""
    return sum(bool(word.tokens & tokens) for word in words) / len(words) if words else 1.0


def likeness(left: Sequence[Word], right: Sequence[Word], among: Pool) -> float:
    """How much two sentences or clauses say the same, 0 to 1: telling words count more."""
    there = frozenset().union(*(word.tokens for word in right))
    here = frozenset().union(*(word.tokens for word in left))
    shared = sum(among.weight(word.tokens & there) for word in left if word.tokens & there)
    shared += sum(among.weight(word.tokens & here) for word in right if word.tokens & here)
    total = sum(among.weight(word.tokens) for word in (*left, *right))
    return shared / total if total else 0.0


def closeness(left: Sequence[Word], right: Sequence[Word], among: Pool) -> float:
    """How much the right says what the left says, 0 to 1: also where it says much else besides."""
    there = frozenset().union(*(word.tokens for word in right))
    total = sum(among.weight(word.tokens) for word in left)
    inside = sum(among.weight(word.tokens & there) for word in left if word.tokens & there)
    contained = inside / total if total and len(left) > 1 else 0.0
    return max(likeness(left, right, among), 0.8 * contained)


def nearest(line: Line, among: Pool) -> tuple[tuple[float, Line], ...]:
    """The sentences most like this one, best first, as far as they are near the best."""
    if line.text not in among.found:
        ranked = sorted(
            ((closeness(line.words, other.words, among), other) for other in among.lines), key=lambda it: -it[0]
        )
        among.found[line.text] = tuple(item for item in ranked if item[0] >= ranked[0][0] - NEAR_ENOUGH)
    return among.found[line.text]


def context(line: Line, value: Value) -> tuple[tuple[frozenset[str], float], ...]:
    """The words that stand with a value in its sentence, and how closely: what another value of its kind lies
    nearer to belongs to that one. Figures and leading words ("until") tell more than others.
    """
    kind = [other for other in line.values if other.kind == value.kind and other is not value]
    found: list[tuple[frozenset[str], float]] = []
    if match := _LED_BY.search(line.folded, max(0, value.start - 20), value.start):
        found.append((frozenset((f"@{_LEADING[match.group(1)]}",)), 1.0))
    if match := _FOLLOWED_BY.match(line.folded, value.end):
        found.append((frozenset(("@ after" if match.group(1) else "@ before",)), 1.0))
    for word in line.words:
        if not (word.start < value.end and value.start < word.end):
            low, high = (word.end, value.start) if word.end <= value.start else (value.end, word.start)
            found.append((word.tokens, _closeness(line, word, value, kind, low, high)))
    return tuple(found)


def reach(found: Iterable[tuple[frozenset[str], float]]) -> dict[str, float]:
    """Each token of a context with its closeness."""
    tokens: dict[str, float] = {}
    for word, weight in found:
        for token in word:
            tokens[token] = max(tokens.get(token, 0.0), weight)
    return tokens


def _closeness(line: Line, word: Word, value: Value, kind: Sequence[Value], low: int, high: int) -> float:
    before = word.end <= value.start
    between = any(low <= other.start < high for other in kind)
    apart = bool(_BREAK.search(line.folded, low, max(low, high)))
    if between:
        # What stands before a whole list is said of each of its members.
        heads = before and all(word.end <= other.start for other in kind)
        return 0.6 if heads else 0.3
    if not apart:
        return 1.0
    beyond = any(other.start < word.start if before else other.start > word.start for other in kind)
    return 0.35 if beyond else 0.6
