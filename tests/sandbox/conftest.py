"""The sandbox on real sockets, clients for both APIs, and a receiver of webhooks with scripted answers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests

from connector.sandbox import Sandbox


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


class Client(requests.Session):
    """A session with a base address, so that tests read like the vendor's documentation."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self.base = base
        self.trust_env = False

    def request(self, method: Any, url: Any, *args: Any, **kwargs: Any) -> requests.Response:
        kwargs.setdefault("timeout", 20)
        return super().request(method, url if "://" in url else self.base + url, *args, **kwargs)


@pytest.fixture
def zendesk(sandbox: Sandbox) -> Iterator[Client]:
    with Client(f"{sandbox.zendesk.url}/api/v2") as client:
        known = sandbox.credentials["zendesk"]
        client.auth = (f"{known['email']}/token", known["api_token"])
        yield client


@pytest.fixture
def freshdesk(sandbox: Sandbox) -> Iterator[Client]:
    with Client(f"{sandbox.freshdesk.url}/api/v2") as client:
        client.auth = (sandbox.credentials["freshdesk"]["api_key"], "X")
        yield client


@pytest.fixture
def desk(sandbox: Sandbox) -> Iterator[Client]:
    with Client(sandbox.desk_url) as client:
        yield client


@dataclass(frozen=True)
class Received:
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """Takes webhooks. `answers` are given out in order, then 202 for ever."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, count: int) -> list[Received]:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.received) >= count, 20), f"got {len(self.received)}"
            return list(self.received)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with box.changed:
                headers = {name.lower(): value for name, value in self.headers.items()}
                box.received.append(Received(self.path, headers, body))
                status, extra = box.answers.pop(0) if box.answers else (202, {})
                box.changed.notify_all()
            self.send_response(status)
            for name, value in extra.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    box = Receiver(url=f"http://127.0.0.1:{server.server_port}/hook")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    yield box
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def get_all(zendesk: Client) -> Callable[[str, str], list[Any]]:
    """Follows Zendesk's `links.next` to the end."""

    def walk(url: str, key: str) -> list[Any]:
        found: list[Any] = []
        following: str | None = url
        while following:
            page = zendesk.get(following).json()
            found += page[key]
            following = page["links"]["next"] if page["meta"]["has_more"] else None
        return found

    return walk
