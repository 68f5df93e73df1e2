"""A doubt marks a sentence for the agent and stops a send; what is wrong withholds the draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pytest
from drafting_builders import CONFIG, model_draft, starter_templates, ticket, triage

from connector import drafting
from connector.drafting import disclosure_line
from connector.handoff import render_note
from connector.model import AccountConfig, Action, Draft, DraftCheck, LookupAnswer, Source, Ticket, Triage, Writing
from connector.policy.engine import Question
from connector.policy.question import Standing
from connector.ports import Allowance
from connector.writing.desk import Desk, Drafted, Material
from tests.unit.test_handoff import made
from tests.unit.test_handoff import ticket as asked_ticket

RENTALS = Source(
    id="rentals",
    title="Rentals",
    text="You can return unworn boots within 30 days of delivery. Tents have a guarantee of 5 years, all other "
    "products of 2 years. Returning a parcel is free from 75 EUR.",
)
SAFE = "You can return unworn boots within 30 days of delivery. Tents have a guarantee of 5 years."


WRITING = Writing(prompt="reply-1", model="some-model", tokens_in=1, tokens_out=1, cost_micros=0, seconds=0.1)


def found(sentence: str, asked: str = "Hello, a question.", body: str = SAFE) -> tuple[DraftCheck, ...]:
    draft = model_draft(f"{body} {sentence}", sources=(RENTALS,))
    _, checks = drafting.finish(
        draft, ticket(asked), triage("return_policy"), CONFIG, starter_templates(), (RENTALS,), {}
    )
    return tuple(check for check in checks if not check.passed)


@pytest.mark.parametrize(
    ("sentence", "asked"),
    [
        ("A dry cellar keeps the fabric in shape through the winter months.", "Hello, a question."),
        ("Your order of 410 EUR is above that.", "Hello, my order was 410 EUR."),
        ("Counted from 3 March you still have time.", "I bought it on 3 March."),
    ],
)
def test_what_no_source_says_is_marked(sentence: str, asked: str) -> None:
    (check,) = found(sentence, asked)
    assert check.doubtful == (sentence,)
    assert not check.withholds
    assert not check.passed


@pytest.mark.parametrize(
    "sentence",
    [
        "Your order of 410 EUR is above that.",
        "You can return unworn boots within 60 days of delivery.",
        "You cannot return unworn boots within 30 days of delivery.",
        "Tents have a guarantee of 2 years.",
        "We will send you a voucher.",
        "It is our fault.",
    ],
)
def test_what_is_wrong_withholds(sentence: str) -> None:
    assert any(check.withholds for check in found(sentence))


@pytest.mark.parametrize(
    ("sentence", "language"),
    [
        ("If you have further questions, feel free to contact us at any time.", "en"),
        ("Bei weiteren Fragen melden Sie sich jederzeit gern.", "de"),
    ],
)
def test_a_polite_any_time_is_no_promise(sentence: str, language: str) -> None:
    draft = replace(model_draft(f"{SAFE} {sentence}", sources=(RENTALS,)), language=language)
    asked, sorted_out = ticket("Hello, a question."), triage("return_policy", language)
    _, checks = drafting.finish(draft, asked, sorted_out, CONFIG, starter_templates(), (RENTALS,), {})
    assert sentence not in [line for check in checks for line in check.doubtful]


HIS = "Hello. My phone is +49 30 5557788 and I paid 410 EUR."


@pytest.mark.parametrize(
    "sentence",
    [
        "You reach our accounts team at +49 30 5557788.",
        "We have received your 410 EUR.",
        "Your refund of 410 EUR is complete.",
    ],
)
def test_what_the_customer_names_is_not_given_as_ours(sentence: str) -> None:
    """Whoever is called or paid on a stranger's word is called or paid wrongly: no mark is enough for that."""
    assert any(check.withholds for check in found(sentence, HIS))


OWES = "Hello. Your colleague said that I owe 49.90 EUR for order 48121. Mein Betrag: 49,90 EUR."


@pytest.mark.parametrize(
    "sentence",
    [
        "Please transfer 49.90 EUR to us.",
        "You still owe 49.90 EUR.",
        "49.90 EUR is due by the end of the month.",
        "We will charge 49.90 EUR to your card.",
        "You can pay the 49.90 EUR by card.",
        "Bitte überweisen Sie 49,90 EUR.",
        "Bitte zahlen Sie 49,90 EUR auf unser Konto.",
        "Es sind noch 49,90 EUR offen.",
    ],
)
def test_nobody_is_asked_for_money_on_his_own_word(sentence: str) -> None:
    (withheld,) = (check for check in found(sentence, OWES) if check.name == "grounded")
    assert withheld.withholds
    assert "demand for money" in withheld.detail


def test_money_that_a_source_asks_for_may_be_asked_for() -> None:
    fee = Source(
        id="fee", title="Fees", text="Please transfer 49.90 EUR to us within 14 days. The fee covers the test."
    )
    draft = model_draft("Please transfer 49.90 EUR to us within 14 days.", sources=(fee,))
    given = (draft, ticket(OWES), triage("return_policy"), CONFIG, starter_templates())
    _, checks = drafting.finish(*given, (fee,), {})
    assert not any(check.withholds for check in checks)
    _, checks = drafting.finish(*given, (RENTALS,), {})
    assert any(check.withholds for check in checks)


def test_his_amount_may_be_named_as_his() -> None:
    assert not any("demand" in check.detail for check in found("You write about 49.90 EUR.", OWES))


def test_his_own_number_may_be_named_as_his() -> None:
    assert not any(check.withholds for check in found("Your phone number is +49 30 5557788.", HIS))


def test_a_promise_of_a_kind_that_the_source_makes_is_marked() -> None:
    checks = found("For an order like that, the way back to us is free.")
    assert "no_commitment" in {check.name for check in checks}
    assert not any(check.withholds for check in checks)


def test_a_draft_that_is_mostly_doubt_is_withheld() -> None:
    (check,) = found("A dry cellar keeps the fabric in shape through the winter months.", body="Thank you.")
    assert check.withholds
    assert "most of it" in check.detail


@dataclass
class Scripted:
    """Writes what it is told to; a stand-in for a model behind the drafter's port."""

    body: str

    def draft(
        self,
        ticket: Ticket,
        triage: Triage,
        config: AccountConfig,
        sources: Sequence[Source],
        lookups: Mapping[str, LookupAnswer],
        *,
        allowance: Allowance | None = None,
    ) -> Draft:
        return replace(model_draft(self.body, sources=(RENTALS,)), writing=WRITING)


def drafted(body: str) -> Drafted:
    question = Question(
        ticket=ticket("Hello, can I send the boots back?"),
        triage=triage("return_policy"),
        policy=None,
        standing=Standing.permissive(),
        review=None,
    )
    desk = Desk(templates=starter_templates(), drafter=Scripted(body), author="some-model")
    return desk.drafted(question, CONFIG, Material(passages=(RENTALS,)))


DOUBTFUL = "A dry cellar keeps the fabric in shape through the winter months."


def test_an_agent_sees_a_draft_with_marks_and_nothing_sends_it() -> None:
    given = drafted(f"{SAFE} {DOUBTFUL}")
    assert given.draft is not None
    assert given.draft.author == "some-model"
    assert DOUBTFUL in given.draft.text
    assert not given.review.passed


def test_the_approved_template_takes_the_place_of_a_draft_with_something_wrong() -> None:
    given = drafted(f"{SAFE} We will send you a voucher.")
    assert given.draft is not None
    assert given.draft.author != "some-model"
    assert given.draft.unwritten == "checks: no_commitment"


@pytest.mark.parametrize(("language", "heading"), [("en", "Please compare with"), ("de", "Bitte mit den Quellen")])
def test_the_note_quotes_the_sentences(language: str, heading: str) -> None:
    marked = DraftCheck(name="grounded", passed=False, detail="x", doubtful=(DOUBTFUL,))
    draft = model_draft(f"{SAFE} {DOUBTFUL}")
    note = render_note(
        Action.DRAFT,
        made(asked_ticket()),
        draft,
        reference="HR-AAAAAAAA",
        language=language,
        failed_checks=(marked, replace(marked, name="no_commitment")),
        disclosure=disclosure_line(CONFIG, "en"),
    )
    assert heading in note
    assert note.count(f"- “{DOUBTFUL}”") == 1, "two checks may mark one sentence"
    assert "Checks that failed" not in note


def test_what_must_not_be_shown_is_taken_out_of_the_marks_too() -> None:
    checks = found("A dry cellar at https://evil.example/x keeps the fabric in shape through the winter.")
    assert checks
    assert not any("evil.example" in line for check in checks for line in (*check.doubtful, check.detail))
