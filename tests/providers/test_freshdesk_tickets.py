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
from providers.freshdesk import tickets
from tests.providers.desk import NOW, account, load

ACCOUNT = account("freshdesk")


def mapped(case, **changes):
    raw = {**load("freshdesk", "tickets", case, "ticket.json"), **changes}
    conversations = load("freshdesk", "tickets", case, "conversations.json")
    return tickets.to_ticket(ACCOUNT, raw, conversations, read_at=NOW, requester=tickets.to_requester(raw))


def test_the_ticket_in_our_words():
    ticket = mapped("full_thread")
    assert (ticket.id, ticket.subject) == ("11", "Where is my parcel?")
    assert (ticket.status, ticket.vendor_status) == (Status.OPEN, "2")
    assert (ticket.priority, ticket.vendor_priority) == (Priority.LOW, "1")
    assert (ticket.channel, ticket.vendor_channel) == (Channel.EMAIL, "1")
    assert (ticket.group_id, ticket.assignee_id, ticket.brand_id) == ("67000000201", "67000000101", "67000000401")
    assert ticket.custom_fields == {"cf_order": "NL-4471"}
    assert ticket.updated_at == datetime(2026, 11, 20, 8, 59, 58, tzinfo=UTC)
    assert ticket.reply_from == "hilfe@nordlicht.example"
    assert ticket.cc == ("theo.linde@birkenweg.example",)
    assert ticket.flags == frozenset()


def test_the_requester_is_not_verified_by_the_ticket():
    requester = mapped("full_thread").requester
    assert (requester.id, requester.email) == ("67000000001", "Mara.Linde@birkenweg.example")
    assert requester.verified is None


def test_the_description_is_the_first_message():
    first = mapped("full_thread").comments[0]
    assert (first.id, first.role, first.visibility) == ("description", Role.REQUESTER, Visibility.PUBLIC)
    assert first.text.split() == ["Hello,", "where", "is", "order", "NL-4471?"]
    assert first.attachments == (Attachment(name="receipt.pdf", media_type="application/pdf", size_bytes=20480),)


def test_conversations_come_in_order_of_time_with_role_and_visibility():
    assert [(entry.id, entry.role, entry.visibility) for entry in mapped("full_thread").comments[1:]] == [
        ("501", Role.REQUESTER, Visibility.PUBLIC),
        ("502", Role.AGENT, Visibility.PUBLIC),
        ("503", Role.AGENT, Visibility.INTERNAL),
        ("504", Role.CONNECTOR, Visibility.INTERNAL),
        ("505", Role.OTHER_CUSTOMER, Visibility.PUBLIC),
        ("506", Role.REQUESTER, Visibility.PUBLIC),
        ("507", Role.AGENT, Visibility.INTERNAL),
        ("508", Role.REQUESTER, Visibility.PUBLIC),
        ("509", Role.SYSTEM, Visibility.PUBLIC),
        ("510", Role.REQUESTER, Visibility.PUBLIC),
    ]


def test_surveys_forwards_and_machines_are_marked():
    thread = {entry.id: entry for entry in mapped("full_thread").comments}
    assert thread["506"].kind is CommentKind.SURVEY
    assert thread["507"].kind is CommentKind.FORWARD
    assert thread["508"].warnings == thread["509"].warnings == {SenderWarning.MACHINE_GENERATED}
    assert not thread["501"].warnings


def test_an_automations_mail_does_not_count_as_an_answer():
    assert [entry.id for entry in mapped("full_thread").unanswered][-1] == "510"
    assert "508" in [entry.id for entry in mapped("full_thread").unanswered]


def test_web_chat_repeats_its_first_message_once():
    ticket = mapped("chat")
    assert [entry.id for entry in ticket.comments] == ["description", "602"]
    assert (ticket.channel, ticket.status, ticket.vendor_status) == (Channel.CHAT, Status.ON_HOLD, "6")
    assert (ticket.priority, ticket.tags, ticket.cc, ticket.reply_from) == (None, frozenset(), (), None)
    assert ticket.flags == {TicketFlag.SPAM, TicketFlag.DELETED, TicketFlag.ARCHIVED, TicketFlag.ASSOCIATED}


def test_mail_may_say_the_same_twice():
    assert len(mapped("chat", source=1).comments) == 3


def test_an_outbound_ticket_begins_with_the_team():
    ticket = mapped("outbound")
    assert ticket.flags == {TicketFlag.OUTBOUND}
    assert ticket.comments[0].role is Role.AGENT
    assert ticket.unanswered == ()


@pytest.mark.parametrize(
    ("number", "status"),
    [(2, "open"), (3, "pending"), (4, "resolved"), (5, "closed"), (6, "on_hold"), (77, "on_hold"), (0, "open")],
)
def test_statuses_also_those_the_account_made_itself(number, status):
    assert tickets.to_status(number) == status


@pytest.mark.parametrize("changes", [{"id": None}, {"requester_id": 0}, {"updated_at": None}, {"created_at": ""}])
def test_a_ticket_without_its_essentials_is_refused(changes):
    with pytest.raises(ValueError, match=r"id|requester|time|isoformat"):
        mapped("full_thread", **changes)
