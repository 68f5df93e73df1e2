from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.triage.facts import find_facts


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("Where is order 48551?", "order_number", "48551"),
        ("order #47903 has not shipped", "order_number", "#47903"),
        ("#47903 still not here", "order_number", "#47903"),
        ("Meine Bestellung 5530-2310 vom Montag", "order_number", "5530-2310"),
        ("Bestellnr. NL48930-A", "order_number", "NL48930-A"),
        ("NO-2025-114408", "order_number", "NO-2025-114408"),
        ("Ma commande 100 291 008 n'est pas partie", "order_number", "100 291 008"),
        ("mi pedido número 48120", "order_number", "48120"),
        ("il mio ordine 49230", "order_number", "49230"),
        ("Mijn bestelling 47120", "order_number", "47120"),
        ("Moje zamówienie nr 49402", "order_number", "49402"),
        ("48551 is my order number", "order_number", "48551"),
        ("order no-2025-120045 pls", "order_number", "no-2025-120045"),
        ("Please resend invoice TW-INV-2025-0388", "invoice_number", "TW-INV-2025-0388"),
        ("die Rechnung RE 91002 fehlt", "invoice_number", "RE 91002"),
        ("Facture R-2025-11873", "invoice_number", "R-2025-11873"),
        ("Kundennummer K-61907", "customer_number", "K-61907"),
        ("customer number C-20917, workspace", "customer_number", "C-20917"),
        ("tracking number PP00471182", "tracking_number", "PP00471182"),
        ("Sendung 00340999112233 ist weg", "tracking_number", "00340999112233"),
        ("CSAT response for ticket 22-10456", "ticket_number", "22-10456"),
        ('The board says "Error 504".', "error_code", "504"),
        ("Fehlercode E-1043 am Display", "error_code", "E-1043"),
        ("I was charged £45.00 on Monday", "amount", "£45.00"),
        ("es wurden 1.249,90 € abgebucht", "amount", "1.249,90 €"),
        ("EUR 4,118.20", "amount", "EUR 4,118.20"),
        ("am 03.11. bestellt", "date", "03.11."),
        ("on the 10th of November", "date", "10th of November"),
        ("Transaction date: 2025-10-11", "date", "2025-10-11"),
        ("le 3 novembre", "date", "3 novembre"),
        ("die Rechnung aus dem Februar", "date", "Februar"),
        ("my address is b.wirth@example.com", "email", "b.wirth@example.com"),
        ("rufen Sie mich an: 0171 3920044", "phone", "0171 3920044"),
        ("ring +44 7700 900655 please", "phone", "+44 7700 900655"),
    ],
)
def test_a_fact_is_found_with_its_name(text: str, name: str, value: str) -> None:
    assert find_facts([text])[name] == value


def test_a_bare_number_is_an_order_number_where_the_matter_leaves_no_other_reading() -> None:
    text = "hey ist die 5530-1290 schon raus"

    assert find_facts([text], intent="order_status") == {"order_number": "5530-1290"}
    assert find_facts([text], intent="technical_problem") == {}


@pytest.mark.parametrize(
    "text",
    [
        "We sell bearings since 1987, in 24103 Kiel.",
        "Version 4.11.2 crashes",
        "It costs 4500 EUR",
        "open 9-17, Saturday 10-14",
        "The 2024 catalogue is lovely",
        "VAT number DE811569869",
        "call 0171 3920044",
    ],
)
def test_other_numbers_name_no_order(text: str) -> None:
    facts = find_facts([text], intent="order_status")

    assert not facts.keys() & {"order_number", "invoice_number", "tracking_number"}


def test_two_numbers_joined_by_and_are_both_orders() -> None:
    facts = find_facts(["Where are my orders 48551 and 48552?"])

    assert facts == {"order_number": "48551", "other_order_number": "48552"}


def test_what_replaces_something_is_told_apart() -> None:
    facts = find_facts(["Bitte ändern Sie die Nummer für die SMS-Codes von 0171 3920011 auf 0171 3920087."])

    assert facts == {"phone": "0171 3920011", "new_phone": "0171 3920087"}


def test_the_first_text_wins() -> None:
    assert find_facts(["order 48551", "order 11111"])["order_number"] == "48551"


def test_seats_and_country_depend_on_the_matter() -> None:
    assert find_facts(["please take the plan down from 11 to 9 seats"], intent="subscription_change") == {"seats": "9"}
    assert find_facts(["Liefert ihr nach Österreich?"], intent="shipping_information") == {"country": "Österreich"}
    assert find_facts(["Austria is lovely"], intent="complaint") == {}


def test_the_word_after_a_full_stop_names_nothing() -> None:
    assert "invoice_number" not in find_facts(["Thanks for the invoice. 48551 apples later I write again"])


@given(st.text(max_size=400), st.sampled_from(["", "order_status", "shipping_information", "subscription_change"]))
def test_any_text_can_be_read(text: str, intent: str) -> None:
    for name, value in find_facts([text], intent=intent).items():
        assert name
        assert value.strip()


@given(st.text(alphabet="0123456789 -#/+.,€R E", max_size=3000))
def test_numbers_without_end_are_read_in_time(text: str) -> None:
    find_facts([text], intent="order_status")
