"""The command `handrail`: one module per group of commands.

What a command needs is imported inside the function that needs it: `handrail --help` stays fast and small.
"""

from __future__ import annotations

from importlib.metadata import version as installed_version
from typing import NoReturn

import rich_click as click

from connector.cli import (
    accounts,
    certification,
    doctor,
    events,
    history,
    keys,
    kill,
    knowledge,
    outgoing,
    packages,
    policy,
    quality,
    sandbox,
    serve,
    settings,
    training,
    usage,
)
from connector.cli.group import HandrailGroup

CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


@click.group(cls=HandrailGroup, context_settings=CONTEXT, no_args_is_help=True)
@click.version_option(installed_version("handrail"), "--version", message="handrail %(version)s")
def handrail() -> None:
    """AI replies with rails for your own Zendesk or Freshdesk."""


for module in (
    *(
        serve,
        accounts,
        policy,
        kill,
        quality,
        certification,
        knowledge,
        training,
        history,
        events,
        outgoing,
        usage,
        packages,
        settings,
        keys,
        doctor,
        sandbox,
    ),
):
    for command in module.COMMANDS:
        handrail.add_command(command)


def main() -> NoReturn:
    """Run the command line and exit: 0 done, 1 failed, 2 wrong use."""
    handrail.main(prog_name="handrail")
    raise SystemExit(0)
