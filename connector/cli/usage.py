"""`handrail usage`: what the language model was asked, and what it cost."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

import rich_click as click

from connector.cli.context import account_option, opened, pick_account
from connector.cli.output import json_option, say, show, table

if TYPE_CHECKING:
    from connector.ports import DaySpend

_COLUMNS = ("account", "day", "intent", "calls", "failures", "tokens in", "tokens out", "cost")
_SUMS = ("calls", "failures", "tokens_in", "tokens_out")
MICROS = 1_000_000
"""Of the configured currency, in which costs are kept."""


@click.command()
@account_option
@click.option("--days", type=click.IntRange(1, 3660), default=30, show_default=True, help="How many days (UTC).")
@json_option
def usage(account_name: str | None, days: int, as_json: bool) -> None:
    """Show the model's calls, failures, tokens and cost, per account, day and intent."""
    with opened() as app:
        accounts = [pick_account(app.ledger, account_name)] if account_name else app.ledger.accounts.all()
        since = app.clock() - timedelta(days=days - 1)
        spent = [(account.name, app.ledger.spend.spent(account.id, since=since)) for account in accounts]
    rows = [(name, day) for name, days_spent in spent for day in days_spent]

    def human() -> None:
        if rows:
            table("", _COLUMNS, [_cells(name, day) for name, day in rows])
        else:
            say("No language model was asked in this time.")

    document = {
        "usage": [
            {"account": name, **asdict(day), "day": day.day.isoformat(), "cost": day.cost_micros / MICROS}
            for name, day in rows
        ],
        "total": {
            **{name: sum(getattr(day, name) for _, day in rows) for name in _SUMS},
            "cost": sum(day.cost_micros for _, day in rows) / MICROS,
        },
    }
    show(document, as_json=as_json, human=human)


def _cells(account: str, day: DaySpend) -> tuple[object, ...]:
    cost = f"{day.cost_micros / MICROS:.4f}"
    return (account, day.day, day.intent, day.calls, day.failures, day.tokens_in, day.tokens_out, cost)


COMMANDS = (usage,)
