"""The pictures of an evaluation: risk-coverage, reliability, confusion, and leaks against coverage. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from connector.evaluation.drawing import Axis, Line, Reference, lines, matrix

Figures = Mapping[str, Any]


def pictures(halves: Mapping[str, Figures], public: Figures) -> Mapping[str, str]:
    """SVG text by file name; a picture for which there are no figures is left out."""
    halves = {name: figures for name, figures in halves.items() if figures["tickets"]}
    found: dict[str, str] = {}
    if halves:
        found["risk-coverage.svg"] = risk_coverage_picture(halves)
        found["reliability.svg"] = reliability_picture(halves)
    if "confusion" in halves.get("open", {}):
        found["confusion.svg"] = confusion_picture(halves["open"]["confusion"])
    if "banking77" in public:
        found["banking77-leaks.svg"] = leaks_picture(public["banking77"])
    return found


def risk_coverage_picture(halves: Mapping[str, Figures]) -> str:
    """How many of the surest tickets are read wrongly, at each share of tickets."""
    drawn = []
    for name, figures in halves.items():
        points = figures["risk_coverage"]
        drawn.append(
            Line(
                name=f"{name} half",
                points=tuple((point["coverage"], point["wrong"]["share"]) for point in points),
                low=tuple((point["coverage"], point["wrong"]["low"]) for point in points),
                high=tuple((point["coverage"], point["wrong"]["high"]) for point in points),
            )
        )
    return lines(
        title="Risk and coverage",
        note="Wrongly read among the surest tickets, by their share of all. No threshold, no rule; bands: 95% Wilson.",
        x=Axis(label="coverage: share of tickets, surest first"),
        y=Axis(label="risk: share read wrongly", high=0.5, step=0.1),
        drawn=drawn,
    )


def reliability_picture(halves: Mapping[str, Figures]) -> str:
    """How often a ticket was read rightly, by the confidence that was said."""
    drawn = []
    for name, figures in halves.items():
        bins = [item for item in figures["calibration"]["bins"] if item["right"]["n"]]
        drawn.append(
            Line(
                name=f"{name} half",
                points=tuple((item["confidence"], item["right"]["share"]) for item in bins),
                low=tuple((item["confidence"], item["right"]["low"]) for item in bins),
                high=tuple((item["confidence"], item["right"]["high"]) for item in bins),
                dots=True,
            )
        )
    return lines(
        title="Reliability",
        note="Share read rightly in each tenth of confidence, before any threshold. Bands: 95% Wilson.",
        x=Axis(label="confidence that was said (mean of its bin)"),
        y=Axis(label="share read rightly"),
        drawn=drawn,
        references=[Reference(name="said = right", start=(0.0, 0.0), end=(1.0, 1.0))],
    )


def confusion_picture(confusion: Figures) -> str:
    """Which intents are taken for which."""
    return matrix(
        title="Confusion of intents, open half",
        note="Numbers are tickets, shades their share of the row; blue is right, orange is wrong.",
        labels=confusion["labels"],
        counts=confusion["counts"],
    )


def leaks_picture(banking: Figures) -> str:
    """Leaks of human-only questions against the share of the others that is answered."""
    names = {"fitted": "held out of the fit part", "measured": "measured part"}
    drawn = [
        Line(
            name=names[part],
            points=tuple((item["coverage"], item["leaks"]["per_thousand"]) for item in figures["curve"]),
            # What nobody has seen yet may still be: the exact bound, which no number of leaks at zero takes away.
            low=tuple((item["coverage"], item["leaks"]["per_thousand"]) for item in figures["curve"]),
            high=tuple((item["coverage"], item["leaks"]["upper_95_per_thousand"]) for item in figures["curve"]),
        )
        for part, figures in banking["parts"].items()
    ]
    target = banking["targets"]
    return lines(
        title="BANKING77: leaks and coverage",
        note="Human-only questions let through, as the limit widens. Bands reach up to the exact 95% bound.",
        x=Axis(label="coverage: share of the other questions that is answered"),
        y=Axis(label="leaks in 1,000 human-only questions", high=10, step=2, percent=False),
        drawn=drawn,
        references=[
            Reference(
                name=f"target: {target['per_thousand']:g} at {target['coverage']:.0%}",
                start=(0.0, target["per_thousand"]),
                end=(target["coverage"], target["per_thousand"]),
            )
        ],
    )
