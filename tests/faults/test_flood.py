"""One account floods, another one is quiet: the quiet one's tickets do not queue behind the flood.

Judged by the order in which the helpdesks were written to, which is no matter of how fast the machine is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from connector.sandbox import Sandbox
from tests.long.processes import NO_WORKER, ONE_THREAD, wait_for
from tests.long.stand import ask
from tests.pipeline.service import Service

FLOODING, QUIET = "zendesk", "freshdesk"
FLOOD = 150
TICKETS = 5
"""Of the quiet account, all behind the flood in the inbox."""
AT_ONCE = 4


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    environ = {**ONE_THREAD, "HANDRAIL_CONCURRENCY": str(2 * AT_ONCE), "HANDRAIL_ACCOUNT_CAP": str(AT_ONCE)}
    service = Service(home=tmp_path, environ=environ)
    yield service
    service.stop()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


def connected(sandbox: Sandbox, service: Service) -> None:
    """Both accounts, and nobody who works yet."""
    service.start(prefix=NO_WORKER)
    for vendor in (FLOODING, QUIET):
        service.connect(sandbox, vendor, name=f"acme-{vendor}")


def queued(sandbox: Sandbox, service: Service, *, flood: int, tickets: int) -> list[int]:
    """The whole flood and then the quiet account's tickets wait in the inbox when the worker starts."""
    again(service, prefix=NO_WORKER)
    for number in range(flood):
        ask(sandbox, FLOODING, 40_000 + number % 2000)
    assert sandbox.drain(1800)
    quiet = [ask(sandbox, QUIET, 41_000 + number) for number in range(tickets)]
    assert sandbox.drain(60)
    assert {d["state"] for d in sandbox.deliveries()} == {"delivered"}
    again(service)
    return quiet


def again(service: Service, *, prefix: Sequence[str] = ()) -> None:
    """Stop, and start at the same address."""
    port = int(service.address.rpartition(":")[2])
    service.stop()
    service.start(port=port, prefix=prefix)


def turns_before(sandbox: Sandbox, quiet: list[int]) -> list[int]:
    """For each of the quiet account's tickets, in order of service: how many of the flood were served before it."""
    order = [(entry.vendor, entry.ticket) for entry in sandbox.journal.entries(verb="note", by="integration")]
    places = [place for place, written in enumerate(order) if written in {(QUIET, ticket) for ticket in quiet}]
    return [sum(vendor == FLOODING for vendor, _ in order[:place]) for place in places]


def test_a_quiet_account_does_not_queue_behind_a_flood(sandbox: Sandbox, service: Service) -> None:
    connected(sandbox, service)
    quiet = queued(sandbox, service, flood=FLOOD, tickets=TICKETS)
    wait_for(lambda: len(turns_before(sandbox, quiet)) == TICKETS, seconds=240, what="the quiet account is served")
    served = turns_before(sandbox, quiet)
    # In turn, and with as many of the flood in hand as the cap allows. One queue for all would give 150 each.
    assert served[-1] <= FLOOD // 3, served
