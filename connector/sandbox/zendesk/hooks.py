"""Zendesk's outgoing side: event-subscribed and trigger-connected webhooks, signed (reference 1.2 to 1.7)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from typing import Any

from connector.sandbox.clock import stamp
from connector.sandbox.store import Ticket
from connector.sandbox.zendesk import events, triggers
from connector.sandbox.zendesk.rules import Outcome
from connector.sandbox.zendesk.state import Account, Webhook

STATIC_TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - public, printed in Zendesk's manual
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def sign(secret: str, timestamp: str, body: bytes) -> str:
    """Base64 of HMAC-SHA256 over timestamp and raw body; the secret is used as the literal string."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def new_ulid(milliseconds: int) -> str:
    """A ULID, the form of webhook ids."""
    value = (milliseconds << 80) | secrets.randbits(80)
    return "".join(_CROCKFORD[(value >> shift) & 31] for shift in range(125, -1, -5))


def add_webhook(account: Account, fields: dict[str, Any], *, secret: str | None = None, copies: int = 1) -> Webhook:
    """Registers a webhook; a secret is made when none is given."""
    now = account.store.clock.now()
    webhook = Webhook(
        id=new_ulid(int(now.timestamp() * 1000)),
        fields=fields,
        secret=secret or base64.b64encode(secrets.token_bytes(32)).decode(),
        created_at=now,
        updated_at=now,
        created_by=str(account.credentials.bot_user_id),
        copies=copies,
    )
    account.webhooks[webhook.id] = webhook
    return webhook


def publish(account: Account, outcome: Outcome) -> None:
    """Sends what one update means to every webhook that asked for it, and runs the triggers."""
    if not outcome.audit.events:
        return
    named = events.of_outcome(account, outcome)
    publish_events(account, outcome.ticket, named, actor_id=outcome.audit.author_id)
    actor = account.store.people[outcome.audit.author_id]
    for webhook_id, body in triggers.run(account, outcome, actor):
        webhook = account.webhooks.get(webhook_id)
        if webhook is not None and webhook.fields.get("status") == "active":
            _send(account, webhook, "conditional_ticket_events", body.encode(), outcome.ticket.id)


def publish_events(account: Account, ticket: Ticket, named: list[tuple[str, dict[str, Any]]], *, actor_id: int) -> None:
    """Sends events to the event-subscribed webhooks; those of one action share a sequence id."""
    sequence_id = str(uuid.uuid4())
    active = [w for w in account.webhooks.values() if w.fields.get("status") == "active"]
    for position, (name, event) in enumerate(named, 1):
        wanted = [w for w in active if events.PREFIX + name in (w.fields.get("subscriptions") or [])]
        if not wanted:
            continue
        body = events.envelope(
            account, ticket, name, event, actor_id=actor_id, sequence_id=sequence_id, position=position
        )
        data = json.dumps(body, ensure_ascii=False).encode()
        for webhook in wanted:
            _send(account, webhook, name, data, ticket.id)


def _send(account: Account, webhook: Webhook, event: str, body: bytes, ticket: int | None) -> None:
    invocation = str(account.store.other_ids.next())
    account.deliveries.enqueue(
        copies=webhook.copies,
        vendor="zendesk",
        ticket=ticket,
        event=event,
        webhook=webhook.id,
        invocation=invocation,
        method=webhook.fields.get("http_method", "POST"),
        url=webhook.fields["endpoint"],
        headers=request_headers(account, webhook, invocation, body),
        body=body,
    )


def request_headers(account: Account, webhook: Webhook, invocation: str, body: bytes) -> dict[str, str]:
    """The five headers Zendesk sends, the webhook's own authentication and its custom headers."""
    timestamp = stamp(account.store.clock.now())
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "Zendesk Webhook",
        "x-zendesk-account-id": str(account.account_id),
        "x-zendesk-webhook-id": webhook.id,
        "x-zendesk-webhook-invocation-id": invocation,
        "x-zendesk-webhook-signature": sign(webhook.secret, timestamp, body),
        "x-zendesk-webhook-signature-timestamp": timestamp,
    }
    headers.update(_authentication(webhook.fields.get("authentication")))
    headers.update(webhook.fields.get("custom_headers") or {})
    return headers


def _authentication(given: Any) -> dict[str, str]:
    if not isinstance(given, dict):
        return {}
    data = given.get("data") or {}
    if given.get("type") == "basic_auth":
        pair = f"{data.get('username', '')}:{data.get('password', '')}"
        return {"Authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}
    if given.get("type") == "bearer_token":
        return {"Authorization": f"Bearer {data.get('token', '')}"}
    if given.get("type") == "api_key":
        return {str(data.get("name", "X-Api-Key")): str(data.get("value", ""))}
    return {}
