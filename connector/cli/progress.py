"""The bar that long commands show."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

Moved = Callable[[float, str], None]
"""(share done, words)."""


@contextmanager
def progress(title: str, *, quiet: bool) -> Iterator[Moved]:
    """A bar on standard error where somebody looks at a terminal, else nothing."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda share, words: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[words]}"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as bar:
        task = bar.add_task(title, total=1.0, words="")
        yield lambda share, words: bar.update(task, completed=share, words=words)
