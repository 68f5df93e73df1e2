"""Zendesk: signed deliveries, their envelope, retries, triggers and the webhook administration."""

from __future__ import annotations

import json
from typing import Any

import pytest

from connector.sandbox import Sandbox
from connector.sandbox.zendesk.hooks import STATIC_TEST_SECRET, sign
from tests.sandbox.conftest import Client, Receiver

MAIL = {"name": "Sam Okafor", "email": "sam@customer.example"}


def kinds(receiver: Receiver) -> list[str]:
    return [json.loads(r.body)["type"].removeprefix("zen:event-type:ticket.") for r in receiver.received]


def test_signature_vector_one() -> None:
    signature = sign(STATIC_TEST_SECRET, "2021-03-25T05:09:27Z", b'{"event":"ticket.updated","id":123}')
    assert signature == "S/RDdU2ERmj7LHDDoWJ2onPYH+t7/f2+LTM4dL7UiLM="


def test_signature_vector_three_verifies_only_in_the_withdrawn_order() -> None:
    secret, timestamp, body = (
        "HRkRd4BeOAoUkfZr-mhauJT64rvBASlJRoIyPsd3zeA=",
        "2021-07-25T10:00:00Z",
        b'{"say": "hello"}',
    )
    withdrawn = "tRDSF7URY8BLCDlaBcQ7FHu051Zk+aAB0NKMP53teMw="
    assert sign(secret, timestamp, body) != withdrawn
    assert sign(secret, body.decode(), timestamp.encode()) == withdrawn


def test_a_delivery_is_signed_and_has_all_five_headers(sandbox: Sandbox, receiver: Receiver) -> None:
    made = sandbox.set_webhook("zendesk", receiver.url)
    sandbox.add_ticket("zendesk", body="Hello", requester=MAIL)
    first = receiver.wait(2)[0]
    headers = first.headers
    timestamp = headers["x-zendesk-webhook-signature-timestamp"]
    assert headers["x-zendesk-webhook-signature"] == sign(made["secret"], timestamp, first.body)
    assert headers["x-zendesk-webhook-id"] == made["id"]
    assert headers["x-zendesk-account-id"] == str(json.loads(first.body)["account_id"])
    assert headers["x-zendesk-webhook-invocation-id"].isdigit()


def test_the_envelope_has_string_ids_and_upper_case_words(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("zendesk", receiver.url, events=["created", "priority_changed", "comment_added"])
    ticket = sandbox.add_ticket("zendesk", body="Hello", requester=MAIL, priority="low", tags=["a"])
    sandbox.change("zendesk", ticket, priority="urgent")
    receiver.wait(3)
    bodies = {k: json.loads(r.body) for k, r in zip(kinds(receiver), receiver.received, strict=True)}
    created, changed = bodies["created"], bodies["priority_changed"]
    assert created["zendesk_event_version"] == "2022-11-06"
    assert created["subject"] == f"zen:ticket:{ticket}"
    assert created["detail"]["status"] == "NEW"
    assert created["detail"]["priority"] == "LOW"
    assert all(isinstance(v, (str, type(None))) for k, v in created["detail"].items() if k.endswith("id"))
    assert changed["event"]["current"] == "URGENT"
    assert changed["event"]["previous"] == "LOW"
    comment = bodies["comment_added"]["event"]["comment"]
    assert comment["author"]["is_staff"] is False
    assert comment["is_public"] is True


def test_events_of_one_action_share_a_sequence(sandbox: Sandbox, zendesk: Client, receiver: Receiver) -> None:
    ticket = sandbox.add_ticket("zendesk", body="Hello", notify=False)
    sandbox.set_webhook("zendesk", receiver.url)
    fields = {"comment": {"body": "n", "public": False}, "priority": "high", "tags": ["x"], "status": "open"}
    zendesk.put(f"/tickets/{ticket}", json={"ticket": fields})
    receiver.wait(4)
    assert set(kinds(receiver)) == {"comment_added", "priority_changed", "tags_changed", "status_changed"}
    sequences = [json.loads(r.body)["event"]["meta"]["sequence"] for r in receiver.received]
    assert len({s["id"] for s in sequences}) == 1
    assert sorted(s["position"] for s in sequences) == [1, 2, 3, 4]


def test_our_own_writes_come_back(sandbox: Sandbox, zendesk: Client, receiver: Receiver) -> None:
    ticket = sandbox.add_ticket("zendesk", body="Hello", notify=False)
    sandbox.set_webhook("zendesk", receiver.url, events=["comment_added"])
    zendesk.put(f"/tickets/{ticket}", json={"ticket": {"comment": {"body": "n", "public": False}}})
    body = json.loads(receiver.wait(1)[0].body)
    assert body["detail"]["actor_id"] == str(sandbox.credentials["zendesk"]["bot_user_id"])
    assert body["event"]["comment"]["author"]["is_staff"] is True


def test_copies_are_byte_for_byte_the_same(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("zendesk", receiver.url, copies=3, events=["created"])
    sandbox.add_ticket("zendesk", body="Hello")
    got = receiver.wait(3)
    assert len({r.body for r in got}) == 1
    assert len({r.headers["x-zendesk-webhook-invocation-id"] for r in got}) == 1


def test_assignment_csat_merge_and_deletion_have_events(sandbox: Sandbox, receiver: Receiver) -> None:
    ticket = sandbox.add_ticket("zendesk", body="Hello", notify=False)
    other = sandbox.add_ticket("zendesk", body="Other", notify=False)
    sandbox.set_webhook(
        "zendesk", receiver.url, events=["agent_assignment_changed", "csat_received", "merged", "soft_deleted"]
    )
    sandbox.change("zendesk", ticket, assignee="agent")
    sandbox.rate("zendesk", ticket, good=False)
    sandbox.change("zendesk", ticket, merged_into=other)
    sandbox.change("zendesk", other, deleted=True)
    receiver.wait(4)
    assert set(kinds(receiver)) == {"agent_assignment_changed", "csat_received", "merged", "soft_deleted"}
    assert sandbox.zendesk.account.ratings[0]["score"] == "bad"


@pytest.mark.parametrize(("answer", "tries"), [((503, {"Retry-After": "1"}), 2), ((409, {}), 2), ((429, {}), 1)])
def test_what_is_redelivered(
    sandbox: Sandbox, receiver: Receiver, answer: tuple[int, dict[str, str]], tries: int
) -> None:
    receiver.answers.append(answer)
    sandbox.set_webhook("zendesk", receiver.url, events=["created"])
    sandbox.add_ticket("zendesk", body="Hello")
    receiver.wait(1)
    assert sandbox.drain()
    sandbox.advance(2)
    receiver.wait(tries)
    assert sandbox.drain()
    (delivery,) = sandbox.deliveries()
    assert len(delivery["attempts"]) == tries
    assert delivery["state"] == ("delivered" if tries == 2 else "failed")


@pytest.mark.parametrize("answer", [(500, {}), (404, {}), (503, {"Retry-After": "60"}), (503, {})])
def test_what_is_lost(sandbox: Sandbox, receiver: Receiver, answer: tuple[int, dict[str, str]]) -> None:
    receiver.answers.append(answer)
    sandbox.set_webhook("zendesk", receiver.url, events=["created"])
    sandbox.add_ticket("zendesk", body="Hello")
    receiver.wait(1)
    assert sandbox.drain()
    sandbox.advance(3600)
    assert sandbox.drain()
    assert [d["state"] for d in sandbox.deliveries()] == ["failed"]
    assert len(receiver.received) == 1


def test_a_conflict_is_retried_three_times_at_most(sandbox: Sandbox, receiver: Receiver) -> None:
    receiver.answers.extend([(409, {})] * 9)
    sandbox.set_webhook("zendesk", receiver.url, events=["created"])
    sandbox.add_ticket("zendesk", body="Hello")
    for count in range(1, 5):
        receiver.wait(count)
        assert sandbox.drain()
        sandbox.advance(2)
    assert sandbox.drain()
    assert len(receiver.received) == 4
    assert sandbox.deliveries()[0]["state"] == "failed"


def test_held_webhooks_go_out_on_release(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("zendesk", receiver.url, events=["created"])
    sandbox.hold()
    numbers = [sandbox.add_ticket("zendesk", body="Hello") for _ in range(5)]
    assert sandbox.drain()
    assert receiver.received == []
    assert sandbox.release(shuffle_seed=3) == 5
    got = [int(json.loads(r.body)["detail"]["id"]) for r in receiver.wait(5)]
    assert sorted(got) == numbers


def test_redelivery_repeats_everything_in_parallel(sandbox: Sandbox, receiver: Receiver) -> None:
    sandbox.set_webhook("zendesk", receiver.url, events=["created"])
    for _ in range(4):
        sandbox.add_ticket("zendesk", body="Hello")
    receiver.wait(4)
    assert sandbox.drain()
    assert sandbox.redeliver(copies=5, shuffle_seed=1, connections=4) == {"202": 20}
    assert len(receiver.received) == 24


def test_a_trigger_sends_its_own_body(sandbox: Sandbox, receiver: Receiver) -> None:
    body = '{"ticket_id":"{{ticket.id}}","status":"{{ticket.status}}","by":"{{current_user.id}}","x":"{{what}}"}'
    condition = {"field": "current_tags", "operator": "not_includes", "value": "ai_skip"}
    made = sandbox.set_webhook("zendesk", receiver.url, trigger_body=body, conditions=[condition])
    sandbox.add_ticket("zendesk", body="skip", tags=["ai_skip"])
    ticket = sandbox.add_ticket("zendesk", body="Hello", requester=MAIL)
    got = receiver.wait(1)[0]
    sent = json.loads(got.body)
    assert (sent["ticket_id"], sent["status"], sent["x"]) == (str(ticket), "New", "")
    assert got.headers["x-zendesk-webhook-signature"] == sign(
        made["secret"], got.headers["x-zendesk-webhook-signature-timestamp"], got.body
    )
    assert sandbox.drain()
    assert len(receiver.received) == 1


def webhook_fields(url: str, **rest: Any) -> dict[str, Any]:
    fields = {"name": "ours", "endpoint": url, "http_method": "POST", "request_format": "json", "status": "active"}
    return {"webhook": {**fields, "subscriptions": ["zen:event-type:ticket.created"], **rest}}


def test_the_webhooks_api_from_creation_to_deletion(sandbox: Sandbox, zendesk: Client, receiver: Receiver) -> None:
    authentication = {"type": "bearer_token", "data": {"token": "t0"}, "add_position": "header"}
    answer = zendesk.post("/webhooks", json=webhook_fields(receiver.url, authentication=authentication))
    assert answer.status_code == 201
    webhook = answer.json()["webhook"]
    assert len(webhook["id"]) == 26
    assert "secret" not in json.dumps(webhook)
    path = f"/webhooks/{webhook['id']}"
    secret = zendesk.get(f"{path}/signing_secret").json()["signing_secret"]
    assert secret["algorithm"] == "SHA256"
    sandbox.add_ticket("zendesk", body="Hello")
    got = receiver.wait(1)[0]
    stamp = got.headers["x-zendesk-webhook-signature-timestamp"]
    assert got.headers["x-zendesk-webhook-signature"] == sign(secret["secret"], stamp, got.body)
    assert got.headers["authorization"] == "Bearer t0"
    rotated = zendesk.post(f"{path}/signing_secret").json()["signing_secret"]["secret"]
    assert rotated != secret["secret"]
    assert sandbox.drain()
    invocation = zendesk.get(f"{path}/invocations").json()["invocations"][0]
    assert invocation["status"] == "success"
    assert zendesk.get(f"{path}/invocations/{invocation['id']}/attempts").json()["attempts"][0]["status_code"] == 202
    assert zendesk.patch(path, json={"webhook": {"status": "inactive"}}).status_code == 204
    sandbox.add_ticket("zendesk", body="unheard")
    assert [w["name"] for w in zendesk.get("/webhooks?filter[name_contains]=our").json()["webhooks"]] == ["ours"]
    assert zendesk.delete(path).status_code == 204
    assert zendesk.get(path).status_code == 404
    assert sandbox.drain()
    assert len(receiver.received) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"endpoint": "ftp://x"},
        {"name": ""},
        {"subscriptions": ["zen:event-type:ticket.updated"]},
        {"http_method": "GET"},
    ],
)
def test_impossible_webhooks_are_refused(zendesk: Client, receiver: Receiver, wrong: dict[str, Any]) -> None:
    assert zendesk.post("/webhooks", json=webhook_fields(receiver.url, **wrong)).status_code == 400


def test_the_kind_of_a_webhook_is_fixed(zendesk: Client, receiver: Receiver) -> None:
    made = zendesk.post("/webhooks", json=webhook_fields(receiver.url)).json()["webhook"]
    changed = {"webhook": {"subscriptions": ["conditional_ticket_events"]}}
    assert zendesk.patch(f"/webhooks/{made['id']}", json=changed).status_code == 400


def test_the_test_button_uses_the_static_secret_before_the_webhook_exists(zendesk: Client, receiver: Receiver) -> None:
    body = {"webhook": {**webhook_fields(receiver.url)["webhook"], "payload": '{"hello":1}'}}
    assert zendesk.post("/webhooks/test", json=body).json()["response"]["status"] == 202
    got = receiver.wait(1)[0]
    stamp = got.headers["x-zendesk-webhook-signature-timestamp"]
    assert got.headers["x-zendesk-webhook-signature"] == sign(STATIC_TEST_SECRET, stamp, got.body)


def test_triggers_can_be_made_changed_and_removed_by_api(sandbox: Sandbox, zendesk: Client, receiver: Receiver) -> None:
    fields = webhook_fields(receiver.url, subscriptions=["conditional_ticket_events"])
    webhook = zendesk.post("/webhooks", json=fields).json()["webhook"]
    action = {"field": "notification_webhook", "value": [webhook["id"], '{"id":"{{ticket.id}}"}']}
    loop_guard = {"field": "current_user_id", "operator": "is_not"}
    loop_guard["value"] = str(sandbox.credentials["zendesk"]["bot_user_id"])
    trigger = {"title": "ours", "conditions": {"all": [loop_guard], "any": []}, "actions": [action]}
    made = zendesk.post("/triggers", json={"trigger": trigger})
    assert made.status_code == 201
    ticket = sandbox.add_ticket("zendesk", body="Hello")
    assert json.loads(receiver.wait(1)[0].body) == {"id": str(ticket)}
    zendesk.put(f"/tickets/{ticket}", json={"ticket": {"priority": "high"}})
    path = f"/triggers/{made.json()['trigger']['id']}"
    assert zendesk.put(path, json={"trigger": {"active": False}}).json()["trigger"]["active"] is False
    sandbox.add_comment("zendesk", ticket, text="more")
    assert zendesk.delete(path).status_code == 204
    assert zendesk.get("/triggers").json()["triggers"] == []
    assert sandbox.drain()
    assert len(receiver.received) == 1
    unknown = {"title": "x", "actions": [{"field": "launch", "value": 1}]}
    assert zendesk.post("/triggers", json={"trigger": unknown}).status_code == 422
