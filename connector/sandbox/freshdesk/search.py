"""Freshdesk's query language: `field:value`, `:>`, `:<`, AND, OR, parentheses (reference 1.4)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from connector.sandbox.clock import stamp
from connector.sandbox.freshdesk import errors
from connector.sandbox.freshdesk.state import Account
from connector.sandbox.store import Ticket

_TOKEN = re.compile(r"\s*(\(|\)|AND\b|OR\b|[\w]+:[<>]?(?:'[^']*'|[^\s()]+))", re.IGNORECASE)
_FIELDS = {
    "agent_id": "assignee_id",
    "group_id": "group_id",
    "priority": "priority",
    "status": "status",
    "type": "type",
    "due_by": "due_at",
    "created_at": "created_at",
    "updated_at": "updated_at",
}
Test = Callable[[Ticket], bool]


def find(account: Account, query: str) -> list[Ticket]:
    """Tickets that fit; archived, spam and deleted ones never. Raises `ApiError` 400 for a bad query."""
    test = _Parser(account, _tokens(query)).parse()
    return [t for t in account.store.tickets.values() if not (t.archived or t.spam or t.deleted) and test(t)]


def _tokens(query: str) -> list[str]:
    tokens, position = [], 0
    while position < len(query.rstrip()):
        found = _TOKEN.match(query, position)
        if found is None:
            raise errors.invalid_value("query", "Given query is invalid")
        tokens.append(found.group(1))
        position = found.end()
    return tokens


class _Parser:
    def __init__(self, account: Account, tokens: list[str]) -> None:
        self._account = account
        self._tokens = tokens

    def parse(self) -> Test:
        test = self._any()
        if self._tokens:
            raise errors.invalid_value("query", "Given query is invalid")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self._tokens and self._tokens[0].upper() == "OR":
            self._tokens.pop(0)
            tests.append(self._all())
        return lambda t: any(test(t) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self._tokens and self._tokens[0].upper() == "AND":
            self._tokens.pop(0)
            tests.append(self._one())
        return lambda t: all(test(t) for test in tests)

    def _one(self) -> Test:
        if not self._tokens:
            raise errors.invalid_value("query", "Given query is invalid")
        token = self._tokens.pop(0)
        if token == "(":  # noqa: S105 - a bracket
            test = self._any()
            if not self._tokens or self._tokens.pop(0) != ")":
                raise errors.invalid_value("query", "Given query is invalid")
            return test
        return self._term(token)

    def _term(self, token: str) -> Test:
        name, _, rest = token.partition(":")
        operator = rest[0] if rest[:1] in ("<", ">") else ""
        wanted = rest.removeprefix(operator).strip("'")
        if name == "tag":
            return lambda t: wanted in t.tags
        if name not in _FIELDS and name not in {f["name"] for f in self._account.custom_fields}:
            raise errors.validation((name, "Unexpected/invalid field in request", "invalid_field"))
        return lambda t: _compare(_value(t, name), operator, wanted)


def _value(ticket: Ticket, name: str) -> Any:
    return getattr(ticket, _FIELDS[name]) if name in _FIELDS else ticket.custom_fields.get(name)


def _compare(actual: Any, operator: str, wanted: str) -> bool:
    if wanted == "null":
        return actual is None
    if actual is None:
        return False
    if hasattr(actual, "astimezone"):
        left, right = stamp(actual)[: len(wanted)], wanted
    elif isinstance(actual, int):
        if not wanted.isdigit():
            return False
        left, right = f"{actual:020d}", f"{int(wanted):020d}"
    else:
        left, right = str(actual), wanted
    if operator == "":
        return left == right
    return left >= right if operator == ">" else left <= right
