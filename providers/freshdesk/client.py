"""Freshdesk's API, call by call; answers are Freshdesk's own JSON objects. https://developers.freshdesk.com/api/

The key belongs to an agent, and every call acts as that agent. There is no conditional write and no idempotency
key; which call may be repeated is the provider's business.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.errors import ConfigurationError, ProviderError, ProviderRejected, ProviderUnavailable, TicketGone
from connector.model import Account
from connector.ports import Pool
from providers._http import Answer, Credentials, Http, failure
from providers._values import garbled, rows
from providers.freshdesk.address import base_url
from providers.freshdesk.fields import WHY

Json = dict[str, Any]
MAX_PAGES = 100
PER_PAGE = "100"

# Limits beside the plan's own, by calls a minute of the plan: https://support.freshdesk.com/support/solutions/articles/225439
UPDATES = Pool(name="updates", steps=((0, 20), (100, 40), (200, 80), (400, 160), (700, 280), (1000, 400), (2000, 800)))
LISTS = Pool(name="lists", steps=((0, 5), (100, 10), (200, 20), (400, 100), (700, 200), (1000, 300), (2000, 400)))
_TICKET = re.compile(r"/api/v2/tickets/[0-9]+")
_NEXT = re.compile(r'<([^<>]+)>\s*;\s*rel="?next"?')


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRead:
    """A ticket as Freshdesk sent it, and Freshdesk's clock when it did."""

    ticket: Json
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows of one page and whether another follows."""

    rows: list[Json]
    more: bool


class Client:
    """Calls for any account; may be shared by threads."""

    def __init__(self, http: Http, *, allow_loopback: bool) -> None:
        self._http = http
        self._allow_loopback = allow_loopback

    def base(self, account: Account) -> str:
        """The account's address, checked again at each use; ConfigurationError."""
        return base_url(account.base_url, allow_loopback=self._allow_loopback)

    def ticket(self, account: Account, ticket_id: str, *, with_requester: bool) -> TicketRead:
        """The ticket without its conversations; the requester's name and address cost a second call of the budget."""
        query = {"include": "requester"} if with_requester else None
        answer = self.get(account, f"/api/v2/tickets/{ticket_id}", query)
        return TicketRead(ticket=_object(answer, "the ticket", gone=True), at=answer.at)

    def conversations(self, account: Account, ticket_id: str) -> list[Json]:
        """All conversations. (`include=conversations` on the ticket would give ten at most.)"""
        path: str | None = f"/api/v2/tickets/{ticket_id}/conversations"
        query: Mapping[str, str] | None = {"per_page": PER_PAGE}
        found: list[Json] = []
        for _ in range(MAX_PAGES):
            if path is None:
                return found
            answer = self.get(account, path, query)
            found += _list(answer, "the conversations", gone=True)
            path, query = next_link(answer), None
        if path is not None:
            raise ProviderUnavailable("Freshdesk's pages of the conversations do not end")
        return found

    def contact(self, account: Account, contact_id: str) -> Json | None:
        """One contact, or None where there is none or our agent may not see it."""
        answer = self.get(account, f"/api/v2/contacts/{contact_id}")
        return None if answer.status in (403, 404) else _object(answer, "a contact")

    def tickets(self, account: Account, query: Mapping[str, str]) -> Page:
        """One page of tickets; spam and deleted ones are left out by Freshdesk."""
        answer = self.get(account, "/api/v2/tickets", {**query, "per_page": PER_PAGE})
        return Page(rows=_list(answer, "the tickets"), more=next_link(answer) is not None)

    def update(self, account: Account, ticket_id: str, fields: Json, *, permit: Callable[[], None]) -> Json:
        """The ticket after the change. `tags` replaces the whole list."""
        answer = self.send(account, "PUT", f"/api/v2/tickets/{ticket_id}", fields, permit=permit)
        return _object(answer, "the update of the ticket", gone=True)

    def note(self, account: Account, ticket_id: str, body: Json, *, permit: Callable[[], None]) -> Json:
        """The conversation that was made of an internal note."""
        answer = self.send(account, "POST", f"/api/v2/tickets/{ticket_id}/notes", body, permit=permit)
        return _object(answer, "the note", gone=True)

    def reply(self, account: Account, ticket_id: str, body: Json, *, permit: Callable[[], None]) -> Json:
        """The conversation that was made of a reply, which mails the customer."""
        answer = self.send(account, "POST", f"/api/v2/tickets/{ticket_id}/reply", body, permit=permit)
        return _object(answer, "the reply", gone=True)

    def remove_conversation(self, account: Account, conversation_id: str) -> None:
        """Delete a note; nothing happens if it is gone already."""
        answer = self.send(account, "DELETE", f"/api/v2/conversations/{conversation_id}", permit=_allowed)
        if not answer.ok and answer.status != 404:
            raise refusal(answer, "removing a note")

    def get(self, account: Account, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """One GET of a path below the account's address, or of a paging link on the same host."""
        return self._http.get(
            account.id,
            self.base(account),
            path,
            auth=_auth(account),
            params=params,
            cost=_cost(path, params or {}),
            pools=(LISTS,) if path == "/api/v2/tickets" else (),
            share=account.config.call_share,
        )

    def send(
        self, account: Account, method: str, path: str, body: object = None, *, permit: Callable[[], None]
    ) -> Answer:
        """One write, made exactly once; `permit` right before it."""
        base, auth = self.base(account), _auth(account)
        pools = (UPDATES,) if method == "PUT" and _TICKET.fullmatch(path) else ()
        permit()
        return self._http.send(
            account.id, base, method, path, auth=auth, body=body, pools=pools, share=account.config.call_share
        )


def _cost(path: str, params: Mapping[str, str]) -> int:
    """Credits: each part of `include` costs one more on a single record, two more on a list."""
    included = [part for part in params.get("include", "").split(",") if part]
    return 1 + len(included) * (2 if path == "/api/v2/tickets" else 1)


def refusal(answer: Answer, what: str, *, gone: bool = False) -> ProviderError:
    """The error for this answer; with `gone` a 404 or 405 means the ticket is no longer one to work on."""
    if gone and answer.status in (404, 405, 410):
        # 405 is Freshdesk's answer to an update of a ticket that is spam or deleted.
        return TicketGone("the ticket is deleted or spam, or our agent may not see it")
    if answer.status in (400, 409, 422):
        field, why = culprit(answer.tolerant())
        named = f" because of {field}" if field else ""
        return ProviderRejected(f"Freshdesk refused {what}{named}{f': {why}' if why else ''}", field=field)
    return failure(answer, what)


def culprit(body: object) -> tuple[str, str]:
    """(field, why) of the first error in a validation answer; empty texts where it has another shape."""
    errors = rows(body.get("errors")) if isinstance(body, dict) else []
    if not errors:
        return "", ""
    field = re.sub(r"[^\w .\-]", "", str(errors[0].get("field", "")))[:64]
    return field, WHY.get(str(errors[0].get("code", "")), "")


def _object(answer: Answer, what: str, *, gone: bool = False) -> Json:
    if not answer.ok:
        raise refusal(answer, what, gone=gone)
    return answer.object()


def _list(answer: Answer, what: str, *, gone: bool = False) -> list[Json]:
    if not answer.ok:
        raise refusal(answer, what, gone=gone)
    value = answer.value()
    if not isinstance(value, list):
        raise garbled("Freshdesk", "list")
    return rows(value)


def next_link(answer: Answer) -> str | None:
    """Where the next page is; None on the last."""
    match = _NEXT.search(answer.headers.get("link", ""))
    return match[1] if match else None


def _auth(account: Account) -> Credentials:
    """The key as user name; the password is any text."""
    key = account.credentials.get("api_key")
    if not key:
        raise ConfigurationError("The Freshdesk account has no API key; add it again with `handrail account add`.")
    return Credentials("Basic " + base64.b64encode(f"{key}:X".encode()).decode())


def _allowed() -> None:
    """Taking our own note away is a repair; the kill switch does not stop it."""
