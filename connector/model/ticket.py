"""What was received and what it became: one ticket for every helpdesk [N1]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


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
    REPLAYED = "replayed"  # a person asked to work on it again
    WISHED = "wished"  # an agent asked for something in the sidebar; `connector.records.Wish` says what
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
