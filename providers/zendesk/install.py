"""Our webhook at Zendesk: made once per address, found again, taken away.

Created through the API and not by the marketplace package's requirements, because of such a webhook nobody may
read the signing secret. https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from connector.errors import AccessWithdrawn, HandrailError
from connector.model import Account
from connector.ports import Check, CheckState
from providers._values import garbled, identifier, rows, text, words
from providers.zendesk.client import Client, Json, refusal
from providers.zendesk.fields import SUBSCRIPTIONS

NAME = "Handrail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook of ours and the secret its requests are signed with."""

    id: str
    secret: str = field(repr=False)


def create_webhook(client: Client, account: Account, url: str) -> Webhook:
    """The webhook for `url`; an existing one is kept, its subscriptions brought up to date."""
    found = _find(client, account, url)
    webhook_id = _create(client, account, url) if found is None else _update(client, account, found)
    path = f"/api/v2/webhooks/{webhook_id}/signing_secret"
    answer = client.get(account, path)
    if not answer.ok:
        raise refusal(answer, "the webhook's signing secret")
    part = answer.object().get("signing_secret")
    secret = text(part.get("secret")) if isinstance(part, dict) else ""
    if not secret:
        raise garbled("Zendesk", "signing secret")
    return Webhook(id=webhook_id, secret=secret)


def installed(client: Client, account: Account, url: str) -> tuple[Check, ...]:
    """Whether our webhook is there and on, and how many triggers notify it. ProviderError."""
    found = list(_ours(client, account, url))
    active = any(webhook.get("status") == "active" for webhook in found)
    state = CheckState.PASS if active else CheckState.FAIL
    told = "there and active" if active else ("switched off" if found else "not there")
    fix = "" if active else "Connect the account again: it is set up anew, and nothing else changes."
    ours = {text(webhook.get("id")) for webhook in found}
    listed = client.pages(account, "/api/v2/triggers.json", {"page[size]": "100"}, "the triggers") if ours else ()
    count = sum(_calls(row, ours) for page in listed for row in rows(page.get("triggers")))
    triggers = f"{count} notify Handrail" if count else "none needed: Zendesk tells of tickets by event subscriptions"
    return (
        Check(name="webhook", state=state, found=told, fix=fix),
        Check(name="triggers", state=CheckState.PASS, found=triggers),
    )


def _calls(trigger: Json, ours: set[str]) -> bool:
    return any(
        action.get("field") == "notification_webhook" and _first(action.get("value")) in ours
        for action in rows(trigger.get("actions"))
    )


def remove_webhook(client: Client, account: Account, url: str) -> bool:
    """Delete every webhook of ours for `url`; whether there was one."""
    removed = False
    while (found := _find(client, account, url)) is not None:
        answer = client.send(account, "DELETE", f"/api/v2/webhooks/{found['id']}", permit=_allowed)
        if not answer.ok and answer.status != 404:
            raise refusal(answer, "removing the webhook")
        removed = True
    return removed


def disconnect(client: Client, account: Account, url: str | None) -> tuple[Check, ...]:
    """Take away what calls us: triggers, webhooks, and last the access, which the others need. Without a `url` the
    webhook is another account's by now, and stays.

    Each is tried whatever became of the others. A check that warns may be tried again; one that failed is for people.
    """
    steps: list[tuple[str, Callable[[], object]]] = []
    if url is not None:
        steps += [
            ("triggers", lambda: _remove_triggers(client, account, url)),
            ("webhook", lambda: remove_webhook(client, account, url)),
        ]
    if account.credentials.get("kind") != "api_token":
        steps.append(("token", lambda: _revoke(client, account)))
    return (*(_attempt(name, step) for name, step in steps), *_left(account))


def _attempt(name: str, step: Callable[[], object]) -> Check:
    try:
        step()
    except HandrailError as error:
        state = CheckState.WARN if error.retryable else CheckState.FAIL
        return Check(name=name, state=state, found=f"not taken away: {error}", fix=_BY_HAND[name])
    return Check(name=name, state=CheckState.PASS, found="taken away")


_BY_HAND = {
    "triggers": "Delete triggers that notify Handrail: Admin Center > Objects and rules > Business rules > Triggers.",
    "webhook": "Delete the webhook named Handrail: Admin Center > Apps and integrations > Webhooks.",
    "token": "Take Handrail's access away: Admin Center > Apps and integrations > APIs > OAuth clients.",
    "client": "Delete Handrail's OAuth client: Admin Center > Apps and integrations > APIs > OAuth clients.",
    "api token": "Delete Handrail's API token: Admin Center > Apps and integrations > APIs > API tokens.",
}


def _left(account: Account) -> tuple[Check, ...]:
    """What no call takes away: a secret with which anybody who has it can get in again."""
    name = {"api_token": "api token", "client_credentials": "client"}.get(account.credentials.get("kind", ""))
    if name is None:
        return ()
    return (Check(name=name, state=CheckState.FAIL, found="only an admin can take it away", fix=_BY_HAND[name]),)


def _remove_triggers(client: Client, account: Account, url: str) -> None:
    """Triggers that do nothing but call a webhook of ours; without it they would fail on each ticket."""
    ours = {text(found.get("id")) for found in _ours(client, account, url)}
    listed = client.pages(account, "/api/v2/triggers.json", {"page[size]": "100"}, "the triggers") if ours else ()
    doomed = [row for page in listed for row in rows(page.get("triggers")) if _calls_only(row, ours)]
    for trigger in doomed:
        path = f"/api/v2/triggers/{identifier(trigger.get('id'))}.json"
        answer = client.send(account, "DELETE", path, permit=_allowed)
        if not answer.ok and answer.status != 404:
            raise refusal(answer, "removing a trigger")


def _calls_only(trigger: Json, ours: set[str]) -> bool:
    actions = rows(trigger.get("actions"))
    return (
        bool(actions)
        and identifier(trigger.get("id")) is not None
        and all(
            action.get("field") == "notification_webhook" and _first(action.get("value")) in ours for action in actions
        )
    )


def _first(value: object) -> str:
    return text(value[0]) if isinstance(value, list) and value else text(value)


def _revoke(client: Client, account: Account) -> None:
    """Give an OAuth token back, with its refresh token; access that was taken back at their side is no longer ours."""
    try:
        answer = client.send(account, "DELETE", "/api/v2/oauth/tokens/current.json", permit=_allowed)
    except AccessWithdrawn:
        return
    if not answer.ok and answer.status not in (401, 404):
        raise refusal(answer, "giving the token back")


def _find(client: Client, account: Account, url: str) -> Json | None:
    return next(_ours(client, account, url), None)


def _ours(client: Client, account: Account, url: str) -> Iterator[Json]:
    query = {"filter[name_contains]": NAME, "page[size]": "100"}
    for page in client.pages(account, "/api/v2/webhooks", query, "the webhooks"):
        for webhook in rows(page.get("webhooks")):
            if webhook.get("endpoint") == url and text(webhook.get("id")).isalnum():
                yield webhook


def _create(client: Client, account: Account, url: str) -> str:
    webhook = {
        "name": NAME,
        "endpoint": url,
        "http_method": "POST",
        "request_format": "json",
        "status": "active",
        "subscriptions": list(SUBSCRIPTIONS),
    }
    answer = client.send(account, "POST", "/api/v2/webhooks", {"webhook": webhook}, permit=_allowed)
    if not answer.ok:
        raise refusal(answer, "the webhook")
    made = answer.object().get("webhook")
    webhook_id = text(made.get("id")) if isinstance(made, dict) else ""
    if not webhook_id.isalnum():
        raise garbled("Zendesk", "webhook")
    return webhook_id


def _update(client: Client, account: Account, found: Json) -> str:
    """Bring an existing webhook up to date. Its kind (events or trigger) is fixed at creation and left alone."""
    webhook_id = text(found.get("id"))
    has = set(words(found.get("subscriptions")))
    stale = has != set(SUBSCRIPTIONS) and "conditional_ticket_events" not in has
    if stale or found.get("status") != "active":
        change = {"status": "active", **({"subscriptions": list(SUBSCRIPTIONS)} if stale else {})}
        answer = client.send(account, "PATCH", f"/api/v2/webhooks/{webhook_id}", {"webhook": change}, permit=_allowed)
        if not answer.ok:
            raise refusal(answer, "the webhook")
    return webhook_id


def _allowed() -> None:
    """Administration is asked for by a person, not by a decision; the kill switch does not stop it."""
