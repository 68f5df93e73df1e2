"""The part of Zendesk's search language integrations use: `field:value`, `<`, `>`, `-`, words."""

from __future__ import annotations

import re
from typing import Any

from connector.sandbox.clock import stamp
from connector.sandbox.store import Person, Store, Ticket
from connector.sandbox.zendesk.state import STATUSES, Account

_TERM = re.compile(r'(-?)(?:([a-z_]+)(:|<=|>=|<|>))?("[^"]*"|\S+)')
_RANKS = {"status": STATUSES, "priority": ("low", "normal", "high", "urgent")}


def find_tickets(account: Account, query: str) -> list[Ticket]:
    """Tickets that fit every term; deleted ones never."""
    terms = [m.groups() for m in _TERM.finditer(query)]
    return [
        t for t in account.store.tickets.values() if not t.deleted and all(_fits(account, t, *term) for term in terms)
    ]


def find_users(store: Store, query: str) -> list[Person]:
    """Users whose name or address has every free word, or whose `email` or `role` is the given one."""
    terms = [(field, value.strip('"').lower()) for _, field, _, value in (m.groups() for m in _TERM.finditer(query))]

    def fits(person: Person) -> bool:
        for field, value in terms:
            if field == "email" and (person.email or "").lower() != value:
                return False
            if field == "role" and person.role != value:
                return False
            if not field and value not in f"{person.name} {person.email}".lower():
                return False
        return True

    return [p for p in store.people.values() if fits(p)]


def _fits(account: Account, ticket: Ticket, minus: str, field: str | None, operator: str | None, value: str) -> bool:
    wanted = value.strip('"').lower()
    if field == "type":
        return wanted == "ticket"
    if field is None:
        text = " ".join([ticket.subject, *(c.text for c in ticket.comments)]).lower()
        found = wanted in text
    elif field in ("tags", "tag"):
        found = wanted in ticket.tags
    else:
        found = _compare(field, operator or ":", _value(account, ticket, field), wanted)
    return found is not bool(minus)


def _value(account: Account, ticket: Ticket, field: str) -> str:
    people = account.store.people
    values: dict[str, Any] = {
        "status": ticket.status,
        "priority": ticket.priority or "",
        "subject": ticket.subject,
        "requester": getattr(people.get(ticket.requester_id), "email", ""),
        "requester_id": ticket.requester_id,
        "assignee": getattr(people.get(ticket.assignee_id or 0), "email", "none"),
        "group": ticket.group_id,
        "created": stamp(ticket.created_at),
        "created_at": stamp(ticket.created_at),
        "updated": stamp(ticket.updated_at),
        "updated_at": stamp(ticket.updated_at),
        "ticket_type": ticket.type or "",
        "via": ticket.channel,
        "id": ticket.id,
        "external_id": ticket.external_id or "",
    }
    return str(values.get(field, "")).lower()


def _compare(field: str, operator: str, actual: str, wanted: str) -> bool:
    left: Any = actual
    right: Any = wanted
    ranks = _RANKS.get(field)
    if ranks is not None:
        if wanted not in ranks:
            return False
        left, right = ranks.index(actual) if actual in ranks else -1, ranks.index(wanted)
    if operator == ":":
        return bool(left == right) or (field in ("subject",) and wanted in actual)
    if field.startswith(("created", "updated")):
        left, right = actual[: len(wanted)], wanted.upper()
        left = left.upper()
    return bool({"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[operator])
