"""A statement is held against the sentence it rests on: a value, a place or a "not" of another matter does not pass."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drafting_builders import CONFIG, model_draft, ticket, triage

from connector.drafting import review
from connector.drafting.values import find_values
from connector.drafting.vocabulary import meanings, vocabulary
from connector.model import AccountConfig, LookupAnswer, Source, Statement

ENGLISH = Source(
    id="en",
    title="Shipping and returns",
    text="You can return any item within 30 days. Refunds are made within 14 days of its arrival.\n"
    "The original box is not needed, but the item should be packed well.\n"
    "Standard shipping within Germany costs 4.90 EUR and takes 2 to 4 working days. "
    "Orders of 75 EUR or more are shipped free within Germany. "
    "Express shipping costs 12.90 EUR if the order is placed before 12:00.\n"
    "Parcels to Norway cost 19.90 EUR and take 5 to 9 working days.\n"
    "Opening hours are Monday to Friday from 10:00 to 19:00 and Saturday from 10:00 to 18:00; on Sundays the store is "
    "closed.\nReturns from Austria are free of charge with our label. From other countries you "
    "pay the postage yourself.",
)
GERMAN = Source(
    id="de",
    title="Rückgabe und Tarife",
    text="Sie können jeden Artikel innerhalb von 30 Tagen zurückgeben. Der Originalkarton ist nicht nötig.\n"
    "Rücksendungen aus Österreich sind mit unserem Etikett kostenlos.\n"
    "Taskwell gibt es in drei Tarifen, berechnet je Platz und Monat: Starter für 5 EUR, Team "
    "für 9 EUR und Business für "
    "15 EUR. Bei jährlicher Zahlung ist es 15 % günstiger.\n"
    "Geöffnet ist Montag bis Freitag von 10:00 bis 19:00 Uhr und Samstag von 10:00 bis 18:00 Uhr.",
)


def failures(sentence: str, language: str = "en", **changes: object) -> dict[str, str]:
    thanks = {"en": "Thank you for your message.", "de": "vielen Dank für Ihre Nachricht."}[language]
    source = {"en": ENGLISH, "de": GERMAN}[language]
    draft = replace(
        model_draft(f"{thanks} {sentence}", language=language, sources=(source,)), **changes.pop("draft", {})
    )  # type: ignore[arg-type]
    checks = review(
        draft,
        ticket({"en": "Hello, a question.", "de": "Hallo, eine Frage."}[language]),
        triage("return_policy", language),
        changes.get("config", CONFIG),  # type: ignore[arg-type]
        changes.get("lookups", {}),  # type: ignore[arg-type]
    )
    return {check.name: check.detail for check in checks if not check.passed}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "You have 30 days to send any item back to us."),
        ("en", "You do not need the original box."),
        ("en", "Within Germany, standard delivery is 4.90 EUR and takes two to four working days."),
        ("en", "From an order value of 75 EUR, delivery within Germany is free."),
        ("en", "If you order before 12:00, express shipping is 12.90 EUR."),
        ("en", "On Saturdays our store is open between 10 am and 6 pm."),
        ("en", "The store stays closed on Sundays."),
        ("en", "Sending items back from Austria is free of charge with our label."),
        ("de", "Sie haben 30 Tage Zeit, um den Artikel zurückzuschicken."),
        ("de", "Den Originalkarton brauchen Sie dafür nicht."),
        ("de", "Rücksendungen aus Österreich sind mit unserem Etikett kostenfrei."),
        ("de", "Der Tarif Team kostet 9 EUR pro Platz und Monat."),
        ("de", "Wenn Sie jährlich zahlen, sparen Sie 15 %."),
    ],
)
def test_what_a_source_says_may_be_said_in_other_words(language: str, sentence: str) -> None:
    assert failures(sentence, language) == {}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "You have 14 days to send any item back to us."),
        ("en", "You need the original box."),
        ("en", "Within Germany, standard delivery is 12.90 EUR and takes two to four working days."),
        ("en", "Within Germany, standard delivery is 4.90 EUR and takes 5 to 9 working days."),
        ("en", "Delivery within Germany is free."),
        ("en", "If you order after 12:00, express shipping is 12.90 EUR."),
        ("en", "On Saturdays our store is open from 10:00 to 19:00."),
        ("en", "The store stays open on Sundays."),
        ("en", "Sending items back from Norway is free of charge with our label."),
        ("en", "Sending items back from Austria is not free of charge with our label."),
        ("en", "You have 30 days to send any item back to us, says Jonathan."),
        ("en", "We will replace any item within 30 days."),
        ("en", "Quickfox delivers parcels to Norway."),
        ("de", "Sie haben 15 Tage Zeit, um den Artikel zurückzuschicken."),
        ("de", "Den Originalkarton brauchen Sie dafür."),
        ("de", "Rücksendungen aus Österreich sind mit unserem Etikett kostenpflichtig."),
        ("de", "Der Tarif Team kostet 5 EUR pro Platz und Monat."),
        ("de", "Der Tarif Team kostet 9 EUR pro Platz und Jahr."),
        ("de", "Wir schicken Ihnen kostenlos Ersatz."),
        ("de", "Ihr Ansprechpartner ist Martin Schulz."),
        ("de", "Please contact us if you have any other questions about this."),
    ],
)
def test_what_stands_elsewhere_or_the_other_way_round_does_not_pass(language: str, sentence: str) -> None:
    assert failures(sentence, language)


def test_a_statement_rests_on_the_source_it_names_and_on_no_other() -> None:
    other = Source(id="other", title="Care", text="Wash the jacket at 30 degrees on a gentle cycle.")
    sentence = "Parcels to Norway cost 19.90 EUR and need 5 to 9 working days."
    for cited, passes in (("en", True), ("other", False)):
        given = {"sources": (ENGLISH, other), "statements": (Statement(text=sentence, sources=(cited,)),)}
        assert ("grounded" not in failures(sentence, draft=given)) is passes


FOUND = {
    "order": LookupAnswer(
        kind="order",
        reference="NO-2025-118204",
        facts={"status": "shipped", "shipped_on": "2025-11-10", "expected_on": "2025-11-13", "carrier": "Paketbär"},
    )
}


def test_what_was_found_about_one_order_is_not_said_of_another() -> None:
    right = "Your order NO-2025-118204 was shipped on 10 November 2025."
    assert "grounded" not in failures(right, lookups=FOUND)
    for wrong in (
        "Your order NO-2025-118205 was shipped on 10 November 2025.",
        "Your order NO-2025-118204 was shipped on 13 November 2025.",
        "Your order NO-2025-118204 has been delivered.",
    ):
        assert "grounded" in failures(wrong, lookups=FOUND), wrong


def voice(sentence: str, language: str, **kept: object) -> str:
    config: AccountConfig = replace(CONFIG, **kept)  # type: ignore[arg-type]
    return failures(sentence, language, config=config).get("house_style", "")


def test_a_reply_speaks_as_the_team_does() -> None:
    polite, familiar = "Gerne helfen wir Ihnen weiter.", "Gerne helfen wir dir weiter."
    assert voice(polite, "de", tone="formal") == ""
    assert "du" in voice(f"{polite} {familiar}", "de") or "dir" in voice(f"{polite} {familiar}", "de")
    assert "dir" in voice(familiar, "de", tone="formal")
    assert "Sie where" in voice(polite, "de", tone="friendly")
    assert voice("We're glad to help.", "en", tone="formal")
    assert voice("We're glad to help.", "en") == ""
    assert "glad" in voice("We are GLAD to help.", "en", avoid=("glad",))


def test_values_are_found_once_and_in_one_spelling() -> None:
    text = "Two to four working days, Monday to Friday from 10:00 to 6 pm, 4,90 € and 2 weeks"
    found = [(value.kind, value.text) for value in find_values(text)]
    assert found == [
        ("span", "2-4 workday"),
        ("days", "01234"),
        ("hours", "10:00-18:00"),
        ("money", "4.9 EUR"),
        ("span", "14 day"),
    ]


def test_words_of_one_row_mean_the_same_and_every_row_says_why() -> None:
    (german,) = meanings("kostenfrei")
    (english,) = meanings("free of charge")
    assert german.tokens & english.tokens
    assert vocabulary().opposites
