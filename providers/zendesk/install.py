"""Our webhook at Zendesk: made once per address, found again, taken away.

Created through the API and not by the marketplace package's requirements, because of such a webhook nobody may
read the signing secret. https://developer.zendesk.com/api-reference/webhooks/webhooks-api/webhooks/
"""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.model import Account
from providers._values import garbled, rows, text, words
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


def remove_webhook(client: Client, account: Account, url: str) -> bool:
    """Delete every webhook of ours for `url`; whether there was one."""
    removed = False
    while (found := _find(client, account, url)) is not None:
        answer = client.send(account, "DELETE", f"/api/v2/webhooks/{found['id']}", permit=_allowed)
        if not answer.ok and answer.status != 404:
            raise refusal(answer, "removing the webhook")
        removed = True
    return removed


def _find(client: Client, account: Account, url: str) -> Json | None:
    query = {"filter[name_contains]": NAME, "page[size]": "100"}
    for page in client.pages(account, "/api/v2/webhooks", query, "the webhooks"):
        for webhook in rows(page.get("webhooks")):
            if webhook.get("endpoint") == url and text(webhook.get("id")).isalnum():
                return webhook
    return None


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
