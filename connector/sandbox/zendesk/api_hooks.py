"""Webhook and trigger administration (reference 1.2 and 1.7)."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import requests
from flask import request

from connector.sandbox.clock import stamp
from connector.sandbox.store import ApiError
from connector.sandbox.webhooks import Delivery
from connector.sandbox.zendesk import errors, hooks, paging, triggers
from connector.sandbox.zendesk.app import PREFIX, Host, Routes, json_body, unlocked, wrapped
from connector.sandbox.zendesk.events import NAMES
from connector.sandbox.zendesk.events import PREFIX as EVENT_PREFIX
from connector.sandbox.zendesk.state import Webhook

_REQUIRED = ("name", "endpoint", "http_method", "request_format", "status")
_READ_ONLY = ("signing_secret", "external_source", "id", "created_at", "created_by", "updated_at", "updated_by")
_MESSAGING = "zen:event-type:messaging_ticket.message_added"
_STATE_WORDS = {"delivered": "success", "failed": "failed", "retrying": "unknown", "queued": "accepted"}
_ONE = "/webhooks/<webhook_id>"


def _get(host: Host, webhook_id: str) -> Webhook:
    webhook = host.account.webhooks.get(webhook_id)
    if webhook is None:
        raise ApiError(404, {"errors": [{"code": "WebhookNotFound", "title": "Webhook not found"}]})
    return webhook


def _index(host: Host) -> Any:
    part, status = request.args.get("filter[name_contains]", ""), request.args.get("filter[status]")
    chosen = [
        w for w in host.account.webhooks.values() if part in w.fields["name"] and status in (None, w.fields["status"])
    ]
    if request.args.get("sort") in ("name", "status"):
        chosen.sort(key=lambda w: str(w.fields[request.args["sort"]]))
    page = paging.page_of("webhooks", chosen, webhook_json, lambda w: int(w.id, 36))
    page.setdefault("meta", {"has_more": False, "after_cursor": None, "before_cursor": None})
    page.setdefault("links", {"next": None, "prev": None})
    return {key: page[key] for key in ("webhooks", "meta", "links")}


def _create(host: Host) -> Any:
    host.need_admin()
    source = request.args.get("clone_webhook_id")
    if source:
        fields = dict(_get(host, source).fields)
    else:
        fields = {k: v for k, v in wrapped("webhook").items() if k not in _READ_ONLY}
    _check(fields)
    return {"webhook": webhook_json(hooks.add_webhook(host.account, fields))}, 201


def _show(host: Host, webhook_id: str) -> Any:
    return {"webhook": webhook_json(_get(host, webhook_id))}


def _change(host: Host, webhook_id: str) -> Any:
    host.need_admin()
    webhook = _get(host, webhook_id)
    fields = {k: v for k, v in wrapped("webhook").items() if k not in _READ_ONLY}
    merged = {**webhook.fields, **fields}
    _check(merged)
    if _kind(merged) != _kind(webhook.fields):
        raise _invalid("subscriptions", "The kind of a webhook is fixed at creation")
    webhook.fields, webhook.updated_at = merged, host.store.clock.now()
    return "", 204


def _delete(host: Host, webhook_id: str) -> Any:
    host.need_admin()
    del host.account.webhooks[_get(host, webhook_id).id]
    return "", 204


def _secret(host: Host, webhook_id: str) -> Any:
    host.need_admin()
    return _secret_json(_get(host, webhook_id))


def _reset_secret(host: Host, webhook_id: str) -> Any:
    host.need_admin()
    webhook = _get(host, webhook_id)
    webhook.secret = base64.b64encode(secrets.token_bytes(32)).decode()
    return _secret_json(webhook), 201


@unlocked
def _test_endpoint(host: Host) -> Any:
    host.need_admin()
    body = json_body() if request.content_length else {}
    given = body.get("webhook") or body.get("request") or {}
    return _test(host, given, request.args.get("webhook_id"))


def _test(host: Host, given: dict[str, Any], webhook_id: str | None) -> dict[str, Any]:
    saved = _get(host, webhook_id) if webhook_id else None
    fields = {**(saved.fields if saved else {}), **{k: v for k, v in given.items() if v}}
    data = str(given.get("payload") or '{"test":true}').encode()
    now = host.store.clock.now()
    webhook = Webhook(
        id=saved.id if saved else hooks.new_ulid(int(now.timestamp() * 1000)),
        fields=fields,
        secret=saved.secret if saved else hooks.STATIC_TEST_SECRET,
        created_at=now,
        updated_at=now,
        created_by=str(host.person.id),
    )
    headers = hooks.request_headers(host.account, webhook, str(host.store.other_ids.next()), data)
    try:
        answer = requests.post(str(fields.get("endpoint")), data=data, headers=headers, timeout=10)
        status, text = answer.status_code, answer.text[:2000]
    except requests.RequestException as broken:
        status, text = 0, type(broken).__name__
    return {"response": {"status": status, "headers": [], "payload": text}}


def _invocations(host: Host, webhook_id: str) -> Any:
    _get(host, webhook_id)
    sent = [d for d in host.account.deliveries.records(vendor="zendesk") if d.webhook == webhook_id]
    page = paging.page_of("invocations", sent, _invocation, lambda d: d.number)
    page.setdefault("meta", {"has_more": False, "after_cursor": None, "before_cursor": None})
    return page


def _attempts(host: Host, webhook_id: str, invocation_id: str) -> Any:
    _get(host, webhook_id)
    sent = [d for d in host.account.deliveries.records(vendor="zendesk") if d.invocation == invocation_id]
    return {"attempts": [attempt for d in sent for attempt in _tries(d)]}


def _list_triggers(host: Host) -> Any:
    return paging.page_of("triggers", host.account.triggers, dict, lambda t: int(t["id"]))


def _find_trigger(host: Host, trigger_id: int) -> dict[str, Any]:
    found = host.account.find("triggers", trigger_id)
    if found is None:
        raise errors.not_found()
    return found


def _show_trigger(host: Host, trigger_id: int) -> Any:
    return {"trigger": _find_trigger(host, trigger_id)}


def _create_trigger(host: Host) -> Any:
    host.need_admin()
    fields = wrapped("trigger")
    triggers.check(fields)
    now = stamp(host.store.clock.now())
    record = {
        "id": host.store.other_ids.next(),
        "title": fields["title"],
        "active": fields.get("active", True),
        "position": len(host.account.triggers) + 1,
        "category_id": fields.get("category_id", "1"),
        "description": fields.get("description"),
        "conditions": {"all": [], "any": [], **(fields.get("conditions") or {})},
        "actions": fields["actions"],
        "created_at": now,
        "updated_at": now,
    }
    host.account.triggers.append(record)
    return {"trigger": record}, 201


def _change_trigger(host: Host, trigger_id: int) -> Any:
    host.need_admin()
    record = _find_trigger(host, trigger_id)
    merged = {**record, **wrapped("trigger"), "id": record["id"], "updated_at": stamp(host.store.clock.now())}
    triggers.check(merged)
    record.update(merged)
    return {"trigger": record}


def _delete_trigger(host: Host, trigger_id: int) -> Any:
    host.need_admin()
    host.account.triggers.remove(_find_trigger(host, trigger_id))
    return "", 204


def webhook_json(webhook: Webhook) -> dict[str, Any]:
    """A webhook without its secret."""
    fields: dict[str, Any] = {"description": None, "subscriptions": [], "custom_headers": None, "external_source": None}
    fields.update(webhook.fields)
    if isinstance(fields.get("authentication"), dict):
        fields["authentication"] = {k: v for k, v in fields["authentication"].items() if k != "data"}
    return {
        "id": webhook.id,
        **fields,
        "created_at": stamp(webhook.created_at),
        "created_by": webhook.created_by,
        "updated_at": stamp(webhook.updated_at),
        "updated_by": webhook.created_by,
    }


def _secret_json(webhook: Webhook) -> dict[str, Any]:
    return {"signing_secret": {"algorithm": "SHA256", "secret": webhook.secret}}


def _kind(fields: dict[str, Any]) -> str:
    wanted = fields.get("subscriptions") or []
    return "trigger" if wanted in ([], ["conditional_ticket_events"]) else "events"


def _invalid(field: str, text: str) -> ApiError:
    return ApiError(400, {"errors": [{"code": "InvalidWebhook", "title": field, "detail": text}]})


def _check(fields: dict[str, Any]) -> None:
    for name in _REQUIRED:
        if not fields.get(name):
            raise _invalid(name, f"{name} is required")
    if not str(fields["endpoint"]).startswith(("http://", "https://")):
        raise _invalid("endpoint", "endpoint must be an address")
    known = {EVENT_PREFIX + name for name in NAMES} | {_MESSAGING}
    wanted = set(fields.get("subscriptions") or [])
    if wanted == {"conditional_ticket_events"} or not wanted:
        return
    if not wanted <= known:
        raise _invalid("subscriptions", f"unknown: {', '.join(sorted(wanted - known))}")
    if fields["http_method"] != "POST" or fields["request_format"] != "json":
        raise _invalid("http_method", "event subscriptions are sent by POST as JSON")


def _invocation(delivery: Delivery) -> dict[str, Any]:
    last = delivery.attempts[-1] if delivery.attempts else None
    return {
        "id": delivery.invocation,
        "latest_completed_at": stamp(last.at if last else delivery.created_at),
        "status_code": last.status if last else None,
        "status": _STATE_WORDS.get(delivery.state, "unknown"),
    }


def _tries(delivery: Delivery) -> list[dict[str, Any]]:
    return [
        {
            "id": f"{delivery.invocation}-{number}",
            "invocation_id": delivery.invocation,
            "completed_at": stamp(attempt.at),
            "status_code": attempt.status,
            "status": "success" if attempt.status is not None and attempt.status < 300 else "failed",
        }
        for number, attempt in enumerate(delivery.attempts, 1)
    ]


ROUTES: Routes = (
    (PREFIX + "/webhooks/test", ("POST",), _test_endpoint),
    (PREFIX + "/webhooks", ("GET",), _index),
    (PREFIX + "/webhooks", ("POST",), _create),
    (PREFIX + _ONE, ("GET",), _show),
    (
        PREFIX + _ONE,
        (
            "PUT",
            "PATCH",
        ),
        _change,
    ),
    (PREFIX + _ONE, ("DELETE",), _delete),
    (PREFIX + _ONE + "/signing_secret", ("GET",), _secret),
    (PREFIX + _ONE + "/signing_secret", ("POST",), _reset_secret),
    (PREFIX + _ONE + "/invocations", ("GET",), _invocations),
    (PREFIX + _ONE + "/invocations/<invocation_id>/attempts", ("GET",), _attempts),
    (PREFIX + "/triggers", ("GET",), _list_triggers),
    (PREFIX + "/triggers", ("POST",), _create_trigger),
    (PREFIX + "/triggers/<int:trigger_id>", ("GET",), _show_trigger),
    (PREFIX + "/triggers/<int:trigger_id>", ("PUT",), _change_trigger),
    (PREFIX + "/triggers/<int:trigger_id>", ("DELETE",), _delete_trigger),
)
