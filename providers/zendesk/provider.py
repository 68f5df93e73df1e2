"""Zendesk as a `Provider`: one conditional PUT per effect, found again by its metadata."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from connector.errors import CredentialsRejected, ProviderRejected
from connector.model import (
    Account,
    Effect,
    EffectKind,
    Event,
    EventKind,
    HistoryPage,
    Proof,
    RawRequest,
    Requester,
    Ticket,
)
from connector.ports import (
    Accounts,
    CallStanding,
    Capabilities,
    Check,
    Clock,
    DocumentPage,
    Guarantee,
    Inspection,
    OAuthClient,
    Updates,
)
from providers import _text
from providers._budget import MemoryBudget
from providers._http import Http
from providers._pace import Pace
from providers._values import garbled, identifier, moment, rows, text
from providers.zendesk import install, library, webhooks
from providers.zendesk.client import UPDATES, Client, Json, TicketRead
from providers.zendesk.fields import PRIORITY_WORDS, STATUS_WORDS
from providers.zendesk.history import HistoryClient, history
from providers.zendesk.inspection import inspect
from providers.zendesk.oauth import Tokens, authorization_url, exchange_code
from providers.zendesk.tickets import index, link, people, to_ticket

BODY_LIMIT_BYTES = 64_000
"""Zendesk cuts a longer body off without a word."""

MARKER = "handrail_effect"
EXPORT_DELAY = timedelta(seconds=70)
"""The incremental export refuses a start within the last minute."""


class Zendesk:
    """All Zendesk accounts; may be shared by threads."""

    name = "zendesk"
    capabilities = Capabilities(note=Guarantee.CONDITIONAL, reply=Guarantee.CONDITIONAL, reading=2, writing=3)

    def __init__(self, http: Http, client: Client, clock: Clock, *, past: HistoryClient | None = None) -> None:
        self._http = http
        self._client = client
        self._clock = clock
        self._past = past or client

    def verify(self, request: RawRequest, account: Account, *, now: datetime) -> None:
        """Return if the request is genuine, else WebhookRejected(401)."""
        webhooks.verify(request, account, now=now)

    def parse(self, request: RawRequest, account: Account, *, now: datetime) -> Event:
        """The event in a verified request; WebhookRejected(400) where there is none. `now` is not needed here."""
        return webhooks.parse(request, account)

    def fetch(self, account: Account, ticket_id: str) -> Ticket:
        """The ticket with its whole conversation. The ticket is read first: its stamp is never newer than the rest."""
        return self._whole(account, self._client.ticket(account, _path_id(ticket_id)), ticket_id)

    def _whole(self, account: Account, read: TicketRead, ticket_id: str) -> Ticket:
        comments, sent_along = self._client.comments(account, ticket_id)
        users = index(sent_along)
        missing = sorted(people(read.ticket, comments) - users.keys())
        if missing:
            users |= index(self._client.users(account, missing))
        return _mapped(account, read.ticket, comments, users, read.at)

    def link(self, account: Account, ticket_id: str) -> str:
        """Where agents see the ticket."""
        return link(account, ticket_id)

    def refresh(self, account: Account, ticket: Ticket) -> Ticket:
        """The ticket read again; the conversation too unless the stamp proves that nothing was added.

        Stamps have steps of one second: a conversation read within the second of its stamp may lack a comment
        that bears the same stamp.
        """
        read = self._client.ticket(account, _path_id(ticket.id))
        settled = ticket.read_at.replace(microsecond=0) > ticket.updated_at.replace(microsecond=0)
        if settled and text(read.ticket.get("updated_at")) == ticket.stamp:
            return replace(ticket, read_at=read.at)
        return self._whole(account, read, ticket.id)

    def requester(self, account: Account, ticket: Ticket) -> Requester:
        """The requester; `verified` is False where we may not see the user's record."""
        if ticket.requester.verified is not None:
            return ticket.requester
        user = self._client.user(account, _path_id(ticket.requester.id))
        return replace(ticket.requester, verified=user is not None and user.get("verified") is True)

    def find_proof(self, account: Account, ticket: Ticket, effect: Effect) -> Proof | None:
        """The audit that carries this effect's id, if any."""
        for audit in self._client.audits(account, _path_id(ticket.id)):
            metadata = audit.get("metadata")
            custom = metadata.get("custom") if isinstance(metadata, dict) else None
            if isinstance(custom, dict) and custom.get(MARKER) == effect.id:
                return _proof(audit, found=True)
        return None

    def write(self, account: Account, ticket: Ticket, effect: Effect, *, permit: Callable[[], None]) -> Proof:
        """Post comment, tags and fields in one PUT that Zendesk refuses if the ticket moved since it was read."""
        answer = self._client.update(account, _path_id(ticket.id), _update(account, ticket, effect), permit=permit)
        audit = answer.get("audit")
        if not isinstance(audit, dict):
            raise garbled("Zendesk", "ticket audit")
        return _proof(audit, found=False)

    def repair(self, account: Account, ticket: Ticket, effect: Effect) -> None:
        """Nothing to do: a conditional write has no twin."""

    def updates(self, account: Account, cursor: str | None, *, now: datetime) -> Updates:
        """Tickets from the incremental export; it leaves out the last minute.

        A cursor that Zendesk no longer takes would stop the poll for good: it starts again a day back.
        """
        started = {"start_time": str(int((now - timedelta(hours=1) - EXPORT_DELAY).timestamp()))}
        try:
            page = self._export(account, {"cursor": cursor} if cursor else started)
        except ProviderRejected as error:
            if not cursor or isinstance(error, CredentialsRejected):
                raise
            page = self._export(account, {"start_time": str(int((now - timedelta(days=1)).timestamp()))})
            cursor = None
        return Updates(
            events=tuple(event for row in rows(page.get("tickets")) if (event := _polled(row))),
            cursor=text(page.get("after_cursor")) or cursor or "",
            more=page.get("end_of_stream") is False,
        )

    def _export(self, account: Account, position: dict[str, str]) -> Json:
        return self._client.changed_since(account, {**position, "per_page": "200", "exclude_deleted": "true"})

    def history(self, account: Account, *, cursor: str | None, since: datetime | None, now: datetime) -> HistoryPage:
        """One page of past tickets, at the pace of an import."""
        return history(self._past, account, cursor=cursor, since=since, now=now)

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        """Public articles and active macros, page by page."""
        return library.documents(self._client, account, cursor)

    def inspect(self, account: Account) -> Inspection:
        """What connecting shows; problems are checks."""
        return inspect(self._client, account, now=self._clock())

    def app_public_key(self, account: Account, app_id: str) -> str:
        """The key with which Zendesk signs page loads of this app, as PEM."""
        return self._client.app_public_key(account, _path_id(app_id))

    def create_webhook(self, account: Account, url: str) -> install.Webhook:
        """Our webhook at Zendesk, made or found again by its address, with its signing secret."""
        return install.create_webhook(self._client, account, url)

    def remove_webhook(self, account: Account, url: str) -> bool:
        """Take our webhook away; False when there was none."""
        return install.remove_webhook(self._client, account, url)

    def installed(self, account: Account, url: str) -> tuple[Check, ...]:
        """Our webhook, and triggers that notify it."""
        return install.installed(self._client, account, url)

    def consent_url(self, base: str, client: OAuthClient, *, state: str, verifier: str) -> str:
        """Where an admin allows us in."""
        return authorization_url(
            base, client_id=client.id, redirect_uri=client.redirect_uri, state=state, verifier=verifier
        )

    def exchange(self, base: str, client: OAuthClient, *, code: str, verifier: str) -> Mapping[str, str]:
        """The credentials for a code. CredentialsRejected, ProviderUnavailable."""
        return exchange_code(
            self._http,
            base,
            client_id=client.id,
            client_secret=client.secret,
            redirect_uri=client.redirect_uri,
            code=code,
            verifier=verifier,
            now=self._clock(),
        )

    def disconnect(self, account: Account, url: str | None) -> tuple[Check, ...]:
        """Take away webhook and triggers of ours, then give the token back; what could not be done is a check."""
        return install.disconnect(self._client, account, url)

    def standing(self, account: Account) -> CallStanding:
        """Calls left to us, and whether the helpdesk answers."""
        return self._http.standing(account.id)

    def close(self) -> None:
        """Let go of open connections."""
        self._http.close()


def build(
    *, accounts: Accounts, clock: Clock, allow_loopback: bool, monotonic: Callable[[], float] = time.monotonic
) -> Zendesk:
    """The provider with its HTTP client and tokens."""
    http = Http("Zendesk", clock=clock, budget=MemoryBudget(writing=UPDATES, monotonic=monotonic), monotonic=monotonic)
    tokens = Tokens(http, accounts, clock)
    client = Client(http, tokens, allow_loopback=allow_loopback)
    past = HistoryClient(http, tokens, allow_loopback=allow_loopback, pace=Pace())
    return Zendesk(http, client, clock, past=past)


def _mapped(account: Account, ticket: Json, comments: list[Json], users: dict[str, Json], at: datetime) -> Ticket:
    try:
        return to_ticket(account, ticket, comments, users, read_at=at)
    except (ValueError, TypeError, AttributeError) as error:
        raise garbled("Zendesk", "ticket") from error


def _update(account: Account, ticket: Ticket, effect: Effect) -> dict[str, Any]:
    """The ticket object of the PUT. `public` is always explicit: left out, Zendesk takes the first comment's."""
    note = effect.kind is EffectKind.NOTE
    update: dict[str, Any] = {
        "comment": {"html_body": _body(account, effect), "public": not note},
        "safe_update": True,
        "updated_stamp": ticket.stamp,
        "metadata": {MARKER: effect.id},
    }
    tags = (ticket.tags - effect.tags_remove) | effect.tags_add
    if tags != ticket.tags:
        update["tags"] = sorted(tags)  # replaces the whole set, under the same stamp
    if effect.priority is not None:
        update["priority"] = PRIORITY_WORDS[effect.priority]
    if effect.status is not None:
        update["status"] = STATUS_WORDS[effect.status]
    if effect.group_id is not None:
        update["group_id"] = int(_path_id(effect.group_id))
    return update


def _body(account: Account, effect: Effect) -> str:
    hosts = account.config.link_hosts
    if effect.kind is EffectKind.NOTE:
        return _text.write(_text.bounded(effect.text, link_hosts=hosts, limit_bytes=BODY_LIMIT_BYTES), hosts)
    body = _text.write(effect.text, hosts)
    if len(body.encode()) > BODY_LIMIT_BYTES:
        raise ProviderRejected("the reply is longer than Zendesk takes", field="comment")
    return body


def _proof(audit: Json, *, found: bool) -> Proof:
    try:
        posted_at = moment(audit.get("created_at"))
    except ValueError as error:
        raise garbled("Zendesk", "ticket audit") from error
    comments = [event for event in rows(audit.get("events")) if event.get("type") == "Comment"]
    ids = [identifier(audit.get("id")), *(identifier(event.get("id")) for event in comments[:1])]
    if ids[0] is None:
        raise garbled("Zendesk", "ticket audit")
    return Proof(remote_id="/".join(part for part in ids if part), posted_at=posted_at, found=found)


def _polled(row: Json) -> Event | None:
    ticket_id, updated_at = identifier(row.get("id")), text(row.get("updated_at"))
    if ticket_id is None:
        return None
    return Event(
        key=f"poll:{ticket_id}:{updated_at}",
        ticket_id=ticket_id,
        kind=EventKind.POLLED,
        vendor_kind="incremental.ticket",
    )


def _path_id(value: str) -> str:
    """An id that may stand in a path."""
    if identifier(value) is None:
        raise ProviderRejected("that is no Zendesk id", field="id")
    return value
