"""Week one and two of a roll-out [O1]: bring the past in, and see what would have become of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import account_option, opened, pick_account, record
from connector.cli.inputs import READABLE, STAGE, WRITABLE, text_of
from connector.cli.output import json_option, say, show
from connector.cli.progress import progress
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.app import App
    from connector.backtest.report import Difference, Shown
    from connector.cli.backtesting import Variant
    from connector.model import Account

PROCESSES = 2


@click.command("import")
@account_option
@click.option("--since", metavar="DATE", help="Tickets that changed since this day (2026-01-31); all of them else.")
@json_option
def import_history(account_name: str | None, since: str | None, as_json: bool) -> None:
    """Import past tickets with what people did. Stopped, it goes on where it was; later, it brings what is new."""
    from connector.history import Importer

    start = None if since is None else day(since)
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        importer = Importer(ledger=app.ledger, clock=app.clock)
        with progress("Import", quiet=as_json) as moved:
            done = importer.run(
                account,
                app.providers[account.vendor],
                since=start,
                report=lambda found: moved(found.share or 0.0, f"{found.tickets} tickets"),
            )
        total = app.ledger.history.count(account.id)
        record(app, account.id, "history import", f"{done.tickets} tickets, {total} in all")
    found = {"account": account.name, "tickets": done.tickets, "gone": done.gone, "ratings": done.ratings}
    show(
        {**found, "in_all": total},
        as_json=as_json,
        human=lambda: say(f"{done.tickets} tickets of {account.name} were imported; {total} are here now."),
    )


@click.command("backtest")
@account_option
@click.option("--out", type=WRITABLE, required=True, help="Where to write the report (HTML).")
@click.option("--policy", "policy_file", type=READABLE, help="Instead of the account's policy.")
@click.option("--compare-policy", type=READABLE, help="What would change under this policy.")
@click.option("--compare-models", metavar="M,N", help="Models to compare: starter, embedded, an own one, or by name.")
@click.option("--stage", type=STAGE, default="live", show_default=True, help="Read every intent as if released.")
@click.option("--limit", type=click.IntRange(1), help="Only so many tickets, the newest.")
@click.option("--language", type=click.Choice(["en", "de"]), default="en", show_default=True, help="Of the report.")
@click.option("--processes", type=click.IntRange(1, 64), default=PROCESSES, show_default=True, help="To work in.")
@json_option
def backtest(
    account_name: str | None,
    out: Path,
    policy_file: Path | None,
    compare_policy: Path | None,
    compare_models: str | None,
    stage: str,
    limit: int | None,
    language: str,
    processes: int,
    as_json: bool,
) -> None:
    """Compare what Handrail would have done with the imported history to what people did."""
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        if not app.ledger.history.count(account.id):
            raise ConfigurationError(
                f"There is no history of {account.name} yet: import it with `handrail import --account {account.name}`."
            )
        variants = _variants(account, policy_file, compare_policy, compare_models, stage)
        runs = [_run(app, name, variant, limit=limit, processes=processes, quiet=as_json) for name, variant in variants]
        shown = [item for item, _ in runs]
        compared = _differences(app, account, variants, [run for _, run in runs], limit)
        facts = _facts(app, account, stage, language)
        record(app, account.id, "backtest", f"{shown[0].figures['n']} tickets, report {out.name}")
    _write(out, account.name, shown, compared, language, facts)
    document: dict[str, Any] = {
        "account": account.name,
        "report": str(out),
        "runs": {item.name: item.figures for item in shown},
        "differences": [{"before": d.before, "after": d.after, **d.figures} for d in compared],
    }
    show(document, as_json=as_json, human=lambda: _tell(shown, out))


def _variants(
    account: Account, policy_file: Path | None, compare_policy: Path | None, compare_models: str | None, stage: str
) -> list[tuple[str, Variant]]:
    """What to run, each with a name; the first is what the others are compared with."""
    from connector.cli.backtesting import Variant

    policy = text_of(policy_file) if policy_file else None
    named = policy_file.name if policy_file else account.name
    models = [name.strip() for name in (compare_models or "").split(",") if name.strip()]
    if compare_models is not None and len(set(models)) < 2:
        raise click.UsageError("name at least two different models, separated by a comma")
    if models:
        found = [(name, Variant(account_id=account.id, policy=policy, stage=stage, model=name)) for name in models]
    else:
        found = [(named, Variant(account_id=account.id, policy=policy, stage=stage))]
    if compare_policy is not None:
        other = text_of(compare_policy)
        shown = compare_policy.name if compare_policy.name != found[0][0] else str(compare_policy)
        found.append((shown, Variant(account_id=account.id, policy=other, stage=stage, model=found[0][1].model)))
    return found


def _run(app: App, name: str, variant: Variant, *, limit: int | None, processes: int, quiet: bool) -> tuple[Shown, str]:
    """The figures of one variant, and the name of its run."""
    from connector.backtest import Run, run, summarise
    from connector.backtest.report import Shown
    from connector.cli.backtesting import open_in, open_variant, run_name

    open_in(app, variant)  # what is wrong with policy or model is said here, not in a process
    order = Run(account_id=variant.account_id, name=run_name(app, variant), limit=limit, processes=processes)
    with progress(f"Back-test {name}", quiet=quiet) as moved:
        run(
            app.ledger,
            order,
            partial(open_variant, variant),
            clock=app.clock,
            report=lambda done, total: moved(done / total if total else 1.0, f"{done} of {total} tickets"),
        )
    return Shown(name=name, figures=summarise(_results(app, variant.account_id, order.name, limit))), order.name


def _results(app: App, account_id: str, run: str, limit: int | None) -> Iterator[Any]:
    """The results on the tickets that are in the history now; those of a `limit` are the newest."""
    wanted = {item.ticket_id for item in app.ledger.history.stored(account_id, limit=limit)} if limit else None
    for result in app.ledger.history.results(account_id, run):
        if wanted is None or result.ticket_id in wanted:
            yield result.body


def _differences(
    app: App, account: Account, variants: Sequence[tuple[str, Variant]], runs: Sequence[str], limit: int | None
) -> list[Difference]:
    from connector.backtest import differences
    from connector.backtest.report import Difference

    return [
        Difference(
            before=variants[0][0],
            after=name,
            figures=differences(_results(app, account.id, runs[0], limit), _results(app, account.id, run, limit)),
        )
        for (name, _), run in list(zip(variants, runs, strict=True))[1:]
    ]


def _facts(app: App, account: Account, stage: str, language: str) -> list[str]:
    from connector.backtest.labels import word

    policy = app.ledger.policies.current(account.id)
    parts = (("policy", str(policy.version) if policy else "-"), ("stage", stage))
    return [", ".join(f"{word(key, language)}: {value}" for key, value in parts), f"{app.clock():%Y-%m-%d}"]


def _write(
    out: Path,
    account: str,
    shown: Sequence[Shown],
    compared: Sequence[Difference],
    language: str,
    facts: Sequence[str],
) -> None:
    """The report, readable by its owner only: it holds excerpts of what customers wrote."""
    from connector.backtest.report import page

    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_name(out.name + ".part")
    part.touch(mode=0o600)
    try:
        part.write_text(page(account, shown, compared, language=language, facts=facts), encoding="utf-8")
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)


def _tell(shown: Sequence[Shown], out: Path) -> None:
    from connector.backtest.report import shown as as_text

    for item in shown:
        figures = item.figures
        say(f"{item.name}: {figures['n']} tickets")
        for key, label in (("send", "sent"), ("draft", "draft"), ("hand_off", "to a person"), ("ignore", "ignored")):
            say(f"  {label:22}{as_text(figures['ours'][key])}")
        say(f"  {'agreement':22}{as_text(figures['agreement'])}")
        say(f"  {'would-be violations':22}{as_text(figures['violations'])}")
    say(f"The report was written to {out}.")


def day(text: str) -> datetime:
    """Midnight of the day in UTC, written as 2026-01-31. click.UsageError for anything else."""
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise click.UsageError(f"--since {text!r} is no day: write it as 2026-01-31") from error
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


COMMANDS = (import_history, backtest)
