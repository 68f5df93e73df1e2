"""A back-test as one HTML page that needs nothing else: every picture with its table beside it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

from connector.backtest.comparison import Ours, People
from connector.backtest.labels import word
from connector.backtest.pictures import actions, overlap

Figures = Mapping[str, Any]

_STYLE = """
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif;color:#1f2933;background:#fff;
max-width:1100px;margin:2rem auto;padding:0 1rem}
h1{font-size:1.6rem}h2{font-size:1.2rem;margin-top:2.2rem}
table{border-collapse:collapse;margin:1rem 0;font-size:13px;width:100%}
th,td{border-bottom:1px solid #d9dee4;padding:.3rem .5rem;text-align:left;vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
.faint{color:#52606d}svg{max-width:100%;height:auto}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One run and how it is called."""

    name: str
    figures: Figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What a second run would change in comparison with the first."""

    before: str
    after: str
    figures: Figures


def page(
    account: str, runs: Sequence[Shown], differences: Sequence[Difference], *, language: str, facts: Sequence[str] = ()
) -> str:
    """The whole page."""

    def say(key: str) -> str:
        return word(key, language)

    parts = [f"<h1>{escape(say('title'))}: {escape(account)}</h1>", f"<p>{escape(say('lead'))}</p>"]
    parts += [f'<p class="faint">{escape(fact)}</p>' for fact in facts]
    parts.append(f'<p class="faint">{escape(say("intervals"))}</p>')
    for run in runs:
        parts += _run(run, language, titled=len(runs) > 1)
    for item in differences:
        parts += _difference(item, language)
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{language}"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f'<meta name="referrer" content="no-referrer"><title>{escape(say("title"))}: {escape(account)}</title>'
        f"<style>{_STYLE}</style></head>\n<body>\n{body}\n</body></html>\n"
    )


def _run(run: Shown, language: str, *, titled: bool) -> Iterable[str]:
    figures = run.figures
    if titled:
        yield f"<h2>{escape(run.name)}</h2>"
    yield f"<p>{figures['n']} {escape(word('tickets', language))}{escape(_left_out(figures, language))}</p>"
    yield f"<h2>{escape(word('per_intent', language))}</h2>"
    yield actions(figures["intents"], language)
    yield _intents(figures, language)
    yield f"<h2>{escape(word('against', language))}</h2>"
    yield _matrix(figures["matrix"], language)
    yield f"<p>{escape(word('macros', language))}: {escape(shown(figures['macro_replies']))}</p>"
    yield f"<h2>{escape(word('overlap', language))}</h2>"
    if figures["f1"]["n"]:
        yield overlap(figures["overlap"], language)
    rows = [[f"{item['at_least']:.1f}", shown(item)] for item in figures["overlap"]]
    yield _table([word("at_least", language), word("share_drafts", language)], rows, numbers=(0, 1))
    yield f"<h2>{escape(word('would', language))}</h2>"
    yield from _violations(figures, language)


def _left_out(figures: Figures, language: str) -> str:
    if not figures["left_out"]:
        return ""
    named = ", ".join(f"{word(why, language)}: {count}" for why, count in sorted(figures["left_out"].items()))
    return f"; {word('left_out', language)}: {named}"


def _intents(figures: Figures, language: str) -> str:
    ours = [item.value for item in Ours]
    heads = [word(key, language) for key in ("intent", "n", *ours, "agreement", "violations", "f1", "distance")]
    rows = [_row(word("all", language), figures, ours)]
    rows += [_row(intent, found, ours) for intent, found in figures["intents"].items()]
    return _table(heads, rows, numbers=tuple(range(1, len(heads))))


def _row(name: str, figures: Figures, ours: Sequence[str]) -> list[str]:
    return [
        name,
        str(figures["n"]),
        *(shown(figures["ours"][item]) for item in ours),
        shown(figures["agreement"]),
        shown(figures["violations"]),
        _middle(figures["f1"]),
        _middle(figures["distance"]),
    ]


def _matrix(matrix: Mapping[str, Mapping[str, int]], language: str) -> str:
    people = [item.value for item in People if item is not People.CONNECTOR]
    heads = [word("ours", language), *(word(item, language) for item in people)]
    rows = [[word(ours, language), *(str(found[item]) for item in people)] for ours, found in matrix.items()]
    return _table(heads, rows, numbers=tuple(range(1, len(heads))))


def _violations(figures: Figures, language: str) -> Iterable[str]:
    if not figures["violating"]:
        yield f"<p>{escape(word('none', language))}</p>"
        return
    yield f"<p>{escape(word('would_note', language))}</p>"
    kinds = [[word(name, language), str(count)] for name, count in figures["violation_kinds"].items()]
    yield _table([word("kind", language), word("count", language)], kinds, numbers=(1,))
    yield f'<p class="faint">{escape(word("first_listed", language))}</p>'
    heads = [word(key, language) for key in ("ticket", "intent", "kind", "asked", "replied", "drafted")]
    lines = []
    for item in figures["violating"]:
        said = item.get("shown", {})
        why = "; ".join(word(name, language) for name in item["violations"])
        cells = [item["intent"], why, said.get("asked", ""), said.get("replied", ""), said.get("draft", "")]
        lines.append(f"<tr><td>{_link(item)}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    yield _framed(heads, lines)


def _difference(item: Difference, language: str) -> Iterable[str]:
    figures = item.figures
    named = f"{item.after} {word('compared_with', language)} {item.before}"
    yield f"<h2>{escape(word('difference', language))}: {escape(named)}</h2>"
    yield (
        f"<p>{figures['tickets']} {escape(word('tickets', language))}, {escape(word('changed', language))}: "
        f"{escape(shown(figures['changed']))}</p>"
    )
    moves = [[_move(move, language), str(count)] for move, count in figures["moves"].items()]
    if moves:
        yield _table([word("changed", language), word("count", language)], moves, numbers=(1,))
        yield f'<p class="faint">{escape(word("first_listed", language))}</p>'
    heads = [word(key, language) for key in ("ticket", "before", "after", "intent", "people", "violations")]
    lines = []
    for row in figures["listed"]:
        intent = row["intent_after"]
        if row["intent_before"] != intent:
            intent = f"{row['intent_before']} → {intent}"
        fresh = "; ".join(word(name, language) for name in row["new_violations"])
        acts = (word(row["before"] or "left_out", language), word(row["after"], language))
        cells = [*acts, intent, word(row["people"], language), fresh]
        lines.append(f"<tr><td>{_link(row)}</td>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    if lines:
        yield _framed(heads, lines)


def _move(move: str, language: str) -> str:
    before, _, after = move.partition(" -> ")
    first = word("left_out" if before == "None" else before, language)
    return f"{first} → {word(after, language)}"


def _link(item: Figures) -> str:
    """The ticket's number, leading to the ticket in the helpdesk; only a web address is a link."""
    number = escape(str(item["ticket"]))
    url = str(item["url"])
    if not re.match(r"https?://", url):
        return number
    return f'<a href="{escape(url, quote=True)}" rel="noreferrer">{number}</a>'


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[int] = ()) -> str:
    lines = [
        "<tr>"
        + "".join(f"<td{' class=n' if at in numbers else ''}>{escape(cell)}</td>" for at, cell in enumerate(row))
        + "</tr>"
        for row in rows
    ]
    return _framed(heads, lines, numbers=numbers)


def _framed(heads: Sequence[str], lines: Sequence[str], *, numbers: Sequence[int] = ()) -> str:
    top = "".join(f"<th{' class=n' if at in numbers else ''}>{escape(name)}</th>" for at, name in enumerate(heads))
    return f"<table><thead><tr>{top}</tr></thead><tbody>\n" + "\n".join(lines) + "\n</tbody></table>"


def shown(part: Figures) -> str:
    """A share as people read it: with its interval and what it was counted of."""
    if part["share"] is None:
        return "-"
    return f"{part['share']:.1%} ({part['low']:.1%} - {part['high']:.1%}; {part['hits']}/{part['n']})"


def _middle(part: Figures) -> str:
    if part["median"] is None:
        return "-"
    return f"{part['median']:.2f} ({part['low']:.2f} - {part['high']:.2f})"
