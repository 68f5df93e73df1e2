"""The figures as a page of the documentation: the one table in sections, and each picture with its numbers. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from connector.evaluation.public.report import public_report
from connector.evaluation.report import (
    OPEN,
    RETRIEVAL_COLUMNS,
    ReportRow,
    leaked,
    memory_rows,
    report,
    retrieval_rows,
    shown,
)

Figures = Mapping[str, Any]

FOLDER = "figures"
"""Where the pictures lie beside the page."""

_HEAD = """# Decision quality

Made by `make eval`; do not edit. Measured on the labelled tickets in `data/tickets-dev.jsonl` with the
starter policy, read as if every `auto` intent were live and certified, with the embedded classifier and
drafter: no model, no network. The classifier learns from the open half among many other messages, and rules
and thresholds were tuned on it: its figures say what was learnt, not what to expect. Of the sealed half
nothing is ever shown but these figures. The same as JSON: `figures.json`, `figures-public.json`.

A *leak* is a ticket that must not be answered automatically and whose gate is open, whatever became of its
draft. Intervals: 95% Wilson for shares, 95% bootstrap for macro-F1 and calibration, one-sided exact 95% bound
for leaks. *Near* to the catalogue are unlisted requests that are labelled as look-alikes, *far* all others.
*Harmless look-alikes* may be answered automatically and look alarming.

*Faults in drafts* are measured on the correct replies in `data/drafts/`, halved in the same way: a script puts exactly
one fault into each copy, and it counts as found where any check fails. Replies that the checks reject without a fault
are counted apart and left out of it.

*Second opinion*: every count without one and with each reader's, who is asked as in the product, where the gate is
open. There is no language model behind these figures. The simulated readers know the labels and err as often as their
names say, once about the intent and once about whether only a person may answer, evenly over all other answers: they
show what a reader of that quality would add and what he would cost, not what any model does. `handrail backtest
--compare-models` measures a team's own ([use a model](../how-to/use-a-model.md)). Their figures are means of 20 draws.
The real readers are the embedded classifier's winner alone, which agrees with itself, and the encoder's reading of the
whole text. Tickets whose intent alone would let them out are held back by rules about the message; how many of them a
reader stops says what he would prevent if those rules had missed them.
"""

_RETRIEVAL = """
# Finding the right article

Made by `make eval`, with the encoder where `make install EXTRAS=encoder` has installed it. The sandbox's two help
centres are synced into a ledger, and every question of `data/retrieval/questions.jsonl` is asked in its own language,
both ways in the same run. The questions were written from one line about each article, without sight of the articles
themselves, and nothing is fitted to them but how near a section must be for a draft to quote it: of that, the half is
shown on which it was not chosen. *Words shared* is the share of a question's content stems that the right
article holds: the less it is, the less a search by words can go by. Intervals: 95% Wilson for shares, 95% bootstrap
over articles for the difference.
"""

_PUBLIC = """
# Public sets

Made by `make eval PUBLIC=DIR`, which reads BANKING77, CLINC150, BIPIA, NotInject and presidio-research where they
lie; nothing of them is kept here. BANKING77 and CLINC150 are learnt by the product's own training; every limit
is fitted on held-out answers of the part to learn from, and the other part is asked once.
The training parts of BIPIA, NotInject and presidio-research may have been looked at, so they stand under *fitted*.
"""


def page(
    halves: Mapping[str, Figures], memory: Figures, retrieval: Figures, public: Figures, pictures: Collection[str]
) -> str:
    """The page with the pictures of these names in their places."""
    lines = [_HEAD]
    rows = (*report(halves), *memory_rows(memory))
    for section, chosen in _sections(rows):
        lines += [f"## {_titled(section)}", "", *_table(chosen, ("open half", "sealed half")), ""]
        lines += _beside(section, halves, pictures)
    lines += [_RETRIEVAL]
    for section, chosen in _sections(retrieval_rows(retrieval)):
        lines += [f"## {_titled(section)}", "", *_table(chosen, RETRIEVAL_COLUMNS), ""]
    if public:
        lines += [_PUBLIC]
        for section, chosen in _sections(public_report(public)):
            lines += [f"## {_titled(section)}", "", *_table(chosen, ("fitted", "measured")), ""]
            if section == "BANKING77" and "banking77-leaks.svg" in pictures:
                lines += [
                    _picture("Leaks and coverage", "banking77-leaks.svg"),
                    "",
                    *_leak_table(public["banking77"]),
                    "",
                ]
    return "\n".join(lines).rstrip("\n") + "\n"


def _sections(rows: Iterable[ReportRow]) -> Iterator[tuple[str, list[ReportRow]]]:
    return ((section, list(found)) for section, found in groupby(rows, key=lambda row: row.section))


def _titled(section: str) -> str:
    return section[:1].upper() + section[1:]


def _table(rows: Sequence[ReportRow], columns: tuple[str, str]) -> list[str]:
    """Columns in which nothing stands are left out."""
    kept = [("figure", [row.figure for row in rows])]
    values = ((columns[0], [row.open for row in rows]), (columns[1], [row.sealed for row in rows]))
    alone = not any(row.sealed for row in rows)
    kept += [("value" if alone else name, found) for name, found in values if any(found)]
    if any(row.target for row in rows):
        kept.append(("target", [row.target for row in rows]))
    return _grid([name for name, _ in kept], zip(*(found for _, found in kept), strict=True))


def _grid(names: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    return [_line(names), "|" + "---|" * len(names), *map(_line, rows)]


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _beside(section: str, halves: Mapping[str, Figures], pictures: Collection[str]) -> list[str]:
    if section == "intent" and "confusion.svg" in pictures:
        return [_picture("Confusion of intents", "confusion.svg"), "", *_confused(halves[OPEN]["confusion"]), ""]
    if section == "calibration" and "reliability.svg" in pictures:
        return [
            *(_picture("Reliability", "reliability.svg"), "", *_reliability(halves), ""),
            *(_picture("Risk and coverage", "risk-coverage.svg"), "", *_risks(halves), ""),
        ]
    return []


def _picture(name: str, file: str) -> str:
    return f"![{name}: the numbers stand in the table below]({FOLDER}/{file})"


def _confused(confusion: Figures) -> list[str]:
    labels, counts = confusion["labels"], confusion["counts"]
    pairs = [
        (count, labels[row], labels[column])
        for row, found in enumerate(counts)
        for column, count in enumerate(found)
        if row != column and count
    ]
    most = sorted(pairs, key=lambda item: (-item[0], item[1], item[2]))[:12]
    return _grid(("meant", "read as", "tickets"), [(meant, read, str(count)) for count, meant, read in most])


def _reliability(halves: Mapping[str, Figures]) -> list[str]:
    bins = [figures["calibration"]["bins"] for figures in halves.values()]
    rows = [
        (f"{found[0]['from']:.0%} to {found[0]['to']:.0%}", *(shown(item["right"]) for item in found))
        for found in zip(*bins, strict=False)
    ]
    return _grid(("confidence", *_right(halves)), rows)


def _right(halves: Mapping[str, Figures]) -> tuple[str, ...]:
    return tuple(f"right, {half} half" for half in halves)


def _risks(halves: Mapping[str, Figures]) -> list[str]:
    points = [figures["risk_coverage"] for figures in halves.values()]
    rows = [
        (f"{found[0]['coverage']:.0%}", *(shown(item["wrong"]) for item in found))
        for found in zip(*points, strict=False)
        if round(found[0]["coverage"] * 20) % 2 == 0
    ]
    return _grid(("coverage", *(f"wrong, {half} half" for half in halves)), rows)


def _leak_table(banking: Figures) -> list[str]:
    curves = {part: {item["coverage"]: item["leaks"] for item in banking["parts"][part]["curve"]} for part in _PARTS}
    steps = [step for step in curves[_PARTS[0]] if round(step * 40) % 2 == 0]
    rows = [
        (f"{step:.0%}", *(leaked(curves[part][step]) if step in curves[part] else "" for part in _PARTS))
        for step in steps
    ]
    return _grid(("coverage of the others", *(f"leaks in 1,000, {part}" for part in _PARTS)), rows)


_PARTS = ("fitted", "measured")
