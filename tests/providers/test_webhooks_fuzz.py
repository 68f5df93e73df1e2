"""Whatever comes in: `verify` and `parse` return, or raise WebhookRejected. Nothing else, ever."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import providers
from connector.errors import WebhookRejected
from connector.model import Event, RawRequest
from tests.providers.desk import NOW, account

NAMES = [
    "x-zendesk-webhook-signature",
    "x-zendesk-webhook-signature-timestamp",
    "x-zendesk-webhook-invocation-id",
    "x-handrail-secret",
    "authorization",
    "webhook-id",
    "webhook-timestamp",
    "webhook-signature",
]
any_text = st.text(st.characters(exclude_categories=()), max_size=60)  # lone surrogates included
headers = st.dictionaries(st.sampled_from(NAMES), any_text | st.just("Basic Og==") | st.just("2026-11-20T09:00:00Z"))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "type",
                    "detail",
                    "event",
                    "id",
                    "ticket_id",
                    "ticket",
                    "comment",
                    "author",
                    "data",
                    "actor",
                    "freshdesk_webhook",
                    "conversation",
                    "triggered_event",
                    "actor_id",
                    "subject",
                    "time",
                ]
            )
            | any_text,
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)
event_types = st.sampled_from(
    ["zen:event-type:ticket.created", "zen:event-type:ticket.comment_added", "zen:event-type:user.x"]
)
bodies = (
    st.binary(max_size=200)
    | values.map(lambda value: json.dumps(value).encode())
    | st.tuples(event_types, values, values).map(
        lambda parts: json.dumps({"type": parts[0], "detail": parts[1], "event": parts[2]}).encode()
    )
)


def build(vendor):
    return providers.build(vendor, accounts=None, clock=lambda: NOW, allow_loopback=False)


@pytest.mark.parametrize("vendor", providers.VENDORS)
@settings(max_examples=150, deadline=None)
@given(headers=headers, body=bodies, path_secret=st.none() | any_text)
def test_nothing_but_a_rejection_comes_out(vendor, headers, body, path_secret):
    provider, of = build(vendor), account(vendor)
    raw = RawRequest(headers=headers, body=body, path_secret=path_secret)
    with pytest.raises(WebhookRejected) as caught:
        provider.verify(raw, of, now=NOW)
    assert caught.value.status == 401
    try:
        event = provider.parse(raw, of, now=NOW)
    except WebhookRejected:
        if vendor == "freshdesk":
            raise  # its contract allows no error but size
        return
    assert isinstance(event, Event)
    assert event.ticket_id is None or (
        event.ticket_id.isascii() and event.ticket_id.isdigit() and len(event.ticket_id) <= 19
    )
    assert 0 < len(event.key) <= 200
    assert event.vendor_kind.encode().isascii() or event.vendor_kind.isprintable()
    assert "\x00" not in event.vendor_kind
