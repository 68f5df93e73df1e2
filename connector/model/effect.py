"""What is written to a helpdesk, and the proof that it was [W1]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from connector.model.ticket import Priority, Status


class EffectKind(StrEnum):
    """A note is visible to agents only, a reply to the customer."""

    NOTE = "note"
    REPLY = "reply"


class EffectState(StrEnum):
    """Where an effect stands in the protocol of `docs/explanation/effects.md`."""

    PLANNED = "planned"  # committed, not begun
    INTENT = "intent"  # a call may have left; found again at start or take-over it is ambiguous
    DONE = "done"  # proof of posting is stored
    VOID = "void"  # not written on purpose (stale, killed intent); reason stored
    FAILED = "failed"  # the helpdesk refused it; shown to the admin, never retried blindly
    UNKNOWN = "unknown"  # a reply whose outcome nobody knows: a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What the decision saw; compared again at the write [W2]."""

    stamp: str
    answers: str  # id of the customer comment that is answered
    comment_count: int
    status: Status
    assignee_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One write to one ticket: a comment with the tags and fields that go with it.

    `id` is the hash of account, ticket, answered comment and kind (for a note also its revision).
    `tags_remove` only ever names tags of our own prefix. `note_instead` is the note body that replaces
    a reply which may no longer be sent; None on a note. `also` are the message's other intents: a kill switch on any of
    them stops the write.
    """

    id: str
    kind: EffectKind
    account_id: str
    ticket_id: str
    intent: str
    revision: int
    text: str
    basis: Basis
    tags_add: frozenset[str] = frozenset()
    tags_remove: frozenset[str] = frozenset()
    priority: Priority | None = None
    status: Status | None = None
    group_id: str | None = None
    also: tuple[str, ...] = ()
    note_instead: str | None = None

    @property
    def reference(self) -> str:
        """The visible mark by which a note is found again, for example `HR-4KZ2M7QA`."""
        return f"HR-{self.id[:8].upper()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """The helpdesk's own evidence that an effect was posted."""

    remote_id: str
    posted_at: datetime
    found: bool = False  # found by its marker rather than answered to our call
