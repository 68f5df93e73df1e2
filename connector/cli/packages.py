"""`handrail app`: the packages that the helpdesks' marketplaces take."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import rich_click as click

import providers
from connector.cli.context import opened, pick_account, record
from connector.cli.output import json_option, say, show
from connector.errors import HandrailError


@click.group()
def app() -> None:
    """The app of Handrail inside a helpdesk."""


@app.command("build")
@click.argument("vendor", type=click.Choice(providers.MARKETPLACES))
@click.option("--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help="Where the zip goes.")
@click.option("--public-url", default="", help="Your own address, so that nobody is asked for it at installation.")
@json_option
def build(vendor: str, out: Path, public_url: str, as_json: bool) -> None:
    """Build the package and check it by the marketplace's rules; the same release gives the same bytes."""
    import hashlib

    from connector import packaging

    files = providers.package(vendor, packaging.sidebar_files(), public_url=_https(public_url))
    findings = providers.package_findings(vendor, files)
    for finding in findings:
        if finding.warns:
            click.echo(finding.sentence, err=True)
    broken = [finding.sentence for finding in findings if not finding.warns]
    if broken:
        rest = f" (and what else it breaks: {len(broken) - 1})" if len(broken) > 1 else ""
        raise HandrailError(f"The package was not written: {broken[0].removesuffix('.')}{rest}.")
    content = packaging.archive(files)
    try:
        out.write_bytes(content)
    except OSError as error:
        raise HandrailError(f"{out} cannot be written: {error.strerror}.") from error
    digest = hashlib.sha256(content).hexdigest()
    show(
        {"vendor": vendor, "file": str(out), "files": sorted(files), "sha256": digest},
        as_json=as_json,
        human=lambda: say(f"{out}: {len(files)} files, {len(content)} bytes, sha256 {digest}"),
    )


@app.command("key")
@click.argument("name")
@json_option
def key(name: str, as_json: bool) -> None:
    """Make the installation key that the Freshdesk app asks for; the one before is worth nothing any more."""
    from connector.sidebar.installing import connect_app

    with opened() as parts:
        account = pick_account(parts.ledger, name)
        if account.vendor != "freshdesk":
            raise click.UsageError(f"{name} is no Freshdesk account; a Zendesk app signs its pages and needs no key")
        made = connect_app(parts.ledger, account, now=parts.clock())
        record(parts, account.id, "app key", "made")
        host = urlsplit(parts.settings.public_url).netloc
    show(
        {"account": account.name, "service_host": host, "installation_key": made},
        as_json=as_json,
        human=lambda: say(f"Host: {host}\nAccount: {account.name}\nInstallation key, shown this once: {made}"),
    )


@app.command("register")
@click.argument("name")
@click.option("--app-id", required=True, help="The app's number, as its address in Zendesk shows it.")
@click.option("--installation-id", default="", help="Of this account; then pages of no other installation open.")
@json_option
def register(name: str, app_id: str, installation_id: str, as_json: bool) -> None:
    """Say which Zendesk app is ours, so that its public key can be asked for and its pages open."""
    from connector.records import AppInstallation

    if not app_id.isdecimal() or (installation_id and not installation_id.isdecimal()):
        raise click.UsageError("an app and an installation have a number")
    with opened() as parts:
        account = pick_account(parts.ledger, name)
        if account.vendor != "zendesk":
            raise click.UsageError(f"{name} is no Zendesk account; make a key with `handrail app key {name}`")
        known = parts.ledger.sidebar.installation(account.id) or AppInstallation(account_id=account.id)
        told = replace(known, app_id=app_id, installation_id=installation_id, public_key="")
        parts.ledger.sidebar.install(told, now=parts.clock())
        record(parts, account.id, "app register", f"app {app_id}, installation {installation_id or 'any'}")
    show(
        {"account": account.name, "app_id": app_id, "installation_id": installation_id},
        as_json=as_json,
        human=lambda: say(f"Pages of app {app_id} in {account.name} open the sidebar."),
    )


def _https(text: str) -> str:
    """The address without a slash at its end; helpdesks open no other than https."""
    if text and not text.startswith("https://"):
        raise click.UsageError("--public-url must be an address that starts with https://")
    return text.rstrip("/")


COMMANDS = (app,)
