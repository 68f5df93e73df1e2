"""Commands about what went out, what still waits and what somebody should look at: sent, waiting, alarms."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import opened, pick_account, record
from connector.cli.inputs import WRITABLE
from connector.cli.output import counted, json_option, plain, say, show, table
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.sent import Wanted

account_option = click.option("--account", "account_name", metavar="NAME", help="Only this account, not all.")
DAYS = 30


@click.command()
@account_option
@click.option("--intent", metavar="INTENT", default="", help="Only replies on this intent.")
@click.option("--template", metavar="NAME", default="", help="Only replies by this template.")
@click.option("--author", metavar="TEXT", default="", help="Only drafts by an author whose name holds this.")
@click.option("--source", metavar="TEXT", default="", help="Only drafts that rest on a source whose name holds this.")
@click.option("--containing", metavar="TEXT", default="", help="Only replies whose text holds this.")
@click.option("--since", metavar="TIME", help=f"From this time on (UTC); the last {DAYS} days else.")
@click.option("--until", metavar="TIME", help="Before this time (UTC).")
@click.option("--csv", "csv_file", type=WRITABLE, help="Write the list to this new file, one line for each reply.")
@json_option
def sent(
    account_name: str | None,
    intent: str,
    template: str,
    author: str,
    source: str,
    containing: str,
    since: str | None,
    until: str | None,
    csv_file: Path | None,
    as_json: bool,
) -> None:
    """List the replies that went to customers by themselves, oldest first, and whom to write to.

    TIME is a day or a moment, such as 2026-03-02 or 2026-03-02T09:30. A reply counts from the moment its call left,
    also where nobody knows whether it arrived.
    """
    from connector.sent import Wanted

    wanted = Wanted(intent=intent, template=template, author=author, source=source, containing=containing)
    if csv_file is not None and csv_file.exists():
        raise ConfigurationError(f"{csv_file} exists already: name a new file.")
    with opened() as app:
        now = app.clock()
        window = (moment(since, "--since") or now - timedelta(days=DAYS), moment(until, "--until") or now)
        accounts = (pick_account(app.ledger, account_name),) if account_name else app.ledger.accounts.all()
        found = [row for account in accounts for row in _rows(app, account, wanted, window)]
        rows = sorted(found, key=lambda row: row["sent_at"])
        if csv_file is not None:
            _write(csv_file, rows)
            record(app, None, "sent list", f"{len(rows)} rows")
    show({"since": window[0], "until": window[1], "sent": rows}, as_json=as_json, human=lambda: _tell(rows, csv_file))


def _rows(app: App, account: Account, wanted: Wanted, window: tuple[datetime, datetime]) -> Iterator[Mapping[str, Any]]:
    from connector.sent import told

    provider = app.providers[account.vendor]
    for reply in app.ledger.decisions.sent(account.id, since=window[0], until=window[1]):
        if wanted.fits(reply):
            link = provider.link(account, reply.effect.effect.ticket_id)
            yield told(reply, account=account.name, link=link)


def _tell(rows: Sequence[Mapping[str, Any]], csv_file: Path | None) -> None:
    people = len({(row["account"], row["requester"]) for row in rows})
    if rows and csv_file is None:
        columns = ("sent_at", "account", "ticket", "requester", "intent", "author", "arrived", "link")
        table("", columns, [[row[column] for column in columns] for row in rows])
    replies = "1 reply" if len(rows) == 1 else f"{len(rows)} replies"
    customers = "1 customer" if people == 1 else f"{people} customers"
    say(f"{replies} to {customers}{f', written to {csv_file}' if csv_file else ''}.")


def _write(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    """The rows with a heading; spreadsheets that guess the encoding get a mark for it."""
    from connector.sent import HEADING

    with file.open("x", encoding="utf-8-sig", newline="") as out:
        writer = csv.DictWriter(out, HEADING)
        writer.writeheader()
        writer.writerows(plain(row) for row in rows)


def moment(text: str | None, option: str) -> datetime | None:
    """The time that was given, UTC where it names no zone; None for none."""
    if text is None:
        return None
    try:
        given = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"{option} {text!r} is no time: write it as 2026-03-02 or 2026-03-02T09:30") from error
    return given.replace(tzinfo=UTC) if given.tzinfo is None else given


@click.command()
@account_option
@click.option("--limit", default=20, show_default=True, type=click.IntRange(1, 10_000), help="The oldest so many.")
@click.option("--retry", is_flag=True, help="Try those again now that failed and wait for their next try.")
@json_option
def waiting(account_name: str | None, limit: int, retry: bool, as_json: bool) -> None:
    """List the tickets that are not done, those first that have waited longest, and why."""
    with opened() as app:
        now = app.clock()
        account_id = pick_account(app.ledger, account_name).id if account_name else None
        hurried = _hurry(app, account_id, now) if retry else 0
        names = {account.id: account.name for account in app.ledger.accounts.all()}
        found = app.ledger.work.waiting(account_id, now=now, limit=limit)
    rows = [
        {
            "account": names.get(item.account_id, item.account_id),
            "ticket": item.ticket_id,
            "since": item.since,
            "minutes": max(0, round((now - item.since).total_seconds() / 60)),
            "next_try": None if item.leased else item.ready_at,
            "in_work": item.leased,
            "failed_tries": item.attempts,
            "why": item.error,
        }
        for item in found
    ]

    def human() -> None:
        if not rows:
            say("No ticket waits.")
            return
        table("", tuple(rows[0]), [tuple(row.values()) for row in rows])
        if retry:
            say(f"{counted(hurried, 'ticket')} will be tried again now.")

    show(rows, as_json=as_json, human=human)


@click.command()
@account_option
@click.option("--close", "kind", metavar="KIND", help="Close the alarms of this kind: somebody has looked at them.")
@json_option
def alarms(account_name: str | None, kind: str | None, as_json: bool) -> None:
    """List what somebody should look at, oldest first."""
    with opened() as app:
        account_id = pick_account(app.ledger, account_name).id if account_name else None
        found = app.ledger.watch.alarms(account_id)
        closed = [alarm for alarm in found if kind is not None and alarm.kind == kind]
        for alarm in closed:
            app.ledger.watch.clear_alarm(alarm.account_id, alarm.kind, alarm.subject, now=app.clock())
            record(app, alarm.account_id or None, "alarm close", f"{alarm.kind} {alarm.subject}")
        names = {account.id: account.name for account in app.ledger.accounts.all()}
    rows = [
        {
            "account": names.get(alarm.account_id, alarm.account_id),
            "kind": alarm.kind,
            "subject": alarm.subject,
            "detail": alarm.detail,
            "raised_at": alarm.raised_at,
        }
        for alarm in found
        if alarm not in closed
    ]

    def human() -> None:
        if closed:
            say(f"{counted(len(closed), 'alarm')} closed.")
        if rows:
            table("", tuple(rows[0]), [tuple(row.values()) for row in rows])
        else:
            say("No alarm is open.")

    show({"closed": len(closed), "open": rows}, as_json=as_json, human=human)


def _hurry(app: App, account_id: str | None, now: datetime) -> int:
    hurried = app.ledger.work.hurry(account_id, now=now)
    record(app, account_id, "waiting retry", counted(hurried, "ticket"))
    app.bell.ring()
    return hurried


COMMANDS = (sent, waiting, alarms)
