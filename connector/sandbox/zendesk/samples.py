"""Invented records every fresh account starts with: groups, brand, macros, fields, help-centre articles."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from connector.sandbox import help_centre
from connector.sandbox.articles import ARTICLES
from connector.sandbox.clock import stamp

if TYPE_CHECKING:
    from connector.sandbox.zendesk.state import Account

_STATUSES = (
    ("new", "New"),
    ("open", "Open"),
    ("pending", "Pending"),
    ("hold", "On-hold"),
    ("solved", "Solved"),
)
_SYSTEM_FIELDS = (
    ("subject", "Subject"),
    ("description", "Description"),
    ("status", "Status"),
    ("tickettype", "Type"),
    ("priority", "Priority"),
    ("group", "Group"),
    ("assignee", "Assignee"),
)
_MACROS = (
    ("Ask for the order number", "open", "Could you tell us your order number, please?"),
    ("Close: delivered", "solved", "Your parcel has been delivered. Thank you for your patience."),
    ("Downgrade: billing team", "open", "I am passing this on to our billing team."),
)


def fill(account: Account, now: datetime) -> None:
    """Puts the records into an empty account."""
    when = {"created_at": stamp(now), "updated_at": stamp(now)}
    next_id = account.store.other_ids.next
    account.groups.extend(
        {"id": next_id(), "name": name, "description": "", "default": name == "Support", "deleted": False}
        | {"is_public": True}
        | when
        for name in ("Support", "Billing", "Technical")
    )
    account.organizations.append(
        {"id": next_id(), "name": "Harbour Cycles", "domain_names": ["harbour-cycles.example"], "details": ""}
        | {"notes": "", "group_id": None, "shared_tickets": False, "shared_comments": False, "tags": []}
        | {"external_id": None, "organization_fields": {}}
        | when
    )
    account.brands.append(
        {"id": next_id(), "name": "Northwind", "subdomain": "northwind", "active": True, "default": True}
        | {"has_help_center": True, "help_center_state": "enabled", "host_mapping": None, "logo": None}
        | {"brand_url": "https://northwind.example", "is_deleted": False, "ticket_form_ids": []}
        | when
    )
    account.custom_statuses.extend(
        {"id": next_id(), "status_category": category, "agent_label": label, "end_user_label": label}
        | {"active": True, "default": True, "description": "", "end_user_description": ""}
        | when
        for category, label in _STATUSES
    )
    account.ticket_fields.extend(
        _field(next_id(), kind, title, when, removable=False) for kind, title in _SYSTEM_FIELDS
    )
    account.ticket_fields.append(_field(next_id(), "text", "Order number", when, removable=True))
    account.macros.extend(_macro(next_id(), position, when) for position in range(len(_MACROS)))
    for article in (*ARTICLES, *help_centre.articles("northwind")):
        add_article(account, now, **article)


def _field(field_id: int, kind: str, title: str, when: dict[str, str], *, removable: bool) -> dict[str, Any]:
    return {
        "id": field_id,
        "type": kind,
        "title": title,
        "raw_title": title,
        "description": "",
        "position": 0,
        "active": True,
        "required": False,
        "removable": removable,
        "editable_in_portal": False,
        "tag": None,
        **when,
    }


def _macro(macro_id: int, position: int, when: dict[str, str]) -> dict[str, Any]:
    title, status, text = _MACROS[position]
    return {
        "id": macro_id,
        "title": title,
        "active": True,
        "description": None,
        "position": position,
        "restriction": None,
        "actions": [{"field": "status", "value": status}, {"field": "comment_value", "value": ["channel:all", text]}],
        **when,
    }


def add_article(
    account: Account,
    now: datetime,
    *,
    title: str,
    body: str,
    locale: str = "en-us",
    section: str = "General",
    draft: bool = False,
    internal: bool = False,
    labels: tuple[str, ...] = (),
    updated: str | None = None,
) -> dict[str, Any]:
    """Adds a help-centre article; `internal` hides it behind a user segment, `updated` is an ISO date. Returns it."""
    changed = stamp(help_centre.changed_at(updated, now))
    article_id = account.store.other_ids.next()
    record: dict[str, Any] = {
        "id": article_id,
        "title": title,
        "name": title,
        "body": body,
        "locale": locale,
        "source_locale": locale,
        "author_id": account.credentials.bot_user_id,
        "section_id": 1000 + sum(map(ord, section)),
        "draft": draft,
        "promoted": False,
        "outdated": False,
        "position": 0,
        "vote_sum": 0,
        "vote_count": 0,
        "comments_disabled": True,
        "permission_group_id": 1,
        "user_segment_id": 77 if internal else None,
        "label_names": list(labels),
        "created_at": changed,
        "updated_at": changed,
        "edited_at": changed,
    }
    account.articles.append(record)
    return record
