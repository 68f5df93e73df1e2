"""Freshdesk's ticket and conversations as one `Ticket`. Pure; raises ValueError where an answer makes no sense."""

from __future__ import annotations

from collections.abc import Iterable
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
from providers._values import identifier, moment, rows, text, words
from providers.freshdesk.fields import (
    CHANNEL,
    CUSTOM_STATUS,
    FORWARD_SOURCE,
    OUTBOUND_SOURCE,
    PRIORITY,
    REPLY_TO_FORWARD_CATEGORY,
    STATUS,
    SURVEY_CATEGORY,
    SURVEY_SOURCE,
)

Json = dict[str, Any]

FIRST_MESSAGE = "description"
"""Comment id of the first message, which is the ticket's description and has no id of its own."""


def link(account: Account, ticket_id: str) -> str:
    """Where agents see the ticket."""
    return f"{account.base_url}/a/tickets/{ticket_id}"


def to_ticket(
    account: Account, ticket: Json, conversations: Iterable[Json], *, read_at: datetime, requester: Requester
) -> Ticket:
    """The ticket with its conversation, oldest entry first."""
    ticket_id = identifier(ticket.get("id"))
    if ticket_id is None:
        raise ValueError("a ticket without an id")
    stamp = text(ticket.get("updated_at"))
    status, source = _number(ticket.get("status")), _number(ticket.get("source"))
    priority = _number(ticket.get("priority"))
    entries = list(conversations)
    mapped = Ticket(
        account_id=account.id,
        id=ticket_id,
        subject=text(ticket.get("subject")),
        requester=requester,
        status=to_status(status),
        vendor_status=str(status),
        priority=PRIORITY.get(priority),
        vendor_priority=str(priority) if priority else None,
        channel=CHANNEL.get(source, Channel.OTHER),
        vendor_channel=str(source),
        tags=frozenset(words(ticket.get("tags"))),
        comments=_thread(account, ticket, entries),
        created_at=moment(ticket.get("created_at")),
        updated_at=moment(stamp),
        read_at=read_at,
        stamp=stamp,
        url=link(account, ticket_id),
        group_id=identifier(ticket.get("group_id")),
        assignee_id=identifier(ticket.get("responder_id")),
        brand_id=identifier(ticket.get("product_id")),
        custom_fields=_custom_fields(ticket),
        cc=_copies(ticket, requester),
        flags=_flags(ticket, source),
        reply_from=text(ticket.get("support_email")) or None,
    )
    pages = {entry_id: text(entry.get("body")) for entry in entries if (entry_id := identifier(entry.get("id")))}
    return _text.with_hidden(mapped, {**pages, FIRST_MESSAGE: text(ticket.get("description"))})


def to_status(number: int) -> Status:
    """Our word for a status number, also for one the account has made itself."""
    return STATUS.get(number, CUSTOM_STATUS if number >= 6 else Status.OPEN)


def to_requester(ticket: Json) -> Requester:
    """The requester as the ticket shows it; whether it is verified stands in its contact only."""
    requester_id = identifier(ticket.get("requester_id"))
    if requester_id is None:
        raise ValueError("a ticket without a requester")
    given = ticket.get("requester")
    person = given if isinstance(given, dict) else {}
    return Requester(
        id=requester_id,
        name=text(person.get("name")),
        email=text(person.get("email")) or None,
        verified=None,
        organization=identifier(ticket.get("company_id")),
    )


def _thread(account: Account, ticket: Json, conversations: Iterable[Json]) -> tuple[Comment, ...]:
    first = _first_message(account, ticket)
    later = [_to_comment(account, ticket, entry) for entry in conversations]
    later.sort(key=lambda entry: (entry.created_at, int(entry.id)))
    if CHANNEL.get(_number(ticket.get("source"))) is Channel.CHAT:
        later = _without_echo(first, later)
    return (first, *later)


def _without_echo(first: Comment, later: list[Comment]) -> list[Comment]:
    """Web chat repeats the first message as the first incoming conversation (seen on a live account)."""
    for position, entry in enumerate(later):
        if entry.role is Role.REQUESTER:
            same = _text.comparable(entry.raw_text) == _text.comparable(first.raw_text)
            return [*later[:position], *later[position + 1 :]] if same else later
    return later


def _first_message(account: Account, ticket: Json) -> Comment:
    newest, whole = _text.read(text(ticket.get("description")), text(ticket.get("description_text")))
    author = identifier(ticket.get("requester_id"))
    role = Role.REQUESTER
    if author == account.bot_user_id:
        role = Role.CONNECTOR
    elif _number(ticket.get("source")) == OUTBOUND_SOURCE:
        role = Role.AGENT
    return Comment(
        id=FIRST_MESSAGE,
        author_id=author,
        role=role,
        visibility=Visibility.PUBLIC,
        text=newest,
        raw_text=whole,
        created_at=moment(ticket.get("created_at")),
        attachments=_attachments(ticket),
    )


def _to_comment(account: Account, ticket: Json, entry: Json) -> Comment:
    entry_id = identifier(entry.get("id"))
    if entry_id is None:
        raise ValueError("a conversation without an id")
    newest, whole = _text.read(text(entry.get("body")), text(entry.get("body_text")))
    machine, kind = _is_machine(entry), _kind(entry)
    # Only an explicit false is public: what we cannot read must not count as said to the customer. A forward, and
    # what comes back to it, is talk with a third party.
    public = entry.get("private") is False and kind is not CommentKind.FORWARD
    return Comment(
        id=entry_id,
        author_id=identifier(entry.get("user_id")),
        role=_role(account, ticket, entry, machine=machine),
        visibility=Visibility.PUBLIC if public else Visibility.INTERNAL,
        text=newest,
        raw_text=whole,
        created_at=moment(entry.get("created_at")),
        kind=kind,
        attachments=_attachments(entry),
        warnings=frozenset({SenderWarning.MACHINE_GENERATED}) if machine else frozenset(),
    )


def _role(account: Account, ticket: Json, entry: Json, *, machine: bool) -> Role:
    author = identifier(entry.get("user_id"))
    if author and author == account.bot_user_id:
        return Role.CONNECTOR
    if author and author == identifier(ticket.get("requester_id")):
        return Role.REQUESTER
    if entry.get("incoming") is True:
        return Role.OTHER_CUSTOMER
    if machine or author is None:
        return Role.SYSTEM  # an automation's mail is nobody's answer
    return Role.AGENT


def _is_machine(entry: Json) -> bool:
    return entry.get("auto_response") is True or identifier(entry.get("automation_id")) is not None


def _kind(entry: Json) -> CommentKind:
    source, category = _number(entry.get("source")), _number(entry.get("category"))
    if source == SURVEY_SOURCE or category == SURVEY_CATEGORY:
        return CommentKind.SURVEY
    if source == FORWARD_SOURCE or category == REPLY_TO_FORWARD_CATEGORY:
        return CommentKind.FORWARD
    return CommentKind.MESSAGE


def _attachments(entry: Json) -> tuple[Attachment, ...]:
    return tuple(
        Attachment(
            name=text(item.get("name")),
            media_type=text(item.get("content_type")),
            size_bytes=max(_number(item.get("size")), 0),
        )
        for item in rows(entry.get("attachments"))
    )


def _copies(ticket: Json, requester: Requester) -> tuple[str, ...]:
    """Every address beside the requester that a reply could reach; each list may be null."""
    lists = ("cc_emails", "reply_cc_emails", "ticket_cc_emails", "ticket_bcc_emails")
    addresses = {address.strip().lower() for name in lists for address in words(ticket.get(name))}
    return tuple(sorted(addresses - {"", (requester.email or "").lower()}))


def _flags(ticket: Json, source: int) -> frozenset[TicketFlag]:
    found = {
        flag
        for name, flag in (
            ("spam", TicketFlag.SPAM),
            ("deleted", TicketFlag.DELETED),
            ("archived", TicketFlag.ARCHIVED),
        )
        if ticket.get(name) is True
    }
    if source == OUTBOUND_SOURCE:
        found.add(TicketFlag.OUTBOUND)
    if _number(ticket.get("association_type")) > 0:
        found.add(TicketFlag.ASSOCIATED)
    return frozenset(found)


def _custom_fields(ticket: Json) -> dict[str, object]:
    fields = ticket.get("custom_fields")
    return (
        {name: value for name, value in fields.items() if value not in (None, "")} if isinstance(fields, dict) else {}
    )


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
