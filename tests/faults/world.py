"""One ticket's flow in one process, with a manual clock, that can be killed at every step and started again.

Everything is real (SQLite ledger, sandbox helpdesk over sockets, providers, policy, drafting) but the reading of
the text: a scripted triage keeps the sweeps about the protocol.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

import providers
from connector import starters
from connector.answer import Answerer
from connector.drafting import parse_templates
from connector.intents import parse_catalogue
from connector.knowledge import FolderKnowledge
from connector.ledger import open_ledger
from connector.lookups import FileLookup
from connector.model import (
    FLOOR_INTENTS,
    Account,
    AccountConfig,
    Event,
    EventKind,
    Priority,
    Sentiment,
    Stage,
    Ticket,
    Triage,
)
from connector.outbox import Outbox
from connector.pipeline import Pipeline
from connector.policy.reasons import parse_reasons
from connector.ports import TriageContext
from connector.records import Claim, Delivery, Goal, Verdict
from connector.rulebook import Rulebook
from connector.sandbox import Sandbox

KEY = "a key for the tests of crashes"
ORDER = "48551"
CUSTOMER = {"name": "Mara Lindqvist", "email": "mara.lindqvist@example.com", "verified": True}
AMBIGUITY_SECONDS = 120.0
LEASE_SECONDS = 60.0


class Crashed(BaseException):
    """The process dies here. Not an Exception: nothing may catch it."""


class ManualClock:
    """Time stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 20, 9, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class ScriptedTriager:
    """Every ticket asks for the status of the customer's own order."""

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        return Triage(
            intent="order_status",
            confidence=0.99,
            ranked=(("order_status", 0.99),),
            human_only_probability=0.001,
            out_of_scope=0.0,
            language="en",
            sentiment=Sentiment.NEUTRAL,
            priority=Priority.NORMAL,
            facts={"order_number": ORDER},
            hits=(),
            model="scripted",
        )


@dataclass
class Steps:
    """Counts the steps of the flow and strikes at one of them. `log` names every step passed."""

    crash_at: int | None = None
    crash_when: Callable[[str], bool] | None = None
    on_http: Callable[[int], None] | None = None
    on_step: Callable[[str], None] | None = None
    log: list[str] = field(default_factory=list)
    http_count: int = 0

    def point(self, name: str) -> None:
        self.log.append(name)
        if self.on_step is not None:
            self.on_step(name)
        if self.crash_at is not None and len(self.log) == self.crash_at:
            raise Crashed(name)
        if self.crash_when is not None and self.crash_when(name):
            self.crash_when = None
            raise Crashed(name)

    def http(self, name: str) -> None:
        self.http_count += 1
        if self.on_http is not None:
            self.on_http(self.http_count)
        self.point(f"before {name}")


class Watched:
    """A port whose every call is a step: before it, and after it has returned."""

    def __init__(self, name: str, port: Any, steps: Steps) -> None:
        self._name, self._port, self._steps = name, port, steps

    def __getattr__(self, verb: str) -> Any:
        inner = getattr(self._port, verb)

        def call(*args: Any, **kwargs: Any) -> Any:
            self._steps.point(f"before {self._name}.{verb}")
            answer = inner(*args, **kwargs)
            self._steps.point(f"after {self._name}.{verb}")
            return answer

        return call


class WatchedLedger:
    """The ledger with the verbs that write watched."""

    def __init__(self, ledger: Any, steps: Steps) -> None:
        self.inbox = Watched("inbox", ledger.inbox, steps)
        self.work = Watched("work", ledger.work, steps)
        self.watch = Watched("watch", ledger.watch, steps)
        self.decisions, self.accounts, self.policies = ledger.decisions, ledger.accounts, ledger.policies
        self.models = ledger.models
        self.sidebar = Watched("sidebar", ledger.sidebar, steps)


@dataclass
class World:
    """A sandbox, a data folder, and a process that can die."""

    sandbox: Sandbox
    vendor: str
    home: Path
    clock: ManualClock
    steps: Steps
    outbox: type[Outbox] = Outbox
    prepare_provider: Callable[[Any], Any] = lambda provider: provider
    ticket_id: str = ""
    lag_seconds: float = 0.0

    def __post_init__(self) -> None:
        self.ledger: Any = None
        self._opened: list[Any] = []
        self.pipeline: Pipeline | None = None
        self.start()

    # --- the process ------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the process on what is on disk."""
        self.ledger = open_ledger(f"sqlite:///{self.home / 'handrail.db'}", keys=(KEY,))
        self.ledger.migrate()
        self.pipeline = self.build(self.outbox)

    def build(self, outbox: type[Outbox]) -> Pipeline:
        ledger: Any = WatchedLedger(self.ledger, self.steps)
        provider = providers.build(
            self.vendor,
            accounts=self.ledger.accounts,
            clock=self.clock,
            allow_loopback=True,
            monotonic=lambda: self.clock().timestamp(),
        )
        self._opened.append(provider)
        rulebook = Rulebook(ledger=ledger, catalogue=CATALOGUE, words=WORDS)
        return Pipeline(
            ledger=ledger,
            providers={self.vendor: self.prepare_provider(provider)},
            answerer=Answerer(
                ledger=ledger,
                rulebook=rulebook,
                catalogue=CATALOGUE,
                templates=TEMPLATES,
                triager=ScriptedTriager(),
                knowledge=FolderKnowledge({}),
                lookup=FileLookup(self.home / "lookups.json"),
                chance=random.Random(7),
            ),
            outbox=outbox(
                ledger=ledger, rules=rulebook, ambiguity_seconds=AMBIGUITY_SECONDS, lag_seconds=self.lag_seconds
            ),
            lease_seconds=LEASE_SECONDS,
            account_cap=16,
            chance=random.Random(7),
        )

    def restart(self) -> None:
        """The machine comes back after the crash."""
        self.close()
        self.start()

    def close(self) -> None:
        for provider in self._opened:
            provider.close()
        self._opened.clear()
        self.ledger.close()

    # --- the flow ---------------------------------------------------------------------------------

    def customer_writes(self) -> None:
        number = self.sandbox.add_ticket(
            self.vendor,
            subject="Where is my order?",
            body=f"Hello, where is my order {ORDER}? Thanks, Mara",
            requester=CUSTOMER,
            channel="email",
            notify=False,
        )
        self.ticket_id = str(number)
        self.clock.advance(3)

    def deliver(self, key: str = "d-1") -> None:
        """The helpdesk delivers its webhook, again if it got no answer."""
        event = Event(key=key, ticket_id=self.ticket_id, kind=EventKind.CREATED, vendor_kind="created")
        delivery = Delivery(account_id="acme", event=event, received_at=self.clock(), due_at=self.clock())
        try:
            self.pipeline.ledger.inbox.receive(delivery)
        except Crashed:
            self.restart()
            self.pipeline.ledger.inbox.receive(delivery)

    def run(self) -> None:
        """From the delivery until nothing is left to do, over one crash at most."""
        self.deliver()
        for _ in range(40):
            try:
                self.pipeline.step(self.clock())
            except Crashed:
                self.restart()
            if self.quiet():
                return
            self.clock.advance(40)
        raise AssertionError(f"did not come to rest: {self.ledger.work.backlog(now=self.clock())}")

    def quiet(self) -> bool:
        backlog = self.ledger.work.backlog(now=self.clock())
        return not (backlog.waiting_events or backlog.unsettled_effects or self.ledger.work.next_due_at())

    def claim(self) -> Claim:
        claim = self.ledger.work.claim(now=self.clock(), lease_seconds=LEASE_SECONDS, account_cap=16)
        assert claim is not None
        return claim

    # --- the judge --------------------------------------------------------------------------------

    @property
    def notes(self) -> int:
        """Notes of ours that stand on the ticket now (a removed twin does not)."""
        return self._count("notes")

    @property
    def replies(self) -> int:
        return len(self.sandbox.journal.replies(int(self.ticket_id), vendor=self.vendor))

    def _count(self, kind: str) -> int:
        ours = self.sandbox.journal.notes(int(self.ticket_id), vendor=self.vendor)
        removed = self.sandbox.journal.entries(vendor=self.vendor, ticket=int(self.ticket_id), verb="note_deleted")
        return len(ours) - len(removed)

    def violations(self, mode: str) -> list[str]:
        """What is wrong with how the flow ended; empty when the invariants hold."""
        found = []
        if self.replies > 1:
            found.append(f"{self.replies} replies to one message")
        if self.notes > 1:
            found.append(f"{self.notes} notes for one decision")
        if not self.notes + self.replies:
            found.append("silence: neither a note nor a reply")
        if mode == "note" and self.replies:
            found.append("a reply that nobody allowed")
        return found


CATALOGUE = parse_catalogue(starters.folder("intents"))
WORDS = parse_reasons(starters.text("reasons.toml"))
TEMPLATES = parse_templates(starters.folder("templates"))


def policy_text(mode: str) -> str:
    """The starter policy with an owner; order questions live where replies are wanted."""
    from connector.policy.document import parse_policy, render_policy, with_stage

    tiers = {intent.key: intent.tier for intent in CATALOGUE}
    policy = parse_policy(
        starters.text("policy.toml"), catalogue_tiers=tiers, floor_intents=FLOOR_INTENTS, default_owner="Ana Ruiz"
    )
    policy = replace(policy, defaults=replace(policy.defaults, owner="Ana Ruiz"))
    if mode == "reply":
        goal = ("first response under 30 minutes",)
        rule = replace(policy.intents["order_status"], goals=goal)
        policy = replace(policy, intents={**policy.intents, "order_status": rule})
        policy = with_stage(policy, "order_status", Stage.LIVE)
    return render_policy(policy)


def prepare(home: Path, sandbox: Sandbox, vendor: str, mode: str) -> None:
    """A data folder as the account would have it: connected, policy published, certified where replies are wanted."""
    clock = ManualClock()
    ledger = open_ledger(f"sqlite:///{home / 'handrail.db'}", keys=(KEY,))
    ledger.migrate()
    secrets = sandbox.credentials[vendor]
    credentials = (
        {"kind": "api_token", "email": secrets["email"], "api_token": secrets["api_token"]}
        if vendor == "zendesk"
        else {"kind": "api_key", "api_key": secrets["api_key"]}
    )
    ledger.accounts.add(
        Account(
            id="acme",
            name="acme",
            vendor=vendor,
            base_url=sandbox.helpdesk(vendor).url,
            stage=Stage.LIVE,
            bot_user_id=str(secrets["bot_user_id"]),
            config=AccountConfig(company="Nordlicht", link_hosts=frozenset({"track.nordlicht.example"})),
            default_owner="Ana Ruiz",
            credentials=credentials,
            webhook_secrets=("a secret that only the helpdesk knows",),
        ),
        now=clock(),
    )
    ledger.policies.publish("acme", policy_text(mode), by="test", comment="", now=clock())
    if mode == "reply":
        template = policy_template()
        ledger.policies.freeze_goal(
            Goal(account_id="acme", intent="order_status", text="faster", frozen_at=clock(), frozen_by="test")
        )
        ledger.policies.add_verdicts(
            Verdict(
                account_id="acme",
                ticket_id=f"past-{number}",
                intent="order_status",
                template=template,
                verdict="right",
                who="Ines",
                given_at=clock() - timedelta(days=1),
            )
            for number in range(1000)
        )
    ledger.close()
    rows = [
        {
            "kind": "order",
            "reference": ORDER,
            "email": CUSTOMER["email"],
            "facts": {
                "order_number": ORDER,
                "status": "shipped",
                "carrier": "Parcelkite",
                "tracking_number": "PK-4021983310",
            },
        }
    ]
    (home / "lookups.json").write_text(json.dumps(rows))


def policy_template() -> str:
    from connector.policy.document import parse_policy

    tiers = {intent.key: intent.tier for intent in CATALOGUE}
    policy = parse_policy(policy_text("reply"), catalogue_tiers=tiers, floor_intents=FLOOR_INTENTS)
    return policy.intents["order_status"].template


@contextmanager
def watched_http(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every HTTP call of a provider is a step: before it leaves, and after its answer came."""
    send = requests.Session.send

    def watched(session: requests.Session, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        name = f"{request.method} {request.path_url.partition('?')[0]}"
        steps.http(name)
        answer = send(session, request, **options)
        try:
            steps.point(f"after {name}")
        except Crashed:
            answer.close()  # the kernel would do it
            raise
        return answer

    with monkeypatch.context() as patch:
        patch.setattr(requests.Session, "send", watched)
        yield


def copy_home(prepared: Path, home: Path) -> Path:
    """A fresh copy of a prepared data folder."""
    shutil.copytree(prepared, home)
    return home
