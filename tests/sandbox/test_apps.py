"""Marketplace apps in the sandbox: installed by its control interface, and what the helpdesks do for their pages."""

import json
from typing import Any

import pytest
import requests

from connector.sandbox import Sandbox
from tests.sandbox.conftest import Client, Receiver

FILES = {
    "manifest.json": json.dumps({"modules": {"common": {"requests": {"card": {}, "leak": {}}}}}),
    "config/iparams.json": json.dumps({"key": {"secure": True}, "place": {}}),
    "app/index.html": '<!doctype html><script src="{{{appclient}}}"></script>',
    "config/requests.json": json.dumps(
        {
            "card": {
                "schema": {
                    "method": "POST",
                    "path": "/<%= iparam.place %>/<%= context.ticket %>",
                    "headers": {"Authorization": "Bearer <%= iparam.key %>"},
                }
            },
            "leak": {"schema": {"method": "POST", "path": "/<%= iparam.key %>"}},
            "undeclared": {"schema": {"method": "POST", "path": "/"}},
        }
    ),
}


def install_freshdesk(desk: Client, service: str) -> None:
    body = {"files": FILES, "iparams": {"key": "hush", "place": "apps"}, "service": service}
    assert desk.post("/control/freshdesk/app", json=body).status_code == 201


def invoke(sandbox: Sandbox, name: str, **options: Any) -> dict[str, Any]:
    address = f"{sandbox.freshdesk.url}/agent/templates/{name}"
    answer: dict[str, Any] = requests.post(address, json=options, timeout=10).json()
    return answer


def test_a_template_is_filled_and_called_by_the_platform(sandbox: Sandbox, desk: Client, receiver: Receiver) -> None:
    install_freshdesk(desk, receiver.url)
    answer = invoke(sandbox, "card", context={"ticket": "7"}, body='{"a": 1}')
    seen = receiver.wait(1)[0]
    assert answer["status"] == 202
    assert (seen.path, seen.headers["authorization"], seen.body) == ("/apps/7", "Bearer hush", b'{"a": 1}')


@pytest.mark.parametrize("name", ["leak", "undeclared", "unknown"])
def test_what_the_platform_refuses_is_not_called(sandbox: Sandbox, desk: Client, receiver: Receiver, name: str) -> None:
    install_freshdesk(desk, receiver.url)
    answer = invoke(sandbox, name, context={"ticket": "7"})
    assert answer["status"] == 400
    assert "hush" not in answer["response"]
    assert receiver.received == []


def test_fifty_calls_a_minute_and_not_one_more(sandbox: Sandbox, desk: Client, receiver: Receiver) -> None:
    install_freshdesk(desk, receiver.url)
    sandbox.freshdesk.limits.enforce = True
    statuses = [invoke(sandbox, "card", context={"ticket": "7"})["status"] for _ in range(51)]
    assert statuses == [202] * 50 + [429]


def test_a_host_that_is_gone_is_a_failed_call(sandbox: Sandbox, desk: Client) -> None:
    install_freshdesk(desk, "http://127.0.0.1:9")
    assert invoke(sandbox, "card", context={"ticket": "7"})["status"] == 502


def test_the_platform_serves_the_package_with_its_own_client(sandbox: Sandbox, desk: Client) -> None:
    install_freshdesk(desk, "http://127.0.0.1:9")
    page = requests.get(f"{sandbox.freshdesk.url}/agent/app/index.html", timeout=10)
    assert page.text == '<!doctype html><script src="/agent/static/fresh_client.js"></script>'
    assert "frame-ancestors 'self'" in page.headers["Content-Security-Policy"]
    assert requests.get(f"{sandbox.freshdesk.url}/agent/app/config/iparams.json", timeout=10).status_code == 404


def test_a_ticket_moves_to_the_helpdesks_address_once_an_app_is_there(sandbox: Sandbox, desk: Client) -> None:
    number = sandbox.add_ticket("zendesk", subject="Where?", body="x")
    assert "iframe" not in desk.get(f"/tickets/zendesk/{number}").text
    made = desk.post("/control/zendesk/app", json={"url": "http://127.0.0.1:9/apps/zendesk/sidebar"}).json()
    page = desk.get(f"/tickets/zendesk/{number}")
    assert page.url == f"{sandbox.zendesk.url}/agent/tickets/{number}"
    assert 'name="app"' in page.text
    assert "frame-src http://127.0.0.1:9;" in page.headers["Content-Security-Policy"]
    assert made["origin"] == sandbox.zendesk.url
    other = sandbox.add_ticket("freshdesk", body="x")
    assert "iframe" not in desk.get(f"/tickets/freshdesk/{other}").text
    assert requests.get(f"{sandbox.freshdesk.url}/agent/tickets/{other}", timeout=10).status_code == 404
    assert requests.get(f"{sandbox.zendesk.url}/agent/tickets/999", timeout=10).status_code == 404


def test_the_public_key_is_shown_to_staff_for_the_installed_app_alone(
    sandbox: Sandbox, desk: Client, zendesk: Client
) -> None:
    assert zendesk.get("/apps/1/public_key").status_code == 404
    made = desk.post("/control/zendesk/app", json={"url": "http://127.0.0.1:9/page"}).json()
    assert zendesk.get(f"/apps/{made['app_id']}/public_key").text == made["public_key"]
    zendesk.auth = None
    assert zendesk.get(f"/apps/{made['app_id']}/public_key").status_code == 401


@pytest.mark.parametrize(
    ("vendor", "body"),
    [
        ("zendesk", {"url": "javascript:alert(1)"}),
        ("freshdesk", {"files": {}, "iparams": {}, "service": "http://127.0.0.1:9"}),
        ("freshdesk", {"files": FILES, "iparams": {}, "service": "nowhere"}),
    ],
)
def test_an_app_without_its_page_is_refused_in_words(desk: Client, vendor: str, body: dict[str, Any]) -> None:
    answer = desk.post(f"/control/{vendor}/app", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]
