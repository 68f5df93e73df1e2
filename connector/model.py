"""Frozen values that travel through the pipeline, in the order in which they appear there.

Nothing here does I/O, knows a vendor or reads a clock. All times are aware and in UTC. Mappings are
treated as read-only; code that needs a changed value makes a new one with `dataclasses.replace`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

# --- Received -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRequest:
    """One webhook request as it came off the wire; header names are lower case."""

    headers: Mapping[str, str]
    body: bytes
    path_secret: str | None = None


class EventKind(StrEnum):
    """What a delivery hints at. Only a hint: the fetched ticket is the truth [R3]."""

    CREATED = "created"
    CUSTOMER_REPLIED = "customer_replied"
    CHANGED = "changed"
    POLLED = "polled"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A verified delivery. `key` makes a repeat harmless; `ticket_id` is None where it could not be read.

    `ignore` carries a reason when the delivery alone proves that there is nothing to do (our own echo).
    """

    key: str
    ticket_id: str | None
    kind: EventKind
    vendor_kind: str
    occurred_at: datetime | None = None
    ignore: str | None = None


# --- Normalised -----------------------------------------------------------------------------------


class Role(StrEnum):
    """Who wrote a comment, as far as the pipeline cares."""

    REQUESTER = "requester"
    OTHER_CUSTOMER = "other_customer"  # an end user on the thread who is not the requester (a CC)
    AGENT = "agent"
    CONNECTOR = "connector"  # our own integration user
    SYSTEM = "system"


class Visibility(StrEnum):
    """The vendors' defaults are opposite, so visibility is never a boolean."""

    PUBLIC = "public"
    INTERNAL = "internal"


class CommentKind(StrEnum):
    """What sort of entry this is; only a message asks for an answer."""

    MESSAGE = "message"
    SURVEY = "survey"
    FORWARD = "forward"
    OTHER = "other"


class SenderWarning(StrEnum):
    """What the helpdesk says against the sender of a comment. Any of them keeps a reply back."""

    MACHINE_GENERATED = "machine_generated"
    UNTRUSTED = "untrusted"
    NOT_IN_CONVERSATION = "not_in_conversation"
    NOT_SIGNED_IN = "not_signed_in"
    MAYBE_NOT_BY_USER = "maybe_not_by_user"
    REPLY_TO_DIFFERS = "reply_to_differs"
    UNVERIFIED_ADDRESS = "unverified_address"


class Status(StrEnum):
    """Our words; the vendor's value stands beside it on the ticket."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    ON_HOLD = "on_hold"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Priority(StrEnum):
    """Our words, from least to most urgent."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    URGENT = "urgent"


class Channel(StrEnum):
    """How the customer reached the team."""

    EMAIL = "email"
    WEB = "web"
    CHAT = "chat"
    API = "api"
    SOCIAL = "social"
    PHONE = "phone"
    OTHER = "other"


class TicketFlag(StrEnum):
    """States in which a ticket is not ours to work on; each is an ignore reason [R5]."""

    SPAM = "spam"
    DELETED = "deleted"
    MERGED = "merged"
    ARCHIVED = "archived"
    OUTBOUND = "outbound"  # the team wrote first
    ASSOCIATED = "associated"  # parent, child or tracker ticket
    REQUESTER_SUSPENDED = "requester_suspended"


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """Name, media type and size in bytes; the content is never fetched."""

    name: str
    media_type: str
    size_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Comment:
    """One entry of the conversation.

    `text` is what the author wrote newly (no quotes, signature, footer, hidden HTML) and is never empty
    where `raw_text` is not; `raw_text` is the whole visible text.
    """

    id: str
    author_id: str | None
    role: Role
    visibility: Visibility
    text: str
    raw_text: str
    created_at: datetime
    kind: CommentKind = CommentKind.MESSAGE
    attachments: tuple[Attachment, ...] = ()
    warnings: frozenset[SenderWarning] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requester:
    """The customer. `verified` is the helpdesk's word for it; None = not looked up yet."""

    id: str
    name: str
    email: str | None
    verified: bool | None
    language: str | None = None
    tags: frozenset[str] = frozenset()
    organization: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One ticket of any helpdesk [N1].

    `stamp` is the vendor's own `updated_at` text, the fence of a conditional write. `read_at` is the
    helpdesk's clock when the ticket was read: a read within the second of `updated_at` may miss a change.
    `cc` are addresses or ids of further recipients. `headers` are mail headers where the helpdesk gives them.
    """

    account_id: str
    id: str
    subject: str
    requester: Requester
    status: Status
    vendor_status: str
    priority: Priority | None
    vendor_priority: str | None
    channel: Channel
    vendor_channel: str
    tags: frozenset[str]
    comments: tuple[Comment, ...]
    created_at: datetime
    updated_at: datetime
    read_at: datetime
    stamp: str
    url: str = ""
    group_id: str | None = None
    assignee_id: str | None = None
    brand_id: str | None = None
    custom_fields: Mapping[str, object] = field(default_factory=dict)
    cc: tuple[str, ...] = ()
    flags: frozenset[TicketFlag] = frozenset()
    headers: Mapping[str, str] = field(default_factory=dict)
    reply_from: str | None = None  # the brand's own support address, where a reply must name it

    @property
    def customer_messages(self) -> tuple[Comment, ...]:
        """Public messages by customers, oldest first."""
        return tuple(
            comment
            for comment in self.comments
            if comment.role in (Role.REQUESTER, Role.OTHER_CUSTOMER) and comment.visibility is Visibility.PUBLIC
        )

    @property
    def newest_customer_message(self) -> Comment | None:
        """The customer's last public message, whoever has spoken since: the one that is answered.

        A survey answer or an absence note that arrives after a question does not take its place.
        """
        messages = self.customer_messages
        by_people = [
            message
            for message in messages
            if message.kind is CommentKind.MESSAGE and SenderWarning.MACHINE_GENERATED not in message.warnings
        ]
        return (by_people or messages)[-1] if messages else None

    @property
    def unanswered(self) -> tuple[Comment, ...]:
        """Customer messages since the last public word of the team (agent or connector), oldest first."""
        waiting: list[Comment] = []
        for comment in self.comments:
            if comment.visibility is not Visibility.PUBLIC:
                continue
            if comment.role in (Role.AGENT, Role.CONNECTOR):
                waiting.clear()
            elif comment.role in (Role.REQUESTER, Role.OTHER_CUSTOMER):
                waiting.append(comment)
        return tuple(waiting)


# --- Account --------------------------------------------------------------------------------------


class Stage(StrEnum):
    """How far a roll-out has come, of an intent or (as a cap) of a whole account."""

    OFF = "off"
    SHADOW = "shadow"
    DRAFT = "draft"
    PILOT = "pilot"
    LIVE = "live"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountConfig:
    """What a team configures about its account [N2]; texts are by language tag.

    `disclosure` is the line that says a reply is automatic and how to get a person [H4].
    `groups` maps route names of the policy to the helpdesk's group ids.
    """

    company: str
    tag_prefix: str = "hr_"
    languages: tuple[str, ...] = ("en", "de")
    greeting: Mapping[str, str] = field(default_factory=dict)
    signature: Mapping[str, str] = field(default_factory=dict)
    disclosure: Mapping[str, str] = field(default_factory=dict)
    own_addresses: frozenset[str] = frozenset()
    link_hosts: frozenset[str] = frozenset()
    vip_tags: frozenset[str] = frozenset()
    groups: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One helpdesk installation. Secrets are in clear only in memory and never in `repr`."""

    id: str
    name: str
    vendor: str
    base_url: str
    stage: Stage
    bot_user_id: str
    config: AccountConfig
    default_owner: str | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False)


# --- Triage ---------------------------------------------------------------------------------------


class Signal(StrEnum):
    """Why a ticket deserves care, found by rule [T2]."""

    BILLING_DISPUTE = "billing_dispute"
    ACCOUNT_ACCESS = "account_access"
    SECURITY = "security"
    LEGAL = "legal"
    PRIVACY = "privacy"
    SAFETY = "safety"
    ASKS_FOR_HUMAN = "asks_for_human"
    CHURN_THREAT = "churn_threat"
    ANGER = "anger"
    VIP = "vip"
    INJECTION = "injection"
    MACHINE_MAIL = "machine_mail"
    SPAM = "spam"
    OUT_OF_SCOPE = "out_of_scope"
    NEAR_MISS = "near_miss"
    MIXED = "mixed"
    ALREADY_HANDLED = "already_handled"


FLOOR_SIGNALS = frozenset(
    {
        Signal.BILLING_DISPUTE,
        Signal.ACCOUNT_ACCESS,
        Signal.SECURITY,
        Signal.LEGAL,
        Signal.PRIVACY,
        Signal.SAFETY,
        Signal.ASKS_FOR_HUMAN,
    }
)
"""The floor [D2]: no configuration, prompt, API call or ticket text can lower it."""

FLOOR_INTENTS = frozenset({"billing_dispute", "account_access_change", "security_or_legal"})
"""The floor by intent. A constant of the code: neither catalogue nor policy can take an intent out."""

HUMAN_ONLY_SIGNALS = FLOOR_SIGNALS | {Signal.CHURN_THREAT, Signal.ANGER, Signal.VIP}
"""Signals that hand the ticket to a person."""

UNMAPPED = "unmapped"


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalHit:
    """A signal with the rule that raised it and the words it matched (for the explanation)."""

    signal: Signal
    rule: str
    matched: str


class Sentiment(StrEnum):
    """Coarse, for the card only; it never decides anything."""

    NEGATIVE = "negative"
    NEUTRAL = "neutral"
    POSITIVE = "positive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Triage:
    """What the customer wants [T1, T2].

    `ranked` holds (intent, probability) from most to least likely; `human_only_probability` is the total
    over all human-only intents; `out_of_scope` is 0 (surely known) to 1 (surely unlisted). `also` are
    further intents raised by single sentences of a mixed message. `language` is a BCP 47 primary tag or
    "und". `model` names the classifier version.
    """

    intent: str
    confidence: float
    ranked: tuple[tuple[str, float], ...]
    human_only_probability: float
    out_of_scope: float
    language: str
    sentiment: Sentiment
    priority: Priority
    facts: Mapping[str, str]
    hits: tuple[SignalHit, ...]
    also: tuple[str, ...] = ()
    model: str = ""

    @property
    def signals(self) -> frozenset[Signal]:
        """The signals without their evidence."""
        return frozenset(hit.signal for hit in self.hits)


# --- Decision -------------------------------------------------------------------------------------


class Tier(StrEnum):
    """The most an intent may ever do."""

    AUTO = "auto"
    APPROVAL = "approval"
    HUMAN_ONLY = "human_only"


class Posture(StrEnum):
    """An override for one ticket, requester or brand; it can only make things stricter."""

    NORMAL = "normal"
    DRAFT = "draft"
    OFF = "off"


class Action(StrEnum):
    """What a decision orders, from least to most visible."""

    IGNORE = "ignore"
    SHADOW = "shadow"
    HAND_OFF = "hand_off"
    DRAFT = "draft"
    AUTO_SEND = "auto_send"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """A named reason with a detail for the explanation; the words for people are in `mappings/reasons.toml`."""

    code: str
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What may happen, and why [D1]. `writes` is False where the card stays in the sidebar.

    `gate` is True when both keys would let a draft that passes its checks be sent.
    """

    action: Action
    intent: str
    tier: Tier
    stage: Stage
    reasons: tuple[Reason, ...]
    gate: bool
    writes: bool
    policy_version: str
    floor: bool = False


# --- Draft ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a statement of a draft comes from."""

    id: str
    title: str
    url: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LookupAnswer:
    """Facts that a look-up gave for the verified requester's own reference [G6]."""

    kind: str
    reference: str
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A proposed reply as plain text. `complete` is False when a fact it needs is missing.

    `author` is "embedded" or the model's name; `template` the approved template it was filled from.
    """

    text: str
    language: str
    author: str
    template: str
    sources: tuple[Source, ...]
    facts: Mapping[str, str]
    missing: tuple[str, ...] = ()
    promises_hand_off: bool = False

    @property
    def complete(self) -> bool:
        """Whether every fact the template needs was there."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftCheck:
    """One check on the finished draft [G4]; `detail` says what was found where it failed."""

    name: str
    passed: bool
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Everything a person needs to take over [H1]. The first four are always filled."""

    intent: str
    summary: str
    priority: Priority
    next_action: str
    facts: Mapping[str, str]
    asked: tuple[str, ...]
    tried: tuple[str, ...]
    sentiment: Sentiment
    language: str
    reasons: tuple[str, ...]
    sources: tuple[Source, ...] = ()
    macros: tuple[str, ...] = ()
    owner: str = ""


# --- Effects --------------------------------------------------------------------------------------


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
    a reply which may no longer be sent; None on a note.
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
