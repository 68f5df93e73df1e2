"""The pictures of a report as SVG text. Pure: the same figures give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from connector.backtest.comparison import Ours
from connector.backtest.labels import word
from connector.evaluation.drawing import Axis, Line, lines

_COLOURS: Mapping[Ours, str] = {
    Ours.SEND: "#3d7a2a",
    Ours.DRAFT: "#0b5cad",
    Ours.HAND_OFF: "#b8480c",
    Ours.IGNORE: "#7b8794",
}
_INK, _FAINT, _PAPER = "#1f2933", "#52606d", "#ffffff"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
_LEFT, _WIDTH, _TOP, _ROW = 210, 760, 92, 24
_BAR = _WIDTH - _LEFT - 70
MOST_BARS = 25


def actions(intents: Mapping[str, Mapping[str, Any]], language: str) -> str:
    """One bar per intent: what would be done with its tickets. The most frequent intents only."""
    shown = list(intents.items())[:MOST_BARS]
    height = _TOP + _ROW * len(shown) + 16
    parts = [_text(word("actions", language), 20, 28, size=17, bold=True)]
    parts.append(_text(word("actions_note", language), 20, 49, size=12, colour=_FAINT))
    parts += _legend(language)
    for number, (intent, figures) in enumerate(shown):
        down = _TOP + number * _ROW
        parts.append(_text(intent, _LEFT - 8, down + 14, size=12, anchor="end"))
        parts += _bar(figures, down)
        parts.append(_text(f"n = {figures['n']}", _LEFT + _BAR + 8, down + 14, size=11, colour=_FAINT))
    title = f"{word('actions', language)}. {word('actions_note', language)}"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label={quoteattr(title)} font-family="{_FONT}">\n'
        f'<rect width="{_WIDTH}" height="{height}" fill="{_PAPER}"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def overlap(points: Sequence[Mapping[str, Any]], language: str) -> str:
    """How many drafts come how near to what was sent."""
    drawn = [point for point in points if point["share"] is not None]
    return lines(
        title=word("overlap", language),
        note=word("overlap_note", language),
        x=Axis(label=word("at_least", language), percent=False),
        y=Axis(label=word("share_drafts", language)),
        drawn=[
            Line(
                name=word("draft", language),
                points=tuple((point["at_least"], point["share"]) for point in drawn),
                low=tuple((point["at_least"], point["low"]) for point in drawn),
                high=tuple((point["at_least"], point["high"]) for point in drawn),
                dots=True,
            )
        ],
    )


def _bar(figures: Mapping[str, Any], down: float) -> list[str]:
    parts, across = [], float(_LEFT)
    for ours, colour in _COLOURS.items():
        part = figures["ours"][ours.value]["share"] or 0.0
        if part:
            parts.append(
                f'<rect x="{across:.1f}" y="{down}" width="{part * _BAR:.1f}" height="{_ROW - 6}" fill="{colour}"/>'
            )
            across += part * _BAR
    return parts


def _legend(language: str) -> list[str]:
    parts, across = [], 20.0
    for ours, colour in _COLOURS.items():
        name = word(ours.value, language)
        parts.append(f'<rect x="{across:.0f}" y="62" width="14" height="14" fill="{colour}"/>')
        parts.append(_text(name, across + 20, 74, size=12))
        across += 46 + 7.2 * len(name)
    return parts


def _text(
    words: str,
    across: float,
    down: float,
    *,
    size: int,
    anchor: str = "start",
    colour: str = _INK,
    bold: bool = False,
) -> str:
    weight = ' font-weight="600"' if bold else ""
    return (
        f'<text x="{across:.0f}" y="{down:.0f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(words)}</text>"
    )
