"""The judge: an append-only list of everything that changed, and of every call that was made."""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from connector.sandbox.clock import stamp

INTEGRATION = "integration"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One state change. `actor` is "integration", "agent", "requester" or "system"; `id` is the vendor's."""

    number: int
    at: datetime
    vendor: str
    ticket: int
    actor_id: int | None
    actor: str
    verb: str
    id: int | None = None
    audit: int | None = None
    text: str = ""
    before: Any = None
    after: Any = None
    metadata: dict[str, Any] = field(default_factory=dict)

    @property
    def by_integration(self) -> bool:
        """True when the integration's own user did it."""
        return self.actor == INTEGRATION

    def as_json(self) -> dict[str, Any]:
        """The entry for the control API."""
        exact = self.at.isoformat()
        return {**asdict(self), "at": stamp(self.at), "exact": exact, "by_integration": self.by_integration}


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One HTTP request to an emulated API. `status` 0 means that it got no answer; `fault` names why."""

    at: datetime
    vendor: str
    method: str
    path: str
    query: str
    ticket: int | None
    status: int
    fault: str | None = None


class Journal:
    """Every state change and every call, in order. Shared by threads; entries are never changed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._calls: list[Call] = []

    def record(
        self, *, at: datetime, vendor: str, ticket: int, actor_id: int | None, actor: str, verb: str, **rest: Any
    ) -> Entry:
        """Appends one change and returns it; `rest` are the optional fields of `Entry`."""
        with self._lock:
            entry = Entry(
                number=len(self._entries) + 1,
                at=at,
                vendor=vendor,
                ticket=ticket,
                actor_id=actor_id,
                actor=actor,
                verb=verb,
                **rest,
            )
            self._entries.append(entry)
            return entry

    def count_call(self, call: Call) -> None:
        """Appends one call."""
        with self._lock:
            self._calls.append(call)

    def clear(self) -> None:
        """Forgets everything; only `reset` of the whole sandbox does this."""
        with self._lock:
            self._entries.clear()
            self._calls.clear()

    def entries(
        self, *, vendor: str | None = None, ticket: int | None = None, verb: str | None = None, by: str | None = None
    ) -> list[Entry]:
        """Changes that fit all given conditions, oldest first; `by` is an actor ("integration")."""
        with self._lock:
            entries = list(self._entries)
        return [
            entry
            for entry in entries
            if (vendor is None or entry.vendor == vendor)
            and (ticket is None or entry.ticket == ticket)
            and (verb is None or entry.verb == verb)
            and (by is None or entry.actor == by)
        ]

    def notes(self, ticket: int, vendor: str | None = None, by: str | None = INTEGRATION) -> list[Entry]:
        """Internal notes on a ticket, by default those of the integration; `by=None` for everybody's."""
        return self.entries(vendor=vendor, ticket=ticket, verb="note", by=by)

    def replies(self, ticket: int, vendor: str | None = None, by: str | None = INTEGRATION) -> list[Entry]:
        """Public replies on a ticket, by default those of the integration; `by=None` for all agents'."""
        return self.entries(vendor=vendor, ticket=ticket, verb="reply", by=by)

    def calls(
        self,
        *,
        vendor: str | None = None,
        ticket: int | None = None,
        method: str | None = None,
        path: str | None = None,
    ) -> list[Call]:
        """Calls that fit all given conditions, oldest first; `path` is compared as a part of the path."""
        with self._lock:
            calls = list(self._calls)
        return [
            call
            for call in calls
            if (vendor is None or call.vendor == vendor)
            and (ticket is None or call.ticket == ticket)
            and (method is None or call.method == method.upper())
            and (path is None or path in call.path)
        ]

    def call_counts(self, vendor: str | None = None) -> dict[str, int]:
        """Number of calls by "METHOD path"."""
        return dict(Counter(f"{call.method} {call.path}" for call in self.calls(vendor=vendor)))
