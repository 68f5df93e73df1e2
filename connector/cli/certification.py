"""`handrail fit`: what people's verdicts prove per intent, how much would be sent, and what stands against it [D4]."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import account_option, opened, pick_account
from connector.cli.output import json_option, say, show, table
from connector.errors import ConfigurationError

if TYPE_CHECKING:
    from connector.app import App
    from connector.confusions import Confusions
    from connector.model import Account
    from connector.policy.document import Policy
    from connector.policy.terms import IntentPolicy

VOLUME_DAYS = 14
"""Volume and coverage are those of the last two weeks."""

MOST_CONFUSED = 3
"""How many confused intents the table names; `--json` has all."""


@click.command("fit")
@click.option("--intent", "intent_key", metavar="INTENT", help="Only this intent.")
@account_option
@json_option
def fit(intent_key: str | None, account_name: str | None, as_json: bool) -> None:
    """Say for each auto intent what people's verdicts prove, how many are missing for its certificate, how many of its
    tickets would be sent, and with which intents it is confused.
    """
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
        chosen = [rule for key, rule in policy.intents.items() if not intent_key or key == intent_key]
        rules = [rule for rule in chosen if rule.tier is Tier.AUTO]
        if intent_key and not rules:
            raise ConfigurationError(f"{intent_key} is not tier auto, so it is never sent and needs no certificate.")
        volume, mixed = _Volume(app, account), app.confusions(account)
        model = app.certificates.in_force(account)
        rows = [
            {**_proof(app, account, rule, volume), **_confused(mixed, rule, policy), "model": model} for rule in rules
        ]
    show(rows, as_json=as_json, human=lambda: _tell(account.name, model, rows))


class _Volume:
    """How much came in during the last two weeks, and how much of it would be sent."""

    def __init__(self, app: App, account: Account) -> None:
        now = app.clock()
        since = now - timedelta(days=VOLUME_DAYS)
        recent = [item for item in app.ledger.decisions.would_sends(account.id) if item.decided_at >= since]
        self._days = max(1.0, (now - recent[0].decided_at).total_seconds() / 86400) if recent else 1.0
        self._sends = Counter((item.intent, item.template) for item in recent)
        self._read = app.ledger.decisions.coverage(account.id, since=since)

    def per_day(self, rule: IntentPolicy) -> float:
        """Would-be sends a day."""
        return self._sends[rule.key, rule.template] / self._days

    def coverage(self, rule: IntentPolicy) -> Mapping[str, Any]:
        """The share of the tickets read as this intent that would be sent, with its interval."""
        from connector.evaluation.intervals import share

        tickets, sends = self._read.get(rule.key, (0, 0))
        return share(sends, tickets)


def _proof(app: App, account: Account, rule: IntentPolicy, volume: _Volume) -> dict[str, Any]:
    from connector.policy import certification

    found = app.certificates.certificate(account, rule)
    per_day = volume.per_day(rule)
    days = certification.days_missing(found, per_day)
    return {
        "intent": rule.key,
        "template": rule.template,
        "stage": rule.stage.value,
        "threshold": rule.threshold,
        "tolerated_error": rule.tolerated_error,
        "coverage": volume.coverage(rule),
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


def _confused(mixed: Confusions, rule: IntentPolicy, policy: Policy) -> dict[str, Any]:
    refusals = mixed.refusals(rule, policy, tolerated_error=rule.tolerated_error)
    return {
        "confused_with": [
            {"intent": item.other, "read_as_this": item.read_as_this, "this_read_as": item.this_read_as}
            for item in mixed.confused_with(rule.key)
        ],
        "refused": bool(refusals),
        "refused_for": [
            {"intent": item.intent, "passing": item.passing, "examples": item.examples} for item in refusals
        ],
    }


def _tell(account_name: str, model: str, rows: list[dict[str, Any]]) -> None:
    columns = (
        *("intent", "threshold", "tolerated", "coverage", "verdicts", "errors", "bound", "certified", "missing"),
        *("days missing", "confused with"),
    )
    cells = [
        (
            row["intent"],
            row["threshold"],
            row["tolerated_error"],
            _interval(row["coverage"]),
            row["verdicts"],
            row["errors"],
            row["bound"],
            _state(row),
            row["missing"] if row["next_look"] or row["certified"] else "start anew",
            "unknown" if row["days_missing"] is None else row["days_missing"],
            ", ".join(
                f"{item['intent']} {item['read_as_this']}/{item['this_read_as']}"
                for item in row["confused_with"][:MOST_CONFUSED]
            ),
        )
        for row in rows
    ]
    table(f"Certification of {account_name}, read by the model {model}", columns, cells)
    say("confused with: held-out examples of that intent read as this one / of this one read as that.")
    for row in rows:
        if row["demoted"]:
            say(f"{row['intent']} has lost its certificate: it drafts until it is certified again.")
        for item in row["refused_for"]:
            say(
                f"{row['intent']} is refused: {item['passing']} of {item['examples']} held-out examples of "
                f"{item['intent']}, which always goes to a person, would be sent as {row['intent']}."
            )


def _state(row: Mapping[str, Any]) -> str:
    if row["refused"]:
        return "refused"
    if row["demoted"]:
        return "lost"
    return "yes" if row["certified"] else "no"


def _interval(found: Mapping[str, Any]) -> str:
    if found["share"] is None:
        return "no tickets"
    return f"{found['share']:.0%} ({found['low']:.0%}-{found['high']:.0%} of {found['n']})"


COMMANDS = (fit,)
