"""`handrail account disconnect`: ends an account, here and at its helpdesk."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import rich_click as click

from connector.cli.context import actor, opened, pick_account
from connector.cli.output import json_option, say, show
from connector.errors import HandrailError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from connector.app import App
    from connector.disconnecting import Disconnected
    from connector.model import GoneAccount
    from connector.ports import Check


@click.command("disconnect")
@click.argument("name")
@json_option
def disconnect(name: str, as_json: bool) -> None:
    """End an account: stop at once, take our things away at the helpdesk, erase its history when its time has come.

    HANDRAIL_RETENTION_DAYS says how long the history is kept. May be repeated: it then says how things stand.
    """
    from connector import disconnecting

    with opened() as app:
        gone = None if app.ledger.accounts.get(name) else _gone(app, name)
        if gone is None:
            known = pick_account(app.ledger, name)
            if sys.stdin.isatty():
                click.confirm(f"Disconnect {known.name} ({known.base_url})?", abort=True, err=True)
            done = disconnecting.disconnect(app, known, by=actor())
        else:
            checks = disconnecting.withdrawal(app).attempt(gone.id, app.clock()) or ()
            done = disconnecting.Disconnected(account_id=gone.id, erase_at=gone.erase_at, checks=checks)
        pending = any(account.id == done.account_id for account in app.ledger.leaving.accounts())
        keeps = app.settings.retention_days > 0 or gone is not None
    show(
        {
            "account": name,
            "id": done.account_id,
            "pending": pending,
            "erase_at": done.erase_at.isoformat() if keeps else None,
            "at_helpdesk": [
                {"name": one.name, "state": one.state, "found": one.found, "fix": one.fix} for one in done.checks
            ],
        },
        as_json=as_json,
        human=lambda: say(_told(name, done, pending=pending, erase_at=done.erase_at if keeps else None)),
    )


def _gone(app: App, name: str) -> GoneAccount | None:
    """The account of this name that was disconnected last, if its history is still kept."""
    found = [gone for gone in app.ledger.leaving.gone(now=app.clock()) if name in (gone.name, gone.id)]
    if not found and not app.ledger.accounts.all():
        raise HandrailError(f"There is no account {name!r}, and none that was disconnected and is still kept.")
    return max(found, key=lambda gone: gone.removed_at, default=None)


def _told(name: str, done: Disconnected, *, pending: bool, erase_at: datetime | None) -> str:
    when = f"is erased on {erase_at:%Y-%m-%d}, or by `handrail account erase {done.account_id}`" if erase_at else ""
    lines = [
        f"The account {name} is disconnected: nothing is read or written any more.",
        f"Its history {when}." if when else "Its history was erased.",
        *_at_helpdesk(done.checks, pending=pending),
    ]
    return "\n".join(lines)


def _at_helpdesk(checks: Sequence[Check], *, pending: bool) -> list[str]:
    if pending:
        return [
            "The helpdesk did not take everything back yet; the service goes on trying for a day and tells you how it "
            "ended.",
        ]
    left = [one.fix for one in checks if one.fix]
    if not left:
        return ["Nothing of ours is left at the helpdesk but the app; uninstall it there, and end our user."]
    return ["Left to do at the helpdesk:", *(f"  - {fix}" for fix in left)]
