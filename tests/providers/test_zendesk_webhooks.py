from datetime import timedelta
from pathlib import Path

import pytest

from connector.errors import WebhookRejected
from connector.model import EventKind, RawRequest
from providers.zendesk import webhooks
from tests.providers.desk import FIXTURES, NOW, account, load, request

ACCOUNT = account("zendesk")
STAMP = "2026-11-20T09:00:00Z"


def signed(body: bytes, *, secret: str = "whs-current-secret", timestamp: str = STAMP, **headers: str) -> RawRequest:
    return RawRequest(
        headers={
            "x-zendesk-webhook-signature": webhooks.signature(secret, timestamp, body),
            "x-zendesk-webhook-signature-timestamp": timestamp,
            **{name.replace("_", "-"): value for name, value in headers.items()},
        },
        body=body,
    )


# The constructed vectors of the reference, recomputed; Zendesk publishes no recorded production delivery.
def test_vector_one_signs_time_then_body():
    secret = webhooks.STATIC_TEST_SECRET
    body = b'{"event":"ticket.updated","id":123}'
    assert webhooks.signature(secret, "2021-03-25T05:09:27Z", body) == "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="


def test_vector_three_signs_body_then_time_and_is_refused():
    secret, timestamp, body = (
        "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA=",
        "2021-07-25T10:00:00Z",
        b'{"say": "hello"}',
    )
    old = "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw="
    assert webhooks.signature(secret, timestamp, body) != old
    headers = {"x-zendesk-webhook-signature": old, "x-zendesk-webhook-signature-timestamp": timestamp}
    with pytest.raises(WebhookRejected):
        webhooks.verify(
            RawRequest(headers=headers, body=body),
            account("zendesk", webhook_secrets=(secret,)),
            now=NOW.replace(year=2021, month=7, day=25, hour=10),
        )


@pytest.mark.parametrize("secret", ["whs-current-secret", "whs-previous-secret"])
def test_each_of_several_secrets_is_accepted(secret):
    webhooks.verify(signed(b"{}", secret=secret), ACCOUNT, now=NOW)


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_times_within_the_tolerance_pass(seconds):
    webhooks.verify(signed(b"{}"), ACCOUNT, now=NOW + timedelta(seconds=seconds))


def rejected(raw: RawRequest, *, now=NOW, of=ACCOUNT) -> None:
    with pytest.raises(WebhookRejected) as caught:
        webhooks.verify(raw, of, now=now)
    assert caught.value.status == 401


@pytest.mark.parametrize("seconds", [-301, 301, 86_400])
def test_times_outside_the_tolerance_do_not(seconds):
    rejected(signed(b"{}"), now=NOW + timedelta(seconds=seconds))


def test_a_changed_body_or_time_is_refused():
    good = signed(b'{"a":1}')
    rejected(RawRequest(headers=good.headers, body=b'{"a":2}'))
    rejected(
        RawRequest(
            headers={**good.headers, "x-zendesk-webhook-signature-timestamp": "2026-11-20T09:00:01Z"}, body=good.body
        )
    )


def test_missing_or_malformed_headers_are_refused():
    good = signed(b"{}")
    for name in good.headers:
        rejected(RawRequest(headers={key: value for key, value in good.headers.items() if key != name}, body=b"{}"))
    for value in ("", "=", "Ää", "\ud800", "x" * 10_000):
        rejected(RawRequest(headers={**good.headers, "x-zendesk-webhook-signature": value}, body=b"{}"))


@pytest.mark.parametrize("timestamp", ["", "1234", "2026-11-20", "2026-11-20T09:00:00", "later", "\ud800", "9" * 400])
def test_a_signed_but_unreadable_time_is_refused(timestamp):
    raw = RawRequest(headers={"x-zendesk-webhook-signature-timestamp": timestamp}, body=b"{}")
    try:
        raw = signed(b"{}", timestamp=timestamp)
    except UnicodeEncodeError:
        assert timestamp == "\ud800"
    rejected(raw)


def test_the_published_test_secret_is_no_secret():
    public = account("zendesk", webhook_secrets=(webhooks.STATIC_TEST_SECRET,))
    rejected(signed(b"{}", secret=webhooks.STATIC_TEST_SECRET), of=public)


@pytest.mark.parametrize("secrets", [(), ("",)])
def test_an_account_without_a_secret_accepts_nothing(secrets):
    rejected(signed(b"{}", secret=""), of=account("zendesk", webhook_secrets=secrets))


CASES = sorted(path.name for path in (FIXTURES / "zendesk" / "webhooks").iterdir())


@pytest.mark.parametrize("case", CASES)
def test_recorded_shapes_become_events(case):
    folder = Path("zendesk", "webhooks", case)
    body = (FIXTURES / folder / "body.json").read_bytes()
    headers = {name.lower(): value for name, value in load(*folder.parts, "headers.json").items()}
    event = webhooks.parse(RawRequest(headers=headers, body=body), ACCOUNT)
    found = {
        "key": event.key,
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
        b"not json",
        b"[]",
        {"ticket_id": "abc"},
        {"ticket_id": "12345678901234567890"},
        {"ticket_id": "-1"},
        {"ticket_id": 0},
        {"ticket_id": True},
        {"ticket_id": 1.5},
        {"ticket_id": "١٢"},
        {"ticket_id": "12\n"},
        {"ticket_id": ["1"]},
        {"event": "ticket_created"},
        {"type": "zen:event-type:ticket.created", "detail": {"id": "../users"}},
        {"type": "zen:event-type:ticket.created", "detail": {}},
        {"type": "zen:event-type:ticket.created", "subject": "zen:user:5"},
    ],
)
def test_signed_bodies_without_a_ticket_are_400(body):
    with pytest.raises(WebhookRejected) as caught:
        webhooks.parse(request(body), ACCOUNT)
    assert caught.value.status == 400


def test_a_users_id_is_never_read_as_a_tickets():
    event = webhooks.parse(
        request({"type": "zen:event-type:user.created", "id": "e" * 20, "detail": {"id": "5"}}), ACCOUNT
    )
    assert (event.ticket_id, event.ignore) == (None, "not_a_ticket_event")


def test_the_subject_names_the_ticket_where_the_detail_does_not():
    event = webhooks.parse(request({"type": "zen:event-type:ticket.merged", "subject": "zen:ticket:77"}), ACCOUNT)
    assert (event.ticket_id, event.kind) == ("77", EventKind.CHANGED)


def test_two_identical_bodies_at_different_times_are_two_deliveries():
    body = b'{"ticket_id":"5","event":"customer_replied"}'
    first = webhooks.parse(signed(body), ACCOUNT)
    again = webhooks.parse(signed(body), ACCOUNT)
    later = webhooks.parse(signed(body, timestamp="2026-11-20T09:00:40Z"), ACCOUNT)
    assert first.key == again.key != later.key


def test_retries_share_the_invocation():
    body = b'{"ticket_id":"5"}'
    one = webhooks.parse(signed(body, x_zendesk_webhook_invocation_id="8350205582"), ACCOUNT)
    two = webhooks.parse(
        signed(body, timestamp="2026-11-20T09:04:00Z", x_zendesk_webhook_invocation_id="8350205582"), ACCOUNT
    )
    assert one.key == two.key == "invocation:8350205582"


def test_a_trigger_that_names_our_user_is_our_echo():
    assert webhooks.parse(request({"ticket_id": 5, "actor_id": "9001"}), ACCOUNT).ignore == "own_echo"
    nobody = account("zendesk", bot_user_id="")
    assert webhooks.parse(request({"ticket_id": 5, "actor_id": ""}), nobody).ignore is None
