"""The scripted model on a real socket: HTTP/1.1 with keep-alive, a thread for each connection."""

from __future__ import annotations

import json
import select
import socket
import struct
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from connector.sandbox.model.answers import MODEL, MODES, Answer, answer, refused

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close sends RST
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
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True, name="model")

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
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stops serving and ends every connection."""
        self._stopped.set()
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join(5)
        self._server.server_close()
        self._server.close_connections()

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


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512

    def __init__(self, model: ModelServer, port: int) -> None:
        self.model = model
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Handler)

    def server_bind(self) -> None:
        # The base class asks the resolver for the name of its own address, which can take seconds.
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        if _is_reset(request):
            self.close_request(request)  # a shutdown would say goodbye properly
        else:
            super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of ours."""

    def close_connections(self) -> None:
        """Ends every connection so that its thread ends too."""
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself meanwhile


def _is_reset(connection: socket.socket) -> bool:
    try:
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET)) == _RESET
    except OSError:
        return False


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
                self._hang_up()
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

    def _hang_up(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)

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
