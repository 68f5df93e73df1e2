"""The port to the ledger, one protocol for each noun it keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from connector.model import (
    Account,
    Effect,
    Proof,
    Stage,
)
from connector.ports.cards import Cards
from connector.ports.connections import Connections
from connector.ports.documents import Documents
from connector.ports.history import History
from connector.ports.leaving import Leaving
from connector.ports.sidebar import Sidebar
from connector.ports.spend import Spend
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
    SentReply,
    StoredEffect,
    StoredEvent,
    Verdict,
    WaitingTicket,
)


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

    def dismiss(self, event_id: str, *, now: datetime) -> bool:
        """A person has looked at a dead event and nothing is to be done; False when there is no such dead event."""


class Work(Protocol):
    """Tickets in work: one claim per ticket at a time, fenced."""

    def claim(self, *, now: datetime, lease_seconds: float, account_cap: int) -> Claim | None:
        """The next due ticket, round robin over accounts, or None. An expired lease may be claimed again."""

    def renew(self, claim: Claim, *, now: datetime, lease_seconds: float) -> None:
        """Prolong the lease. LeaseLost."""

    def confirm(self, claim: Claim) -> None:
        """Asked right before a call that writes: nothing where the ticket is still this claim's. LeaseLost."""

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
        alarms: Sequence[Alarm] = (),
    ) -> tuple[StoredEffect, ...]:
        """Decision, receipt, outbox, alarms and the end of the claim's events in ONE transaction. LeaseLost.

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

    def postpone(self, claim: Claim, *, now: datetime, due_at: datetime, error: str, failed: bool) -> None:
        """Give the ticket back, due later, with its events waiting; `failed` counts an attempt. LeaseLost."""

    def bury(self, claim: Claim, *, now: datetime, reason: str) -> None:
        """Give up: its events become dead letters with a reason, its unsettled effects fail. LeaseLost."""

    def next_due_at(self) -> datetime | None:
        """When the earliest unclaimed ticket is due; None when nothing waits."""

    def backlog(self, *, now: datetime) -> Backlog:
        """What waits."""

    def hurry(self, account_id: str | None = None, *, now: datetime) -> int:
        """Make tickets due that were postponed after a failure, with all their tries before them; how many."""

    def waiting(self, account_id: str | None = None, *, now: datetime, limit: int = 100) -> tuple[WaitingTicket, ...]:
        """The tickets that are not done, those first that have waited longest; postponed ones are among them."""


class Decisions(Protocol):
    """Receipts and effects, to read."""

    def receipts(
        self, account_id: str, *, ticket_id: str | None = None, limit: int = 100
    ) -> tuple[DecisionReceipt, ...]:
        """Newest first."""

    def decided(self, account_id: str, ticket_id: str, answers: str) -> DecisionReceipt | None:
        """The newest decision on this customer message; None when there was none but to ignore."""

    def hand_offs(self, account_id: str, *, since: datetime, reason: str) -> Iterator[DecisionReceipt]:
        """The tickets whose newest decision was made since then and is a hand-off that names this reason code, in the
        order of the decisions; perhaps others whose receipt holds the same word."""

    def effects(self, account_id: str, *, ticket_id: str | None = None, limit: int = 100) -> tuple[StoredEffect, ...]:
        """Newest first."""

    def sends(self, account_id: str, *, since: datetime, requester: str | None = None) -> int:
        """Replies begun or done since then, of one account or to one requester id; for the caps [R5]."""

    def sent(self, account_id: str, *, since: datetime, until: datetime) -> Iterator[SentReply]:
        """Replies whose call left in this time (until: not included) and that the customer has or may have."""

    def replied(self, account_id: str, ticket_id: str) -> datetime | None:
        """When we last sent (or may have sent) a reply on this ticket."""

    def reply_open(self, account_id: str, ticket_id: str) -> bool:
        """Whether a reply of ours on this ticket may still be on its way, or its outcome is unknown."""

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
        """Forget the account's secrets at once and stop its work; its history stays until `erase`."""

    def erase(self, account_id: str, *, now: datetime) -> None:
        """Remove the account if it is still there, and forget everything of it but the signed facts of its receipts and
        audit entries: ids, times, names of intents and verbs. StoreError: there never was one.
        """

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

    def ended_kill_switches(self, *, since: datetime) -> tuple[KillSwitch, ...]:
        """All that were turned off since then, the last one first."""

    def freeze_goal(self, goal: Goal) -> None:
        """Record a goal; an earlier one of the intent stays in the history."""

    def goal(self, account_id: str, intent: str) -> Goal | None:
        """The goal in force."""

    def add_verdicts(self, verdicts: Iterable[Verdict]) -> int:
        """Append verdicts to the log; how many were new (nobody says the same of the same send at the same time twice).

        Each gets the place of the would-be send it is about, and that send's edition where it names none.
        """

    def verdicts(self, account_id: str, intent: str | None = None) -> tuple[Verdict, ...]:
        """All that were ever given, in the order in which they came in."""

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
    leaving: Leaving
    policies: Policies
    models: Models
    spend: Spend
    watch: Watch
    documents: Documents
    history: History
    cards: Cards
    sidebar: Sidebar
    connections: Connections

    def migrate(self) -> None:
        """Bring the schema up to date; refuse a database newer than the code."""

    def check(self) -> None:
        """Readiness: a write works. StoreUnavailable, StoreCorrupt."""

    def rotate_keys(self) -> int:
        """Seal every secret again with the first key, so that the others can be dropped; how many accounts had one of
        another key. May be stopped at any time and run again.
        """

    def close(self) -> None:
        """Finish what is being written and let go."""
