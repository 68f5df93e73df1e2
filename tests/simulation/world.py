"""One whole world from one seed: the connector, two helpdesks, everybody who acts, and what goes wrong."""

from __future__ import annotations

import base64
import functools
import itertools
import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import structlog

from connector.ledger import chain, moments
from connector.ledger.keys import Vault
from connector.ledger.store import SqlLedger
from connector.model import Account, AccountConfig, Stage
from connector.reconcile import CURSOR
from connector.records import Goal
from providers import _text
from providers.freshdesk.provider import build as build_freshdesk
from providers.zendesk.provider import build as build_zendesk
from tests.faults.world import policy_text
from tests.simulation.actors import CHAOS_SECONDS, Actors
from tests.simulation.boundaries import Boundaries
from tests.simulation.clock import Clock, stamp
from tests.simulation.database import MemoryDatabase
from tests.simulation.helpdesk import BOT, Helpdesk, Posted
from tests.simulation.network import Line, Network
from tests.simulation.plan import Plan, draw
from tests.simulation.scheduler import Scheduler, Task
from tests.simulation.service import ACCOUNT_CAP, CHORE_SECONDS, LEASE_SECONDS, POLL_SECONDS, Parts, Process
from tests.simulation.trace import Trace

KEY = "a key for the simulation"
REST_SECONDS = 2 * 86_400.0
"""How long a healed world may take to come to rest: the longest retry waits half a day."""

RECIPIENT_CAP = 2
CONFIG = AccountConfig(company="Nordlicht", languages=("en",))
ZENDESK = Account(
    id="nord",
    name="nord",
    vendor="zendesk",
    base_url="https://nord.zendesk.com",
    stage=Stage.LIVE,
    bot_user_id=str(BOT),
    config=CONFIG,
    default_owner="Ana Ruiz",
    credentials={"kind": "api_token", "email": "bot@nord.example", "api_token": "canary-token-of-nord"},
    webhook_secrets=("canary-secret-of-nord",),
)
FRESHDESK = replace(
    ZENDESK,
    id="sued",
    name="sued",
    vendor="freshdesk",
    base_url="https://sued.freshdesk.com",
    credentials={"kind": "api_key", "api_key": "canary-key-of-sued"},
    webhook_secrets=("canary-secret-of-sued",),
)
CANARIES = ("canary-token-of-nord", "canary-secret-of-nord", "canary-key-of-sued", "canary-secret-of-sued")
_AUTHORIZATIONS = {
    "nord": "Basic " + base64.b64encode(b"bot@nord.example/token:canary-token-of-nord").decode(),
    "sued": "Basic " + base64.b64encode(b"canary-key-of-sued:X").decode(),
}


@functools.cache
def prepared() -> tuple[bytes, dict[Any, Any]]:
    """The ledger as it is before the first ticket, and its parsed policies."""
    database = MemoryDatabase()
    ledger = SqlLedger(database, _vault())
    ledger.migrate()
    now = Clock()()
    text = policy_text("reply").replace("per_recipient_day = 3", f"per_recipient_day = {RECIPIENT_CAP}")
    assert f"per_recipient_day = {RECIPIENT_CAP}" in text
    for account in (ZENDESK, FRESHDESK):
        ledger.accounts.add(account, now=now)
        ledger.policies.publish(account.id, text, by="Ines", comment="", now=now)
        ledger.policies.freeze_goal(
            Goal(account_id=account.id, intent="order_status", text="faster", frozen_at=now, frozen_by="Ines")
        )
    # The accounts were connected and polled before: a first poll looks back an hour by a clock that may be wrong.
    ledger.watch.move_cursor("nord", CURSOR, "0.0", now=now)
    ledger.watch.move_cursor("sued", CURSOR, stamp(0.0), now=now)
    content = database.connection.serialize()
    database.close()
    return content, {}


class _RememberingVault(Vault):
    """Opens each token once: it always holds the same."""

    def __init__(self) -> None:
        super().__init__((KEY,))
        self._opened: dict[tuple[str, str], object] = {}

    def open(self, owner: str, token: str) -> object:
        if (owner, token) not in self._opened:
            self._opened[owner, token] = super().open(owner, token)
        return self._opened[owner, token]


_vault = functools.cache(_RememberingVault)


@dataclass
class World:
    """Everything of one run. `play` runs it to its end; then the checker may look."""

    seed: int
    parts: Parts = field(default_factory=Parts)
    keep_trace: bool = False

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.plan: Plan = draw(
            self.chance,
            limits=random.Random(f"limits of {self.seed}"),
            weather=random.Random(f"weather of {self.seed}"),
        )
        self.clock = Clock()
        self.trace = Trace(self.clock, keep=self.keep_trace)
        self.scheduler = Scheduler(self.clock)
        self.boundaries = Boundaries(self.scheduler, self.plan, self._fork(), self.trace)
        self.network = Network(self.scheduler, self.clock, self.plan, self._fork(), self.boundaries, self.trace)
        self.journal: list[Posted] = []
        self.rested = False
        content, self.parsed = prepared()
        self.database = MemoryDatabase(content, changes=self.parts.statements)
        self.ledger = SqlLedger(self.database, _vault())
        self.accounts = tuple(self._connect(account) for account in (ZENDESK, FRESHDESK))
        self.database.boundaries, self.database.plan = self.boundaries, self.plan
        self.database.chance, self.database.trace = self._fork(), self.trace
        self.desks = {account.id: Helpdesk(account.id, self.clock.monotonic, self.journal) for account in self.accounts}
        for account in self.accounts:
            host = account.base_url.removeprefix("https://")
            self.network.lines[host] = Line(
                account=account.id,
                vendor=account.vendor,
                host=host,
                authorization=_AUTHORIZATIONS[account.id],
                desk=self.desks[account.id],
            )
        self.pure_providers = _pure_providers()
        self.receiver = self.parts.receives(self)
        self.actors = Actors(self, self._fork())
        self.unfair: list[str] = []
        self._passed_over: dict[str, int] = {}
        self._last_turn = 0
        self.database.after_write = self._watch_turns
        self.processes: dict[int, tuple[Task, Process]] = {}
        self._names = itertools.count(1)

    def play(self) -> None:
        """Chaos, then healing, then rest."""
        with _seeded_ids(self.seed), _logs_to(self.trace), _in_place(self.parts.names):
            try:
                self._play()
            finally:
                self.scheduler.close()

    def account(self, account_id: str) -> Account:
        """One of the accounts."""
        return next(account for account in self.accounts if account.id == account_id)

    def ring(self) -> None:
        """The bell: an idle worker looks for work at once, if it hears it."""
        for task, process in self.processes.values():
            if process.idle and self.chance.random() < 0.7:
                self.scheduler.wake(task, 0.01)

    def _play(self) -> None:
        self.actors.plan()
        for slot in range(self.plan.workers):
            self._start(slot)
        self._plan_disasters()
        self.scheduler.run(lambda: self.clock.seconds >= CHAOS_SECONDS)
        self.plan.heal()
        self.network.down.clear()
        self.clock.skew = 0.0
        self.trace.add("-", "everything heals")
        healed_at = self.clock.seconds
        self.scheduler.run(lambda: self.clock.seconds >= healed_at + 2.5 * POLL_SECONDS)
        self.rested = (
            self.scheduler.run(lambda: self._at_rest() or self.clock.seconds > healed_at + REST_SECONDS)
            and self._at_rest()
        )

    def _at_rest(self) -> bool:
        if self.network.in_flight or self.clock.seconds < self.actors.switched_off_at + 2 * CHORE_SECONDS:
            return False
        (row,) = self.database.rows(
            "SELECT (SELECT COUNT(*) FROM work) + (SELECT COUNT(*) FROM events WHERE state = 'waiting') AS count"
        )
        return row["count"] == 0

    def _watch_turns(self, verb: str) -> None:
        """I9: an account that has work and room is served before the others are served twice."""
        if verb != "claim":
            return
        rows = self.database.rows(
            "SELECT turns.account_id, served, "
            "(SELECT MIN(ready_at) FROM work WHERE work.account_id = turns.account_id) AS ready_at, "
            "(SELECT COUNT(*) FROM work WHERE work.account_id = turns.account_id "
            "AND lease_until IS NOT NULL) AS leased "
            "FROM turns ORDER BY served DESC"
        )
        served = rows[0]["account_id"]
        if rows[0]["served"] == self._last_turn:
            return  # nothing was claimed
        self._last_turn = rows[0]["served"]
        # As of the claim's own time: the worker may have stood still between looking at its clock and claiming.
        (newest,) = self.database.rows(
            f"SELECT lease_until FROM work WHERE account_id = '{served}' ORDER BY fence DESC LIMIT 1"
        )
        now = newest["lease_until"] - round(LEASE_SECONDS * 1e6)
        self._passed_over[served] = 0
        for row in rows[1:]:
            waits = row["ready_at"] is not None and row["ready_at"] <= now and row["leased"] < ACCOUNT_CAP
            passed = self._passed_over[row["account_id"]] = (
                self._passed_over.get(row["account_id"], 0) + 1 if waits else 0
            )
            if passed > len(rows):
                self.unfair.append(f"{row['account_id']} was passed over {passed} times")

    # --- processes --------------------------------------------------------------------------------

    def _start(self, slot: int) -> None:
        """Start a worker, and another one in its place when it has died."""
        process = Process(self, f"w{next(self._names)}")
        task = self.scheduler.spawn(process.name, process.run)
        task.ended = lambda: self.scheduler.after(5.0, functools.partial(self._start, slot))
        self.processes[slot] = (task, process)

    def _plan_disasters(self) -> None:
        chance = self._fork()
        for _ in range(self.plan.power_cuts):
            self.scheduler.after(chance.uniform(10.0, CHAOS_SECONDS), self._cut_power)
        for _ in range(self.plan.clock_jumps):
            skew = chance.choice((-3600.0, -300.0, 300.0, 3600.0))
            self.scheduler.after(chance.uniform(10.0, CHAOS_SECONDS), functools.partial(self._jump, skew))
        for _ in range(self.plan.outages):
            account = chance.choice(self.accounts).id
            lasting = chance.uniform(30.0, 900.0)
            self.scheduler.after(chance.uniform(0.0, 900.0), functools.partial(self._break, account, lasting))

    def _cut_power(self) -> None:
        self.trace.add("-", "power cut")
        for task, _ in self.processes.values():
            self.scheduler.kill(task)

    def _jump(self, skew: float) -> None:
        self.trace.add("-", f"our clock jumps by {skew:.0f} s")
        self.clock.skew = skew

    def _break(self, account: str, lasting: float) -> None:
        self.trace.add(account, f"is out of order for {lasting:.0f} s")
        self.network.down[account] = self.clock.seconds + lasting

    def _connect(self, account: Account) -> Account:
        stage = self.chance.choices((Stage.LIVE, Stage.DRAFT, Stage.SHADOW), (8, 2, 1))[0]
        if stage is not account.stage:
            self.ledger.accounts.set_stage(account.id, stage, now=self.clock())
        return replace(account, stage=stage)

    def _fork(self) -> random.Random:
        return random.Random(self.chance.random())


def _pure_providers() -> dict[str, Any]:
    """Providers for verifying and parsing, which call nobody."""
    return {
        "zendesk": build_zendesk(accounts=None, clock=Clock(), allow_loopback=False),  # type: ignore[arg-type]  # unused
        "freshdesk": build_freshdesk(accounts=None, clock=Clock(), allow_loopback=False),  # type: ignore[arg-type]  # unused
    }


@contextmanager
def _seeded_ids(seed: int) -> Iterator[None]:
    """Ids and salts of the ledger come from the seed, too."""
    chance = random.Random(f"ids of {seed}")
    seeded = SimpleNamespace(token_bytes=chance.randbytes, token_hex=lambda count: chance.randbytes(count).hex())
    kept = moments.secrets, moments._count, chain.secrets
    moments.secrets, moments._count, chain.secrets = seeded, itertools.count(1), seeded  # type: ignore[assignment]  # stand-ins
    try:
        yield
    finally:
        moments.secrets, moments._count, chain.secrets = kept


# HTML is taken apart once: the same few texts are read again and again, and all of this is pure.
_REMEMBERED = tuple(
    (_text, name, functools.lru_cache(maxsize=4096)(getattr(_text, name)))
    for name in ("read", "write", "hidden_text", "comparable_html")
)


@contextmanager
def _in_place(names: tuple[tuple[Any, str, Any], ...]) -> Iterator[None]:
    """Other things stand where the names say."""
    kept = [(owner, name, getattr(owner, name)) for owner, name, _ in (*_REMEMBERED, *names)]
    for owner, name, other in (*_REMEMBERED, *names):
        setattr(owner, name, other)
    try:
        yield
    finally:
        for owner, name, original in kept:
            setattr(owner, name, original)


@contextmanager
def _logs_to(trace: Trace) -> Iterator[None]:
    kept = structlog.get_config()
    # All of it is set: what a test before left behind would change which lines are written, and with them the hash.
    structlog.configure(
        processors=[trace.log],
        wrapper_class=structlog.make_filtering_bound_logger(0),
        context_class=dict,
        logger_factory=structlog.ReturnLoggerFactory(),
        cache_logger_on_first_use=False,
    )
    try:
        yield
    finally:
        structlog.configure(**kept)
