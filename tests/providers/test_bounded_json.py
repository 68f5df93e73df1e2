import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import WebhookRejected
from providers._json import MAX_BODY_BYTES, MAX_INTEGER, bounded_json


def nested(levels: int) -> bytes:
    return b'{"a":' * levels + b"1" + b"}" * levels


def test_a_plain_object_comes_back_as_it_is():
    assert bounded_json(b'{"ticket_id": "12", "tags": ["a", null, true, 1.5]}') == {
        "ticket_id": "12",
        "tags": ["a", None, True, 1.5],
    }


def test_thirty_two_levels_pass_and_thirty_three_do_not():
    assert bounded_json(nested(32))
    with pytest.raises(WebhookRejected) as caught:
        bounded_json(nested(33))
    assert caught.value.status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'"text"',
        b"null",
        b"\xff\xfe",
        b'{"a": 1',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": ["\\udc00x"]}',
        b"[" * 200_000,
        b'{"a":' * 100_000,
        json.dumps({"a": MAX_INTEGER}).encode(),
        json.dumps({"a": -MAX_INTEGER}).encode(),
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "line\nbreak"}',
    ],
    ids=lambda body: body[:12].decode("latin-1"),
)
def test_hostile_bodies_are_refused_with_400(body):
    with pytest.raises(WebhookRejected) as caught:
        bounded_json(body)
    assert caught.value.status == 400


def test_a_body_over_the_size_is_413():
    with pytest.raises(WebhookRejected) as caught:
        bounded_json(b'{"a": "' + b"x" * MAX_BODY_BYTES + b'"}')
    assert caught.value.status == 413


def test_control_characters_pass_only_when_forgiven():
    assert bounded_json(b'{"a": "line\nbreak"}', strict=False) == {"a": "line\nbreak"}


@given(st.binary(max_size=300))
def test_no_bytes_raise_anything_else(body):
    try:
        found = bounded_json(body)
    except WebhookRejected:
        return
    assert isinstance(found, dict)
