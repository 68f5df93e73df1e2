"""Looks at everything an installation needs and says what is wrong, why it matters and how to fix it [K3].

Problems are checks, never exceptions: a broken ledger must not hide a wrong setting.
"""

from __future__ import annotations

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from connector.breaches import LOST
from connector.errors import HandrailError
from connector.ports import Check, CheckState

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.settings import Settings

LEAST_FREE_BYTES = 200 * 1024 * 1024
LITTLE_FREE_BYTES = 1024 * 1024 * 1024
LATE = timedelta(minutes=5)
VERY_LATE = timedelta(minutes=30)
BACK_IN_TIME = timedelta(seconds=5)
MOST_NAMED = 5
"""Rows and files that one check names; a wrong column would name them all."""


def examine() -> tuple[Check, ...]:
    """Every check that can be made; what depends on a failed one is left out."""
    from connector import settings as settings_module

    try:
        settings = settings_module.load()
    except HandrailError as error:
        return (_fail("settings", str(error), "Correct the setting, then run `handrail doctor` again."),)
    checks = [_ok("settings", "readable"), *_home(settings)]
    return (*checks, *_ledger(settings))


def _home(settings: Settings) -> Iterator[Check]:
    if not settings.embedded:
        return
    home = settings.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home) as file:
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        fix = "Set HANDRAIL_HOME to a folder that this user may write to, or make room."
        yield _fail("data folder", f"{home} cannot be written ({error.strerror})", fix)
        return
    yield _ok("data folder", f"{home.resolve()} is writable")
    yield _space(home)
    yield _key(settings, home / "secret.key")


def _space(home: Path) -> Check:
    free = shutil.disk_usage(home).free
    found, fix = f"{free // (1024 * 1024)} MiB free", "Make room: what cannot be stored is refused with a 503."
    if free < LEAST_FREE_BYTES:
        return _fail("disk space", found, fix)
    return _warn("disk space", found, fix) if free < LITTLE_FREE_BYTES else _ok("disk space", found)


def _key(settings: Settings, path: Path) -> Check:
    if settings.secret_keys:
        return _ok("secret key", "set by HANDRAIL_SECRET_KEY")
    if not path.exists():
        return _ok("secret key", "made at the first start")
    mode = path.stat().st_mode & 0o777
    if mode & 0o077:
        return _fail(
            "secret key",
            f"{path} can be read by others (mode {mode:04o}), and it opens every stored secret",
            f"Run `chmod 600 {path}`, and change the helpdesk credentials if others have used this machine.",
        )
    return _ok("secret key", f"{path}, mode {mode:04o}; keep a copy apart from the backups")


def _ledger(settings: Settings) -> Iterator[Check]:
    from connector import app as apps

    try:
        app = apps.build(settings)
    except HandrailError as error:
        yield _fail("ledger", str(error), "Until this is mended nothing is received: webhooks are answered 503.")
        return
    try:
        yield from _inside(app)
    finally:
        app.close()


def _inside(app: App) -> Iterator[Check]:
    ledger, now = app.ledger, app.clock()
    for own in own_data(app):
        yield own
        if own.state is CheckState.PASS:
            yield from _use_of_own_data(app, own.name)
    yield _attempt("model", partial(_model, app, now))
    yield _attempt("ledger", partial(_writable, app))
    yield _attempt("clock", partial(_clock, app, now))
    for check in (_switches, _backlog, _dead_letters, _certificates, _alarms):
        yield _attempt(check.__name__.strip("_").replace("_", " "), partial(check, app, now))
    try:
        accounts = ledger.accounts.all()
    except HandrailError as error:
        yield _fail("accounts", str(error), "If the secret key was changed, put the old one behind the new one.")
        return
    if not accounts:
        yield _ok("accounts", "none yet: add one with `handrail account add`")
    for account in accounts:
        yield _attempt(f"policy of {account.name}", partial(_policy, app, account))
        yield from inspected(app, account)


def own_data(app: App) -> Iterator[Check]:
    """Whether a worker can read the team's own look-ups and sources, and has the encoder that is asked for; without
    them none starts.
    """
    yield _readable("look-ups", "HANDRAIL_LOOKUPS", app.settings.lookups, lambda: app.lookup)
    yield _readable("sources", "HANDRAIL_SOURCES", app.settings.sources, lambda: app.folder)
    yield _encoder(app)


def _use_of_own_data(app: App, name: str) -> Iterator[Check]:
    """What is readable and still of no effect; nothing is checked that is not set or lies behind an address."""
    from connector.knowledge import FolderKnowledge
    from connector.owndata import unknown_intents, useless_records

    lookups = app.settings.lookups.strip()
    if name == "look-ups" and lookups and "://" not in lookups:
        found = [f"{Path(lookups).name}, {sentence}" for sentence in useless_records(Path(lookups), app.templates)]
        yield _useful(
            "look-up rows", found, "Correct these rows: no reply can use them (docs/how-to/feed-the-drafts.md)."
        )
    if name == "sources" and isinstance(app.folder, FolderKnowledge) and app.folder.articles:
        found = list(unknown_intents(app.folder.articles, app.catalogue))
        known = ", ".join(sorted(app.catalogue.intents))
        yield _useful("article intents", found, f"Correct `intents:` in these files; the catalogue has {known}.")


def _useful(name: str, useless: list[str], fix: str) -> Check:
    if not useless:
        return _ok(name, "all can be used")
    more = f" (and {len(useless) - MOST_NAMED} more)" if len(useless) > MOST_NAMED else ""
    return _warn(name, "; ".join(useless[:MOST_NAMED]) + more, fix)


def _encoder(app: App) -> Check:
    try:
        opened = app.encoder
    except HandrailError as error:
        return _fail("encoder", str(error), "install it, or unset HANDRAIL_ENCODER; no worker starts before")
    return _ok("encoder", f"{opened.name} works" if opened else "none (HANDRAIL_ENCODER is not set)")


def _readable(name: str, variable: str, setting: str, read: Callable[[], object]) -> Check:
    if not setting.strip():
        return _ok(name, f"none ({variable} is not set)")
    try:
        read()
    except (HandrailError, ValueError, csv.Error) as error:
        why = re.sub(r"\[Errno \d+\] ", "", str(error)).rstrip(".")
        found = f"{variable} cannot be used: {why}"
        return _fail(name, found, f"correct the file or {variable}; no worker starts before")
    return _ok(name, "readable")


def _writable(app: App) -> Check:
    app.ledger.check()
    return _ok("ledger", "readable, writable and up to date")


def _model(app: App, now: datetime) -> Check:
    """Whether the language model answers; without it drafts are the embedded drafter's, so it never fails."""
    from connector.llm import checks, spend_limits

    return checks.examine_model(app.model, app.ledger, spend_limits(app.settings), now=now)


def _clock(app: App, now: datetime) -> Check:
    """Leases, caps and signatures rest on the clock; a ledger that knows the future shows that it was set back."""
    newest = app.ledger.inbox.events(limit=1)
    if newest and newest[0].received_at > now + BACK_IN_TIME:
        found = f"the newest event was received at {newest[0].received_at:%Y-%m-%d %H:%M:%S} UTC, which is to come"
        return _fail("clock", found, "Set the clock of this machine (NTP); work goes on when it has caught up.")
    return _ok("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _switches(app: App, _now: datetime) -> Check:
    switches = app.ledger.policies.kill_switches()
    if not switches:
        return _ok("kill switches", "none is on")
    names = {account.id: account.name for account in app.ledger.accounts.all()}
    shown = ", ".join(
        f"{names.get(item.account_id or '', 'every account')} / {item.intent or 'every intent'}" for item in switches
    )
    return _warn("kill switches", f"on: {shown}", "`handrail kill off` (with the same options) when it is safe.")


def _backlog(app: App, now: datetime) -> Check:
    backlog = app.ledger.work.backlog(now=now)
    found = "1 ticket is due" if backlog.due_tickets == 1 else f"{backlog.due_tickets} tickets are due"
    if backlog.oldest_due_at is None:
        return _ok("backlog", found)
    age = now - backlog.oldest_due_at
    found = f"{found}, the oldest for {age.total_seconds() / 60:.0f} minutes"
    fix = "Does a worker run (`handrail serve` or `handrail worker`)? Is the helpdesk reachable?"
    if age > VERY_LATE:
        return _fail("backlog", found, fix)
    return _warn("backlog", found, fix) if age > LATE else _ok("backlog", found)


def _dead_letters(app: App, now: datetime) -> Check:
    dead = app.ledger.work.backlog(now=now).dead_events
    if not dead:
        return _ok("dead letters", "none")
    fix = "`handrail events --state dead` shows why, `handrail replay --dead` tries again."
    return _warn("dead letters", f"{dead} {'event' if dead == 1 else 'events'} could not be worked on", fix)


def _certificates(app: App, _now: datetime) -> Check:
    lost = [alarm for alarm in app.ledger.watch.alarms() if alarm.kind == LOST]
    if not lost:
        return _ok("certificates", "none was lost")
    names = {account.id: account.name for account in app.ledger.accounts.all()}
    shown = "; ".join(f"{names.get(item.account_id, item.account_id)} / {item.subject}: {item.detail}" for item in lost)
    return _warn("certificates", shown, "Mend what people judged wrong; `handrail fit` says what is still missing.")


def _alarms(app: App, _now: datetime) -> Check:
    alarms = app.ledger.watch.alarms()
    if not alarms:
        return _ok("alarms", "none is open")
    oldest = alarms[0]
    found = f"{len(alarms)} open, the oldest: {oldest.kind} {oldest.subject} ({oldest.detail})"
    return _warn("alarms", found, "Look at the ticket or account that is named.")


def _policy(app: App, account: Account) -> Check:
    name = f"policy of {account.name}"
    version = app.ledger.policies.current(account.id)
    if version is None:
        return _fail(name, "there is none, so everything goes to a person", "`handrail policy publish FILE`")
    app.rulebook.parse(version.text)
    return _ok(name, f"version {version.version} is valid")


def inspected(app: App, account: Account) -> Iterator[Check]:
    """What connecting to an account's helpdesk shows, with the account's name before each check."""
    try:
        found = app.providers[account.vendor].inspect(account).checks
    except HandrailError as error:
        yield _fail(f"{account.name}: connection", str(error), "Check address and credentials of the account.")
        return
    for check in found:
        yield Check(name=f"{account.name}: {check.name}", state=check.state, found=check.found, fix=check.fix)


def _attempt(name: str, look: Callable[[], Check]) -> Check:
    try:
        return look()
    except HandrailError as error:
        return _fail(name, str(error), "See the message; `handrail doctor` shows when it is mended.")


def _ok(name: str, found: str) -> Check:
    return Check(name=name, state=CheckState.PASS, found=found)


def _warn(name: str, found: str, fix: str) -> Check:
    return Check(name=name, state=CheckState.WARN, found=found, fix=fix)


def _fail(name: str, found: str, fix: str) -> Check:
    return Check(name=name, state=CheckState.FAIL, found=found, fix=fix)
