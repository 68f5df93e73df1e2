from datetime import UTC, datetime

import pytest

from connector.model import (
    Attachment,
    Channel,
    CommentKind,
    Priority,
    Role,
    SenderWarning,
    Status,
    TicketFlag,
    Visibility,
)
from providers.zendesk import fields, tickets
from tests.providers.desk import NOW, account, load

ACCOUNT = account("zendesk")


def mapped(case, *, users=True, **changes):
    ticket = {**load("zendesk", "tickets", case, "ticket.json"), **changes}
    comments = load("zendesk", "tickets", case, "comments.json")
    people = tickets.index(load("zendesk", "tickets", case, "users.json")) if users else {}
    return tickets.to_ticket(ACCOUNT, ticket, comments, people, read_at=NOW)


def test_the_ticket_in_our_words():
    ticket = mapped("full_thread")
    assert (ticket.account_id, ticket.id, ticket.subject) == ("acc-zendesk", "5158", "Wo ist mein Paket?")
    assert (ticket.status, ticket.vendor_status) == (Status.OPEN, "open")
    assert (ticket.priority, ticket.vendor_priority) == (None, None)
    assert (ticket.channel, ticket.vendor_channel) == (Channel.EMAIL, "email")
    assert (ticket.group_id, ticket.assignee_id, ticket.brand_id) == ("31", "8001", "41")
    assert ticket.tags == {"parcel", "hr"}
    assert ticket.custom_fields == {"360001": "NL-4471"}
    assert ticket.stamp == "2026-11-20T08:59:58Z"
    assert ticket.updated_at == datetime(2026, 11, 20, 8, 59, 58, tzinfo=UTC)
    assert ticket.read_at == NOW
    assert ticket.url == "https://nordlicht.zendesk.com/agent/tickets/5158"
    assert ticket.flags == frozenset()


def test_the_requester_as_the_helpdesk_knows_them():
    requester = mapped("full_thread").requester
    assert (requester.id, requester.name) == ("7001", "Mara Linde")
    assert requester.email == "mara.linde@birkenweg.example"
    assert requester.verified is True
    assert (requester.language, requester.tags, requester.organization) == ("de", {"gold"}, "61")


def test_comments_come_in_order_of_time_with_role_and_visibility():
    thread = mapped("full_thread").comments
    assert [(entry.id, entry.role, entry.visibility) for entry in thread] == [
        ("101", Role.REQUESTER, Visibility.PUBLIC),
        ("103", Role.OTHER_CUSTOMER, Visibility.PUBLIC),
        ("104", Role.AGENT, Visibility.INTERNAL),
        ("105", Role.CONNECTOR, Visibility.PUBLIC),
        ("106", Role.SYSTEM, Visibility.PUBLIC),
        ("107", Role.REQUESTER, Visibility.PUBLIC),
        ("108", Role.REQUESTER, Visibility.PUBLIC),
    ]


def test_the_first_comment_in_full():
    first = mapped("full_thread").comments[0]
    assert first.text == first.raw_text
    assert first.text.split() == ["Hallo,", "wo", "bleibt", "Bestellung", "NL-4471?"]
    assert first.attachments == (Attachment(name="beleg.pdf", media_type="application/pdf", size_bytes=20480),)
    assert first.warnings == {SenderWarning.NOT_SIGNED_IN, SenderWarning.UNVERIFIED_ADDRESS}


def test_answers_to_a_survey_and_calls_are_no_messages():
    kinds = {entry.id: entry.kind for entry in mapped("full_thread").comments}
    assert kinds["107"] is CommentKind.SURVEY
    assert kinds["108"] is CommentKind.OTHER
    assert kinds["101"] is CommentKind.MESSAGE


def test_followers_are_no_recipients_and_the_newest_sender_is_kept():
    ticket = mapped("full_thread")
    assert ticket.cc == ("7002",)
    assert ticket.headers == {"from": "mara@work.example"}


def test_without_user_records_nobody_is_verified_and_roles_are_guessed_with_care():
    ticket = mapped("bare")
    assert ticket.requester.verified is None
    assert [entry.role for entry in ticket.comments] == [Role.REQUESTER, Role.AGENT, Role.OTHER_CUSTOMER, Role.AGENT]
    assert ticket.comments[3].visibility is Visibility.INTERNAL
    assert ticket.comments[0].text == "just text"
    assert (ticket.status, ticket.channel, ticket.tags) == (Status.ON_HOLD, Channel.CHAT, frozenset())


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({"tags": ["closed_by_merge"], "status": "closed"}, {TicketFlag.MERGED}),
        ({"status": "deleted"}, {TicketFlag.DELETED}),
        ({"status": "archived"}, {TicketFlag.ARCHIVED}),
        ({"requester_id": 7002}, set()),
    ],
)
def test_states_that_are_not_ours_to_work_on(changes, flags):
    assert mapped("full_thread", **changes).flags == flags


def test_a_suspended_requester_is_flagged():
    people = tickets.index([{**load("zendesk", "tickets", "full_thread", "users.json")[0], "suspended": True}])
    raw = load("zendesk", "tickets", "full_thread", "ticket.json")
    assert TicketFlag.REQUESTER_SUSPENDED in tickets.to_ticket(ACCOUNT, raw, [], people, read_at=NOW).flags


@pytest.mark.parametrize("vendor", sorted(fields.STATUS))
def test_every_status_has_our_word(vendor):
    ticket = mapped("full_thread", status=vendor)
    assert (ticket.status, ticket.vendor_status) == (fields.STATUS[vendor], vendor)


def test_unknown_words_are_kept_beside_the_nearest_of_ours():
    ticket = mapped("full_thread", status="levitating", priority="HIGH", via={"channel": "smoke"})
    assert (ticket.status, ticket.vendor_status) == (Status.OPEN, "levitating")
    assert (ticket.priority, ticket.vendor_priority) == (Priority.HIGH, "high")
    assert (ticket.channel, ticket.vendor_channel) == (Channel.OTHER, "smoke")


def test_messaging_tickets_are_chats_whatever_their_channel():
    assert mapped("full_thread", from_messaging_channel=True).channel is Channel.CHAT


@pytest.mark.parametrize(
    "changes",
    [{"id": None}, {"id": "abc"}, {"requester_id": None}, {"updated_at": None}, {"created_at": "yesterday"}],
)
def test_a_ticket_without_its_essentials_is_refused(changes):
    with pytest.raises(ValueError, match=r"id|requester|time|isoformat"):
        mapped("full_thread", **changes)
