"""The console as a `Provider`: tickets in memory, read from a JSON file on first use; writes are printed."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

from connector.errors import (
    ConfigurationError,
    CredentialsRejected,
    TicketChanged,
    TicketGone,
    WebhookRejected,
)
from connector.model import (
    Account,
    Comment,
    Effect,
    EffectKind,
    Event,
    EventKind,
    HistoryPage,
    PastMetrics,
    Proof,
    RawRequest,
    Requester,
    Role,
    Ticket,
    Visibility,
)
from connector.ports import (
    CallStanding,
    Capabilities,
    Check,
    CheckState,
    Clock,
    DocumentPage,
    Guarantee,
    Inspection,
    Updates,
)
from providers._json import bounded_json
from providers._past import to_past
from providers._values import identifier, optional_moment
from providers.console.tickets import to_ticket

BOT_USER_ID = "1"


class Console:
    """All console accounts; each is a file of tickets. May be shared by threads."""

    name = "console"
    capabilities = Capabilities(note=Guarantee.CONDITIONAL, reply=Guarantee.CONDITIONAL, reading=0, writing=0)

    def __init__(self, *, clock: Clock, out: TextIO) -> None:
        self._clock = clock
        self._out = out
        self._desks: dict[str, dict[str, Ticket]] = {}
        self._posted: dict[str, Proof] = {}
        self._lock = threading.RLock()

    def load(self, account: Account, rows: Iterable[dict[str, Any]]) -> None:
        """Fill the account's desk with these tickets, as `tickets.py` describes them."""
        tickets = (to_ticket(account, row, now=self._clock()) for row in rows)
        with self._lock:
            self._desks[account.id] = {ticket.id: ticket for ticket in tickets}

    def put(self, account: Account, ticket: Ticket) -> None:
        """Replace one ticket, as a customer or an agent would change it; its stamp moves."""
        with self._lock:
            self._desk(account)[ticket.id] = _moved(ticket, self._clock())

    def verify(self, request: RawRequest, account: Account, *, now: datetime) -> None:
        """Return if the header X-Handrail-Secret is one of the account's secrets, else WebhookRejected(401)."""
        given = request.headers.get("x-handrail-secret", "").encode("utf-8", "replace")
        matches = [hmac.compare_digest(secret.encode(), given) for secret in account.webhook_secrets if secret]
        if not any(matches):
            raise WebhookRejected("the secret is missing or wrong", status=401)

    def parse(self, request: RawRequest, account: Account, *, now: datetime) -> Event:
        """The event in `{"ticket_id": ..., "event": ...}`; WebhookRejected(400) for anything else."""
        body = bounded_json(request.body)
        ticket_id = identifier(body.get("ticket_id"))
        if ticket_id is None:
            raise WebhookRejected("the body names no ticket id", status=400)
        kind = str(body.get("event", ""))
        known = kind in (EventKind.CREATED, EventKind.CUSTOMER_REPLIED, EventKind.CHANGED)
        return Event(
            key=f"{ticket_id}:{kind}:{now.isoformat()}",
            ticket_id=ticket_id,
            kind=EventKind(kind) if known else EventKind.UNKNOWN,
            vendor_kind=kind if known else "unknown",
        )

    def fetch(self, account: Account, ticket_id: str) -> Ticket:
        """The ticket as it is now. TicketGone."""
        with self._lock:
            ticket = self._desk(account).get(ticket_id)
        if ticket is None:
            raise TicketGone("there is no such ticket in the file")
        return replace(ticket, read_at=self._clock())

    def link(self, account: Account, ticket_id: str) -> str:
        """A file has no pages."""
        return ""

    def refresh(self, account: Account, ticket: Ticket) -> Ticket:
        """The same as `fetch`: memory costs nothing."""
        return self.fetch(account, ticket.id)

    def requester(self, account: Account, ticket: Ticket) -> Requester:
        """The requester as the file says."""
        return ticket.requester

    def find_proof(self, account: Account, ticket: Ticket, effect: Effect) -> Proof | None:
        """Proof that this process wrote the effect."""
        with self._lock:
            proof = self._posted.get(f"{account.id}:{effect.id}")
        return replace(proof, found=True) if proof else None

    def write(self, account: Account, ticket: Ticket, effect: Effect, *, permit: Callable[[], None]) -> Proof:
        """Print the effect and add it to the ticket; TicketChanged if the ticket moved since it was read."""
        with self._lock:
            current = self.fetch(account, ticket.id)
            if current.stamp != ticket.stamp:
                raise TicketChanged("the ticket moved since it was read")
            permit()
            comment = _comment(effect, len(current.comments) + 1, self._clock())
            proof = Proof(remote_id=comment.id, posted_at=comment.created_at)
            self._posted[f"{account.id}:{effect.id}"] = proof
            self.put(account, _applied(current, effect, comment))
            self._out.write(f"--- {effect.kind} on ticket {ticket.id} ---\n{effect.text}\n")
            self._out.flush()
        return proof

    def repair(self, account: Account, ticket: Ticket, effect: Effect) -> None:
        """Nothing to do: a conditional write has no twin."""

    def updates(self, account: Account, cursor: str | None, *, now: datetime) -> Updates:
        """Tickets changed since the cursor."""
        since = optional_moment(cursor) or now - timedelta(hours=1)
        with self._lock:
            changed = [ticket for ticket in self._desk(account).values() if ticket.updated_at >= since]
        newest = max([ticket.updated_at for ticket in changed], default=since)
        return Updates(events=tuple(map(_polled, changed)), cursor=newest.isoformat(), more=False)

    def history(self, account: Account, *, cursor: str | None, since: datetime | None, now: datetime) -> HistoryPage:
        """Every ticket of the file at once; one to which nobody replied has no answer."""
        start = optional_moment(cursor) or since
        with self._lock:
            found = [item for item in self._desk(account).values() if start is None or item.updated_at >= start]
        pasts = tuple(to_past(item, {}, solved_at=None, metrics=PastMetrics()) for item in found)
        newest = max([item.updated_at for item in found], default=start or now)
        return HistoryPage(tickets=pasts, cursor=newest.isoformat(), more=False, reached=newest)

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        """None: a file of tickets has no help centre."""
        return DocumentPage(documents=(), cursor="", more=False)

    def inspect(self, account: Account) -> Inspection:
        """Whether the file can be read."""
        try:
            with self._lock:
                count = len(self._desk(account))
            check = Check(name="tickets file", state=CheckState.PASS, found=f"{count} tickets")
        except (ConfigurationError, CredentialsRejected) as error:
            check = Check(
                name="tickets file", state=CheckState.FAIL, found=str(error), fix="Name a readable JSON file."
            )
        return Inspection(bot_user_id=BOT_USER_ID, own_addresses=frozenset(), checks=(check,))

    def standing(self, account: Account) -> CallStanding | None:
        """None: there is nothing to call."""
        return None

    def close(self) -> None:
        """There is nothing to let go of."""

    def _desk(self, account: Account) -> dict[str, Ticket]:
        """The account's tickets, read from its file the first time."""
        if account.id not in self._desks:
            self.load(account, _read(Path(account.base_url.removeprefix("file:"))))
        return self._desks[account.id]


def _read(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
    except PermissionError as error:
        raise CredentialsRejected("the tickets file may not be read") from error
    except (OSError, ValueError) as error:
        raise ConfigurationError("The tickets file is missing or no JSON.") from error
    if not isinstance(rows, list):
        raise ConfigurationError("The tickets file holds no list.")
    return [row for row in rows if isinstance(row, dict)]


def _comment(effect: Effect, number: int, at: datetime) -> Comment:
    note = effect.kind is EffectKind.NOTE
    return Comment(
        id=str(number),
        author_id=BOT_USER_ID,
        role=Role.CONNECTOR,
        visibility=Visibility.INTERNAL if note else Visibility.PUBLIC,
        text=effect.text,
        raw_text=effect.text,
        created_at=at,
    )


def _applied(ticket: Ticket, effect: Effect, comment: Comment) -> Ticket:
    return replace(
        ticket,
        comments=(*ticket.comments, comment),
        tags=(ticket.tags - effect.tags_remove) | effect.tags_add,
        priority=effect.priority or ticket.priority,
        status=effect.status or ticket.status,
        group_id=effect.group_id or ticket.group_id,
    )


def _moved(ticket: Ticket, at: datetime) -> Ticket:
    """The ticket changed at `at`. The count in the stamp tells two changes of one moment apart."""
    count = int(ticket.stamp.rpartition("#")[2] or 0) + 1
    return replace(ticket, updated_at=at, stamp=f"{at.isoformat()}#{count}")


def _polled(ticket: Ticket) -> Event:
    return Event(
        key=f"poll:{ticket.id}:{ticket.stamp}",
        ticket_id=ticket.id,
        kind=EventKind.POLLED,
        vendor_kind="console.updated",
    )
