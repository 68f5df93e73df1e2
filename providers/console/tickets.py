"""One row of a tickets file as a `Ticket`. Pure.

A row has `id` and `body`, and may have `subject`, `from` (an address), `name`, `verified` (true unless said
otherwise), `tags` and `channel`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from connector.errors import ConfigurationError
from connector.model import Account, Channel, Comment, Requester, Role, Status, Ticket, Visibility
from connector.plaintext import newest_text, visible_text
from providers._values import identifier, text, words


def to_ticket(account: Account, row: dict[str, Any], *, now: datetime) -> Ticket:
    """A new, open ticket with one message; ConfigurationError where the row has no numeric id."""
    ticket_id = identifier(row.get("id"))
    if ticket_id is None:
        raise ConfigurationError("Each row of the tickets file needs an id of digits.")
    address = text(row.get("from")) or f"customer-{ticket_id}@example.com"
    whole = visible_text(text(row.get("body")))
    channel = text(row.get("channel")) or "email"
    requester = Requester(
        id=f"requester-{ticket_id}",
        name=text(row.get("name")),
        email=address,
        verified=row.get("verified") is not False,
    )
    message = Comment(
        id=f"message-{ticket_id}",
        author_id=requester.id,
        role=Role.REQUESTER,
        visibility=Visibility.PUBLIC,
        text=newest_text(whole) or whole,
        raw_text=whole,
        created_at=now,
    )
    return Ticket(
        account_id=account.id,
        id=ticket_id,
        subject=text(row.get("subject")),
        requester=requester,
        status=Status.OPEN,
        vendor_status="open",
        priority=None,
        vendor_priority=None,
        channel=Channel(channel) if channel in tuple(Channel) else Channel.OTHER,
        vendor_channel=channel,
        tags=frozenset(words(row.get("tags"))),
        comments=(message,),
        created_at=now,
        updated_at=now,
        read_at=now,
        stamp=f"{now.isoformat()}#0",
    )
