"""What connecting to an account shows, and the webhook we make there."""

import json
from dataclasses import replace

import pytest
import requests

import providers
from connector.ports import CheckState
from tests.providers.desk import MemoryAccounts, account, clock, load

BASE = "https://nordlicht.zendesk.com/api/v2"
ACCOUNT = account("zendesk")
TICKET = load("zendesk", "tickets", "full_thread", "ticket.json")
USERS = load("zendesk", "tickets", "full_thread", "users.json")


def sent(api, method="PUT"):
    return [json.loads(call.request.body) for call in api.calls if call.request.method == method]


def desk_for_inspection(api, **overrides):
    answers = {
        "users/me.json": {"json": {"user": USERS[3]}, "headers": {"X-Rate-Limit": "700"}},
        "tickets.json": {"json": {"tickets": [TICKET]}},
        "tickets/5158/audits.json": {"json": {"audits": []}},
        "incremental/tickets/cursor.json": {"json": {"tickets": []}},
        "recipient_addresses.json": {"json": {"recipient_addresses": [{"email": "Hilfe@nordlicht.example"}]}},
    }
    for path, answer in (answers | overrides).items():
        api.get(f"{BASE}/{path}", **answer)


def test_inspection_of_a_sound_account(zendesk, api):
    desk_for_inspection(api)
    found = zendesk.inspect(replace(ACCOUNT, credentials={**ACCOUNT.credentials}))
    assert found.bot_user_id == "9001"
    assert found.own_addresses == {"bot@nordlicht.example", "hilfe@nordlicht.example"}
    states = {check.name: check.state for check in found.checks}
    assert states.pop("api token") is CheckState.WARN
    assert set(states.values()) == {CheckState.PASS}
    assert any("2027-04-30" in check.found for check in found.checks)


@pytest.mark.parametrize(
    ("overrides", "name", "state"),
    [
        ({"users/me.json": {"status": 401}}, "credentials", CheckState.FAIL),
        ({"users/me.json": {"body": requests.exceptions.ConnectTimeout()}}, "credentials", CheckState.FAIL),
        ({"users/me.json": {"json": {"user": USERS[0]}}}, "user", CheckState.FAIL),
        ({"users/me.json": {"json": {"user": USERS[2]}}}, "user", CheckState.FAIL),
        (
            {"users/me.json": {"json": {"user": USERS[3]}, "headers": {"X-Rate-Limit": "200"}}},
            "plan limit",
            CheckState.WARN,
        ),
        ({"tickets/5158/audits.json": {"status": 403}}, "audits", CheckState.FAIL),
        ({"tickets.json": {"json": {"tickets": []}}}, "audits", CheckState.WARN),
        ({"incremental/tickets/cursor.json": {"status": 403}}, "incremental export", CheckState.WARN),
        ({"incremental/tickets/cursor.json": {"status": 429}}, "incremental export", CheckState.WARN),
    ],
)
def test_problems_are_checks_and_not_exceptions(zendesk, api, overrides, name, state):
    desk_for_inspection(api, **overrides)
    found = {check.name: check for check in zendesk.inspect(ACCOUNT).checks}
    assert found[name].state is state
    assert found[name].fix


def test_a_wrong_address_is_a_check_too(zendesk):
    found = zendesk.inspect(account("zendesk", base_url="https://evil.example"))
    assert [(check.name, check.state) for check in found.checks] == [("address", CheckState.FAIL)]


URL = "https://handrail.nordlicht.example/webhooks/zendesk/nordlicht"
SECRET = {"signing_secret": {"algorithm": "SHA256", "secret": "whs-new"}}


def test_a_webhook_is_made_once(zendesk, api):
    api.get(
        f"{BASE}/webhooks",
        json={
            "webhooks": [{"id": "01OTHER", "endpoint": "https://other.example"}],
            "meta": {"has_more": False},
            "links": {},
        },
    )
    api.post(f"{BASE}/webhooks", json={"webhook": {"id": "01OURS"}}, status=201)
    api.get(f"{BASE}/webhooks/01OURS/signing_secret", json=SECRET)
    made = zendesk.create_webhook(ACCOUNT, URL)
    assert (made.id, made.secret) == ("01OURS", "whs-new")
    assert "whs-new" not in repr(made)
    webhook = sent(api, "POST")[0]["webhook"]
    assert webhook["endpoint"] == URL
    assert "zen:event-type:ticket.comment_added" in webhook["subscriptions"]
    assert len(webhook["subscriptions"]) == 11
    ours = {"id": "01OURS", "endpoint": URL, "subscriptions": webhook["subscriptions"], "status": "active"}
    api.replace("GET", f"{BASE}/webhooks", json={"webhooks": [ours]})
    assert zendesk.create_webhook(ACCOUNT, URL).id == "01OURS"
    assert len(sent(api, "POST")) == 1


def test_an_old_webhook_is_brought_up_to_date(zendesk, api):
    api.get(
        f"{BASE}/webhooks",
        json={
            "webhooks": [
                {
                    "id": "01OURS",
                    "endpoint": URL,
                    "subscriptions": ["zen:event-type:ticket.created"],
                    "status": "inactive",
                }
            ]
        },
    )
    api.add("PATCH", f"{BASE}/webhooks/01OURS", status=204)
    api.get(f"{BASE}/webhooks/01OURS/signing_secret", json=SECRET)
    zendesk.create_webhook(ACCOUNT, URL)
    change = sent(api, "PATCH")[0]["webhook"]
    assert change["status"] == "active"
    assert len(change["subscriptions"]) == 11


def test_removing_takes_every_webhook_of_this_address(zendesk, api):
    api.get(f"{BASE}/webhooks", json={"webhooks": [{"id": "01OURS", "endpoint": URL}]})
    api.get(f"{BASE}/webhooks", json={"webhooks": []})
    api.delete(f"{BASE}/webhooks/01OURS", status=204)
    assert zendesk.remove_webhook(ACCOUNT, URL) is True
    assert zendesk.remove_webhook(ACCOUNT, URL) is False


def test_marketplace_installations_say_who_they_are(api):
    of = account(
        "zendesk", credentials={**ACCOUNT.credentials, "marketplace_name": "Handrail", "marketplace_app_id": "77"}
    )
    provider = providers.build("zendesk", accounts=MemoryAccounts(of), clock=clock, allow_loopback=False)
    desk_for_inspection(api)
    provider.inspect(of)
    provider.close()
    assert api.calls[0].request.headers["X-Zendesk-Marketplace-Name"] == "Handrail"
    assert "X-Zendesk-Marketplace-Organization-Id" not in api.calls[0].request.headers
