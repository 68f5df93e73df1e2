from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.handoff import SUMMARY_LIMIT, TAG_LIMIT, card, render_note, render_reply, tags
from connector.model import (
    Action,
    Attachment,
    Card,
    Decision,
    Draft,
    DraftCheck,
    Priority,
    Reason,
    Role,
    Sentiment,
    Source,
    Stage,
    Statement,
    Ticket,
    Tier,
    Triage,
)
from tests import builders

NOW = datetime(2025, 11, 13, 9, 0, tzinfo=UTC)
LABELS = {"order_status": ("Order status", "Look up the order and tell the customer.")}
DECISION = Decision(
    action=Action.HAND_OFF,
    intent="order_status",
    tier=Tier.AUTO,
    stage=Stage.LIVE,
    reasons=(Reason(code="asks_for_human"),),
    gate=False,
    writes=True,
    policy_version="1",
)


def ticket(*messages: tuple[Role, str], subject: str = "", attachments: tuple[Attachment, ...] = ()) -> Ticket:
    comments = tuple(
        builders.comment(text, role, id=str(at), attachments=attachments) for at, (role, text) in enumerate(messages)
    )
    return builders.ticket(subject=subject, requester=builders.requester("Ada", "ada@example.com"), comments=comments)


def triage(facts: Mapping[str, str] | None = None) -> Triage:
    return builders.triage(sentiment=Sentiment.NEGATIVE, priority=Priority.HIGH, facts=facts or {})


def made(the_ticket: Ticket, facts: Mapping[str, str] | None = None) -> Card:
    return card(
        the_ticket,
        triage(facts),
        DECISION,
        labels=LABELS,
        owner="Returns desk",
        sources=(Source(id="s", title="Returns", url="https://help.nordlicht.example/returns"),),
        macros=("Order status",),
        reason_words=("The customer asks for a person.",),
    )


def test_the_card_takes_the_customers_own_sentences_without_greeting_and_closing() -> None:
    text = "Hi there,\n\nmy order NO-2025-118204 has not moved for days. I have tried the tracking page.\n\
When will it come?\n\nThanks!\nMirela"
    result = made(ticket((Role.REQUESTER, text)), {"order_number": "NO-2025-118204"})
    assert result.intent == "Order status"
    assert result.next_action == "Look up the order and tell the customer."
    assert result.priority is Priority.HIGH
    assert result.summary == "my order NO-2025-118204 has not moved for days. When will it come?"
    assert result.asked == ("When will it come?",)
    assert result.tried == ("I have tried the tracking page.",)
    assert result.owner == "Returns desk"


def test_facts_are_complete_against_the_whole_thread() -> None:
    result = made(
        ticket(
            (Role.REQUESTER, "Order 5530-1187, paid 49,90 €. Call me on 040 66969 310."),
            (Role.AGENT, "Which invoice?"),
            (Role.REQUESTER, "Invoice RE 88214 of 30.09.2025. And write to ada.second@example.com"),
        ),
        {"invoice_number": "RE 88214"},
    )
    assert dict(result.facts) == {
        "invoice_number": "RE 88214",
        "email": "ada.second@example.com",
        "date": "30.09.2025",
        "order_number": "5530-1187",
        "amount": "49,90 €",
        "phone": "040 66969 310",
    }


def test_a_second_order_number_is_kept_beside_the_first() -> None:
    result = made(ticket((Role.REQUESTER, "Order 5530-1187 and order 5530-2090")), {"order_number": "5530-1187"})
    assert dict(result.facts) == {"order_number": "5530-1187", "other_order_number": "5530-2090"}


def test_a_message_without_text_still_has_a_summary() -> None:
    attachment = Attachment(name="photo.jpg", media_type="image/jpeg", size_bytes=10)
    assert made(ticket((Role.REQUESTER, ""), attachments=(attachment,))).summary == "(no text) photo.jpg"
    assert made(ticket((Role.REQUESTER, ""), subject="Broken chair")).summary == "Broken chair"
    assert made(ticket()).summary == "(no text)"


def test_an_intent_without_label_leaves_no_field_empty() -> None:
    result = card(
        ticket((Role.REQUESTER, "?")), triage(), DECISION, labels={}, owner="", sources=(), macros=(), reason_words=()
    )
    assert result.intent == "order_status"
    assert result.summary
    assert result.next_action


@settings(deadline=None)
@given(st.lists(st.text(max_size=500), max_size=4), st.text(max_size=80))
def test_the_four_fields_are_always_filled(texts: list[str], subject: str) -> None:
    result = made(ticket(*((Role.REQUESTER, text) for text in texts), subject=subject))
    assert result.intent
    assert result.next_action
    assert 0 < len(result.summary) <= SUMMARY_LIMIT


@pytest.mark.timeout(20)
@pytest.mark.parametrize("piece", ["0", "0 1", "A ", "invoice A", "a@", "1.", "!", "order 1", "€1", "-", "i tried "])
def test_a_long_hostile_message_is_summed_up_quickly(piece: str) -> None:
    assert made(ticket((Role.REQUESTER, piece * 20_000))).summary


DRAFT = Draft(
    text="Hello Ada,\n\nYour parcel is on its way.\n\nThis reply was written automatically.",
    language="en",
    author="embedded",
    template="order_status/shipped",
    sources=(Source(id="template:x", title="order_status/shipped"),),
    facts={},
    missing=("order_number",),
)


def test_articles_that_a_cited_draft_did_not_use_are_not_its_sources() -> None:
    """Articles that were offered but not used do not stand below a draft that rests on order data."""
    told = replace(
        DRAFT, template="", sources=(), statements=(Statement(text="Your parcel is on its way.", sources=()),)
    )
    offered = made(ticket((Role.REQUESTER, "When will it come?")))
    assert "Returns" in render_note(Action.HAND_OFF, offered, None, reference="HR-4KZ2M7QA", language="en")
    assert "Sources" not in render_note(Action.DRAFT, offered, told, reference="HR-4KZ2M7QA", language="en")


def test_the_note_has_a_fixed_layout() -> None:
    note = render_note(
        Action.DRAFT,
        made(ticket((Role.REQUESTER, "When will it come?")), {"order_number": "NO-1"}),
        DRAFT,
        reference="HR-4KZ2M7QA",
        language="en",
        failed_checks=(DraftCheck(name="no_commitment", passed=False, detail="promise: “we will refund”"),),
        disclosure="This reply was written automatically.",
    )
    assert note == (
        "Handrail: draft\n\n"
        "Intent: Order status\n"
        "Summary: When will it come?\n"
        "Priority: high\n"
        "Next step: Look up the order and tell the customer.\n"
        "Owner: Returns desk\n"
        "Sentiment: negative\n"
        "Language: en\n"
        "Already given: order number: NO-1\n\n"
        "Asked:\n- When will it come?\n\n"
        "----- Draft reply -----\nHello Ada,\n\nYour parcel is on its way.\n----- End of draft -----\n\n"
        "Missing for the reply:\n- order_number\n\n"
        "Checks that failed:\n- no commitment: promise: “we will refund”\n\n"
        "Why:\n- The customer asks for a person.\n\n"
        "Sources:\n- Reply approved by your team\n\n"
        "Suggested macros:\n- Order status\n\n"
        "Ref HR-4KZ2M7QA"
    )


@pytest.mark.parametrize("language", ["en", "de", "fr"])
@pytest.mark.parametrize("action", list(Action))
def test_every_note_names_its_action_and_ends_with_its_reference(action: Action, language: str) -> None:
    note = render_note(action, made(ticket()), None, reference="HR-AAAAAAAA", language=language)
    assert note.startswith("Handrail: ")
    assert note.splitlines()[-1] == "Ref HR-AAAAAAAA"


def test_german_agents_read_german_words() -> None:
    note = render_note(Action.HAND_OFF, made(ticket()), None, reference="HR-AAAAAAAA", language="de")
    assert note.startswith("Handrail: hand-off\n\nAnliegen: ")
    assert "Priorität: hoch" in note


def test_the_reply_is_the_draft() -> None:
    assert render_reply(DRAFT) == DRAFT.text


def test_tags_replace_our_own_and_touch_no_others() -> None:
    present = {"hr", "hr_order_status", "hr_draft", "vip", "hrx_draft", "threads"}
    assert tags("hr_", "refund_status", Action.AUTO_SEND, present) == (
        {"hr", "hr_refund_status", "hr_sent"},
        {"hr_order_status", "hr_draft"},
    )


def test_the_longest_intent_fits() -> None:
    added, _ = tags("hr_", "subscription_cancellation", Action.HAND_OFF)
    assert added == {"hr", "hr_subscription_cancellation", "hr_handoff"}


@given(
    prefix=st.from_regex(r"[a-z][a-z0-9_]{0,19}", fullmatch=True),
    intent=st.from_regex(r"[a-z_]{1,60}", fullmatch=True),
    action=st.sampled_from(list(Action)),
    present=st.sets(st.text(alphabet="abchr_", max_size=12), max_size=8),
)
def test_tags_always_fit_and_only_own_tags_go(prefix: str, intent: str, action: Action, present: set[str]) -> None:
    added, removed = tags(prefix, intent, action, present)
    own = prefix.rstrip("_-") + "_"
    assert all(len(tag) <= TAG_LIMIT for tag in added)
    assert all(tag.startswith(own) and tag in present for tag in removed)
    assert not added & removed
    assert tags(prefix, intent, action, (present - removed) | added) == (added, frozenset())


def test_two_long_intents_stay_apart() -> None:
    first, _ = tags("a_rather_long_prefix_", "subscription_cancellation_eu", Action.DRAFT)
    second, _ = tags("a_rather_long_prefix_", "subscription_cancellation_us", Action.DRAFT)
    assert len(first & second) == 2
