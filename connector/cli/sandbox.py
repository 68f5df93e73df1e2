"""`handrail sandbox`: helpdesks to try everything on, without an account anywhere."""

from __future__ import annotations

import rich_click as click


@click.command()
@click.option(
    "--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="Port on 127.0.0.1; 0 = a free one."
)
def sandbox(port: int) -> None:
    """Run only the sandbox helpdesks and the scripted model, until stopped."""
    from connector import sandbox as helpdesks

    helpdesks.serve(port)


COMMANDS = (sandbox,)
