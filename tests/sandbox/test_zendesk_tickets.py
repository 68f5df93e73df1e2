"""Zendesk: what one update may do, and what it must refuse."""

from __future__ import annotations

from typing import Any

import pytest

from connector.sandbox import Sandbox
from tests.sandbox.conftest import Client

MAIL = {"name": "Sam Okafor", "email": "sam@customer.example", "verified": True}


@pytest.fixture
def ticket(sandbox: Sandbox) -> int:
    return sandbox.add_ticket("zendesk", subject="Parcel", body="Where is it?", requester=MAIL, tags=["vip", "mail"])


def put(zendesk: Client, ticket: int, **fields: Any) -> Any:
    return zendesk.put(f"/tickets/{ticket}", json={"ticket": fields})


def show(zendesk: Client, ticket: int) -> Any:
    return zendesk.get(f"/tickets/{ticket}").json()["ticket"]


@pytest.mark.parametrize("suffix", ["", ".json"])
def test_a_ticket_is_served_with_and_without_the_suffix(zendesk: Client, ticket: int, suffix: str) -> None:
    answer = zendesk.get(f"/tickets/{ticket}{suffix}?include=users").json()
    assert answer["ticket"]["description"] == "Where is it?"
    assert answer["ticket"]["via"]["source"]["from"]["address"] == "sam@customer.example"
    assert [u["email"] for u in answer["users"]] == ["sam@customer.example"]
    assert answer["users"][0]["verified"] is True


def test_one_put_writes_one_audit_with_everything(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    answer = put(
        zendesk,
        ticket,
        comment={"html_body": "<p>Hello</p><script>x()</script>", "public": False},
        priority="high",
        status="open",
        tags=["hr", "VIP"],
        metadata={"effect": "abc"},
    )
    assert answer.status_code == 200
    audit = answer.json()["audit"]
    assert audit["metadata"]["custom"] == {"effect": "abc"}
    assert [e["type"] for e in audit["events"]] == ["Comment", "Change", "Change", "Change"]
    assert {"status", "priority", "tags"} == {e["field_name"] for e in audit["events"][1:]}
    stored = zendesk.get(f"/tickets/{ticket}/audits").json()["audits"][-1]
    assert stored == audit
    comment = zendesk.get(f"/tickets/{ticket}/comments").json()["comments"][-1]
    assert comment["id"] == audit["events"][0]["id"]
    assert (comment["public"], comment["body"]) == (False, "Hello")
    assert "script" not in comment["html_body"]
    assert [(n.text, n.metadata) for n in sandbox.journal.notes(ticket)] == [("Hello", {"effect": "abc"})]


def test_tags_in_a_put_replace_the_whole_set(zendesk: Client, ticket: int) -> None:
    put(zendesk, ticket, tags=["only", "these two"])
    assert show(zendesk, ticket)["tags"] == ["only", "these", "two"]


def test_tag_verbs_add_set_and_remove(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    path = f"/tickets/{ticket}/tags"
    assert zendesk.put(path, json={"tags": ["a"]}).json()["tags"] == ["a", "mail", "vip"]
    answer = zendesk.post(path, json={"tags": ["b", "c"]})
    assert (answer.status_code, answer.json()["tags"]) == (201, ["b", "c"])
    assert zendesk.delete(path, json={"tags": ["b"]}).status_code == 204
    assert zendesk.get(path).json() == {"tags": ["c"]}
    assert len(sandbox.journal.entries(ticket=ticket, verb="tags")) == 3


@pytest.mark.parametrize("safe", [True, False])
def test_an_old_stamp_is_a_conflict_whatever_safe_update_says(
    sandbox: Sandbox, zendesk: Client, ticket: int, safe: bool
) -> None:
    stamp = show(zendesk, ticket)["updated_at"]
    sandbox.advance(5)
    sandbox.add_comment("zendesk", ticket, text="Still nothing!")
    answer = put(zendesk, ticket, comment={"body": "late", "public": True}, safe_update=safe, updated_stamp=stamp)
    assert answer.status_code == 409
    assert answer.json()["error"] == "UpdateConflict"
    assert sandbox.journal.replies(ticket) == []
    current = show(zendesk, ticket)["updated_at"]
    assert put(zendesk, ticket, priority="low", safe_update=safe, updated_stamp=current).status_code == 200


def test_without_safe_update_an_old_stamp_is_ignored(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    sandbox.advance(5)
    sandbox.add_comment("zendesk", ticket, text="more")
    assert put(zendesk, ticket, priority="low", updated_stamp="2020-01-01T00:00:00Z").status_code == 200


def test_tags_honour_the_stamp_too(zendesk: Client, ticket: int) -> None:
    body = {"tags": ["x"], "safe_update": True, "updated_stamp": "2020-01-01T00:00:00Z"}
    assert zendesk.put(f"/tickets/{ticket}/tags", json=body).status_code == 409


def test_updated_at_has_whole_seconds_and_agrees_with_the_date_header(
    sandbox: Sandbox, zendesk: Client, ticket: int
) -> None:
    sandbox.advance(3600)
    answer = put(zendesk, ticket, priority="high")
    assert answer.json()["ticket"]["updated_at"].endswith("Z")
    assert "." not in answer.json()["ticket"]["updated_at"]
    assert answer.headers["Date"][17:22] == answer.json()["ticket"]["updated_at"][11:16]


def test_an_update_without_events_leaves_updated_at(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    before = show(zendesk, ticket)
    sandbox.advance(30)
    put(zendesk, ticket, subject="Parcel", metadata={"only": "metadata"})
    after = show(zendesk, ticket)
    assert after["updated_at"] == before["updated_at"]
    assert after["generated_timestamp"] > before["generated_timestamp"]


def test_a_comment_without_public_keeps_the_visibility_of_the_first(
    sandbox: Sandbox, zendesk: Client, ticket: int
) -> None:
    put(zendesk, ticket, comment={"body": "oops"})
    assert [r.text for r in sandbox.journal.replies(ticket)] == ["oops"]
    hidden = sandbox.add_ticket("zendesk", body="private", author="agent", public=False)
    put(zendesk, hidden, comment={"body": "inherits"})
    assert [n.text for n in sandbox.journal.notes(hidden)] == ["inherits"]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"status": "solved"}, "base"),
        ({"status": "new"}, "status"),
        ({"status": "resolved"}, "status"),
        ({"priority": "highest"}, "priority"),
        ({"assignee_id": 12}, "assignee"),
        ({"group_id": 12}, "group"),
        ({"type": "gossip"}, "type"),
    ],
)
def test_rules_of_the_record_are_refused_with_the_field_named(
    sandbox: Sandbox, zendesk: Client, ticket: int, fields: dict[str, Any], key: str
) -> None:
    sandbox.change("zendesk", ticket, status="open")
    answer = put(zendesk, ticket, comment={"body": "must not appear", "public": True}, **fields)
    assert answer.status_code == 422
    assert answer.json()["error"] == "RecordInvalid"
    assert list(answer.json()["details"]) == [key]
    assert sandbox.journal.replies(ticket) == []


def test_priority_cannot_be_unset(zendesk: Client, ticket: int) -> None:
    assert put(zendesk, ticket, priority=None).status_code == 200
    put(zendesk, ticket, priority="high")
    assert put(zendesk, ticket, priority=None).status_code == 422


def test_a_closed_ticket_takes_nothing(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    sandbox.change("zendesk", ticket, status="closed", assignee="agent")
    answer = put(zendesk, ticket, comment={"body": "x", "public": False})
    assert answer.status_code == 422
    assert answer.json()["details"]["status"][0]["description"] == "Status: closed prevents ticket update"


def test_a_customer_reopens_and_an_agent_does_not(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    sandbox.change("zendesk", ticket, status="pending")
    sandbox.add_comment("zendesk", ticket, author="agent", text="We look into it.")
    assert show(zendesk, ticket)["status"] == "pending"
    sandbox.add_comment("zendesk", ticket, text="Thanks")
    assert show(zendesk, ticket)["status"] == "open"
    sandbox.change("zendesk", ticket, status="solved", assignee="agent")
    sandbox.add_comment("zendesk", ticket, text="No, still broken")
    assert show(zendesk, ticket)["status"] == "open"
    assert zendesk.get(f"/tickets/{ticket}/metrics").json()["ticket_metric"]["reopens"] == 1


def test_placeholders_in_what_we_write_are_expanded_or_deleted(zendesk: Client, ticket: int) -> None:
    text = "No {{ticket.id}} for {{ticket.requester.email}} {{nonsense.here}}{% if x %}!"
    put(zendesk, ticket, comment={"body": text, "public": False})
    assert zendesk.get(f"/tickets/{ticket}/comments").json()["comments"][-1]["body"] == (
        f"No {ticket} for sam@customer.example !"
    )


def test_a_customers_braces_stay(sandbox: Sandbox, zendesk: Client) -> None:
    ticket = sandbox.add_ticket("zendesk", body="What does {{ticket.id}} mean?")
    assert show(zendesk, ticket)["description"] == "What does {{ticket.id}} mean?"


def test_author_id_is_shown_but_the_updater_is_the_caller(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    agent = sandbox.zendesk.account.store.agent()
    answer = put(zendesk, ticket, comment={"body": "as Ines", "public": True, "author_id": agent.id}).json()
    assert answer["audit"]["author_id"] == sandbox.credentials["zendesk"]["bot_user_id"]
    assert answer["audit"]["events"][0]["author_id"] == agent.id
    assert sandbox.journal.replies(ticket)[0].by_integration


def test_markup_in_body_is_stripped_and_markdown_rendered(zendesk: Client, ticket: int) -> None:
    put(zendesk, ticket, comment={"body": "**Hello** <b>you</b>", "public": False})
    comment = zendesk.get(f"/tickets/{ticket}/comments").json()["comments"][-1]
    assert "<strong>Hello</strong> you" in comment["html_body"]


def test_a_long_comment_is_cut_silently(zendesk: Client, ticket: int) -> None:
    put(zendesk, ticket, comment={"body": "ä" * 70_000, "public": False})
    body = zendesk.get(f"/tickets/{ticket}/comments").json()["comments"][-1]["body"]
    assert len(body.encode()) == 65_536


def test_too_many_comments_are_refused_but_other_updates_work(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    sandbox.zendesk.settings.max_comments = 1
    assert put(zendesk, ticket, comment={"body": "x", "public": False}).status_code == 422
    assert put(zendesk, ticket, priority="low").status_code == 200


def test_mail_flags_and_trust_are_shown(sandbox: Sandbox, zendesk: Client) -> None:
    ticket = sandbox.add_ticket("zendesk", body="Out of office", flags=[4, 22])
    comment = zendesk.get(f"/tickets/{ticket}/comments?include=users").json()
    assert comment["comments"][0]["metadata"]["flags"] == [4, 22]
    assert comment["comments"][0]["metadata"]["trusted"] is False
    assert len(comment["users"]) == 1


def test_copies_are_listed_as_users(sandbox: Sandbox, zendesk: Client) -> None:
    ticket = sandbox.add_ticket("zendesk", body="Hello", cc=["boss@customer.example"])
    ids = show(zendesk, ticket)["email_cc_ids"]
    assert [zendesk.get(f"/users/{i}").json()["user"]["email"] for i in ids] == ["boss@customer.example"]


def test_creation_with_an_idempotency_key_happens_once(sandbox: Sandbox, zendesk: Client) -> None:
    body = {"ticket": {"subject": "New", "comment": {"body": "text"}, "requester": MAIL}}
    first = zendesk.post("/tickets", json=body, headers={"Idempotency-Key": "k1"})
    second = zendesk.post("/tickets", json=body, headers={"Idempotency-Key": "k1"})
    assert (first.status_code, first.headers["x-idempotency-lookup"]) == (201, "miss")
    assert second.headers["x-idempotency-lookup"] == "hit"
    assert first.json()["ticket"]["id"] == second.json()["ticket"]["id"]
    other = {"ticket": {**body["ticket"], "subject": "Other"}}
    refused = zendesk.post("/tickets", json=other, headers={"Idempotency-Key": "k1"})
    assert (refused.status_code, refused.json()["error"]) == (400, "IdempotentRequestError")
    sandbox.advance(2 * 3600 + 1)
    assert zendesk.post("/tickets", json=other, headers={"Idempotency-Key": "k1"}).status_code == 201


def test_a_deleted_ticket_is_gone(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    sandbox.change("zendesk", ticket, deleted=True)
    answer = zendesk.get(f"/tickets/{ticket}")
    assert (answer.status_code, answer.json()["error"]) == (404, "RecordNotFound")
    assert zendesk.get("/nothing/here").json()["error"] == "InvalidEndpoint"


def test_a_merged_ticket_is_closed_with_the_tag(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    target = sandbox.add_ticket("zendesk", body="The older one")
    sandbox.change("zendesk", ticket, merged_into=target)
    shown = show(zendesk, ticket)
    assert (shown["status"], "closed_by_merge" in shown["tags"]) == ("closed", True)


def test_archived_tickets_list_no_audits(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    sandbox.change("zendesk", ticket, archived=True)
    assert zendesk.get(f"/tickets/{ticket}/audits").json()["audits"] == []


def test_bulk_tags_add_and_remove(sandbox: Sandbox, zendesk: Client, ticket: int) -> None:
    body = {"ticket": {"additional_tags": ["x"], "remove_tags": ["vip"]}}
    job = zendesk.put(f"/tickets/update_many?ids={ticket},9999", json=body).json()["job_status"]
    results = zendesk.get(f"/job_statuses/{job['id']}").json()["job_status"]["results"]
    assert [r["success"] for r in results] == [True, False]
    assert show(zendesk, ticket)["tags"] == ["mail", "x"]


def test_an_unreadable_body_is_plain_text_400(zendesk: Client, ticket: int) -> None:
    answer = zendesk.put(f"/tickets/{ticket}", data="{", headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.headers["Content-Type"]) == (400, "text/plain; charset=utf-8")
