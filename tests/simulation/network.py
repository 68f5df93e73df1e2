"""The way between the connector and the helpdesks: delays, faults, requests that arrive without their sender.

It stands where `requests` would be: `providers/_http.py` runs as it is, above a session that needs no socket.
"""

from __future__ import annotations

import io
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import format_datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import requests

from providers._http import Http
from tests.simulation import freshdesk, zendesk
from tests.simulation.boundaries import Boundaries
from tests.simulation.clock import Clock, moment
from tests.simulation.helpdesk import Helpdesk
from tests.simulation.plan import Plan
from tests.simulation.scheduler import Killed, Scheduler
from tests.simulation.trace import Trace

LATEST_FRESHDESK = 90.0
"""How late a request may still be applied where the protocol rests on its being dead after the ambiguity wait."""

LATEST_ZENDESK = 900.0
"""The same where it rests on the stamp: as late as it likes."""

READ_TIMEOUT = 20.0
APIS = {"zendesk": zendesk.handle, "freshdesk": freshdesk.handle}
LIMIT_HEADERS = {"zendesk": "X-Rate-Limit", "freshdesk": "X-RateLimit-Total"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An account as the network knows it: where it is, and what opens it."""

    account: str
    vendor: str
    host: str
    authorization: str
    desk: Helpdesk


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request as it left, with what came of it."""

    left_at: float
    ended_at: float
    by: str
    account: str
    method: str
    path: str
    status: int  # 0 = no answer
    seen_at: float  # the time of the state that a read showed
    retry_after: float = 0.0


SLUGGISH = 0.3
"""Of the changes between two reads, the share after which the next call on the ticket takes longer."""


class Body(io.BytesIO):
    """The part of urllib3's response that the connector reads."""

    def read1(self, size: int | None = -1, /, *, decode_content: bool = False) -> bytes:
        """The next bytes: here all of them."""
        return super().read1(size)


class Response:
    """The part of a `requests.Response` that the connector uses."""

    def __init__(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.status_code = status
        self.headers = requests.structures.CaseInsensitiveDict(headers)
        self.raw = Body(body)

    def __enter__(self) -> Response:
        return self

    def __exit__(self, *_error: object) -> None:
        return None


class Network:
    """Carries requests. `read(account, ticket, path)` is called after the connector has read a ticket."""

    def __init__(
        self,
        scheduler: Scheduler,
        clock: Clock,
        plan: Plan,
        chance: random.Random,
        boundaries: Boundaries,
        trace: Trace,
    ) -> None:
        self.lines: dict[str, Line] = {}
        self.calls: list[Call] = []
        self.strangers: list[str] = []  # calls with another account's key
        self.down: dict[str, float] = {}  # helpdesks out of order, until when
        self.in_flight = 0  # requests that will still arrive although nobody waits for them
        self.read: Callable[[str, str, str], None] = lambda _account, _ticket, _path: None
        self.scheduler, self.clock, self.plan = scheduler, clock, plan
        self.chance, self.boundaries, self.trace = chance, boundaries, trace
        self._copies: dict[str, float] = {}
        self._ambushes: list[tuple[str, str, list[int], Callable[[], None]]] = []
        self._sluggish: dict[tuple[str, str], float] = {}  # tickets whose next call takes longer, and by how much

    def http(self, vendor: str, worker: str) -> Http:
        """The HTTP client of one process."""
        return _SimulatedHttp(vendor, self, worker)

    def pause(self, _seconds: float) -> None:
        """Between two tries of a GET."""
        self.scheduler.wait(self.chance.uniform(0.1, 0.6))

    def ambush(self, account: str, ticket: str, arrive: Callable[[], None]) -> None:
        """Let a late request arrive right after one of the next reads of its ticket: between two reads of a retry."""
        self._ambushes.append((account, ticket, [self.chance.randint(1, 6)], arrive))

    def was_read(self, account: str, ticket: str, path: str) -> None:
        """Tell everybody who waits for it."""
        self.read(account, ticket, path)
        for ambush in list(self._ambushes):
            if ambush[:2] == (account, ticket):
                ambush[2][0] -= 1
                # Right after the audits of a Zendesk ticket is the moment that the order of reads is about.
                if ambush[2][0] <= 0 or path.endswith("/audits.json"):
                    self._ambushes.remove(ambush)
                    self.scheduler.after(self.chance.uniform(0.0, 0.2), ambush[3])
                    # Within the second of that change every read is too early to be a fence: the case is only met
                    # where the next one comes later.
                    if self.chance.random() < SLUGGISH:
                        self._sluggish[account, ticket] = self.chance.uniform(0.5, 3.0)

    def hold_up(self, account: str, ticket: str) -> None:
        """Let the time pass that the next call on this ticket takes longer."""
        if seconds := self._sluggish.pop((account, ticket), 0.0):
            self.scheduler.wait(seconds)

    def seen_at(self, account: str) -> float:
        """The time of the state that a read shows. A copy may lag, but never shows what is older than shown before."""
        at = now = self.clock.seconds
        if self.chance.random() < self.plan.lag:
            at = max(self._copies.get(account, 0.0), now - self.chance.uniform(0.5, 8.0))
        self._copies[account] = at
        return at


class _SimulatedHttp(Http):
    """The product's HTTP client above the simulated network: limits, pauses and errors are its own."""

    def __init__(self, vendor: str, network: Network, worker: str) -> None:
        super().__init__(vendor, clock=network.clock, monotonic=network.clock.monotonic, pause=network.pause)
        self._simulated: Any = _Session(network, worker)

    def _session(self) -> requests.Session:
        session: requests.Session = self._simulated
        return session


class _Session:
    """In place of a `requests.Session`."""

    def __init__(self, network: Network, worker: str) -> None:
        self._network = network
        self._worker = worker

    def request(self, method: str, url: str, **options: Any) -> Response:
        """One request with everything that can happen to it."""
        address = urlsplit(url)
        line = self._network.lines[address.netloc]
        shell = SimpleNamespace(headers={})
        options["auth"](shell)
        if shell.headers.get("Authorization") != line.authorization:
            self._network.strangers.append(f"{method} {url} with another account's key")
        trip = _Trip(
            network=self._network,
            line=line,
            worker=self._worker,
            method=method,
            path=address.path,
            query=dict(options.get("params") or {}),
            body=json.loads(options["data"]) if options.get("data") else {},
            left_at=self._network.clock.seconds,
        )
        return trip.travel()


@dataclass(slots=True, kw_only=True)
class _Trip:
    """One request, from leaving to its answer."""

    network: Network
    line: Line
    worker: str
    method: str
    path: str
    query: Mapping[str, str]
    body: Any
    left_at: float
    seen_at: float = 0.0

    def travel(self) -> Response:
        """The answer, or the error that `requests` would raise."""
        network, writes = self.network, self.method != "GET"
        weight = 4.0 if writes else 0.5
        network.boundaries.cross(f"before {self._name}", weight=weight)
        fault = self._fault()
        if fault == "refused":
            network.scheduler.wait(0.01)
            raise self._broken(requests.exceptions.ConnectionError("refused"))
        network.hold_up(self.line.account, self._ticket)
        try:
            network.boundaries.cross(f"while {self._name} is on its way", weight=weight, longest=self._longest())
        except Killed:
            if writes and network.chance.random() < 0.6:
                self._arrive_later(at_most=20.0)
            raise
        if fault == "late" and writes:
            self._arrive_later(at_most=LATEST_FRESHDESK if self.line.vendor == "freshdesk" else LATEST_ZENDESK)
            network.scheduler.wait(READ_TIMEOUT)
            raise self._broken(requests.exceptions.ReadTimeout("timed out"))
        answer = self._answer(fault)
        network.boundaries.cross(f"after {self._name}", weight=weight, longest=self._longest())
        if fault == "lost_answer":
            raise self._broken(requests.exceptions.ConnectionError("reset"))
        return self._recorded(answer)

    @property
    def _name(self) -> str:
        return f"{self.method} {self.line.account}{self.path.removeprefix('/api/v2')}"

    def _fault(self) -> str:
        plan, draw = self.network.plan, self.network.chance.random()
        if self.network.down.get(self.line.account, 0.0) > self.left_at:
            return "status" if draw < 0.5 else "refused"
        for name in ("refused", "lost_answer", "late", "status", "garbage", "throttled"):
            rate: float = getattr(plan, name)
            if draw < rate:
                return name
            draw -= rate
        return ""

    def _longest(self) -> float:
        slow = self.network.chance.random() < self.network.plan.slow
        return 9.5 if slow else 0.03 if self.network.plan.quick else 0.3

    def _answer(self, fault: str) -> Response:
        """What the helpdesk says; with some faults it does nothing first."""
        chance = self.network.chance
        down = self.network.down.get(self.line.account, 0.0) > self.left_at
        if fault == "throttled":
            return self._respond(429, None, {"Retry-After": str(chance.choice((1, 7, 30, 90)))})
        if fault == "status" and (down or chance.random() < 0.6):
            return self._respond(chance.choice((500, 502, 503, 504)), None)
        status, body = self._apply()
        if fault == "status":
            return self._respond(chance.choice((500, 502, 503, 504)), None)
        if fault == "garbage":
            return self._respond(200, "<html>maintenance</html>")
        return self._respond(status, body)

    def _apply(self) -> tuple[int, Any]:
        network, line = self.network, self.line
        at = self.seen_at = network.seen_at(line.account) if self.method == "GET" else network.clock.seconds
        status, body = APIS[line.vendor](
            line.desk, self.method, self.path, self.query, self.body, at=at, by=self.worker, left_at=self.left_at
        )
        if self.method != "GET":
            network.trace.add(line.account, f"{self._name} of {self.worker} is applied: {status}")
        elif self._ticket:
            network.was_read(line.account, self._ticket, self.path)
        return status, body

    @property
    def _ticket(self) -> str:
        found = re.search(r"/tickets/(\d+)", self.path)
        return found[1] if found else ""

    def _arrive_later(self, *, at_most: float) -> None:
        """The request arrives once, at a time of its own or, at the latest then, right after a read of its ticket."""
        network = self.network
        network.in_flight += 1
        waiting = [True]

        def arrive() -> None:
            if waiting:
                waiting.clear()
                network.in_flight -= 1
                self._apply()

        if network.chance.random() < 0.5:
            network.ambush(self.line.account, self._ticket, arrive)
            network.scheduler.after(at_most, arrive)
        else:
            network.scheduler.after(network.chance.uniform(0.0, at_most), arrive)

    def _respond(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
        content = b"" if body is None else json.dumps(body).encode()
        date = format_datetime(moment(self.network.clock.seconds), usegmt=True)
        limit = {} if status >= 500 else {LIMIT_HEADERS[self.line.vendor]: str(self.network.plan.calls_per_minute)}
        return Response(status, content, {"Date": date, **limit, **(headers or {})})

    def _recorded(self, answer: Response) -> Response:
        self._record(answer.status_code, float(answer.headers.get("Retry-After", 0)))
        return answer

    def _broken(self, error: requests.exceptions.RequestException) -> requests.exceptions.RequestException:
        self._record(0)
        return error

    def _record(self, status: int, retry_after: float = 0.0) -> None:
        network = self.network
        network.trace.add(self.worker, f"{self._name} -> {status or 'no answer'}")
        network.calls.append(
            Call(
                left_at=self.left_at,
                ended_at=network.clock.seconds,
                by=self.worker,
                account=self.line.account,
                method=self.method,
                path=self.path,
                status=status,
                seen_at=self.seen_at,
                retry_after=retry_after,
            )
        )
