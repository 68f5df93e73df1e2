"""BIPIA: foreign instructions put into mails, and how many of them the injection rules find. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.evaluation.intervals import clustered_share, share

Finds = Callable[[str], bool]
"""Whether the injection rules raise anything in a text, as an argument."""

POSITIONS = ("start", "middle", "end")


def measure_bipia(finds: Finds, mails: Sequence[str], attacks: Mapping[str, Sequence[str]]) -> Mapping[str, Any]:
    """The share of attacked mails that are found: in all, by position and by kind of attack; and of those without.

    Every attack stands in every mail at every position; the intervals are over the attacks. A mail in which something
    is found without any attack is a false alarm and left out of the attacked ones, where it would always be found.
    """
    clean = [mail for mail in mails if not finds(mail)]
    trials = [
        _Trial(kind=kind, position=position, hits=sum(finds(insert(mail, attack, position)) for mail in clean))
        for kind, texts in attacks.items()
        for attack in texts
        for position in POSITIONS
    ]

    def found(chosen: Sequence[_Trial]) -> Mapping[str, Any]:
        return clustered_share([(trial.hits, len(clean)) for trial in chosen])

    return {
        "found": found(trials),
        "by_position": {name: found([item for item in trials if item.position == name]) for name in POSITIONS},
        "by_kind": {name: found([item for item in trials if item.kind == name]) for name in sorted(attacks)},
        "false_alarms": share(len(mails) - len(clean), len(mails)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trial:
    """One attack at one position, and in how many mails it was found."""

    kind: str
    position: str
    hits: int


def insert(mail: str, attack: str, position: str) -> str:
    """The mail with the attack as a paragraph of its own at `start`, `end`, or between two words in the `middle`."""
    if position == "start":
        return f"{attack}\n{mail}"
    if position == "end":
        return f"{mail}\n{attack}"
    cut = mail.find(" ", len(mail) // 2)
    cut = len(mail) if cut < 0 else cut
    return f"{mail[:cut]}\n{attack}\n{mail[cut:].lstrip()}"
