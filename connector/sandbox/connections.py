"""What every server of the sandbox does with its sockets: a thread for each connection, kept until somebody ends it."""

from __future__ import annotations

import socket
import struct
import threading
from http.server import ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER on, zero seconds: close sends RST


def hang_up(connection: socket.socket) -> None:
    """Lets the connection end with a reset, as if the host had died, once its server closes it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)


class KeepingServer(ThreadingHTTPServer):
    """Serves on loopback in a thread of its own, and knows its open connections so that it can end them."""

    daemon_threads = True
    request_queue_size = 512

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The arguments of whatever base class comes next."""
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self._thread: threading.Thread | None = None
        super().__init__(*args, **kwargs)

    def start(self, name: str) -> None:
        """Begins to serve, in a thread of this name."""
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True, name=name)
        self._thread.start()

    def stop(self) -> None:
        """Stops serving and ends every connection, so that their threads end too."""
        if self._thread is not None and self._thread.is_alive():
            self.shutdown()
            self._thread.join(5)
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself meanwhile

    def server_bind(self) -> None:
        """Binds without asking the resolver for the name of our own address, which can take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remembers the connection, and serves it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def close_request(self, request: Any) -> None:
        """Forgets the connection, and closes it."""
        with self._open_lock:
            self._open.discard(request)
        super().close_request(request)

    def shutdown_request(self, request: Any) -> None:
        """Says goodbye properly, unless `hang_up` was called."""
        if _is_reset(request):
            self.close_request(request)
        else:
            super().shutdown_request(request)


def _is_reset(connection: socket.socket) -> bool:
    try:
        return connection.getsockopt(socket.SOL_SOCKET, socket.SO_LINGER, len(_RESET)) == _RESET
    except OSError:
        return False
