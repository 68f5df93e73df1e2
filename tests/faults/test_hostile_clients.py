"""Hundreds of clients that dribble, and a thousand that send rubbish: everybody else is served all the same."""

from __future__ import annotations

import http.client
import json
import random
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.receiver import VENDORS, Receiver, credentials, delivery, receiving
from tests.web.conftest import SECRETS

SLOW_EACH = 200
NORMAL = 20
HEAD = (
    b"POST /webhooks/freshdesk/acme-freshdesk HTTP/1.1\r\nHost: x\r\nX-Handrail-Secret: %s\r\nContent-Length: 5000\r\n"
)
PAYLOADS = 1_000


@pytest.fixture
def receiver(tmp_path: Path) -> Iterator[Receiver]:
    with receiving(tmp_path) as receiver:
        yield receiver


@contextmanager
def slow_clients(receiver: Receiver, *, each: int) -> Iterator[list[socket.socket]]:
    """So many clients in the midst of their headers, and so many in the midst of their body."""
    port = int(receiver.service.address.rpartition(":")[2])
    head = HEAD % SECRETS["freshdesk"].encode()
    clients: list[socket.socket] = []
    try:
        for number in range(2 * each):
            clients.append(socket.create_connection(("127.0.0.1", port), timeout=60))
            clients[-1].sendall(head[:-20] if number % 2 else head + b'\r\n{"ticket_id')
        yield clients
    finally:
        for client in clients:
            client.close()


def dribble(clients: Sequence[socket.socket]) -> int:
    """One more byte from each of them; how many are still connected."""
    connected = 0
    for client in clients:
        try:
            client.sendall(b" ")
            connected += 1
        except OSError:
            continue
    return connected


def p95(seconds: Sequence[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def served_beside(receiver: Receiver, *, slow_each: int, normal: int) -> tuple[int, list[float]]:
    """Normal deliveries while the others dribble: how many were dribbling at the first, and each one's seconds."""
    seconds: list[float] = []
    with slow_clients(receiver, each=slow_each) as clients:
        connected = dribble(clients)
        for ticket in range(1, normal + 1):
            began = time.monotonic()
            assert receiver.deliver(ticket, VENDORS[ticket % 2]) == 202
            seconds.append(time.monotonic() - began)
            dribble(clients[ticket % 10 :: 10])
    return connected, seconds


def test_slow_clients_hold_no_delivery_up(receiver: Receiver) -> None:
    process = receiver.process()
    connected, seconds = served_beside(receiver, slow_each=SLOW_EACH, normal=NORMAL)
    assert connected > SLOW_EACH, "most had been turned away before the first delivery: nothing was tested"
    assert receiver.lost() == set()
    assert receiver.process() == process
    print(f"p95 beside {connected} slow clients: {p95(seconds) * 1000:.0f} ms")


# --- rubbish ----------------------------------------------------------------------------------------

PIECES: tuple[object, ...] = (
    *(None, True, -1, 0, 7, 2**53, 2**63, 10**400, -(10**30), 1e308, float("nan"), float("inf")),
    *("", "7", "7\x00", "\ud800", "７", "../..", "7; DROP TABLE events", "x" * 5_000, "<script>", "\u202e", "é" * 300),
    *([], {}, [[]], {"id": {"id": {}}}, [1, "2", None]),
)
NAMES = (
    *("id", "type", "detail", "event", "time", "subject", "account_id", "ticket", "ticket_id", "actor_id", "comment"),
    *("freshdesk_webhook", "triggered_event", "requester_id", "author", "data", "", "\x00", "__proto__"),
)
SHAPES = ("bytes", "document", "cut", "spliced", "deep", "long", "no-json", "event")


def rubbish(chance: random.Random) -> tuple[str, bytes, dict[str, str], str]:
    """A helpdesk, a body, its headers and a path: mostly with the right secret, so that they get far."""
    vendor = chance.choice(VENDORS)
    body = malformed(chance, vendor)
    headers = credentials(vendor, body) if chance.random() < 0.8 else {}
    if chance.random() < 0.3:
        name = chance.choice([*headers, "Content-Type", "Authorization", "X-Zendesk-Webhook-Signature-Timestamp"])
        headers[name] = chance.choice(["", "%%%", "\xff\xfe", "Basic Og==", "9" * 5_000, "multipart/form-data", "0"])
    path = chance.choice(["", "", "", f"/webhooks/{vendor}/%00", f"/webhooks/{vendor}/acme-{vendor}/%ff%2e%2e"])
    return vendor, body, headers, path


def malformed(chance: random.Random, vendor: str) -> bytes:
    """One body that no helpdesk sends."""
    shape, good = chance.choice(SHAPES), delivery(vendor, chance.randint(1, 50))
    if shape == "bytes":
        return chance.randbytes(chance.randint(0, 300))
    if shape == "cut":
        return good[: chance.randint(0, len(good))]
    if shape == "spliced":
        at = chance.randint(0, len(good))
        return good[:at] + chance.randbytes(3) + good[at:]
    if shape == "deep":
        opening, ending = chance.choice([(b"[", b"]"), (b'{"detail":', b"}"), (b'{"id":[', b"]}")])
        return opening * 3_000 + b"1" + ending * chance.choice([0, 3_000])
    if shape == "long":
        return b'{"ticket_id":"' + b"9" * chance.choice([30, 70_000, 1_100_000]) + b'"}'
    if shape == "no-json":
        return chance.choice([b"", b"null", b"NaN", b"ticket_id=7&ticket_id=%ff", b"\xef\xbb\xbf{}", b"--x\r\n\r\n"])
    document = json.loads(good) if shape == "event" else {}
    for _ in range(chance.randint(1, 6)):
        document[chance.choice(NAMES)] = chance.choice(PIECES)
    return json.dumps(document).encode()


def thrown(receiver: Receiver, *, payloads: int, seed: int) -> list[int]:
    """The statuses of so many malformed deliveries; every one of them must be answered."""
    chance, statuses = random.Random(seed), list[int]()
    connection = receiver.connection()
    for number in range(payloads):
        vendor, body, headers, path = rubbish(chance)
        try:
            statuses.append(receiver.post(vendor, body, headers, path=path, over=connection).status)
        except (http.client.HTTPException, ConnectionError) as error:
            raise AssertionError(f"payload {number} got no answer: {error!r}") from error
    connection.close()
    return statuses


def test_rubbish_is_no_error_of_ours_and_stops_nothing(receiver: Receiver) -> None:
    process = receiver.process()
    statuses = thrown(receiver, payloads=PAYLOADS, seed=9)
    assert {status for status in statuses if not 200 <= status < 500} == set()
    assert {202, 400, 401} <= set(statuses), "all were turned away at the door: nothing was tested"
    assert receiver.deliver(1_000_000) == 202
    assert receiver.lost() == set()
    assert receiver.process() == process
