"""Numbers that a thread holds: whose they are, which one counts, and what is none."""

from __future__ import annotations

import pytest
from drafting_builders import CONFIG, comment, starter_templates, ticket, triage

from connector.drafting import draft, wanted_lookups
from connector.drafting.asking import asks_for_known
from connector.drafting.details import own_reference, thread_facts
from connector.model import LookupAnswer, Role

TEMPLATES = starter_templates()
AGENT = comment("I asked the warehouse about order NO-2025-900001.", role=Role.AGENT)


def test_a_number_of_an_older_message_is_looked_up() -> None:
    thread = ticket(subject="Tent", comments=(comment("Where is my order 48551?"), AGENT, comment("Any news?")))
    assert wanted_lookups(thread, triage(), TEMPLATES) == (("order", "48551"),)


def test_the_newest_number_wins() -> None:
    thread = ticket(
        subject="Order 48551",
        comments=(comment("Where is my order 48551?"), AGENT, comment("Thanks. And order 48600?"), comment("Hello?")),
    )
    facts = {"order_number": "48551", "other_order_number": "48600"}
    assert wanted_lookups(thread, triage(facts=facts), TEMPLATES) == (("order", "48600"),)


@pytest.mark.parametrize("role", [Role.AGENT, Role.OTHER_CUSTOMER])
def test_a_number_that_somebody_else_wrote_is_not_the_requesters(role: Role) -> None:
    foreign = comment("It is about order 48777.", role=role)
    assert wanted_lookups(ticket(comments=(foreign, comment("Any news?"))), triage(), TEMPLATES) == ()
    facts = {"order_number": "48777"}
    assert wanted_lookups(ticket(comments=(comment("Any news?"), foreign)), triage(facts=facts), TEMPLATES) == ()


def test_what_he_quotes_is_not_his_own() -> None:
    quoting = comment("Any news?")
    quoted = ticket(comments=(type(quoting)(**{**_fields(quoting), "raw_text": "Any news?\n> Your order 48777"}),))
    assert wanted_lookups(quoted, triage(), TEMPLATES) == ()


def _fields(value: object) -> dict[str, object]:
    return {name: getattr(value, name) for name in value.__slots__}  # type: ignore[attr-defined]


def test_the_subject_counts_last() -> None:
    asked = ticket("Any news?", subject="Re: order 48551")
    assert own_reference("order_number", asked, triage()) == "48551"
    assert own_reference("order_number", ticket("Order 48600, please.", subject="order 48551"), triage()) == "48600"


def test_the_reply_names_the_order_that_was_looked_up() -> None:
    thread = ticket(
        comments=(comment("Where is my order 48551?"), comment("Mine is order 48777.", role=Role.OTHER_CUSTOMER))
    )
    found = {"order": LookupAnswer(kind="order", reference="48551", facts={"status": "processing"})}
    made = draft(thread, triage(facts={"order_number": "48777"}), CONFIG, TEMPLATES, found, ())
    assert made is not None
    assert "order 48551 " in made.text
    assert "48777" not in made.text


def test_a_number_after_a_hash_is_a_number() -> None:
    known = triage("return_request", facts={"order_number": "#47655"})
    made = draft(ticket("Please send a label for order #47655."), known, CONFIG, TEMPLATES, {}, ())
    assert made is not None
    assert made.template == "return_request/order_known"
    assert "order #47655." in made.text


@pytest.mark.parametrize(
    "text", ["Please send all twelve invoices for 2024.", "Die Rechnung 2024 fehlt.", "invoices from 2024 and 2025"]
)
def test_a_year_is_no_invoice_number(text: str) -> None:
    assert "invoice_number" not in thread_facts(ticket(text), triage("invoice_copy"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Rechnungskopie RE 88214", "RE 88214"),
        ("invoice no. 2024-088", "2024-088"),
        ("Invoice: R-2025-11873", "R-2025-11873"),
    ],
)
def test_an_invoice_number_is_one(text: str, number: str) -> None:
    assert thread_facts(ticket(text), triage("invoice_copy"))["invoice_number"] == number


def test_the_number_of_a_booking_is_that_of_an_order() -> None:
    assert thread_facts(ticket("Buchung LT-90077, zwölf Bücher"), triage())["order_number"] == "LT-90077"


def test_to_say_that_something_is_needed_is_to_ask_for_it() -> None:
    text = "To prepare your return we need the order number. Please send it to us."
    assert asks_for_known(text, {"order_number": "47655"})
