"""The helpdesk's own state: tickets with their whole past, and the journal that is the judge of every run.

Vendor-free; `zendesk.py` and `freshdesk.py` speak the two APIs over it. Times are true seconds since the start.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

BOT = 9_000
"""The user id of the connector, on every helpdesk."""

AGENT = 8_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A customer as the helpdesk knows him."""

    id: int
    name: str
    email: str
    verified: bool


@dataclass(slots=True, kw_only=True)
class Entry:
    """One comment. `html` is what was posted; `marker` is what stands in the audit's metadata."""

    id: int
    at: float
    author: int
    public: bool
    html: str
    marker: str = ""
    removed_at: float | None = None

    @property
    def text(self) -> str:
        """The words without markup."""
        return _plain(self.html)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fields:
    """What a ticket says of itself, from `at` on."""

    at: float
    status: str = "open"
    priority: str = "normal"
    tags: tuple[str, ...] = ()
    assignee: int | None = None
    group: int | None = None


@dataclass(slots=True, kw_only=True)
class Ticket:
    """A ticket: fields in all their versions, newest last, and entries, oldest first."""

    id: int
    subject: str
    requester: Person
    created_at: float
    copied: tuple[int, ...] = ()
    versions: list[Fields] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    def fields(self, at: float) -> Fields:
        """The fields as they were then."""
        return next((version for version in reversed(self.versions) if version.at <= at), self.versions[0])

    def seen(self, at: float) -> list[Entry]:
        """The entries that stood there then."""
        return [
            entry for entry in self.entries if entry.at <= at and (entry.removed_at is None or entry.removed_at > at)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """One line of the journal: something that the connector did to a ticket, when, and on whose behalf it says."""

    at: float
    left_at: float  # when the request left us
    by: str  # the worker
    account: str
    ticket: int
    verb: str  # note, reply, removed
    entry: int
    text: str
    marker: str


class Helpdesk:
    """One account's helpdesk. `changed(ticket, kind, author)` is called after each change, to make webhooks of it."""

    def __init__(self, account: str, now: Callable[[], float], journal: list[Posted]) -> None:
        self.account = account
        self.now = now
        self.journal = journal
        self.tickets: dict[int, Ticket] = {}
        self.people: dict[int, Person] = {}
        self.changed: Callable[[Ticket, str, int], None] = lambda _ticket, _kind, _author: None
        self.next_id = 101

    def open(self, ticket_id: int, subject: str, html: str, requester: Person, copied: tuple[int, ...] = ()) -> Entry:
        """A customer writes in."""
        now = self.now()
        self.people[requester.id] = requester
        ticket = Ticket(id=ticket_id, subject=subject, requester=requester, created_at=now, copied=copied)
        ticket.versions.append(Fields(at=now))
        self.tickets[ticket_id] = ticket
        return self.add(ticket, author=requester.id, public=True, html=html, kind="created")

    def add(
        self, ticket: Ticket, *, author: int, public: bool, html: str, marker: str = "", kind: str = "comment"
    ) -> Entry:
        """Somebody comments. A customer's word opens the ticket again."""
        entry = Entry(id=self.next_id, at=self.now(), author=author, public=public, html=html, marker=marker)
        self.next_id += 1
        ticket.entries.append(entry)
        self.change(ticket, author=author, kind=kind, **({"status": "open"} if author < AGENT else {}))
        return entry

    def change(self, ticket: Ticket, *, author: int, kind: str = "changed", **fields: object) -> None:
        """Somebody changes fields; the stamp moves even where nothing differs."""
        old = ticket.versions[-1]
        values = {name: getattr(old, name) for name in ("status", "priority", "tags", "assignee", "group")}
        ticket.versions.append(Fields(at=self.now(), **{**values, **fields}))  # type: ignore[arg-type]  # by name
        self.changed(ticket, kind, author)

    def remove(self, entry_id: int) -> bool:
        """Take a note away; False when it is not there."""
        for ticket in self.tickets.values():
            for entry in ticket.entries:
                if entry.id == entry_id and entry.removed_at is None:
                    entry.removed_at = self.now()
                    self.change(ticket, author=BOT)
                    return True
        return False


def _plain(html: str) -> str:
    text = re.sub(r"<(?:br|/p|/div|/li)[^>]*>", "\n", html)
    text = re.sub(r"<[^>]+>", "", text)
    for name, sign in (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&#39;", "'"), ("&amp;", "&")):
        text = text.replace(name, sign)
    return text
