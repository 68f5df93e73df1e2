"""All groups of routes of the Zendesk emulator."""

from __future__ import annotations

from connector.sandbox.zendesk import (
    api_apps,
    api_exports,
    api_hooks,
    api_knowledge,
    api_lists,
    api_people,
    api_tags,
    api_tickets,
    oauth,
)

ALL = (
    *api_tickets.ROUTES,
    *api_tags.ROUTES,
    *api_people.ROUTES,
    *api_lists.ROUTES,
    *api_exports.ROUTES,
    *api_hooks.ROUTES,
    *api_knowledge.ROUTES,
    *api_apps.ROUTES,
    *oauth.ROUTES,
)
