"""Frozen values that the ledger keeps: what was received, is in work, was decided, is to do and was done."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from connector.model import Effect, EffectState, Event, Proof, Writing


class EventState(StrEnum):
    """No accepted event ends silently: each reaches one of the last three, with a reason."""

    WAITING = "waiting"
    DONE = "done"
    IGNORED = "ignored"
    DEAD = "dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """A delivery in the inbox. `id` sorts by time of receipt."""

    id: str
    account_id: str
    ticket_id: str | None
    kind: str
    vendor_kind: str
    state: EventState
    received_at: datetime
    due_at: datetime
    reason: str = ""
    finished_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Acknowledgement of a delivery: its event id, and whether we had it already."""

    event_id: str
    duplicate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One verified delivery to be recorded. `due_at` is when its ticket has settled."""

    account_id: str
    event: Event
    received_at: datetime
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The right to work on one ticket until `lease_until`; `fence` goes with every write of its result.

    `events` are all waiting events of the ticket, once it is due; `effects` those not yet settled, oldest first.
    `attempts` counts failed tries since the last success.
    """

    account_id: str
    ticket_id: str
    fence: int
    attempts: int
    lease_until: datetime
    events: tuple[StoredEvent, ...]
    effects: tuple[StoredEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEffect:
    """An effect with its place in the protocol. `attempts` counts calls that may have left."""

    effect: Effect
    state: EffectState
    receipt_id: str
    attempts: int = 0
    intent_at: datetime | None = None
    proof: Proof | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionReceipt:
    """What was decided about one ticket at one moment and why [M4].

    `body` holds input hash, triage, reasons, draft, checks, card and sources as JSON values. `answers` is the
    customer comment decided on ("" when none). `would_send` marks a would-be or real automatic send; `edition` then
    says what it rests on (`connector/certificates.py`; "" = from before this was recorded).
    """

    id: str
    account_id: str
    ticket_id: str
    answers: str
    decided_at: datetime
    action: str
    intent: str
    template: str
    policy_version: str
    would_send: bool
    body: Mapping[str, object]
    edition: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SentReply:
    """A reply that a customer has, or may have, with the decision it came from. `sent_at` is when its call left."""

    effect: StoredEffect
    receipt: DecisionReceipt
    requester_id: str
    sent_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingTicket:
    """A ticket that is not done. `since` is when the oldest of what waits came in; `ready_at` when it is tried next.

    `attempts` counts failed tries since the last success, `error` says why the last one failed.
    """

    account_id: str
    ticket_id: str
    since: datetime
    ready_at: datetime
    attempts: int
    leased: bool
    error: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyVersion:
    """A published policy text; `version` counts up from 1 per account."""

    account_id: str
    version: int
    text: str
    published_at: datetime
    published_by: str
    comment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class KillSwitch:
    """An emergency stop; None = every account / every intent. `until` is None while it is on."""

    account_id: str | None
    intent: str | None
    since: datetime
    by: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A person's word on one would-be send. `right` is the only value that counts for it [D4].

    `edition` is that of the would-be send. The ledger fills it in, so that nobody who takes a verdict has to know it;
    "" = there is no such send, or it is from before editions were recorded. The ledger alone knows the rest: when that
    send was decided, its place among the receipts, and with which import the verdict came. It is not what makes two
    verdicts different.
    """

    account_id: str
    ticket_id: str
    intent: str
    template: str
    verdict: str  # right, wrong_intent, wrong_facts, tone, should_have_been_a_person
    who: str
    given_at: datetime
    edition: str = ""
    sent_at: datetime | None = field(default=None, compare=False)
    sent_seq: int = field(default=0, compare=False)
    batch: int = field(default=0, compare=False)


class ModelState(StrEnum):
    """A challenger waits to be promoted, the champion serves, a retired model does neither."""

    CHALLENGER = "challenger"
    CHAMPION = "champion"
    RETIRED = "retired"


STARTER_MODEL = "starter"
"""The model of an account without one of its own."""

ENCODED_MODEL = "starter-encoder"
"""The same where an encoder gives a second opinion; also how `Triage.model` begins then. What people said about the one
proves nothing about the other.
"""

OWN_MODEL = "own-"
"""How the version of an account's own model begins; the start of its data hash follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnExample:
    """What a customer wrote in one ticket of the account, and the intent a person gave it."""

    ticket_id: str
    intent: str
    language: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnModel:
    """A classifier trained for one account. `version` holds the start of `data_hash`.

    `comparison` is what the reserved tickets said of it and of the champion of then. `changed_at` moves when a ticket
    it learnt from was erased: it is then built anew. `promoted_at` is None for one that never served.
    """

    account_id: str
    version: str
    data_hash: str
    made_at: datetime
    made_by: str
    comparison: Mapping[str, object]
    state: ModelState = ModelState.CHALLENGER
    changed_at: datetime | None = None
    promoted_at: datetime | None = None
    promoted_by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelContent:
    """What a model is built from: what training found (b"" = to be found again), the examples of the starter as they
    were then, the account's own, and the reserved (ticket, intent) pairs it would answer.
    """

    trained: bytes
    base: bytes
    examples: tuple[OwnExample, ...]
    sends: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """What a model means for verdicts: the tickets it learnt from, and the reserved (ticket, intent) pairs that it
    would answer as well.
    """

    learnt: frozenset[str] = frozenset()
    sends: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """A goal frozen before an intent's pilot [O2]; `text` is as written in the policy."""

    account_id: str
    intent: str
    text: str
    frozen_at: datetime
    frozen_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOff:
    """A card that waits for a person; `take_by` is the policy's limit [H4].

    `improve`: a model is to put its lines better once the note is written. The ledger keeps that beside the receipt.
    """

    account_id: str
    ticket_id: str
    effect_id: str
    intent: str
    owner: str
    since: datetime
    take_by: datetime
    improve: bool = field(default=False, compare=False)


class WishVerb(StrEnum):
    """What an agent may ask of a worker."""

    APPROVE = "approve"
    REGENERATE = "regenerate"
    ESCALATE = "escalate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an agent asked for in the sidebar. `draft` is the id of the receipt whose draft is approved.

    The ledger fills in the last three: `id` is that of its event in the inbox, `waits` whether no worker has dealt with
    it yet, and `refused` the code of why it was not done.
    """

    account_id: str
    ticket_id: str
    verb: WishVerb
    by: str
    at: datetime
    draft: str = ""
    instruction: str = ""
    id: str = ""
    waits: bool = True
    refused: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What an agent says about one decision; `reason` is free text and goes with the ticket."""

    account_id: str
    ticket_id: str
    receipt_id: str
    value: str  # helpful, wrong_intent, wrong_facts, tone, should_be_person
    reason: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AppInstallation:
    """Our app in an account's helpdesk. `public_key` (PEM) signs its page loads; `key_digest` is that of the key which
    an app shows that cannot sign.
    """

    account_id: str
    app_id: str = ""
    installation_id: str = ""
    public_key: str = ""
    key_digest: str = ""


class CardState(StrEnum):
    """How far a card is that a model puts better; all but the first are for good."""

    WANTED = "wanted"
    ASKED = "asked"
    """And nothing came of it, if it stays so: the process ended."""
    DONE = "done"
    FAILED = "failed"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class CardClaim:
    """The right to ask a model about one card; `attempts` goes with every write of its result."""

    account_id: str
    receipt_id: str
    ticket_id: str
    answers: str
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BetterCard:
    """A card as a model put it, beside the decision's receipt; a line that is "" stays as it was."""

    receipt_id: str
    state: CardState
    reason: str = ""
    ended_at: datetime | None = None
    summary: str = ""
    next_action: str = ""
    writing: Writing | None = None


REFUSED = "credentials_rejected"
"""The alarm that a ticket raises when the helpdesk refuses our credentials."""

APP_INSTALLED = "app_installed"
APP_REMOVED = "app_removed"
"""The alarm that our app, or the access that an admin gave it, was taken away at the helpdesk's side."""

LEFT_BEHIND = "left_at_helpdesk"
"""The alarm that something of ours is left at the helpdesk of a disconnected account, for people to take away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """Something a person must look at; one open alarm per (account, kind, subject)."""

    account_id: str
    kind: str
    subject: str
    detail: str
    raised_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """Who changed what. Part of a chain over salted digests that `handrail audit verify` checks."""

    account_id: str | None
    actor: str
    verb: str
    detail: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits, for readiness, metrics and alarms; times are None when nothing waits."""

    waiting_events: int
    due_tickets: int
    oldest_due_at: datetime | None
    dead_events: int
    unsettled_effects: int
    open_alarms: int
    by_state: Mapping[str, int] = field(default_factory=dict)
