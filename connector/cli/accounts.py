"""`handrail account`: helpdesk accounts, their secrets, stage and configuration."""

from __future__ import annotations

import secrets
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import rich_click as click

from connector.cli.connecting import connect, first_event, page, take_away
from connector.cli.context import opened, pick_account, record
from connector.cli.inputs import READABLE, SECRET, STAGE, text_of
from connector.cli.leaving import disconnect
from connector.cli.output import json_option, say, show, table
from connector.errors import HandrailError

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.ports import Check

SECRET_BYTES = 32
MOST_SECRETS = 3
"""Webhook secrets valid at once: one in use, one being rotated in, one to spare."""

PASTE_ZENDESK = """\
In Zendesk: Admin Center > Apps and integrations > Webhooks > Create webhook.
  1. Subscribe it to the ticket events (created, comment added, status changed), method POST, format JSON.
  2. Endpoint URL: {url}
  3. Zendesk makes its own signing secret: copy it from the webhook's page (Reveal secret), then run
     handrail account update {name} --signing-secret -
     Until then Zendesk's requests are refused; the secret above only serves senders that you set up yourself.
Or let Handrail do all this: `handrail account add zendesk ... --webhook create`."""

name_option = click.option("--name", required=True, help="Your name for the account: small letters, digits, dashes.")
owner_option = click.option("--owner", default="", help="Who owns its intents where the policy names nobody.")
base_url_option = click.option("--base-url", help="Its whole address, instead of a name.")


@click.group()
def account() -> None:
    """Helpdesk accounts."""


account.add_command(connect)
account.add_command(disconnect)
account.add_command(page)


@account.group("add")
def add() -> None:
    """Connect a helpdesk; it starts in shadow, where nothing is written to any ticket."""


@add.command("zendesk")
@name_option
@click.option("--subdomain", help="NAME of NAME.zendesk.com.")
@base_url_option
@click.option("--client-id", help="Of the OAuth client in the Admin Center.")
@click.option("--client-secret", type=SECRET, help="Of the OAuth client; @FILE or - (standard input) keeps it private.")
@click.option("--email", help="Of the agent the API token belongs to.")
@click.option("--api-token", type=SECRET, help="While Zendesk still takes them (until 30 April 2027); @FILE or -.")
@click.option("--signing-secret", type=SECRET, help="Of a webhook that exists already; @FILE or -.")
@click.option("--webhook", type=click.Choice(["create"]), help="Create the webhook at Zendesk and read its secret.")
@owner_option
@json_option
def add_zendesk(
    name: str,
    subdomain: str | None,
    base_url: str | None,
    client_id: str | None,
    client_secret: str | None,
    email: str | None,
    api_token: str | None,
    signing_secret: str | None,
    webhook: str | None,
    owner: str,
    as_json: bool,
) -> None:
    """Connect a Zendesk account by OAuth client credentials, or by an API token."""
    from connector.cli.enrolment import Application, enrol

    if signing_secret and webhook:
        raise click.UsageError("give --signing-secret or --webhook create, not both")
    application = Application(
        vendor="zendesk",
        name=name,
        address=_one_of({"--subdomain": subdomain, "--base-url": base_url}),
        credentials=_zendesk_credentials(client_id, client_secret, email, api_token),
        webhook_secret=signing_secret or secrets.token_urlsafe(SECRET_BYTES),
        create_webhook=webhook == "create",
        owner=owner,
    )
    with opened() as app:
        made, url = enrol(app, application)
        record(app, made.id, "account add", f"zendesk {made.name} {made.base_url}")
    secret = made.webhook_secrets[0]

    def human() -> None:
        _tell_added(made, url)
        say(f"Signing secret: {secret}")
        if webhook:
            say("The webhook was created at Zendesk; nothing is left to do there.")
        elif not signing_secret:
            say(PASTE_ZENDESK.format(url=url, name=made.name))

    show(
        {"account": made.name, "webhook_url": url, "signing_secret": secret, "bot_user_id": made.bot_user_id},
        as_json=as_json,
        human=human,
    )


@add.command("freshdesk")
@name_option
@click.option("--domain", help="NAME of NAME.freshdesk.com.")
@base_url_option
@click.option("--api-key", type=SECRET, required=True, help="Of an agent of its own; @FILE or - keeps it private.")
@owner_option
@json_option
def add_freshdesk(name: str, domain: str | None, base_url: str | None, api_key: str, owner: str, as_json: bool) -> None:
    """Connect a Freshdesk account by the API key of an agent."""
    from connector.cli.enrolment import Application, enrol
    from connector.recipe import in_plain_text, recipe

    application = Application(
        vendor="freshdesk",
        name=name,
        address=_one_of({"--domain": domain, "--base-url": base_url}),
        credentials={"api_key": api_key},
        webhook_secret=secrets.token_urlsafe(SECRET_BYTES),
        owner=owner,
    )
    with opened() as app:
        made, url = enrol(app, application)
        record(app, made.id, "account add", f"freshdesk {made.name} {made.base_url}")
    secret = made.webhook_secrets[0]

    def human() -> None:
        _tell_added(made, url)
        say(in_plain_text(recipe("en", url=url, secret=secret)))

    show(
        {"account": made.name, "webhook_url": url, "webhook_secret": secret, "bot_user_id": made.bot_user_id},
        as_json=as_json,
        human=human,
    )


def _one_of(options: Mapping[str, str | None]) -> str:
    """The value of the one option that was given."""
    given = [value for value in options.values() if value]
    if len(given) != 1:
        raise click.UsageError(f"give exactly one of {' and '.join(options)}")
    return given[0]


def _zendesk_credentials(
    client_id: str | None, client_secret: str | None, email: str | None, api_token: str | None
) -> Mapping[str, str]:
    oauth, token = (client_id, client_secret), (email, api_token)
    if any(oauth) and any(token):
        raise click.UsageError("give --client-id and --client-secret, or --email and --api-token, not both")
    if client_id and client_secret:
        return {"kind": "client_credentials", "client_id": client_id, "client_secret": client_secret}
    if email and api_token:
        return {"kind": "api_token", "email": email, "api_token": api_token}
    raise click.UsageError("give --client-id and --client-secret (or --email and --api-token)")


def _tell_added(made: Account, url: str) -> None:
    say(f"The account {made.name} was added ({made.base_url}, our user is {made.bot_user_id}). It is in shadow.")
    say(f"Webhook URL: {url}")
    if url.startswith("http://"):
        say("The helpdesk can hardly reach that address: set HANDRAIL_PUBLIC_URL to the https address of this machine.")


@account.command("list")
@json_option
def list_accounts(as_json: bool) -> None:
    """List the accounts."""
    with opened() as app:
        rows = [_shown(app, item) for item in app.ledger.accounts.all()]
    show(
        rows,
        as_json=as_json,
        human=lambda: (
            table("", tuple(rows[0]), [tuple(row.values()) for row in rows])
            if rows
            else say("There is no account yet: add one with `handrail account add`.")
        ),
    )


def _shown(app: App, item: Account) -> dict[str, object]:
    version = app.ledger.policies.current(item.id)
    return {
        "account": item.name,
        "vendor": item.vendor,
        "base_url": item.base_url,
        "stage": item.stage.value,
        "bot_user_id": item.bot_user_id,
        "owner": item.default_owner or "",
        "policy_version": version.version if version else None,
    }


@account.command("remove")
@click.argument("name")
@click.option("--webhook", type=click.Choice(["remove"]), help="Also take away what Handrail set up at the helpdesk.")
@json_option
def remove(name: str, webhook: str | None, as_json: bool) -> None:
    """Forget an account's secrets at once and stop its work; its history stays in the database until it is erased.

    What a link connected is taken away at the helpdesk, too: our webhook with its triggers, and our access.
    """
    with opened() as app:
        known = pick_account(app.ledger, name)
        if sys.stdin.isatty():
            click.confirm(f"Remove {known.name} ({known.base_url})?", abort=True, err=True)
        taken = take_away(app, known) if webhook or known.credentials.get("kind") == "refresh" else ()
        app.ledger.accounts.remove(known.id, now=app.clock())
        record(app, known.id, "account remove", known.name)
    show(
        {"account": known.name, "removed": True, "id": known.id, **_left(taken)},
        as_json=as_json,
        human=lambda: say(
            f"The account {known.name} was removed. {_told(known, taken)} "
            f"`handrail account erase {known.id}` erases its history."
        ),
    )


def _left(taken: Sequence[Check]) -> dict[str, object]:
    return {"at_helpdesk": [{"name": one.name, "found": one.found} for one in taken]} if taken else {}


def _told(known: Account, taken: Sequence[Check]) -> str:
    """What became of our things on the helpdesk's side, and what is left to do there."""
    failed = [f"{one.name} {one.found}." for one in taken if one.fix]
    if taken and not failed:
        return f"Our webhook and our access were taken away at {known.vendor.title()}."
    return " ".join([*failed, f"Take our webhook and credentials out of {known.vendor.title()}."])


@account.command("erase")
@click.argument("account_id", metavar="ID")
@json_option
def erase(account_id: str, as_json: bool) -> None:
    """Erase the history of a removed account; `account remove` and `audit list` tell its ID. Cannot be undone.

    What receipts and audit entries were signed over stays, without their content: ids, times, intents and verbs.
    """
    with opened() as app:
        if app.ledger.accounts.get(account_id) is not None:
            raise HandrailError(f"{account_id} is still connected: remove it first with `handrail account remove`.")
        if sys.stdin.isatty():
            click.confirm(f"Erase everything of {account_id}?", abort=True, err=True)
        app.ledger.accounts.erase(account_id, now=app.clock())
        record(app, account_id, "account erase", "")
    show(
        {"id": account_id, "erased": True},
        as_json=as_json,
        human=lambda: say(f"The history of {account_id} was erased. Backups made before still hold it."),
    )


@account.command("check")
@click.argument("name", required=False)
@click.option("--wait", metavar="SECONDS", type=click.FloatRange(0, 86400), help="Wait for the helpdesk's first event.")
@json_option
def check(name: str | None, wait: float | None, as_json: bool) -> None:
    """Check address, credentials and rights of one account, or of all."""
    from connector.doctor import inspected
    from connector.errors import HandrailError
    from connector.ports import CheckState

    with opened() as app:
        known = (pick_account(app.ledger, name),) if name else app.ledger.accounts.all()
        found = [result for item in known for result in inspected(app, item)]
        if wait is not None and not any(result.state is CheckState.FAIL for result in found):
            found += [_arrived(app, item, wait) for item in known]
    rows = [(item.name, item.state.value, item.found, item.fix) for item in found]
    show(
        [{"name": item.name, "state": item.state, "found": item.found, "fix": item.fix} for item in found],
        as_json=as_json,
        human=lambda: table("", ("check", "state", "found", "how to fix"), rows),
    )
    failed = [item for item in found if item.state is CheckState.FAIL]
    if failed:
        raise HandrailError(f"{failed[0].name}: {failed[0].found}. {failed[0].fix}")


def _arrived(app: App, item: Account, seconds: float) -> Check:
    from connector.ports import Check, CheckState

    click.echo(f"Waiting up to {seconds:g} seconds for an event of {item.name}...", err=True)
    event = first_event(app, item, seconds)
    found = f"{event.vendor_kind or event.kind} at {event.received_at:%Y-%m-%d %H:%M:%S} UTC"
    return Check(name=f"{item.name}: first event", state=CheckState.PASS, found=found)


@account.command("stage")
@click.argument("name")
@click.argument("stage", type=STAGE, metavar="STAGE")
@json_option
def stage(name: str, stage: str, as_json: bool) -> None:
    """Lift or lower how far anything of this account may go."""
    from connector.model import Stage

    with opened() as app:
        known = pick_account(app.ledger, name)
        app.ledger.accounts.set_stage(known.id, Stage(stage), now=app.clock())
        record(app, known.id, "account stage", f"{known.stage.value} -> {stage}")
    show(
        {"account": known.name, "before": known.stage.value, "stage": stage},
        as_json=as_json,
        human=lambda: say(f"The account {known.name} is now in {stage} (it was in {known.stage.value})."),
    )


@account.command("update")
@click.argument("name")
@click.option("--signing-secret", type=SECRET, help="Accept this webhook secret, too; @FILE or -.")
@click.option("--only", is_flag=True, help="Forget all earlier webhook secrets: the rotation is over.")
@click.option("--client-secret", type=SECRET, help="Replace the OAuth client's secret; @FILE or -.")
@click.option("--api-token", type=SECRET, help="Replace the API token (Zendesk); @FILE or -.")
@click.option("--api-key", type=SECRET, help="Replace the API key (Freshdesk); @FILE or -.")
@click.option("--owner", help="Change the default owner.")
@json_option
def update(
    name: str,
    signing_secret: str | None,
    only: bool,
    client_secret: str | None,
    api_token: str | None,
    api_key: str | None,
    owner: str | None,
    as_json: bool,
) -> None:
    """Rotate secrets: a new webhook secret is valid beside the earlier ones until --only."""
    renewed = {"client_secret": client_secret, "api_token": api_token, "api_key": api_key}
    given = {key: value for key, value in renewed.items() if value}
    if not (signing_secret or only or given or owner is not None):
        raise click.UsageError("say what to change")
    with opened() as app:
        known = pick_account(app.ledger, name)
        _refuse_foreign(known, given)
        changed = replace(
            known,
            credentials={**known.credentials, **given},
            webhook_secrets=_rotated(known.webhook_secrets, signing_secret, only=only),
            default_owner=known.default_owner if owner is None else owner or None,
        )
        app.ledger.accounts.update(changed, now=app.clock())
        what = [*given, *(["webhook secret"] if signing_secret or only else []), *(["owner"] if owner else [])]
        record(app, known.id, "account update", ", ".join(what))
    show(
        {"account": known.name, "webhook_secrets": len(changed.webhook_secrets), "changed": what},
        as_json=as_json,
        human=lambda: say(
            f"The account {known.name} was updated; {len(changed.webhook_secrets)} webhook "
            f"{'secret is' if len(changed.webhook_secrets) == 1 else 'secrets are'} valid."
        ),
    )


def _refuse_foreign(known: Account, given: Mapping[str, str]) -> None:
    """A secret of a kind that the account does not use would be kept without effect."""
    for key in given:
        if key not in known.credentials:
            option = f"--{key.replace('_', '-')}"
            raise click.UsageError(f"{known.name} is not connected by {option}; remove it and add it again")


def _rotated(known: tuple[str, ...], new: str | None, *, only: bool) -> tuple[str, ...]:
    """The valid secrets, newest first."""
    if only:
        return (new,) if new else known[:1]
    return known if new is None or new in known else (new, *known)[:MOST_SECRETS]


@account.group("config")
def config() -> None:
    """What the team configures about an account: languages, groups, texts, tag prefix."""


@config.command("show")
@click.argument("name", required=False)
@json_option
def show_config(name: str | None, as_json: bool) -> None:
    """Print the configuration as TOML, fit for `publish`."""
    from connector.accountconfig import render_account_config

    with opened() as app:
        known = pick_account(app.ledger, name)
    text = render_account_config(known.config)
    show({"account": known.name, "text": text}, as_json=as_json, human=lambda: click.echo(text, nl=False))


@config.command("publish")
@click.argument("name")
@click.argument("file", type=READABLE)
@json_option
def publish_config(name: str, file: Path, as_json: bool) -> None:
    """Replace the configuration by that in FILE."""
    from connector.accountconfig import parse_account_config

    parsed = parse_account_config(text_of(file))
    with opened() as app:
        known = pick_account(app.ledger, name)
        app.ledger.accounts.update(replace(known, config=parsed), now=app.clock())
        record(app, known.id, "account config", file.name)
    show(
        {"account": known.name, "published": True},
        as_json=as_json,
        human=lambda: say(f"The configuration of {known.name} is in force."),
    )


COMMANDS = (account,)
