"""Freshdesk's outgoing side: automation rules with the action "Trigger Webhook" (reference section 4).

There is no signature, no delivery id and no timestamp.
"""

from __future__ import annotations

import base64
import json
import re
from typing import Any

from connector.sandbox.freshdesk.rules import Outcome
from connector.sandbox.freshdesk.state import PRIORITY_LABELS, SOURCE_LABELS, Account, HookRule
from connector.sandbox.store import Ticket

CREATION, UPDATES = 1, 4
AGENT, REQUESTER, EITHER = 1, 2, 3
SECRET_HEADER = "X-Handrail-Secret"  # noqa: S105 - a header's name
_PLACEHOLDER = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_TEMPLATE_CREATED = '{"v":1,"event":"ticket_created","ticket_id":%s}'
_TEMPLATE_UPDATED = '{"v":1,"event":"customer_replied","ticket_id":%s,"trigger":"{{triggered_event}}"}'


def publish(account: Account, outcome: Outcome) -> None:
    """Sends a webhook for every active rule that fits what happened."""
    for rule in account.rules:
        event = _first_event(rule, outcome)
        if rule.active and event is not None and _performer_fits(rule, outcome):
            _send(account, rule, outcome.ticket, event)


def _performer_fits(rule: HookRule, outcome: Outcome) -> bool:
    if rule.kind == CREATION or rule.performer == EITHER:
        return True
    return outcome.actor.is_staff is (rule.performer == AGENT)


def _first_event(rule: HookRule, outcome: Outcome) -> str | None:
    """What `{{triggered_event}}` shows: only the first event of the rule that matched, and no JSON."""
    if outcome.created:
        return "{ticket_action:created}" if rule.kind == CREATION else None
    if rule.kind != UPDATES:
        return None
    found = _events(outcome)
    return next((text for name, text in found if not rule.events or name in rule.events), None)


def _events(outcome: Outcome) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    comment = outcome.comment
    if comment is not None:
        if comment.kind == "note":
            found.append(("note", f"{{note_type:{'public' if comment.public else 'private'}}}"))
        elif comment.kind == "survey":
            found.append(("survey", "{customer_feedback:received}"))
        else:
            # The name for a reply is in no source; integrations must not depend on it.
            found.append(("reply", "{reply_sent:sent}"))
    for name, (before, after) in outcome.changes.items():
        found.append((name, f"{{{name}:{{from:{before},to:{after}}}}}"))
    return found


def _send(account: Account, rule: HookRule, ticket: Ticket, event: str) -> None:
    headers = {"Content-Type": "application/json", "User-Agent": "Freshdesk"}
    url = rule.url
    if rule.secret is not None:
        if rule.authentication == "header":
            headers[SECRET_HEADER] = rule.secret
        elif rule.authentication == "basic":
            pair = base64.b64encode(f"freshdesk:{rule.secret}".encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        elif rule.authentication == "url":
            url = f"{url.rstrip('/')}/{rule.secret}"
    account.deliveries.enqueue(
        copies=rule.copies,
        vendor="freshdesk",
        ticket=ticket.id,
        event=event,
        webhook=str(rule.id),
        invocation="",
        method="POST",
        url=url,
        headers=headers,
        body=body_of(account, rule, ticket, event).encode(),
    )


def body_of(account: Account, rule: HookRule, ticket: Ticket, event: str) -> str:
    """The body one rule sends for one ticket."""
    values = {**placeholders(account, ticket), "triggered_event": event}
    if rule.content == "simple":
        flat: dict[str, Any] = {name.replace(".", "_"): value for name, value in values.items()}
        flat["ticket_id"] = ticket.id
        return json.dumps({"freshdesk_webhook": flat}, ensure_ascii=False)
    quoted = '"{{ticket.id}}"' if rule.ids == "string" else "{{ticket.id}}"
    default = (_TEMPLATE_CREATED if rule.kind == CREATION else _TEMPLATE_UPDATED) % quoted
    template = rule.template or default
    # Live samples show quotes and line breaks of values arriving escaped (reference 4.2).
    return _PLACEHOLDER.sub(lambda m: json.dumps(values.get(m.group(1), ""), ensure_ascii=False)[1:-1], template)


def placeholders(account: Account, ticket: Ticket) -> dict[str, str]:
    """All placeholders of reference 4.2 for one ticket; status, priority and source are labels."""
    people = account.store.people
    requester, agent = people[ticket.requester_id], people.get(ticket.assignee_id or 0)
    group = account.find("groups", ticket.group_id or 0)
    latest = ticket.latest(public_only=True)
    first, _, last = requester.name.partition(" ")
    quote = f"{people[latest.author_id].name} : <div>{latest.html}</div>" if latest else ""
    url = f"{account.url}/a/tickets/{ticket.id}"
    return {
        "ticket.id": str(ticket.id),
        "ticket.subject": ticket.subject,
        "ticket.description": ticket.comments[0].html if ticket.comments else "",
        "ticket.url": url,
        "ticket.public_url": url,
        "ticket.portal_url": url,
        "ticket.tags": ", ".join(ticket.tags),
        "ticket.latest_public_comment": quote,
        "ticket.status": account.statuses.get(ticket.status, str(ticket.status)),
        "ticket.priority": PRIORITY_LABELS.get(ticket.priority, str(ticket.priority)),
        "ticket.source": SOURCE_LABELS.get(ticket.channel, str(ticket.channel)),
        "ticket.ticket_type": ticket.type or "",
        "ticket.group.name": group["name"] if group else "",
        "ticket.agent.name": agent.name if agent else "",
        "ticket.agent.email": (agent.email or "") if agent else "",
        "ticket.requester.name": requester.name,
        "ticket.requester.firstname": first,
        "ticket.requester.lastname": last,
        "ticket.requester.email": requester.email or "",
        "ticket.contact.email": requester.email or "",
        "helpdesk_name": "Northwind",
        **{f"ticket.{name}": str(value or "") for name, value in ticket.custom_fields.items()},
    }
