"""Outgoing webhooks: a queue, a few senders, the vendors' retry rules, and copies, holds and replays for tests."""

from __future__ import annotations

import random
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import requests

from connector.sandbox.clock import SandboxClock, stamp

FRESHDESK_RETRIES_SECONDS = (300, 1800, 3600)
"""After 5, 30 and 60 minutes, then the rule gives up (reference 4.3)."""
_ZENDESK_TIMEOUT_RETRIES = 5
_ZENDESK_CONFLICT_RETRIES = 3
_ZENDESK_MAX_RETRY_AFTER_SECONDS = 60
_SENDERS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try. `status` is None when no answer came; `error` then says why."""

    at: datetime
    status: int | None
    error: str | None
    seconds: float
    retry_after: str | None = None


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One webhook on its way. `state`: held, queued, retrying, delivered or failed."""

    number: int
    vendor: str
    ticket: int | None
    event: str
    webhook: str
    invocation: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes
    created_at: datetime
    state: str = "queued"
    due_at: datetime | None = None
    attempts: list[Attempt] = field(default_factory=list)
    copy_of: int | None = None
    secret: bool = False

    def as_json(self) -> dict[str, Any]:
        """The delivery for the control API."""
        return {
            "number": self.number,
            "vendor": self.vendor,
            "ticket": self.ticket,
            "event": self.event,
            "webhook": self.webhook,
            "invocation": self.invocation,
            "method": self.method,
            "url": self.url,
            "headers": dict(self.headers),
            "body": self.body.decode("utf-8", "replace"),
            "created_at": stamp(self.created_at),
            "state": self.state,
            "due_at": None if self.due_at is None else stamp(self.due_at),
            "copy_of": self.copy_of,
            "attempts": [
                {"at": stamp(a.at), "status": a.status, "error": a.error, "seconds": round(a.seconds, 4)}
                for a in self.attempts
            ],
        }


class Deliveries:
    """Sends webhooks in the background. All methods may be called by any thread."""

    def __init__(self, clock: SandboxClock, *, timeout_seconds: float = 10.0) -> None:
        self.timeout_seconds = timeout_seconds
        self._clock = clock
        self._wake = threading.Condition()
        self._all: list[Delivery] = []
        self._ready: deque[Delivery] = deque()
        self._later: list[Delivery] = []
        self._busy = 0
        self._holding = False
        self._stopping = False
        self._advanced_to = clock.now()
        self._threads: list[threading.Thread] = []
        clock.on_advance(self._on_advance)

    def start(self) -> None:
        """Starts the senders."""
        self._threads = [
            threading.Thread(target=self._work, daemon=True, name=f"sandbox-webhooks-{n}") for n in range(_SENDERS)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Ends the senders; what is still queued stays unsent."""
        with self._wake:
            self._stopping = True
            self._wake.notify_all()
        for thread in self._threads:
            thread.join(self.timeout_seconds + 1)

    def enqueue(self, *, copies: int = 1, **fields: Any) -> None:
        """Queues a delivery `copies` times; `fields` are those of `Delivery` without number and state."""
        with self._wake:
            first: int | None = None
            for _ in range(max(1, copies)):
                delivery = Delivery(number=len(self._all) + 1, created_at=self._clock.now(), copy_of=first, **fields)
                first = first or delivery.number
                delivery.state = "held" if self._holding else "queued"
                self._all.append(delivery)
                if not self._holding:
                    self._ready.append(delivery)
            self._wake.notify_all()

    def hold(self) -> None:
        """From now on keeps deliveries back."""
        with self._wake:
            self._holding = True

    def release(self, *, shuffle_seed: int | None = None) -> int:
        """Lets go what was held, in order or shuffled; returns how many."""
        with self._wake:
            self._holding = False
            held = [d for d in self._all if d.state == "held"]
            if shuffle_seed is not None:
                random.Random(shuffle_seed).shuffle(held)  # noqa: S311 - repeatable disorder, no secret
            for delivery in held:
                delivery.state = "queued"
            self._ready.extend(held)
            self._wake.notify_all()
            return len(held)

    def records(self, *, vendor: str | None = None, ticket: int | None = None) -> list[Delivery]:
        """All deliveries so far, oldest first."""
        with self._wake:
            return [
                replace(d, attempts=list(d.attempts))
                for d in self._all
                if (vendor is None or d.vendor == vendor) and (ticket is None or d.ticket == ticket)
            ]

    def clear(self) -> None:
        """Forgets all deliveries and stops holding."""
        with self._wake:
            self._all.clear()
            self._ready.clear()
            self._later.clear()
            self._holding = False

    def drain(self, timeout_seconds: float = 30.0) -> bool:
        """Waits until nothing is queued or being sent (held and later retries aside); False on time-out."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._busy and not self._move_due(), timeout_seconds)

    def redeliver(
        self,
        *,
        copies: int = 1,
        shuffle_seed: int | None = None,
        connections: int = 1,
        vendor: str | None = None,
        ticket: int | None = None,
    ) -> dict[str, int]:
        """Sends every first delivery again `copies` times over `connections` parallel connections.

        Same headers and bytes as the first time. Returns the count by status ("202": 10, "error": 1).
        """
        chosen = [d for d in self.records(vendor=vendor, ticket=ticket) if d.copy_of is None and d.state != "held"]
        batch = [d for d in chosen for _ in range(copies)]
        if shuffle_seed is not None:
            random.Random(shuffle_seed).shuffle(batch)  # noqa: S311 - repeatable disorder, no secret
        counts: dict[str, int] = {}
        lock = threading.Lock()

        def send_share(share: Sequence[Delivery]) -> None:
            with requests.Session() as session:
                session.trust_env = False
                for delivery in share:
                    attempt = self._send(session, delivery)
                    with lock:
                        key = str(attempt.status or "error")
                        counts[key] = counts.get(key, 0) + 1

        threads = [
            threading.Thread(target=send_share, args=(batch[n::connections],), daemon=True)
            for n in range(max(1, connections))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return counts

    # --- inside -----------------------------------------------------------------------------------

    def _on_advance(self) -> None:
        with self._wake:
            self._advanced_to = self._clock.now()
            self._wake.notify_all()

    def _move_due(self) -> bool:
        """Moves what became due to the ready ones; True when there is something to send."""
        if self._later:
            now = self._clock.now()
            due = [d for d in self._later if self._is_due(d, now)]
            self._later = [d for d in self._later if d not in due]
            self._ready.extend(due)
        return bool(self._ready)

    def _is_due(self, delivery: Delivery, now: datetime) -> bool:
        if delivery.due_at is None:
            return True
        # Freshdesk's minutes pass only when the clock is advanced, so that a test decides when.
        return delivery.due_at <= (self._advanced_to if delivery.vendor == "freshdesk" else now)

    def _next_wait(self) -> float | None:
        times = [d.due_at for d in self._later if d.due_at is not None and d.vendor != "freshdesk"]
        return max(0.01, (min(times) - self._clock.now()).total_seconds()) if times else None

    def _take(self) -> Delivery | None:
        with self._wake:
            while not self._stopping:
                if self._move_due():
                    self._busy += 1
                    return self._ready.popleft()
                self._wake.wait(self._next_wait())
            return None

    def _work(self) -> None:
        with requests.Session() as session:
            session.trust_env = False
            while (delivery := self._take()) is not None:
                attempt = self._send(session, delivery)
                with self._wake:
                    delivery.attempts.append(attempt)
                    self._settle(delivery, attempt)
                    self._busy -= 1
                    self._wake.notify_all()

    def _send(self, session: requests.Session, delivery: Delivery) -> Attempt:
        started = self._clock.now()
        status, error, retry_after = None, None, None
        try:
            answer = session.request(
                delivery.method,
                delivery.url,
                data=delivery.body,
                headers=delivery.headers,
                timeout=self.timeout_seconds,
                allow_redirects=False,
            )
            status, retry_after = answer.status_code, answer.headers.get("Retry-After")
        except requests.Timeout:
            error = "timeout"
        except requests.RequestException as broken:
            error = type(broken).__name__
        return Attempt(
            at=started,
            status=status,
            error=error,
            seconds=(self._clock.now() - started).total_seconds(),
            retry_after=retry_after,
        )

    def _settle(self, delivery: Delivery, attempt: Attempt) -> None:
        if attempt.status is not None and 200 <= attempt.status < 300:
            delivery.state, delivery.due_at = "delivered", None
            return
        wait = _RETRY_RULES[delivery.vendor](delivery, attempt)
        if wait is None:
            delivery.state, delivery.due_at = "failed", None
            return
        delivery.state = "retrying"
        delivery.due_at = self._clock.now() + timedelta(seconds=wait)
        self._later.append(delivery)


def _zendesk_wait(delivery: Delivery, attempt: Attempt) -> float | None:
    """Seconds until the next try (reference 1.6: time-out 5, 409 3, 429 and 503 only with a short Retry-After)."""
    earlier = delivery.attempts[:-1]
    if attempt.error == "timeout":
        return 1.0 if sum(a.error == "timeout" for a in earlier) < _ZENDESK_TIMEOUT_RETRIES else None
    if attempt.status == 409:
        return 1.0 if sum(a.status == 409 for a in earlier) < _ZENDESK_CONFLICT_RETRIES else None
    seconds = attempt.retry_after or ""
    if attempt.status in (429, 503) and seconds.isdigit() and int(seconds) < _ZENDESK_MAX_RETRY_AFTER_SECONDS:
        return float(seconds)
    return None


def _freshdesk_wait(delivery: Delivery, attempt: Attempt) -> float | None:
    """Seconds until the next try: any failure, three times."""
    tries = len(delivery.attempts)
    return FRESHDESK_RETRIES_SECONDS[tries - 1] if tries <= len(FRESHDESK_RETRIES_SECONDS) else None


_RETRY_RULES: dict[str, Callable[[Delivery, Attempt], float | None]] = {
    "zendesk": _zendesk_wait,
    "freshdesk": _freshdesk_wait,
}
