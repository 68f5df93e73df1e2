"""The scripted model on a real socket: HTTP/1.1 with keep-alive, a thread for each connection."""

from __future__ import annotations

import json
import select
import socket
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any

from connector.sandbox.connections import KeepingServer, hang_up
from connector.sandbox.model.answers import MODEL, MODES, Answer, answer, refused

BODY_LIMIT = 8_000_000
"""Bytes of a request; longer ones are answered 413."""
KEPT_REQUESTS = 1000
"""The latest so many request bodies are kept."""


class ModelServer:
    """An OpenAI-compatible server that follows a script. Use as a context manager, or start() and stop().

    `mode` (one of MODES) and `seconds`, how long every answer takes, may be set at any time. In the mode "slow" an
    answer takes at least 5 s; in "drip" a byte a second arrives; in "timeout" nothing does. `POST /control` sets both
    from another process. Port 0 takes a free one.
    """

    def __init__(self, mode: str = "good", seconds: float = 0.0, port: int = 0) -> None:
        self.seconds = seconds
        self.mode = mode
        self.drip_seconds = 1.0
        self._lock = threading.Lock()
        self._calls = 0
        self._open = 0
        self._peak = 0
        self._requests: list[dict[str, Any]] = []
        self._stopped = threading.Event()
        self._server = _Server(self, port)

    @property
    def mode(self) -> str:
        """How it answers."""
        return self._mode

    @mode.setter
    def mode(self, mode: str) -> None:
        if mode not in MODES:
            raise ValueError(f"Unknown mode {mode!r}; use one of: {', '.join(MODES)}.")
        self._mode = mode

    @property
    def url(self) -> str:
        """What a client takes as its base address."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def calls(self) -> int:
        """How many chat completions were asked for, failed ones included."""
        with self._lock:
            return self._calls

    @property
    def peak(self) -> int:
        """How many were under way at once, at most."""
        with self._lock:
            return self._peak

    @property
    def requests(self) -> list[dict[str, Any]]:
        """The latest request bodies, oldest first."""
        with self._lock:
            return list(self._requests)

    def start(self) -> ModelServer:
        """Begins to serve."""
        self._server.start("model")
        return self

    def stop(self) -> None:
        """Stops serving and ends every connection."""
        self._stopped.set()
        self._server.stop()

    def reset(self) -> None:
        """Back to good answers at once; nothing is remembered."""
        with self._lock:
            self._calls = self._peak = 0
            self._requests.clear()
        self.mode, self.seconds = "good", 0.0

    def __enter__(self) -> ModelServer:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def control(self, wishes: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Sets `mode` and `seconds` where they are given, and tells how it stands. ValueError for a bad value."""
        if wishes and "mode" in wishes:
            self.mode = str(wishes["mode"])
        if wishes and "seconds" in wishes:
            self.seconds = float(wishes["seconds"])
        return {"mode": self.mode, "seconds": self.seconds, "calls": self.calls, "peak": self.peak, "modes": MODES}

    def begin(self, request: dict[str, Any]) -> int:
        """Counts a call and keeps its body; returns its number."""
        with self._lock:
            self._calls += 1
            self._open += 1
            self._peak = max(self._peak, self._open)
            self._requests.append(request)
            del self._requests[:-KEPT_REQUESTS]
            return self._calls

    def end(self) -> None:
        """A call is over."""
        with self._lock:
            self._open -= 1

    def pause(self, seconds: float | None, connection: socket.socket) -> bool:
        """Waits that long (None: for ever); False at once when the server stops or the client goes away."""
        ends = None if seconds is None else time.monotonic() + seconds
        while ends is None or time.monotonic() < ends:
            step = 0.1 if ends is None else min(0.1, max(0.0, ends - time.monotonic()))
            if self._stopped.wait(step) or _left(connection):
                return False
        return True


def _left(connection: socket.socket) -> bool:
    try:
        ready, _, _ = select.select([connection], [], [], 0)
        return bool(ready) and connection.recv(1, socket.MSG_PEEK) == b""
    except (OSError, ValueError):
        return True


class _Server(KeepingServer):
    def __init__(self, model: ModelServer, port: int) -> None:
        self.model = model
        super().__init__(("127.0.0.1", port), _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    @property
    def _model(self) -> ModelServer:
        server = self.server
        assert isinstance(server, _Server)  # noqa: S101 - this handler serves no other
        return server.model

    def do_GET(self) -> None:
        path = self.path.split("?", 1)[0].rstrip("/")
        if path == "/v1/models":
            listed = {"id": MODEL, "object": "model", "created": 0, "owned_by": "sandbox"}
            self._write(Answer(status=200, body={"object": "list", "data": [listed]}))
        elif path == "/control":
            self._write(Answer(status=200, body=self._model.control()))
        else:
            self._write(refused(404, "invalid_request_error", "No such address."))

    def do_POST(self) -> None:
        path = self.path.split("?", 1)[0].rstrip("/")
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > BODY_LIMIT:
            self.close_connection = True
            self._write(refused(413, "invalid_request_error", "Send a body with Content-Length, not too long."))
            return
        try:
            body = json.loads(self.rfile.read(int(length)))
        except ValueError:
            body = None
        if not isinstance(body, dict):
            self._write(refused(400, "invalid_request_error", "The body must be a JSON object."))
        elif path == "/v1/chat/completions":
            self._complete(body)
        elif path == "/control":
            self._control(body)
        else:
            self._write(refused(404, "invalid_request_error", "No such address."))

    def _control(self, body: Mapping[str, Any]) -> None:
        # A page of another site cannot send this type without asking first, and is never allowed to.
        if self.headers.get("Content-Type", "").split(";")[0].strip() != "application/json":
            self._write(refused(400, "invalid_request_error", "Send JSON with Content-Type: application/json."))
            return
        try:
            self._write(Answer(status=200, body=self._model.control(body)))
        except (TypeError, ValueError) as error:
            self._write(refused(400, "invalid_request_error", str(error)))

    def _complete(self, body: dict[str, Any]) -> None:
        model = self._model
        mode, seconds = model.mode, model.seconds
        number = model.begin(body)
        try:
            if mode == "reset":
                self.close_connection = True
                hang_up(self.connection)
            elif mode == "timeout":
                model.pause(None, self.connection)
                self.close_connection = True
            else:
                given = answer(mode, body, number=number, at=int(time.time()))
                if model.pause(max(seconds, 5.0) if mode == "slow" and not seconds else seconds, self.connection):
                    self._write(given, drips=mode == "drip")
                else:
                    self.close_connection = True
        except OSError:
            self.close_connection = True  # the client went away
        finally:
            model.end()

    def _write(self, given: Answer, *, drips: bool = False) -> None:
        data = json.dumps(given.body, ensure_ascii=False).encode()
        self.send_response(given.status)
        for name, value in {"Content-Type": "application/json", **given.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if not drips:
            self.wfile.write(data)
            return
        for at in range(len(data)):
            self.wfile.write(data[at : at + 1])
            if not self._model.pause(self._model.drip_seconds, self.connection):
                self.close_connection = True
                return

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are counted by the server."""
