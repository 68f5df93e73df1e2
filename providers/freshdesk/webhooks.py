"""Freshdesk's webhooks: is the request genuine, and which ticket does it mean. Pure.

Facts (reference: automation rules and the app platform):
- A rule's webhook has no signature, no delivery id and no timestamp. Depending on the account's pages an admin can
  set a header, Basic credentials, or only the URL; so the secret is accepted in all three places.
- The body is typed by an admin. Ids come as number or text; trailing commas and raw line breaks are common.
  Freshdesk repeats a refused delivery three times and then mails the admins: once a request is authenticated, an
  unreadable body is therefore no error but an event without a ticket, which ends as a dead letter.
- Our own marketplace app (`package/server/server.js`) forwards the platform's envelope, cut down to ids, with the same
  header, or signed by the Standard Webhooks scheme (`webhook-id`, `webhook-timestamp`, `webhook-signature`).

The delivery key: two messages of a customer make the very same body (ids only), and keys are remembered for days.
So the key covers ticket, event, body and a window of ten seconds: copies that arrive together merge, a later one
reads the ticket again, which is harmless, because effects carry ids of their own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs

from connector.errors import WebhookRejected
from connector.model import Account, Event, EventKind, RawRequest
from providers._json import MAX_BODY_BYTES, bounded_json
from providers._values import identifier
from providers.freshdesk.fields import EVENT_KIND

KEY_WINDOW_SECONDS = 10
APP_EVENTS = {"onAppInstall": "app_installed", "onAppUninstall": "app_removed"}
"""What our app tells of itself: proof that its settings are right, and no ticket's matter."""
TOLERANCE_SECONDS = 300.0
_TICKET_ID = re.compile(r'"?(?:freshdesk_webhook\[)?ticket_id\]?"?\s*[:=]\s*"?([0-9]{1,19})(?![\w+-]|\.\d)')
_EVENT_NAME = re.compile(r'"event"\s*:\s*"([A-Za-z_]{1,40})"')

Json = dict[str, Any]


def verify(request: RawRequest, account: Account, *, now: datetime) -> None:
    """Return if the request carries or is signed with one of the account's secrets, else WebhookRejected(401)."""
    try:
        genuine = _is_genuine(request, account.webhook_secrets, now)
    except Exception as error:  # a malformed header must neither become a 500 nor let anything pass
        raise WebhookRejected("the secret cannot be read", status=401) from error
    if not genuine:
        raise WebhookRejected("the secret is missing or wrong", status=401)


def _is_genuine(request: RawRequest, secrets: tuple[str, ...], now: datetime) -> bool:
    given = [
        request.headers.get("x-handrail-secret", ""),
        _basic_password(request.headers.get("authorization", "")),
        request.path_secret or "",
    ]
    usable = [secret for secret in secrets if secret]
    # All pairs are compared, also after a match, so the time taken tells nothing.
    matches = [
        hmac.compare_digest(_digest(candidate), _digest(secret)) and bool(candidate)
        for candidate in given
        for secret in usable
    ]
    signed = [_is_signed(request, secret, now) for secret in usable]
    return any([*matches, *signed])


def _digest(value: str) -> bytes:
    """Equal lengths, so that comparing tells nothing about the secret's."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).digest()


def _basic_password(header: str) -> str:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        decoded = base64.b64decode(value.strip(), validate=True).decode()
    except ValueError:
        return ""
    return decoded.partition(":")[2]


def _is_signed(request: RawRequest, secret: str, now: datetime) -> bool:
    """Standard Webhooks 1.0: any of several signatures over id, time and body."""
    message_id = request.headers.get("webhook-id", "")
    timestamp = request.headers.get("webhook-timestamp", "")
    given = request.headers.get("webhook-signature", "")
    if not (message_id and given and re.fullmatch(r"[0-9]{1,12}", timestamp)):
        return False
    content = f"{message_id}.{timestamp}.".encode() + request.body
    ours = base64.b64encode(hmac.new(_signing_key(secret), content, hashlib.sha256).digest())
    matches = [hmac.compare_digest(b"v1," + ours, part.encode()) for part in given.split()[:8]]
    return any(matches) and abs(now.timestamp() - int(timestamp)) <= TOLERANCE_SECONDS


def _signing_key(secret: str) -> bytes:
    if secret.startswith("whsec_"):
        return base64.b64decode(secret.removeprefix("whsec_"))
    return secret.encode()


def parse(request: RawRequest, account: Account, *, now: datetime) -> Event:
    """The event in a verified request; one without a ticket id where the body cannot be read. Raises only for size."""
    if len(request.body) > MAX_BODY_BYTES:
        raise WebhookRejected("the body is larger than 1 MiB", status=413)
    body = _read(request.body)
    ticket_id, name = _ticket_id(body), _event_name(body)
    if ticket_id is None:
        raw = request.body.decode("utf-8", "replace")
        found = _TICKET_ID.search(raw)
        ticket_id = identifier(found[1]) if found else None
        named = _EVENT_NAME.search(raw)
        name = name or (named[1] if named else "")
    return Event(
        key=_key(request, ticket_id, name, now),
        ticket_id=ticket_id,
        kind=EventKind.UNKNOWN if ticket_id is None else _kind(body, name),
        vendor_kind=name,
        ignore=APP_EVENTS.get(name) or ("own_echo" if _is_own(body, account) else None),
    )


def _read(body: bytes) -> Json:
    """The body as an object by JSON, forgiving JSON or form, in this order; empty where none fits."""
    for strict in (True, False):
        try:
            return bounded_json(body, strict=strict)
        except WebhookRejected:
            continue
    try:
        form = parse_qs(body.decode("ascii"), max_num_fields=100)
    except ValueError:
        return {}
    fields = {name.removeprefix("freshdesk_webhook[").removesuffix("]"): values[0] for name, values in form.items()}
    # Content type "form" may also carry the whole JSON in one field.
    for value in fields.values():
        if value.startswith("{"):
            try:
                return bounded_json(value.encode(), strict=False)
            except WebhookRejected:
                continue
    return dict(fields)


def _ticket_id(body: Json) -> str | None:
    simple, data = _part(body, "freshdesk_webhook"), _part(body, "data")
    for value in (
        body.get("ticket_id"),
        simple.get("ticket_id"),
        _part(body, "ticket").get("id"),
        _part(data, "conversation").get("ticket_id"),
        _part(data, "ticket").get("id"),
    ):
        if (found := identifier(value.strip() if isinstance(value, str) else value)) is not None:
            return found
    return None


def _event_name(body: Json) -> str:
    for value in (
        body.get("event"),
        _part(body, "freshdesk_webhook").get("triggered_event"),
        body.get("triggered_event"),
    ):
        if isinstance(value, str) and value:
            return re.sub(r"[^\w:{}.\-]", "", value)[:64]
    return ""


def _kind(body: Json, name: str) -> EventKind:
    conversation = _part(_part(body, "data"), "conversation")
    if conversation.get("incoming") is True and conversation.get("private") is not True:
        return EventKind.CUSTOMER_REPLIED
    if "ticket_action:created" in name:  # `triggered_event` is `{ticket_action:created}`, which is not JSON
        return EventKind.CREATED
    return EVENT_KIND.get(name, EventKind.UNKNOWN)


def _is_own(body: Json, account: Account) -> bool:
    """The app platform names the actor; a rule's webhook does not."""
    actor = identifier(_part(_part(body, "data"), "actor").get("id"))
    return bool(account.bot_user_id) and actor == account.bot_user_id


def _key(request: RawRequest, ticket_id: str | None, name: str, now: datetime) -> str:
    message_id = request.headers.get("webhook-id", "")
    if request.headers.get("webhook-signature") and re.fullmatch(r"[\w.\-]{4,64}", message_id, re.ASCII):
        return f"message:{message_id}"
    window = int(now.timestamp()) // KEY_WINDOW_SECONDS
    content = json.dumps([ticket_id, name, window, hashlib.sha256(request.body).hexdigest()])
    return f"delivery:{hashlib.sha256(content.encode()).hexdigest()}"


def _part(body: Json, name: str) -> Json:
    value = body.get(name)
    return value if isinstance(value, dict) else {}
