"""Free rewordings by somebody who never saw the checks: what passes by its form, not by a list, and what must not."""

from __future__ import annotations

import pytest
from drafting_builders import CONFIG, model_draft, ticket, triage

from connector.drafting import review
from connector.drafting.commitments import find_deed
from connector.drafting.courtesy import is_feeling
from connector.drafting.everyday import is_everyday
from connector.drafting.morphology import stock
from connector.drafting.values import find_values, values
from connector.model import LookupAnswer, Source

ENGLISH = Source(
    id="en",
    title="Delayed baggage",
    text="Necessary purchases are reimbursed up to €100 against receipts if the bag is delayed by more than 12 hours. "
    "Most bags are found within 48 hours and are delivered to your address. "
    "Blocking a card is free and cannot be undone. "
    "The final bill is sent within 6 weeks. The reception is staffed until 22:00.",
)
GERMAN = Source(
    id="de",
    title="Leasing",
    text="Nach der Freigabe durch den Arbeitgeber erhalten Sie einen Abholcode, der 60 Tage gültig ist. "
    "Kündigen können Sie mit einer Frist von 14 Tagen. Den Zählerstand lesen Sie am Gehäuse ab.",
)


def failures(sentence: str, language: str = "en", asked: str = "Hello.", **lookups: LookupAnswer) -> dict[str, str]:
    draft = model_draft(sentence, language=language, sources=({"en": ENGLISH, "de": GERMAN}[language],))
    checks = review(draft, ticket(asked), triage("return_policy", language), CONFIG, lookups)
    return {check.name: check.detail for check in checks if not check.passed}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Exciting news about the new flat!"),
        ("en", "I can see why that was confusing."),
        ("en", "Next comes the blocking of the card."),
        ("en", "Most of them turn up within two days."),
        ("en", "There's no charge for blocking the card."),
        ("en", "Because it's over 12 hours late, we reimburse what you had to buy, up to €100 and against receipts."),
        ("en", "The final bill follows no later than six weeks afterwards."),
        ("de", "Sie bekommen einen Code zum Abholen, der 60 Tage lang gilt."),
        ("de", "Es gilt eine vierzehntägige Kündigungsfrist."),
    ],
)
def test_a_free_rewording_passes(language: str, sentence: str) -> None:
    assert failures(sentence, language) == {}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "Bicycles and motor scooters travel in the luggage wagon."),
        ("en", "I have asked our accounts team to return the payment to your card."),
        ("en", "We will renew the link for you."),
        ("en", "Most of them turn up within two weeks."),
        ("en", "There's no charge for the final bill."),
        ("de", "Ich habe die Frist für Sie verlängert."),
        ("de", "Hunde und Katzen brauchen einen Impfausweis."),
    ],
)
def test_another_matter_or_a_deed_of_ours_does_not(language: str, sentence: str) -> None:
    assert failures(sentence, language)


def test_what_the_customer_states_about_himself_may_be_repeated_but_no_wish_question_or_amount() -> None:
    sentence = "Your train comes at 23:00, the reception is staffed until 22:00."
    assert failures(sentence, asked="Our train arrives at 11 pm. My train is in at 23:00.") == {}
    assert "grounded" in failures(sentence, asked="Is it open until 23:00?")
    assert "grounded" in failures("The final bill follows within 3 days.", asked="I want my final bill within 3 days.")
    assert "grounded" in failures("You bought clothes for €80.", asked="I bought clothes for €80.")


def test_the_weekday_of_a_day_that_was_found_may_be_named() -> None:
    found = LookupAnswer(kind="order", reference="NO-2025-118204", facts={"expected_on": "2025-11-13"})
    right = "Your order NO-2025-118204 is expected on Thursday, 13 November 2025."
    assert "grounded" not in failures(right, order=found)
    assert "grounded" in failures(right.replace("Thursday", "Friday"), order=found)


def test_an_order_number_that_begins_with_no_denies_nothing() -> None:
    found = LookupAnswer(kind="order", reference="NO-2025-118204", facts={"status": "shipped"})
    assert "grounded" in failures("Your order NO-2025-118204 has been delivered.", order=found)


def test_words_belong_together_by_their_letters() -> None:
    known = stock("Rufnummer, Freigabe durch den Anbieter; collected, prepaid labels")
    assert all(known.has(word) for word in ("rufnummernmitnahme", "nummer", "freigegeben", "collection", "label"))
    assert not any(known.has(word) for word in ("versicherung", "bicycle", "lampe"))


def test_everyday_words_are_known_in_any_form_and_matters_are_none() -> None:
    assert all(is_everyday(word) for word in ("bringing", "selection", "ausserdem", "mochten", "confusing"))
    assert not any(is_everyday(word) for word in ("parcel", "refund", "rechnung", "zahlung", "batterie"))


def test_one_span_in_two_units_is_one_value() -> None:
    assert values("within 48 hours") == values("within two days")
    assert {value.text for value in find_values("eine vierzehntägige Frist")} == {"14 day"}
    assert values("16 months old") != values("16 years old")


def test_courtesy_is_told_by_its_form_and_ends_where_a_statement_begins() -> None:
    assert is_feeling("How wonderful that you want to try it, Milo!")
    assert is_feeling("Schade, dass Sie gehen möchten, Herr Sievers.")
    assert is_feeling("Alles Gute im neuen Zuhause!")
    assert not is_feeling("Great, it will be delivered tomorrow.")


def test_looking_into_something_is_no_deed() -> None:
    assert find_deed("I've looked up your order.") == ""
    assert find_deed("Ich habe Ihre Bestellung gefunden.") == ""
    assert find_deed("Ich habe die Rückzahlung veranlasst.")
