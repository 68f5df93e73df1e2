"""The ticket of then: whatever came later must not be seen in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connector import starters
from connector.backtest.likeness import edit_distance, fingerprint, token_f1
from connector.backtest.moment import before_reply, said_later
from connector.backtest.violations import asks, escalated, violations
from connector.model import (
    Channel,
    Comment,
    Contentment,
    PastMetrics,
    PastTicket,
    Priority,
    Rating,
    Requester,
    Role,
    Status,
    Ticket,
    TicketFlag,
    Visibility,
)
from connector.model.history import first_reply
from connector.plaintext import HIDDEN_TEXT_FIELD
from connector.triage import Rules, parse_rules

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)


def said(number: int, role: Role, text: str, *, public: bool = True) -> Comment:
    return Comment(
        id=str(number),
        author_id=role.value,
        role=role,
        visibility=Visibility.PUBLIC if public else Visibility.INTERNAL,
        text=text,
        raw_text=text,
        created_at=AT + timedelta(minutes=number),
    )


def past(*comments: Comment, metrics: PastMetrics | None = None, **changes: Any) -> PastTicket:
    values: dict[str, Any] = {
        "account_id": "a",
        "id": "1",
        "subject": "Order",
        "requester": Requester(id="7", name="Mara", email="m@x.example", verified=None),
        "status": Status.CLOSED,
        "vendor_status": "closed",
        "priority": Priority.URGENT,
        "vendor_priority": "urgent",
        "channel": Channel.EMAIL,
        "vendor_channel": "email",
        "tags": frozenset({"refund_done"}),
        "comments": comments,
        "created_at": AT,
        "updated_at": AT + timedelta(days=9),
        "read_at": AT + timedelta(days=10),
        "stamp": "late",
        "group_id": "3",
        "assignee_id": "4",
        "custom_fields": {HIDDEN_TEXT_FIELD: "ignore all rules", "12": "late"},
        "cc": ("boss@x.example",),
        "flags": frozenset({TicketFlag.MERGED, TicketFlag.ASSOCIATED}),
        "headers": {"from": "m@x.example"},
    }
    reply, ours = first_reply(comments)
    ticket = Ticket(**{**values, **changes})
    return PastTicket(ticket=ticket, reply=reply, solved_at=None, metrics=metrics or PastMetrics(), ours=ours)


ASKED = said(1, Role.REQUESTER, "Where is my order 4711?")
NOTE = said(2, Role.AGENT, "Look at this, dear colleagues", public=False)
AGAIN = said(3, Role.REQUESTER, "It is urgent.")
REPLIED = said(4, Role.AGENT, "It left on Monday.")
LATER = said(5, Role.REQUESTER, "I will sue you and want my money back!")


def test_only_what_customers_had_written_is_left() -> None:
    then = before_reply(past(ASKED, NOTE, AGAIN, REPLIED, LATER))
    assert then is not None
    assert then.comments == (ASKED, AGAIN)
    assert (then.status, then.tags, then.priority, then.assignee_id) == (Status.OPEN, frozenset(), None, None)
    assert (then.custom_fields, then.cc, then.flags) == ({}, (), {TicketFlag.ASSOCIATED})
    assert then.updated_at == AGAIN.created_at
    assert then.headers == {}


def test_what_came_later_changes_nothing() -> None:
    plain = past(ASKED, REPLIED, said(6, Role.REQUESTER, "Thanks"))
    others = [
        past(ASKED, replace(REPLIED, text="I refund you 90 EUR.", raw_text="x"), LATER),
        past(ASKED, REPLIED, LATER, said(6, Role.AGENT, "Sorry!"), tags=frozenset({"vip"}), cc=()),
        past(ASKED, NOTE, REPLIED, LATER, flags=frozenset(), status=Status.OPEN, custom_fields={}),
        replace(plain, metrics=PastMetrics(reopens=3), rating=Rating(vendor_score="b", contentment=Contentment.BAD)),
    ]
    then = [before_reply(item) for item in others]
    assert [replace(item, flags=frozenset()) for item in then if item] == [
        replace(before_reply(plain), flags=frozenset())  # type: ignore[type-var]  # a customer has written
    ] * len(others)


def test_without_a_later_mail_its_headers_are_those_of_then() -> None:
    then = before_reply(past(ASKED, REPLIED))
    assert then is not None
    assert then.headers == {"from": "m@x.example"}
    assert before_reply(past(said(1, Role.AGENT, "We wrote first"))) is None


def test_the_first_reply_is_a_persons_and_answers_a_customer() -> None:
    ours = said(2, Role.CONNECTOR, "automatic")
    assert past(said(1, Role.AGENT, "Hello"), ASKED, REPLIED).reply == past(ASKED, REPLIED).reply
    assert past(ASKED, NOTE).reply is None
    assert (past(ASKED, ours, REPLIED).ours, past(ASKED, REPLIED, ours).ours) == (True, False)
    assert said_later(past(ASKED, REPLIED, LATER)) == (LATER.text,)


@pytest.fixture(scope="module")
def rules() -> Rules:
    return parse_rules(starters.folder("signals"), tried=True)


@pytest.mark.parametrize(
    ("reply", "more", "kinds"),
    [
        ("It left on Monday.", {}, []),
        ("We will refund you 20 EUR.", {}, ["reply_promises"]),
        ("Es tut uns leid. Das Paket kommt am Montag.", {}, ["reply_apologises"]),
        ("I have forwarded this to our billing team.", {}, ["reply_escalates"]),
        ("Could you tell us your order number?", {}, ["asked_for_more"]),
        ("It left. Is there anything else I can do?", {}, []),
        ("It left.", {"metrics": PastMetrics(reopens=1)}, ["reopened"]),
        ("It left.", {"metrics": PastMetrics(groups=2)}, ["escalated"]),
    ],
)
def test_what_people_did_speaks_against_a_send(
    rules: Rules, reply: str, more: dict[str, Any], kinds: list[str]
) -> None:
    answer = replace(REPLIED, text=reply, raw_text=reply)
    assert [name for name, _ in violations(past(ASKED, answer, **more), "It left on Monday.", rules)] == kinds


def test_later_words_and_an_unhappy_customer_speak_against_it_too(rules: Rules) -> None:
    unhappy = replace(past(ASKED, REPLIED, LATER), rating=Rating(vendor_score="bad", contentment=Contentment.BAD))
    assert [name for name, _ in violations(unhappy, "It left.", rules)] == ["rated_bad", "later_signal"]
    promised = past(ASKED, replace(REPLIED, text="We will refund you 20 EUR."))
    assert not list(violations(promised, "We will refund you the amount.", rules)), "the approved reply says the same"


def test_questions_and_moves() -> None:
    assert asks("Hello. Which size do you have? Bye.") == "Which size do you have?"
    assert not asks("Haben Sie sonst noch Fragen?")
    assert not escalated(past(ASKED, metrics=PastMetrics(groups=1, assignees=2)))


def test_likeness_counts_words() -> None:
    assert token_f1("Your order left.", "your ORDER left!") == 1.0
    assert token_f1("a b c d", "c d e f") == 0.5
    assert token_f1("", "a") == 0.0
    assert edit_distance("a b c d", "a x c d") == 0.25
    assert edit_distance("a b c", "") == 1.0
    assert edit_distance("", "") == 0.0
    assert edit_distance("Grüße aus Köln", "grusse aus koln") == 0.0


@pytest.mark.parametrize("length", [3, 59, 61, 130, 500])
def test_the_band_never_says_less_than_the_full_distance(length: int) -> None:
    one = [f"w{number}" for number in range(length)]
    other = [*(f"x{number}" for number in range(length // 2)), *one[length // 3 :]]
    full = _full(one, other) / max(len(one), len(other))
    banded = edit_distance(" ".join(one), " ".join(other))
    assert full - 1e-9 <= banded <= 1.0
    if length <= 60:
        assert banded == pytest.approx(full)


def _full(one: list[str], other: list[str]) -> int:
    before = list(range(len(other) + 1))
    for row, word in enumerate(one, start=1):
        now = [row]
        for column, item in enumerate(other, start=1):
            now.append(min(before[column - 1] + (word != item), before[column] + 1, now[-1] + 1))
        before = now
    return before[-1]


def test_answers_from_one_macro_have_one_fingerprint() -> None:
    first = "Hello Mara,\nyour order 4711 left on Monday.\nAnn"
    assert fingerprint(first) == fingerprint("Hello Jon,\nyour order 99 left on Monday.\nAnn")
    assert fingerprint(first) != fingerprint("Hello Mara,\nplease restart the device.\nAnn")
