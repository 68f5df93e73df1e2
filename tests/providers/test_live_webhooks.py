"""Deliveries as the sandbox helpdesks really send them: verified, parsed, and refused once anything is changed."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import providers
from connector.errors import WebhookRejected
from connector.model import EventKind, RawRequest
from connector.sandbox import Sandbox
from tests.providers.desk import MemoryAccounts, account

CUSTOMER = {"name": "Mara Linde", "email": "mara.linde@birkenweg.example", "verified": True}


class Receiver:
    """Keeps every request that is posted to it."""

    def __init__(self) -> None:
        kept = self.requests = list[tuple[str, RawRequest]]()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                headers = {name.lower(): value for name, value in self.headers.items()}
                kept.append((self.path, RawRequest(headers=headers, body=body)))
                self.send_response(202)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever)
        self.url = f"http://127.0.0.1:{self._server.server_port}/webhooks"

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(self, *args: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def desk(sandbox: Sandbox, vendor: str):
    given = sandbox.credentials[vendor]
    credentials = (
        {"kind": "client_credentials", "client_id": given["client_id"], "client_secret": given["client_secret"]}
        if vendor == "zendesk"
        else {"api_key": given["api_key"]}
    )
    of = account(
        vendor,
        base_url=sandbox.helpdesk(vendor).url,
        bot_user_id=str(given["bot_user_id"]),
        credentials=credentials,
    )
    return providers.build(vendor, accounts=MemoryAccounts(of), clock=sandbox.clock.now, allow_loopback=True), of


def test_zendesks_deliveries_to_the_webhook_we_made(sandbox, receiver):
    zendesk, of = desk(sandbox, "zendesk")
    made = zendesk.create_webhook(of, receiver.url)
    assert zendesk.create_webhook(of, receiver.url).id == made.id
    of = replace(of, webhook_secrets=(made.secret,))
    ticket_id = sandbox.add_ticket("zendesk", subject="A", body="Where is it?", requester=CUSTOMER)
    sandbox.add_comment("zendesk", ticket_id, author="requester", text="Hello?")
    sandbox.add_comment("zendesk", ticket_id, author="bot", text="Our own note", public=False)
    assert sandbox.drain()
    now = datetime.now(UTC)
    events = []
    for _, raw in receiver.requests:
        zendesk.verify(raw, of, now=now)
        with pytest.raises(WebhookRejected):
            zendesk.verify(RawRequest(headers=raw.headers, body=raw.body + b" "), of, now=now)
        with pytest.raises(WebhookRejected):
            zendesk.verify(raw, replace(of, webhook_secrets=("another",)), now=now)
        events.append(zendesk.parse(raw, of, now=now))
    assert {event.ticket_id for event in events} == {str(ticket_id)}
    assert EventKind.CREATED in {event.kind for event in events}
    assert EventKind.CUSTOMER_REPLIED in {event.kind for event in events}
    # The order of deliveries is not guaranteed, so they are told apart by kind.
    assert {event.ignore for event in events if event.kind is EventKind.CUSTOMER_REPLIED} == {None}
    assert sum(event.ignore == "own_echo" for event in events) >= 1
    assert len({event.key for event in events}) == len(events)
    assert zendesk.remove_webhook(of, receiver.url) is True
    before = len(receiver.requests)
    sandbox.add_comment("zendesk", ticket_id, author="requester", text="Still there?")
    assert sandbox.drain()
    assert len(receiver.requests) == before


@pytest.mark.parametrize("authentication", ["header", "basic", "url"])
@pytest.mark.parametrize("content", ["advanced", "simple"])
def test_freshdesks_deliveries_with_the_secret_in_each_place(sandbox, receiver, authentication, content):
    freshdesk, of = desk(sandbox, "freshdesk")
    sandbox.set_webhook(
        "freshdesk", receiver.url, of.webhook_secrets[0], authentication=authentication, content=content
    )
    ticket_id = sandbox.add_ticket("freshdesk", subject="A", body="Where is it?", requester=CUSTOMER)
    sandbox.add_comment("freshdesk", ticket_id, author="requester", text="Hello?")
    assert sandbox.drain()
    assert len(receiver.requests) >= 2
    now = datetime.now(UTC)
    for path, raw in receiver.requests:
        secret = path.rpartition("/")[2] if authentication == "url" else None
        raw = replace(raw, path_secret=secret)
        freshdesk.verify(raw, of, now=now)
        with pytest.raises(WebhookRejected):
            freshdesk.verify(raw, replace(of, webhook_secrets=("another",)), now=now)
        assert freshdesk.parse(raw, of, now=now).ticket_id == str(ticket_id)
