"""Whose a looked-up value is: what was found about one order must not be said of another [G6]."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from connector.drafting.alignment import Line, read_line
from connector.drafting.sentences import fold, squash
from connector.drafting.values import find_values
from connector.model import LookupAnswer

REFERENCE = re.compile(
    r"\b(?:[A-Z]{1,4}[ -]?\d{3,}(?:[ -]\d+|-[A-Z0-9]+)*|(?:\d{3} ){2,}\d{3}|\d{3,}(?:-\d{2,})+|\d{5,}"
    r"|(?=[^\W\d_]*\d)(?=\d*[^\W\d_])\w{8,})\b"
)

# What a fact of a look-up is called in a reply; the names are those of data/lookups.json and the templates.
_CALLED: Mapping[str, str] = {
    "shipped_on": "the order was shipped, dispatched, handed over to the carrier, left our warehouse, sent on its way; "
    "versandt, verschickt, abgeschickt, dem Paketdienst übergeben, Übergabe, Lager verlassen, unterwegs seit am",
    "expected_on": "expected, announced, estimated, planned delivery date, will be delivered, will arrive, due; "
    "voraussichtlich, erwartet, geplanter Liefertag, Zustellung, Ankunft, kommt an, geliefert, "
    "zugestellt werden, trifft ein",
    "dispatch_by": "planned dispatch date, will be shipped, will leave our warehouse by; geplanter Versandtag, "
    "Versand geplant, wird versandt, verschickt, verlässt das Lager bis",
    "delivered_on": "was delivered, delivery date on record, arrived, handed over; wurde zugestellt, geliefert, "
    "Tag der Zustellung, angekommen, eingetragen",
    "invoice_date": "invoice dated, date of the invoice, issued; Rechnung vom, Rechnungsdatum, ausgestellt am",
}
# What may be said of an order in each state: a later one than it has is not true yet.
_STATES = ("processing", "announced", "shipped", "delivered")
_SAID: tuple[tuple[int, re.Pattern[str]], ...] = (
    (
        3,
        re.compile(
            r"\b(?:(?:has|have|had|was|were|is|been|as|already) (?:been |already )*delivered|has (?:already )?arrived|"
            r"(?:wurde|ist|als|bereits) (?:\w+ ){0,3}?(?:zugestellt|geliefert|angekommen))\b(?! werden| to)",
            re.IGNORECASE,
        ),
    ),
    (
        2,
        re.compile(
            r"\b(?:(?:has|was|is|been) (?:been |already )*(?:shipped|dispatched|sent)|"
            r"has (?:already )?left (?:our|the)|"
            r"is on (?:its|the) way|in transit|"
            r"(?:wurde|ist|bereits) (?:\w+ ){0,3}?(?:versandt|verschickt|versendet|unterwegs)|"
            r"hat (?:\w+ ){0,2}lager verlassen)\b(?! werden)",
            re.IGNORECASE,
        ),
    ),
)
_NOT = re.compile(r"\b(?:not|no|n't|yet|as soon as|once|when|if|nicht|noch|kein\w*|sobald|wenn|falls)\b", re.IGNORECASE)


def glossed(answer: LookupAnswer) -> tuple[Line, ...]:
    """The facts of a look-up as lines: each value with the words by which a reply would call it."""
    found = [read_line(f"{answer.kind} {answer.reference}", source=f"lookup:{answer.kind}", at=0)]
    for at, (name, value) in enumerate(answer.facts.items(), 1):
        called = _CALLED.get(name, name.replace("_", " "))
        # A place of its own for each: what is said of one fact is not said beside another.
        found.append(read_line(f"{called} {value}", source=f"lookup:{answer.kind}", at=at * 2))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Attribution:
    """The answers that were found, by which a sentence's references are judged."""

    answers: tuple[LookupAnswer, ...]

    def named(self, sentence: str) -> str:
        """The reference that the sentence is about, without layout; empty if it names none."""
        given = {squash(value) for answer in self.answers for value in answer.facts.values()}
        for match in REFERENCE.finditer(sentence):
            if (name := squash(match.group())) not in given:
                return name
        return ""

    def foreign(self, sentence: str, reference: str) -> str:
        """What of another reference, or of a state it has not reached, is said here; empty if nothing."""
        for answer in self.answers:
            about = {squash(answer.reference), *(squash(value) for value in answer.facts.values())}
            if reference and not any(reference in other or other in reference for other in about if other):
                if _tells(sentence, answer):
                    return f"what was found for {answer.reference} is said of another reference"
            elif found := _too_far(sentence, answer.facts.get("status", "")):
                return found
        return ""


def _tells(sentence: str, answer: LookupAnswer) -> bool:
    plain = fold(sentence)
    spoken = {(value.kind, value.text) for value in find_values(sentence)}
    for name, fact in answer.facts.items():
        dated = {(value.kind, value.text) for value in find_values(fact)} & spoken
        if any(kind == "date" for kind, _ in dated):
            return True
        if name != "status" and len(fact) >= 6 and fold(fact) in plain:
            return True
    return any(pattern.search(sentence) and not _NOT.search(sentence) for _, pattern in _SAID)


def _too_far(sentence: str, status: str) -> str:
    if status not in _STATES or _NOT.search(sentence):
        return ""
    for state, pattern in _SAID:
        if (match := pattern.search(sentence)) and _STATES.index(status) < state:
            return f"“{match.group()}”, but its state is {status}"
    return ""
