"""Option and argument types."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import rich_click as click

from connector.errors import ConfigurationError


class SecretText(click.ParamType[str]):
    """A secret: as it stands, `@FILE` for a file's content, `-` for one line of standard input.

    The last two keep it out of the process list and the shell's history.
    """

    name = "secret"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The secret without surrounding white space; an empty one is refused."""
        text = str(value)
        if text == "-":
            text = sys.stdin.readline()
        elif text.startswith("@"):
            try:
                text = Path(text[1:]).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                self.fail(f"{text[1:]} cannot be read ({getattr(error, 'strerror', 'not UTF-8')})", param, ctx)
        if not text.strip():
            self.fail("the secret is empty", param, ctx)
        return text.strip()


SECRET = SecretText()
STAGE = click.Choice(["off", "shadow", "draft", "pilot", "live"])
READABLE = click.Path(exists=True, dir_okay=False, readable=True, allow_dash=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, readable=True, path_type=Path)
WRITABLE = click.Path(dir_okay=False, writable=True, path_type=Path)


def text_of(path: Path) -> str:
    """The text of a file; ConfigurationError when it is not UTF-8 text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is not UTF-8 text (byte {error.start}): save it as UTF-8.") from error
