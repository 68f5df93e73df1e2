"""What the emulated Zendesk account holds besides tickets and people, and the switches tests may turn."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connector.sandbox.apps import ZendeskApp
from connector.sandbox.clock import SandboxClock
from connector.sandbox.journal import Journal
from connector.sandbox.limits import Limits
from connector.sandbox.store import Person, Store
from connector.sandbox.webhooks import Deliveries
from connector.sandbox.zendesk import samples

FIRST_PERSON = 8_447_388_090_001
STATUSES = ("new", "open", "pending", "hold", "solved", "closed")


@dataclass(slots=True, kw_only=True)
class Settings:
    """Behaviour that differs between real accounts, or that a test wants to switch."""

    incremental_lag_seconds: int = 60
    token_seconds: int = 1800
    refresh_seconds: int = 2_592_000
    comment_event_on_create: bool = True
    """Whether `created` also brings `comment_added`; no source says so, both readings must be survived."""
    enforce_scopes: bool = True
    calls_per_minute: int = 700
    agent_locale: str = "en-US"
    """The language of the agent who looks at a ticket."""
    updates_per_minute: int = 100
    updates_per_ticket_in_10_minutes: int = 30
    incremental_per_minute: int = 10
    max_comments: int = 5000
    survey_csat: bool = False
    """Whether customers answer the newer surveys, whose answers stand on no ticket; only one kind is ever active."""
    survey_filter_in_milliseconds: bool = True
    """How the list of survey responses reads a time; no source says so, both readings must be survived."""


@dataclass(slots=True, kw_only=True)
class Credentials:
    """Random at each start; nothing here works anywhere else."""

    client_id: str
    client_secret: str
    email: str
    api_token: str
    bot_user_id: int
    agent_email: str
    agent_api_token: str


@dataclass(slots=True, kw_only=True)
class Webhook:
    """A webhook as the API keeps it, and its secret."""

    id: str
    fields: dict[str, Any]
    secret: str
    created_at: datetime
    updated_at: datetime
    created_by: str
    copies: int = 1


@dataclass(slots=True, kw_only=True)
class Account:
    """The whole state of one emulated Zendesk account."""

    store: Store
    settings: Settings
    limits: Limits
    deliveries: Deliveries
    credentials: Credentials
    account_id: int = 22_129_848
    app: ZendeskApp | None = None
    url: str = ""
    groups: list[dict[str, Any]] = field(default_factory=list)
    organizations: list[dict[str, Any]] = field(default_factory=list)
    brands: list[dict[str, Any]] = field(default_factory=list)
    macros: list[dict[str, Any]] = field(default_factory=list)
    ticket_fields: list[dict[str, Any]] = field(default_factory=list)
    custom_statuses: list[dict[str, Any]] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    suspended: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[dict[str, Any]] = field(default_factory=list)
    survey_responses: list[dict[str, Any]] = field(default_factory=list)
    webhooks: dict[str, Webhook] = field(default_factory=dict)
    triggers: list[dict[str, Any]] = field(default_factory=list)
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    idempotency: dict[str, tuple[datetime, str, Any]] = field(default_factory=dict)

    def find(self, kind: str, record_id: int) -> dict[str, Any] | None:
        """The record of a list ("groups", "brands", ...) with that id."""
        records: list[dict[str, Any]] = getattr(self, kind)
        return next((r for r in records if r["id"] == record_id), None)


def open_account(*, clock: SandboxClock, journal: Journal, deliveries: Deliveries, first_ticket: int) -> Account:
    """A fresh account with two agents, the integration's user and a small help centre."""
    store = Store(vendor="zendesk", clock=clock, journal=journal, first_ticket=first_ticket, first_person=FIRST_PERSON)
    agent = store.add_person(name="Ines Vogel", email="ines@northwind.example", role="agent")
    store.add_person(name="Tomas Reyes", email="tomas@northwind.example", role="admin")
    bot = store.add_person(name="Support Assistant", email="assistant@northwind.example", role="admin")
    store.integration_ids.add(bot.id)
    account = Account(
        store=store,
        settings=Settings(),
        limits=Limits(clock.now),
        deliveries=deliveries,
        credentials=_credentials(bot, agent),
    )
    samples.fill(account, clock.now())
    return account


def _credentials(bot: Person, agent: Person) -> Credentials:
    return Credentials(
        client_id=f"assistant_{secrets.token_hex(4)}",
        client_secret=secrets.token_hex(32),
        email=str(bot.email),
        api_token=secrets.token_urlsafe(30),
        bot_user_id=bot.id,
        agent_email=str(agent.email),
        agent_api_token=secrets.token_urlsafe(30),
    )
