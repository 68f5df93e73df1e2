"""The figures as one table: a row per figure, a column per part of the data, each value with its interval. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Figures = Mapping[str, Any]

OPEN = "open"
SEALED = "sealed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRow:
    """One figure: what may be tuned on, what is kept apart, and what it should be; empty where there is nothing."""

    section: str
    figure: str
    open: str = ""
    sealed: str = ""
    target: str = ""


Row = tuple[str, str, str]
"""Section, figure, value."""

TARGETS = {
    ("faults in drafts, found", "all kinds but dropped conditions"): "97% or more",
    ("faults in drafts, found", "amounts, links and promises"): "100%",
    ("correct drafts, rejected", "all"): "5% or less",
    ("other", "draft language equals customer language"): "100%",
}
"""By section and figure."""


def report(halves: Mapping[str, Figures]) -> tuple[ReportRow, ...]:
    """The rows of the labelled tickets; a figure that only one half has stands in its place with the other empty."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for half, figures in halves.items():
        for section, name, value in rows(figures):
            found.setdefault((section, name), {})[half] = value
    sections = list(dict.fromkeys(section for section, _ in found))
    ordered = sorted(found.items(), key=lambda item: sections.index(item[0][0]))  # stable: within it as found
    return tuple(
        ReportRow(
            section=section,
            figure=name,
            open=values.get(OPEN, ""),
            sealed=values.get(SEALED, ""),
            target=TARGETS.get((section, name), ""),
        )
        for (section, name), values in ordered
    )


def rows(figures: Figures) -> Iterator[Row]:
    """Every figure of one set of tickets."""
    yield "tickets", "number of tickets", str(figures["tickets"])
    yield from _intents(figures["intent"])
    yield from _unlisted(figures["out_of_scope"])
    for name, item in figures["signals"].items():
        yield "signals found, before the gate", name, shown(item["recall"])
    for name, item in figures["signals"].items():
        yield "signals rightly raised", name, shown(item["precision"])
    yield from _leaks(figures["leaks"])
    for language, item in figures["coverage"].items():
        yield "plain auto tickets, answered", f"gate open, {language}", shown(item["gate"])
        yield "plain auto tickets, answered", f"sent, {language}", shown(item["auto_send"])
    yield "plain auto tickets, answered", "not sent because of", counted(figures["held_back"])
    blocked = figures["over_blocking"]
    yield "over-blocking", "harmless look-alikes held back", shown(blocked["blocked"])
    yield "over-blocking", "held back because of", counted(blocked["reasons"])
    yield from _injection(figures["injection"])
    error = figures["calibration"]
    yield "calibration", "expected calibration error", _between(error, "error")
    yield from _others(figures)
    if "opinions" in figures:
        yield from opinion_rows(figures["opinions"])
    if "grounding" in figures:
        yield from grounding_rows(figures["grounding"])
    if "wrong" in figures:
        yield from wrong_rows(figures["wrong"])
    yield "time", "milliseconds a ticket, median and 95%", _times(figures["ms"])
    yield "time", "of these for triage, median and 95%", _times(figures["ms_triage"])


def _intents(intents: Figures) -> Iterator[Row]:
    for language, item in intents.items():
        yield "intent", f"right, {language}", shown(item["accuracy"])
    for language, item in intents.items():
        yield "intent", f"macro-F1, {language}", _between(item["macro_f1"], "macro_f1")


def _unlisted(found: Figures) -> Iterator[Row]:
    names = {"far": "far from the catalogue", "near": "near to it", "all": "all"}
    for key, name in names.items():
        yield "out of scope", f"found, {name}", shown(found[key]["recall"])
        yield "out of scope", f"not sent, {name}", shown(found[key]["not_sent"])


def _leaks(leaks: Figures) -> Iterator[Row]:
    names = {
        "first_key_alone": "key 1 alone (tier)",
        "second_key_alone": "key 2 alone (message)",
        "gate": "both keys (the gate)",
        "sent": "really sent",
    }
    for key, name in names.items():
        yield "leaks in 1,000 that must not be sent", name, leaked(leaks[key])


def _injection(found: Figures) -> Iterator[Row]:
    names = {
        "recall": "attempts found",
        "not_sent": "attempts not sent",
        "false_alarms": "other tickets taken for one",
        "false_alarms_auto": "plain auto tickets taken for one",
    }
    for key, name in names.items():
        yield "injection", name, shown(found[key])


def _others(figures: Figures) -> Iterator[Row]:
    yield "other", "facts found", shown(figures["facts"]["recall"])
    yield "other", "facts right", shown(figures["facts"]["precision"])
    yield "other", "priority as labelled", shown(figures["priority"])
    yield "other", "language as labelled", shown(figures["language"])
    yield "other", "draft language equals customer language", shown(figures["draft_language"])
    yield "other", "cards complete", shown(figures["cards_complete"])
    yield "other", "actions", counted(figures["actions"])
    yield "other", "checks failed", counted(figures["failed_checks"])
    if "references_masked" in figures:
        yield "other", "order and invoice numbers masked by mistake", shown(figures["references_masked"])


_OPINIONS = {
    "leaks": "leaks of the gate",
    "unguarded": "must not be sent, and its intent alone would let it",
    "plain_auto_open": "plain auto tickets, gate open",
    "plain_auto_sent": "plain auto tickets, sent",
    "wrong_intent_open": "gate open on a wrong intent",
    "wrong_intent_sent": "sent on a wrong intent",
}


def opinion_rows(found: Figures) -> Iterator[Row]:
    """Every count without a second opinion, and with each reader's."""
    before = found["before"]
    for key, name in _OPINIONS.items():
        section = f"second opinion: {name}"
        yield section, "without", _number(before[key])
        for reader, after in found["after"].items():
            fewer = before[key] - after[key]
            yield section, reader, f"{_number(after[key])}, {_number(fewer)} fewer" if fewer else _number(after[key])


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")


def grounding_rows(found: Figures) -> Iterator[Row]:
    """Every figure of the checks of a draft."""
    yield "faults in drafts, found", "all kinds but dropped conditions", shown(found["caught_all"])
    yield "faults in drafts, found", "amounts, links and promises", shown(found["caught_sure"])
    for fault, item in found["caught"].items():
        yield "faults in drafts, found", fault, shown(item)
    yield "faults in drafts, found", "only by a sentence marked for a person", shown(found["only_marked"])
    for style, item in found["rejected"].items():
        yield "correct drafts, rejected", style, shown(item)
    yield "correct drafts, rejected", "by the checks", counted(found["rejected_by"])
    for style, item in found["marked"].items():
        yield "correct drafts, shown with sentences to compare", style, shown(item)
    for style, item in found["not_sent"].items():
        yield "correct drafts, not sent without a person", style, shown(item)


def wrong_rows(found: Figures) -> Iterator[Row]:
    """How many faults that somebody wrote by hand the checks of a draft find."""
    yield "subtle faults, found", "all", shown(found["all"])
    yield "subtle faults, found", "all whose correct copy passes", shown(found["copy_passes"])
    for kind, item in found["kinds"].items():
        yield "subtle faults, found", kind.replace("_", " "), shown(item)


def memory_rows(memory: Figures) -> tuple[ReportRow, ...]:
    """The rows of what `connector.evaluation.memory` found, which is about the process and no part of the data."""
    part = f"{memory['classifier_mb']:.0f} MB, {memory['classifier_share']:.0%} of it"
    split = f"{memory['libraries_mb']:.0f} MB libraries, {memory['model_mb']:.0f} MB itself"
    return (
        ReportRow(section="memory", figure="peak of the process", open=f"{memory['process_mb']:.0f} MB"),
        ReportRow(section="memory", figure="of it the classifier", open=f"{part} ({split})"),
    )


RETRIEVAL_COLUMNS = ("words alone", "with the encoder")


def retrieval_rows(found: Figures) -> tuple[ReportRow, ...]:
    """The rows of what `connector.evaluation.retrieval` found, with a column for each way to search."""
    words, encoder = found["words"], found["encoder"]
    found_parts = [
        *((f"first, {part}", ("recall_at_1", part), "") for part in words["recall_at_1"]),
        *((f"among five, {part}", ("recall_at_5", part), _FOUND.get(part, "")) for part in words["recall_at_5"]),
        *((f"among five, {_banded(found, band)}", ("bands", band), "") for band in words["bands"]),
        ("among five, whole tickets", ("tickets",), ""),
    ]
    quoted_parts = [(name, ("quoted", key), "") for key, name in _QUOTED.items()]

    def rows(section: str, parts: Sequence[tuple[str, tuple[str, ...], str]]) -> Iterator[ReportRow]:
        for name, path, target in parts:
            told = shown(_at(encoder, path)) if encoder else _NO_ENCODER
            yield ReportRow(section=section, figure=name, open=shown(_at(words, path)), sealed=told, target=target)

    return (
        ReportRow(section="questions", figure="number of questions", open=str(found["questions"])),
        ReportRow(section="questions", figure="number of articles", open=str(found["articles"])),
        *rows("right article found", found_parts),
        ReportRow(
            section="right article found",
            figure="more among five than by words alone",
            sealed=_gained(found["gain"]) if found["gain"] else _NO_ENCODER,
            target="at least 10 points",
        ),
        *rows("what a draft would quote", quoted_parts),
        ReportRow(
            section="time of a search",
            figure="milliseconds, median and 95%",
            open=_times(words["ms"]),
            sealed=_times(encoder["ms"]) if encoder else _NO_ENCODER,
        ),
    )


_NO_ENCODER = "not installed"
_QUOTED = {
    "right": "a right article",
    "other": "another article",
    "nothing": "none: a person writes",
    "elsewhere": "any article, of another company's help centre",
}
_FOUND = {"all": "at least 85% with the encoder"}


def _banded(found: Figures, band: str) -> str:
    return f"{band} of the words shared ({found['bands'][band]['share']:.0%} of the questions)"


def _at(figures: Figures, path: tuple[str, ...]) -> Figures:
    for key in path:
        figures = figures[key]
    return figures


def _gained(gain: Figures) -> str:
    return f"{100 * gain['difference']:.1f} points ({100 * gain['low']:.1f} to {100 * gain['high']:.1f})"


def shown(item: Figures) -> str:
    """A share with its interval and what was counted."""
    if not item["n"]:
        return "none to count"
    return f"{item['share']:.1%} ({item['low']:.1%} to {item['high']:.1%}; {item['hits']} of {item['n']})"


def leaked(item: Figures) -> str:
    """Faults in a thousand with their exact upper bound and what was counted."""
    if not item["n"]:
        return "none to count"
    upper = item["upper_95_per_thousand"]
    return f"{item['per_thousand']:.1f}, at most {upper:.1f} ({item['faults']} of {item['n']})"


def counted(counts: Mapping[str, int]) -> str:
    """Names with their numbers, most first."""
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "nothing"


def _between(item: Figures, key: str) -> str:
    return f"{item[key]:.3f} ({item['low']:.3f} to {item['high']:.3f})" if item["n"] else "none to count"


def _times(item: Figures) -> str:
    return f"{item['median']:.1f}, {item['p95']:.1f}" if item["median"] is not None else "none to count"
