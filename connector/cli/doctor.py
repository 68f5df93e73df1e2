"""`handrail doctor`: every check, why it matters and how to fix it."""

from __future__ import annotations

import rich_click as click
from click.exceptions import Exit

from connector.cli.output import json_option, say, show, table


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Check everything. Exit code 0 = all is well, 1 = there is a warning, 2 = something fails."""
    from connector import doctor as checks
    from connector import logging
    from connector.ports import CheckState

    logging.configure(level=50)  # every finding is a check of its own
    found = checks.examine()
    worst = max((list(CheckState).index(check.state) for check in found), default=0)
    rows = [{"name": check.name, "state": check.state.value, "found": check.found, "fix": check.fix} for check in found]

    def human() -> None:
        table("", ("check", "state", "found", "how to fix"), [tuple(row.values()) for row in rows])
        failing = sum(row["state"] == "fail" for row in rows)
        say(
            "Everything is well."
            if worst == 0
            else f"{failing} failed, {sum(r['state'] == 'warn' for r in rows)} warn."
        )

    show({"state": list(CheckState)[worst].value, "checks": rows}, as_json=as_json, human=human)
    raise Exit(worst)


COMMANDS = (doctor,)
