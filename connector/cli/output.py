"""What commands print: one JSON document, or tables and sentences for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

import rich_click as click

json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead of text.")
"""For every command that prints data."""

PIPE_WIDTH = 160
"""Columns where nobody looks at a terminal: wide enough that tables in files and pipes do not wrap."""


def plain(value: Any) -> Any:
    """JSON values of a record: times in ISO 8601, enums as their text, tuples and sets as lists."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return sorted(plain(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return value


def document(value: Any) -> None:
    """Print one JSON document."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def show(value: Any, *, as_json: bool, human: Callable[[], None]) -> None:
    """Print the value as JSON, or call `human`."""
    if as_json:
        document(value)
    else:
        human()


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table. Texts are shown as they are: a bracket in them is no markup."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        grid.add_column(column, overflow="fold")
    for row in rows:
        grid.add_row(*(Text(cell(item)) for item in row))
    Console(file=sys.stdout, width=None if sys.stdout.isatty() else PIPE_WIDTH).print(grid)


def cell(value: object) -> str:
    """A value as people read it in a table."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, float):
        return f"{value:.3f}"
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def say(text: str) -> None:
    """Print one sentence."""
    click.echo(text)


def counted(number: int, noun: str) -> str:
    """A number with its noun, which ends in an "s" where there is not exactly one."""
    return f"{number} {noun}{'' if number == 1 else 's'}"
