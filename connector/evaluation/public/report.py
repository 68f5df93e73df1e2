"""The figures of the public sets as rows of the one table. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from connector.evaluation.report import ReportRow, leaked, shown

Figures = Mapping[str, Any]

_INJECTION_TARGET = "at most 5%"
_SCOPE_TARGET = 0.9


def public_report(public: Figures) -> tuple[ReportRow, ...]:
    """The rows of the sets that were measured; what was fitted or may be tuned on stands in the open column."""
    makers = {
        "banking77": _banking77,
        "clinc150": _clinc150,
        "bipia": _bipia,
        "notinject": _notinject,
        "pii": _pii,
    }
    return tuple(row for name, maker in makers.items() if name in public for row in maker(public[name]))


def _banking77(figures: Figures) -> Iterator[ReportRow]:
    section, targets = "BANKING77", figures["targets"]
    fitted, measured = figures["parts"]["fitted"], figures["parts"]["measured"]
    aim = f"at most {targets['per_thousand']:g} at {targets['coverage']:.0%}"

    def row(figure: str, gate: str, key: str, target: str) -> ReportRow:
        show = leaked if key == "leaks" else shown
        return ReportRow(
            section=section,
            figure=figure,
            open=show(fitted[gate][key]),
            sealed=show(measured[gate][key]),
            target=target,
        )

    yield ReportRow(
        section=section, figure="intent right", open=shown(fitted["accuracy"]), sealed=shown(measured["accuracy"])
    )
    yield ReportRow(
        section=section,
        figure="leaks in 1,000 human-only questions, winning intent alone",
        open=leaked(fitted["arg_max"]),
        sealed=leaked(measured["arg_max"]),
    )
    yield row(f"leaks, gate fitted to {targets['coverage']:.0%} of the others", "wide", "leaks", aim)
    yield row("others answered by that gate", "wide", "coverage", "")
    yield row(f"leaks, gate fitted to {targets['per_thousand']:g} in 1,000", "safe", "leaks", "")
    yield row("others answered by that second gate", "safe", "coverage", f"{targets['coverage']:.0%} or more")


def _clinc150(figures: Figures) -> Iterator[ReportRow]:
    fitted, measured = figures["parts"]["fitted"], figures["parts"]["measured"]
    names = {
        "accuracy": ("intent right", ""),
        "coverage": ("requests inside that pass", f"{figures['targets']['coverage']:.0%}, by which it is fitted"),
        "out_of_scope_recall": ("requests outside that are found", f"{_SCOPE_TARGET:.0%} or more"),
    }
    for key, (name, target) in names.items():
        yield ReportRow(
            section="CLINC150", figure=name, open=shown(fitted[key]), sealed=shown(measured[key]), target=target
        )


def _bipia(figures: Figures) -> Iterator[ReportRow]:
    yield ReportRow(section="BIPIA", figure="attacks in mails found", open=shown(figures["found"]))
    for position, item in figures["by_position"].items():
        yield ReportRow(section="BIPIA", figure=f"found at the {position}", open=shown(item))
    for kind, item in figures["by_kind"].items():
        yield ReportRow(section="BIPIA", figure=f"found, {kind}", open=shown(item))
    yield ReportRow(section="BIPIA", figure="mails without attack taken for one", open=shown(figures["false_alarms"]))


def _notinject(figures: Figures) -> Iterator[ReportRow]:
    yield ReportRow(
        section="NotInject", figure="harmless texts blocked", open=shown(figures["blocked"]), target=_INJECTION_TARGET
    )
    for part, item in figures["by_part"].items():
        yield ReportRow(section="NotInject", figure=f"blocked, {part} of the trigger words", open=shown(item))


def _pii(figures: Figures) -> Iterator[ReportRow]:
    for kind, item in figures["by_kind"].items():
        yield ReportRow(section="personal data masked", figure=f"found, {kind}", open=shown(item["recall"]))
        yield ReportRow(section="personal data masked", figure=f"rightly masked, {kind}", open=shown(item["precision"]))
