"""Commands about how good it is: eval, verdicts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO

import rich_click as click

from connector.cli.context import account_option, opened, pick_account, quiet_settings, record
from connector.cli.inputs import FOLDER, READABLE, STAGE, WRITABLE
from connector.cli.output import counted, document, json_option, say, show


@click.command("eval")
@click.option("--dataset", type=READABLE, required=True, help="Labelled tickets, one JSON object a line.")
@click.option("--out", type=WRITABLE, required=True, help="Where to write one line per ticket.")
@click.option("--stage", type=STAGE, help="Read every intent as if released, the account in this stage.")
@click.option("--policy", "policy_file", type=READABLE, help="Instead of the starter policy.")
@click.option("--sources", type=FOLDER, help="Folder of Markdown articles instead of the sample ones.")
@click.option("--lookups", type=READABLE, help="Look-up file instead of the sample one.")
@click.option("--config", "config_file", type=READABLE, help="An account's configuration instead of the starter one.")
@click.option("--model", is_flag=True, help="Ask the language model that is set, within its budget.")
@json_option
def evaluate(
    dataset: Path,
    out: Path,
    stage: str | None,
    policy_file: Path | None,
    sources: Path | None,
    lookups: Path | None,
    config_file: Path | None,
    model: bool,
    as_json: bool,
) -> None:
    """Measure triage, decision and draft on labelled tickets, without any helpdesk."""
    from connector import evaluation
    from connector.cli.figures import tell
    from connector.cli.halves import unsealed
    from connector.cli.workbench import with_model, workbench
    from connector.model import Stage

    settings = quiet_settings()
    labelled = evaluation.read_rows(dataset)
    bench = workbench(
        stage=Stage(stage) if stage else None,
        policy=policy_file,
        sources=sources,
        lookups=lookups,
        encoder=settings.encoder,
        config=config_file,
    )
    pairs = []
    with ExitStack() as stack:
        if model:
            bench = with_model(bench, stack.enter_context(opened()))
        file = stack.enter_context(_written(out))
        for item in labelled:
            line = evaluation.evaluate(bench, item)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            pairs.append((item.row, line))
    figures = unsealed(evaluation.measure(pairs))
    show(figures, as_json=as_json, human=lambda: tell(figures))


@contextmanager
def _written(path: Path) -> Iterator[IO[str]]:
    """A file that appears under its name only when it is complete."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    try:
        with part.open("w", encoding="utf-8") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


@click.group()
def verdicts() -> None:
    """People's verdicts on what would have been sent; they certify an intent."""


@verdicts.command("import")
@click.argument("file", type=READABLE)
@account_option
@json_option
def import_verdicts(file: Path, account_name: str | None, as_json: bool) -> None:
    """Store the verdicts in FILE (JSONL: ticket, intent, verdict, who, when): all of them or none."""
    from connector.cli.verdicts import overruled, read_verdicts, sends_by_ticket

    with opened() as app:
        account = pick_account(app.ledger, account_name)
        sends = sends_by_ticket(app.ledger.decisions.would_sends(account.id))
        given = read_verdicts(file, account.id, sends, now=app.clock())
        new = app.ledger.policies.add_verdicts(given)
        void = overruled(given, app.ledger.policies.verdicts(account.id))
        told = f", {void} without effect" if void else ""
        record(app, account.id, "verdicts import", f"{file.name}: {new} new of {len(given)}{told}")
        lost = [alarm for alarm in app.breaches.step(app.clock()) if alarm.account_id == account.id]

    def human() -> None:
        say(f"{counted(len(given), 'verdict')} read, {new} new.")
        if void:
            say(f'{void} say "right" of a reply that a verdict calls wrong: it stays wrong.')
        for alarm in lost:
            say(f"{alarm.subject} has lost its certificate: {alarm.detail}.")

    found = {"account": account.name, "read": len(given), "new": new, "overruled": void}
    found["lost"] = [alarm.subject for alarm in lost]
    show(found, as_json=as_json, human=human)


@verdicts.command("export")
@click.argument("file", type=WRITABLE, required=False)
@account_option
@click.option("--pending", is_flag=True, help="Only would-be sends without a verdict.")
@json_option
def export_verdicts(file: Path | None, account_name: str | None, pending: bool, as_json: bool) -> None:
    """Write the would-be sends with their drafts to FILE (JSONL), to be filled in and imported again."""
    from connector.cli.verdicts import export_rows

    if file is None and not as_json:
        raise click.UsageError("name a FILE to write to, or give --json to print")
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        given = app.ledger.policies.verdicts(account.id)
        rows = list(export_rows(account.name, app.ledger.decisions.would_sends(account.id), given, pending=pending))
    if file is not None:
        with _written(file) as target:
            target.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    if as_json:
        document(rows)
    else:
        say(f"{counted(len(rows), 'would-be send')} written to {file}.")


COMMANDS = (evaluate, verdicts)
