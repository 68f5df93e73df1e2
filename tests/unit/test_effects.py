from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.effects import (
    FieldChanges,
    Freshness,
    Wording,
    agent_acted_since,
    freshness,
    note_in_place_of,
    plan,
    raised_priority,
)
from connector.identifiers import effect_id, time_sorted_id
from connector.model import (
    Action,
    Comment,
    CommentKind,
    Decision,
    EffectKind,
    Priority,
    Role,
    SenderWarning,
    Stage,
    Status,
    Ticket,
    TicketFlag,
    Tier,
    Visibility,
)
from tests import builders

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
TAGS = (frozenset({"hr", "hr_sent"}), frozenset({"hr_draft"}))


def comment(number: int, role: Role, visibility: Visibility = Visibility.PUBLIC) -> Comment:
    return builders.comment(
        f"text {number}",
        role,
        id=str(number),
        author_id=role.value,
        visibility=visibility,
        created_at=NOON + timedelta(minutes=number),
    )


def ticket(*comments: Comment) -> Ticket:
    return builders.ticket(
        *(comments or (comment(1, Role.REQUESTER),)),
        account_id="acme",
        id="7",
        subject="Where is it?",
        requester=builders.requester("Mara", "mara@example.com", id="r"),
        created_at=NOON,
        read_at=NOON + timedelta(seconds=5),
        stamp="2026-03-02T12:00:00Z",
    )


def decision(action: Action, *, writes: bool = True) -> Decision:
    return Decision(
        action=action,
        intent="order_status",
        tier=Tier.AUTO,
        stage=Stage.LIVE,
        reasons=(),
        gate=True,
        writes=writes,
        policy_version="1",
    )


def planned(action: Action, seen: Ticket, *, writes: bool = True, reply: str | None = "It is on its way."):
    return plan(
        decision=decision(action, writes=writes),
        ticket=seen,
        answered=seen.comments[0],
        wording=Wording(note=lambda reference: f"Handrail: draft\nBody\nRef {reference}", reply=reply),
        changes=FieldChanges(
            note_tags=(frozenset({"hr", "hr_draft"}), frozenset()),
            reply_tags=TAGS,
            priority=Priority.HIGH,
            status_after_send=Status.PENDING,
            group_id="5",
        ),
        revision=1,
    )


@pytest.mark.parametrize("action", [Action.IGNORE, Action.SHADOW])
def test_what_is_not_visible_writes_nothing(action: Action) -> None:
    assert planned(action, ticket()) == ()


def test_a_decision_that_stays_in_the_sidebar_writes_nothing() -> None:
    assert planned(Action.HAND_OFF, ticket(), writes=False) == ()


def test_a_send_is_one_reply_that_carries_its_note() -> None:
    (reply,) = planned(Action.AUTO_SEND, ticket())
    assert (reply.kind, reply.status, reply.group_id) == (EffectKind.REPLY, Status.PENDING, None)
    assert reply.tags_add == TAGS[0]
    note = note_in_place_of(reply, tags=(frozenset({"hr_draft"}), frozenset({"hr_sent"})), why="Not sent: it changed.")
    (drafted,) = planned(Action.DRAFT, ticket())
    assert note.id == drafted.id
    assert note.text == f"Handrail: draft\nNot sent: it changed.\nBody\nRef {note.reference}"
    assert (note.kind, note.status, note.note_instead) == (EffectKind.NOTE, None, None)


def test_a_send_without_a_usable_text_becomes_a_note() -> None:
    (effect,) = planned(Action.AUTO_SEND, ticket(), reply=None)
    assert effect.kind is EffectKind.NOTE


def test_only_a_hand_off_is_routed() -> None:
    assert planned(Action.HAND_OFF, ticket())[0].group_id == "5"
    assert planned(Action.DRAFT, ticket())[0].group_id is None


def test_one_reply_to_one_customer_comment_whatever_the_revision() -> None:
    ids = {
        effect_id(account_id="a", ticket_id="1", answers="9", kind=EffectKind.REPLY, revision=revision)
        for revision in range(5)
    }
    assert len(ids) == 1
    notes = {
        effect_id(account_id="a", ticket_id="1", answers="9", kind=EffectKind.NOTE, revision=revision)
        for revision in range(5)
    }
    assert len(notes) == 5


@given(st.lists(st.text(max_size=8), min_size=3, max_size=3), st.lists(st.text(max_size=8), min_size=3, max_size=3))
def test_different_comments_never_share_an_effect(one: list[str], two: list[str]) -> None:
    def identity(parts: list[str]) -> str:
        clean = [part.replace("\x1f", "") for part in parts]
        return effect_id(account_id=clean[0], ticket_id=clean[1], answers=clean[2], kind=EffectKind.REPLY, revision=0)

    same = [part.replace("\x1f", "") for part in one] == [part.replace("\x1f", "") for part in two]
    assert (identity(one) == identity(two)) is same


def test_ids_sort_by_time() -> None:
    later = NOON + timedelta(microseconds=1)
    assert time_sorted_id(NOON, b"\xff" * 8) < time_sorted_id(later, b"\x00" * 8)


def test_nothing_changed_is_current() -> None:
    seen = ticket()
    (effect,) = planned(Action.AUTO_SEND, seen)
    assert freshness(effect, replace(seen, stamp="later")) is Freshness.CURRENT


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: replace(t, comments=(*t.comments, comment(2, Role.AGENT))), Freshness.AGENT_REPLIED),
        (
            lambda t: replace(t, comments=(*t.comments, comment(2, Role.AGENT), comment(3, Role.REQUESTER))),
            Freshness.AGENT_REPLIED,
        ),
        (lambda t: replace(t, comments=(*t.comments, comment(2, Role.REQUESTER))), Freshness.NEWER_MESSAGE),
        (lambda t: replace(t, comments=(*t.comments, comment(2, Role.OTHER_CUSTOMER))), Freshness.NEWER_MESSAGE),
        (
            lambda t: replace(t, comments=(*t.comments, comment(2, Role.AGENT, Visibility.INTERNAL))),
            Freshness.CHANGED,
        ),
        (lambda t: replace(t, status=Status.PENDING), Freshness.CHANGED),
        (lambda t: replace(t, assignee_id="ines"), Freshness.CHANGED),
        (lambda t: replace(t, flags=frozenset({TicketFlag.MERGED})), Freshness.CHANGED),
    ],
)
def test_what_moved_is_seen_at_the_write(change, expected: Freshness) -> None:
    seen = ticket()
    (effect,) = planned(Action.AUTO_SEND, seen)
    assert freshness(effect, change(seen)) is expected


def test_an_internal_note_of_an_agent_means_that_a_person_is_at_work() -> None:
    seen = ticket(comment(1, Role.REQUESTER), comment(2, Role.AGENT, Visibility.INTERNAL))
    assert agent_acted_since(seen, seen.comments[0])
    assert not agent_acted_since(ticket(), ticket().comments[0])


def test_an_absence_note_after_the_question_does_not_take_its_place() -> None:
    note = replace(comment(2, Role.REQUESTER), warnings=frozenset({SenderWarning.MACHINE_GENERATED}))
    rating = replace(comment(3, Role.REQUESTER), kind=CommentKind.SURVEY)
    seen = ticket(comment(1, Role.REQUESTER), note, rating)
    assert seen.newest_customer_message is seen.comments[0]
    assert ticket(note).newest_customer_message is note


@pytest.mark.parametrize("current", [None, *Priority])
@pytest.mark.parametrize("wanted", list(Priority))
def test_priority_is_only_ever_raised(current: Priority | None, wanted: Priority) -> None:
    order = list(Priority)
    written = raised_priority(replace(ticket(), priority=current), wanted)
    if current is None or order.index(wanted) > order.index(current):
        assert written is wanted
    else:
        assert written is None
