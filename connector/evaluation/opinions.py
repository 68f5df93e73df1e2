"""What a second opinion adds [T3], by the quality of who gives it.

Every reader is asked as in the product: only where the gate is open, through `writing.read_again`. What he has against
a reading closes the gate; where he has nothing, the draft and with it the send stay as they were.

A leak that the rules about the message prevent already is no news of a reader. So `unguarded` asks him as well about
the tickets that must not be sent and whose intent alone would let them: what he would stop if nothing else did.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.evaluation.dataset import Labelled
from connector.evaluation.intervals import SEED
from connector.evaluation.pairs import Row, is_plain_auto, right_intents
from connector.evaluation.runner import Workbench, with_known_requester
from connector.model import FLOOR_SIGNALS, UNMAPPED, AccountConfig, Action, Signal, Ticket, Tier, Triage, Writing
from connector.policy.engine import decide
from connector.ports import Allowance, Classifier
from connector.triage.material import text_of
from connector.writing import Opinion, Reader, read_again

QUALITIES = (0.6, 0.75, 0.9, 1.0)
DRAWS = 20
"""Each simulated reader reads so often, with other errors each time; the figures are means."""

_RAISED = 0.5
_NOBODY = Writing(prompt="", model="", tokens_in=0, tokens_out=0, cost_micros=0, seconds=0.0)

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedReader:
    """A reader who names a right intent, and says rightly whether only a person may answer, each with `quality`.

    A wrong intent is any other one, evenly. The same `draw` errs on the same tickets whatever the quality, as far as
    the better one errs at all. He raises no alarms.
    """

    rows: Mapping[str, Row]
    intents: Sequence[str]
    quality: float
    draw: int = 0

    def opinion(
        self, ticket: Ticket, triage: Triage, config: AccountConfig, *, allowance: Allowance | None = None
    ) -> Opinion:
        """What the labels say, or an error."""
        row = self.rows[ticket.id]
        chance = random.Random(f"{SEED}:{self.draw}:{ticket.id}")  # noqa: S311 - a simulation, to be repeated
        known, called, other = chance.random(), chance.random(), chance.random()
        right = right_intents(row)
        wrong = [intent for intent in self.intents if intent not in right]
        intent = str(row["intent"]) if known < self.quality else wrong[int(other * len(wrong))]
        if len(right) > 1 and known < self.quality and triage.intent in right:
            intent = triage.intent  # one of several right ones: he has nothing against it
        person = row.get("tier") == Tier.HUMAN_ONLY
        return Opinion(
            intent=intent,
            needs_human=person if called < self.quality else not person,
            alarms=frozenset(),
            writing=_NOBODY,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierReader:
    """A classifier that reads the whole text once; `alone` leaves out everything but the intent that it finds best."""

    classifier: Classifier
    alone: bool = False

    def opinion(
        self, ticket: Ticket, triage: Triage, config: AccountConfig, *, allowance: Allowance | None = None
    ) -> Opinion:
        """Its winner; also whether a person must answer and which floor signals are raised, unless `alone`."""
        (found,) = self.classifier.classify([text_of(ticket)])
        raised = {Signal(name) for name, score in found.signals.items() if score >= _RAISED}
        return Opinion(
            intent=max(found.probabilities, key=lambda intent: (found.probabilities[intent], intent)),
            needs_human=not self.alone and (found.person or 0.0) >= _RAISED,
            alarms=frozenset() if self.alone else frozenset(raised & FLOOR_SIGNALS),
            writing=_NOBODY,
        )


def simulated(bench: Workbench, labelled: Iterable[Labelled]) -> Callable[[float, int], SimulatedReader]:
    """Makes the reader of a quality and draw for these tickets."""
    rows = {item.id: item.row for item in labelled}
    intents = (*(intent.key for intent in bench.catalogue), UNMAPPED)
    return lambda quality, draw: SimulatedReader(rows=rows, intents=intents, quality=quality, draw=draw)


def measure_opinions(
    bench: Workbench,
    measured: Sequence[tuple[Labelled, Row]],
    others: Mapping[str, Reader],
) -> Figures:
    """The figures without a reader, with the simulated ones and each of the others.

    `measured` are tickets with their lines by `bench` alone.
    """
    cases = [_case(bench, item, line) for item, line in measured if line["gate"] or _unguarded(item.row, line)]
    make = simulated(bench, [item for item, _ in measured])
    readers: dict[str, Sequence[Reader]] = {
        f"simulated, {quality:.0%} right": [make(quality, draw) for draw in range(DRAWS if quality < 1 else 1)]
        for quality in QUALITIES
    }
    readers |= {name: [reader] for name, reader in others.items()}
    return {
        "before": _counted(cases),
        "after": {name: _mean([_counted(_kept(bench, cases, one)) for one in same]) for name, same in readers.items()},
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """A ticket that a reader can change something about: its gate is open, or only its intent would let it out."""

    row: Row
    ticket: Ticket
    triage: Triage
    gate: bool
    sent: bool


def _unguarded(row: Row, line: Row) -> bool:
    return bool(row.get("must_not_send") and line["keys"]["intent"])


def _case(bench: Workbench, item: Labelled, line: Row) -> _Case:
    ticket = with_known_requester(item)
    triage = bench.triager.triage(ticket, bench.context())
    return _Case(row=item.row, ticket=ticket, triage=triage, gate=line["gate"], sent=line["action"] == Action.AUTO_SEND)


def _kept(bench: Workbench, cases: Iterable[_Case], reader: Reader) -> list[_Case]:
    """The cases that the reader has nothing against."""
    return [case for case in cases if not _stopped(bench, case, reader)]


def _stopped(bench: Workbench, case: _Case, reader: Reader) -> bool:
    human_only = bench.catalogue.human_only
    read, _ = read_again(reader, case.ticket, case.triage, bench.config, human_only=human_only)
    if case.gate:
        return not decide(bench.question(case.ticket, read)).gate
    return read != case.triage


def _counted(cases: Sequence[_Case]) -> dict[str, float]:
    return {
        "leaks": sum(case.gate and bool(case.row.get("must_not_send")) for case in cases),
        "unguarded": sum(bool(case.row.get("must_not_send")) for case in cases),
        "plain_auto_open": sum(case.gate and is_plain_auto(case.row) for case in cases),
        "plain_auto_sent": sum(case.sent and is_plain_auto(case.row) for case in cases),
        "wrong_intent_open": sum(case.gate and case.triage.intent not in right_intents(case.row) for case in cases),
        "wrong_intent_sent": sum(case.sent and case.triage.intent not in right_intents(case.row) for case in cases),
    }


def _mean(found: Sequence[Mapping[str, float]]) -> Mapping[str, float]:
    return {key: sum(item[key] for item in found) / len(found) for key in found[0]}
