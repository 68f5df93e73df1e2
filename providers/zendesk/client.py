"""Zendesk's API, call by call; answers are Zendesk's own JSON objects.

Our own thin client and not zenpy, whose default session repeated a comment four times after one time-out, caches
tickets for 30 s, sleeps through 429 and is not thread-safe (decision 7 in the architecture notes).
https://developer.zendesk.com/api-reference/ticketing/introduction/
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connector.errors import (
    CredentialsRejected,
    ProviderError,
    ProviderRejected,
    ProviderUnavailable,
    TicketChanged,
    TicketGone,
)
from connector.model import Account
from connector.ports import Pool
from providers._http import Answer, Credentials, Http, failure
from providers._values import garbled, rows
from providers.zendesk.address import base_url
from providers.zendesk.oauth import Tokens

Json = dict[str, Any]
MAX_PAGES = 200
USERS_PER_CALL = 100

# Limits beside the plan's own (https://developer.zendesk.com/api-reference/introduction/rate-limits/); what a header
# tells, as on trials, comes before these.
UPDATES = Pool(name="updates", steps=((0, 100), (2500, 300)))
EXPORTS = Pool(name="exports", steps=((0, 10), (2500, 30)))
_UPDATES_OF_TICKET = ((0, 30),)
"""In ten minutes, of one user on one ticket: nobody shares it with us."""
_TICKET = re.compile(r"/api/v2/tickets/([0-9]+)\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketRead:
    """A ticket as Zendesk sent it, and Zendesk's clock when it did."""

    ticket: Json
    at: datetime


class Client:
    """Calls for any account; may be shared by threads."""

    def __init__(self, http: Http, tokens: Tokens, *, allow_loopback: bool) -> None:
        self._http = http
        self._tokens = tokens
        self._allow_loopback = allow_loopback

    def base(self, account: Account) -> str:
        """The account's address, checked again at each use; ConfigurationError."""
        return base_url(account.base_url, allow_loopback=self._allow_loopback)

    def ticket(self, account: Account, ticket_id: str) -> TicketRead:
        """The ticket alone. TicketGone."""
        answer = self.get(account, f"/api/v2/tickets/{ticket_id}.json")
        ticket = _checked(answer, "the ticket", gone=True).get("ticket")
        if not isinstance(ticket, dict):
            raise garbled("Zendesk", "ticket")
        return TicketRead(ticket=ticket, at=answer.at)

    def comments(self, account: Account, ticket_id: str) -> tuple[list[Json], list[Json]]:
        """(all comments, users sent along with them)."""
        path = f"/api/v2/tickets/{ticket_id}/comments.json"
        comments: list[Json] = []
        users: list[Json] = []
        for page in self.pages(account, path, {"include": "users", "page[size]": "100"}, "the comments", gone=True):
            comments += rows(page.get("comments"))
            users += rows(page.get("users"))
        return comments, users

    def users(self, account: Account, ids: list[str]) -> list[Json]:
        """The users with these ids; those we may not see are missing."""
        found: list[Json] = []
        for start in range(0, len(ids), USERS_PER_CALL):
            some = ids[start : start + USERS_PER_CALL]
            answer = self.get(account, "/api/v2/users/show_many.json", {"ids": ",".join(some)})
            if answer.status in (403, 404):
                found += [user for user_id in some if (user := self.user(account, user_id))]
            else:
                found += rows(_checked(answer, "users").get("users"))
        return found

    def user(self, account: Account, user_id: str) -> Json | None:
        """One user, or None where there is none or we may not see it."""
        answer = self.get(account, f"/api/v2/users/{user_id}.json")
        if answer.status in (403, 404):
            return None
        user = _checked(answer, "a user").get("user")
        return user if isinstance(user, dict) else None

    def audits(self, account: Account, ticket_id: str) -> Iterator[Json]:
        """Every audit of the ticket. Needs the global `read` scope: CredentialsRejected without it."""
        path = f"/api/v2/tickets/{ticket_id}/audits.json"
        for page in self.pages(account, path, {"page[size]": "100"}, "the ticket's audits", gone=True):
            yield from reversed(rows(page.get("audits")))

    def app_public_key(self, account: Account, app_id: str) -> str:
        """The PEM text of the key with which Zendesk signs page loads of this app."""
        answer = self.get(account, f"/api/v2/apps/{app_id}/public_key")
        if not answer.ok:
            raise refusal(answer, "the public key of the app")
        return answer.body.decode("ascii", "replace").strip().strip('"').replace("\\n", "\n")

    def update(self, account: Account, ticket_id: str, ticket: Json, *, permit: Callable[[], None]) -> Json:
        """The answer to the one PUT that carries everything. TicketChanged when the stamp is old."""
        path = f"/api/v2/tickets/{ticket_id}.json"
        answer = self.send(account, "PUT", path, {"ticket": ticket}, permit=permit)
        if answer.status == 409:
            raise TicketChanged("the ticket moved since it was read")
        return _checked(answer, "the update of the ticket", gone=True)

    def changed_since(self, account: Account, params: Mapping[str, str]) -> Json:
        """One page of the incremental export; needs an admin's token."""
        answer = self.get(account, "/api/v2/incremental/tickets/cursor.json", params)
        return _checked(answer, "the incremental export")

    def pages(
        self, account: Account, path: str, params: Mapping[str, str], what: str, *, gone: bool = False
    ) -> Iterator[Json]:
        """Every page from here on, by cursor or by offset, whichever the account's answers use."""
        next_path: str | None = path
        query: Mapping[str, str] | None = params
        for _ in range(MAX_PAGES):
            if next_path is None:
                return
            page = _checked(self.get(account, next_path, query), what, gone=gone)
            yield page
            next_path, query = next_link(page), None
        if next_path is not None:
            raise ProviderUnavailable(f"Zendesk's pages of {what} do not end")

    def get(self, account: Account, path: str, params: Mapping[str, str] | None = None) -> Answer:
        """One GET, with another token after a 401."""
        base = self.base(account)

        def call(auth: Credentials) -> Answer:
            return self._http.get(
                account.id,
                base,
                path,
                auth=auth,
                params=params,
                headers=_identity(account),
                pools=(EXPORTS,) if path.startswith("/api/v2/incremental/tickets") else (),
                share=account.config.call_share,
            )

        return self._with_token(account, base, call)

    def send(
        self, account: Account, method: str, path: str, body: object = None, *, permit: Callable[[], None]
    ) -> Answer:
        """One write, with another token after a 401 (nothing was applied then). `permit` right before each try."""
        base = self.base(account)

        def call(auth: Credentials) -> Answer:
            permit()
            return self._http.send(
                account.id,
                base,
                method,
                path,
                auth=auth,
                body=body,
                headers=_identity(account),
                pools=_write_pools(method, path),
                share=account.config.call_share,
            )

        return self._with_token(account, base, call)

    def _with_token(self, account: Account, base: str, call: Callable[[Credentials], Answer]) -> Answer:
        auth = self._tokens.authorize(account, base)
        answer = call(auth)
        if answer.status != 401:
            return answer
        other = self._tokens.replace(account, base, auth)
        return call(other) if other is not None else answer


def _write_pools(method: str, path: str) -> tuple[Pool, ...]:
    """The limits that a write draws on; the one whose standing Zendesk tells in a header comes first."""
    ticket = _TICKET.fullmatch(path)
    if method != "PUT" or ticket is None:
        return ()
    own = Pool(name=f"updates of {ticket[1]}", steps=_UPDATES_OF_TICKET, seconds=600, private=True)
    return (UPDATES, own)


def _checked(answer: Answer, what: str, *, gone: bool = False) -> Json:
    """The JSON object of a 2xx answer, else the error that the status means."""
    if answer.ok:
        return answer.object()
    raise refusal(answer, what, gone=gone)


def refusal(answer: Answer, what: str, *, gone: bool = False) -> ProviderError:
    """The error for this answer; with `gone` a 404 means the ticket is no longer there for us."""
    if answer.status in (404, 410) and gone:
        return TicketGone("the ticket is gone, or our user may not see it")
    if answer.status in (400, 422):
        field, why = culprit(answer.tolerant())
        named = f" because of {field}" if field else ""
        return ProviderRejected(f"Zendesk refused {what}{named}{why}", field=field)
    if answer.status == 403 and gone:
        return CredentialsRejected(f"our Zendesk user or scope does not allow {what}")
    return failure(answer, what)


# Zendesk's own words for why a field was refused, told in ours; its sentences may quote a customer.
_WHY = {
    "blankvalue": ": it must not be empty",
    "invalidvalue": ": the value is not allowed",
    "recordinvalid": "",
}


def culprit(body: object) -> tuple[str, str]:
    """(field, why) of an error body in any of its shapes: `error` text or object, `errors` list, `details` by field."""
    details = body.get("details") if isinstance(body, dict) else None
    if not isinstance(details, dict):
        return "", ""
    for name, faults in details.items():
        for fault in rows(faults):
            described = str(fault.get("description", ""))
            if "closed prevents" in described:
                return "status", ": the ticket is closed"
            title = described.split(":")[0] if ":" in described and name == "base" else ""
            field = title or str(fault.get("ticket_field_id") or name)
            return _plain(field), _WHY.get(str(fault.get("error", "")).lower(), "")
        return _plain(str(name)), ""
    return "", ""


def _plain(field: str) -> str:
    """A field's name without anything that could be more than a name."""
    return re.sub(r"[^\w .\-]", "", field)[:64].strip()


def next_link(page: Json) -> str | None:
    """Where the next page is, by cursor or by offset; None on the last."""
    meta, links = page.get("meta"), page.get("links")
    if isinstance(meta, dict) and isinstance(links, dict):
        link = links.get("next") if meta.get("has_more") is True else None
    else:
        link = page.get("next_page")
    return link if isinstance(link, str) and link else None


def _identity(account: Account) -> dict[str, str]:
    """The headers Zendesk asks of marketplace apps, where the installation came through one."""
    names = {
        "X-Zendesk-Marketplace-Name": "marketplace_name",
        "X-Zendesk-Marketplace-Organization-Id": "marketplace_organization_id",
        "X-Zendesk-Marketplace-App-Id": "marketplace_app_id",
    }
    return {header: account.credentials[key] for header, key in names.items() if account.credentials.get(key)}
