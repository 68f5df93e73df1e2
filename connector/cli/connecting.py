"""`handrail account connect`: what to do at the helpdesk, step by step, and whether it arrived."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import rich_click as click

from connector.cli.context import opened, record
from connector.cli.inputs import SECRET
from connector.cli.output import json_option, say, show, table
from connector.errors import ConfigurationError, HandrailError

if TYPE_CHECKING:
    from connector.app import App
    from connector.model import Account
    from connector.ports import Check
    from connector.records import StoredEvent

LOOK_AGAIN_SECONDS = 0.5
SECRET_BYTES = 32

STEPS_FRESHDESK = """\
1. Build the app, on this machine:   handrail app build freshdesk --out handrail-freshdesk.zip
2. In Freshdesk, as an admin: Admin > Apps > Manage apps > Custom apps > upload the zip, then install it.
3. It asks for three values:
     Host of your Handrail service:  {host}
     Account name in Handrail:       {name}
     Installation key:               {secret}
   It can be installed only if all three are right.
4. Create a ticket as a customer would, and see on this machine that it arrives:
     handrail account check {name} --wait 300
Without the app there is no sidebar, and two automation rules must send the events: docs/how-to/install-freshdesk.md."""

owner_option = click.option("--owner", default="", help="Who owns its intents where the policy names nobody.")
base_url_option = click.option("--base-url", help="Its whole address, instead of a name.")


@click.group("connect")
def connect() -> None:
    """Connect a helpdesk step by step; it starts in shadow, where nothing is written to any ticket."""


@connect.command("zendesk")
@click.option("--subdomain", help="NAME of NAME.zendesk.com.")
@base_url_option
@click.option("--name", help="Your name for the account; the subdomain if left out.")
@owner_option
@json_option
def connect_zendesk(subdomain: str | None, base_url: str | None, name: str | None, owner: str, as_json: bool) -> None:
    """Make a one-time link by which an admin connects a Zendesk account, or connects it again."""
    import providers
    from connector.cli.enrolment import check_plain_name
    from connector.connecting import make_link, zendesk_client

    if bool(subdomain) == bool(base_url):
        raise click.UsageError("give exactly one of --subdomain and --base-url")
    with opened() as app:
        zendesk_client(app)  # says now what would fail at the button
        loopback = app.settings.allow_loopback_helpdesk
        address = providers.base_url("zendesk", subdomain or base_url or "", allow_loopback=loopback)
        known_as = name or subdomain or ""
        check_plain_name(known_as)
        known = app.ledger.accounts.get(known_as)
        if known is not None and (known.vendor, known.base_url) != ("zendesk", address):
            raise ConfigurationError(f"{known_as} is the name of another helpdesk's account: choose another name.")
        secret = make_link(app.ledger.connections, base_url=address, name=known_as, owner=owner, now=app.clock())
        record(app, known.id if known else None, "account link", f"zendesk {known_as} {address}")
        link = f"{app.settings.public_url}/oauth/zendesk/start?link={secret}"
    show(
        {"account": known_as, "base_url": address, "link": link},
        as_json=as_json,
        human=lambda: say(
            f"Send this link to an admin of {address}. It works once, for 24 hours:\n\n{link}\n\n"
            f"When it was used: `handrail account check {known_as}`."
        ),
    )


@connect.command("freshdesk")
@click.option("--name", required=True, help="Your name for the account: small letters, digits, dashes.")
@click.option("--domain", help="NAME of NAME.freshdesk.com.")
@base_url_option
@click.option("--api-key", type=SECRET, required=True, help="Of an agent of its own; @FILE or - keeps it private.")
@owner_option
@json_option
def connect_freshdesk(
    name: str, domain: str | None, base_url: str | None, api_key: str, owner: str, as_json: bool
) -> None:
    """Check the key, the agent and the plan of a Freshdesk account, then say what is left to do there."""
    from connector.cli.enrolment import Application, enrol
    from connector.sidebar.installing import connect_app

    if bool(domain) == bool(base_url):
        raise click.UsageError("give exactly one of --domain and --base-url")
    application = Application(
        vendor="freshdesk",
        name=name,
        address=domain or base_url or "",
        credentials={"api_key": api_key},
        webhook_secret=secrets.token_urlsafe(SECRET_BYTES),
        owner=owner,
    )
    with opened() as app:
        made, _ = enrol(app, application)
        record(app, made.id, "account add", f"freshdesk {made.name} {made.base_url}")
        checks = app.providers[made.vendor].inspect(made).checks
        host = urlsplit(app.settings.public_url).netloc
        key = connect_app(app.ledger, made, now=app.clock())

    def human() -> None:
        tell(checks)
        say(f"The account {made.name} was added; it is in shadow. What is left to do:\n")
        say(STEPS_FRESHDESK.format(host=host, name=made.name, secret=key))

    rows = [{"name": check.name, "state": check.state, "found": check.found, "fix": check.fix} for check in checks]
    values = {"account": made.name, "service_host": host, "installation_key": key, "checks": rows}
    show(values, as_json=as_json, human=human)


def tell(checks: Sequence[Check]) -> None:
    """A table of checks."""
    table(
        "",
        ("check", "state", "found", "how to fix"),
        [(one.name, one.state.value, one.found, one.fix) for one in checks],
    )


def first_event(app: App, account: Account, seconds: float) -> StoredEvent:
    """The newest delivery that the helpdesk itself made, waited for; HandrailError when none came in time."""
    from connector.model import EventKind

    give_up_at = time.monotonic() + seconds
    while True:
        for event in app.ledger.inbox.events(account_id=account.id):
            if event.kind not in (EventKind.POLLED, EventKind.REPLAYED):
                return event
        left = give_up_at - time.monotonic()
        if left <= 0:
            raise HandrailError(
                f"No event of {account.name} came within {seconds:g} seconds: is the service running and reachable at "
                f"{app.settings.public_url}, and was a ticket created at the helpdesk meanwhile?"
            )
        threading.Event().wait(min(LOOK_AGAIN_SECONDS, left))


def take_away(app: App, account: Account) -> tuple[Check, ...]:
    """What became of our things on the helpdesk's side; none where the vendor has nothing that we may take away."""
    from connector.connecting import Connects, webhook_url

    provider = app.providers[account.vendor]
    if not isinstance(provider, Connects):
        return ()
    return provider.disconnect(account, webhook_url(app.settings.public_url, account))
