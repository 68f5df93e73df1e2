"""The edges as the core sees them. Adapters implement these; only `connector.app` knows which.

Thread rule: every port object may be shared by threads. Time rule: every datetime is aware and in UTC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from connector.model import (
    Account,
    AccountConfig,
    Draft,
    Effect,
    EffectKind,
    Event,
    LookupAnswer,
    Proof,
    RawRequest,
    Requester,
    Source,
    Stage,
    Ticket,
    Triage,
)
from connector.records import (
    Alarm,
    AuditEntry,
    Backlog,
    Bearing,
    Claim,
    DecisionReceipt,
    Delivery,
    Goal,
    HandOff,
    KillSwitch,
    ModelContent,
    OwnModel,
    PolicyVersion,
    Receipt,
    StoredEffect,
    StoredEvent,
    Verdict,
)

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

Clock = Callable[[], datetime]
"""Now, aware and in UTC."""
LookupAnswers = Mapping[str, LookupAnswer]
"""By kind."""


# --- Helpdesk -------------------------------------------------------------------------------------


class Guarantee(StrEnum):
    """What a helpdesk lets us promise about one kind of write (`docs/explanation/effects.md`)."""

    CONDITIONAL = "conditional"  # look for the marker, then a write fenced by the ticket's stamp
    REPAIRABLE = "repairable"  # wait, look for the marker, write, remove a younger twin
    AT_MOST_ONCE = "at_most_once"  # an unknown outcome goes to a person


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one helpdesk can do. `calls` is the usual number of API calls for one handled ticket."""

    note: Guarantee
    reply: Guarantee
    calls: int

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
    """One thing that was looked at, what was found and how to fix it."""

    name: str
    state: CheckState
    found: str
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What connecting to an account showed: our own user, own addresses, and the checks."""

    bot_user_id: str
    own_addresses: frozenset[str]
    checks: tuple[Check, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Updates:
    """One page of the reconciliation poll: events like webhooks would have been, and where to go on."""

    events: tuple[Event, ...]
    cursor: str
    more: bool


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

    def inspect(self, account: Account) -> Inspection:
        """Check address, credentials, scopes and plan limits; problems are checks, not exceptions."""

    def close(self) -> None:
        """Let go of open connections."""


# --- Triage, sources, look-ups, drafts --------------------------------------------------------------------


class Classifier(Protocol):
    """Intent probabilities for a text, without network."""

    version: str

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        """One classification per text."""


class Encoder(Protocol):
    """Places texts by what they mean, whatever the language; no network."""

    name: str
    """With its version: vectors of different encoders cannot be compared."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row of length 1 for each text; ValueError where the encoder gave something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """`probabilities` over the catalogue's intents sum to 1; `out_of_scope` is separate, 0 to 1.

    `person` is the probability that a person must answer, whatever the intent; None from a classifier that never
    learnt it. `signals` by name, 0 to 1; from 0.5 on the text raises the signal.
    """

    probabilities: Mapping[str, float]
    out_of_scope: float
    person: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)


class Knowledge(Protocol):
    """The team's own sources, searched locally [G1]."""

    def passages(self, account_id: str, *, intent: str, text: str, language: str) -> tuple[Source, ...]:
        """The best passages for this question, best first; empty where nothing fits."""


class Lookup(Protocol):
    """Facts about the requester's own things [G6]."""

    def find(self, account_id: str, requester: Requester, kind: str, reference: str) -> LookupAnswer | None:
        """Facts for `kind` ("order", "invoice") and reference, or None when there is none *of this requester*.

        The requester must be verified; an unverified one gets None. LookupFailed when the source is down.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageContext:
    """What triage may know beside the ticket."""

    config: AccountConfig
    human_only_intents: frozenset[str] = field(default_factory=frozenset)


class Triager(Protocol):
    """Reads a ticket [T1-T3]."""

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        """Intent, probabilities, signals, facts, language and priority of the ticket's unanswered messages."""


class Drafter(Protocol):
    """Writes a reply [G2]. What it returns is a proposal: `drafting.finish` decides what of it counts."""

    def draft(
        self, ticket: Ticket, triage: Triage, config: AccountConfig, sources: Sequence[Source], lookups: LookupAnswers
    ) -> Draft | None:
        """A reply to the unanswered messages, or None. Of its `sources` those count that were given, by their id."""


# --- Ledger ---------------------------------------------------------------------------------------


class Inbox(Protocol):
    """Deliveries, durable before they are acknowledged [R2]."""

    def receive(self, delivery: Delivery) -> Receipt:
        """Store once per (account, key) and schedule the ticket; on disk when this returns. StoreUnavailable."""

    def receive_many(self, deliveries: Iterable[Delivery]) -> tuple[Receipt, ...]:
        """The same for a page of the poll, in one transaction."""

    def events(
        self, *, account_id: str | None = None, state: str | None = None, limit: int = 100
    ) -> tuple[StoredEvent, ...]:
        """Newest first."""

    def replay(self, event_id: str, *, now: datetime) -> bool:
        """Make a dead, done or ignored event wait again, due now; False when there is no such event."""


class Work(Protocol):
    """Tickets in work: one claim per ticket at a time, fenced."""

    def claim(self, *, now: datetime, lease_seconds: float, account_cap: int) -> Claim | None:
        """The next due ticket, round robin over accounts, or None. An expired lease may be claimed again."""

    def renew(self, claim: Claim, *, now: datetime, lease_seconds: float) -> None:
        """Prolong the lease. LeaseLost."""

    def decide(
        self,
        claim: Claim,
        receipt: DecisionReceipt,
        effects: Sequence[Effect],
        hand_off: HandOff | None,
        *,
        now: datetime,
        event_state: str,
        reason: str,
    ) -> tuple[StoredEffect, ...]:
        """Decision, receipt, outbox and the end of the claim's events in ONE transaction. LeaseLost.

        An effect whose id exists already is left as it was (one reply to one customer comment, ever); the
        stored state of every effect is returned.
        """

    def begin(self, claim: Claim, effect_id: str, *, now: datetime) -> None:
        """Planned (or ambiguous) -> intent, before the call leaves. LeaseLost."""

    def finish(
        self,
        claim: Claim,
        effect_id: str,
        *,
        now: datetime,
        state: str,
        reason: str = "",
        proof: Proof | None = None,
        instead: Sequence[Effect] = (),
    ) -> None:
        """Settle an effect; `instead` (the note that replaces a send) is planned in the same transaction.

        State "planned" gives the effect back where it is certain that nothing was applied.
        """

    def settle(self, claim: Claim, *, now: datetime, event_state: str, reason: str) -> None:
        """End the claim: its events reach `event_state`; newer events keep the ticket due. LeaseLost."""

    def postpone(self, claim: Claim, *, due_at: datetime, error: str, failed: bool) -> None:
        """Give the ticket back, due later, with its events waiting; `failed` counts an attempt. LeaseLost."""

    def bury(self, claim: Claim, *, now: datetime, reason: str) -> None:
        """Give up: its events become dead letters with a reason, its unsettled effects fail. LeaseLost."""

    def next_due_at(self) -> datetime | None:
        """When the earliest unclaimed ticket is due; None when nothing waits."""

    def backlog(self, *, now: datetime) -> Backlog:
        """What waits."""


class Decisions(Protocol):
    """Receipts and effects, to read."""

    def receipts(
        self, account_id: str, *, ticket_id: str | None = None, limit: int = 100
    ) -> tuple[DecisionReceipt, ...]:
        """Newest first."""

    def decided(self, account_id: str, ticket_id: str, answers: str) -> DecisionReceipt | None:
        """The newest decision on this customer message; None when there was none but to ignore."""

    def effects(self, account_id: str, *, ticket_id: str | None = None, limit: int = 100) -> tuple[StoredEffect, ...]:
        """Newest first."""

    def sends(self, account_id: str, *, since: datetime, requester: str | None = None) -> int:
        """Replies begun or done since then, of one account or to one requester id; for the caps [R5]."""

    def replied(self, account_id: str, ticket_id: str) -> datetime | None:
        """When we last sent (or may have sent) a reply on this ticket."""

    def would_sends(self, account_id: str, *, intent: str | None = None) -> Iterator[DecisionReceipt]:
        """Receipts of would-be and real sends, oldest first."""

    def first_edition(self, account_id: str, intent: str, template: str) -> str:
        """The edition of the oldest would-be send that names one; "" when none does."""

    def coverage(self, account_id: str, *, since: datetime) -> Mapping[str, tuple[int, int]]:
        """Per intent, of the decisions since then: tickets read as this intent, and those that would be sent."""

    def revision(self, account_id: str, ticket_id: str, answers: str) -> int:
        """The highest note revision used for this comment; 0 when none."""


class Accounts(Protocol):
    """Accounts with their secrets, encrypted at rest [K2]."""

    def add(self, account: Account, *, now: datetime) -> None:
        """Store a new account; StoreError when the name is taken."""

    def get(self, name_or_id: str) -> Account | None:
        """The account by id or name; None when unknown or removed."""

    def all(self) -> tuple[Account, ...]:
        """Every account, by name."""

    def update(self, account: Account, *, now: datetime) -> None:
        """Replace everything but the id."""

    def remove(self, account_id: str, *, now: datetime) -> None:
        """Forget the account's secrets at once and stop its work; its history goes by the retention rule."""

    def set_stage(self, account_id: str, stage: Stage, *, now: datetime) -> None:
        """Lift or lower the cap."""

    def swap_token(
        self,
        account_id: str,
        *,
        now: datetime,
        lease_seconds: float,
        refresh: Callable[[Mapping[str, str]], Mapping[str, str]],
    ) -> Mapping[str, str]:
        """Run `refresh` on the stored credentials as the only refresher and store what it returns before it is used;
        a second caller waits and gets the first one's result.
        """


class Policies(Protocol):
    """Published policies, kill switches, goals, postures, verdicts: everything the gate asks for."""

    def publish(self, account_id: str, text: str, *, by: str, comment: str, now: datetime) -> PolicyVersion:
        """Append a version; it is in force when this returns."""

    def current(self, account_id: str) -> PolicyVersion | None:
        """The version in force."""

    def history(self, account_id: str) -> tuple[PolicyVersion, ...]:
        """Newest first."""

    def kill(self, *, account_id: str | None, intent: str | None, by: str, now: datetime) -> None:
        """Turn a switch on; when this returns every later `killed` says so."""

    def unkill(self, *, account_id: str | None, intent: str | None, by: str, now: datetime) -> None:
        """Turn exactly this switch off."""

    def killed(self, account_id: str, intent: str) -> KillSwitch | None:
        """The widest switch that stops this intent of this account."""

    def kill_switches(self) -> tuple[KillSwitch, ...]:
        """All that are on."""

    def freeze_goal(self, goal: Goal) -> None:
        """Record a goal; an earlier one of the intent stays in the history."""

    def goal(self, account_id: str, intent: str) -> Goal | None:
        """The goal in force."""

    def add_verdicts(self, verdicts: Iterable[Verdict]) -> int:
        """Store new verdicts (one per ticket, intent, template and person); how many were new.

        One without an edition gets that of the would-be send it is about.
        """

    def verdicts(self, account_id: str, intent: str | None = None) -> tuple[Verdict, ...]:
        """Oldest first."""

    def wrong_verdicts(self) -> Mapping[tuple[str, str], int]:
        """How many verdicts other than right each (account, intent) has; those without any are left out."""

    def set_posture(self, account_id: str, scope: str, key: str, posture: str, *, by: str, now: datetime) -> None:
        """Scope is "ticket", "requester" or "brand"."""

    def postures(self, account_id: str, keys: Mapping[str, str]) -> tuple[str, ...]:
        """Postures set for these (scope, key) pairs."""


class Models(Protocol):
    """Classifiers of the accounts' own. An account without a champion is served by the starter."""

    def put(self, model: OwnModel, content: ModelContent) -> bool:
        """Store a challenger with all its parts; earlier challengers retire. The same version again replaces what was
        stored, except in the champion: then nothing changes and this is False.
        """

    def promote(self, account_id: str, version: str | None, *, by: str, now: datetime) -> None:
        """Let this version serve and retire the one before; None = the starter. StoreError when it is unknown."""

    def champion(self, account_id: str) -> OwnModel | None:
        """The model that serves; None = the starter."""

    def all(self, account_id: str) -> tuple[OwnModel, ...]:
        """Newest first."""

    def content(self, account_id: str, version: str) -> ModelContent | None:
        """What a model is built from; None when it is unknown."""

    def bearing(self, account_id: str, version: str) -> Bearing:
        """Which tickets it learnt from, and which reserved ones it would answer."""


class Watch(Protocol):
    """Hand-offs nobody took, alarms, poll cursors, audit."""

    def hand_offs_overdue(self, *, now: datetime) -> tuple[HandOff, ...]:
        """Cards past their `take_by` that nobody took and no alarm tells of yet."""

    def take_hand_off(self, account_id: str, ticket_id: str, *, now: datetime) -> None:
        """A person acted on the ticket: its open cards are taken."""

    def raise_alarm(self, alarm: Alarm) -> bool:
        """Record it; False when the same alarm is already open."""

    def clear_alarm(self, account_id: str, kind: str, subject: str, *, now: datetime) -> None:
        """Close it."""

    def alarms(self, account_id: str | None = None) -> tuple[Alarm, ...]:
        """Open alarms, oldest first."""

    def cursor(self, account_id: str, name: str) -> tuple[str | None, datetime | None]:
        """A poll's cursor and when it was last moved."""

    def move_cursor(self, account_id: str, name: str, value: str, *, now: datetime) -> None:
        """Store it."""

    def record(self, entry: AuditEntry) -> None:
        """Append to the audit chain."""

    def audit(self, account_id: str | None = None, *, limit: int = 100) -> tuple[AuditEntry, ...]:
        """Newest first."""

    def verify_chain(self) -> str | None:
        """None when the audit and receipt chains are whole, else where the first break is."""


class Ledger(Protocol):
    """All of it, on one database."""

    inbox: Inbox
    work: Work
    decisions: Decisions
    accounts: Accounts
    policies: Policies
    models: Models
    watch: Watch

    def migrate(self) -> None:
        """Bring the schema up to date; refuse a database newer than the code."""

    def check(self) -> None:
        """Readiness: a write works. StoreUnavailable, StoreCorrupt."""

    def close(self) -> None:
        """Finish what is being written and let go."""
