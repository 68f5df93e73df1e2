"""Makes drafts with exactly one fault of correct replies: what the checks of a draft are measured on. Seeded, pure.

It knows nothing of how the checks work.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from connector.evaluation import changes, insertions
from connector.evaluation.changes import Case
from connector.evaluation.replies import Reply
from connector.model import Statement

SEED = 20_261_123
MOST_PER_KIND = 25
"""Drafts of one kind; as many replies as possible give one before any gives a second."""


class Fault(StrEnum):
    """What is wrong with a perturbed draft."""

    NUMBER_CHANGED = "number changed"
    NUMBER_SWAPPED = "number swapped with another of the source"
    AMOUNT_CHANGED = "amount changed"
    AMOUNT_SWAPPED = "amount swapped with another of the source"
    DATE_CHANGED = "date changed or swapped"
    UNIT_CHANGED = "unit of a duration changed"
    LINK_FOREIGN = "link to a foreign host"
    LINK_PATH = "link to another page"
    NAME_CHANGED = "name replaced"
    PROMISE = "promise inserted"
    FOREIGN = "sentence of another company inserted"
    NEGATION = "negation flipped"
    LANGUAGE = "sentence in another language inserted"
    QUESTION = "asks for what is known"
    PLACEHOLDER = "placeholder left"
    IMAGE = "image inserted"
    SECRET = "secret inserted"  # noqa: S105 - the name of a fault
    CONDITION = "condition dropped"


APART = frozenset({Fault.CONDITION})
"""Counted, yet not among all: what is left is no new statement, only one that holds less often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Perturbed:
    """A reply with one fault. `at` is the place of the statement that was changed or inserted."""

    fault: Fault
    reply: Reply
    at: int

    @property
    def statement(self) -> str:
        """The faulty sentence."""
        return self.reply.statements[self.at].text


def perturb(replies: Sequence[Reply], *, seed: int = SEED, most: int = MOST_PER_KIND) -> tuple[Perturbed, ...]:
    """At most so many perturbed drafts of each kind, the same ones for the same seed and replies."""
    return tuple(made for fault in Fault for made in _of_kind(fault, replies, seed, most))


def _of_kind(fault: Fault, replies: Sequence[Reply], seed: int, most: int) -> Iterator[Perturbed]:
    chance = random.Random(f"{seed} {fault.value}")  # noqa: S311 - a sample that is the same at every run
    waiting = []
    for reply in chance.sample(replies, len(replies)):
        others = [other for other in replies if other.company != reply.company and other.language == reply.language]
        made = list(_MAKERS[fault](Case(reply=reply, others=others, chance=chance)))
        chance.shuffle(made)
        waiting.append(made)
    chosen = [made for round_ in range(most) for found in waiting for made in found[round_ : round_ + 1]]
    for reply, at in chosen[:most]:
        yield Perturbed(fault=fault, reply=reply, at=at)


_Made = Iterator[tuple[Reply, int]]


def _changing(find: Callable[[Case, Statement], Iterator[str]]) -> Callable[[Case], _Made]:
    """Makes a reply of each text that one of its grounded statements may be changed to."""

    def make(case: Case) -> _Made:
        for at, statement in enumerate(case.reply.statements):
            if not case.reply.proof(statement):
                continue
            for text in find(case, statement):
                changed = " ".join(text.split())
                if changed != statement.text:
                    yield _with(case.reply, at, replace(statement, text=changed), 1), at

    return make


def _inserting(find: Callable[[Case], Sequence[str]]) -> Callable[[Case], _Made]:
    """Makes a reply of one of the sentences; every second one claims to rest on the first source."""

    def make(case: Case) -> _Made:
        sentences = find(case)
        if sentences:
            at = case.chance.randint(1, len(case.reply.statements))
            claimed = case.chance.choice(((), (case.reply.sources[0].id,)))
            added = Statement(text=case.chance.choice(sentences), sources=claimed)
            yield _with(case.reply, at, added, 0), at

    return make


def _with(reply: Reply, at: int, statement: Statement, instead_of: int) -> Reply:
    return replace(reply, statements=(*reply.statements[:at], statement, *reply.statements[at + instead_of :]))


def _of_others(case: Case) -> Sequence[str]:
    return [statement.text for other in case.others for statement in other.statements if statement.sources]


def _questions(case: Case) -> Sequence[str]:
    asking = insertions.QUESTIONS[case.reply.language]
    return [sentence for fact in case.reply.facts for sentence in asking.get(fact, ())]


def _images(case: Case) -> Sequence[str]:
    return [image.format(host=changes.first_host(case.reply)) for image in insertions.IMAGES]


_MAKERS: Mapping[Fault, Callable[[Case], _Made]] = {
    Fault.NUMBER_CHANGED: _changing(changes.numbers_changed),
    Fault.NUMBER_SWAPPED: _changing(changes.numbers_swapped),
    Fault.AMOUNT_CHANGED: _changing(changes.amounts_changed),
    Fault.AMOUNT_SWAPPED: _changing(changes.amounts_swapped),
    Fault.DATE_CHANGED: _changing(changes.dates_changed),
    Fault.UNIT_CHANGED: _changing(changes.units_changed),
    Fault.LINK_FOREIGN: _changing(changes.links_foreign),
    Fault.LINK_PATH: _changing(changes.links_elsewhere),
    Fault.NAME_CHANGED: _changing(changes.names_changed),
    Fault.PROMISE: _inserting(lambda case: insertions.PROMISES[case.reply.language]),
    Fault.FOREIGN: _inserting(_of_others),
    Fault.NEGATION: _changing(changes.flipped),
    Fault.LANGUAGE: _inserting(lambda case: insertions.OTHER_LANGUAGE[case.reply.language]),
    Fault.QUESTION: _inserting(_questions),
    Fault.PLACEHOLDER: _inserting(lambda case: insertions.PLACEHOLDERS[case.reply.language]),
    Fault.IMAGE: _inserting(_images),
    Fault.SECRET: _inserting(lambda case: insertions.SECRETS[case.reply.language]),
    Fault.CONDITION: _changing(changes.unconditional),
}
