"""Zendesk: paging, incremental exports, search, help centre, people and limits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import requests

from connector.sandbox import Sandbox
from tests.sandbox.conftest import Client

Walk = Callable[[str, str], list[Any]]


def fill(sandbox: Sandbox, count: int) -> list[int]:
    return [sandbox.add_ticket("zendesk", subject=f"Ticket {n}", body="text") for n in range(count)]


def test_cursor_pages_give_every_ticket_once(sandbox: Sandbox, get_all: Walk) -> None:
    numbers = fill(sandbox, 7)
    assert [t["id"] for t in get_all("/tickets.json?page[size]=3", "tickets")] == numbers


def test_cursor_pages_of_comments_in_both_directions(sandbox: Sandbox, get_all: Walk) -> None:
    (ticket,) = fill(sandbox, 1)
    for number in range(6):
        sandbox.add_comment("zendesk", ticket, text=f"message {number}")
    forwards = [c["body"] for c in get_all(f"/tickets/{ticket}/comments?page[size]=2&sort=created_at", "comments")]
    backwards = [c["body"] for c in get_all(f"/tickets/{ticket}/comments?page[size]=2&sort=-created_at", "comments")]
    assert forwards == ["text", *(f"message {n}" for n in range(6))]
    assert backwards == forwards[::-1]


def test_cursor_pages_of_audits(sandbox: Sandbox, get_all: Walk) -> None:
    (ticket,) = fill(sandbox, 1)
    for priority in ("low", "normal", "high"):
        sandbox.change("zendesk", ticket, priority=priority)
    audits = get_all(f"/tickets/{ticket}/audits?page[size]=1", "audits")
    assert len({a["id"] for a in audits}) == 4


def test_offset_pages_link_to_each_other_and_end_at_page_100(sandbox: Sandbox, zendesk: Client) -> None:
    fill(sandbox, 5)
    first = zendesk.get("/tickets.json?per_page=2").json()
    assert (first["count"], first["previous_page"]) == (5, None)
    second = zendesk.get(first["next_page"]).json()
    assert [t["subject"] for t in second["tickets"]] == ["Ticket 2", "Ticket 3"]
    deep = zendesk.get("/tickets.json?page=101")
    assert (deep.status_code, deep.json()["errors"][0]["code"]) == (400, "InvalidPaginationDepth")


def test_a_wrong_cursor_is_refused(zendesk: Client) -> None:
    assert zendesk.get("/tickets?page[after]=nonsense").status_code == 400


def test_show_many_takes_at_most_a_hundred(sandbox: Sandbox, zendesk: Client) -> None:
    numbers = fill(sandbox, 3)
    found = zendesk.get(f"/tickets/show_many?ids={numbers[0]},{numbers[2]},777").json()["tickets"]
    assert [t["id"] for t in found] == [numbers[0], numbers[2]]
    assert zendesk.get(f"/tickets/show_many?ids={','.join(map(str, range(101)))}").status_code == 400


def test_the_export_leaves_out_the_last_minute(sandbox: Sandbox, zendesk: Client) -> None:
    numbers = fill(sandbox, 2)
    fresh = zendesk.get("/incremental/tickets/cursor.json?start_time=0").json()
    assert (fresh["tickets"], fresh["end_of_stream"]) == ([], True)
    sandbox.advance(61)
    found = zendesk.get(f"/incremental/tickets/cursor?cursor={fresh['after_cursor']}").json()
    assert [t["id"] for t in found["tickets"]] == numbers


def test_the_export_goes_on_from_its_cursor(sandbox: Sandbox, zendesk: Client) -> None:
    sandbox.zendesk.settings.incremental_lag_seconds = 0
    numbers = fill(sandbox, 5)
    first = zendesk.get("/incremental/tickets/cursor?start_time=0&per_page=3").json()
    assert first["end_of_stream"] is False
    second = zendesk.get(first["after_url"]).json()
    assert [t["id"] for t in first["tickets"] + second["tickets"]] == numbers
    assert second["end_of_stream"] is True
    sandbox.add_comment("zendesk", numbers[0], text="moved")
    third = zendesk.get(second["after_url"]).json()
    assert [t["id"] for t in third["tickets"]] == [numbers[0]]


def test_deleted_tickets_are_exported_unless_excluded(sandbox: Sandbox, zendesk: Client) -> None:
    sandbox.zendesk.settings.incremental_lag_seconds = 0
    (ticket,) = fill(sandbox, 1)
    sandbox.change("zendesk", ticket, deleted=True)
    kept = zendesk.get("/incremental/tickets/cursor?start_time=0").json()["tickets"]
    assert [t["status"] for t in kept] == ["deleted"]
    assert zendesk.get("/incremental/tickets/cursor?start_time=0&exclude_deleted=true").json()["tickets"] == []


def test_a_start_time_in_the_future_is_refused(zendesk: Client) -> None:
    assert zendesk.get("/incremental/tickets/cursor?start_time=99999999999").status_code == 422


def test_ticket_events_carry_comments_on_request(sandbox: Sandbox, zendesk: Client) -> None:
    sandbox.zendesk.settings.incremental_lag_seconds = 0
    fill(sandbox, 1)
    bare = zendesk.get("/incremental/ticket_events?start_time=0").json()["ticket_events"][0]
    assert "body" not in bare["child_events"][0]
    full = zendesk.get("/incremental/ticket_events?start_time=0&include=comment_events").json()
    assert full["ticket_events"][0]["child_events"][0]["body"] == "text"


def test_exports_need_an_admin(sandbox: Sandbox) -> None:
    known = sandbox.credentials["zendesk"]
    answer = requests.get(
        f"{sandbox.zendesk.url}/api/v2/incremental/tickets/cursor?start_time=0",
        auth=(f"{known['agent_email']}/token", known["agent_api_token"]),
        timeout=10,
    )
    assert (answer.status_code, answer.json()["error"]["title"]) == (403, "Forbidden")


@pytest.mark.parametrize(
    ("query", "hits"),
    [
        ("type:ticket status<solved", {"Red", "Blue"}),
        ("type:ticket status:solved", {"Green"}),
        ("tags:vip", {"Blue"}),
        ("-tags:vip type:ticket", {"Red", "Green"}),
        ('type:ticket subject:"Red"', {"Red"}),
        ("requester:sam@customer.example", {"Red"}),
        ("priority>normal", {"Blue"}),
        ("parcel", {"Red"}),
    ],
)
def test_search(sandbox: Sandbox, zendesk: Client, query: str, hits: set[str]) -> None:
    requester = {"email": "sam@customer.example"}
    other = {"email": "kim@customer.example"}
    sandbox.add_ticket("zendesk", subject="Red", body="my parcel", requester=requester)
    sandbox.add_ticket("zendesk", subject="Blue", body="x", tags=["vip"], priority="high", requester=other)
    done = sandbox.add_ticket("zendesk", subject="Green", body="x", requester=other)
    sandbox.change("zendesk", done, status="solved", assignee="agent")
    answer = zendesk.get("/search.json", params={"query": query}).json()
    assert {r["subject"] for r in answer["results"]} == hits
    assert answer["count"] == len(hits)


def test_search_ends_at_a_thousand(zendesk: Client) -> None:
    assert zendesk.get("/search?query=type:ticket&page=11").status_code == 422


def test_the_public_sees_only_published_articles(sandbox: Sandbox, zendesk: Client) -> None:
    url = f"{sandbox.zendesk.url}/api/v2/help_center/en-us/articles.json?per_page=100"
    public = requests.get(url, timeout=10).json()["articles"]
    titles = {a["title"] for a in public}
    assert "Where is my order?" in titles
    assert not [a for a in public if a["draft"] or a["user_segment_id"]]
    known = {a["title"] for a in zendesk.get("/help_center/en-us/articles?per_page=100").json()["articles"]}
    assert known > titles
    found = requests.get(
        f"{sandbox.zendesk.url}/api/v2/help_center/articles/search.json?query=password", timeout=10
    ).json()
    assert found["results"][0]["title"] == "How to reset your password"


def test_people_groups_macros_and_settings(sandbox: Sandbox, zendesk: Client) -> None:
    bot = sandbox.credentials["zendesk"]["bot_user_id"]
    assert zendesk.get("/users/me.json").json()["user"]["id"] == bot
    assert len(zendesk.get(f"/users/show_many?ids={bot}").json()["users"]) == 1
    assert zendesk.get("/users/search?query=ines").json()["users"][0]["name"] == "Ines Vogel"
    for name in ("groups", "organizations", "brands", "macros", "ticket_fields", "custom_statuses"):
        records = zendesk.get(f"/{name}.json").json()[name]
        assert zendesk.get(f"/{name}/{records[0]['id']}").status_code == 200
    assert zendesk.get("/account/settings").json()["settings"]["tickets"]["tagging"] is True


def test_a_macro_is_only_previewed(sandbox: Sandbox, zendesk: Client) -> None:
    (ticket,) = fill(sandbox, 1)
    macro = zendesk.get("/macros").json()["macros"][0]
    preview = zendesk.get(f"/tickets/{ticket}/macros/{macro['id']}/apply").json()["result"]["ticket"]
    assert preview["comment"]["body"]
    assert sandbox.ticket("zendesk", ticket)["replies"] == []


def test_a_recovered_suspended_ticket_appears_late(sandbox: Sandbox, zendesk: Client) -> None:
    account = sandbox.zendesk.account
    author = {"name": "Kim", "email": "kim@customer.example"}
    account.suspended.append({"id": 5, "subject": "Held back", "content": "text", "author": author})
    assert len(zendesk.get("/suspended_tickets").json()["suspended_tickets"]) == 1
    zendesk.put("/suspended_tickets/5/recover")
    assert [t["subject"] for t in sandbox.tickets("zendesk")] == ["Held back"]


def test_limits_are_shown_always_and_enforced_on_request(sandbox: Sandbox, zendesk: Client) -> None:
    settings, limits = sandbox.zendesk.settings, sandbox.zendesk.limits
    (ticket,) = fill(sandbox, 1)
    settings.updates_per_ticket_in_10_minutes = 2
    for priority in ("low", "high", "low"):
        answer = zendesk.put(f"/tickets/{ticket}", json={"ticket": {"priority": priority}})
        assert answer.status_code == 200
    assert int(answer.headers["X-Rate-Limit-Remaining"]) < int(answer.headers["X-Rate-Limit"])
    limits.enforce = True
    refused = zendesk.put(f"/tickets/{ticket}", json={"ticket": {"priority": "high"}})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 600
    sandbox.advance(601)
    assert zendesk.put(f"/tickets/{ticket}", json={"ticket": {"priority": "high"}}).status_code == 200


def test_the_account_limit(sandbox: Sandbox, zendesk: Client) -> None:
    sandbox.zendesk.settings.calls_per_minute = 3
    sandbox.zendesk.limits.enforce = True
    statuses = [zendesk.get("/users/me").status_code for _ in range(5)]
    assert statuses == [200, 200, 200, 429, 429]
