"""Commands about how good it is: eval, verdicts, fit."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import account_option, opened, pick_account, quiet_settings, record
from connector.cli.inputs import FOLDER, READABLE, STAGE, WRITABLE
from connector.cli.output import document, json_option, say, show, table
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.policy.terms import IntentPolicy

VOLUME_DAYS = 14
"""The volume of would-be sends is that of the last two weeks."""


@click.command("eval")
@click.option("--dataset", type=READABLE, required=True, help="Labelled tickets, one JSON object a line.")
@click.option("--out", type=WRITABLE, required=True, help="Where to write one line per ticket.")
@click.option("--stage", type=STAGE, help="Read every intent as if released, the account in this stage.")
@click.option("--policy", "policy_file", type=READABLE, help="Instead of the starter policy.")
@click.option("--sources", type=FOLDER, help="Folder of Markdown articles instead of the sample ones.")
@click.option("--lookups", type=READABLE, help="Look-up file instead of the sample one.")
@json_option
def evaluate(
    dataset: Path,
    out: Path,
    stage: str | None,
    policy_file: Path | None,
    sources: Path | None,
    lookups: Path | None,
    as_json: bool,
) -> None:
    """Measure triage, decision and draft on labelled tickets, without any helpdesk."""
    from connector import evaluation
    from connector.cli.figures import tell
    from connector.cli.workbench import workbench
    from connector.model import Stage

    quiet_settings()
    labelled = evaluation.read_rows(dataset)
    bench = workbench(stage=Stage(stage) if stage else None, policy=policy_file, sources=sources, lookups=lookups)
    pairs = []
    with _written(out) as file:
        for item in labelled:
            line = evaluation.evaluate(bench, item)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            pairs.append((item.row, line))
    figures = evaluation.measure(pairs)
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
    from connector.cli.verdicts import read_verdicts, sends_by_ticket

    with opened() as app:
        account = pick_account(app.ledger, account_name)
        sends = sends_by_ticket(app.ledger.decisions.would_sends(account.id))
        given = read_verdicts(file, account.id, sends, now=app.clock())
        new = app.ledger.policies.add_verdicts(given)
        record(app, account.id, "verdicts import", f"{file.name}: {new} new of {len(given)}")
    show(
        {"account": account.name, "read": len(given), "new": new},
        as_json=as_json,
        human=lambda: say(f"{len(given)} verdicts were read, {new} of them new."),
    )


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
        say(f"{len(rows)} would-be sends were written to {file}.")


@click.command("fit")
@click.option("--intent", "intent_key", metavar="INTENT", help="Only this intent.")
@account_option
@json_option
def fit(intent_key: str | None, account_name: str | None, as_json: bool) -> None:
    """Say for each auto intent what people's verdicts prove, and how many are missing for its certificate."""
    from connector.model import Tier

    with opened() as app:
        account = pick_account(app.ledger, account_name)
        policy = app.rulebook.policy(account)
        if policy is None:
            raise ConfigurationError(f"{account.name} has no valid policy: publish one with `handrail policy publish`.")
        if intent_key and intent_key not in policy.intents:
            raise ConfigurationError(
                f"There is no intent {intent_key!r} in the policy: it has {', '.join(sorted(policy.intents))}."
            )
        rules = [rule for key, rule in policy.intents.items() if not intent_key or key == intent_key]
        volume = _per_day(app, account)
        rows = [
            _certification(app, account, rule, volume.get((rule.key, rule.template), 0.0))
            for rule in rules
            if rule.tier is Tier.AUTO
        ]
    if intent_key and not rows:
        raise ConfigurationError(f"{intent_key} is not tier auto, so it is never sent and needs no certificate.")
    show(rows, as_json=as_json, human=lambda: _tell_certification(account.name, rows))


def _per_day(app: App, account: Account) -> Mapping[tuple[str, str], float]:
    """Would-be sends a day by (intent, template)."""
    since = app.clock() - timedelta(days=VOLUME_DAYS)
    recent = [item for item in app.ledger.decisions.would_sends(account.id) if item.decided_at >= since]
    if not recent:
        return {}
    days = max(1.0, (app.clock() - recent[0].decided_at).total_seconds() / 86400)
    counts = Counter((item.intent, item.template) for item in recent)
    return {key: count / days for key, count in counts.items()}


def _certification(app: App, account: Account, rule: IntentPolicy, per_day: float) -> dict[str, Any]:
    from connector.policy import certification

    given = [item for item in app.ledger.policies.verdicts(account.id, rule.key) if item.template == rule.template]
    found = certification.certify(given, tolerated_error=rule.tolerated_error)
    days = certification.days_missing(found, per_day)
    return {
        "intent": rule.key,
        "template": rule.template,
        "stage": rule.stage.value,
        "threshold": rule.threshold,
        "tolerated_error": rule.tolerated_error,
        "verdicts": found.verdicts,
        "errors": found.errors,
        "bound": found.bound,
        "certified": found.certified,
        "demoted": found.demoted,
        "missing": found.missing,
        "next_look": found.next_look,
        "would_sends_per_day": round(per_day, 2),
        "days_missing": None if days == float("inf") else round(days, 1),
    }


def _tell_certification(account_name: str, rows: list[dict[str, Any]]) -> None:
    columns = (
        "intent",
        "threshold",
        "tolerated",
        "verdicts",
        "errors",
        "bound",
        "certified",
        "missing",
        "days missing",
    )
    cells = [
        (
            row["intent"],
            row["threshold"],
            row["tolerated_error"],
            row["verdicts"],
            row["errors"],
            row["bound"],
            "yes" if row["certified"] else "no",
            row["missing"] if row["next_look"] or row["certified"] else "start anew",
            "unknown" if row["days_missing"] is None else row["days_missing"],
        )
        for row in rows
    ]
    table(f"Certification of {account_name}", columns, cells)


COMMANDS = (evaluate, verdicts, fit)
