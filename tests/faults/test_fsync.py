"""The receipt is on disk before the 2xx leaves: held against the order of the server's own system calls."""

import os
import re
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from connector.app import build
from connector.settings import Settings
from tests.pipeline.service import Service
from tests.web.conftest import NOW, SECRETS, account

TRACED = "trace=fsync,fdatasync,recvfrom,read,recv,sendto,send,write,writev,sendmsg,open,openat,close"
REQUESTS = 5


@contextmanager
def traced_server(home: Path, trace: Path, *, synchronous: str) -> Iterator[str]:
    """The web process under strace, as `handrail serve` starts it; with another durability as the mutant."""
    service = Service(home=home, environ={"HANDRAIL_TEST_SYNCHRONOUS": synchronous})
    process = subprocess.Popen(
        [
            *("strace", "-f", "-y", "-o", str(trace), "-e", TRACED),
            *(sys.executable, "-m", "tests.faults.weak_server", synchronous),
        ],
        stdout=subprocess.PIPE,
        text=True,
        env=service.environment,
    )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line.startswith("ready "), f"the server did not start: {line!r}"
        yield line.split()[1]
    finally:
        # strace passes the signal on to nobody: the server's own id is what it printed.
        os.kill(int(line.split()[2]), 15)
        process.wait(20)
        process.stdout.close()


def unsynced_receipts(trace: Path) -> int:
    """How many 202 answers left although nothing was synced since their request had come in."""
    unsynced, synced = 0, False
    for line in trace.read_text(errors="replace").splitlines():
        if re.search(r"\b(fsync|fdatasync)\(\d+<[^>]*handrail\.db[^>]*>", line):
            synced = True
        elif re.search(r'\b(recvfrom|read|recv)\(.*"POST /webhooks/', line):
            synced = False
        elif re.search(r"HTTP/1\.1 202", line):
            unsynced += not synced
    return unsynced


def answered(trace: Path) -> int:
    return len(re.findall(r"HTTP/1\.1 202", trace.read_text(errors="replace")))


def post_some(address: str) -> None:
    for number in range(REQUESTS):
        request = urllib.request.Request(
            f"{address}/webhooks/freshdesk/acme-freshdesk",
            data=b'{"ticket_id":"%d"}' % (number + 1),
            headers={"X-Handrail-Secret": SECRETS["freshdesk"], "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            assert answer.status == 202


@pytest.mark.parametrize(("synchronous", "lost"), [("FULL", 0), ("OFF", REQUESTS)])
def test_the_receipt_is_synced_before_the_answer(tmp_path: Path, synchronous: str, lost: int) -> None:
    app = build(Settings(home=tmp_path))
    app.ledger.accounts.add(account("freshdesk"), now=NOW)
    app.close()
    trace = tmp_path / "trace.txt"
    with traced_server(tmp_path, trace, synchronous=synchronous) as address:
        post_some(address)
    assert answered(trace) == REQUESTS, "the trace does not show the answers: the check would prove nothing"
    assert unsynced_receipts(trace) == lost
