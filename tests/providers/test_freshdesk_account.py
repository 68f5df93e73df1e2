"""What connecting to an account shows."""

import pytest

from connector.errors import ConfigurationError
from connector.ports import CheckState
from tests.providers.desk import account

BASE = "https://nordlicht.freshdesk.com/api/v2"
ACCOUNT = account("freshdesk")


ME = {"id": 9001, "ticket_scope": 1, "signature": None, "contact": {"email": "bot@nordlicht.example"}}
MAILBOXES = [{"to_email": "nordlichthilfe@nordlicht.freshdesk.com", "reply_email": "Hilfe@nordlicht.example"}]


def desk_for_inspection(api, me=None, mailboxes=None):
    api.get(f"{BASE}/agents/me", **(me or {"json": ME, "headers": {"X-RateLimit-Total": "400"}}))
    api.get(f"{BASE}/email_configs", **(mailboxes or {"json": MAILBOXES}))


def test_inspection_of_a_sound_account(freshdesk, api):
    desk_for_inspection(api)
    found = freshdesk.inspect(ACCOUNT)
    assert found.bot_user_id == "9001"
    assert found.own_addresses == {
        "bot@nordlicht.example",
        "hilfe@nordlicht.example",
        "nordlichthilfe@nordlicht.freshdesk.com",
    }
    assert {check.state for check in found.checks} == {CheckState.PASS}


@pytest.mark.parametrize(
    ("me", "mailboxes", "name", "state"),
    [
        ({"status": 401}, None, "credentials", CheckState.FAIL),
        ({"status": 429}, None, "credentials", CheckState.FAIL),
        ({"json": {**ME, "id": None}}, None, "agent", CheckState.FAIL),
        ({"json": {**ME, "id": 9002}}, None, "agent", CheckState.FAIL),
        ({"json": {**ME, "ticket_scope": 3}}, None, "ticket scope", CheckState.WARN),
        ({"json": {**ME, "signature": "<p>Best</p>"}}, None, "signature", CheckState.WARN),
        ({"json": ME, "headers": {"x-ratelimit-total": "50"}}, None, "plan limit", CheckState.WARN),
        (None, {"status": 403}, "mailboxes", CheckState.WARN),
    ],
)
def test_problems_are_checks_and_not_exceptions(freshdesk, api, me, mailboxes, name, state):
    desk_for_inspection(api, me, mailboxes)
    found = {check.name: check for check in freshdesk.inspect(ACCOUNT).checks}
    assert found[name].state is state
    assert found[name].fix


def test_a_missing_key_is_told_in_words(freshdesk):
    with pytest.raises(ConfigurationError, match="account add"):
        freshdesk.fetch(account("freshdesk", credentials={}), "11")
