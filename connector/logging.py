"""Logs: what is configured, and nothing that could hold a customer's text.

Only keys of an allow-list are written. A new key is a decision made here, not at the call.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

ALLOWED_KEYS = frozenset(
    {
        # structlog's own
        "event",
        "level",
        "timestamp",
        # ids and names of our own making
        "account",
        "ticket",
        "intent",
        "action",
        "reason",
        "reasons",
        "kind",
        "subject",
        "effect",
        "wish",
        "state",
        "vendor",
        "check",
        # what went wrong and how often; errors of ours carry ids and field names only
        "error",
        "status",
        "attempt",
        "attempts",
        "count",
        "seconds",
        # processes
        "name",
        "pid",
        "code",
        "host",
        "port",
        "version",
        "migration",
        "concurrency",
    }
)

SPEAKS_OF_PROCESSES = "_granian"
"""The web server's logger: its messages are about its own processes, so they may be shown as they are."""
_CHATTY = ("zenpy", "urllib3", "requests", "werkzeug", "openai", "httpx")
_LONGEST = 300


def allow_listed(_logger: object, _method: str, entry: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """The entry without unknown keys, exceptions and long texts; what was dropped is named, not shown."""
    kept = {key: _short(value) for key, value in entry.items() if key in ALLOWED_KEYS}
    dropped = sorted(set(entry) - ALLOWED_KEYS)
    return {**kept, "dropped": dropped} if dropped else kept


def configure(log_format: str = "console", *, level: int = logging.INFO) -> None:
    """Write our logs to stderr as text for people or as one JSON object a line."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer() if log_format == "json" else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            allow_listed,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=cast(TextIO, Lenient(sys.stderr))),
        cache_logger_on_first_use=False,
    )
    # Client libraries log addresses, headers and bodies at lower levels.
    for name in _CHATTY:
        logging.getLogger(name).setLevel(logging.WARNING)
    if not any(isinstance(handler, LibraryHandler) for handler in logging.root.handlers):
        logging.root.addHandler(LibraryHandler(logging.WARNING))


class Lenient:
    """A stream that forgets what it cannot write: a full disk under the log must not turn an answer into an error."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write what can be written; the length of the text."""
        with suppress(OSError, ValueError):  # ValueError: the stream was closed under a process that ends
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Push out what can be pushed out."""
        with suppress(OSError, ValueError):
            self._stream.flush()


class LibraryHandler(logging.Handler):
    """Writes what a library warns of in our form: that it did, not its words, which may quote a customer."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write one line; the words only of a library that has nothing of a customer to tell."""
        said = record.getMessage() if record.name == SPEAKS_OF_PROCESSES else "a library warned"
        structlog.get_logger().log(record.levelno, said, name=record.name)


def _short(value: object) -> object:
    if isinstance(value, str):
        return str(value) if len(value) <= _LONGEST else f"{value[:_LONGEST]}..."
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_short(item) for item in value][:20]
    return value if isinstance(value, (bool, int, float)) or value is None else type(value).__name__
