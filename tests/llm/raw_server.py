"""A server that answers with whatever bytes a test wants, also such as no HTTP library would send."""

from __future__ import annotations

import json
import re
import socket
import ssl
import threading
from collections.abc import Callable

Script = Callable[[socket.socket], None]


def completion(content: str | None, *, finish: str = "stop", **message: object) -> dict[str, object]:
    return {
        "id": "c1",
        "object": "chat.completion",
        "created": 0,
        "model": "small-2026",
        "choices": [
            {
                "index": 0,
                "finish_reason": finish,
                "message": {"role": "assistant", "content": content, **message},
            }
        ],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def http(body: object, *, status: int = 200, headers: str = "") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n{headers}\r\n"
    return head.encode() + content


class RawServer:
    """Reads requests and runs `script` after each; keeps what was asked."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self._tls = tls
        self.requests: list[bytes] = []
        self.connections = 0
        self.stopped = threading.Event()
        self.script: Script = lambda connection: connection.sendall(http({}))
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._listener.getsockname()[1]}/v1"

    def answer(self, body: object, *, status: int = 200, headers: str = "") -> None:
        """From now on, this."""
        self.send(http(body, status=status, headers=headers))

    def send(self, data: bytes) -> None:
        self.script = lambda connection: connection.sendall(data)

    def document(self, index: int = -1) -> dict[str, object]:
        found: dict[str, object] = json.loads(self.requests[index].partition(b"\r\n\r\n")[2])
        return found

    def __enter__(self) -> RawServer:
        self._start(self._accept)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue
        for thread in self._threads:
            thread.join(5)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with self._lock:
                self._open.append(connection)
                self.connections += 1
            self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]  # bound now

    def _serve(self, connection: socket.socket) -> None:
        if self._tls:
            try:
                connection = self._tls.wrap_socket(connection, server_side=True)
            except OSError:  # it does not trust us
                connection.close()
                return
        with connection:
            data = b""
            while True:
                try:
                    while b"\r\n\r\n" not in data:
                        if not (more := connection.recv(65536)):
                            return
                        data += more
                    head, _, rest = data.partition(b"\r\n\r\n")
                    length = int(re.search(rb"content-length: (\d+)", head.lower())[1])  # type: ignore[index]  # sent
                    while len(rest) < length:
                        if not (more := connection.recv(65536)):
                            return
                        rest += more
                    self.requests.append(head + b"\r\n\r\n" + rest[:length])
                    data = rest[length:]
                    self.script(connection)
                except OSError:
                    return
