"""The beats beside the tickets, once a second, each on threads of its own, so that none waits for another."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from connector.errors import own_words
from connector.model import Account
from connector.ports import Clock
from connector.worker import Chore

log = structlog.get_logger()

BEAT_SECONDS = 1.0
LANES = 4
"""Accounts that a chore tends at once: a helpdesk that hangs holds up one lane for as long as a call may take."""


class Beat:
    """Calls `step` every `seconds` on a thread of its own."""

    def __init__(
        self, name: str, step: Callable[[datetime], object], *, clock: Clock, seconds: float = BEAT_SECONDS
    ) -> None:
        self._name = name
        self._seconds = seconds
        self._step = step
        self._clock = clock
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin with the first beat `seconds` from now."""
        self._thread.start()

    def stop(self) -> None:
        """No further beat."""
        self._stopping.set()

    def join(self, seconds: float) -> None:
        """Wait for the beat in hand, at most this long: what hangs dies with the process."""
        self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.wait(self._seconds):
            try:
                self._step(self._clock())
            except Exception as error:  # noqa: BLE001 - tried again a second later
                log.error("chore_failed", name=self._name, error=type(error).__name__, reason=own_words(error))


class Rounds:
    """Tends every account once a second on a few threads. An account that is being tended is passed over meanwhile."""

    def __init__(self, name: str, chore: Chore, accounts: Callable[[], Sequence[Account]], *, clock: Clock) -> None:
        self._name = name
        self._chore = chore
        self._accounts = accounts
        self._clock = clock
        self._waiting: queue.SimpleQueue[Account | None] = queue.SimpleQueue()
        self._busy: set[str] = set()
        self._lock = threading.Lock()
        self._beat = Beat(name, self._call, clock=clock)
        self._lanes = [
            threading.Thread(target=self._tend, name=f"{name}-{number}", daemon=True) for number in range(LANES)
        ]

    def start(self) -> None:
        """Begin with the first round a second from now."""
        for lane in self._lanes:
            lane.start()
        self._beat.start()

    def stop(self) -> None:
        """No further account."""
        self._beat.stop()
        for _ in self._lanes:
            self._waiting.put(None)

    def join(self, seconds: float) -> None:
        """Wait for the accounts in hand, at most this long: what hangs dies with the process."""
        ends_at = time.monotonic() + seconds
        self._beat.join(seconds)
        for lane in self._lanes:
            lane.join(max(0.0, ends_at - time.monotonic()))

    def _call(self, _now: datetime) -> None:
        for account in self._accounts():
            with self._lock:
                if account.id in self._busy:
                    continue
                self._busy.add(account.id)
            self._waiting.put(account)

    def _tend(self) -> None:
        while (account := self._waiting.get()) is not None:
            try:
                self._chore.tend(account, self._clock())
            except Exception as error:  # noqa: BLE001 - tried again a second later; the other accounts go on
                log.error(
                    "chore_failed",
                    name=self._name,
                    account=account.id,
                    error=type(error).__name__,
                    reason=own_words(error),
                )
            finally:
                with self._lock:
                    self._busy.discard(account.id)
