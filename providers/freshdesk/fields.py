"""Freshdesk's numbers and ours, as plain tables.

https://developers.freshdesk.com/api/#ticket_attributes (accounts add numbers of their own: never a closed list)
"""

from __future__ import annotations

from connector.model import Channel, EventKind, Priority, Status

STATUS = {
    2: Status.OPEN,
    3: Status.PENDING,
    4: Status.RESOLVED,
    5: Status.CLOSED,
}

CUSTOM_STATUS = Status.ON_HOLD
"""6 and up are the account's own ("Waiting on Customer", "Waiting on Third Party"): somebody waits for something."""

STATUS_NUMBERS = {
    Status.NEW: 2,  # Freshdesk has no "new"
    Status.OPEN: 2,
    Status.PENDING: 3,
    Status.ON_HOLD: 3,  # no number for it is the same on two accounts
    Status.RESOLVED: 4,
    Status.CLOSED: 5,
}

PRIORITY = {
    1: Priority.LOW,
    2: Priority.NORMAL,
    3: Priority.HIGH,
    4: Priority.URGENT,
}

PRIORITY_NUMBERS = {ours: theirs for theirs, ours in PRIORITY.items()}

CHANNEL = {
    1: Channel.EMAIL,
    2: Channel.WEB,
    3: Channel.PHONE,
    4: Channel.SOCIAL,  # forum
    5: Channel.SOCIAL,
    6: Channel.SOCIAL,
    7: Channel.CHAT,
    8: Channel.CHAT,  # mobile SDK
    9: Channel.WEB,  # feedback widget
    10: Channel.EMAIL,  # outbound: the team wrote first
    11: Channel.OTHER,
    12: Channel.CHAT,  # bot
    13: Channel.SOCIAL,
    15: Channel.CHAT,  # web chat; not documented, seen on a live account of 2026
}

OUTBOUND_SOURCE = 10

STRUCTURED_SOURCES = frozenset({7, 8, 15})
"""Replies to chat and mobile-SDK tickets take `structured_body` in place of `body`."""

# Conversations: `source`, and the undocumented `category` beside it.
SURVEY_SOURCE = 6
SURVEY_CATEGORY = 7
FORWARD_SOURCE = 8
REPLY_TO_FORWARD_CATEGORY = 6

# The `event` our recipe writes into the rule's body, and the names of the app platform's events.
EVENT_KIND = {
    "ticket_created": EventKind.CREATED,
    "customer_replied": EventKind.CUSTOMER_REPLIED,
    "ticket_updated": EventKind.CHANGED,
    "onTicketCreate": EventKind.CREATED,
    "onTicketUpdate": EventKind.CHANGED,
    "onConversationCreate": EventKind.CHANGED,
    "onConversationUpdate": EventKind.CHANGED,
}

# What the machine codes of an error body mean, in our words; Freshdesk's sentences may quote a customer.
WHY = {
    "missing_field": "it is required and empty",
    "invalid_value": "the value is not allowed",
    "duplicate_value": "the value is taken",
    "datatype_mismatch": "the value has the wrong type",
    "invalid_field": "the account has no such field",
    "readonly_field": "it cannot be changed",
    "inconsistent_state": "the ticket's state does not allow it",
    "inaccessible_field": "our agent may not change it",
    "incompatible_field": "it does not fit the other values",
}

SCOPES = {1: "all tickets", 2: "tickets of its groups", 3: "tickets assigned to it"}
"""`ticket_scope` of an agent."""
