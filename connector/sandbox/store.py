"""What an emulated helpdesk remembers: people, tickets, comments, audits. Plain records behind one lock."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from connector.sandbox.clock import SandboxClock
from connector.sandbox.journal import Entry, Journal

STAFF = frozenset({"agent", "admin"})


class ApiError(Exception):
    """An answer other than success: status, body (object or text) and headers, in the vendor's own shape."""

    def __init__(self, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status}: {body}")
        self.status = status
        self.body = body
        self.headers = dict(headers or {})


@dataclass(slots=True, kw_only=True)
class Person:
    """A user of the helpdesk: requester, agent or the integration's own user."""

    id: int
    name: str
    email: str | None
    role: str  # "end-user", "agent" or "admin"
    created_at: datetime
    updated_at: datetime
    verified: bool = True
    active: bool = True
    suspended: bool = False
    organization_id: int | None = None
    phone: str | None = None
    locale: str = "en-US"
    tags: list[str] = field(default_factory=list)
    fields: dict[str, Any] = field(default_factory=dict)

    @property
    def is_staff(self) -> bool:
        """True for agents and admins."""
        return self.role in STAFF


@dataclass(slots=True, kw_only=True)
class Comment:
    """One entry of a conversation. `kind`: message (of a customer), reply, note, survey or forward."""

    id: int
    ticket_id: int
    author_id: int
    kind: str
    public: bool
    html: str
    text: str
    created_at: datetime
    updated_at: datetime
    channel: str = "api"
    incoming: bool = False
    flags: list[int] = field(default_factory=list)
    attachments: list[dict[str, Any]] = field(default_factory=list)
    audit_id: int | None = None
    to: list[str] = field(default_factory=list)
    cc: list[str] = field(default_factory=list)
    auto_response: bool = False
    deleted: bool = False


@dataclass(slots=True, kw_only=True)
class Audit:
    """One update of a Zendesk ticket: its events and the metadata the writer sent along."""

    id: int
    ticket_id: int
    author_id: int
    created_at: datetime
    channel: str
    custom: dict[str, Any] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A ticket in its vendor's own vocabulary (status and priority: words on Zendesk, numbers on Freshdesk)."""

    id: int
    subject: str
    status: Any
    priority: Any
    requester_id: int
    submitter_id: int
    created_at: datetime
    updated_at: datetime
    generated_at: datetime
    type: str | None = None
    assignee_id: int | None = None
    group_id: int | None = None
    organization_id: int | None = None
    brand_id: int | None = None
    channel: Any = "email"
    via_rel: str | None = None
    tags: list[str] = field(default_factory=list)
    custom_fields: dict[str, Any] = field(default_factory=dict)
    cc: list[str] = field(default_factory=list)
    support_email: str | None = None
    external_id: str | None = None
    due_at: datetime | None = None
    problem_id: int | None = None
    association_type: int | None = None
    summary: str | None = None
    spam: bool = False
    deleted: bool = False
    archived: bool = False
    is_public: bool = True
    satisfaction: dict[str, Any] | None = None
    comments: list[Comment] = field(default_factory=list)
    audits: list[Audit] = field(default_factory=list)
    watchers: list[int] = field(default_factory=list)
    moments: dict[str, datetime] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def latest(self, *, public_only: bool = False) -> Comment | None:
        """The newest comment that was not deleted."""
        for comment in reversed(self.comments):
            if not comment.deleted and (comment.public or not public_only):
                return comment
        return None

    def comment(self, comment_id: int) -> Comment | None:
        """The comment with that id."""
        return next((c for c in self.comments if c.id == comment_id and not c.deleted), None)


@dataclass(slots=True)
class Sequence:
    """Numbers that only grow."""

    value: int
    step: int = 1

    def next(self) -> int:
        """The next number."""
        self.value += self.step
        return self.value


class Store:
    """State of one vendor. Hold `lock` around every read or change that belongs together."""

    def __init__(
        self, *, vendor: str, clock: SandboxClock, journal: Journal, first_ticket: int, first_person: int
    ) -> None:
        self.vendor = vendor
        self.clock = clock
        self.journal = journal
        self.lock = threading.RLock()
        self.tickets: dict[int, Ticket] = {}
        self.people: dict[int, Person] = {}
        self.integration_ids: set[int] = set()
        self.ticket_ids = Sequence(first_ticket - 1)
        self.person_ids = Sequence(first_person - 1, 3)
        self.comment_ids = Sequence(first_person + 500_000_000, 7)
        self.other_ids = Sequence(first_person + 900_000_000, 3)
        self._ids_by_email: dict[str, int] = {}

    def add_person(self, *, name: str, email: str | None, role: str = "end-user", **rest: Any) -> Person:
        """Adds somebody and returns the record."""
        now = self.clock.now()
        person = Person(
            id=self.person_ids.next(), name=name, email=email, role=role, created_at=now, updated_at=now, **rest
        )
        self.people[person.id] = person
        if email:
            self._ids_by_email[email.lower()] = person.id
        return person

    def person_by_email(self, email: str) -> Person | None:
        """Whoever has this address, in any letter case."""
        person_id = self._ids_by_email.get(email.lower())
        return None if person_id is None else self.people.get(person_id)

    def rename_email(self, person: Person, email: str | None) -> None:
        """Gives a person another address."""
        if person.email:
            self._ids_by_email.pop(person.email.lower(), None)
        person.email = email
        if email:
            self._ids_by_email[email.lower()] = person.id

    def find_or_add(self, who: Mapping[str, Any]) -> Person:
        """The end user with that address, added when new; `verified`, if given, is set either way."""
        email = who.get("email")
        person = self.person_by_email(str(email)) if email else None
        if person is None:
            name = str(who.get("name") or (str(email).split("@")[0] if email else "Customer"))
            person = self.add_person(name=name, email=str(email) if email else None)
        if "verified" in who:
            person.verified = bool(who["verified"])
        if "organization_id" in who:
            person.organization_id = who["organization_id"]
        if who.get("locale"):
            person.locale = str(who["locale"])
        return person

    def agent(self) -> Person:
        """The human agent who acts in the control API and the agent view unless another is named."""
        return next(p for p in self.people.values() if p.is_staff and p.id not in self.integration_ids)

    def bot(self) -> Person:
        """The integration's own user."""
        return self.people[min(self.integration_ids)]

    def actor_word(self, person_id: int | None) -> str:
        """How the journal calls this person."""
        if person_id in self.integration_ids:
            return "integration"
        person = self.people.get(person_id) if person_id is not None else None
        if person is None:
            return "system"
        return "agent" if person.is_staff else "requester"

    def note_change(self, ticket: Ticket, verb: str, actor_id: int | None, **rest: Any) -> Entry:
        """Writes one line into the journal."""
        return self.journal.record(
            at=self.clock.now(),
            vendor=self.vendor,
            ticket=ticket.id,
            actor_id=actor_id,
            actor=self.actor_word(actor_id),
            verb=verb,
            **rest,
        )
