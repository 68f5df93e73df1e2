"""Charts as SVG text: lines with bands, and a matrix of counts, all with one look. Pure: same input, same bytes.

Written out rather than taken from pygal: that puts scripts and random ids into every file, so that no two runs give
the same one, draws no bands and has no matrix.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

WIDTH = 760
HEIGHT = 460
_LEFT, _TOP, _RIGHT, _BOTTOM = 76, 70, 24, 98
_INK, _FAINT, _GRID, _PAPER = "#1f2933", "#52606d", "#d9dee4", "#ffffff"
_COLOURS = ("#0b5cad", "#b8480c", "#3d7a2a")
"""Told apart by people who see no red or green, too; and by the dashes."""
_DASHES = ("", "7 4", "2 4")
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

Point = tuple[float, float]
Points = tuple[Point, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """From `low` to `high` with a line at each `step`; as percentages, or as plain numbers."""

    label: str
    low: float = 0.0
    high: float = 1.0
    step: float = 0.2
    percent: bool = True

    def ticks(self) -> tuple[float, ...]:
        """Where the lines stand."""
        count = round((self.high - self.low) / self.step)
        return tuple(self.low + number * self.step for number in range(count + 1))

    def shown(self, value: float) -> str:
        """A tick as people read it."""
        return f"{value:.0%}" if self.percent else f"{value:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A named line, and the lower and upper edge of what it may as well be."""

    name: str
    points: Points
    low: Points = ()
    high: Points = ()
    dots: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A thin grey line to compare with: from one point to another, with its meaning."""

    name: str
    start: Point
    end: Point


def lines(
    *, title: str, note: str, x: Axis, y: Axis, drawn: Sequence[Line], references: Sequence[Reference] = ()
) -> str:
    """The chart. What lies outside the axes is cut off at their edge."""
    parts = [*_grid(x, y)]
    parts += [_stroke(_path(x, y, (item.start, item.end)), _FAINT, "3 3", 1.2) for item in references]
    for number, line in enumerate(drawn):
        colour, dash = _COLOURS[number % len(_COLOURS)], _DASHES[number % len(_DASHES)]
        if line.low and line.high:
            edge = _path(x, y, (*line.low, *reversed(line.high)))
            parts.append(f'<path d="{edge} Z" fill="{colour}" fill-opacity="0.12"/>')
        parts.append(_stroke(_path(x, y, line.points), colour, dash, 2.4))
        if line.dots:
            parts += [_dot(x, y, point, colour) for point in line.points]
    legend = [(line.name, _COLOURS[at % len(_COLOURS)], _DASHES[at % len(_DASHES)]) for at, line in enumerate(drawn)]
    parts += _legend([*legend, *((item.name, _FAINT, "3 3") for item in references)])
    return _document(title, note, parts, width=WIDTH, height=HEIGHT)


def _at(x: Axis, y: Axis, point: Point) -> Point:
    across = (min(max(point[0], x.low), x.high) - x.low) / (x.high - x.low)
    up = (min(max(point[1], y.low), y.high) - y.low) / (y.high - y.low)
    return _LEFT + across * (WIDTH - _LEFT - _RIGHT), HEIGHT - _BOTTOM - up * (HEIGHT - _TOP - _BOTTOM)


def _path(x: Axis, y: Axis, points: Sequence[Point]) -> str:
    placed = [_at(x, y, point) for point in points]
    return " ".join(f"{'M' if not number else 'L'}{_n(one)} {_n(other)}" for number, (one, other) in enumerate(placed))


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _stroke(path: str, colour: str, dash: str, width: float) -> str:
    dashed = f' stroke-dasharray="{dash}"' if dash else ""
    return f'<path d="{path}" fill="none" stroke="{colour}" stroke-width="{width}"{dashed}/>'


def _dot(x: Axis, y: Axis, point: Point, colour: str) -> str:
    across, down = _at(x, y, point)
    return f'<circle cx="{_n(across)}" cy="{_n(down)}" r="3.5" fill="{colour}"/>'


def _grid(x: Axis, y: Axis) -> Iterator[str]:
    for tick in y.ticks():
        across, down = _at(x, y, (x.low, tick))
        yield _stroke(f"M{_n(across)} {_n(down)} H{WIDTH - _RIGHT}", _GRID, "", 1)
        yield _text(y.shown(tick), across - 8, down + 4, size=12, anchor="end", colour=_FAINT)
    for tick in x.ticks():
        across, down = _at(x, y, (tick, y.low))
        yield _stroke(f"M{_n(across)} {_n(down)} v5", _FAINT, "", 1)
        yield _text(x.shown(tick), across, down + 19, size=12, anchor="middle", colour=_FAINT)
    middle = _TOP + (HEIGHT - _TOP - _BOTTOM) / 2
    yield _text(x.label, (_LEFT + WIDTH - _RIGHT) / 2, HEIGHT - _BOTTOM + 42, size=13, anchor="middle")
    yield _text(y.label, 20, middle, size=13, anchor="middle", turned=True)


def _legend(items: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    across, down = float(_LEFT), HEIGHT - 22
    for name, colour, dash in items:
        yield _stroke(f"M{_n(across)} {down - 4} h28", colour, dash, 2.4)
        yield _text(name, across + 35, down, size=13)
        across += 60 + 7.1 * len(name)


def _text(
    words: str,
    across: float,
    down: float,
    *,
    size: int,
    anchor: str = "start",
    colour: str = _INK,
    bold: bool = False,
    turned: bool = False,
) -> str:
    weight = ' font-weight="600"' if bold else ""
    turn = f' transform="rotate(-90 {_n(across)} {_n(down)})"' if turned else ""
    return (
        f'<text x="{_n(across)}" y="{_n(down)}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
        f"{weight}{turn}>{escape(words)}</text>"
    )


def _document(title: str, note: str, parts: Sequence[str], *, width: int, height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'role="img" aria-label={quoteattr(f"{title}. {note}")} font-family="{_FONT}">'
    )
    paper = f'<rect width="{width}" height="{height}" fill="{_PAPER}"/>'
    heading = _text(title, 20, 28, size=17, bold=True)
    return "\n".join((head, paper, heading, _text(note, 20, 49, size=12, colour=_FAINT), *parts, "</svg>\n"))


_CELL = 27
_NAMES = 196
_MATRIX_TOP = 250


def matrix(*, title: str, note: str, labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """The counts, rows against columns, each shaded by its share of its row; empty cells stay empty."""
    size = len(labels) * _CELL
    parts = [_text("read as", _NAMES + size / 2, 78, size=13, anchor="middle")]
    parts.append(_text("meant", 20, _MATRIX_TOP + size / 2, size=13, anchor="middle", turned=True))
    for number, label in enumerate(labels):
        middle = number * _CELL + _CELL / 2
        parts.append(_text(label, _NAMES - 8, _MATRIX_TOP + middle + 4, size=11, anchor="end"))
        parts.append(_slanted(label, _NAMES + middle + 4, _MATRIX_TOP - 8))
    for row, found in enumerate(counts):
        total = sum(found)
        parts += [_cell(row, column, count, total) for column, count in enumerate(found) if count]
    parts += _rules(len(labels))
    width = max(WIDTH, _NAMES + size + 24)
    return _document(title, note, parts, width=width, height=_MATRIX_TOP + size + 24)


def _slanted(label: str, across: float, down: float) -> str:
    return (
        f'<text x="{_n(across)}" y="{_n(down)}" font-size="11" fill="{_INK}" '
        f'transform="rotate(-90 {_n(across)} {_n(down)})">{escape(label)}</text>'
    )


def _cell(row: int, column: int, count: int, total: int) -> str:
    across, down, part = _NAMES + column * _CELL, _MATRIX_TOP + row * _CELL, count / total
    colour = _COLOURS[0] if row == column else _COLOURS[1]
    ink = _PAPER if part > 0.5 else _INK
    box = (
        f'<rect x="{across}" y="{down}" width="{_CELL}" height="{_CELL}" fill="{colour}" '
        f'fill-opacity="{0.15 + 0.85 * part:.2f}"/>'
    )
    return box + _text(str(count), across + _CELL / 2, down + _CELL / 2 + 4, size=11, anchor="middle", colour=ink)


def _rules(count: int) -> Iterator[str]:
    end = count * _CELL
    for number in (0, count):
        yield _stroke(f"M{_NAMES} {_MATRIX_TOP + number * _CELL} h{end}", _FAINT, "", 1)
        yield _stroke(f"M{_NAMES + number * _CELL} {_MATRIX_TOP} v{end}", _FAINT, "", 1)
    for one, other in pairwise(range(count + 1)):
        if one:
            yield _stroke(f"M{_NAMES} {_MATRIX_TOP + one * _CELL} h{end}", _GRID, "", 0.6)
        if other < count:
            yield _stroke(f"M{_NAMES + other * _CELL} {_MATRIX_TOP} v{end}", _GRID, "", 0.6)
