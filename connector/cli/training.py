"""`handrail train`: a classifier on the account's own examples, as a challenger until somebody promotes it [D4]."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import account_option, actor, opened, pick_account, record
from connector.cli.inputs import READABLE
from connector.cli.output import json_option, say, show, table
from connector.cli.progress import Moved, progress
from connector.errors import ConfigurationError, HandrailError

if TYPE_CHECKING:
    from connector.app import App
    from connector.evaluation import Labelled
    from connector.model import Account
    from connector.records import OwnModel
    from connector.triage.own import Challenger

LEARNT = 0.8
"""The share of the time that learning takes; comparing takes the rest."""

override_option = click.option(
    "--override", default="", metavar="REASON", help="Promote although the reserved tickets speak against it; logged."
)


@click.group("train", invoke_without_command=True)
@click.option("--examples", type=READABLE, help="Labelled tickets of the account, one JSON object a line.")
@account_option
@click.option("--promote", "at_once", is_flag=True, help="Let it serve at once, unless it is worse.")
@override_option
@json_option
@click.pass_context
def train(
    context: click.Context,
    examples: Path | None,
    account_name: str | None,
    at_once: bool,
    override: str,
    as_json: bool,
) -> None:
    """Train a classifier on the account's own tickets beside the starter's examples, and compare it with the model
    that serves. It serves only once it is promoted.
    """
    if context.invoked_subcommand is not None:
        if examples or account_name or at_once or override or as_json:
            raise click.UsageError(f"write the options behind `{context.invoked_subcommand}`")
        return
    if examples is None:
        raise click.UsageError("name the labelled tickets with --examples FILE")
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        with progress("Train", quiet=as_json) as moved:
            report = _train(app, account, examples, moved)
        if at_once and report["state"] != "champion":
            report["refused"] = _refusal(app, account, report["version"])
            if not report["refused"] or override.strip():
                promote(app, account, report["version"], override=override)
                report["state"] = "champion"
    show(report, as_json=as_json, human=lambda: _tell(account.name, report))
    if at_once and report["state"] != "champion":
        raise HandrailError(report["refused"])


@train.command("promote")
@click.argument("version")
@account_option
@override_option
@json_option
def promote_model(version: str, account_name: str | None, override: str, as_json: bool) -> None:
    """Let model VERSION serve from the next ticket on; `starter` = the one that comes with Handrail."""
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        before = app.certificates.in_force(account)
        promote(app, account, version, override=override)
    show(
        {"account": account.name, "version": version, "before": before},
        as_json=as_json,
        human=lambda: say(f"{version} reads the tickets of {account.name} now (before: {before}): see `handrail fit`."),
    )


@train.command("list")
@account_option
@json_option
def list_models(account_name: str | None, as_json: bool) -> None:
    """List the account's own models, newest first."""
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        models = app.ledger.models.all(account.id)
    columns = ("version", "state", "made_at", "made_by", "promoted_at", "promoted_by", "data_hash")
    rows = [tuple(getattr(model, name) for name in columns) for model in models]
    show(
        [
            dict(zip(columns, row, strict=True)) | {"comparison": model.comparison}
            for row, model in zip(rows, models, strict=True)
        ],
        as_json=as_json,
        human=lambda: table(f"Models of {account.name}", columns[:-1], [row[:-1] for row in rows]),
    )


def promote(app: App, account: Account, version: str, *, override: str = "") -> None:
    """Make a stored model the champion. Refuses what the reserved tickets speak against, unless overridden."""
    from connector.records import STARTER_MODEL

    refused = _refusal(app, account, version)
    if refused and not override.strip():
        raise HandrailError(refused)
    target = None if version == STARTER_MODEL else version
    app.ledger.models.promote(account.id, target, by=actor(), now=app.clock())
    record(app, account.id, "model promoted", version)
    if refused:
        record(app, account.id, "override", f"model {version}: {refused} {override}")


def _train(app: App, account: Account, path: Path, moved: Moved) -> dict[str, Any]:
    from connector.evaluation import challenge, read_rows
    from connector.records import ModelContent, OwnModel
    from connector.triage import own

    policy = app.rulebook.policy(account)
    if policy is None:
        raise ConfigurationError(f"{account.name} has no valid policy: publish one with `handrail policy publish`.")
    parts = challenge.split(read_rows(path), account.id, app.catalogue, name=path.name)
    began = time.monotonic()
    made = own.train(app.catalogue, parts.learn, moved=lambda share: moved(LEARNT * share, "learning"))
    seconds = time.monotonic() - began
    rows, sends = parts.reserved, app.ledger.decisions.would_sends(account.id)
    known = challenge.proven(rows, sends)
    verdicts = [item for item in app.ledger.policies.verdicts(account.id) if (item.ticket_id, item.intent) in known]
    against = app.certificates.in_force(account)
    challenger, risky = app.triager.having(made.classifier), challenge.still_open(app.signal_rules)
    seen = _told(moved, total=2 * (len(rows) + len(risky)))
    now = challenge.read(app.triager.of(account.id), seen(rows), account, policy, app.catalogue)
    then = challenge.read(challenger, seen(rows), account, policy, app.catalogue)
    told = {
        "against": against,
        "reserved": len(rows),
        "champion": challenge.figures(now, rows, verdicts, policy),
        "challenger": challenge.figures(then, rows, verdicts, policy),
        "delicate": {
            "tickets": len(challenge.delicate()),
            "starter": challenge.let_through(app.triager.lexical, seen(risky), account, policy, app.catalogue),
            "challenger": challenge.let_through(challenger, seen(risky), account, policy, app.catalogue),
        },
    }
    model = OwnModel(
        account_id=account.id,
        version=made.version,
        data_hash=made.data_hash,
        made_at=app.clock(),
        made_by=actor(),
        comparison=told,
    )
    content = ModelContent(
        trained=made.trained, base=made.base, examples=made.examples, sends=challenge.would_answer(then, known)
    )
    stored = app.ledger.models.put(model, content)
    if stored:
        record(app, account.id, "train", f"{made.version} from {path.name}: {len(made.examples)} own examples")
    return {
        "account": account.name,
        "version": made.version,
        "data_hash": made.data_hash,
        "state": "challenger" if stored else "champion",
        "examples": _counts(app, made, len(parts.learn), len(parts.reserved)),
        "seconds": round(seconds, 1),
        "comparison": told,
    }


def _told(moved: Moved, *, total: int) -> Callable[[Iterable[Labelled]], Iterator[Labelled]]:
    """Passes tickets on and moves the bar with each; `total` are all that will be read."""
    numbers = count(1)

    def seen(rows: Iterable[Labelled]) -> Iterator[Labelled]:
        for row in rows:
            yield row
            moved(LEARNT + (1 - LEARNT) * next(numbers) / total, "comparing")

    return seen


def _counts(app: App, made: Challenger, learnable: int, reserved: int) -> Mapping[str, int]:
    return {
        "own": len(made.examples),
        "left_out": learnable - len(made.examples),
        "reserved": reserved,
        "starter": len(app.catalogue.labelled_examples()),
    }


def _refusal(app: App, account: Account, version: str) -> str:
    """Why this model should not be promoted, in a sentence; "" where nothing speaks against it."""
    from connector.records import STARTER_MODEL, ModelState

    if version == STARTER_MODEL:
        return ""
    known = {model.version: model for model in app.ledger.models.all(account.id)}
    if version not in known:
        raise ConfigurationError(f"{account.name} has no model {version}: see `handrail train list`.")
    model = known[version]
    if model.state is ModelState.CHAMPION:
        raise ConfigurationError(f"{version} serves {account.name} already.")
    if model.promoted_at is not None:  # the way back to a model that has served is always open
        return ""
    return _worse(app, account, model)


def _worse(app: App, account: Account, model: OwnModel) -> str:
    told: Any = model.comparison
    delicate = told.get("delicate")
    if delicate is None:
        return f"Nobody measured what {model.version} makes of delicate tickets: train it again."
    if told["against"] != app.certificates.in_force(account):
        return f"{model.version} was compared with {told['against']}, which no longer serves: train it again."
    if not told["reserved"]:
        return (
            f"No ticket in the examples of {model.version} is reserved, so that nothing shows whether it is better: "
            "train on more labelled tickets, or give --override REASON, which is logged."
        )
    if delicate["challenger"] > delicate["starter"]:
        return (
            f"{model.version} would answer {delicate['challenger']} of {delicate['tickets']} shipped tickets that need "
            f"a person, the starter {delicate['starter']}: look for wrong labels among the examples, or give "
            "--override REASON, which is logged."
        )
    ours, theirs = told["challenger"]["gate_errors"], told["champion"]["gate_errors"]
    if ours > theirs:
        return (
            f"{model.version} is worse on the {told['reserved']} reserved tickets: it would send {ours} wrong answers, "
            f"{told['against']} {theirs}: label more examples, or give --override REASON, which is logged."
        )
    return ""


def _tell(account_name: str, report: Mapping[str, Any]) -> None:
    counts, told = report["examples"], report["comparison"]
    say(
        f"{report['version']} was trained in {report['seconds']:.0f} seconds on {counts['own']} tickets of "
        f"{account_name} and {counts['starter']} examples of the starter; {counts['reserved']} tickets are reserved."
    )
    if counts["left_out"]:
        say(f"{counts['left_out']} more tickets were left out to keep training under a minute.")
    delicate = told["delicate"]
    say(
        f"Of {delicate['tickets']} shipped tickets that need a person, it would answer {delicate['challenger']}, the "
        f"starter {delicate['starter']}."
    )
    one, two = told["champion"], told["challenger"]
    rows = [
        ("intent right", _share(one["accuracy"]), _share(two["accuracy"])),
        ("would send", one["gate_sends"], two["gate_sends"]),
        ("of these wrong by label", one["gate_errors"], two["gate_errors"]),
        ("of these with a verdict", one["verdicts"], two["verdicts"]),
        ("of these wrong by verdict", one["verdict_errors"], two["verdict_errors"]),
        ("at most wrong (95%)", one["bound"], two["bound"]),
    ]
    table("On the reserved tickets", ("", f"serves: {told['against']}", f"challenger: {report['version']}"), rows)
    if report["state"] == "champion":
        say(f"{report['version']} serves {account_name}.")
    else:
        say(f"{told['against']} goes on serving: `handrail train promote {report['version']}` lets this one serve.")


def _share(found: Mapping[str, Any]) -> str:
    if found["share"] is None:
        return "none"
    return f"{found['share']:.1%} ({found['low']:.1%} to {found['high']:.1%}, {found['hits']} of {found['n']})"


COMMANDS = (train,)
