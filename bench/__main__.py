"""`make bench`: measures, prints the tables and writes them to docs/reference. 1 where a target was missed.

`python -m bench [TABLE ...] [--out FOLDER]` measures some tables only, and then writes nothing without a folder.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import structlog

from bench import drafting, model_calls, real_limits, receiving
from bench.page import FOLDER, shown, target, write
from bench.tables import Table
from connector.cli.output import say, table

TABLES: Mapping[str, Callable[[], Table]] = {
    "ticket": drafting.measure,
    "receiving": receiving.measure,
    "model_calls": model_calls.measure,
    "real_limits": real_limits.measure,
}
"""One module for each; the order is that of the page."""


def main(words: Sequence[str] | None = None) -> int:
    """0 when every target was reached."""
    parser = argparse.ArgumentParser(prog="make bench")
    parser.add_argument("tables", nargs="*", choices=[*TABLES, []], help="only these")
    parser.add_argument("--out", type=Path, help="where the page and the JSON go")
    options = parser.parse_args(words)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    found = [TABLES[name]() for name in options.tables or TABLES]
    for one in found:
        table(one.title, ("figure", "value", "target"), [(row.name, shown(row), target(row)) for row in one.rows])
    folder = options.out or (None if options.tables else FOLDER)
    if folder is not None:
        page, data = write(found, folder)
        say(f"Written to {page.name} and {data.name}.")
    missed = [row.name for one in found for row in one.rows if row.reached is False]
    for name in missed:
        say(f"Target missed: {name}.")
    return 1 if missed else 0


if __name__ == "__main__":
    raise SystemExit(main())
