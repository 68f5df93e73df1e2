"""HTTP/1.1 over real sockets with keep-alive, and the one place where faults strike."""

from __future__ import annotations

import io
import json
import re
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from wsgiref.handlers import format_date_time

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler
from werkzeug.test import run_wsgi_app

from connector.sandbox.connections import KeepingServer, hang_up
from connector.sandbox.faults import Fault, Faults
from connector.sandbox.journal import Call, Journal

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication, WSGIEnvironment

_TICKET_IN_PATH = re.compile(r"/tickets/(\d+)")
_GARBAGE = b'<html><body>\xff\xfe upstream said something odd {"ticket": '


class _Dropped(ConnectionError):
    """The answer is withheld on purpose."""


class _Answer:
    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Iterable[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = list(headers)
        self.body = body


class Site:
    """One emulated host: an application, its faults, and the count of its calls."""

    def __init__(
        self,
        *,
        name: str,
        app: WSGIApplication,
        now: Callable[[], datetime],
        faults: Faults | None = None,
        journal: Journal | None = None,
        port: int = 0,
    ) -> None:
        self.name = name
        self._app = app
        self._now = now
        self._faults = faults
        self._journal = journal
        self._stopped = threading.Event()
        self._server = _Server(self, port)

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_port)

    @property
    def url(self) -> str:
        """Address without a trailing slash."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Begins to serve."""
        self._server.start(self.name)

    def stop(self) -> None:
        """Stops serving and closes every connection."""
        self._stopped.set()
        self._server.stop()

    def refuses_connection(self) -> bool:
        """True when a fault wants the next connection closed at accept."""
        return self._faults is not None and self._faults.take_at_accept(self.name) is not None

    def answer(self, environ: WSGIEnvironment, body: bytes) -> tuple[_Answer, Fault | None]:
        """The answer to one request. Raises `_Dropped` when there shall be none."""
        method, path = str(environ["REQUEST_METHOD"]), str(environ["PATH_INFO"])
        fault = self._faults.take(self.name, method, path) if self._faults is not None else None
        try:
            answer = self._run(environ, body) if fault is None else self._spoil(fault, environ, body)
        except _Dropped:
            self._count(environ, 0, fault)
            raise
        self._count(environ, answer.status, fault)
        return answer, fault

    def _run(self, environ: WSGIEnvironment, body: bytes) -> _Answer:
        environ = {**environ, "wsgi.input": io.BytesIO(body), "CONTENT_LENGTH": str(len(body))}
        chunks, status, headers = run_wsgi_app(self._app, environ)
        data = b"".join(chunks)
        close = getattr(chunks, "close", None)
        if close is not None:
            close()
        return _Answer(int(status.split(" ", 1)[0]), list(headers.items()), data)

    def _spoil(self, fault: Fault, environ: WSGIEnvironment, body: bytes) -> _Answer:
        if fault.kind in ("refuse", "reset_before"):
            raise _Dropped
        if fault.kind == "hang":
            self._stopped.wait(fault.delay)
            raise _Dropped
        if fault.kind == "apply_late":
            assert self._faults is not None  # noqa: S101 - a fault came from there
            self._faults.postpone(lambda: self._apply_late(environ, body), fault.after)
            self._stopped.wait(fault.delay)
            raise _Dropped
        answer = self._run(environ, body) if fault.kind in ("reset_after", "slow", "drip") or fault.applied else None
        self._stopped.wait(0.0 if fault.kind == "drip" else fault.delay)
        if fault.kind == "reset_after":
            raise _Dropped
        if fault.kind == "garbage":
            return _Answer(200, [("Content-Type", "application/json")], _GARBAGE)
        if fault.kind == "status" or answer is None:
            return self._wrong_status(fault)
        return answer

    def _apply_late(self, environ: WSGIEnvironment, body: bytes) -> None:
        self._count(environ, self._run(environ, body).status, None)

    @staticmethod
    def _wrong_status(fault: Fault) -> _Answer:
        if isinstance(fault.body, str):
            kind, data = "text/html; charset=utf-8", fault.body.encode()
        else:
            default = {"error": "SandboxFault", "description": f"Status {fault.status} on purpose"}
            kind = "application/json"
            data = json.dumps(default if fault.body is None else fault.body).encode()
        headers = {"Content-Type": kind, **fault.headers}
        return _Answer(fault.status, headers.items(), data)

    def _count(self, environ: WSGIEnvironment, status: int, fault: Fault | None) -> None:
        if self._journal is None:
            return
        path = str(environ["PATH_INFO"])
        found = _TICKET_IN_PATH.search(path)
        self._journal.count_call(
            Call(
                at=self._now(),
                vendor=self.name,
                method=str(environ["REQUEST_METHOD"]),
                path=path,
                query=str(environ.get("QUERY_STRING", "")),
                ticket=int(found.group(1)) if found else None,
                status=status,
                fault=None if fault is None else fault.kind,
            )
        )

    def date(self) -> str:
        """The Date header: the sandbox's clock, so that it agrees with every `updated_at`."""
        return format_date_time(self._now().astimezone(UTC).timestamp())

    def pause(self, seconds: float) -> bool:
        """Waits; returns True at once when the site stops."""
        return self._stopped.wait(seconds)


class _Server(KeepingServer, ThreadedWSGIServer):
    def __init__(self, site: Site, port: int) -> None:
        self.site = site
        super().__init__("127.0.0.1", port, _unused_app, _Handler)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        if not self.site.refuses_connection():
            return True
        hang_up(request)
        return False

    def log(self, type: str, message: str, *args: Any) -> None:
        if type == "error":
            super().log(type, message, *args)


def _unused_app(environ: WSGIEnvironment, start_response: Any) -> Iterable[bytes]:
    """The handler asks its site instead; werkzeug's constructor wants an application."""
    start_response("404 Not Found", [])
    return []


class _Handler(WSGIRequestHandler):
    """Reads one whole request, writes one whole answer, keeps the connection.

    werkzeug's own handler closes after every answer and waits 10 ms for stray input; both would
    hide bugs of clients that keep connections.
    """

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def run_wsgi(self) -> None:
        site = self._site()
        try:
            body = self._read_body()
            answer, fault = site.answer(self.make_environ(), body)
            self._write(answer, fault if fault is not None and fault.kind == "drip" else None)
        except _Dropped:
            self.close_connection = True
            hang_up(self.connection)
        except OSError:
            self.close_connection = True  # the client went away

    def _site(self) -> Site:
        server = self.server
        assert isinstance(server, _Server)  # noqa: S101 - this handler serves no other
        return server.site

    def _read_body(self) -> bytes:
        if self.headers.get("Expect", "").strip().lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return bytes(self.make_environ()["wsgi.input"].read())
        length = self.headers.get("Content-Length", "")
        return self.rfile.read(int(length)) if length.isdigit() else b""

    def _write(self, answer: _Answer, drip: Fault | None) -> None:
        names = {name.lower() for name, _ in answer.headers}
        empty = answer.status in (204, 304)
        lines = [f"HTTP/1.1 {answer.status} {self.responses.get(answer.status, ('Unknown',))[0]}"]
        lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() != "content-length"]
        if "date" not in names:
            lines.append(f"Date: {self._site().date()}")
        if not empty:
            lines.append(f"Content-Length: {len(answer.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        data = head if empty or self.command == "HEAD" else head + answer.body
        if drip is None:
            self.wfile.write(data)
            return
        step = max(1, len(data) // 50)
        pause = drip.delay / max(1, len(data) // step)
        for start in range(0, len(data), step):
            self.wfile.write(data[start : start + step])
            if self._site().pause(pause):
                return

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Calls stand in the journal."""
