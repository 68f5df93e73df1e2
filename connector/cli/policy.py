"""Commands that say what may be done: policy, intent, kill."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import account_option, opened, pick_account, quiet_settings, record
from connector.cli.inputs import READABLE, STAGE, text_of
from connector.cli.output import counted, json_option, say, show, table
from connector.errors import ConfigurationError, HandrailError

if TYPE_CHECKING:
    from connector.cli.publishing import Published
    from connector.model import Account
    from connector.policy.page import Line, Page

override_option = click.option(
    "--override", default="", metavar="REASON", help="Go on although another intent has not passed its review; logged."
)


@click.group()
def policy() -> None:
    """The rules of an account: what is done alone, what needs approval, what always goes to a person."""


@policy.command("show")
@account_option
@click.option("--toml", "as_toml", is_flag=True, help="Print the text in force, fit for `publish`.")
@json_option
def show_policy(account_name: str | None, as_toml: bool, as_json: bool) -> None:
    """Show the policy in force as one page in three columns."""
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        version = app.ledger.policies.current(account.id)
        if version is None:
            raise ConfigurationError(f"{account.name} has no policy, so everything goes to a person: publish one.")
        parsed = app.rulebook.parse(version.text, version=str(version.version))
        proven = [key for key in parsed.intents if app.certificates.certified(account, parsed, key)]
        frozen = [key for key in parsed.intents if app.ledger.policies.goal(account.id, key) is not None]
        words = app.words
    from connector.policy.page import page

    shown = page(
        parsed,
        certified=proven,
        goals_frozen=frozen,
        account_stage=account.stage,
        account_owner=account.default_owner or "",
    )
    if as_toml and not as_json:
        click.echo(version.text, nl=False)
        return
    show(
        {"account": account.name, "version": version.version, "text": version.text, "page": shown},
        as_json=as_json,
        human=lambda: _tell_page(account, shown, words.sentence),
    )


def _tell_page(account: Account, shown: Page, sentence: Any) -> None:
    say(f"Policy of {account.name}, version {shown.version}; the account is in {shown.account_stage.value}.")
    for title, lines in (
        ("Does alone", shown.alone),
        ("Needs approval", shown.approval),
        ("Always a person", shown.person),
    ):
        rows = [_page_row(line, sentence) for line in lines]
        table(title, ("intent", "tier", "stage", "owner", "why not further"), rows or [("none", "", "", "", "")])
    say("Whatever the intent, these give a ticket to a person:")
    for code in shown.always_person:
        say(f"  - {sentence(code)}")
    say("and these turn a send into a draft:")
    for code in shown.holds_back:
        say(f"  - {sentence(code)}")


def _page_row(line: Line, sentence: Any) -> tuple[str, ...]:
    why = sentence(line.reasons[0].code) if line.reasons else ""
    return (line.intent, line.tier.value, line.stage.value, line.owner, why)


@policy.command("lint")
@click.argument("file", type=READABLE)
@json_option
def lint_policy(file: Path, as_json: bool) -> None:
    """Say everything that is wrong with a policy file, by line, without publishing it."""
    from connector import starters
    from connector.cli.publishing import refuse_problems
    from connector.intents import parse_catalogue
    from connector.policy.document import Severity, lint

    quiet_settings()
    catalogue = parse_catalogue(starters.folder("intents"))
    problems = lint(
        text_of(file),
        catalogue_tiers={intent.key: intent.tier for intent in catalogue},
        floor_intents=frozenset(intent.key for intent in catalogue if intent.floor),
        # Owners may come from the account; whether they do shows when the file is published.
        default_owner="the account's default owner",
    )
    rows = [(item.line, item.severity.value, item.key, f"{item.message}; {item.remedy}") for item in problems]
    show(
        [{**_problem(item), "sentence": item.sentence} for item in problems],
        as_json=as_json,
        human=lambda: table("", ("line", "severity", "key", "what and how to fix"), rows) if rows else None,
    )
    if as_json:
        refuse_problems(problems)
        return
    serious = sum(item.severity is not Severity.HINT for item in problems)
    if serious:  # the table has told them
        raise ConfigurationError(f"{file} cannot be published: {counted(serious, 'problem')}.")
    say(f"{file} can be published.")


def _problem(item: Any) -> dict[str, Any]:
    return {
        "line": item.line,
        "severity": item.severity.value,
        "key": item.key,
        "message": item.message,
        "remedy": item.remedy,
    }


@policy.command("publish")
@click.argument("file", type=READABLE)
@account_option
@click.option("--comment", default="", help="What was changed and why.")
@override_option
@json_option
def publish_policy(file: Path, account_name: str | None, comment: str, override: str, as_json: bool) -> None:
    """Put the policy in FILE in force; freezes the goals of intents that start a pilot."""
    from connector.cli.publishing import publish

    with opened() as app:
        account = pick_account(app.ledger, account_name)
        made = publish(app, account, text_of(file), comment=comment or file.name, override=override)
    _show_published(account, made, as_json=as_json)


@policy.command("history")
@account_option
@json_option
def history(account_name: str | None, as_json: bool) -> None:
    """List the published versions, newest first."""
    with opened() as app:
        account = pick_account(app.ledger, account_name)
        versions = app.ledger.policies.history(account.id)
    rows = [(item.version, item.published_at, item.published_by, item.comment) for item in versions]
    columns = ("version", "published_at", "published_by", "comment")
    show(
        [dict(zip(columns, row, strict=True)) for row in rows],
        as_json=as_json,
        human=lambda: table(f"Policy of {account.name}", columns, rows),
    )


@policy.command("rollback")
@click.argument("version", type=click.IntRange(1))
@account_option
@override_option
@json_option
def rollback(version: int, account_name: str | None, override: str, as_json: bool) -> None:
    """Put an earlier version in force again, as a new version."""
    from connector.cli.publishing import publish

    with opened() as app:
        account = pick_account(app.ledger, account_name)
        earlier = [item for item in app.ledger.policies.history(account.id) if item.version == version]
        if not earlier:
            raise ConfigurationError(f"{account.name} has no policy version {version}: see `handrail policy history`.")
        made = publish(app, account, earlier[0].text, comment=f"back to version {version}", override=override)
    _show_published(account, made, as_json=as_json)


def _show_published(account: Account, made: Published, *, as_json: bool) -> None:
    def human() -> None:
        if not made.new:
            say(f"Policy version {made.version.version} is in force already; nothing was changed.")
            return
        say(f"Policy version {made.version.version} of {account.name} is in force.")
        for change in made.changes:
            say(f"  {change.sentence}")
        if not made.changes:
            say("  No rule changes, only comments or order.")
        for change in made.changes:
            if change.moved:
                say(f"  Warning: this text has {change.moved} the stage of {change.subject}.")
        _tell_warnings(made)

    show(_published(account, made), as_json=as_json, human=human)


def _published(account: Account, made: Published) -> dict[str, Any]:
    return {
        "account": account.name,
        "policy_version": made.version.version,
        "published": made.new,
        "changes": [change.sentence for change in made.changes],
        "moves": [
            {"intent": move.intent, "before": move.before, "stage": move.after, "warnings": _codes(move.warnings)}
            for move in made.moves
        ],
        "goals_frozen": [{"intent": goal.intent, "goal": goal.text} for goal in made.goals],
    }


def _codes(reasons: Sequence[Any]) -> list[str]:
    return [reason.code for reason in reasons]


def _tell_warnings(made: Published) -> None:
    for goal in made.goals:
        say(f"  The goals of {goal.intent} are frozen: {goal.text}")
    for move in made.moves:
        if "not_certified" in _codes(move.warnings):
            say(f"  {move.intent} is not certified yet and will draft until it is: see `handrail fit`.")
        if "not_in_pilot_share" in _codes(move.warnings):
            say(f"  The pilot share of {move.intent} is 0: give --pilot-share PCT.")


@click.group()
def intent() -> None:
    """The roll-out of single intents."""


@intent.command("stage")
@click.argument("intent_key", metavar="INTENT")
@click.argument("stage", type=STAGE, metavar="STAGE")
@account_option
@click.option("--pilot-share", type=click.IntRange(0, 100), metavar="PCT", help="Percent of requesters in the pilot.")
@override_option
@json_option
def stage_intent(
    intent_key: str, stage: str, account_name: str | None, pilot_share: int | None, override: str, as_json: bool
) -> None:
    """Move an intent to another stage by publishing a new policy version."""
    from connector.cli.publishing import SENDING, publish, refusal
    from connector.model import Reason, Stage, Tier

    with opened() as app:
        account = pick_account(app.ledger, account_name)
        current = app.ledger.policies.current(account.id)
        if current is None:
            raise ConfigurationError(f"{account.name} has no policy: publish one with `handrail policy publish FILE`.")
        before = app.rulebook.parse(current.text, version=str(current.version))
        rule = before.intents.get(intent_key)
        if rule is None:
            known = ", ".join(sorted(before.intents))
            raise ConfigurationError(f"There is no intent {intent_key!r} in the policy: it has {known}.")
        if rule.tier is Tier.HUMAN_ONLY and stage in SENDING:
            raise HandrailError(refusal([Reason(code="tier_human_only", detail=intent_key)]))
        text = _with_stage(current.text, before, intent_key, Stage(stage), pilot_share)
        made = publish(app, account, text, comment=f"{intent_key} to {stage}", share=pilot_share, override=override)
        if (
            made.new and not made.moves
        ):  # a stricter stage, or only another share: allowed without any rule, recorded all the same
            record(app, account.id, "intent stage", f"{intent_key}: {rule.stage.value} -> {stage}")

    def human() -> None:
        if made.new:
            say(
                f"{intent_key} is now in {stage} (it was in {rule.stage.value}); policy version {made.version.version}."
            )
        else:
            say(f"{intent_key} is in {stage} already; nothing was changed.")
        _tell_warnings(made)
        if list(Stage).index(account.stage) < list(Stage).index(Stage(stage)):
            lift = f"`handrail account stage {account.name} {_lift(stage)}`"
            say(f"  The account is in {account.stage.value}, which caps it: {lift} lifts it.")

    result = _published(account, made) | {"intent": intent_key, "before": rule.stage.value, "stage": stage}
    show(result, as_json=as_json, human=human)


def _lift(stage: str) -> str:
    """The stage an account needs for this one of an intent; for any sending that is live, as intents set the pace."""
    return "live" if stage == "pilot" else stage


def _with_stage(text: str, before: Any, intent_key: str, stage: Any, share: int | None) -> str:
    from connector.policy.document import edit_stage, render_policy, with_stage

    try:
        return edit_stage(text, intent_key, stage, share)
    except KeyError:  # the intent has no table of its own in the text
        return render_policy(with_stage(before, intent_key, stage, share))


COMMANDS = (policy, intent)
