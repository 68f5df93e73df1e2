"""The connector itself, as it is deployed: a receiving side and workers over one ledger. All of it is the real code
but what `reading.py` stands in for.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from connector.errors import HandrailError, StoreError, WebhookRejected
from connector.knowledge import FolderKnowledge
from connector.lookups import open_lookup
from connector.model import Account, RawRequest
from connector.outbox import Outbox
from connector.pipeline import Pipeline
from connector.ports import Provider
from connector.reconcile import Reconciler
from connector.records import Delivery
from connector.rulebook import Rulebook
from connector.watchdog import Watchdog
from connector.worker import Worker
from providers.freshdesk.client import Client as FreshdeskClient
from providers.freshdesk.provider import Freshdesk
from providers.zendesk.client import Client as ZendeskClient
from providers.zendesk.oauth import Tokens
from providers.zendesk.provider import Zendesk
from tests.faults.world import CATALOGUE, TEMPLATES, WORDS
from tests.simulation.reading import ScriptedModel, ScriptedTriager, SimulatedAnswerer

if TYPE_CHECKING:
    from tests.simulation.world import World

SETTLE_SECONDS = 15.0
AMBIGUITY_SECONDS = 120.0
LAG_SECONDS = 10.0
LEASE_SECONDS = 45.0
"""Shorter than a slow model may take: leases are lost in the middle of the work."""
POLL_SECONDS = 300.0
ACCOUNT_CAP = 2
CHORE_SECONDS = 150.0


class Parts:
    """What the service is made of; a mutant puts its own in place of something."""

    statements: Mapping[str, tuple[str, str]] = {}
    names: tuple[tuple[Any, str, Any], ...] = ()
    outbox: type[Outbox] = Outbox
    pipeline: type[Pipeline] = Pipeline
    zendesk: type[Zendesk] = Zendesk
    freshdesk: type[Freshdesk] = Freshdesk

    @property
    def receives(self) -> type[Receiver]:
        """The receiving side."""
        return self.receiver or Receiver

    receiver: type[Receiver] | None = None


class Process:
    """One worker process from its start to its death."""

    def __init__(self, world: World, name: str) -> None:
        self.name = name
        self.idle = False
        self._world = world
        self._chance = random.Random(world.chance.random())
        self.worker = self._build(world.parts)

    def run(self) -> None:
        """Work until killed, like the threads of the embedded engine."""
        clock, chores_at = self._world.clock, 0.0
        while True:
            if clock.monotonic() >= chores_at:
                self._chores()
                chores_at = clock.monotonic() + CHORE_SECONDS
            while self._step():
                pass
            self.idle = True
            self._world.scheduler.wait(min(self._seconds_until_due(), max(0.0, chores_at - clock.monotonic())))
            self.idle = False

    def _chores(self) -> None:
        try:
            self.worker.chores(self._world.clock())
        except Exception as error:  # noqa: BLE001 - as the engine's thread for chores does
            self._world.trace.add(self.name, f"chores failed: {type(error).__name__}")

    def _step(self) -> bool:
        try:
            return self.worker.pipeline.step_one(self._world.clock())
        except Exception as error:  # noqa: BLE001 - as the engine's threads do; the lease brings the ticket back
            self._world.trace.add(self.name, f"step failed: {type(error).__name__}")
            return False

    def _seconds_until_due(self) -> float:
        try:
            due_at = self.worker.pipeline.ledger.work.next_due_at()
        except StoreError:
            return 1.0
        if due_at is None:
            return CHORE_SECONDS
        return max(1.0, (due_at - self._world.clock()).total_seconds())

    def _build(self, parts: Parts) -> Worker:
        world, ledger = self._world, self._world.ledger
        providers = self._providers(parts)
        rulebook = Rulebook(ledger=ledger, catalogue=CATALOGUE, words=WORDS, _parsed=world.parsed)
        model = ScriptedModel(world.scheduler, world.plan, self._chance)
        answerer = SimulatedAnswerer(
            ledger=ledger,
            rulebook=rulebook,
            catalogue=CATALOGUE,
            templates=TEMPLATES,
            triager=ScriptedTriager(),
            knowledge=FolderKnowledge({}),
            lookup=open_lookup(""),
            drafter=model,
            reader=model if world.plan.reader else None,
            chance=self._chance,
            monotonic=lambda: world.clock.seconds,
        )
        pipeline = parts.pipeline(
            ledger=ledger,
            providers=providers,
            answerer=answerer,
            outbox=parts.outbox(
                ledger=ledger, rules=rulebook, ambiguity_seconds=AMBIGUITY_SECONDS, lag_seconds=LAG_SECONDS
            ),
            lease_seconds=LEASE_SECONDS,
            account_cap=ACCOUNT_CAP,
            chance=self._chance,
        )
        reconciler = Reconciler(
            ledger=ledger, providers=providers, every_seconds=POLL_SECONDS, settle_seconds=SETTLE_SECONDS
        )
        return Worker(pipeline=pipeline, reconciler=reconciler, watchdog=Watchdog(ledger=ledger))

    def _providers(self, parts: Parts) -> dict[str, Provider]:
        network, clock = self._world.network, self._world.clock
        http = network.http("Zendesk", self.name)
        tokens = Tokens(http, self._world.ledger.accounts, clock)
        zendesk = parts.zendesk(http, ZendeskClient(http, tokens, allow_loopback=False), clock)
        other = network.http("Freshdesk", self.name)
        freshdesk = parts.freshdesk(other, FreshdeskClient(other, allow_loopback=False), clock)
        return {"zendesk": zendesk, "freshdesk": freshdesk}


class Receiver:
    """The receiving side: what `connector/web/webhooks.py` does with a request, without Flask around it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.accepted: list[tuple[str, str]] = []  # (account, key) of what was answered with 202
        self.broken: list[str] = []  # errors that would have been a 500

    def receive(self, account: Account, raw: RawRequest) -> int:
        """The status of the answer."""
        try:
            return self._receive(account, raw)
        except WebhookRejected as error:
            return error.status
        except StoreError:
            return 503
        except (HandrailError, Exception) as error:  # noqa: BLE001 - this is what the check is about
            self.broken.append(f"{type(error).__name__} for {raw.body[:60]!r}")
            return 500

    def _receive(self, account: Account, raw: RawRequest) -> int:
        world = self._world
        now = world.clock()
        provider = world.pure_providers[account.vendor]
        provider.verify(raw, account, now=now)
        event = provider.parse(raw, account, now=now)
        self.store(
            Delivery(
                account_id=account.id, event=event, received_at=now, due_at=now + timedelta(seconds=SETTLE_SECONDS)
            )
        )
        self.accepted.append((account.id, event.key))
        return 202

    def store(self, delivery: Delivery) -> None:
        """Durable when this returns."""
        self._world.ledger.inbox.receive(delivery)
