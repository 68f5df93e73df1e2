"""Zendesk's ticket, comments and users as one `Ticket`. Pure; raises ValueError where an answer makes no sense."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from connector.model import (
    Account,
    Attachment,
    Channel,
    Comment,
    CommentKind,
    Requester,
    Role,
    SenderWarning,
    Status,
    Ticket,
    TicketFlag,
    Visibility,
)
from providers import _text
from providers._values import identifier, identifiers, moment, rows, text, words
from providers.zendesk.fields import (
    CHANNEL,
    MERGED_TAG,
    PRIORITY,
    STATUS,
    STATUS_FLAGS,
    SYSTEM_CHANNELS,
    WARNINGS,
)

Json = dict[str, Any]
Users = Mapping[str, Json]


def index(users: Iterable[Json]) -> dict[str, Json]:
    """Users by id."""
    return {user_id: user for user in users if (user_id := identifier(user.get("id")))}


def people(ticket: Json, comments: Iterable[Json]) -> frozenset[str]:
    """Ids of the requester and of all authors: whose roles the conversation needs."""
    ids = [identifier(ticket.get("requester_id")), *(identifier(entry.get("author_id")) for entry in comments)]
    return frozenset(item for item in ids if item)


def link(account: Account, ticket_id: str) -> str:
    """Where agents see the ticket."""
    return f"{account.base_url}/agent/tickets/{ticket_id}"


def to_ticket(account: Account, ticket: Json, comments: list[Json], users: Users, *, read_at: datetime) -> Ticket:
    """The ticket with its conversation, oldest entry first."""
    ticket_id = identifier(ticket.get("id"))
    if ticket_id is None:
        raise ValueError("a ticket without an id")
    requester = to_requester(ticket, users)
    stamp = text(ticket.get("updated_at"))
    status = text(ticket.get("status")).lower()
    priority = text(ticket.get("priority")).lower()
    channel = text(_via(ticket).get("channel")).lower()
    chat = ticket.get("from_messaging_channel") is True
    thread = [_to_comment(account, ticket, entry, users) for entry in comments]
    mapped = Ticket(
        account_id=account.id,
        id=ticket_id,
        subject=text(ticket.get("subject")) or text(ticket.get("raw_subject")),
        requester=requester,
        status=STATUS.get(status, Status.OPEN),
        vendor_status=status,
        priority=PRIORITY.get(priority),
        vendor_priority=priority or None,
        channel=Channel.CHAT if chat else CHANNEL.get(channel, Channel.OTHER),
        vendor_channel=channel,
        tags=frozenset(words(ticket.get("tags"))),
        comments=tuple(sorted(thread, key=lambda entry: (entry.created_at, int(entry.id)))),
        created_at=moment(ticket.get("created_at")),
        updated_at=moment(stamp),
        read_at=read_at,
        stamp=stamp,
        url=link(account, ticket_id),
        group_id=identifier(ticket.get("group_id")),
        assignee_id=identifier(ticket.get("assignee_id")),
        brand_id=identifier(ticket.get("brand_id")),
        custom_fields=_custom_fields(ticket),
        cc=_copies(ticket, requester.id),
        flags=_flags(ticket, status, users.get(requester.id)),
        headers=_headers(ticket, comments),
    )
    pages = {
        comment_id: text(entry.get("html_body")) for entry in comments if (comment_id := identifier(entry.get("id")))
    }
    return _text.with_hidden(mapped, pages)


def to_requester(ticket: Json, users: Users) -> Requester:
    """The requester. Without a user record (optional rights missing) nothing says that it is verified."""
    requester_id = identifier(ticket.get("requester_id"))
    if requester_id is None:
        raise ValueError("a ticket without a requester")
    user = users.get(requester_id, {})
    address = text(user.get("email")) or _sender(ticket)
    verified = user.get("verified")
    return Requester(
        id=requester_id,
        name=text(user.get("name")),
        email=address or None,
        verified=verified if isinstance(verified, bool) else None,
        language=text(user.get("locale")).split("-")[0].lower() or None,
        tags=frozenset(words(user.get("tags"))),
        organization=identifier(user.get("organization_id")),
    )


def _to_comment(account: Account, ticket: Json, entry: Json, users: Users) -> Comment:
    comment_id = identifier(entry.get("id"))
    if comment_id is None:
        raise ValueError("a comment without an id")
    newest, whole = _text.read(text(entry.get("html_body")), text(entry.get("plain_body")) or text(entry.get("body")))
    return Comment(
        id=comment_id,
        author_id=identifier(entry.get("author_id")),
        role=_role(account, ticket, entry, users),
        # Only an explicit true is public: what we cannot read must not count as said to the customer.
        visibility=Visibility.PUBLIC if entry.get("public") is True else Visibility.INTERNAL,
        text=newest,
        raw_text=whole,
        created_at=moment(entry.get("created_at")),
        kind=_kind(ticket, entry, whole),
        attachments=tuple(
            Attachment(
                name=text(item.get("file_name")),
                media_type=text(item.get("content_type")),
                size_bytes=size if isinstance(size := item.get("size"), int) else 0,
            )
            for item in rows(entry.get("attachments"))
        ),
        warnings=_warnings(entry),
    )


def _role(account: Account, ticket: Json, entry: Json, users: Users) -> Role:
    author = identifier(entry.get("author_id"))
    if author and author == account.bot_user_id:
        return Role.CONNECTOR
    if author is None or text(_via(entry).get("channel")) in SYSTEM_CHANNELS:
        return Role.SYSTEM  # Zendesk itself writes as user -1
    is_requester = author == identifier(ticket.get("requester_id"))
    role = text(users.get(author, {}).get("role"))
    if role:
        if role != "end-user":
            return Role.AGENT
        return Role.REQUESTER if is_requester else Role.OTHER_CUSTOMER
    # Without the user record: end users cannot write internal notes and cannot be assignees.
    if is_requester:
        return Role.REQUESTER
    if entry.get("public") is not True or author == identifier(ticket.get("assignee_id")):
        return Role.AGENT
    return Role.OTHER_CUSTOMER


def _kind(ticket: Json, entry: Json, whole: str) -> CommentKind:
    if entry.get("type") not in (None, "Comment"):
        return CommentKind.OTHER  # VoiceComment: a call's protocol
    rating = ticket.get("satisfaction_rating")
    answer = text(rating.get("comment")).strip() if isinstance(rating, dict) else ""
    survey = bool(answer) and _text.comparable(answer) == _text.comparable(whole)
    return CommentKind.SURVEY if survey else CommentKind.MESSAGE


def _warnings(entry: Json) -> frozenset[SenderWarning]:
    metadata = entry.get("metadata")
    flags = metadata.get("flags") if isinstance(metadata, dict) else None
    if not isinstance(flags, list):
        return frozenset()
    return frozenset(WARNINGS[flag] for flag in flags if isinstance(flag, int) and flag in WARNINGS)


def _flags(ticket: Json, status: str, requester: Json | None) -> frozenset[TicketFlag]:
    flags = {STATUS_FLAGS[status]} if status in STATUS_FLAGS else set()
    if MERGED_TAG in words(ticket.get("tags")):
        flags.add(TicketFlag.MERGED)
    if requester is not None and requester.get("suspended") is True:
        flags.add(TicketFlag.REQUESTER_SUSPENDED)
    return frozenset(flags)


def _copies(ticket: Json, requester_id: str) -> tuple[str, ...]:
    """Everybody beside the requester who gets a public reply; followers are agents and no recipients of it."""
    ids = {*identifiers(ticket.get("email_cc_ids")), *identifiers(ticket.get("collaborator_ids"))}
    return tuple(sorted(ids - {requester_id, *identifiers(ticket.get("follower_ids"))}))


def _custom_fields(ticket: Json) -> dict[str, object]:
    return {
        field_id: field.get("value")
        for field in rows(ticket.get("custom_fields"))
        if (field_id := identifier(field.get("id"))) and field.get("value") not in (None, "", [])
    }


def _headers(ticket: Json, comments: list[Json]) -> dict[str, str]:
    """The one mail header Zendesk's API gives: who the requester's newest mail says it is from, else the first."""
    requester = ticket.get("requester_id")
    mails = [sender for entry in comments if entry.get("author_id") == requester and (sender := _sender(entry))]
    sender = mails[-1] if mails else _sender(ticket)
    return {"from": sender} if sender else {}


def _via(entry: Json) -> Json:
    via = entry.get("via")
    return via if isinstance(via, dict) else {}


def _sender(entry: Json) -> str:
    source = _via(entry).get("source")
    sender = source.get("from") if isinstance(source, dict) else None
    return text(sender.get("address")) if isinstance(sender, dict) else ""
