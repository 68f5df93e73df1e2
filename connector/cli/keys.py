"""`handrail keys`: the keys that encrypt secrets at rest [K2]."""

from __future__ import annotations

import rich_click as click

from connector.cli.context import opened, record
from connector.cli.output import counted, json_option, say, show


@click.group()
def keys() -> None:
    """The keys that encrypt the helpdesks' secrets at rest."""


@keys.command("rotate")
@json_option
def rotate(as_json: bool) -> None:
    """Encrypt every secret again with the newest key, the first of HANDRAIL_SECRET_KEY; the others can then go.

    Stopped half-way it may simply be run again.
    """
    from connector import settings as settings_module

    with opened() as app:
        known = len(settings_module.secret_keys(app.settings))
        changed = app.ledger.rotate_keys()
        accounts = len(app.ledger.accounts.all())
        if changed:
            record(app, None, "keys rotate", counted(changed, "account"))

    def human() -> None:
        say(f"{counted(changed, 'account')} of {accounts} encrypted again; the first key opens every secret now.")
        if known > 1:
            say("Take the older keys out of HANDRAIL_SECRET_KEY (or secret.key) and start Handrail again.")
        elif not changed:
            say("There is only one key: put a new one in front of it first (docs/how-to/rotate-the-key.md).")

    show({"accounts": accounts, "changed": changed, "keys": known}, as_json=as_json, human=human)


COMMANDS = (keys,)
