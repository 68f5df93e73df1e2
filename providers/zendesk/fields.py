"""Zendesk's words and ours, as plain tables.

https://developer.zendesk.com/api-reference/ticketing/tickets/tickets/
https://developer.zendesk.com/api-reference/ticketing/tickets/ticket_comments/ (flags)
https://developer.zendesk.com/api-reference/webhooks/event-types/ticket-events/
"""

from __future__ import annotations

from connector.model import Channel, EventKind, Priority, SenderWarning, Status, TicketFlag

STATUS = {
    "new": Status.NEW,
    "open": Status.OPEN,
    "pending": Status.PENDING,
    "hold": Status.ON_HOLD,
    "solved": Status.RESOLVED,
    "closed": Status.CLOSED,
    # These three appear in exports and events only; the ticket is gone for agents.
    "deleted": Status.CLOSED,
    "archived": Status.CLOSED,
    "scrubbed": Status.CLOSED,
}

STATUS_FLAGS = {
    "deleted": TicketFlag.DELETED,
    "scrubbed": TicketFlag.DELETED,
    "archived": TicketFlag.ARCHIVED,
}

STATUS_WORDS = {
    Status.NEW: "open",  # a ticket can never go back to new
    Status.OPEN: "open",
    Status.PENDING: "pending",
    Status.ON_HOLD: "hold",
    Status.RESOLVED: "solved",
    Status.CLOSED: "closed",
}

PRIORITY = {
    "low": Priority.LOW,
    "normal": Priority.NORMAL,
    "high": Priority.HIGH,
    "urgent": Priority.URGENT,
}

PRIORITY_WORDS = {ours: theirs for theirs, ours in PRIORITY.items()}

CHANNEL = {
    "email": Channel.EMAIL,
    "web": Channel.WEB,
    "help_center": Channel.WEB,
    "web_widget": Channel.WEB,
    "mobile": Channel.WEB,
    "api": Channel.API,
    "web_service": Channel.API,
    "chat": Channel.CHAT,
    "native_messaging": Channel.CHAT,
    "messaging": Channel.CHAT,
    "chat_transcript": Channel.CHAT,
    "mobile_sdk": Channel.CHAT,
    "sms": Channel.SOCIAL,
    "whatsapp": Channel.SOCIAL,
    "line": Channel.SOCIAL,
    "twitter": Channel.SOCIAL,
    "facebook": Channel.SOCIAL,
    "instagram_dm": Channel.SOCIAL,
    "any_channel": Channel.SOCIAL,
    "voice": Channel.PHONE,
    "phone": Channel.PHONE,
}

# `metadata.flags` of a comment that came by mail.
WARNINGS = {
    0: SenderWarning.UNTRUSTED,
    2: SenderWarning.NOT_IN_CONVERSATION,
    3: SenderWarning.NOT_SIGNED_IN,
    4: SenderWarning.MACHINE_GENERATED,
    14: SenderWarning.MAYBE_NOT_BY_USER,
    20: SenderWarning.UNTRUSTED,  # the Reply-To address belongs to a suspended user
    21: SenderWarning.REPLY_TO_DIFFERS,
    22: SenderWarning.UNVERIFIED_ADDRESS,
}

MERGED_TAG = "closed_by_merge"
"""Zendesk puts it on the ticket whose content went into another one."""

SYSTEM_CHANNELS = frozenset({"rule", "system"})
"""Comments written by a trigger, an automation or Zendesk itself; they are nobody's word."""

# What an event type, without its prefix "zen:event-type:", hints at. Everything else about a ticket is a change.
EVENT_KIND = {
    "ticket.created": EventKind.CREATED,
    "ticket.comment_added": EventKind.CHANGED,  # unless its author is no staff, see webhooks.py
}

# The `event` our own trigger recipe writes into its body.
TRIGGER_KIND = {
    "ticket_created": EventKind.CREATED,
    "customer_replied": EventKind.CUSTOMER_REPLIED,
    "ticket_updated": EventKind.CHANGED,
}

SUBSCRIPTIONS = tuple(
    f"zen:event-type:ticket.{name}"
    for name in (
        "created",
        "comment_added",
        "status_changed",
        "priority_changed",
        "tags_changed",
        "agent_assignment_changed",
        "merged",
        "csat_received",
        "comment_redacted",
        "soft_deleted",
        "permanently_deleted",
    )
)
"""What our webhook subscribes to."""

PLAN_CALLS_PER_MINUTE = 400
"""Below this `X-Rate-Limit`, the plan leaves little room beside the team's other apps (Team plans have 200)."""
