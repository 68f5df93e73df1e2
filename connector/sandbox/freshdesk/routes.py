"""All groups of routes of the Freshdesk emulator."""

from __future__ import annotations

from connector.sandbox.freshdesk import api_conversations, api_lists, api_people, api_tickets

ALL = (*api_tickets.ROUTES, *api_conversations.ROUTES, *api_people.ROUTES, *api_lists.ROUTES)
