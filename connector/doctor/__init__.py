"""Looks at everything an installation needs and says what is wrong, why it matters and how to fix it [K3].

Problems are checks, never exceptions: a broken ledger must not hide a wrong setting. Nothing is changed: no database is
made or migrated where there was one, nothing is written to a helpdesk.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from connector.doctor import helpdesks, installation, work
from connector.doctor.findings import attempted, failed, passed
from connector.doctor.helpdesks import inspected
from connector.doctor.owndata import mappings, own_data, use_of_own_data
from connector.errors import HandrailError
from connector.ports import Check, CheckState
from connector.runbooks import Runbook, runbook_for

if TYPE_CHECKING:
    from connector.app import App
    from connector.settings import Settings

__all__ = ["examine", "inspected", "own_data"]


def examine() -> tuple[Check, ...]:
    """Every check that can be made; what depends on a failed one is left out."""
    from connector import settings as settings_module

    try:
        settings = settings_module.load()
    except HandrailError as error:
        return (failed("settings", str(error), "Correct the setting, then run `handrail doctor` again."),)
    checks = [passed("settings", "readable"), *(_machine(settings) if settings.embedded else ())]
    by_name = {check.name: check for check in checks}
    first = [by_name[name] for name in ("data folder", "secret key", "database") if name in by_name]
    if any(check.state is not CheckState.PASS and check.runbook is not Runbook.SECRET_LEAKED for check in first):
        return tuple(checks)
    return (*checks, *_ledger(settings))


def _machine(settings: Settings) -> Iterator[Check]:
    """The data folder with what is in it; a folder that cannot be written has nothing to look at."""
    for check in installation.examine_home(settings):
        yield check
        if check.name == "data folder" and check.state is CheckState.FAIL:
            return
    file = installation.examine_database(settings)
    yield installation.examine_key(settings, file)
    key_there = not settings.secret_keys and (settings.home / installation.KEY_FILE).exists()
    yield installation.judge_database(file, key_there=key_there)


def _ledger(settings: Settings) -> Iterator[Check]:
    from connector import app as apps

    try:
        app = apps.build(settings)
    except HandrailError as error:
        fix = "Until this is mended nothing is received: webhooks are answered 503."
        yield failed("ledger", str(error), fix, runbook_for(error))
        return
    try:
        yield from _inside(app)
    finally:
        app.close()


def _inside(app: App) -> Iterator[Check]:
    now = app.clock()
    for own in own_data(app):
        yield own
        if own.state is CheckState.PASS:
            yield from use_of_own_data(app, own.name)
    yield mappings(app)
    yield attempted("model", partial(work.model, app, now))
    for check in work.CHECKS:
        name = work.named(check)
        yield attempted(name, partial(check, app, now))
    yield from helpdesks.examine_accounts(app, now)
