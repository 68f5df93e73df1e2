"""The embedded engine: one dispatcher claims, a pool of threads advances.

The dispatcher alone asks the ledger for work, so an idle worker costs one query a second however many threads it has.
Alarms, polls, the sources, better words for cards and the leases of what is in work have beats of their own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Protocol

import structlog

from connector import retention
from connector.engine.beats import BEAT_SECONDS, Beat, Rounds
from connector.engine.leases import Leases
from connector.errors import StoreError
from connector.ports import Clock
from connector.records import Claim
from connector.worker import Worker

log = structlog.get_logger()

SCAN_SECONDS = 1.0
"""The longest the dispatcher sleeps: how late due work can start when a ring is lost."""

LAST_BEAT_SECONDS = 5.0
"""How long a stop waits for beats in hand: a supervisor kills soon after."""


class Waiter(Protocol):
    """Something that can be waited on: the bell, or an event in tests."""

    def wait(self, seconds: float) -> bool:
        """Wait at most this long."""


class ThreadEngine:
    """Drives a worker with threads until `stop()`."""

    def __init__(self, worker: Worker, *, clock: Clock, concurrency: int, bell: Waiter) -> None:
        self._worker = worker
        self._clock = clock
        self._bell = bell
        self._stopping = threading.Event()
        self._free = threading.Semaphore(concurrency)
        self._pool = ThreadPoolExecutor(concurrency, thread_name_prefix="ticket")
        self._leases = Leases(worker.pipeline.ledger, lease_seconds=worker.pipeline.lease_seconds)

    def run(self) -> None:
        """Work until stopped; then finish the claims in hand."""
        beats = self._beats()
        renewing = Beat(
            "leases", self._leases.step, clock=self._clock, seconds=min(BEAT_SECONDS, self._leases.renew_seconds)
        )
        for beat in (*beats, renewing):
            beat.start()
        while not self._stopping.is_set():
            self._dispatch()
        for beat in beats:
            beat.stop()
        self._pool.shutdown(wait=True)
        renewing.stop()  # only now: the claims in hand were finished under their leases
        ends_at = time.monotonic() + LAST_BEAT_SECONDS
        for beat in (*beats, renewing):
            beat.join(max(0.0, ends_at - time.monotonic()))

    def stop(self) -> None:
        """Claim nothing more; `run` returns when the claims in hand are done."""
        self._stopping.set()

    def _dispatch(self) -> None:
        if not self._free.acquire(timeout=SCAN_SECONDS):
            return
        claim = None
        try:
            claim = self._claim()
        finally:
            if claim is None:
                self._free.release()
        if claim is None:
            self._sleep()
        else:
            self._pool.submit(self._advance, claim)

    def _claim(self) -> Claim | None:
        pipeline = self._worker.pipeline
        try:
            return pipeline.ledger.work.claim(
                now=self._clock(), lease_seconds=pipeline.lease_seconds, account_cap=pipeline.account_cap
            )
        except StoreError as error:
            log.error("claim_failed", error=type(error).__name__)
            return None

    def _advance(self, claim: Claim) -> None:
        try:
            with self._leases.renewed(claim):
                self._worker.pipeline.advance(claim, self._clock())
        except Exception as error:  # noqa: BLE001 - a thread must not die; the lease brings the ticket back
            log.error("advance_failed", error=type(error).__name__)
        finally:
            self._free.release()

    def _sleep(self) -> None:
        self._bell.wait(self._seconds_until_due())

    def _seconds_until_due(self) -> float:
        try:
            due_at: datetime | None = self._worker.pipeline.ledger.work.next_due_at()
        except StoreError:
            return SCAN_SECONDS
        if due_at is None:
            return SCAN_SECONDS
        # What is due but could not be claimed (an account at its cap) is asked for again soon, not at once.
        return min(SCAN_SECONDS, max(0.02, (due_at - self._clock()).total_seconds()))

    def _beats(self) -> Sequence[Beat | Rounds]:
        meter, eraser = self._worker.meter, self._worker.eraser
        return (
            Beat("watchdog", self._worker.watchdog.step, clock=self._clock),
            *(() if meter is None else (Beat("meter", meter.step, clock=self._clock),)),
            *(
                ()
                if eraser is None
                else (Beat("retention", eraser.step, clock=self._clock, seconds=retention.BEAT_SECONDS),)
            ),
            Beat("cards", self._worker.pipeline.improve_one, clock=self._clock),  # no slot that a ticket could have
            *(
                Rounds(name, chore, accounts, clock=self._clock)
                for name, (chore, accounts) in self._worker.rounds.items()
            ),
        )
