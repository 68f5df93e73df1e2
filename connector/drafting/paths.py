"""Paths through a menu ("Settings > Billing > Invoices"), told from the words that stand around them."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import lru_cache

from connector.drafting.sentences import fold

_STEP = r"[\w&-]{1,40}(?: [\w&-]{1,40}){0,3}"
_PATH = re.compile(rf"(?<![\w&-]){_STEP}(?: ?[>›→] ?{_STEP}){{1,6}}")
_ARROW = re.compile(r" ?[>›→] ?")
_JOINING = frozenset(("and", "or", "und", "oder", "to", "um", "in", "im", "for", "fur", "if", "wenn", "ein", "aus"))
_GOES_ON = re.compile(r" ?[\w&-]")


@dataclass(frozen=True, slots=True)
class Path:
    """The words of each step. Before the first and after the last step words of the sentence may stand, too;
    `ends`: none stand after it."""

    steps: tuple[tuple[str, ...], ...]
    text: str
    ends: bool

    def written(self, at: int) -> tuple[str, ...]:
        """A step as it is written."""
        return tuple(_ARROW.split(self.text)[at].split())[: len(self.steps[at])]

    def agrees(self, known: Path) -> bool:
        """Whether both lead to the same place, or this one leads along the other."""
        first, last, inside = self.steps[0], self.steps[-1], self.steps[1:-1]
        for at in range(len(known.steps) - len(self.steps) + 1):
            theirs = known.steps[at : at + len(self.steps)]
            last_of_all = at == len(known.steps) - len(self.steps)
            whole = last_of_all and known.ends
            begins = first[-1] == theirs[0][-1] if at == 0 else first[-len(theirs[0]) :] == theirs[0]
            if not begins or inside != theirs[1:-1]:
                continue
            if _same_end(last, theirs[-1], ends=self.ends, whole=whole) or (
                _same_noun(self.written(-1), known.written(at + len(self.steps) - 1))
            ):
                return True
        return False


def _same_noun(step: tuple[str, ...], known: tuple[str, ...]) -> bool:
    """Whether both are one name with words of the sentence behind it: "unter Konto > Firma eintragen"."""
    shared = 0
    while shared < min(len(step), len(known)) and step[shared] == known[shared]:
        shared += 1
    rest = (*step[shared:], *known[shared : shared + 1])
    return shared > 0 and step[shared - 1][0].isupper() and all(word.islower() for word in rest)


def _same_end(step: tuple[str, ...], known: tuple[str, ...], *, ends: bool, whole: bool) -> bool:
    """Whether the step is the known one with other words behind either; nothing stands behind one that ends."""
    if ends and step != known[: len(step)]:
        return False
    if whole and known != step[: len(known)]:
        return False
    return step[0] == known[0]


@lru_cache(maxsize=2048)
def find_paths(text: str) -> tuple[Path, ...]:
    """Every path in the text."""
    found = []
    for match in _PATH.finditer(text):
        steps = [tuple(fold(step).split()) for step in _ARROW.split(match.group())]
        cut = next((at for at, word in enumerate(steps[-1]) if at and word in _JOINING), 0)
        if cut:
            steps[-1] = steps[-1][:cut]
        found.append(Path(tuple(steps), match.group(), bool(cut) or not _GOES_ON.match(text, match.end())))
    return tuple(found)


def unknown_path(text: str, known: Collection[Path]) -> str:
    """The first path in the text that leads elsewhere than all known ones; empty if none."""
    for path in find_paths(text):
        if not any(path.agrees(other) for other in known):
            return path.text
    return ""
