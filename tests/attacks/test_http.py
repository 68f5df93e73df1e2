"""No webhook, signed or not, may end in a 5xx of our own making."""

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import app, client  # noqa: F401 - fixtures of the neighbouring tests
from tests.web.test_webhooks import post, signed, zendesk_event


@pytest.mark.parametrize("time", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_signed_event_with_a_time_at_the_end_of_the_calendar_is_accepted(
    client: FlaskClient,  # noqa: F811 - the fixture of this name
    time: str,
) -> None:
    body = zendesk_event().replace(b"2026-03-02T11:59:58Z", time.encode())
    assert time.encode() in body
    assert post(client, body, signed(body)).status_code == 202
