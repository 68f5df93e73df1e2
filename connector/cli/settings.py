"""`handrail config`: what is set, and where each value comes from."""

from __future__ import annotations

import rich_click as click

from connector.cli.output import json_option, show, table


@click.group()
def config() -> None:
    """Settings of this installation."""


@config.command("show")
@click.option("--origin", is_flag=True, help="Say where each value comes from.")
@json_option
def show_settings(origin: bool, as_json: bool) -> None:
    """Show every setting; secrets are only said to be set or not, and addresses stand there without theirs."""
    from connector.settings import load_with_origins

    _, origins = load_with_origins()
    rows = [{"name": item.name, "value": item.value, "origin": item.origin} for item in origins]
    if not origin:
        rows = [{"name": row["name"], "value": row["value"]} for row in rows]
    columns = ("name", "value", "origin") if origin else ("name", "value")
    show(rows, as_json=as_json, human=lambda: table("", columns, [tuple(row.values()) for row in rows]))


COMMANDS = (config,)
