"""Wakes the worker process when the web process has committed a receipt: a datagram on a local socket.

A lost ring does no harm, the worker looks for due work on its own as well.
"""

from __future__ import annotations

import contextlib
import socket
import tempfile
from hashlib import sha256
from pathlib import Path


def bell_path(home: Path) -> str:
    """Where the bell hangs. Socket paths are limited to about 100 bytes, so a long home gets a short stand-in."""
    path = str(home.resolve() / "bell.sock")
    if len(path.encode()) < 100:
        return path
    return str(Path(tempfile.gettempdir()) / f"handrail-{sha256(path.encode()).hexdigest()[:16]}.sock")


class Bell:
    """The ringing end; never blocks and never raises."""

    def __init__(self, home: Path) -> None:
        self._path = bell_path(home)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0)

    def ring(self) -> None:
        """Tell the worker that something is due."""
        with contextlib.suppress(OSError):  # nobody listens, or the queue is full: it looks by itself
            self._socket.sendto(b"1", self._path)

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


class BellListener:
    """The hearing end."""

    def __init__(self, home: Path) -> None:
        self._path = bell_path(home)
        Path(self._path).unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(self._path)

    def wait(self, seconds: float) -> bool:
        """Wait for a ring, at most this long; True when there was one. Drains what has piled up."""
        self._socket.settimeout(max(0.001, seconds))
        try:
            self._socket.recv(16)
            self._socket.settimeout(0)
            with contextlib.suppress(BlockingIOError):
                while self._socket.recv(16):
                    pass
        except TimeoutError:
            return False
        return True

    def close(self) -> None:
        """Take the bell down."""
        self._socket.close()
        Path(self._path).unlink(missing_ok=True)
