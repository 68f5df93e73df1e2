"""Zendesk's API as it is called: what goes out, and what each answer means."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from responses import matchers

from connector.errors import (
    ConfigurationError,
    CredentialsRejected,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
    TicketChanged,
    TicketGone,
    WriteForbidden,
)
from connector.model import AccountConfig
from providers.zendesk.client import culprit
from tests.providers.desk import NOW, account, allowed, load, note, reply

BASE = "https://nordlicht.zendesk.com/api/v2"
ACCOUNT = account("zendesk")
TICKET = load("zendesk", "tickets", "full_thread", "ticket.json")
COMMENTS = load("zendesk", "tickets", "full_thread", "comments.json")
USERS = load("zendesk", "tickets", "full_thread", "users.json")
DATE = {"Date": "Fri, 20 Nov 2026 09:00:05 GMT"}
PUT_ANSWER = {
    "ticket": TICKET,
    "audit": {
        "id": 5001,
        "created_at": "2026-11-20T09:00:06Z",
        "events": [{"id": 5003, "type": "Change"}, {"id": 5002, "type": "Comment", "public": False}],
    },
}


@pytest.fixture
def ticket(zendesk, api):
    api.get(f"{BASE}/tickets/5158.json", json={"ticket": TICKET}, headers=DATE)
    api.get(f"{BASE}/tickets/5158/comments.json", json={"comments": COMMENTS, "users": USERS})
    found = zendesk.fetch(ACCOUNT, "5158")
    api.calls.reset()
    return found


def sent(api, method="PUT"):
    return [json.loads(call.request.body) for call in api.calls if call.request.method == method]


def test_fetch_takes_two_calls_and_the_helpdesks_clock(zendesk, api, ticket):
    assert ticket.read_at == NOW + timedelta(seconds=5)
    assert len(ticket.comments) == 7


def test_all_pages_of_comments_are_read_whichever_way_they_are_numbered(zendesk, api):
    api.get(f"{BASE}/tickets/5158.json", json={"ticket": TICKET})
    second = f"{BASE}/tickets/5158/comments.json?page[after]=x"
    third = f"{BASE}/tickets/5158/comments.json?page=3"
    first_page = {"comments": COMMENTS[:2], "users": USERS, "meta": {"has_more": True}, "links": {"next": second}}
    api.get(
        f"{BASE}/tickets/5158/comments.json",
        json=first_page,
        match=[matchers.query_param_matcher({"include": "users", "page[size]": "100"})],
    )
    api.get(
        second,
        json={"comments": COMMENTS[2:4], "next_page": third},
        match=[matchers.query_param_matcher({"page[after]": "x"})],
    )
    api.get(
        third, json={"comments": COMMENTS[4:], "next_page": None}, match=[matchers.query_param_matcher({"page": "3"})]
    )
    assert len(zendesk.fetch(ACCOUNT, "5158").comments) == 7


def test_a_page_on_another_host_is_not_fetched(zendesk, api):
    api.get(f"{BASE}/tickets/5158.json", json={"ticket": TICKET})
    page = {"comments": [], "meta": {"has_more": True}, "links": {"next": "https://evil.example/x"}}
    api.get(f"{BASE}/tickets/5158/comments.json", json=page)
    with pytest.raises(ProviderUnavailable):
        zendesk.fetch(ACCOUNT, "5158")
    assert all(call.request.url.startswith(BASE) for call in api.calls)


def test_users_that_were_not_sent_along_are_looked_up(zendesk, api):
    api.get(f"{BASE}/tickets/5158.json", json={"ticket": TICKET})
    api.get(f"{BASE}/tickets/5158/comments.json", json={"comments": COMMENTS})
    api.get(f"{BASE}/users/show_many.json", json={"users": USERS})
    found = zendesk.fetch(ACCOUNT, "5158")
    assert found.requester.verified is True
    assert "ids=7001%2C7002%2C8001%2C9001" in api.calls[2].request.url


@pytest.mark.parametrize("status", [403, 404])
def test_a_desk_that_hides_its_users_still_gives_its_tickets(zendesk, api, status):
    api.get(f"{BASE}/tickets/5158.json", json={"ticket": TICKET})
    api.get(f"{BASE}/tickets/5158/comments.json", json={"comments": COMMENTS})
    for path in ("show_many.json", "7001.json", "7002.json", "8001.json", "9001.json"):
        api.get(f"{BASE}/users/{path}", status=status)
    found = zendesk.fetch(ACCOUNT, "5158")
    assert found.requester.verified is None
    assert zendesk.requester(ACCOUNT, found).verified is False


def test_refresh_reuses_the_thread_while_the_stamp_stands(zendesk, api, ticket):
    api.replace(
        "GET", f"{BASE}/tickets/5158.json", json={"ticket": TICKET}, headers={"Date": "Fri, 20 Nov 2026 09:01:00 GMT"}
    )
    again = zendesk.refresh(ACCOUNT, ticket)
    assert len(api.calls) == 1
    assert again == replace(ticket, read_at=NOW + timedelta(minutes=1))


def test_refresh_reads_everything_when_the_stamp_moved(zendesk, api, ticket):
    api.replace("GET", f"{BASE}/tickets/5158.json", json={"ticket": {**TICKET, "updated_at": "2026-11-20T09:00:30Z"}})
    assert zendesk.refresh(ACCOUNT, ticket).stamp == "2026-11-20T09:00:30Z"
    assert [call.request.path_url.split("?")[0] for call in api.calls] == [
        "/api/v2/tickets/5158.json",
        "/api/v2/tickets/5158/comments.json",
    ]


def test_refresh_does_not_trust_a_thread_read_in_the_second_of_its_stamp(zendesk, api, ticket):
    hasty = replace(ticket, read_at=ticket.updated_at + timedelta(milliseconds=900))
    zendesk.refresh(ACCOUNT, hasty)
    assert len(api.calls) == 2


def test_a_note_is_one_put_with_everything(zendesk, api, ticket):
    api.put(f"{BASE}/tickets/5158.json", json=PUT_ANSWER)
    permits = []
    proof = zendesk.write(
        ACCOUNT, ticket, note(ticket, tags_remove=frozenset({"hr"})), permit=lambda: permits.append(1)
    )
    (body,) = sent(api)
    written = body["ticket"]
    assert written.pop("comment") == {
        "html_body": "<p>Handrail: draft</p><p>The parcel left on Monday &amp; arrives &lt;soon&gt;.</p>"
        "<p>Ref HR-K7M2P4QA</p>",
        "public": False,
    }
    assert written == {
        "tags": ["hr", "hr_draft", "hr_order_status", "parcel"],
        "priority": "high",
        "safe_update": True,
        "updated_stamp": "2026-11-20T08:59:58Z",
        "metadata": {"handrail_effect": "k7m2p4qaaaaaaaaaaaaaaaaaaaaaaaaa"},
    }
    assert (proof.remote_id, proof.found) == ("5001/5002", False)
    assert permits == [1]


def test_a_reply_is_public_and_sets_the_status(zendesk, api, ticket):
    api.put(f"{BASE}/tickets/5158.json", json=PUT_ANSWER)
    zendesk.write(ACCOUNT, ticket, reply(ticket, group_id="31"), permit=allowed)
    written = sent(api)[0]["ticket"]
    assert written["comment"]["public"] is True
    assert (written["status"], written["group_id"]) == ("pending", 31)
    assert "priority" not in written


def test_unchanged_tags_are_left_out(zendesk, api, ticket):
    api.put(f"{BASE}/tickets/5158.json", json=PUT_ANSWER)
    zendesk.write(ACCOUNT, ticket, note(ticket, tags_add=frozenset({"hr"}), priority=None), permit=allowed)
    assert sent(api)[0]["ticket"].keys() == {"comment", "safe_update", "updated_stamp", "metadata"}


def test_placeholders_and_foreign_links_do_not_survive(zendesk, api, ticket):
    api.put(f"{BASE}/tickets/5158.json", json=PUT_ANSWER)
    of = replace(ACCOUNT, config=AccountConfig(company="N", link_hosts=frozenset({"help.nordlicht.example"})))
    text = "{{ticket.requester.email}} {% if x %} {{{a}}} https://help.nordlicht.example/a https://evil.example/b"
    zendesk.write(of, ticket, reply(ticket, text=text), permit=allowed)
    html = sent(api)[0]["ticket"]["comment"]["html_body"]
    assert "{{" not in html
    assert "{%" not in html
    assert html.count("<a ") == 1
    assert 'href="https://help.nordlicht.example/a"' in html


def test_a_long_note_is_cut_but_keeps_its_reference(zendesk, api, ticket):
    api.put(f"{BASE}/tickets/5158.json", json=PUT_ANSWER)
    zendesk.write(ACCOUNT, ticket, note(ticket, text="ä" * 70_000 + "\nRef HR-K7M2P4QA"), permit=allowed)
    html = sent(api)[0]["ticket"]["comment"]["html_body"]
    assert len(html.encode()) <= 64_000
    assert "Ref HR-K7M2P4QA" in html


def test_a_long_reply_is_refused_and_not_cut(zendesk, api, ticket):
    with pytest.raises(ProviderRejected):
        zendesk.write(ACCOUNT, ticket, reply(ticket, text="a" * 70_000), permit=allowed)
    assert not sent(api)


def test_a_permit_that_raises_stops_the_write(zendesk, api, ticket):
    def forbidden():
        raise WriteForbidden("killed")

    with pytest.raises(WriteForbidden):
        zendesk.write(ACCOUNT, ticket, note(ticket), permit=forbidden)
    assert len(api.calls) == 0


CLOSED = {"error": "RecordInvalid", "details": {"status": [{"description": "Status: closed prevents ticket update"}]}}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 409, "json": {"error": "UpdateConflict"}}, TicketChanged),
        ({"status": 404, "json": {"error": "RecordNotFound"}}, TicketGone),
        ({"status": 422, "json": CLOSED}, ProviderRejected),
        ({"status": 400, "body": "Bad Request"}, ProviderRejected),
        ({"status": 401, "json": {"error": "Couldn't authenticate you"}}, CredentialsRejected),
        ({"status": 403, "json": {"error": {"title": "Forbidden", "message": "no"}}}, CredentialsRejected),
        ({"status": 429, "body": "Rate limit exceeded", "headers": {"Retry-After": "7"}}, ProviderThrottled),
        ({"status": 500, "body": "<html>"}, ProviderUnavailable),
        ({"status": 503}, ProviderUnavailable),
        ({"status": 200, "body": "<html>ok"}, ProviderUnavailable),
        ({"status": 200, "json": {"ticket": {}}}, ProviderUnavailable),
        ({"status": 200, "json": {"audit": {"id": 1}}}, ProviderUnavailable),
        ({"body": requests.exceptions.ReadTimeout()}, ProviderUnavailable),
        ({"body": requests.exceptions.ConnectionError()}, ProviderUnavailable),
    ],
)
def test_each_answer_to_a_write_has_one_meaning_and_no_repetition(zendesk, api, ticket, answer, kind):
    api.put(f"{BASE}/tickets/5158.json", **answer)
    with pytest.raises(kind) as caught:
        zendesk.write(ACCOUNT, ticket, note(ticket), permit=allowed)
    assert type(caught.value) is kind
    assert len(sent(api)) == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (CLOSED, ("status", ": the ticket is closed")),
        (
            {"details": {"base": [{"description": "Order number: cannot be blank", "error": "BlankValue"}]}},
            ("Order number", ": it must not be empty"),
        ),
        ({"details": {"custom": [{"description": "x", "ticket_field_id": 360001}]}}, ("360001", "")),
        ({"details": {"assignee_id": []}}, ("assignee_id", "")),
        ({"details": {"requester": "text <b>"}}, ("requester", "")),
        ({"error": {"title": "Invalid"}}, ("", "")),
        ({"errors": [{"code": "InvalidPaginationDepth"}]}, ("", "")),
        (["odd"], ("", "")),
        (None, ("", "")),
    ],
)
def test_the_field_is_named_where_zendesk_names_it(body, found):
    assert culprit(body) == found


def audit(number, custom):
    event = {"id": number + 1, "type": "Comment"}
    return {
        "id": number,
        "created_at": "2026-11-20T09:00:06Z",
        "metadata": {"system": {}, "custom": custom},
        "events": [event],
    }


def test_our_mark_is_found_on_any_page_of_the_audits(zendesk, api, ticket):
    link = f"{BASE}/tickets/5158/audits.json?page[after]=x"
    api.get(
        f"{BASE}/tickets/5158/audits.json",
        json={
            "audits": [audit(1, {}), {"id": 3, "metadata": None}],
            "meta": {"has_more": True},
            "links": {"next": link},
        },
        match=[matchers.query_param_matcher({"page[size]": "100"})],
    )
    api.get(
        link,
        json={
            "audits": [audit(5, {"handrail_effect": note(ticket).id})],
            "meta": {"has_more": False},
            "links": {"next": None},
        },
        match=[matchers.query_param_matcher({"page[after]": "x"})],
    )
    proof = zendesk.find_proof(ACCOUNT, ticket, note(ticket))
    assert (proof.remote_id, proof.found) == ("5/6", True)
    assert zendesk.find_proof(ACCOUNT, ticket, reply(ticket)) is None


def test_audits_we_may_not_read_are_an_error_and_not_a_no(zendesk, api, ticket):
    api.get(f"{BASE}/tickets/5158/audits.json", status=403)
    with pytest.raises(CredentialsRejected):
        zendesk.find_proof(ACCOUNT, ticket, note(ticket))


@pytest.mark.parametrize("ticket_id", ["", "0", "../users/me", "1?x", "12345678901234567890"])
def test_only_ids_reach_a_path(zendesk, api, ticket_id):
    with pytest.raises(ProviderRejected):
        zendesk.fetch(ACCOUNT, ticket_id)
    assert len(api.calls) == 0


def test_a_loopback_address_needs_the_setting(zendesk):
    with pytest.raises(ConfigurationError):
        zendesk.fetch(account("zendesk", base_url="http://127.0.0.1:1"), "1")


def test_the_poll_starts_an_hour_back_and_follows_its_cursor(zendesk, api):
    rows = [{"id": 5, "updated_at": "2026-11-20T08:00:00Z"}, {"id": None}]
    api.get(
        f"{BASE}/incremental/tickets/cursor.json", json={"tickets": rows, "after_cursor": "c1", "end_of_stream": False}
    )
    first = zendesk.updates(ACCOUNT, None, now=NOW)
    assert [(event.key, event.ticket_id, event.kind) for event in first.events] == [
        ("poll:5:2026-11-20T08:00:00Z", "5", "polled")
    ]
    assert (first.cursor, first.more) == ("c1", True)
    start = int(api.calls[0].request.params["start_time"])
    assert start <= NOW.timestamp() - 3600 - 60
    api.replace(
        "GET",
        f"{BASE}/incremental/tickets/cursor.json",
        json={"tickets": [], "after_cursor": None, "end_of_stream": True},
    )
    last = zendesk.updates(ACCOUNT, "c1", now=NOW)
    assert api.calls[1].request.params["cursor"] == "c1"
    assert (last.events, last.cursor, last.more) == ((), "c1", False)


def test_a_cursor_that_zendesk_refuses_starts_a_day_back(zendesk, api):
    export = f"{BASE}/incremental/tickets/cursor.json"
    api.get(export, status=400, body="bad cursor")
    api.get(export, json={"tickets": [], "after_cursor": "fresh", "end_of_stream": True})
    assert zendesk.updates(ACCOUNT, "old", now=NOW).cursor == "fresh"
    assert int(api.calls[1].request.params["start_time"]) == NOW.timestamp() - 86_400


def test_an_export_without_rights_is_not_tried_again(zendesk, api):
    api.get(f"{BASE}/incremental/tickets/cursor.json", status=403)
    with pytest.raises(CredentialsRejected):
        zendesk.updates(ACCOUNT, "old", now=NOW)
    assert len(api.calls) == 1
