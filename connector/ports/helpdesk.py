"""The port to a helpdesk, and what it says about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connector.model import (
    Account,
    Document,
    DocumentKind,
    Effect,
    EffectKind,
    Event,
    HistoryPage,
    Proof,
    RawRequest,
    Requester,
    Ticket,
)
from connector.ports.calls import CallStanding
from connector.runbooks import Runbook


class Guarantee(StrEnum):
    """What a helpdesk lets us promise about one kind of write (`docs/explanation/effects.md`)."""

    CONDITIONAL = "conditional"  # look for the marker, then a write fenced by the ticket's stamp
    REPAIRABLE = "repairable"  # wait, look for the marker, write, remove a younger twin
    AT_MOST_ONCE = "at_most_once"  # an unknown outcome goes to a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one helpdesk can do. `reading` and `writing` are what a ticket with a short thread usually takes of the
    account's calls a minute before and after its decision, in credits where the vendor counts those.
    """

    note: Guarantee
    reply: Guarantee
    reading: int
    writing: int

    def guarantee(self, kind: EffectKind) -> Guarantee:
        """The promise for one kind of effect."""
        return self.note if kind is EffectKind.NOTE else self.reply


class CheckState(StrEnum):
    """Outcome of one `doctor` check."""

    PASS = "pass"  # noqa: S105 - a word, not a secret
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that was looked at, what was found, how to fix it, and the page that says so at length."""

    name: str
    state: CheckState
    found: str
    fix: str = ""
    runbook: Runbook | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What connecting to an account showed: our own user, own addresses, and the checks. `clock_at` is the helpdesk's
    own clock when it answered; None where it did not say.
    """

    bot_user_id: str
    own_addresses: frozenset[str]
    checks: tuple[Check, ...]
    clock_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """One page of the reconciliation poll: events like webhooks would have been, and where to go on."""

    events: tuple[Event, ...]
    cursor: str
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentPage:
    """One page of the listing of a helpdesk's public texts, and where to go on.

    `unlisted` are kinds that our user may not list or the helpdesk cannot: what is known of them stays as it is.
    `withdrawn` are ids of documents that the page names and the public may not read: they go at once, whatever becomes
    of the rest of the listing.
    """

    documents: tuple[Document, ...]
    cursor: str
    more: bool
    unlisted: frozenset[DocumentKind] = frozenset()
    withdrawn: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class OAuthClient:
    """Our OAuth client at a vendor, where it sends people back, and what its calls say of us, by credential key."""

    id: str
    secret: str = field(repr=False)
    redirect_uri: str
    identity: Mapping[str, str] = field(default_factory=dict)


class Provider(Protocol):
    """One helpdesk. `verify` and `parse` are pure; the rest calls the helpdesk's API."""

    name: str
    capabilities: Capabilities

    def verify(self, request: RawRequest, account: Account, *, now: datetime) -> None:
        """Return if the request is genuine, else raise WebhookRejected(401). Constant time; never another error."""

    def parse(self, request: RawRequest, account: Account, *, now: datetime) -> Event:
        """The event in a verified request; WebhookRejected(400) where the vendor's contract allows an error."""

    def fetch(self, account: Account, ticket_id: str) -> Ticket:
        """The ticket with its whole conversation, now. TicketGone, ProviderUnavailable, ProviderThrottled..."""

    def link(self, account: Account, ticket_id: str) -> str:
        """Where agents see this ticket; "" where there is no such page. Asks nobody."""

    def refresh(self, account: Account, ticket: Ticket) -> Ticket:
        """The same ticket read again just before a write, with as few calls as certainty allows."""

    def requester(self, account: Account, ticket: Ticket) -> Requester:
        """The requester with `verified` looked up."""

    def find_proof(self, account: Account, ticket: Ticket, effect: Effect) -> Proof | None:
        """Proof that this effect was posted before; `ticket` must have been read before this call."""

    def write(self, account: Account, ticket: Ticket, effect: Effect, *, permit: Callable[[], None]) -> Proof:
        """Post the effect on the ticket just read. `permit` is called right before each outbound write and raises
        WriteForbidden. ProviderUnavailable = it may have been applied; ProviderRejected and ProviderThrottled = it
        was not; TicketChanged = somebody moved first.
        """

    def repair(self, account: Account, ticket: Ticket, effect: Effect) -> None:
        """Remove a younger twin of a REPAIRABLE effect, if there is one."""

    def updates(self, account: Account, cursor: str | None, *, now: datetime) -> Updates:
        """Tickets updated since the cursor (None = the last hour), to find what webhooks lost [R3]."""

    def history(self, account: Account, *, cursor: str | None, since: datetime | None, now: datetime) -> HistoryPage:
        """One page of past tickets since `since` (None = all), oldest change first; goes on from `cursor`.

        Stays below half of the calls the account may make in a minute: it may take a minute to return.
        """

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        """Public help-centre articles, in every language, and macros from the cursor on (None = from the start) [G1].

        Drafts and what only agents or logged-in people may read are never among them.
        """

    def inspect(self, account: Account) -> Inspection:
        """Check address, credentials, scopes and plan limits; problems are checks, not exceptions."""

    def standing(self, account: Account) -> CallStanding | None:
        """Calls left to us and whether the helpdesk answers, in this process; None where calls are not counted."""

    def close(self) -> None:
        """Let go of open connections."""
