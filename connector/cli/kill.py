"""`handrail kill`: the emergency stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import rich_click as click

from connector.cli.context import actor, opened, pick_account, record
from connector.cli.output import counted, json_option, say, show
from connector.errors import ConfigurationError
from connector.suppressed import Suppressed

if TYPE_CHECKING:
    from connector.app import App


@click.group()
def kill() -> None:
    """The emergency stop: when `kill on` has returned, no write starts later than a second after."""


def _switch_options(command: Any) -> Any:
    for option in (
        click.option("--account", "account_name", metavar="NAME", help="Only this account; otherwise all of them."),
        click.option("--intent", "intent_key", metavar="INTENT", help="Only this intent; otherwise all of them."),
        json_option,
    ):
        command = option(command)
    return command


@kill.command("on")
@_switch_options
def kill_on(account_name: str | None, intent_key: str | None, as_json: bool) -> None:
    """Stop sending and writing, everywhere or as far as the options say."""
    with opened() as app:
        account_id = pick_account(app.ledger, account_name).id if account_name else None
        _check_intent(app, intent_key)
        app.ledger.policies.kill(account_id=account_id, intent=intent_key, by=actor(), now=app.clock())
        record(app, account_id, "kill on", intent_key or "every intent")
        _show_switches(app, "on", as_json=as_json)


@kill.command("off")
@_switch_options
def kill_off(account_name: str | None, intent_key: str | None, as_json: bool) -> None:
    """Turn exactly this switch off; wider or narrower ones stay as they are.

    Messages that came in while it was on get a draft or a card now, hand-offs first. None of them is sent by itself.
    """
    with opened() as app:
        account_id = pick_account(app.ledger, account_name).id if account_name else None
        scope = f"{account_name or 'every account'}, {intent_key or 'every intent'}"
        was_on = any(
            (item.account_id, item.intent) == (account_id, intent_key) for item in app.ledger.policies.kill_switches()
        )
        app.ledger.policies.unkill(account_id=account_id, intent=intent_key, by=actor(), now=app.clock())
        record(app, account_id, "kill off", intent_key or "every intent")
        waiting = Suppressed(app.ledger).requeue(app.clock())
        done = f"Switched off: {scope}." if was_on else f"There was no switch for {scope}; nothing changed."
        if waiting:
            verb = "waits" if waiting == 1 else "wait"
            done += f" {counted(waiting, 'message')} that came in meanwhile {verb} for a draft or a card now."
        _show_switches(app, "off", as_json=as_json, done=done, waiting_again=waiting)


@kill.command("list")
@json_option
def kill_list(as_json: bool) -> None:
    """List what is stopped."""
    with opened() as app:
        _show_switches(app, "list", as_json=as_json)


def _check_intent(app: App, key: str | None) -> None:
    """A switch for an intent that does not exist would stop nothing and reassure everybody."""
    if key is not None and key not in app.catalogue and key != "unmapped":
        raise ConfigurationError(
            f"There is no intent {key!r}: the intents are {', '.join(sorted(app.catalogue.intents))}."
        )


def _show_switches(app: App, switch: str, *, as_json: bool, done: str = "", **more: int) -> None:
    names = {account.id: account.name for account in app.ledger.accounts.all()}
    rows = [
        {
            "account": names.get(item.account_id, item.account_id) if item.account_id else None,
            "intent": item.intent,
            "since": item.since,
            "by": item.by,
        }
        for item in app.ledger.policies.kill_switches()
    ]

    def human() -> None:
        if done:
            say(done)
        if not rows:
            say("Nothing is stopped.")
        for row in rows:
            words = [
                f"--account {row['account']}" * bool(row["account"]),
                f"--intent {row['intent']}" * bool(row["intent"]),
            ]
            scope = f"{row['account'] or 'every account'}, {row['intent'] or 'every intent'}"
            off = " ".join(("handrail kill off", *filter(None, words)))
            say(f"Stopped: {scope} (by {row['by']}); end it with `{off}`.")

    show({"switch": switch, "stopped": rows, **more}, as_json=as_json, human=human)


COMMANDS = (kill,)
