"""What the emulated Freshdesk account holds besides tickets and contacts, and the switches tests may turn."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.apps import FreshdeskApp
from connector.sandbox.clock import SandboxClock
from connector.sandbox.freshdesk import samples
from connector.sandbox.journal import Journal
from connector.sandbox.limits import Limits
from connector.sandbox.store import Store
from connector.sandbox.webhooks import Deliveries

FIRST_PERSON = 67_000_481_001
"""Above 2^31, as on real accounts (reference 7.18)."""
OPEN, PENDING, RESOLVED, CLOSED = 2, 3, 4, 5
STATUS_LABELS = {2: "Open", 3: "Pending", 4: "Resolved", 5: "Closed", 6: "Waiting on Customer"}
PRIORITY_LABELS = {1: "Low", 2: "Medium", 3: "High", 4: "Urgent"}
SOURCE_LABELS = {
    1: "Email",
    2: "Portal",
    3: "Phone",
    4: "Forum",
    5: "Twitter",
    6: "Facebook",
    7: "Chat",
    9: "Feedback Widget",
    10: "Outbound Email",
    12: "Bot",
    13: "Whatsapp",
    15: "Web Chat",
}
SOURCE_OF_CHANNEL = {
    "email": 1,
    "web": 2,
    "portal": 2,
    "phone": 3,
    "chat": 7,
    "widget": 9,
    "outbound": 10,
    "social": 5,
    "whatsapp": 13,
    "api": 2,
    "webchat": 15,
}


@dataclass(slots=True, kw_only=True)
class Settings:
    """Behaviour that differs between real accounts, or that a test wants to switch."""

    calls_per_minute: int = 700
    agent_locale: str = "en-US"
    """The language of the agent who looks at a ticket."""
    ticket_updates_per_minute: int = 280
    ticket_lists_per_minute: int = 200
    required_for_agents: list[str] = field(default_factory=list)
    required_for_closure: list[str] = field(default_factory=list)
    reopen_on_customer_reply: bool = True
    """The default rule of most accounts; no source says that it is always on."""


@dataclass(slots=True, kw_only=True)
class Credentials:
    """Random at each start; nothing here works anywhere else."""

    api_key: str
    agent_api_key: str
    bot_user_id: int


@dataclass(slots=True, kw_only=True)
class HookRule:
    """One automation rule with the action "Trigger Webhook".

    kind: 1 ticket creation, 4 ticket updates. performer: 1 agent, 2 requester, 3 either, 4 system.
    authentication: "header" (X-Handrail-Secret), "basic" (secret as password), "url" (last segment), "none".
    content: "advanced" (`template`) or "simple". ids: "string" or "number" in the advanced template.
    """

    id: int
    name: str
    kind: int
    performer: int
    url: str
    secret: str | None
    authentication: str = "header"
    content: str = "advanced"
    ids: str = "string"
    template: str | None = None
    active: bool = True
    copies: int = 1
    events: tuple[str, ...] = ()


@dataclass(slots=True, kw_only=True)
class Account:
    """The whole state of one emulated Freshdesk account."""

    store: Store
    settings: Settings
    limits: Limits
    deliveries: Deliveries
    credentials: Credentials
    account_id: int = 318_077
    app: FreshdeskApp | None = None
    url: str = ""
    groups: list[dict[str, Any]] = field(default_factory=list)
    companies: list[dict[str, Any]] = field(default_factory=list)
    roles: list[dict[str, Any]] = field(default_factory=list)
    email_configs: list[dict[str, Any]] = field(default_factory=list)
    custom_fields: list[dict[str, Any]] = field(default_factory=list)
    categories: list[dict[str, Any]] = field(default_factory=list)
    folders: list[dict[str, Any]] = field(default_factory=list)
    articles: list[dict[str, Any]] = field(default_factory=list)
    canned_folders: list[dict[str, Any]] = field(default_factory=list)
    canned_responses: list[dict[str, Any]] = field(default_factory=list)
    ratings: list[dict[str, Any]] = field(default_factory=list)
    time_entries: list[dict[str, Any]] = field(default_factory=list)
    statuses: dict[int, str] = field(default_factory=lambda: dict(STATUS_LABELS))
    rules: list[HookRule] = field(default_factory=list)

    def find(self, kind: str, record_id: int) -> dict[str, Any] | None:
        """The record of a list ("groups", "companies", ...) with that id."""
        records: list[dict[str, Any]] = getattr(self, kind)
        return next((r for r in records if r["id"] == record_id), None)


def open_account(*, clock: SandboxClock, journal: Journal, deliveries: Deliveries, first_ticket: int) -> Account:
    """A fresh account with two agents, the integration's own agent and a small knowledge base."""
    store = Store(
        vendor="freshdesk", clock=clock, journal=journal, first_ticket=first_ticket, first_person=FIRST_PERSON
    )
    store.add_person(name="Marta Lindqvist", email="marta@northwind.example", role="agent")
    store.add_person(name="Jonas Berger", email="jonas@northwind.example", role="admin")
    bot = store.add_person(name="Support Assistant", email="assistant@northwind.example", role="agent")
    store.integration_ids.add(bot.id)
    account = Account(
        store=store,
        settings=Settings(),
        limits=Limits(clock.now),
        deliveries=deliveries,
        credentials=Credentials(
            api_key=secrets.token_urlsafe(16), agent_api_key=secrets.token_urlsafe(16), bot_user_id=bot.id
        ),
    )
    samples.fill(account, clock.now())
    return account
