"""A comment before it is attached to a ticket: author, visibility, Markdown or HTML, placeholders."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connector.sandbox import markup
from connector.sandbox.store import Comment, Person, Ticket
from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.state import Account

MAX_BYTES = 65_536
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_LIQUID = re.compile(r"\{%.*?%\}", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Draft:
    """A comment that passed all checks, and who is shown as its author."""

    comment: Comment
    author: Person


def draft_comment(
    account: Account, ticket: Ticket | None, given: Any, actor: Person, *, channel: str = "api"
) -> Draft | None:
    """The comment of an update or creation; None when there is none.

    Without `public` the visibility of the ticket's first comment persists (reference 2.2).
    """
    if not isinstance(given, Mapping):
        return None
    rich, plain = given.get("html_body"), given.get("body")
    if not rich and not plain:
        return None
    if ticket is not None and len(ticket.comments) >= account.settings.max_comments:
        raise errors.invalid("base", "Ticket has reached the maximum number of comments", "TooManyComments")
    author = _author(account, given, actor)
    public = given.get("public")
    if public is None:
        public = ticket.comments[0].public if ticket is not None and ticket.comments else True
    incoming = not author.is_staff
    rendered, text = _render(account, ticket, str(rich or ""), str(plain or ""), expand=not incoming)
    now = account.store.clock.now()
    kind = "message" if incoming else ("reply" if public else "note")
    comment = Comment(
        id=account.store.comment_ids.next(),
        ticket_id=ticket.id if ticket is not None else 0,
        author_id=author.id,
        kind=kind,
        public=bool(public),
        html=rendered,
        text=text,
        created_at=now,
        updated_at=now,
        channel=channel,
        incoming=incoming,
        flags=list(given.get("flags") or []),
        attachments=[{"id": account.store.other_ids.next(), **item} for item in given.get("attachments") or []],
    )
    return Draft(comment, author)


def _author(account: Account, given: Mapping[str, Any], actor: Person) -> Person:
    author_id = given.get("author_id")
    if author_id is None:
        return actor
    author = account.store.people.get(author_id)
    if author is None:
        raise errors.invalid("author", "Author: is invalid", "InvalidValue")
    return author


def _render(account: Account, ticket: Ticket | None, rich: str, plain: str, *, expand: bool) -> tuple[str, str]:
    """HTML and text. A customer's mail keeps its inline styles and its braces; nothing is expanded there."""
    if rich:
        rendered = markup.clean_written(rich) if expand else markup.clean_mail(rich)
    elif expand:
        stripped = re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]{2,}", " ", markup.strip_tags(plain)))
        rendered = markup.from_markdown(stripped)
        plain = stripped.strip()
    else:
        rendered = markup.from_text(plain)
    if expand:
        rendered = expand_placeholders(account, ticket, rendered, html.escape)
        plain = expand_placeholders(account, ticket, plain, str)
    rendered = _cut(rendered)
    return rendered, _cut(plain if plain and not rich else markup.to_text(rendered))


def _cut(text: str) -> str:
    data = text.encode()
    return text if len(data) <= MAX_BYTES else data[:MAX_BYTES].decode("utf-8", "ignore")


def expand_placeholders(
    account: Account, ticket: Ticket | None, text: str, escape: Callable[[str], str], actor: Person | None = None
) -> str:
    """Fills in what Zendesk knows and deletes every other placeholder."""
    if "{{" not in text and "{%" not in text:
        return text
    values = placeholder_values(account, ticket, actor) if ticket is not None else {}
    return _PLACEHOLDER.sub(lambda m: escape(values.get(m.group(1), "")), _LIQUID.sub("", text))


def placeholder_values(account: Account, ticket: Ticket, actor: Person | None = None) -> dict[str, str]:
    """All placeholders of reference 1.7 for one ticket."""
    people, latest, public = account.store.people, ticket.latest(), ticket.latest(public_only=True)
    requester, assignee = people.get(ticket.requester_id), people.get(ticket.assignee_id or 0)
    group = account.find("groups", ticket.group_id or 0)
    brand = account.find("brands", ticket.brand_id or 0)
    organization = account.find("organizations", ticket.organization_id or 0)
    values = {
        "ticket.id": str(ticket.id),
        "ticket.title": ticket.subject,
        "ticket.description": ticket.comments[0].text if ticket.comments else "",
        "ticket.status": str(ticket.status).capitalize(),
        "ticket.priority": str(ticket.priority or "").capitalize(),
        "ticket.ticket_type": str(ticket.type or "").capitalize(),
        "ticket.tags": " ".join(ticket.tags),
        "ticket.via": str(ticket.channel),
        "ticket.link": f"{account.url}/agent/tickets/{ticket.id}",
        "ticket.url": f"{account.url}/agent/tickets/{ticket.id}",
        "ticket.external_id": ticket.external_id or "",
        "ticket.group.name": group["name"] if group else "",
        "ticket.brand.name": brand["name"] if brand else "",
        "ticket.organization.name": organization["name"] if organization else "",
        "ticket.assignee.name": assignee.name if assignee else "",
        "ticket.requester.name": requester.name if requester else "",
        "ticket.requester.email": (requester.email or "") if requester else "",
        "ticket.latest_comment": latest.text if latest else "",
        "ticket.latest_comment_formatted": latest.text if latest else "",
        "ticket.latest_public_comment": public.text if public else "",
        "ticket.latest_public_comment_formatted": public.text if public else "",
        "ticket.latest_comment.is_public": str(latest.public).lower() if latest else "",
        "ticket.latest_comment.author.id": str(latest.author_id) if latest else "",
        "ticket.updated_at_with_timestamp": ticket.updated_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        **{f"ticket.ticket_field_{name}": str(value or "") for name, value in ticket.custom_fields.items()},
    }
    if actor is not None:
        values |= {
            "current_user.id": str(actor.id),
            "current_user.name": actor.name,
            "current_user.email": actor.email or "",
        }
    return values
