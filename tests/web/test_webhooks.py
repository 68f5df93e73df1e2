import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from connector.app import App
from connector.errors import StoreUnavailable
from connector.ledger import open_ledger
from connector.records import Delivery
from tests.web.conftest import NOW, SECRETS


def signed(body: bytes, *, secret: str = SECRETS["zendesk"], at: datetime = NOW) -> dict[str, str]:
    stamp = at.strftime("%Y-%m-%dT%H:%M:%SZ")
    digest = hmac.new(secret.encode(), stamp.encode() + body, hashlib.sha256).digest()
    return {
        "X-Zendesk-Webhook-Signature": base64.b64encode(digest).decode(),
        "X-Zendesk-Webhook-Signature-Timestamp": stamp,
        "X-Zendesk-Webhook-Invocation-Id": "inv-1",
        "Content-Type": "application/json",
    }


def zendesk_event(event_id: str = "ev-1", **event: object) -> bytes:
    return json.dumps(
        {
            "type": "zen:event-type:ticket.created",
            "account_id": 1,
            "id": event_id,
            "time": "2026-03-02T11:59:58Z",
            "zendesk_event_version": "2022-11-06",
            "subject": "zen:ticket:7",
            "detail": {"id": "7", "actor_id": "5", "requester_id": "5"},
            "event": event,
        }
    ).encode()


def post(client: FlaskClient, body: bytes, headers: dict[str, str], account: str = "acme-zendesk"):
    return client.post(f"/webhooks/zendesk/{account}", data=body, headers=headers)


def test_a_signed_event_is_stored_before_the_answer(client: FlaskClient, app: App) -> None:
    body = zendesk_event()
    answer = post(client, body, signed(body))
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    (stored,) = app.ledger.inbox.events()
    assert (stored.id, stored.ticket_id, stored.account_id) == (answer.json["event"], "7", "zendesk-id")


def test_a_repeat_is_answered_with_the_same_event(client: FlaskClient, app: App) -> None:
    body = zendesk_event()
    first, second = (post(client, body, signed(body)) for _ in range(2))
    assert (second.status_code, second.json["status"]) == (202, "duplicate")
    assert second.json["event"] == first.json["event"]
    assert len(app.ledger.inbox.events()) == 1


def test_our_own_echo_is_kept_as_ignored(client: FlaskClient, app: App) -> None:
    body = zendesk_event().replace(b'"actor_id": "5"', b'"actor_id": "900"')
    answer = post(client, body, signed(body))
    assert (answer.status_code, answer.json["status"]) == (202, "ignored")
    (stored,) = app.ledger.inbox.events()
    assert stored.state == "ignored"
    assert stored.reason


@pytest.mark.parametrize(
    "headers",
    [
        {},
        signed(zendesk_event(), secret="not the secret"),
        signed(zendesk_event(), at=NOW - timedelta(minutes=6)),
        signed(zendesk_event(), at=NOW + timedelta(minutes=6)),
        signed(b"another body"),
        {**signed(zendesk_event()), "X-Zendesk-Webhook-Signature": "%%%"},
        {**signed(zendesk_event()), "X-Zendesk-Webhook-Signature-Timestamp": "yesterday"},
        {**signed(zendesk_event()), "X-Zendesk-Webhook-Signature": "ÄÖÜ"},
    ],
)
def test_an_unverified_request_changes_nothing(client: FlaskClient, app: App, headers: dict[str, str]) -> None:
    answer = post(client, zendesk_event(), headers)
    assert answer.status_code == 401
    assert app.ledger.inbox.events() == ()


def test_an_unknown_account_looks_exactly_like_a_bad_signature(client: FlaskClient) -> None:
    body = zendesk_event()
    unknown = post(client, body, signed(body), account="nobody")
    forged = post(client, body, signed(body, secret="wrong wrong wrong"))
    other_vendor = post(client, body, signed(body), account="acme-freshdesk")
    assert unknown.status_code == forged.status_code == other_vendor.status_code == 401
    assert unknown.data == forged.data == other_vendor.data


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"[" * 100_000,
        b'{"a":' * 50 + b"1" + b"}" * 50,
        b'{"detail":{"id":"\\ud800"}}',
        b'{"detail":{"id":99999999999999999999999999}}',
        b'{"detail":{"id":"7; DROP TABLE events"}}',
        b'{"ticket_id":NaN}',
        b"\xff\xfe\x00",
        json.dumps({"detail": {"id": "7"}, "type": "zen:event-type:ticket.created"}).encode(),
    ],
)
def test_a_malformed_body_is_a_400_or_an_event_but_never_a_500(client: FlaskClient, app: App, body: bytes) -> None:
    answer = post(client, body, signed(body))
    assert answer.status_code in (202, 400)
    assert (answer.status_code == 400) == (app.ledger.inbox.events() == ())


def test_too_large_is_413_before_it_is_verified(client: FlaskClient) -> None:
    assert post(client, b"x" * (1024 * 1024 + 1), {}).status_code == 413


def test_secrets_under_a_key_that_we_were_not_given_are_a_503_with_retry_after(
    client: FlaskClient, app: App, tmp_path: Path
) -> None:
    key = next(tmp_path.rglob("secret.key")).read_text().strip()
    newer = open_ledger(app.settings.ledger_url, keys=("another-key-of-these-tests", key))
    newer.rotate_keys()
    newer.close()
    body = zendesk_event()
    answer = post(client, body, signed(body))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert "HANDRAIL_SECRET_KEY" in ready.json["reason"]
    assert client.get("/healthz").status_code == 200


def test_what_cannot_be_stored_is_a_503_with_retry_after(
    client: FlaskClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_delivery: Delivery) -> None:
        raise StoreUnavailable("the disk is full")

    monkeypatch.setattr(app.ledger.inbox, "receive", refuse)
    body = zendesk_event()
    answer = post(client, body, signed(body))
    assert answer.status_code == 503
    assert 0 < int(answer.headers["Retry-After"]) < 60


FRESHDESK_WAYS = [
    ("/webhooks/freshdesk/acme-freshdesk", {"X-Handrail-Secret": SECRETS["freshdesk"]}),
    (
        "/webhooks/freshdesk/acme-freshdesk",
        {"Authorization": "Basic " + base64.b64encode(f"any:{SECRETS['freshdesk']}".encode()).decode()},
    ),
    (f"/webhooks/freshdesk/acme-freshdesk/{SECRETS['freshdesk']}", {}),
]


@pytest.mark.parametrize(("path", "headers"), FRESHDESK_WAYS)
@pytest.mark.parametrize(
    "body",
    [
        b'{"v":1,"event":"ticket_created","ticket_id":"11"}',
        b'{"ticket_id":11,}',
        b'{"freshdesk_webhook":{"ticket_id":11,"ticket_subject":"x"}}',
        b"ticket_id=11&event=created",
    ],
)
def test_freshdesk_takes_its_secret_three_ways_and_reads_leniently(
    client: FlaskClient, app: App, path: str, headers: dict[str, str], body: bytes
) -> None:
    answer = client.post(path, data=body, headers=headers)
    assert (answer.status_code, answer.json["status"]) == (202, "accepted")
    assert app.ledger.inbox.events()[0].ticket_id == "11"


@pytest.mark.parametrize(("path", "headers"), FRESHDESK_WAYS)
def test_an_unreadable_freshdesk_body_is_a_dead_letter_not_an_error(
    client: FlaskClient, app: App, path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path, data=b"{{{ what", headers=headers)
    assert answer.status_code == 202
    (stored,) = app.ledger.inbox.events()
    assert (stored.state, bool(stored.reason)) == ("dead", True)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/webhooks/freshdesk/acme-freshdesk", {}),
        ("/webhooks/freshdesk/acme-freshdesk", {"X-Handrail-Secret": "wrong"}),
        ("/webhooks/freshdesk/acme-freshdesk", {"Authorization": "Basic %%%"}),
        ("/webhooks/freshdesk/acme-freshdesk/wrong", {}),
        ("/webhooks/freshdesk/nobody", {"X-Handrail-Secret": SECRETS["freshdesk"]}),
    ],
)
def test_freshdesk_without_the_secret_is_a_401(
    client: FlaskClient, app: App, path: str, headers: dict[str, str]
) -> None:
    answer = client.post(path, data=b'{"ticket_id":"11"}', headers=headers)
    assert answer.status_code == 401
    assert app.ledger.inbox.events() == ()
