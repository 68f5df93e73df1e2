"""Console: a helpdesk that lives in a JSON file and prints what is written to it. The smallest provider.

Handy to see what Handrail would do without any helpdesk, and the example of `docs/how-to/add-a-provider.md`.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from connector.errors import ConfigurationError
from connector.ports import Accounts, Clock
from providers.console.provider import Console

__all__ = ["Console", "base_url", "build"]


def base_url(text: str, *, allow_loopback: bool = False) -> str:
    """The address of a tickets file, `file:PATH`; ConfigurationError where there is no such file."""
    path = Path(text.removeprefix("file:"))
    if not path.is_file():
        raise ConfigurationError("The console's address must be file:PATH of a JSON file with a list of tickets.")
    return f"file:{path.resolve()}"


def build(
    *, accounts: Accounts, clock: Clock, allow_loopback: bool, monotonic: Callable[[], float] = time.monotonic
) -> Console:
    """The provider, printing to standard output."""
    return Console(clock=clock, out=sys.stdout)
