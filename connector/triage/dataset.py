"""Labelled tickets as the pipeline would see them: one JSON object of `data/README.md` becomes a `Ticket`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connector.errors import ConfigurationError
from connector.model import Channel, Comment, Requester, Role, Status, Ticket, Visibility
from connector.plaintext import HIDDEN_TEXT_FIELD, hidden_text, html_to_text, newest_html_text, newest_text

_CREATED_AT = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)  # a fixed moment: a measurement must not depend on the clock
_ROLES = {"requester": Role.REQUESTER, "customer": Role.OTHER_CUSTOMER, "agent": Role.AGENT}


def ticket_from_row(row: Mapping[str, object], *, line: int | None = None) -> Ticket:
    """The ticket that a helpdesk would give for this row; the requester counts as verified.

    ConfigurationError names the key, and the line where it is known.
    """
    reader = _Row(row, f"line {line}: " if line is not None else "")
    ticket_id = reader.text("id")
    sender = reader.text("from", default="")
    name = reader.text("name", default="") or sender.partition("@")[0].replace(".", " ").title()
    comments = (*_thread(reader), _newest(reader))
    comments = tuple(_numbered(number, comment) for number, comment in enumerate(comments))
    hidden = hidden_text(reader.text("body_html")) if "body_html" in row else ""
    return Ticket(
        account_id="evaluation",
        id=ticket_id,
        subject=reader.text("subject", default=""),
        requester=Requester(id=sender or "requester", name=name, email=sender or None, verified=True),
        status=Status.OPEN if len(comments) > 1 else Status.NEW,
        vendor_status="open" if len(comments) > 1 else "new",
        priority=None,
        vendor_priority=None,
        channel=reader.channel(),
        vendor_channel=reader.text("channel", default=""),
        tags=frozenset(),
        comments=comments,
        created_at=_CREATED_AT,
        updated_at=comments[-1].created_at,
        read_at=comments[-1].created_at + timedelta(minutes=1),
        stamp=comments[-1].created_at.isoformat(),
        custom_fields={HIDDEN_TEXT_FIELD: hidden} if hidden else {},
        headers=reader.texts("headers"),
    )


def _newest(reader: _Row) -> Comment:
    if "body_html" in reader.row:
        html = reader.text("body_html")
        return _comment(Role.REQUESTER, Visibility.PUBLIC, newest_html_text(html), html_to_text(html))
    body = reader.text("body")
    return _comment(Role.REQUESTER, Visibility.PUBLIC, newest_text(body), body)


def _thread(reader: _Row) -> tuple[Comment, ...]:
    entries = reader.row.get("thread") or []
    if not isinstance(entries, list):
        raise reader.wrong("thread", "write a list of messages, oldest first")
    return tuple(_earlier(reader, number, entry) for number, entry in enumerate(entries, start=1))


def _earlier(reader: _Row, number: int, entry: object) -> Comment:
    key = f"thread entry {number}"
    if not isinstance(entry, Mapping):
        raise reader.wrong(key, "write an object with role, public and text")
    role = _ROLES.get(str(entry.get("role", "")))
    if role is None:
        raise reader.wrong(f"{key}: role", f"write one of {', '.join(sorted(_ROLES))}")
    public, text = entry.get("public", True), entry.get("text")
    if not isinstance(public, bool):
        raise reader.wrong(f"{key}: public", "write true or false")
    if not isinstance(text, str):
        raise reader.wrong(f"{key}: text", "a text is missing")
    return _comment(role, Visibility.PUBLIC if public else Visibility.INTERNAL, newest_text(text), text)


def _comment(role: Role, visibility: Visibility, text: str, raw_text: str) -> Comment:
    author = "agent" if role is Role.AGENT else role.value
    return Comment(
        id="0", author_id=author, role=role, visibility=visibility, text=text, raw_text=raw_text, created_at=_CREATED_AT
    )


def _numbered(number: int, comment: Comment) -> Comment:
    return replace(comment, id=str(number + 1), created_at=_CREATED_AT + timedelta(hours=number))


class _Row:
    """Reads the keys of one row and says which one is wrong."""

    def __init__(self, row: Mapping[str, object], where: str) -> None:
        self.row = row
        self._where = where

    def wrong(self, key: str, remedy: str) -> ConfigurationError:
        """The error for this key."""
        return ConfigurationError(f"{self._where}{key}: {remedy}")

    def text(self, key: str, *, default: str | None = None) -> str:
        """The text of this key."""
        value = self.row.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            raise self.wrong(key, "a text is missing")
        return value

    def texts(self, key: str) -> dict[str, str]:
        """The texts by name of this key; none where the key is missing."""
        value = self.row.get(key)
        if value is None:
            return {}
        if not isinstance(value, Mapping) or not all(isinstance(text, str) for text in value.values()):
            raise self.wrong(key, "write an object of texts")
        return {str(name): str(text) for name, text in value.items()}

    def channel(self) -> Channel:
        """The channel; `other` for a word we do not know."""
        value = self.text("channel", default="").lower()
        return Channel(value) if value in set(Channel) else Channel.OTHER
