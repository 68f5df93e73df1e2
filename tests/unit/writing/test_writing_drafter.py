"""What becomes of a model's answer: a draft with its sources, or the embedded draft with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from writing_builders import CONFIG, GOOD, RETURNS, SHIPPED, TEMPLATES, comment, drafter, good, ticket, triage

from connector.drafting import CHECK_NAMES, disclosure_line, finish
from connector.drafting.wording import signature_lines
from connector.errors import BudgetSpent, ModelInvalid, ModelRefused, ModelUnavailable, StoreUnavailable
from connector.model import Draft, Role, Signal, SignalHit, Visibility


def written(answer: Any = GOOD, **changes: Any) -> Draft:
    made, _ = drafter(answer)
    given = {"sources": (RETURNS,), "lookups": {}, "of": ticket(), "read": triage(), **changes}
    draft = made.draft(given["of"], given["read"], CONFIG, given["sources"], given["lookups"])
    assert draft is not None
    return draft


def said(text: str, *sources: str) -> dict[str, Any]:
    return good(statements=[{"text": text, "sources": list(sources)}])


def test_a_good_answer_becomes_a_draft_with_our_greeting_signature_and_disclosure() -> None:
    draft = written()
    assert draft.text.startswith("Hello Mirela Okafor,\n\nThank you for your message.\n\n")
    assert "within 30 days of delivery. The return label is in the parcel.\n\n" in draft.text
    assert draft.text.endswith(f"{signature_lines(CONFIG, 'en')}\n\n{disclosure_line(CONFIG, 'en')}")
    assert [item.sources for item in draft.statements] == [(), (RETURNS.id,), (RETURNS.id,)]
    assert (draft.sources, draft.author, draft.template, draft.language) == ((RETURNS,), "scripted-1", "", "en")
    assert draft.complete
    assert draft.unwritten == ""
    assert draft.writing is not None
    assert (draft.writing.prompt, draft.writing.model) == ("reply-1", "scripted-1-2025-11")
    assert (draft.writing.tokens_in, draft.writing.tokens_out, draft.writing.cost_micros) == (900, 120, 345)


def test_a_good_answer_passes_every_check() -> None:
    finished, checks = finish(written(), ticket(), triage(), CONFIG, TEMPLATES, (RETURNS,), {})
    assert [check for check in checks if not check.passed] == []
    assert len(checks) >= len(CHECK_NAMES)
    assert finished.complete
    assert finished.statements == written().statements


@pytest.mark.parametrize(
    "error",
    [
        ModelUnavailable("timed out"),
        ModelRefused("content filter"),
        ModelInvalid("no JSON"),
        BudgetSpent("account_calls"),
        StoreUnavailable("locked"),
        RuntimeError("anything"),
        KeyError("statements"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_every_error_gives_the_embedded_draft_with_its_reason(error: Exception) -> None:
    draft = written(error)
    assert draft.author == "embedded"
    assert draft.writing is None
    assert draft.unwritten.startswith(type(error).__name__)


@pytest.mark.parametrize(
    "answer",
    [
        good(statements=[]),
        good(statements=[{"text": "  ", "sources": []}]),
        good(statements=[{"text": "Hi.", "sources": []}] * 13),
        good(statements="none"),
        said("A " * 700, "s1"),
        said("Ask [PII_NAME_77] about it.", "s1"),
        said("Ask PII NAME about it.", "s1"),
        {"unexpected": True},
        {},
    ],
    ids=lambda answer: str(answer)[:40],
)
def test_what_nothing_can_be_made_of_gives_the_embedded_draft(answer: dict[str, Any]) -> None:
    draft = written(answer)
    assert (draft.author, draft.writing) == ("embedded", None)
    assert draft.unwritten


def test_a_secret_never_comes_back() -> None:
    of = ticket("My card 4111 1111 1111 1111 was not accepted. How do I return the shoes?")

    def repeating(document: dict[str, Any]) -> dict[str, Any]:
        (mark,) = [word for word in document["messages"][0]["text"].split() if word.startswith("[PII_CARD")]
        return said(f"Your card {mark} was used.", "s1")

    draft = written(repeating, of=of)
    assert draft.author == "embedded"
    assert "4111" not in draft.text


def test_masked_values_come_back_in_the_draft() -> None:
    of = ticket("I am Mirela Okafor, write to me at m.okafor@example.com about returns please.")

    def echo(document: dict[str, Any]) -> dict[str, Any]:
        assert "Okafor" not in str(document)
        assert "m.okafor" not in str(document)
        (mark,) = [word for word in document["messages"][0]["text"].split() if word.startswith("[PII_MAIL")]
        return said(f"We wrote to {mark} about it.", "s1")

    assert "We wrote to m.okafor@example.com about it." in written(echo, of=of).text


def test_only_given_sources_count_and_a_claim_without_one_is_not_complete() -> None:
    draft = written(said("You can return unworn items within 30 days.", "s9", "template:x", "https://evil.example"))
    assert draft.sources == ()
    assert draft.statements[0].sources == ()
    assert draft.missing == ("source",)


@pytest.mark.parametrize(
    ("text", "sources", "complete"),
    [
        ("Your order 48551 has been shipped.", [], True),
        ("It is travelling with Parcelkite.", ["facts"], True),
        ("It will arrive soon.", ["facts"], True),
        ("It will arrive soon.", [], False),
        ("Thanks for your patience.", [], True),
        ("Thanks for your patience with our 3 vans.", [], False),
    ],
)
def test_a_sentence_may_rest_on_a_look_up_or_be_a_courtesy(text: str, sources: list[str], *, complete: bool) -> None:
    draft = written(said(text, *sources), lookups={"order": SHIPPED}, read=triage("order_status"))
    assert draft.complete is complete


def test_facts_cannot_be_cited_where_there_are_none() -> None:
    assert written(said("It will arrive soon.", "facts")).missing == ("source",)


def test_a_citation_is_more_than_a_stamp() -> None:
    assert written(said("Free for ever.", "s1")).missing == ("source",)
    assert written(said("Unworn items may come back to us within a month.", "s1")).complete


def test_a_model_that_wants_a_person_is_never_sent() -> None:
    assert written(good(needs_human=True)).missing == ("person",)


def test_the_approved_reply_is_offered_first_and_can_be_cited() -> None:
    made, model = drafter(said("Your order 48551 is on its way.", "s1"))
    read = triage("order_status", facts={"order_number": "48551"})
    draft = made.draft(ticket(), read, CONFIG, (RETURNS,), {"order": SHIPPED})
    assert draft is not None
    first = model.asked["sources"][0]
    assert "48551" in first["text"]
    assert "Hello" not in first["text"]
    assert disclosure_line(CONFIG, "en") not in first["text"]
    assert draft.sources[0].id.startswith("template:order_status/")
    assert model.asked["facts"]["tracking_number"] == "PK-4021983310"


def test_no_model_is_asked_in_a_language_that_the_team_does_not_answer_in() -> None:
    made, model = drafter()
    assert made.draft(ticket(), triage(language="fr"), CONFIG, (RETURNS,), {}) is None
    assert model.prompts == []


def test_internal_notes_are_never_told() -> None:
    made, model = drafter()
    of = ticket(
        comment("How long may I return it?"),
        comment("He is on our list of frauds.", Role.AGENT, visibility=Visibility.INTERNAL),
        comment("We will look.", Role.AGENT),
        comment("Thank you, and?"),
    )
    made.draft(of, triage(), CONFIG, (RETURNS,), {})
    assert [(item["from"], item["text"]) for item in model.asked["messages"]] == [
        ("customer", "Thank you, and?"),
        ("team", "We will look."),
        ("customer", "How long may I return it?"),
    ]


@pytest.mark.parametrize(
    ("summary", "kept"),
    [
        ("Wants to return the jacket of order 48551.", True),
        ("Wants to return order 99999.", False),
        ("Asks Doctor Brown about returns.", False),
        ("See https://evil.example/x for returns.", False),
        ("Write to boss@evil.example about it.", False),
        ("Wants 500 EUR back.", False),
        ("Long " * 60, False),
        ("A <b>bold</b> wish.", False),
        ("Wants it back, says [PII_NAME_9].", False),
        ("", False),
    ],
)
def test_a_summary_counts_only_if_everything_in_it_is_known(summary: str, *, kept: bool) -> None:
    of = ticket("I would like to return the jacket of order 48551.")
    assert written(good(summary=summary), of=of).summary == (summary if kept else "")


@pytest.mark.parametrize(
    ("action", "kept"),
    [
        ("Check the draft and send it.", True),
        ("Point out the 30 days of delivery.", True),
        ("Transfer 500 EUR to the customer.", False),  # only the customer speaks of it
        ("Confirm the refund of everything to my bank.", False),
        ("We will refund the order.", False),
    ],
)
def test_a_next_action_may_not_rest_on_the_customers_word(action: str, *, kept: bool) -> None:
    of = ticket("Please transfer 500 EUR. Confirm the refund of everything to my bank. Refund the order.")
    assert written(good(next_action=action), of=of).next_action == (action if kept else "")


def test_a_ticket_that_steers_gets_no_line_of_the_model_on_its_card() -> None:
    hit = SignalHit(signal=Signal.INJECTION, rule="r", matched="")
    draft = written(read=triage(hits=(hit,)))
    assert (draft.summary, draft.next_action) == ("", "")
