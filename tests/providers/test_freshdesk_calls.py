"""Freshdesk's API as it is called: what goes out, in which order, and what each answer means."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest
import requests
from responses import matchers

from connector.errors import (
    CredentialsRejected,
    ProviderRejected,
    ProviderThrottled,
    ProviderUnavailable,
    TicketGone,
    WriteForbidden,
)
from connector.model import Priority, Role, Status, Visibility
from providers.freshdesk.client import culprit
from tests.providers.desk import NOW, account, allowed, load, note, reply

BASE = "https://nordlicht.freshdesk.com/api/v2"
ACCOUNT = account("freshdesk")
TICKET = load("freshdesk", "tickets", "full_thread", "ticket.json")
CONVERSATIONS = load("freshdesk", "tickets", "full_thread", "conversations.json")
DATE = {"Date": "Fri, 20 Nov 2026 09:00:05 GMT"}
NOTE_ANSWER = {"id": 700, "private": True, "user_id": 9001, "created_at": "2026-11-20T09:00:06Z"}
REPLY_ANSWER = {"id": 701, "replied_to": ["Mara.Linde@birkenweg.example"], "created_at": "2026-11-20T09:00:06Z"}


@pytest.fixture
def ticket(freshdesk, api):
    api.get(f"{BASE}/tickets/11", json=TICKET, headers=DATE)
    api.get(f"{BASE}/tickets/11/conversations", json=CONVERSATIONS)
    found = freshdesk.fetch(ACCOUNT, "11")
    api.calls.reset()
    return found


def done(api):
    """(method, path, body) of every call."""
    return [
        (call.request.method, call.request.path_url.removeprefix("/api/v2"), json.loads(call.request.body or "null"))
        for call in api.calls
    ]


def test_the_key_goes_as_basic_and_the_requester_is_included(freshdesk, api):
    api.get(f"{BASE}/tickets/11", json=TICKET, headers=DATE)
    api.get(f"{BASE}/tickets/11/conversations", json=CONVERSATIONS)
    found = freshdesk.fetch(ACCOUNT, "11")
    assert api.calls[0].request.headers["Authorization"] == "Basic a2V5LWZvci10ZXN0czpY"
    assert api.calls[0].request.params == {"include": "requester"}
    assert found.read_at == NOW + timedelta(seconds=5)


def test_every_page_of_conversations_is_read(freshdesk, api):
    api.get(f"{BASE}/tickets/11", json=TICKET)
    link = f"{BASE}/tickets/11/conversations?page=2"
    api.get(
        f"{BASE}/tickets/11/conversations",
        json=CONVERSATIONS[:4],
        headers={"link": f'<{link}>;rel="next"'},
        match=[matchers.query_param_matcher({"per_page": "100"})],
    )
    api.get(link, json=CONVERSATIONS[4:], match=[matchers.query_param_matcher({"page": "2"})])
    assert len(freshdesk.fetch(ACCOUNT, "11").comments) == 11


def test_a_page_on_another_host_is_not_fetched(freshdesk, api):
    api.get(f"{BASE}/tickets/11", json=TICKET)
    api.get(f"{BASE}/tickets/11/conversations", json=[], headers={"link": '<https://evil.example/x>; rel="next"'})
    with pytest.raises(ProviderUnavailable):
        freshdesk.fetch(ACCOUNT, "11")


def test_refresh_always_reads_the_conversations(freshdesk, api, ticket):
    again = freshdesk.refresh(ACCOUNT, ticket)
    assert again == ticket
    assert [path for _, path, _ in done(api)] == ["/tickets/11", "/tickets/11/conversations?per_page=100"]


def test_refresh_starts_over_when_the_requester_changed(freshdesk, api, ticket):
    api.replace(
        "GET", f"{BASE}/tickets/11", json={**TICKET, "requester_id": 67000000002, "requester": {"id": 67000000002}}
    )
    assert freshdesk.refresh(ACCOUNT, ticket).requester.id == "67000000002"


@pytest.mark.parametrize(
    ("answer", "verified", "language"),
    [
        ({"json": {"id": 1, "active": True, "language": "de", "tags": ["gold"]}}, True, "de"),
        ({"json": {"id": 1, "active": False, "language": "pt-BR"}}, False, "pt"),
        ({"json": {"id": 1, "active": "true"}}, False, None),
        ({"status": 404}, False, None),
        ({"status": 403}, False, None),
    ],
)
def test_only_a_confirmed_contact_is_verified(freshdesk, api, ticket, answer, verified, language):
    api.get(f"{BASE}/contacts/67000000001", **answer)
    found = freshdesk.requester(ACCOUNT, ticket)
    assert (found.verified, found.language, found.email) == (verified, language, "Mara.Linde@birkenweg.example")


def test_a_note_is_put_then_posted_private(freshdesk, api, ticket):
    api.put(f"{BASE}/tickets/11", json=TICKET)
    api.post(f"{BASE}/tickets/11/notes", json=NOTE_ANSWER, status=201)
    permits = []
    proof = freshdesk.write(ACCOUNT, ticket, note(ticket), permit=lambda: permits.append(1))
    body = "<p>Handrail: draft</p><p>The parcel left on Monday &amp; arrives &lt;soon&gt;.</p><p>Ref HR-K7M2P4QA</p>"
    assert done(api) == [
        ("PUT", "/tickets/11", {"tags": ["hr", "hr_draft", "hr_order_status", "parcel"], "priority": 3}),
        ("POST", "/tickets/11/notes", {"body": body, "private": True}),
    ]
    assert proof.remote_id == "700"
    assert permits == [1, 1]


def test_nothing_to_change_means_no_put(freshdesk, api, ticket):
    api.post(f"{BASE}/tickets/11/notes", json=NOTE_ANSWER, status=201)
    same = note(
        ticket, tags_add=frozenset({"parcel"}), priority=Priority.LOW, status=Status.OPEN, group_id=ticket.group_id
    )
    freshdesk.write(ACCOUNT, ticket, same, permit=allowed)
    assert [method for method, _, _ in done(api)] == ["POST"]


def test_a_note_without_its_reference_gets_it(freshdesk, api, ticket):
    api.post(f"{BASE}/tickets/11/notes", json=NOTE_ANSWER, status=201)
    bare = note(ticket, text="no mark", tags_add=frozenset(), priority=None)
    freshdesk.write(ACCOUNT, ticket, bare, permit=allowed)
    assert "Ref HR-K7M2P4QA" in done(api)[0][2]["body"]


def test_a_note_that_came_out_public_is_removed_at_once(freshdesk, api, ticket):
    api.put(f"{BASE}/tickets/11", json=TICKET)
    api.post(f"{BASE}/tickets/11/notes", json={**NOTE_ANSWER, "private": False}, status=201)
    api.delete(f"{BASE}/conversations/700", status=204)
    with pytest.raises(ProviderRejected, match="public"):
        freshdesk.write(ACCOUNT, ticket, note(ticket), permit=allowed)
    assert done(api)[-1][:2] == ("DELETE", "/conversations/700")


def test_a_reply_sets_the_status_only_after_it_was_posted(freshdesk, api, ticket):
    api.put(f"{BASE}/tickets/11", json=TICKET)
    api.post(f"{BASE}/tickets/11/reply", json=REPLY_ANSWER, status=201)
    proof = freshdesk.write(ACCOUNT, ticket, reply(ticket), permit=allowed)
    steps = done(api)
    assert [step[:2] for step in steps] == [
        ("PUT", "/tickets/11"),
        ("POST", "/tickets/11/reply"),
        ("PUT", "/tickets/11"),
    ]
    assert steps[0][2] == {"tags": ["hr", "hr_sent", "parcel"]}
    assert steps[1][2].keys() == {"body", "from_email"}
    assert steps[1][2]["from_email"] == "hilfe@nordlicht.example"
    assert steps[2][2] == {"status": 3}
    assert proof.remote_id == "701"


@pytest.mark.parametrize("fault", [{"status": 500}, {"status": 400}, {"body": requests.exceptions.ReadTimeout()}])
def test_a_status_that_fails_afterwards_does_not_unsay_the_reply(freshdesk, api, ticket, fault):
    api.post(f"{BASE}/tickets/11/reply", json=REPLY_ANSWER, status=201)
    api.put(f"{BASE}/tickets/11", **fault)
    proof = freshdesk.write(ACCOUNT, ticket, reply(ticket, tags_add=frozenset()), permit=allowed)
    assert proof.remote_id == "701"


@pytest.mark.parametrize("field", ["replied_to", "to_emails", "cc_emails"])
def test_a_reply_that_reached_somebody_else_goes_to_a_person(freshdesk, api, ticket, field):
    answer = {**REPLY_ANSWER, field: ["Other <other@elsewhere.example>"]}
    api.post(f"{BASE}/tickets/11/reply", json=answer, status=201)
    with pytest.raises(ProviderRejected, match="beside the requester"):
        freshdesk.write(ACCOUNT, ticket, reply(ticket, tags_add=frozenset()), permit=allowed)


def test_chat_tickets_take_structured_text(freshdesk, api, ticket):
    api.post(f"{BASE}/tickets/11/reply", json=REPLY_ANSWER, status=201)
    chat = replace(ticket, vendor_channel="15")
    freshdesk.write(ACCOUNT, chat, reply(chat, text="Hi {{x}} <b>", tags_add=frozenset(), status=None), permit=allowed)
    content = {"type": "text", "data": {"content": "Hi { {x}} <b>"}}
    assert done(api)[0][2] == {"structured_body": {"body_contents": [content]}}


@pytest.mark.parametrize("step", [0, 1, 2])
def test_permit_is_asked_before_each_call(freshdesk, api, ticket, step):
    api.put(f"{BASE}/tickets/11", json=TICKET)
    api.post(f"{BASE}/tickets/11/reply", json=REPLY_ANSWER, status=201)
    asked = []

    def permit():
        if len(asked) == step:
            raise WriteForbidden("killed")
        asked.append(1)

    if step == 2:  # the reply is out already: only its status stays as it was
        assert freshdesk.write(ACCOUNT, ticket, reply(ticket), permit=permit).remote_id == "701"
    else:
        with pytest.raises(WriteForbidden):
            freshdesk.write(ACCOUNT, ticket, reply(ticket), permit=permit)
    assert len(api.calls) == step


VALIDATION = {
    "description": "Validation failed",
    "errors": [
        {"field": "cf_order", "message": "It should not be blank as this is a mandatory field", "code": "missing_field"}
    ],
}


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ({"status": 400, "json": VALIDATION}, ProviderRejected),
        ({"status": 400, "body": ""}, ProviderRejected),
        ({"status": 409, "json": VALIDATION}, ProviderRejected),
        ({"status": 401, "json": {"code": "invalid_credentials"}}, CredentialsRejected),
        ({"status": 403}, CredentialsRejected),
        ({"status": 404}, TicketGone),
        ({"status": 405}, TicketGone),
        ({"status": 429, "headers": {"Retry-After": "34"}}, ProviderThrottled),
        ({"status": 429}, ProviderThrottled),
        ({"status": 500}, ProviderUnavailable),
        ({"status": 504, "body": "<html>"}, ProviderUnavailable),
        ({"status": 200, "body": "<html>"}, ProviderUnavailable),
        ({"status": 201, "json": {"private": True}}, ProviderUnavailable),
        ({"status": 201, "json": [1]}, ProviderUnavailable),
        ({"body": requests.exceptions.ReadTimeout()}, ProviderUnavailable),
        ({"body": requests.exceptions.ConnectionError()}, ProviderUnavailable),
    ],
)
@pytest.mark.parametrize(("make", "path"), [(note, "notes"), (reply, "reply")])
def test_each_answer_to_a_post_has_one_meaning_and_no_repetition(freshdesk, api, ticket, make, path, answer, kind):
    api.post(f"{BASE}/tickets/11/{path}", **answer)
    effect = make(ticket, tags_add=frozenset(), priority=None, status=None)
    with pytest.raises(kind) as caught:
        freshdesk.write(ACCOUNT, ticket, effect, permit=allowed)
    assert type(caught.value) is kind
    assert len(api.calls) == 1


def test_a_put_that_fails_keeps_the_note_back_and_names_the_field(freshdesk, api, ticket):
    api.put(f"{BASE}/tickets/11", status=400, json=VALIDATION)
    with pytest.raises(ProviderRejected, match="required and empty") as caught:
        freshdesk.write(ACCOUNT, ticket, note(ticket), permit=allowed)
    assert caught.value.field == "cf_order"
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (VALIDATION, ("cf_order", "it is required and empty")),
        ({"errors": []}, ("", "")),
        ({"code": "x"}, ("", "")),
        ([], ("", "")),
        (None, ("", "")),
        ({"errors": [{"field": "<b>x", "code": "new_code"}]}, ("bx", "")),
    ],
)
def test_errors_are_read_tolerantly(body, found):
    assert culprit(body) == found


def said(ticket, number, text, *, visibility):
    return replace(
        ticket.comments[0],
        id=number,
        author_id="9001",
        role=Role.CONNECTOR,
        visibility=visibility,
        text=text,
        raw_text=text,
    )


def test_a_note_is_found_by_its_reference(freshdesk, ticket):
    assert freshdesk.find_proof(ACCOUNT, ticket, note(ticket)).remote_id == "504"
    assert freshdesk.find_proof(ACCOUNT, ticket, note(ticket, id="zzzzzzzzaaaa")) is None
    ours = said(ticket, "9", "Ref HR-K7M2P4QA", visibility=Visibility.PUBLIC)
    agents = replace(ours, role=Role.AGENT, visibility=Visibility.INTERNAL)
    assert freshdesk.find_proof(ACCOUNT, replace(ticket, comments=(ours, agents)), note(ticket)) is None


def test_a_reply_is_found_by_its_words_after_the_message_it_answers(freshdesk, ticket):
    effect = reply(ticket)
    flat = "Hello Mara, your parcel left on Monday. This is an automatic answer."
    ours = said(ticket, "9", flat, visibility=Visibility.PUBLIC)
    assert freshdesk.find_proof(ACCOUNT, replace(ticket, comments=(*ticket.comments, ours)), effect).found
    earlier = replace(ticket, comments=(ours, *ticket.comments))
    assert freshdesk.find_proof(ACCOUNT, earlier, effect) is None
    other = said(ticket, "9", flat + " More.", visibility=Visibility.PUBLIC)
    assert freshdesk.find_proof(ACCOUNT, replace(ticket, comments=(*ticket.comments, other)), effect) is None


def test_repair_removes_the_younger_twin_only(freshdesk, api, ticket):
    twin = {**CONVERSATIONS[3], "id": 520, "created_at": "2026-11-20T08:53:00Z"}
    api.replace("GET", f"{BASE}/tickets/11/conversations", json=[*CONVERSATIONS, twin])
    api.delete(f"{BASE}/conversations/520", status=204)
    freshdesk.repair(ACCOUNT, freshdesk.refresh(ACCOUNT, ticket), note(ticket))
    assert [path for method, path, _ in done(api) if method == "DELETE"] == ["/conversations/520"]


def test_repair_without_a_twin_removes_nothing(freshdesk, api, ticket):
    freshdesk.repair(ACCOUNT, ticket, note(ticket))
    freshdesk.repair(ACCOUNT, ticket, reply(ticket))
    assert done(api) == []


def row(number, at):
    return {"id": number, "updated_at": at}


def poll(freshdesk, api, cursor, rows, *, more):
    headers = {"X-RateLimit-Total": "400", **({"link": f'<{BASE}/tickets?page=9>; rel="next"'} if more else {})}
    api.add("GET", f"{BASE}/tickets", json=rows, headers=headers)
    found = freshdesk.updates(ACCOUNT, cursor, now=NOW)
    query = api.calls[-1].request.params
    api.remove("GET", f"{BASE}/tickets")
    return found, query


def test_the_poll_overlaps_by_a_minute_and_goes_on_from_the_last_row(freshdesk, api):
    found, query = poll(
        freshdesk, api, None, [row(1, "2026-11-20T08:10:00Z"), row(2, "2026-11-20T08:20:00Z")], more=True
    )
    assert query["updated_since"] == "2026-11-20T07:59:00Z"
    assert (query["order_by"], query["order_type"]) == ("updated_at", "asc")
    assert [event.ticket_id for event in found.events] == ["1", "2"]
    assert (found.cursor, found.more) == ("2026-11-20T08:20:00Z|1", True)
    found, query = poll(freshdesk, api, found.cursor, [row(2, "2026-11-20T08:20:00Z")] * 3, more=True)
    assert (query["updated_since"], query["page"]) == ("2026-11-20T08:20:00Z", "1")
    assert found.cursor == "2026-11-20T08:20:00Z|2"  # a whole page of one second: only the page number can go on
    found, query = poll(freshdesk, api, found.cursor, [row(3, "2026-11-20T08:30:00Z")], more=False)
    assert query["page"] == "2"
    assert (found.cursor, found.more) == ("2026-11-20T08:30:00Z", False)
    found, query = poll(freshdesk, api, found.cursor, [], more=False)
    assert query["updated_since"] == "2026-11-20T08:29:00Z"
    assert found.cursor == "2026-11-20T08:30:00Z"


@pytest.mark.parametrize("cursor", ["", "nonsense", "nonsense|3"])
def test_an_unreadable_cursor_starts_over(freshdesk, api, cursor):
    _, query = poll(freshdesk, api, cursor, [], more=False)
    assert query["updated_since"] == "2026-11-20T07:59:00Z"
