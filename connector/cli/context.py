"""What most commands start with: the built app, the account meant, and the audit entry of a change."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import rich_click as click

from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.ports import Ledger
    from connector.settings import Settings

account_option = click.option(
    "--account", "account_name", metavar="NAME", help="The account; may be left out where there is only one."
)


@contextmanager
def opened() -> Iterator[App]:
    """The app over the configured ledger, closed at the end."""
    from connector import app as apps

    app = apps.build(quiet_settings())
    try:
        yield app
    finally:
        app.close()


def quiet_settings() -> Settings:
    """The settings, with logs set up so that a command's own output is not disturbed."""
    import logging as levels

    from connector import logging
    from connector import settings as settings_module

    settings = settings_module.load()
    logging.configure(settings.log_format, level=levels.WARNING)
    return settings


def pick_account(ledger: Ledger, name: str | None) -> Account:
    """The account of this name, or the only one. ConfigurationError says what to do otherwise."""
    known = ledger.accounts.all()
    if not known:
        raise ConfigurationError("There is no account yet: add one with `handrail account add`.")
    if name is None:
        if len(known) == 1:
            return known[0]
        names = ", ".join(account.name for account in known)
        raise ConfigurationError(f"There is more than one account: say which with --account ({names}).")
    for account in known:
        if name in (account.name, account.id):
            return account
    names = ", ".join(account.name for account in known)
    raise ConfigurationError(f"There is no account {name!r}: the accounts are {names}.")


def actor() -> str:
    """Who runs this command, for the audit log."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):  # a container's user id without a name
        return "cli:unknown"


def record(app: App, account_id: str | None, verb: str, detail: str) -> None:
    """Append what was done to the audit chain."""
    from connector.records import AuditEntry

    entry = AuditEntry(account_id=account_id, actor=actor(), verb=verb, detail=detail, at=app.clock())
    app.ledger.watch.record(entry)
