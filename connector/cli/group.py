"""The one place where errors become a sentence on stderr and an exit code."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import rich_click as click
from click.exceptions import Abort, Exit

from connector.errors import ConfigurationError, HandrailError, ProviderThrottled, StoreUnavailable

DONE, FAILED, WRONG_USE = 0, 1, 2


class HandrailGroup(click.RichGroup):
    """The root group; its `main` never lets an exception out."""

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> Any:
        """Run a command and exit with its code."""
        try:
            result = super().main(args, prog_name, complete_var, standalone_mode=False, **extra)
            code = result if isinstance(result, int) else DONE
        except Exception as error:  # noqa: BLE001 - whatever happens, people get one sentence
            code, sentence = verdict(error)
            if os.environ.get("HANDRAIL_DEBUG") == "1" and not isinstance(error, (Exit, click.ClickException)):
                traceback.print_exc()
            if sentence:
                click.echo(sentence, err=True)
        except KeyboardInterrupt:
            code = FAILED
        if standalone_mode:
            sys.exit(code)
        return code


def verdict(error: BaseException) -> tuple[int, str]:
    """The exit code for an error, and the sentence to show ("" for none)."""
    if isinstance(error, Exit):
        return error.exit_code, ""
    if isinstance(error, Abort):
        return FAILED, "Stopped."
    if isinstance(error, BrokenPipeError):
        _drop_stdout()
        return FAILED, ""
    if isinstance(error, click.ClickException):
        return WRONG_USE if isinstance(error, click.UsageError) else error.exit_code, _usage(error)
    if isinstance(error, ConfigurationError):
        return WRONG_USE, _sentence(str(error))
    if isinstance(error, ProviderThrottled):
        return FAILED, _sentence(f"{error} Try again in {error.retry_after_seconds or 60:.0f} seconds")
    if isinstance(error, StoreUnavailable):
        return FAILED, _sentence(f"{str(error).rstrip('.')}; nothing was changed: try again, or see `handrail doctor`")
    if isinstance(error, HandrailError):
        return FAILED, _sentence(str(error))
    if isinstance(error, OSError) and error.filename:
        return FAILED, _sentence(f"{error.filename} cannot be used ({error.strerror}): check the path and its rights")
    return FAILED, (
        f"This is a fault in Handrail ({type(error).__name__}): run the command again with HANDRAIL_DEBUG=1 "
        "and report what it prints."
    )


def _usage(error: click.ClickException) -> str:
    message = " ".join(error.format_message().split()).rstrip(".")
    context = getattr(error, "ctx", None)
    if isinstance(error, click.UsageError) and context is not None:
        return f"{message}: see `{context.command_path} --help`."
    return f"{message}."


def _sentence(text: str) -> str:
    """One line that ends like a sentence."""
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _drop_stdout() -> None:
    """Whoever read our output has gone; keep the interpreter from failing again when it flushes at exit."""
    sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - stays open until the process ends
