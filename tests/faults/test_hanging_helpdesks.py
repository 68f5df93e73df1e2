"""Helpdesks that accept a call and never answer: alarms come all the same, and other accounts are tended."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, cast

import pytest

import providers
from connector.callmeter import CallMeter, published
from connector.engine.beats import LANES
from connector.engine.threads import ThreadEngine
from connector.knowledge.sync import Librarian
from connector.ledger import SqlLedger, open_ledger
from connector.ledger.decisions import insert_hand_off
from connector.model import Account
from connector.pipeline import Pipeline
from connector.ports import CallStanding, DocumentPage, Updates
from connector.reconcile import Reconciler
from connector.records import HandOff
from connector.watchdog import Watchdog
from connector.worker import Worker
from tests.ledger.samples import KEY, account

PATIENCE_SECONDS = 15.0
"""Less than the time after which a provider gives up on a silent helpdesk (20 s)."""


class Silence:
    """Accepts connections, reads, and never says a word."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.heard: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.heard.append(connection)

    def end(self) -> None:
        self._listener.close()
        for connection in self.heard:
            connection.close()


class Alerts:
    """Where a team's alarms go, over HTTP."""

    def __init__(self) -> None:
        told = self.told = list[dict[str, Any]]()

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Nothing to say."""

        self._server = HTTPServer(("127.0.0.1", 0), Hook)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def end(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class Quick:
    """A helpdesk that answers at once, and counts for whom."""

    def __init__(self) -> None:
        self.listed: list[str] = []
        self.polled: list[str] = []

    def documents(self, of: Account, *, cursor: str | None) -> DocumentPage:
        self.listed.append(of.id)
        return DocumentPage(documents=(), cursor="", more=False)

    def updates(self, of: Account, cursor: str | None, *, now: datetime) -> Updates:
        self.polled.append(of.id)
        return Updates(events=(), cursor="1", more=False)

    def standing(self, of: Account) -> CallStanding | None:
        return None


def now() -> datetime:
    return datetime.now(UTC)


def wait_for(condition: Callable[[], object]) -> bool:
    ends_at = time.monotonic() + PATIENCE_SECONDS
    waiter = threading.Event()
    while not condition():
        if time.monotonic() > ends_at:
            return False
        waiter.wait(0.02)
    return True


@pytest.fixture
def silence() -> Iterator[Silence]:
    silent = Silence()
    yield silent
    silent.end()


@pytest.fixture
def alerts() -> Iterator[Alerts]:
    hook = Alerts()
    yield hook
    hook.end()


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(str(tmp_path / "handrail.db"), keys=(KEY,))
    opened.migrate()
    yield opened
    opened.close()


@pytest.mark.parametrize("hanging", ["reconcile", "knowledge", "both"])
def test_a_helpdesk_that_hangs_delays_no_alarm_and_no_other_account(
    hanging: str, ledger: SqlLedger, silence: Silence, alerts: Alerts
) -> None:
    token = {"kind": "api_token", "email": "bot@acme.example", "api_token": "of a test"}
    for number in range(LANES - 1):
        ledger.accounts.add(account(f"a{number}", vendor="zendesk", base_url=silence.url, credentials=token), now=now())
    ledger.accounts.add(account("prompt"), now=now())
    prompt = Quick()
    zendesk = providers.build("zendesk", accounts=ledger.accounts, clock=now, allow_loopback=True)
    slow = {"console": prompt, "zendesk": zendesk}
    quick = {"console": prompt, "zendesk": prompt}
    engine = ThreadEngine(
        Worker(
            pipeline=Pipeline(
                ledger=ledger,
                providers={},
                answerer=cast("Any", None),  # no ticket comes
                outbox=cast("Any", None),
                lease_seconds=60,
                account_cap=4,
            ),
            reconciler=Reconciler(
                ledger=ledger,
                providers=cast("Any", slow if hanging != "knowledge" else quick),
                every_seconds=300,
                settle_seconds=0,
            ),
            librarian=Librarian(ledger=ledger, providers=cast("Any", slow if hanging != "reconcile" else quick)),
            watchdog=Watchdog(ledger=ledger, address=alerts.url),
            meter=CallMeter(ledger=ledger, providers=cast("Any", slow)),
        ),
        clock=now,
        concurrency=1,
        bell=Idle(),
    )
    running = threading.Thread(target=engine.run)
    running.start()
    try:
        calls = (LANES - 1) * (2 if hanging == "both" else 1)
        assert wait_for(lambda: len(silence.heard) >= calls), "every call that hangs is on its way"
        waiting = HandOff(
            account_id="prompt",
            ticket_id="7",
            effect_id="",
            intent="refund_request",
            owner="Ana",
            since=now() - timedelta(hours=2),
            take_by=now() - timedelta(hours=1),
        )
        ledger.database.write(lambda transaction: insert_hand_off(transaction, waiting))
        assert wait_for(lambda: alerts.told), "the alarm waits for no helpdesk"
        assert alerts.told[0]["kind"] == "hand_off_not_taken"
        assert wait_for(lambda: "prompt" in prompt.listed)
        assert wait_for(lambda: "prompt" in prompt.polled)
        assert wait_for(lambda: published(ledger, "a0")), "metrics wait for no helpdesk"
    finally:
        silence.end()  # what hangs is over, so that the engine need not be waited for
        engine.stop()
        running.join(PATIENCE_SECONDS)
        zendesk.close()
    assert not running.is_alive()


class Idle:
    """No bell: the dispatcher looks by itself."""

    def wait(self, seconds: float) -> bool:
        threading.Event().wait(seconds)
        return False
