import base64
import hashlib
import hmac
from datetime import timedelta
from pathlib import Path

import pytest

from connector.errors import WebhookRejected
from connector.model import EventKind, RawRequest
from providers.freshdesk import webhooks
from tests.providers.desk import FIXTURES, NOW, account, load, request

ACCOUNT = account("freshdesk")
SECRET = "whs-current-secret"


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.mark.parametrize(
    "raw",
    [
        request({}, {"x-handrail-secret": SECRET}),
        request({}, {"x-handrail-secret": "whs-previous-secret"}),
        request({}, {"authorization": basic("handrail", SECRET)}),
        request({}, {"authorization": basic("", SECRET).replace("Basic", "basic")}),
        request({}, path_secret=SECRET),
        request({}, {"x-handrail-secret": "wrong"}, path_secret=SECRET),
    ],
    ids=["header", "previous", "basic", "basic lower case", "path", "path beside a wrong header"],
)
def test_the_secret_is_accepted_in_three_places(raw):
    webhooks.verify(raw, ACCOUNT, now=NOW)


@pytest.mark.parametrize(
    "raw",
    [
        request({}),
        request({}, {"x-handrail-secret": ""}),
        request({}, {"x-handrail-secret": "whs-current-secre"}),
        request({}, {"x-handrail-secret": "WHS-CURRENT-SECRET"}),
        request({}, {"authorization": "Basic"}),
        request({}, {"authorization": "Basic !!!"}),
        request({}, {"authorization": "Bearer " + SECRET}),
        request({}, {"authorization": basic(SECRET, "")}),
        request({}, {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()}),
        request({}, {"x-handrail-secret": "\ud800"}),
        request({"secret": SECRET}),
        request({}, path_secret=""),
    ],
)
def test_everything_else_is_401(raw):
    for of in (
        ACCOUNT,
        account("freshdesk", webhook_secrets=("whs-other", "")),
        account("freshdesk", webhook_secrets=()),
    ):
        with pytest.raises(WebhookRejected) as caught:
            webhooks.verify(raw, of, now=NOW)
        assert caught.value.status == 401


def test_an_empty_secret_never_matches_an_empty_header():
    with pytest.raises(WebhookRejected):
        webhooks.verify(request({}, {"x-handrail-secret": ""}), account("freshdesk", webhook_secrets=("",)), now=NOW)


def signed(body: bytes, *, secret: bytes = SECRET.encode(), at=NOW, message_id: str = "msg_2b7c") -> RawRequest:
    timestamp = str(int(at.timestamp()))
    content = f"{message_id}.{timestamp}.".encode() + body
    ours = base64.b64encode(hmac.new(secret, content, hashlib.sha256).digest()).decode()
    headers = {"webhook-id": message_id, "webhook-timestamp": timestamp, "webhook-signature": f"v1,b2xk v1,{ours}"}
    return RawRequest(headers=headers, body=body)


def test_the_apps_forwarded_events_are_signed():
    webhooks.verify(signed(b"{}"), ACCOUNT, now=NOW)
    webhooks.verify(
        signed(b"{}", secret=b"0123456789abcdef"),
        account("freshdesk", webhook_secrets=("whsec_" + base64.b64encode(b"0123456789abcdef").decode(),)),
        now=NOW,
    )
    for raw, at in (
        (signed(b"{}"), NOW + timedelta(seconds=301)),
        (RawRequest(headers=signed(b"{}").headers, body=b"[]"), NOW),
        (RawRequest(headers={**signed(b"{}").headers, "webhook-timestamp": "soon"}, body=b"{}"), NOW),
    ):
        with pytest.raises(WebhookRejected):
            webhooks.verify(raw, ACCOUNT, now=at)
    assert webhooks.parse(signed(b"{}"), ACCOUNT, now=NOW).key == "message:msg_2b7c"


CASES = sorted(path.name for path in (FIXTURES / "freshdesk" / "webhooks").iterdir())


@pytest.mark.parametrize("case", CASES)
def test_recorded_shapes_become_events(case):
    folder = Path("freshdesk", "webhooks", case)
    body = (FIXTURES / folder / "body.txt").read_bytes()
    event = webhooks.parse(RawRequest(headers=load(*folder.parts, "headers.json"), body=body), ACCOUNT, now=NOW)
    found = {
        "ticket_id": event.ticket_id,
        "kind": event.kind.value,
        "vendor_kind": event.vendor_kind,
        "ignore": event.ignore,
    }
    assert found == load(*folder.parts, "expected.json")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b"null",
        b"[1]",
        b'{"ticket_id": null}',
        b'{"ticket_id": {"a": 1}}',
        b'{"ticket_id": 1e400}',
        b'{"ticket_id": 12.5,}',
        b'{"ticket_id": 12-34,}',
        b"ticket_id=",
        b"{" * 5000,
        b'{"ticket_id": "12345678901234567890"}',
        b'{"ticket_id": -4}',
        b'{"ticket_id": 0}',
        b"&".join([b"a=1"] * 500),
    ],
)
def test_an_unreadable_body_is_an_event_without_a_ticket(body):
    event = webhooks.parse(RawRequest(headers={}, body=body), ACCOUNT, now=NOW)
    assert event.ticket_id is None
    assert event.kind is EventKind.UNKNOWN


def test_only_size_is_an_error():
    with pytest.raises(WebhookRejected) as caught:
        webhooks.parse(RawRequest(headers={}, body=b" " * ((1 << 20) + 1)), ACCOUNT, now=NOW)
    assert caught.value.status == 413


def test_copies_merge_and_the_same_body_later_is_a_new_delivery():
    raw = request({"v": 1, "event": "customer_replied", "ticket_id": "11"})
    key = webhooks.parse(raw, ACCOUNT, now=NOW).key
    assert webhooks.parse(raw, ACCOUNT, now=NOW + timedelta(seconds=9)).key == key
    assert webhooks.parse(raw, ACCOUNT, now=NOW + timedelta(seconds=10)).key != key
    other = request({"v": 1, "event": "customer_replied", "ticket_id": "12"})
    assert webhooks.parse(other, ACCOUNT, now=NOW).key != key


def forwarded(event: str, **data: object) -> RawRequest:
    """As the server part of our app sends it (`providers/freshdesk/package/server/server.js`)."""
    body = {"event": event, "timestamp": 1795000000.5, "account_id": "77", "domain": "acme.freshdesk.com", "data": data}
    return request(body, {"x-handrail-secret": SECRET})


def test_the_apps_envelope_of_ids_is_one_more_inlet():
    said = {"id": 9, "ticket_id": 5, "incoming": True, "private": False}
    raw = forwarded("onConversationCreate", conversation=said, actor={"id": 43, "type": "contact"})
    webhooks.verify(raw, account("freshdesk"), now=NOW)
    event = webhooks.parse(raw, account("freshdesk"), now=NOW)
    assert (event.ticket_id, event.kind, event.ignore) == ("5", EventKind.CUSTOMER_REPLIED, None)
    event = webhooks.parse(forwarded("onTicketCreate", ticket={"id": 5}), account("freshdesk"), now=NOW)
    assert (event.ticket_id, event.kind) == ("5", EventKind.CREATED)


@pytest.mark.parametrize(("event", "reason"), [("onAppInstall", "app_installed"), ("onAppUninstall", "app_removed")])
def test_what_the_app_tells_of_itself_is_no_dead_letter(event, reason):
    assert webhooks.parse(forwarded(event), account("freshdesk"), now=NOW).ignore == reason
