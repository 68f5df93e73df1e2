"""How fast webhooks are acknowledged while everything behind the service is down, alone and beside slow clients."""

from __future__ import annotations

import itertools
import socket
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

from bench.service import SECRET, connection, deliver, served
from bench.tables import Row, Table, interleaved

RATE = 100
"""Deliveries a second, each at its own moment, whether the earlier ones were answered or not."""
SECONDS = 4
REPEATS = 3
SENDERS = 16
SLOW_EACH = 200
TARGET_MS = 250.0
TAKEN = 0.9999
_TICKETS = itertools.count(1)


@dataclass(frozen=True, slots=True)
class Burst:
    """One round of deliveries: milliseconds from the moment each was due to its answer, and the share of 202."""

    milliseconds: Sequence[float]
    taken: float

    def percentile(self, percent: int) -> float:
        """In milliseconds."""
        return statistics.quantiles(self.milliseconds, n=100)[percent - 1]


def measure() -> Table:
    """The table: bursts alone and beside slow clients in turn, against one running service."""
    alone, beside = list[Burst](), list[Burst]()
    with served() as address:
        burst(address, seconds=1)  # imports and connections are no matter of a delivery
        found = interleaved(
            {
                "alone": lambda: _kept(alone, burst(address, seconds=SECONDS)),
                "beside": lambda: _kept(beside, burst_beside_slow_clients(address)),
            },
            repeats=REPEATS,
        )
    taken = [one.taken for one in alone + beside]
    rows = [
        Row(name="median", values=[one.percentile(50) for one in alone], unit="ms"),
        Row(name="99 of 100", values=found["alone"], unit="ms", target=TARGET_MS, most=True),
        Row(name="95 of 100", values=[one.percentile(95) for one in alone], unit="ms"),
        Row(
            name=f"95 of 100 beside {SLOW_EACH} clients that dribble their headers and {SLOW_EACH} their body",
            values=[one.percentile(95) for one in beside],
            unit="ms",
            target=TARGET_MS,
            most=True,
        ),
        Row(name="acknowledged, of all", values=taken, unit="share", target=TAKEN),
    ]
    return Table(
        name="receiving",
        title=f"Webhooks acknowledged at {RATE} a second with everything behind them down",
        about=(
            f"Milliseconds from the moment a delivery was due to its 202, {RATE * SECONDS} deliveries in each repeat, "
            "sent at a fixed rate over sockets by a process of its own. `handrail serve` with its worker and SQLite; "
            "the helpdesk and the model refuse every connection, and each delivery is about a ticket of its own, so "
            "that the worker tries all of them in vain meanwhile."
        ),
        rows=rows,
    )


def _kept(bursts: list[Burst], one: Burst) -> float:
    bursts.append(one)
    return one.percentile(99)


def burst(address: str, *, seconds: float) -> Burst:
    """Deliveries at a fixed rate; one that had to wait for a free sender counts from the moment it was due."""
    count = int(RATE * seconds)
    begins = time.monotonic() + 0.1

    def send(sender: int) -> list[tuple[float, bool]]:
        over, done = connection(address), []
        try:
            for number in range(sender, count, SENDERS):
                due = begins + number / RATE
                time.sleep(max(0.0, due - time.monotonic()))
                accepted = deliver(over, next(_TICKETS))
                done.append((time.monotonic() - due, accepted))
        finally:
            over.close()
        return done

    with ThreadPoolExecutor(SENDERS) as pool:
        found = [pair for done in pool.map(send, range(SENDERS)) for pair in done]
    return Burst(
        milliseconds=[waited * 1000 for waited, _ in found],
        taken=sum(accepted for _, accepted in found) / len(found),
    )


def burst_beside_slow_clients(address: str) -> Burst:
    """The same while hundreds of clients are in the midst of a request that they do not finish."""
    with slow_clients(address):
        return burst(address, seconds=SECONDS)


@contextmanager
def slow_clients(address: str) -> Iterator[None]:
    """So many in the midst of their headers, and so many in the midst of their body."""
    parts = urlsplit(address)
    head = f"POST /webhooks/freshdesk/bench HTTP/1.1\r\nHost: x\r\nX-Handrail-Secret: {SECRET}\r\n".encode()
    clients: list[socket.socket] = []
    try:
        for number in range(2 * SLOW_EACH):
            clients.append(socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60))
            clients[-1].sendall(head if number % 2 else head + b"Content-Length: 5000\r\n\r\n{")
        yield
    finally:
        for client in clients:
            client.close()
