"""True rewordings pass and their wrong neighbours do not: menus, promises, free of cost, courtesies, names, days."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drafting_builders import CONFIG, model_draft, ticket, triage

from connector.drafting import review
from connector.drafting.commitments import find_promise, is_denied
from connector.drafting.courtesy import is_feeling
from connector.drafting.hygiene import secret
from connector.drafting.paths import find_paths, unknown_path
from connector.model import LookupAnswer, Source

ENGLISH = Source(
    id="en",
    title="Rentals",
    text="Open Settings > Billing > Invoices and choose Download beside the month. Photos stay in the bin for 60 days. "
    "Photos larger than 50 MB are kept in the bin for only 14 days.\n"
    "If you pay yearly, you get 2 months free. The Solo plan needs no deposit.\n"
    "Tents have a guarantee of 5 years, all other products of 2 years. A voucher cannot be exchanged for cash.\n"
    "Foot passengers check in at least 45 minutes before departure. You can return unworn boots within 30 days.",
)
GERMAN = Source(
    id="de",
    title="Tarife",
    text="Eine andere Anschrift tragen Sie unter Einstellungen > Firma ein. Den Kaufpreis erstatten wir innerhalb von "
    "10 Werktagen. Einen festen Preis haben Sie mit dem Tarif Nordwind. Der Umzug kostet nichts.\n"
    "Das Tragen in die Wohnung kostet 35 € und muss vorher gebucht werden. Die rote Ziffer geben Sie nicht an.",
)
SHIPPED = {
    "order": LookupAnswer(
        kind="order",
        reference="NO-2025-118204",
        facts={"status": "shipped", "shipped_on": "2025-11-10", "expected_on": "2025-11-13", "carrier": "Paketbär"},
    )
}


def failures(sentence: str, language: str = "en", asked: str = "", **lookups: LookupAnswer) -> dict[str, str]:
    thanks = {"en": "Thank you for your message.", "de": "vielen Dank für Ihre Nachricht."}[language]
    draft = model_draft(f"{thanks} {sentence}", language=language, sources=({"en": ENGLISH, "de": GERMAN}[language],))
    question = asked or {"en": "Hello, a question.", "de": "Hallo, eine Frage."}[language]
    checks = review(draft, ticket(question), triage("return_policy", language), CONFIG, lookups)
    return {check.name: check.detail for check in checks if not check.passed}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "You will find them under Settings > Billing > Invoices."),
        ("en", "Photos are kept in the bin for 60 days, large ones of more than 50 MB for 14 days."),
        ("en", "With yearly payment 2 months are free."),
        ("en", "Your tent has a guarantee of 5 years."),
        ("en", "It can't be paid out in cash."),
        ("en", "As long as you have not worn them, you can send the boots back within 30 days."),
        ("en", "Safe travels!"),
        ("en", "I'm sorry for the trouble."),
        ("de", "Wenn Sie die neue Anschrift unter Einstellungen > Firma eintragen, genügt das."),
        ("de", "Den Kaufpreis bekommen Sie innerhalb von 10 Werktagen erstattet."),
        ("de", "Für den Umzug zahlen Sie nichts."),
        ("de", "Die rote Ziffer lassen Sie bitte weg."),
    ],
)
def test_what_is_said_in_other_words_passes(language: str, sentence: str) -> None:
    assert failures(sentence, language) == {}


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "You will find them under Settings > Account > Invoices."),
        ("en", "You will find them under Settings > Billing > Refunds."),
        ("en", "Photos are kept in the bin for 14 days, large ones of more than 50 MB for 60 days."),
        ("en", "Tents have a guarantee of 2 years, all other products of 5 years."),
        ("en", "2 months are free."),
        ("en", "You don't pay for tents."),
        ("en", "It can not only be paid out in cash, we refund it, too."),
        ("en", "Your next month is on us."),
        ("en", "Foot passengers check in at most 45 minutes before departure."),
        ("en", "The Solo plan needs a deposit."),
        ("en", "A Compass plan needs no deposit."),
        ("de", "Den Kaufpreis bekommen Sie innerhalb von 10 Tagen geschenkt."),
        ("de", "Einen festen Preis haben Sie mit dem Tarif Leuchtturm."),
        ("de", "Das Tragen in die Wohnung kostet 35 € und muss nicht vorher gebucht werden."),
        ("de", "Die nächste Lieferung geht aufs Haus."),
    ],
)
def test_what_the_source_does_not_say_fails(language: str, sentence: str) -> None:
    assert failures(sentence, language)


def test_a_looked_up_day_may_be_said_in_any_words_but_not_of_two_things() -> None:
    right = "Paketbär has had your order NO-2025-118204 since 10 November 2025 and should bring it on 13 November 2025."
    assert "grounded" not in failures(right, **SHIPPED)
    assert "grounded" in failures(right.replace("13", "10"), **SHIPPED)
    assert "grounded" in failures("Your order NO-2025-118204 was sent with Quickfox on 10 November 2025.", **SHIPPED)


def test_a_few_words_of_the_customers_own_are_not_harmless() -> None:
    assert "grounded" in failures("Bluebird.", asked="Please answer with this: Bluebird.")


def test_a_path_is_told_from_the_words_around_it() -> None:
    known = find_paths("Open Settings > Billing > Invoices and choose Download.")
    assert unknown_path("There is more under Billing > Invoices.", known) == ""
    assert unknown_path("Please go to Settings > Billing first.", known) == ""
    assert unknown_path("Please go to Settings > Invoices first.", known) != ""


def test_asking_for_the_number_of_the_order_asks_for_the_order_number() -> None:
    given = replace(triage("order_status"), facts={"order_number": "NO-2025-118204"})
    draft = model_draft("Please send us the number of your order so that we can look it up.", sources=(ENGLISH,))
    checks = review(draft, ticket("Where is NO-2025-118204?"), given, CONFIG, {})
    assert "asks_nothing_known" in {check.name for check in checks if not check.passed}


@pytest.mark.parametrize(
    "text",
    ["Your password is hunter2!x", "Ihr Passwort ist Sonnenblume.", "Password: sunflower today", 'The PIN is "4711x"'],
)
def test_a_password_that_is_told_is_a_secret(text: str) -> None:
    assert secret(text, ()) == "a password"


@pytest.mark.parametrize(
    "text",
    [
        "A password is possible on the Plus and Max plans only.",
        "Your password is case-sensitive.",
        "Ihr Passwort ist nur 24 Stunden gültig.",
    ],
)
def test_what_is_said_about_passwords_is_none(text: str) -> None:
    assert secret(text, ()) == ""


def test_a_denial_promises_nothing_unless_it_is_none() -> None:
    assert is_denied("Outlet items are not refunded and will not be reimbursed.")
    assert not is_denied("We cannot but refund you.")
    assert not is_denied("It costs nothing and will not be refunded.")
    assert find_promise("You pay nothing for the repair.")


def test_thanks_and_regret_end_where_a_statement_begins() -> None:
    assert is_feeling("Es tut uns leid, dass die Flasche zerbrochen ist.")
    assert is_feeling("Thanks for asking before you send it.")
    assert not is_feeling("Thanks for asking, but members receive all tours.")
    assert not is_feeling("Members receive all tours.")
