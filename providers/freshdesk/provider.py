"""Freshdesk as a `Provider`: no conditional write, so notes carry a visible reference and replies go at most once.

Order of a write, and why:
1. PUT tags, priority and group (for a note also the status), if they really change. Setting them again is harmless,
   so a crash after it costs nothing.
2. POST the note or the reply.
3. Only after a reply: PUT the status. A ticket set to pending before its reply was posted would wait for a customer
   who got nothing, should the reply fail; the other way round it stays open, and a person sees it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.errors import HandrailError, ProviderRejected
from connector.model import (
    Account,
    Comment,
    Effect,
    EffectKind,
    Event,
    EventKind,
    HistoryPage,
    Proof,
    RawRequest,
    Requester,
    Role,
    Ticket,
    Visibility,
)
from connector.ports import (
    Accounts,
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
from providers import _text
from providers._budget import MemoryBudget
from providers._http import Http
from providers._pace import Pace
from providers._values import garbled, identifier, moment, optional_moment, text, words
from providers.freshdesk import library, webhooks
from providers.freshdesk.client import UPDATES, Client, Json, TicketRead
from providers.freshdesk.fields import PRIORITY_NUMBERS, STATUS_NUMBERS, STRUCTURED_SOURCES
from providers.freshdesk.history import HistoryClient, history
from providers.freshdesk.inspection import inspect
from providers.freshdesk.tickets import link, to_requester, to_status, to_ticket

OVERLAP = timedelta(minutes=1)
_BY_HAND = (
    ("app", "Uninstall the app Handrail: Admin > Apps > Manage apps."),
    ("rules", "Delete the rules that call Handrail, if there are any: Admin > Workflows > Automations."),
    ("api key", "Reset the API key in the profile settings of Handrail's agent, then deactivate the agent."),
)


class Freshdesk:
    """All Freshdesk accounts; may be shared by threads."""

    name = "freshdesk"
    capabilities = Capabilities(note=Guarantee.REPAIRABLE, reply=Guarantee.AT_MOST_ONCE, reading=4, writing=4)

    def __init__(self, http: Http, client: Client, clock: Clock, *, past: HistoryClient | None = None) -> None:
        self._http = http
        self._client = client
        self._clock = clock
        self._past = past or client

    def verify(self, request: RawRequest, account: Account, *, now: datetime) -> None:
        """Return if the request is genuine, else WebhookRejected(401)."""
        webhooks.verify(request, account, now=now)

    def parse(self, request: RawRequest, account: Account, *, now: datetime) -> Event:
        """The event in a verified request, without a ticket id where the body cannot be read."""
        return webhooks.parse(request, account, now=now)

    def fetch(self, account: Account, ticket_id: str) -> Ticket:
        """The ticket with its whole conversation. `requester.verified` is None: see `requester`."""
        read = self._client.ticket(account, _path_id(ticket_id), with_requester=True)
        return self._whole(account, read, ticket_id, known=None)

    def link(self, account: Account, ticket_id: str) -> str:
        """Where agents see the ticket."""
        return link(account, ticket_id)

    def refresh(self, account: Account, ticket: Ticket) -> Ticket:
        """The ticket and its conversations read again: no document says that every note moves `updated_at`."""
        read = self._client.ticket(account, _path_id(ticket.id), with_requester=False)
        same = identifier(read.ticket.get("requester_id")) == ticket.requester.id
        if not same:
            return self.fetch(account, ticket.id)
        return self._whole(account, read, ticket.id, known=ticket.requester)

    def _whole(self, account: Account, read: TicketRead, ticket_id: str, *, known: Requester | None) -> Ticket:
        conversations = self._client.conversations(account, ticket_id)
        try:
            requester = known or to_requester(read.ticket)
            return to_ticket(account, read.ticket, conversations, read_at=read.at, requester=requester)
        except (ValueError, TypeError, AttributeError) as error:
            raise garbled("Freshdesk", "ticket") from error

    def requester(self, account: Account, ticket: Ticket) -> Requester:
        """The requester as its contact says; an unreadable or unconfirmed contact is not verified."""
        contact = self._client.contact(account, _path_id(ticket.requester.id))
        if contact is None:
            return replace(ticket.requester, verified=False)
        return replace(
            ticket.requester,
            verified=contact.get("active") is True,
            language=text(contact.get("language")).split("-")[0].lower() or ticket.requester.language,
            tags=frozenset(words(contact.get("tags"))),
        )

    def find_proof(self, account: Account, ticket: Ticket, effect: Effect) -> Proof | None:
        """Our note that bears the effect's reference, or our reply of the same words after the answered message."""
        entries = _twins(ticket, effect) if effect.kind is EffectKind.NOTE else _sent(ticket, effect)
        if not entries:
            return None
        return Proof(remote_id=entries[0].id, posted_at=entries[0].created_at, found=True)

    def write(self, account: Account, ticket: Ticket, effect: Effect, *, permit: Callable[[], None]) -> Proof:
        """Post the effect in two or three calls, `permit` before each."""
        fields = _changes(ticket, effect)
        if fields:
            self._client.update(account, _path_id(ticket.id), fields, permit=permit)
        if effect.kind is EffectKind.NOTE:
            return self._write_note(account, ticket, effect, permit)
        proof = self._write_reply(account, ticket, effect, permit)
        self._set_status(account, ticket, effect, permit)
        return proof

    def repair(self, account: Account, ticket: Ticket, effect: Effect) -> None:
        """Leave the oldest of several notes with one reference; delete the others. No call where there is no twin."""
        if effect.kind is not EffectKind.NOTE or len(_twins(ticket, effect)) < 2:
            return
        for younger in _twins(self.refresh(account, ticket), effect)[1:]:
            self._client.remove_conversation(account, younger.id)

    def updates(self, account: Account, cursor: str | None, *, now: datetime) -> Updates:
        """Tickets by time of change. The cursor is a time, with a page number while a run is not at its end.

        A run goes on from the last row's time, not by page numbers alone: a ticket that changes meanwhile moves to the
        end and would pull another one over the edge of a page already read.
        """
        since, page = _position(cursor)
        query_since = since or now - timedelta(hours=1)
        if page == 0:
            query_since -= OVERLAP  # `updated_since` may or may not include its own second
        found = self._client.tickets(
            account,
            {
                "updated_since": _iso(query_since),
                "order_by": "updated_at",
                "order_type": "asc",
                "page": str(max(page, 1)),
            },
        )
        times = [at for row in found.rows if (at := optional_moment(row.get("updated_at")))]
        last = max([*times, query_since])
        if not found.more:
            return Updates(events=_polled(found.rows), cursor=_iso(max(last, since or last)), more=False)
        forward = f"{_iso(last)}|1" if last > query_since else f"{_iso(query_since)}|{max(page, 1) + 1}"
        return Updates(events=_polled(found.rows), cursor=forward, more=True)

    def history(self, account: Account, *, cursor: str | None, since: datetime | None, now: datetime) -> HistoryPage:
        """One page of past tickets, at the pace of an import."""
        return history(self._past, account, cursor=cursor, since=since, now=now)

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        """Public solution articles and canned responses, folder by folder."""
        return library.documents(self._client, account, cursor)

    def inspect(self, account: Account) -> Inspection:
        """What connecting shows; problems are checks."""
        return inspect(self._client, account)

    def disconnect(self, account: Account, url: str | None) -> tuple[Check, ...]:
        """What an admin takes away by hand. Calls nobody: Freshdesk lets no key end itself, and its rules for webhooks
        have no documented form by which they could be found again.
        """
        return tuple(
            Check(name=name, state=CheckState.FAIL, found="only an admin can take it away", fix=fix)
            for name, fix in _BY_HAND
        )

    def standing(self, account: Account) -> CallStanding:
        """Calls left to us, and whether the helpdesk answers."""
        return self._http.standing(account.id)

    def close(self) -> None:
        """Let go of open connections."""
        self._http.close()

    def _write_note(self, account: Account, ticket: Ticket, effect: Effect, permit: Callable[[], None]) -> Proof:
        marked = effect.text if effect.reference in effect.text else f"{effect.text}\nRef {effect.reference}"
        # `private` is the default of this call and said nevertheless: the vendors' defaults are opposite.
        body = {"body": _text.write(marked, account.config.link_hosts), "private": True}
        made = self._client.note(account, _path_id(ticket.id), body, permit=permit)
        proof = _proof(made)
        if made.get("private") is not True:
            self._client.remove_conversation(account, proof.remote_id)
            raise ProviderRejected("Freshdesk made the note public; it was removed at once", field="private")
        return proof

    def _write_reply(self, account: Account, ticket: Ticket, effect: Effect, permit: Callable[[], None]) -> Proof:
        made = self._client.reply(account, _path_id(ticket.id), _reply_body(account, ticket, effect), permit=permit)
        proof = _proof(made)
        reached = [*words(made.get("replied_to")), *words(made.get("to_emails")), *words(made.get("cc_emails"))]
        requester = (ticket.requester.email or "").lower()
        if requester and any(_address(one) != requester for one in reached):
            raise ProviderRejected("the reply was posted and reached somebody beside the requester", field="replied_to")
        return proof

    def _set_status(self, account: Account, ticket: Ticket, effect: Effect, permit: Callable[[], None]) -> None:
        """Set the status after a reply. The reply is out: whatever goes wrong here must not look as if it were not."""
        if effect.status is None or not _status_differs(ticket, effect):
            return
        try:
            fields = {"status": STATUS_NUMBERS[effect.status]}
            self._client.update(account, _path_id(ticket.id), fields, permit=permit)
        except HandrailError:  # the ticket stays open, which a person sees
            return


def build(
    *, accounts: Accounts, clock: Clock, allow_loopback: bool, monotonic: Callable[[], float] = time.monotonic
) -> Freshdesk:
    """The provider with its HTTP client. API keys do not expire, so `accounts` is not needed."""
    http = Http(
        "Freshdesk", clock=clock, budget=MemoryBudget(writing=UPDATES, monotonic=monotonic), monotonic=monotonic
    )
    past = HistoryClient(http, allow_loopback=allow_loopback, pace=Pace())
    return Freshdesk(http, Client(http, allow_loopback=allow_loopback), clock, past=past)


def _changes(ticket: Ticket, effect: Effect) -> Json:
    """What the PUT before the comment has to change; nothing where everything is so already."""
    fields: dict[str, Any] = {}
    tags = (ticket.tags - effect.tags_remove) | effect.tags_add
    if tags != ticket.tags:
        fields["tags"] = sorted(tags)  # the whole list: there is no call that adds one
    if effect.priority is not None and effect.priority is not ticket.priority:
        fields["priority"] = PRIORITY_NUMBERS[effect.priority]
    if effect.kind is EffectKind.NOTE and effect.status is not None and _status_differs(ticket, effect):
        fields["status"] = STATUS_NUMBERS[effect.status]
    if effect.group_id is not None and effect.group_id != ticket.group_id:
        fields["group_id"] = int(_path_id(effect.group_id))
    return fields


def _status_differs(ticket: Ticket, effect: Effect) -> bool:
    return effect.status is not None and ticket.status is not to_status(STATUS_NUMBERS[effect.status])


def _reply_body(account: Account, ticket: Ticket, effect: Effect) -> Json:
    """No CC ever. Without `from_email` Freshdesk writes from the account's first address, the wrong brand's."""
    if ticket.vendor_channel.isdigit() and int(ticket.vendor_channel) in STRUCTURED_SOURCES:
        content = _text.without_placeholders(effect.text)
        return {"structured_body": {"body_contents": [{"type": "text", "data": {"content": content}}]}}
    body: Json = {"body": _text.write(effect.text, account.config.link_hosts)}
    if ticket.reply_from:
        body["from_email"] = ticket.reply_from
    return body


def _twins(ticket: Ticket, effect: Effect) -> list[Comment]:
    """Our internal notes with this effect's reference, oldest first."""
    return [
        entry
        for entry in ticket.comments
        if entry.role is Role.CONNECTOR
        and entry.visibility is Visibility.INTERNAL
        and effect.reference in entry.raw_text
    ]


def _sent(ticket: Ticket, effect: Effect) -> list[Comment]:
    """Our public replies of these words after the message that they answer."""
    ours = {_text.comparable_html(effect.text), _text.comparable(effect.text)}
    ids = [entry.id for entry in ticket.comments]
    start = ids.index(effect.basis.answers) + 1 if effect.basis.answers in ids else 0
    return [
        entry
        for entry in ticket.comments[start:]
        if entry.role is Role.CONNECTOR
        and entry.visibility is Visibility.PUBLIC
        and _text.comparable(entry.raw_text) in ours
    ]


def _proof(made: Json) -> Proof:
    conversation_id = identifier(made.get("id"))
    try:
        posted_at = moment(made.get("created_at"))
    except ValueError as error:
        raise garbled("Freshdesk", "conversation") from error
    if conversation_id is None:
        raise garbled("Freshdesk", "conversation")
    return Proof(remote_id=conversation_id, posted_at=posted_at)


def _address(value: str) -> str:
    """The bare address of "Name <address>"."""
    return value.rpartition("<")[2].rstrip("> ").strip().lower()


def _polled(found: list[Json]) -> tuple[Event, ...]:
    return tuple(
        Event(
            key=f"poll:{ticket_id}:{text(row.get('updated_at'))}",
            ticket_id=ticket_id,
            kind=EventKind.POLLED,
            vendor_kind="tickets.updated_since",
        )
        for row in found
        if (ticket_id := identifier(row.get("id")))
    )


def _position(cursor: str | None) -> tuple[datetime | None, int]:
    """(time, page) of a cursor; page 0 = a new run. An unreadable cursor starts over."""
    since, _, page = (cursor or "").partition("|")
    at = optional_moment(since)
    return at, int(page) if at and page.isascii() and page.isdigit() else 0


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _path_id(value: str) -> str:
    """An id that may stand in a path."""
    if identifier(value) is None:
        raise ProviderRejected("that is no Freshdesk id", field="id")
    return value
