"""How a check is written: passed, warned or failed, with the remedy and the page that says more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from connector.errors import HandrailError
from connector.ports import Check, CheckState
from connector.runbooks import Runbook, runbook_for


def passed(name: str, found: str) -> Check:
    """All is well."""
    return Check(name=name, state=CheckState.PASS, found=found)


def warned(name: str, found: str, fix: str, runbook: Runbook | None = None) -> Check:
    """Work goes on, and somebody should look."""
    return Check(name=name, state=CheckState.WARN, found=found, fix=fix, runbook=runbook)


def failed(name: str, found: str, fix: str, runbook: Runbook | None = None) -> Check:
    """Something does not work."""
    return Check(name=name, state=CheckState.FAIL, found=found, fix=fix, runbook=runbook)


def attempted(name: str, look: Callable[[], Check]) -> Check:
    """What `look` finds; an error of ours is a finding, too."""
    try:
        return look()
    except HandrailError as error:
        return failed(
            name, str(error), "See the message; `handrail doctor` shows when it is mended.", runbook_for(error)
        )


def lasting(time: timedelta) -> str:
    """A time as people say it."""
    minutes = max(0, round(time.total_seconds() / 60))
    if minutes < 120:
        return "1 minute" if minutes == 1 else f"{minutes} minutes"
    hours = round(minutes / 60)
    return f"{hours} hours" if hours < 48 else f"{round(hours / 24)} days"
