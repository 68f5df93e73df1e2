"""Invented records every fresh account starts with: groups, mailboxes, fields, canned responses, articles."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from connector.sandbox import help_centre
from connector.sandbox.articles import ARTICLES
from connector.sandbox.clock import stamp
from connector.sandbox.markup import to_flat_text

if TYPE_CHECKING:
    from connector.sandbox.freshdesk.state import Account

_CANNED = (
    ("Ask for the order number", "<p>Hello {{ticket.requester.name}}, could you tell us your order number?</p>"),
    ("Delivered", "<p>Your parcel has been delivered. Thank you for your patience.</p>"),
)
PUBLIC, AGENTS_ONLY = 1, 3
# The same articles fill every account of a process.
_flat_text = lru_cache(maxsize=256)(to_flat_text)


def fill(account: Account, now: datetime) -> None:
    """Puts the records into an empty account."""
    when = {"created_at": stamp(now), "updated_at": stamp(now)}
    next_id = account.store.other_ids.next
    agents = [p.id for p in account.store.people.values()]
    account.groups.extend(
        {"id": next_id(), "name": name, "description": None, "escalate_to": None, "unassigned_for": None}
        | {"business_hour_id": None, "group_type": "support_agent_group", "agent_ids": agents}
        | when
        for name in ("Support", "Billing", "Technical")
    )
    account.companies.append(
        {"id": next_id(), "name": "Harbour Cycles", "description": None, "note": None}
        | {"domains": ["harbour-cycles.example"], "health_score": "Happy", "account_tier": "Premium"}
        | {"renewal_date": "2027-03-31T00:00:00Z", "industry": "Retail", "custom_fields": {}}
        | when
    )
    account.roles.extend(
        {"id": next_id(), "name": name, "description": name, "default": True} | when for name in ("Agent", "Admin")
    )
    account.email_configs.append(
        {"id": next_id(), "name": "Northwind Support", "product_id": None, "to_email": "support@northwind.example"}
        | {"reply_email": "support@northwind.example", "group_id": None, "primary_role": True, "active": True}
        | when
    )
    add_custom_field(account, now, name="cf_order_number", label="Order number")
    folder = {"id": next_id(), "name": "General", "personal": False, "responses_count": len(_CANNED)} | when
    account.canned_folders.append(folder)
    account.canned_responses.extend(
        {"id": next_id(), "title": title, "content": to_flat_text(html), "content_html": html}
        | {"folder_id": folder["id"], "attachments": []}
        | when
        for title, html in _CANNED
    )
    account.categories.append({"id": next_id(), "name": "Help", "description": None, "visible_in_portals": []} | when)
    for article in (*ARTICLES, *help_centre.articles("lumenwerk")):
        add_article(account, now, **article)


def add_custom_field(account: Account, now: datetime, *, name: str, label: str, kind: str = "custom_text") -> None:
    """Adds a ticket field; its name starts with `cf_`."""
    account.custom_fields.append(
        {
            "id": account.store.other_ids.next(),
            "name": name,
            "label": label,
            "description": None,
            "position": 20,
            "type": kind,
            "default": False,
            "required_for_closure": False,
            "required_for_agents": False,
            "required_for_customers": False,
            "label_for_customers": label,
            "customers_can_edit": True,
            "displayed_to_customers": True,
            "created_at": stamp(now),
            "updated_at": stamp(now),
        }
    )


def add_article(
    account: Account,
    now: datetime,
    *,
    title: str,
    body: str,
    locale: str = "en",
    section: str = "General",
    draft: bool = False,
    internal: bool = False,
    labels: tuple[str, ...] = (),
    updated: str | None = None,
) -> dict[str, Any]:
    """Adds a solution article; folders appear as needed, `updated` is an ISO date. Returns its record."""
    changed = stamp(help_centre.changed_at(updated, now))
    when = {"created_at": changed, "updated_at": changed}
    visibility = AGENTS_ONLY if internal else PUBLIC
    folder = _folder(account, section, visibility, when)
    folder["articles_count"] += 1
    record: dict[str, Any] = {
        "id": account.store.other_ids.next(),
        "type": 1,
        "category_id": folder["category_id"],
        "folder_id": folder["id"],
        "hierarchy": [],
        "thumbs_up": 0,
        "thumbs_down": 0,
        "hits": 0,
        "tags": list(labels),
        "seo_data": {},
        "agent_id": account.credentials.bot_user_id,
        "title": title,
        "description": body,
        "description_text": _flat_text(body),
        "status": 1 if draft else 2,
        "language": locale.split("-")[0],
        **when,
    }
    account.articles.append(record)
    return record


def _folder(account: Account, name: str, visibility: int, when: dict[str, str]) -> dict[str, Any]:
    for folder in account.folders:
        if folder["name"] == name and folder["visibility"] == visibility:
            return folder
    folder = {"id": account.store.other_ids.next(), "name": name, "description": None, "visibility": visibility}
    folder |= {"category_id": account.categories[0]["id"], "articles_count": 0}
    account.folders.append({**folder, **when})
    return account.folders[-1]
