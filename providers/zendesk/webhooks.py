"""Zendesk's webhooks: is the request genuine, and what does it hint at. Pure.

Facts (https://developer.zendesk.com/documentation/webhooks/verifying/):
- signature = base64(HMAC-SHA256(secret, timestamp header + raw body)); the secret is used as the text it is,
  although it looks like base64. A page of 2021 showed body + timestamp; that order is not accepted.
- An absent body counts as empty. Several deliveries of one event share the event id; retries of one trigger
  call share the invocation id. Order is not guaranteed.
- Zendesk names no tolerance for the timestamp; ours is 300 s either way. 401 is not retried by Zendesk.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime
from typing import Any

from connector.errors import WebhookRejected
from connector.model import Account, Event, EventKind, RawRequest
from providers._json import bounded_json
from providers._values import identifier, optional_moment
from providers.zendesk.fields import EVENT_KIND, TRIGGER_KIND

TOLERANCE_SECONDS = 300.0
STATIC_TEST_SECRET = "dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ=="  # noqa: S105 - published by Zendesk, refused here
_EVENT_PREFIX = "zen:event-type:"
_SUBJECT = re.compile(r"zen:(?:ticket|messaging_ticket):([0-9]{1,19})")
_TICKET_EVENTS = ("ticket.", "messaging_ticket.")


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """The signature Zendesk sends for this body at this time."""
    digest = hmac.new(secret.encode(), timestamp.encode() + body, hashlib.sha256).digest()
    return base64.b64encode(digest).decode()


def verify(
    request: RawRequest, account: Account, *, now: datetime, tolerance_seconds: float = TOLERANCE_SECONDS
) -> None:
    """Return if one of the account's secrets signed this request lately; WebhookRejected(401) in every other case."""
    try:
        genuine = _is_genuine(request, account.webhook_secrets, now, tolerance_seconds)
    except Exception as error:  # a malformed header must neither become a 500 nor let anything pass
        raise WebhookRejected("the signature cannot be read", status=401) from error
    if not genuine:
        raise WebhookRejected("the signature is missing, wrong or too old", status=401)


def _is_genuine(request: RawRequest, secrets: tuple[str, ...], now: datetime, tolerance_seconds: float) -> bool:
    timestamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "")
    given = request.headers.get("x-zendesk-webhook-signature", "").encode()
    usable = [secret for secret in secrets if secret and secret != STATIC_TEST_SECRET]
    # Every secret is tried, also after a match, so the time taken tells nothing.
    matches = [hmac.compare_digest(signature(secret, timestamp, request.body).encode(), given) for secret in usable]
    if not any(matches):
        return False
    signed_at = datetime.fromisoformat(timestamp)
    if signed_at.tzinfo is None:
        return False
    return abs((now - signed_at.astimezone(UTC)).total_seconds()) <= tolerance_seconds


def parse(request: RawRequest, account: Account) -> Event:
    """The event in a verified request; WebhookRejected 400 or 413 where it holds no readable ticket event."""
    body = bounded_json(request.body)
    kind = body.get("type")
    if isinstance(kind, str) and kind.startswith(_EVENT_PREFIX):
        return _subscribed_event(body, _name(kind.removeprefix(_EVENT_PREFIX)), account, request.body)
    return _trigger_event(body, account, request)


def _subscribed_event(body: dict[str, Any], kind: str, account: Account, raw: bytes) -> Event:
    detail, change = _part(body, "detail"), _part(body, "event")
    given = body.get("id")
    known_id = isinstance(given, str) and re.fullmatch(r"[A-Za-z0-9_-]{8,64}", given)
    key = f"event:{given}" if known_id else f"body:{hashlib.sha256(raw).hexdigest()}"
    occurred_at = optional_moment(body.get("time"))
    if not kind.startswith(_TICKET_EVENTS):
        # `detail.id` of such an event is no ticket's; nothing of it may be read as one.
        return Event(
            key=key,
            ticket_id=None,
            kind=EventKind.UNKNOWN,
            vendor_kind=kind,
            occurred_at=occurred_at,
            ignore="not_a_ticket_event",
        )
    return Event(
        key=key,
        ticket_id=_event_ticket_id(body, detail),
        kind=_event_kind(kind, change),
        vendor_kind=kind,
        occurred_at=occurred_at,
        ignore="own_echo" if _is_own(account, detail, change) else None,
    )


def _event_ticket_id(body: dict[str, Any], detail: dict[str, Any]) -> str:
    if "id" in detail:
        return _required(detail["id"])
    subject = body.get("subject")
    match = _SUBJECT.fullmatch(subject) if isinstance(subject, str) else None
    return _required(match[1] if match else None)


def _event_kind(kind: str, change: dict[str, Any]) -> EventKind:
    comment = _part(change, "comment")
    author = _part(comment, "author")
    if kind == "ticket.comment_added" and comment.get("is_public") is True and author.get("is_staff") is False:
        return EventKind.CUSTOMER_REPLIED
    if kind == "messaging_ticket.message_added" and _part(change, "actor").get("type") == "end_user":
        return EventKind.CUSTOMER_REPLIED
    return EVENT_KIND.get(kind, EventKind.CHANGED)


def _is_own(account: Account, detail: dict[str, Any], change: dict[str, Any]) -> bool:
    """Whether our own user did it. A comment's author counts for more than the actor: a trigger can act for us."""
    author = identifier(_part(_part(change, "comment"), "author").get("id"))
    actor = identifier(detail.get("actor_id"))
    return bool(account.bot_user_id) and (author or actor) == account.bot_user_id


def _trigger_event(body: dict[str, Any], account: Account, request: RawRequest) -> Event:
    ticket = _part(body, "ticket")
    ticket_id = _required(body["ticket_id"] if "ticket_id" in body else ticket.get("id"))
    given = body.get("event")
    kind = _name(given) if isinstance(given, str) else ""
    own = bool(account.bot_user_id) and identifier(body.get("actor_id")) == account.bot_user_id
    return Event(
        key=_invocation_key(request),
        ticket_id=ticket_id,
        kind=TRIGGER_KIND.get(kind, EventKind.UNKNOWN),
        vendor_kind=f"trigger.{kind}",
        occurred_at=optional_moment(request.headers.get("x-zendesk-webhook-signature-timestamp")),
        ignore="own_echo" if own else None,
    )


def _invocation_key(request: RawRequest) -> str:
    """What retries of one call share. A body of ids alone repeats, so its hash goes with the signed time."""
    invocation = request.headers.get("x-zendesk-webhook-invocation-id", "")
    if re.fullmatch(r"[A-Za-z0-9_-]{4,64}", invocation):
        return f"invocation:{invocation}"
    timestamp = request.headers.get("x-zendesk-webhook-signature-timestamp", "").encode("utf-8", "replace")
    return f"body:{hashlib.sha256(timestamp + request.body).hexdigest()}"


def _name(value: str) -> str:
    """A kind's name with nothing in it that a log or a database could choke on."""
    return re.sub(r"[^\w.:\-]", "", value)[:64]


def _part(body: dict[str, Any], name: str) -> dict[str, Any]:
    value = body.get(name)
    return value if isinstance(value, dict) else {}


def _required(value: object) -> str:
    ticket_id = identifier(value)
    if ticket_id is None:
        raise WebhookRejected("the body names no ticket id", status=400)
    return ticket_id
