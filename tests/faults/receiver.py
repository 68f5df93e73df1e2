"""The web process alone, as `handrail serve` starts it, an account on each helpdesk, and deliveries to post to it."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from connector.app import build
from connector.settings import Settings
from tests.long.processes import NO_WORKER, serving_process
from tests.pipeline.service import Service
from tests.web.conftest import SECRETS, account
from tests.web.test_webhooks import signed, zendesk_event

VENDORS = ("zendesk", "freshdesk")


@dataclass(frozen=True, slots=True)
class Answered:
    """What the service said to one request."""

    status: int
    retry_after: str | None
    body: bytes


@dataclass
class Receiver:
    """A running web process. Start it by `receiving`."""

    service: Service
    taken: set[str]
    """Tickets whose delivery was answered with 202."""

    def connection(self) -> http.client.HTTPConnection:
        """A connection of one's own."""
        parts = urlsplit(self.service.address)
        return http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)

    def deliver(self, ticket: int, vendor: str = "freshdesk", *, over: http.client.HTTPConnection | None = None) -> int:
        """A delivery as this helpdesk sends it; the status of its answer."""
        body = delivery(vendor, ticket)
        answered = self.post(vendor, body, credentials(vendor, body), over=over)
        if answered.status == 202:
            self.taken.add(str(ticket))
        elif answered.status == 503:
            assert 0 < int(answered.retry_after or 0) < 60, "a refusal that Zendesk would not follow"
        return answered.status

    def post(
        self,
        vendor: str,
        body: bytes,
        headers: Mapping[str, str],
        *,
        path: str = "",
        over: http.client.HTTPConnection | None = None,
    ) -> Answered:
        """Post these bytes; a broken connection is an error of the caller's."""
        connection = over or self.connection()
        try:
            connection.request("POST", path or f"/webhooks/{vendor}/acme-{vendor}", body, dict(headers))
            answer = connection.getresponse()
            return Answered(answer.status, answer.headers.get("Retry-After"), answer.read())
        finally:
            if over is None:
                connection.close()

    def lost(self) -> set[str]:
        """Tickets whose delivery was acknowledged and of which the ledger knows nothing."""
        events = self.service.command("events", "--limit", "100000")
        return self.taken - {event["ticket"] for event in events}

    def process(self) -> int | None:
        """The process that answers."""
        assert self.service.process is not None
        return serving_process(self.service.process.pid)


def delivery(vendor: str, ticket: int) -> bytes:
    """The body of a delivery about this ticket."""
    if vendor == "freshdesk":
        return json.dumps({"ticket_id": str(ticket), "event": "ticket_created"}).encode()
    body = zendesk_event(f"event-{ticket}")
    return body.replace(b'"id": "7"', b'"id": "%d"' % ticket).replace(b"ticket:7", b"ticket:%d" % ticket)


def credentials(vendor: str, body: bytes) -> dict[str, str]:
    """The headers by which the service knows that this body is the helpdesk's."""
    if vendor == "freshdesk":
        return {"X-Handrail-Secret": SECRETS["freshdesk"], "Content-Type": "application/json"}
    return signed(body, at=datetime.now(UTC))


def prepared(home: Path, *, database: Path | None = None) -> Service:
    """A data folder with an account on each helpdesk; nothing runs yet."""
    url = f"sqlite:///{database}" if database is not None else ""
    app = build(Settings(home=home, database_url=url))
    for vendor in VENDORS:
        app.ledger.accounts.add(account(vendor), now=datetime.now(UTC))
    app.close()
    return Service(home=home, environ={"HANDRAIL_DATABASE_URL": url} if url else {})


@contextmanager
def receiving(home: Path, *, database: Path | None = None) -> Iterator[Receiver]:
    """A receiver on this data folder, stopped at the end."""
    service = prepared(home, database=database)
    service.start(prefix=NO_WORKER)
    try:
        yield Receiver(service, set())
    finally:
        service.stop()
