"""`handrail app`: the packages that the helpdesks' marketplaces take."""

from __future__ import annotations

from pathlib import Path

import rich_click as click

import providers
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


def _https(text: str) -> str:
    """The address without a slash at its end; helpdesks open no other than https."""
    if text and not text.startswith("https://"):
        raise click.UsageError("--public-url must be an address that starts with https://")
    return text.rstrip("/")


COMMANDS = (app,)
