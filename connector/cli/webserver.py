"""The web process: granian in front of the Flask app, with time limits for slow clients.

Flask speaks WSGI, where a client that dribbles its body holds a thread for as long as it likes, and granian has no
time limit for bodies. So granian hands requests over on its event loop (RSGI), the body is collected there under a
time limit, and only a complete request takes a thread. `python -m connector.cli.webserver HOST PORT WORKERS`.
"""

from __future__ import annotations

import asyncio
import io
import signal
import sys
from collections.abc import AsyncIterator, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from connector.engine.supervisor import die_with_parent

HEADER_SECONDS = 10
BODY_SECONDS = 10
BODY_BYTES = 1024 * 1024
"""What the application accepts; one byte more is passed on, so that it can say 413."""
DRAIN_BYTES = 16 * BODY_BYTES
"""Read and forgotten before a 413, so that an honest client reads the answer instead of a reset connection."""
THREADS = 48
STOP_SECONDS = 5
"""How long requests in hand may take when the server stops."""

Headers = list[tuple[str, str]]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Scope(Protocol):
    """What granian tells about a request."""

    http_version: str
    scheme: str
    method: str
    path: str
    query_string: str
    server: str
    client: str
    headers: Any


class Exchange(Protocol):
    """The body to read and the answer to give."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The chunks of the body."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer."""


class Bridge:
    """Runs a WSGI application behind an RSGI server."""

    def __init__(self, application: Application, *, threads: int = THREADS, body_seconds: float = BODY_SECONDS) -> None:
        self._application = application
        self._body_seconds = body_seconds
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="request")

    async def __rsgi__(self, scope: Scope, exchange: Exchange) -> None:
        """Answer one request."""
        try:
            async with asyncio.timeout(self._body_seconds):
                body, length = await _collect(scope, exchange)
        except TimeoutError:
            exchange.response_bytes(408, [("content-type", "text/plain"), ("connection", "close")], b"Too slow.\n")
            return
        loop = asyncio.get_running_loop()
        answer = await loop.run_in_executor(self._pool, self._run, scope, body, length)
        exchange.response_bytes(*answer)

    def _run(self, scope: Scope, body: bytes, length: int) -> tuple[int, Headers, bytes]:
        status: list[int] = []
        headers: Headers = []

        def start(line: str, fields: Headers, _error: object = None) -> None:
            status[:] = [int(line.split(" ", 1)[0])]
            headers[:] = [(name.lower(), value) for name, value in fields]

        answer = self._application(_environ(scope, body, length), start)
        try:
            content = b"".join(answer)
        finally:
            close = getattr(answer, "close", None)
            if close is not None:
                close()
        return status[0], headers, content


async def _collect(scope: Scope, exchange: Exchange) -> tuple[bytes, int]:
    """The body, cut one byte above what is accepted, and its true length as far as it was read."""
    if "content-length" not in scope.headers and "transfer-encoding" not in scope.headers:
        return b"", 0
    chunks: list[bytes] = []
    length = 0
    async for chunk in exchange:
        if length <= BODY_BYTES:
            chunks.append(chunk[: BODY_BYTES + 1 - length])
        length += len(chunk)
        if length > DRAIN_BYTES:
            break
    return b"".join(chunks), length


def _environ(scope: Scope, body: bytes, length: int) -> dict[str, Any]:
    """The request as WSGI wants it (PEP 3333: text of bytes, each byte one character)."""
    host, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode("utf-8", "surrogateescape").decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": host or "localhost",
        "SERVER_PORT": port or "80",
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "CONTENT_LENGTH": str(length),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.input": io.BytesIO(body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue  # it would be taken for the header with dashes, which a proxy in front may have checked
        key = name.upper().replace("-", "_")
        if key == "CONTENT_TYPE":
            environ[key] = value
        elif key not in ("CONTENT_LENGTH", "TRANSFER_ENCODING"):
            # Repeated headers become one list, as HTTP says; WSGI has room for one value only.
            earlier = environ.get(f"HTTP_{key}")
            environ[f"HTTP_{key}"] = value if earlier is None else f"{earlier},{value}"
    return environ


def _load(_target: str) -> Any:  # granian types an application as a callable, and takes an RSGI object
    """The application of one server process; a process whose parent was killed must not keep the port."""
    die_with_parent(signal.SIGKILL)
    _configure_logs()
    import wsgi

    return Bridge(wsgi.create_app())


def _configure_logs() -> None:
    from connector import logging
    from connector import settings as settings_module

    logging.configure(settings_module.load().log_format)


def serve(host: str, port: int, workers: int) -> None:
    """Serve until SIGTERM; returns when the requests in hand are answered."""
    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from connector import logging

    _configure_logs()
    Granian(
        "wsgi",
        address=host,
        port=port,
        interface=Interfaces.RSGI,
        workers=workers,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000),
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig={
            "handlers": {"ours": {"()": logging.LibraryHandler}},
            "loggers": {logging.SPEAKS_OF_PROCESSES: {"handlers": ["ours"], "propagate": False}},
        },
        workers_kill_timeout=STOP_SECONDS,
        respawn_failed_workers=True,
    ).serve(target_loader=_load)


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
