"""`handrail doctor`: every check, why it matters and how to fix it."""

from __future__ import annotations

import rich_click as click
from click.exceptions import Exit

from connector.cli.output import json_option, say, show, table


@click.command()
@click.option("--problems", is_flag=True, help="Leave out what is well.")
@json_option
def doctor(problems: bool, as_json: bool) -> None:
    """Check everything. Exit code 0 = all is well, 1 = there is a warning, 2 = something fails."""
    from connector import doctor as checks
    from connector import logging
    from connector.ports import CheckState

    logging.configure(level=50)  # every finding is a check of its own
    found = checks.examine()
    worst = max((list(CheckState).index(check.state) for check in found), default=0)
    rows = [
        {
            "name": check.name,
            "state": check.state.value,
            "found": check.found,
            "fix": check.fix,
            "runbook": check.runbook.value if check.runbook else None,
        }
        for check in found
        if not (problems and check.state is CheckState.PASS)
    ]

    def human() -> None:
        if rows:
            table("", ("check", "state", "found", "how to fix", "runbook"), [tuple(row.values()) for row in rows])
        if any(row["runbook"] for row in rows):
            say("Runbooks are pages of docs/how-to/runbooks/.")
        failing = sum(row["state"] == "fail" for row in rows)
        say(
            "Everything is well."
            if worst == 0
            else f"{failing} failed, {sum(r['state'] == 'warn' for r in rows)} warn."
        )

    show({"state": list(CheckState)[worst].value, "checks": rows}, as_json=as_json, human=human)
    raise Exit(worst)


COMMANDS = (doctor,)
