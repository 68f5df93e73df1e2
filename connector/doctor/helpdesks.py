"""What can be said of each account: its helpdesk, its policy, its sources, its webhooks."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connector.doctor.findings import attempted, failed, lasting, passed, warned
from connector.errors import ConfigurationError, HandrailError
from connector.model import EventKind, Stage
from connector.ports import Check
from connector.records import EventState, StoredEvent
from connector.runbooks import Runbook, runbook_for

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.policy.document import Policy

CLOCK_WARN = timedelta(seconds=60)
CLOCK_FAIL = timedelta(seconds=240)
"""A webhook's signature is refused when its time is 300 seconds off."""
HELD_FOR_LONG = timedelta(minutes=15)
STALE_HOURS = 3
MISSED = 3
"""Lost webhooks in a row that are more than bad luck."""
LOOKED_AT = 200


def examine_accounts(app: App, now: datetime) -> Iterator[Check]:
    """Every check of every account, with its name."""
    try:
        accounts = app.ledger.accounts.all()
    except HandrailError as error:
        fix = "If the secret key was changed, put the old one behind the new one."
        yield failed("accounts", str(error), fix, Runbook.MOVE)
        return
    if not accounts:
        yield passed("accounts", "none yet: add one with `handrail account add`")
    else:
        yield judge_public_address(app.settings.public_url, [account.base_url for account in accounts])
    for account in accounts:
        yield attempted(f"policy of {account.name}", partial(_policy, app, account))
        yield attempted(f"sources of {account.name}", partial(_sources, app, account, now))
        yield attempted(f"webhooks of {account.name}", partial(_webhooks, app, account))
        yield from inspected(app, account)


def judge_public_address(ours: str, helpdesks: Sequence[str]) -> Check:
    """Whether helpdesks can send webhooks to our address, and nobody on the way can read them."""
    name, fix = (
        "public address",
        "Set HANDRAIL_PUBLIC_URL to the https:// address at which helpdesks reach this machine",
    )
    outside = [address for address in helpdesks if not _this_machine(address)]
    if outside and _this_machine(ours):
        found = f"{ours} is this machine alone, so no webhook of {urlsplit(outside[0]).hostname} can arrive"
        return warned(name, found, f"{fix}, and give the webhook there the new one; until then messages are polled.")
    if not ours.startswith("https://") and not _this_machine(ours):
        found = f"{ours} is not encrypted: whoever is on the way reads the webhooks and, of Freshdesk, their secret"
        return warned(name, found, f"{fix}: a proxy ends TLS (docs/how-to/run-it.md, Behind a proxy with TLS).")
    return passed(name, ours)


def _this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def inspected(app: App, account: Account) -> Iterator[Check]:
    """What connecting to an account's helpdesk shows, with the account's name before each check."""
    try:
        found = app.providers[account.vendor].inspect(account)
    except HandrailError as error:
        name = f"{account.name}: connection"
        yield failed(name, str(error), "Check address and credentials of the account.", runbook_for(error))
        return
    for check in found.checks:
        yield Check(
            name=f"{account.name}: {check.name}",
            state=check.state,
            found=check.found,
            fix=check.fix,
            runbook=check.runbook,
        )
    if found.clock_at is not None:
        yield judge_clocks(f"{account.name}: clock", app.clock(), found.clock_at)


def judge_clocks(name: str, ours: datetime, theirs: datetime) -> Check:
    """Whether our clock and the helpdesk's agree: signatures carry the time at which they were made."""
    apart = abs(ours - theirs)
    if apart < CLOCK_WARN:
        return passed(name, "agrees with ours")
    found = f"ours is {apart.total_seconds():.0f} seconds {'ahead' if ours > theirs else 'behind'}"
    fix = "Set the clock of this machine (NTP): webhooks are refused when the clocks differ by 300 seconds."
    return failed(name, found, fix) if apart > CLOCK_FAIL else warned(name, found, fix)


def _policy(app: App, account: Account) -> Check:
    name = f"policy of {account.name}"
    version = app.ledger.policies.current(account.id)
    if version is None:
        return failed(name, "there is none, so everything goes to a person", "`handrail policy publish FILE`")
    try:
        policy = app.rulebook.parse(version.text)
    except ConfigurationError as error:
        found = f"version {version.version} is not valid, so everything goes to a person: {error}"
        fix = "`handrail policy rollback VERSION` to one that was; `handrail policy lint FILE` names every fault."
        return failed(name, found, fix)
    return judge_owners(name, policy, account)


def judge_owners(name: str, policy: Policy, account: Account) -> Check:
    """Whether somebody owns every intent that does anything."""
    alone = sorted(rule.key for rule in policy.intents.values() if rule.stage is not Stage.OFF and not rule.owner)
    if not alone or account.default_owner:
        return passed(name, f"version {policy.version} is valid")
    found = f"nobody owns {', '.join(alone[:5])}{f' and {len(alone) - 5} more' if len(alone) > 5 else ''}"
    fix = f"`handrail account update {account.name} --owner NAME`, or `owner` in the policy: nothing is sent before."
    return warned(name, found, fix)


def _sources(app: App, account: Account, now: datetime) -> Check:
    from connector.knowledge.sync import CURSOR  # here: `serve` imports this module and needs nothing of knowledge

    position, _ = app.ledger.watch.cursor(account.id, CURSOR)
    return judge_sources(f"sources of {account.name}", position, now)


def judge_sources(name: str, position: str | None, now: datetime) -> Check:
    """How old the copy of help centre and macros is, by the place where the listing stands."""
    fix = "`handrail knowledge sync` reads them now and says what is wrong; drafts rest on the copy of then meanwhile."
    try:
        listing = json.loads(position or "null")
        began = datetime.fromtimestamp(int(listing["run"]) / 1_000_000, UTC) if listing else None
        done, held = (listing["done"] is True, int(listing["again_at"])) if listing else (False, 0)
    except (ValueError, KeyError, TypeError):
        return warned(name, "nobody can say how old they are", fix)
    if began is None:
        return passed(name, "not read yet: a worker does it")
    age = now - began
    if not done and held and age > HELD_FOR_LONG:
        return warned(name, f"could not be read for {lasting(age)}", fix, Runbook.HELPDESK_DOWN)
    if age > timedelta(hours=STALE_HOURS):
        return warned(name, f"were last read {lasting(age)} ago", fix)
    return passed(name, f"read {lasting(age)} ago" if done else "being read")


def _webhooks(app: App, account: Account) -> Check:
    events = app.ledger.inbox.events(account_id=account.id, limit=LOOKED_AT)
    ours = f"{app.settings.public_url}/webhooks/{account.vendor}/{account.name}"
    return judge_webhooks(f"webhooks of {account.name}", events, account, ours=ours)


def judge_webhooks(name: str, newest_first: Sequence[StoredEvent], account: Account, *, ours: str) -> Check:
    """Whether webhooks arrive: what the poll alone found and was worked on is what they did not bring."""
    missed = 0
    for event in newest_first:
        if event.kind == EventKind.POLLED:
            missed += event.state is EventState.DONE
        elif event.kind != EventKind.REPLAYED:
            break
    if missed < MISSED:
        return passed(name, "arrive" if newest_first else "none came yet")
    return failed(
        name,
        f"the last {missed} messages were found by asking the helpdesk, no webhook brought them",
        f"Compare the webhook's address at the helpdesk with ours, {ours}, and its secret: it is off, has an old "
        f"address, cannot reach this machine, or signs with another secret "
        f"(`handrail account update {account.name} --signing-secret -`).",
    )
