"""What the ledger says of the work: what waits, what stopped, and who should have been told."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connector.breaches import LOST
from connector.doctor.findings import failed, lasting, passed, warned
from connector.ports import Check
from connector.reconcile import CURSOR
from connector.records import APP_REMOVED, REFUSED, Alarm, Backlog, StoredEvent, WaitingTicket
from connector.runbooks import Runbook
from connector.watchdog import NOT_DELIVERED

if TYPE_CHECKING:
    from connector.app import App

LATE = timedelta(minutes=5)
VERY_LATE = timedelta(minutes=30)
LONG_WAIT = timedelta(hours=1)
BACK_IN_TIME = timedelta(seconds=5)
POLLS_MISSED = 2
CONNECT_SECONDS = 5.0
MOST_LETTERS = 1000
"""Of so many, the newest, the reasons are counted."""
MOST_REASONS = 3
_PAGES = {
    REFUSED: Runbook.TOKEN_REVOKED,
    APP_REMOVED: Runbook.TOKEN_REVOKED,
    "dead_letter": Runbook.BACKLOG,
    "helpdesk_throttles": Runbook.BACKLOG,
    "ticket_keeps_changing": Runbook.BACKLOG,
}


def ledger(app: App, _now: datetime) -> Check:
    """Whether a write works."""
    app.ledger.check()
    return passed("ledger", "readable, writable and up to date")


def model(app: App, now: datetime) -> Check:
    """Whether the language model answers; without it drafts are the embedded drafter's, so it never fails."""
    from connector.llm import checks, spend_limits

    return checks.examine_model(app.model, app.ledger, spend_limits(app.settings), now=now)


def clock(app: App, now: datetime) -> Check:
    """Leases, caps and signatures rest on the clock; a ledger that knows the future shows that it was set back."""
    return judge_clock(app.ledger.inbox.events(limit=1), now)


def judge_clock(newest: Sequence[StoredEvent], now: datetime) -> Check:
    """Whether the newest event is in the past."""
    if newest and newest[0].received_at > now + BACK_IN_TIME:
        found = f"the newest event was received at {newest[0].received_at:%Y-%m-%d %H:%M:%S} UTC, which is to come"
        return failed("clock", found, "Set the clock of this machine (NTP); work goes on when it has caught up.")
    return passed("clock", f"{now:%Y-%m-%d %H:%M:%S} UTC")


def worker(app: App, now: datetime) -> Check:
    """Whether a worker looks after the accounts: each is polled again and again, whatever its helpdesk answers."""
    accounts = app.ledger.accounts.all()
    moved = [app.ledger.watch.cursor(account.id, CURSOR)[1] for account in accounts]
    seen = max((at for at in moved if at is not None), default=None)
    return judge_worker(len(accounts), seen, every=timedelta(seconds=app.settings.poll_seconds), now=now)


def judge_worker(accounts: int, seen: datetime | None, *, every: timedelta, now: datetime) -> Check:
    """`seen` is when a worker last polled any account; None = never."""
    fix = "Start `handrail serve` (or `handrail worker`); `systemctl status handrail` says why it ended."
    if not accounts:
        return passed("worker", "nothing to look after yet")
    if seen is None:
        return warned("worker", "none has looked after the accounts yet", fix, Runbook.BACKLOG)
    if now - seen > POLLS_MISSED * every + LATE:
        return failed("worker", f"none has looked after the accounts for {lasting(now - seen)}", fix, Runbook.BACKLOG)
    return passed("worker", f"one looked after the accounts {lasting(now - seen)} ago")


def switches(app: App, _now: datetime) -> Check:
    """Whether anything is stopped on purpose."""
    found = app.ledger.policies.kill_switches()
    if not found:
        return passed("kill switches", "none is on")
    names = {account.id: account.name for account in app.ledger.accounts.all()}
    shown = ", ".join(
        f"{names.get(item.account_id or '', 'every account')} / {item.intent or 'every intent'}" for item in found
    )
    fix = "`handrail kill off` (with the same options) when it is safe."
    return warned("kill switches", f"on: {shown}", fix, Runbook.WRONG_REPLY)


def backlog(app: App, now: datetime) -> Check:
    """How long tickets wait, those included that failed and are tried again later."""
    names = {account.id: account.name for account in app.ledger.accounts.all()}
    oldest = app.ledger.work.waiting(now=now, limit=1)
    return judge_backlog(app.ledger.work.backlog(now=now), oldest[0] if oldest else None, names, now)


def judge_backlog(found: Backlog, oldest: WaitingTicket | None, names: dict[str, str], now: datetime) -> Check:
    """Due work that nobody takes fails; a ticket that is tried in vain for long is worth a warning."""
    told = "1 ticket is due" if found.due_tickets == 1 else f"{found.due_tickets} tickets are due"
    age = now - found.oldest_due_at if found.oldest_due_at else timedelta()
    if found.oldest_due_at:
        told = f"{told}, the oldest for {lasting(age)}"
    waits = now - oldest.since if oldest else timedelta()
    if oldest is not None and waits > LATE:
        why = f" ({oldest.error})" if oldest.error else ""
        told = f"{told}; ticket {oldest.ticket_id} of {names.get(oldest.account_id, oldest.account_id)} waits for "
        told = f"{told}{lasting(waits)}{why}"
    fix = "`handrail waiting` lists them with the reason; is the helpdesk reachable, does a worker run?"
    if age > VERY_LATE:
        return failed("backlog", told, fix, Runbook.BACKLOG)
    if age > LATE or waits > LONG_WAIT:
        return warned("backlog", told, fix, Runbook.BACKLOG)
    return passed("backlog", told)


def dead_letters(app: App, now: datetime) -> Check:
    """Whether anything was given up."""
    dead = app.ledger.work.backlog(now=now).dead_events
    if not dead:
        return passed("dead letters", "none")
    fix = (
        "`handrail events --state dead` shows why, `handrail replay --dead` tries again, `handrail dismiss --dead` "
        "takes them off the list."
    )
    why = Counter(event.reason for event in app.ledger.inbox.events(state="dead", limit=MOST_LETTERS))
    told = "; ".join(f"{count} because: {reason}" for reason, count in why.most_common(MOST_REASONS))
    found = f"{dead} {'event' if dead == 1 else 'events'} could not be worked on: {told}"
    return warned("dead letters", found, fix, Runbook.BACKLOG)


def certificates(app: App, _now: datetime) -> Check:
    """Whether an intent lost what it needs to be sent."""
    lost = [alarm for alarm in app.ledger.watch.alarms() if alarm.kind == LOST]
    if not lost:
        return passed("certificates", "none was lost")
    names = {account.id: account.name for account in app.ledger.accounts.all()}
    shown = "; ".join(f"{names.get(item.account_id, item.account_id)} / {item.subject}: {item.detail}" for item in lost)
    return warned("certificates", shown, "Mend what people judged wrong; `handrail fit` says what is still missing.")


def alarms(app: App, _now: datetime) -> Check:
    """Whether somebody should look at something."""
    return judge_alarms(app.ledger.watch.alarms())


def judge_alarms(found: Sequence[Alarm]) -> Check:
    """The oldest is named; the page is that of the first kind that has one."""
    if not found:
        return passed("alarms", "none is open")
    oldest = found[0]
    told = f"{len(found)} open, the oldest: {oldest.kind} {oldest.subject} ({oldest.detail})"
    page = next((_PAGES[alarm.kind] for alarm in found if alarm.kind in _PAGES), None)
    fix = "`handrail alarms` lists them; look at what is named, then `handrail alarms --close KIND`."
    return warned("alarms", told, fix, page)


def alarm_hook(app: App, _now: datetime) -> Check:
    """Whether alarms reach the team: what the worker met last, and whether anybody listens there now."""
    address = app.settings.alert_webhook
    undelivered = [alarm for alarm in app.ledger.watch.alarms() if alarm.kind == NOT_DELIVERED]
    if not address:
        return passed("alarm hook", "none (HANDRAIL_ALERT_WEBHOOK is not set): alarms stand in the log and here")
    fix = "Correct HANDRAIL_ALERT_WEBHOOK or mend what listens there; the alarms are told again until they arrive."
    if undelivered:
        return failed("alarm hook", undelivered[0].detail, fix)
    why = unreachable(address)
    return failed("alarm hook", f"nobody listens there ({why})", fix) if why else passed("alarm hook", "reachable")


def unreachable(address: str) -> str:
    """Why no connection to this address can be made; "" where one can. Sends nothing."""
    parts = urlsplit(address)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=CONNECT_SECONDS).close()
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


CHECKS = (ledger, clock, worker, switches, backlog, dead_letters, certificates, alarms, alarm_hook)
"""All that need a moment at most; the model is asked apart."""


def named(check: object) -> str:
    """What a check is called."""
    return str(getattr(check, "__name__", "check")).replace("_", " ").replace("switches", "kill switches")
