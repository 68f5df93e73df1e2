"""`handrail account connect`: what to do at the helpdesk, step by step, and whether it arrived."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import rich_click as click

from connector.cli.context import opened, pick_account, record
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
    from connector.connecting import make_link, zendesk_client

    if bool(subdomain) == bool(base_url):
        raise click.UsageError("give exactly one of --subdomain and --base-url")
    with opened() as app:
        zendesk_client(app)  # says now what would fail at the button
        loopback = app.settings.allow_loopback_helpdesk
        address = providers.base_url("zendesk", subdomain or base_url or "", allow_loopback=loopback)
        known_as = name or subdomain or ""
        known = _of_this_helpdesk(app, "zendesk", known_as, address)
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
@click.option("--api-key", type=SECRET, help="Of an agent of its own; left out, a link to a page asks for it.")
@owner_option
@json_option
def connect_freshdesk(
    name: str, domain: str | None, base_url: str | None, api_key: str | None, owner: str, as_json: bool
) -> None:
    """Check the key, the agent and the plan of a Freshdesk account, then say what is left to do there.

    Without --api-key a one-time link is printed, for an admin who pastes the key into a page.
    """
    from connector.cli.enrolment import Application, enrol
    from connector.sidebar.installing import connect_app

    if bool(domain) == bool(base_url):
        raise click.UsageError("give exactly one of --domain and --base-url")
    if api_key is None:
        _link_for_a_key(name, domain or base_url or "", owner, as_json=as_json)
        return
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


def _link_for_a_key(name: str, address: str, owner: str, *, as_json: bool) -> None:
    """The link to the page that asks an admin for the API key."""
    import providers
    from connector import apikeys

    with opened() as app:
        base = providers.base_url("freshdesk", address, allow_loopback=app.settings.allow_loopback_helpdesk)
        known = _of_this_helpdesk(app, "freshdesk", name, base)
        secret = apikeys.make_link(app.ledger.connections, base_url=base, name=name, owner=owner, now=app.clock())
        record(app, known.id if known else None, "account link", f"freshdesk {name} {base}")
        link = f"{app.settings.public_url}/connect/freshdesk?code={secret}"
    show(
        {"account": name, "base_url": base, "link": link},
        as_json=as_json,
        human=lambda: say(
            f"Send this link to an admin of {base}. It works once, for 24 hours:\n\n{link}\n\n"
            f"When it was used: `handrail account check {name}`."
        ),
    )


def _of_this_helpdesk(app: App, vendor: str, name: str, base: str) -> Account | None:
    """The account of this name, if it is of this helpdesk; ConfigurationError where it is of another."""
    from connector.cli.enrolment import check_plain_name

    check_plain_name(name)
    known = app.ledger.accounts.get(name)
    if known is not None and (known.vendor, known.base_url) != (vendor, base):
        raise ConfigurationError(f"{name} is the name of another helpdesk's account: choose another name.")
    return known


@click.command("page")
@click.argument("name")
@json_option
def page(name: str, as_json: bool) -> None:
    """Make a one-time link to the account's set-up page, with checklist, first event and a way to disconnect."""
    from connector import adminpage

    with opened() as app:
        known = pick_account(app.ledger, name)
        secret = adminpage.make_link(app.ledger.connections, known, now=app.clock())
        record(app, known.id, "account page", "link made")
        link = f"{app.settings.public_url}/connect/page?code={secret}"
    show(
        {"account": known.name, "link": link},
        as_json=as_json,
        human=lambda: say(
            f"Send this link to an admin of {known.base_url}. It works once, within 30 minutes:\n\n{link}"
        ),
    )


def tell(checks: Sequence[Check]) -> None:
    """A table of checks."""
    table(
        "",
        ("check", "state", "found", "how to fix"),
        [(one.name, one.state.value, one.found, one.fix) for one in checks],
    )


def first_event(app: App, account: Account, seconds: float) -> StoredEvent:
    """The newest delivery that the helpdesk itself made, waited for; HandrailError when none came in time."""
    from connector.adminpage import arrived

    give_up_at = time.monotonic() + seconds
    while True:
        if event := arrived(app.ledger, account):
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
