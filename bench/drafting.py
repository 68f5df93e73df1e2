"""What one ticket costs without a model: reading it, and drafting a reply."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from bench.tables import Row, Table, interleaved
from connector import drafting
from connector.cli.workbench import workbench
from connector.drafting import EmbeddedDrafter, Templates
from connector.evaluation import Labelled, Workbench, read_rows
from connector.model import AccountConfig, Draft, Source, Stage, Ticket, Triage
from connector.ports import Drafter, TriageContext

T = TypeVar("T")
ROOT = Path(__file__).resolve().parents[1]
FILES = ("english-1.jsonl", "german-1.jsonl")
TICKETS = 60
REPEATS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """A ticket read, with what its draft is made of."""

    ticket: Ticket
    triage: Triage
    config: AccountConfig
    templates: Templates
    sources: tuple[Source, ...]

    def draft(self, drafter: Drafter) -> Draft | None:
        """The draft as the worker makes it: written, then judged; None where nobody may write one."""
        written = drafter.draft(self.ticket, self.triage, self.config, self.sources, {})
        if written is not None:
            drafting.finish(written, self.ticket, self.triage, self.config, self.templates, self.sources, {})
        return written


def works() -> tuple[Templates, list[Work]]:
    """The starters' templates, and every sample ticket that has a draft and something to write it from."""
    bench = workbench(stage=Stage.LIVE)
    embedded = EmbeddedDrafter(templates=bench.templates)
    found = [prepared(bench, item) for item in tickets()]
    return bench.templates, [item for item in found if item.sources and item.draft(embedded) is not None]


def tickets() -> list[Labelled]:
    """Sample tickets from all over the files, which are in order of intents."""
    found: list[Labelled] = []
    for name in FILES:
        rows = read_rows(ROOT / "mappings" / "tickets" / name)
        found += rows[:: max(1, len(rows) * len(FILES) // TICKETS)]
    return found


def prepared(bench: Workbench, item: Labelled) -> Work:
    """The ticket, read and with the passages that were found for it."""
    triage = bench.triager.triage(item.ticket, context(bench))
    text = " ".join((item.ticket.subject, *(comment.text for comment in item.ticket.unanswered)))
    sources = bench.knowledge.passages("bench", intent=triage.intent, text=text, language=triage.language)
    return Work(
        ticket=item.ticket, triage=triage, config=bench.config, templates=bench.templates, sources=tuple(sources)
    )


def context(bench: Workbench) -> TriageContext:
    """What triage needs beside the ticket."""
    return TriageContext(config=bench.config, human_only_intents=bench.catalogue.human_only)


def measure() -> Table:
    """The table: milliseconds a ticket, each repeat over all tickets."""
    bench = workbench(stage=Stage.LIVE)
    items = tickets()
    ready = [prepared(bench, item) for item in items]
    embedded = EmbeddedDrafter(templates=bench.templates)
    found = interleaved(
        {
            "triage": lambda: each(items, lambda item: bench.triager.triage(item.ticket, context(bench))),
            "draft": lambda: each(ready, lambda work: work.draft(embedded)),
        },
        repeats=REPEATS,
    )
    return Table(
        name="ticket",
        title="One ticket without a model",
        about=(
            f"Milliseconds of one thread for a ticket, the mean over {len(items)} sample messages in English "
            "and German: the embedded classifier with its rules; and the embedded draft with all its checks."
        ),
        rows=[
            Row(name="triage", values=found["triage"], unit="ms"),
            Row(name="embedded draft and checks", values=found["draft"], unit="ms"),
        ],
    )


def each(items: Sequence[T], do: Callable[[T], object]) -> float:
    """Milliseconds for one of them."""
    began = time.perf_counter()
    for item in items:
        do(item)
    return (time.perf_counter() - began) * 1000 / len(items)
