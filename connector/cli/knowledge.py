"""`handrail knowledge`: the texts that drafts may rest on [G1]."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import account_option, opened, pick_account, record
from connector.cli.inputs import READABLE, text_of
from connector.cli.output import json_option, say, show, table
from connector.cli.progress import progress
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.knowledge.learning import Learned
    from connector.knowledge.sync import Progress, Synced
    from connector.model import Account, Document


@click.group("knowledge")
def knowledge() -> None:
    """The team's own texts: help centre, macros and uploaded files, searched on this machine."""


@knowledge.command("sync")
@account_option
@json_option
def sync(account_name: str | None, as_json: bool) -> None:
    """Read the public help centre and the macros of one account, or of all, now. A worker does so every hour.

    Stopped half-way, or refused for asking too much, it goes on where it was when it is run again.
    """
    with opened() as app:
        accounts = [pick_account(app.ledger, account_name)] if account_name else app.ledger.accounts.all()
        if not accounts:
            pick_account(app.ledger, None)  # says how to add one
        reports = []
        for account in accounts:
            known = len(app.ledger.documents.all(account.id))
            with _bar(account, known, quiet=as_json) as told:
                reports.append(_report(account, app.librarian.sync(account, now=app.clock(), progress=told)))
    show(reports, as_json=as_json, human=lambda: _tell(reports))


@knowledge.command("list")
@account_option
@json_option
def list_documents(account_name: str | None, as_json: bool) -> None:
    """List the documents of an account."""
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        found = app.ledger.documents.all(account.id)
    rows = [_row(document) for document in found]
    columns = ("id", "kind", "language", "title", "section", "intents", "url")
    show(
        rows,
        as_json=as_json,
        human=lambda: table(
            f"Sources of {account.name}", columns, [[_cell(row[name]) for name in columns] for row in rows]
        ),
    )


@knowledge.command("add")
@click.argument("files", type=READABLE, nargs=-1, required=True)
@account_option
@json_option
def add(files: tuple[Path, ...], account_name: str | None, as_json: bool) -> None:
    """Add Markdown FILES with the same head as those of HANDRAIL_SOURCES; a file of the same name is replaced."""
    from connector.knowledge import document_of

    documents = [document_of(path.name, text_of(path)) for path in files]
    if len({document.id for document in documents}) < len(documents):
        raise ConfigurationError("Two of the files have the same name: each needs one of its own.")
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        changed = [item.id for item in documents if app.librarian.add(account, item, now=app.clock())]
        for identity in changed:
            record(app, account.id, "source added", identity)
    show(
        {"account": account.name, "documents": [document.id for document in documents], "changed": changed},
        as_json=as_json,
        human=lambda: say(f"{len(changed)} of {len(documents)} sources of {account.name} are new or changed."),
    )


@knowledge.command("remove")
@click.argument("document_id", metavar="ID")
@account_option
@json_option
def remove(document_id: str, account_name: str | None, as_json: bool) -> None:
    """Remove the source ID. What is still public in the helpdesk comes back with the next sync."""
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        if not app.ledger.documents.remove(account.id, document_id):
            raise ConfigurationError(f"{account.name} has no source {document_id!r}: see `handrail knowledge list`.")
        record(app, account.id, "source removed", document_id)
    show(
        {"account": account.name, "removed": document_id},
        as_json=as_json,
        human=lambda: say(f"{document_id} is no source of {account.name} any more."),
    )


@knowledge.command("search")
@click.argument("question")
@click.option("--language", metavar="TAG", help="The question's language; else it is told from its words.")
@click.option("--intent", default="", metavar="NAME", help="Show what a draft to this intent would be given.")
@click.option("--limit", type=click.IntRange(1, 50), default=5, show_default=True, help="How many passages to show.")
@account_option
@json_option
def search(
    question: str, language: str | None, intent: str, limit: int, account_name: str | None, as_json: bool
) -> None:
    """Search the sources for QUESTION, nearest first."""
    from connector.triage.language import UNKNOWN, detect

    with opened() as app:
        account = pick_account(app.ledger, account_name)
        told = language or detect(question)
        spoken = told if told != UNKNOWN else account.config.languages[0]
        if intent:
            found = app.knowledge.passages(account.id, intent=intent, text=question, language=spoken)
        else:
            found = app.own_knowledge.search(account.id, text=question, language=spoken, limit=limit)
    rows = [{"id": item.id, "title": item.title, "url": item.agents_url, "text": item.text} for item in found]

    def human() -> None:
        if not rows:
            say(f"Nothing fits in {spoken!r}: `handrail knowledge list` shows what there is.")
            return
        table("", ("id", "title", "text"), [(row["id"], row["title"], _short(row["text"])) for row in rows])

    show({"language": spoken, "sources": rows}, as_json=as_json, human=human)


@knowledge.command("learn-replies")
@account_option
@click.option("--since", metavar="DATE", help="Only replies since this day (2026-01-31); kept for the next time.")
@json_option
def learn_replies(account_name: str | None, since: str | None, as_json: bool) -> None:
    """Make what people answered on solved tickets of the imported history a source, masked; if the account lets it.

    Stopped, it goes on where it was; later, it reads what is new and takes away what was reopened or rated badly.
    """
    from connector.cli.history import day

    start = None if since is None else day(since)
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        if account.config.learn_replies and not app.ledger.history.count(account.id):
            raise ConfigurationError(
                f"There is no history of {account.name} yet: import it with `handrail import --account {account.name}`."
            )
        with progress("Replies", quiet=as_json) as moved:
            done = app.learner.run(
                account,
                since=start,
                now=app.clock(),
                progress=lambda seen, total: moved(seen / total if total else 1.0, f"{seen} of {total} tickets"),
            )
        record(app, account.id, "past replies learnt", f"{done.written} written, {done.removed} removed")
    show(
        {
            "account": account.name,
            "tickets": done.seen,
            "written": done.written,
            "removed": done.removed,
            "kept": done.kept,
            "left_out": dict(done.left),
        },
        as_json=as_json,
        human=lambda: _tell_learned(account, done),
    )


def _tell_learned(account: Account, done: Learned) -> None:
    say(
        f"{account.name}: {done.seen} tickets looked at, {done.written} replies new or changed, {done.removed} gone, "
        f"{done.kept} are a source now."
    )
    for why, count in sorted(done.left.items(), key=lambda item: (-item[1], item[0])):
        say(f"  {count:>7} left out: {_WHY_LEFT[why]}")


_WHY_LEFT = {
    "flagged": "spam, merged, deleted or opened by the team",
    "not_solved": "not solved",
    "too_recent": "changed within the last 14 days",
    "reopened": "reopened",
    "rated_bad": "rated badly",
    "no_reply": "no public reply of a person, or ours came after it",
    "customer_wrote_again": "the customer wrote again after the last reply",
    "before_since": "replied to before --since",
    "ours": "the text says that it is automatic",
    "needs_person": "about something that always goes to a person",
    "language": "in another language than the account's, or one without phrases in mappings/replies.toml",
    "nothing_general": "nothing in it holds for everybody",
    "read_before": "read before, with nothing kept of it",
    "duplicate": "a newer reply says nearly the same",
    "too_many": "older than the newest 5,000",
}


@contextmanager
def _bar(account: Account, known: int, *, quiet: bool) -> Iterator[Progress]:
    """A bar on the terminal; how many there will be is guessed from how many there were."""
    if quiet or not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[told]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(account.name, total=known or None, told="")

        def told(done: Synced) -> None:
            words = f"{done.listed} listed, {done.written} changed"
            bar.update(task, completed=done.listed, told=f"{words}, {done.encoded} encoded" if done.encoded else words)

        yield told


def _report(account: Account, done: Synced) -> dict[str, Any]:
    return {
        "account": account.name,
        "listed": done.listed,
        "written": done.written,
        "removed": done.removed,
        "encoded": done.encoded,
        "unlisted": sorted(done.unlisted),
    }


def _tell(reports: list[dict[str, Any]]) -> None:
    for report in reports:
        say(
            f"{report['account']}: {report['listed']} listed, {report['written']} new or changed, "
            f"{report['removed']} gone."
        )
        if report["unlisted"]:
            kinds = " and ".join(f"{kind}s" for kind in report["unlisted"])
            say(f"  The helpdesk does not let our user list {kinds}; those known stay as they are.")


def _row(document: Document) -> dict[str, Any]:
    return {
        "id": document.id,
        "kind": document.kind,
        "language": document.language,
        "title": document.title,
        "section": document.section,
        "brand": document.brand_id,
        "intents": sorted(document.intents),
        "url": document.url,
        "updated_at": document.updated_at,
        "characters": len(document.text),
    }


def _cell(value: object) -> object:
    return ", ".join(value) if isinstance(value, list) else value


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 160 else f"{line[:159]}…"


COMMANDS = (knowledge,)
