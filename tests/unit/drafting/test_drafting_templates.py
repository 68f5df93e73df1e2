from __future__ import annotations

import itertools
import re

import pytest
from drafting_builders import CONFIG, comment, starter_templates, ticket, triage
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.drafting import draft, parse_templates, review, wanted_lookups
from connector.drafting.wording import DISCLOSURE, greeting_line, safe_name
from connector.errors import ConfigurationError
from connector.model import AccountConfig, LookupAnswer, Requester, Role, Source

TEMPLATES = starter_templates()
ORDER_FACTS = {
    "carrier": "Paketbär",
    "tracking_number": "PB4410027718DE",
    "tracking_url": "https://tracking.nordlicht.example/PB4410027718DE",
    "shipped_on": "2025-11-10",
    "expected_on": "2025-11-13",
    "dispatch_by": "2025-11-12",
    "delivered_on": "2025-11-12",
    "delivered_to": "Nachbarn",
}
DRAFTED_INTENTS = {
    "order_status", "invoice_copy", "password_reset_link", "return_policy", "shipping_information", "product_how_to",
    "contact_and_hours", "plan_and_pricing", "order_change", "return_request", "refund_status", "delivery_problem",
    "technical_problem", "feature_request", "subscription_change",
}  # fmt: skip


def order(**facts: str) -> dict[str, LookupAnswer]:
    return {"order": LookupAnswer(kind="order", reference="NO-2025-118204", facts=facts)}


def failed(checks: tuple[object, ...]) -> list[object]:
    return [check for check in checks if not check.passed]  # type: ignore[attr-defined]


def test_every_auto_and_approval_intent_has_a_template_in_both_languages() -> None:
    assert set(TEMPLATES.by_intent) == DRAFTED_INTENTS
    assert all(template.speaks("en") and template.speaks("de") for template in TEMPLATES.by_intent.values())


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("status", ["delivered", "shipped", "announced", "processing"])
def test_every_combination_of_order_facts_reads_well_and_passes_its_checks(language: str, status: str) -> None:
    known = triage(language=language, facts={"order_number": "NO-2025-118204"})
    the_ticket = ticket("Where is NO-2025-118204?")
    for count in (0, 1, 2, len(ORDER_FACTS)):
        for names in itertools.combinations(ORDER_FACTS, count):
            found = order(status=status, **{name: ORDER_FACTS[name] for name in names})
            made = draft(the_ticket, known, CONFIG, TEMPLATES, found, ())
            assert made is not None
            assert made.complete
            assert made.template == f"order_status/{status}"
            assert "[" not in made.text
            assert not re.search(r"  |\n\n\n|\.\.| [.,:]", made.text)
            assert not failed(review(made, the_ticket, known, CONFIG, found)), made.text


def test_an_order_reply_reads_as_it_should() -> None:
    found = order(status="shipped", **ORDER_FACTS)
    made = draft(
        ticket(), triage(language="de", facts={"order_number": "NO-2025-118204"}), CONFIG, TEMPLATES, found, ()
    )
    assert made is not None
    assert made.text.startswith(
        "Guten Tag Mirela Okafor,\n\nvielen Dank für Ihre Nachricht. Ihre Bestellung NO-2025-118204"
    )
    assert "Dem Paketdienst haben wir sie am 10. November 2025 übergeben." in made.text
    assert made.text.endswith(DISCLOSURE["de"])


def test_a_missing_order_number_is_asked_for_and_keeps_the_draft_incomplete() -> None:
    made = draft(ticket("wheres my parcel"), triage(), CONFIG, TEMPLATES, {}, ())
    assert made is not None
    assert made.missing == ("order_number",)
    assert not made.complete


def test_a_given_order_number_is_never_asked_for_again() -> None:
    known = triage(facts={"order_number": "NO-2025-118204"})
    made = draft(ticket("Where is NO-2025-118204?"), known, CONFIG, TEMPLATES, {}, ())
    assert made is not None
    assert not made.complete
    assert made.promises_hand_off
    assert "NO-2025-118204" in made.text
    assert not failed(review(made, ticket("Where is NO-2025-118204?"), known, CONFIG, {}))


def test_a_second_order_number_is_left_to_a_person() -> None:
    known = triage(facts={"order_number": "NO-1", "other_order_number": "NO-2"})
    made = draft(ticket(), known, CONFIG, TEMPLATES, order(status="processing"), ())
    assert made is not None
    assert made.missing == ("other_order_number",)


@pytest.mark.parametrize("language", ["fr", "pl", "und"])
def test_no_draft_in_a_language_without_texts(language: str) -> None:
    assert draft(ticket(), triage(language=language), CONFIG, TEMPLATES, {}, ()) is None


def test_no_draft_for_an_intent_without_a_template() -> None:
    assert draft(ticket(), triage("billing_dispute"), CONFIG, TEMPLATES, {}, ()) is None


def test_a_passage_becomes_the_body_and_its_source_is_named() -> None:
    source = Source(
        id="en/returns.md#0",
        title="Returns",
        url="https://help.nordlicht.example/returns",
        text="You can return any item within 30 days.",
    )
    made = draft(ticket("How long can I return it?"), triage("return_policy"), CONFIG, TEMPLATES, {}, (source,))
    assert made is not None
    assert made.complete
    assert "You can return any item within 30 days." in made.text
    assert "https://help.nordlicht.example/returns" in made.text
    assert made.sources[0] == source


def test_a_passage_that_does_not_mention_the_country_asked_for_is_no_complete_answer() -> None:
    source = Source(id="x#0", title="Shipping", text="We ship within Germany for 4.90 EUR.")
    known = triage("shipping_information", facts={"country": "Norway"})
    made = draft(ticket("Do you ship to Norway?"), known, CONFIG, TEMPLATES, {}, (source,))
    assert made is not None
    assert made.missing == ("country",)


def test_a_source_on_a_foreign_host_is_not_linked() -> None:
    source = Source(id="x#0", title="Returns", url="https://elsewhere.example/", text="Returns are possible.")
    made = draft(ticket(), triage("return_policy"), CONFIG, TEMPLATES, {}, (source,))
    assert made is not None
    assert "elsewhere" not in made.text


def test_facts_from_the_ticket_never_become_links_or_states() -> None:
    facts = {"order_number": "NO-1", "status": "delivered", "tracking_url": "https://evil.example/x"}
    made = draft(ticket(), triage(facts=facts), CONFIG, TEMPLATES, {}, ())
    assert made is not None
    assert made.template == "order_status/not_found"
    assert "evil" not in made.text


def test_a_reference_that_looks_like_none_is_not_repeated() -> None:
    made = draft(ticket(), triage(facts={"order_number": "1 http://evil.example/claim"}), CONFIG, TEMPLATES, {}, ())
    assert made is not None
    assert made.template == "order_status/ask_number"


@given(st.text(max_size=60))
def test_a_greeting_repeats_nothing_but_a_plain_name(name: str) -> None:
    assert re.fullmatch(r"(?:[^\W\d_]|['’ -]){0,40}", safe_name(name))


def test_names_that_are_advertisements_are_left_out() -> None:
    assert safe_name("Mirela O'Hara-Smith") == "Mirela O'Hara-Smith"
    for name in ("Claim http://x.example", "WIN 500", "guest-3312", "Visit evil.example now please", ""):
        assert safe_name(name) == ""


@pytest.mark.parametrize(
    "name",
    [
        "Full Refund Approved",
        "Re-Fund Granted",
        "Ré-Fund Done",
        "Free Replacement",
        "We Guarantee It",
        "Erstattung Genehmigt",
        "Kostenlos Ersetzt",
        "Our Own Fault",
        "Volle Erstattung",
        "Rеfund Ada",  # a Cyrillic letter
        "Ada 48551",
        "Ada@Example",
        "Ada Berta Carla Dora Emma",
        "Abcdefghijk Abcdefghijk Abcdefghijk Abcde",
    ],
)
def test_a_greeting_repeats_no_decision_that_nobody_took(name: str) -> None:
    assert safe_name(name) == ""
    config = AccountConfig(company="Brightwater")
    assert greeting_line(config, Requester(id="1", name=name, email=None, verified=None), "en") == "Hello,"


@pytest.mark.parametrize("name", ["Ada Freeman", "Warren Grant", "Carla De La Cruz", "Ja Yeon Kim", "Нина Петрова"])
def test_a_name_that_is_one_stays(name: str) -> None:
    assert safe_name(name) == name


def test_wanted_lookups_name_kind_and_reference() -> None:
    asked, facts = ticket("Where is NO-1?"), {"order_number": "NO-1"}
    assert wanted_lookups(asked, triage(facts=facts), TEMPLATES) == (("order", "NO-1"),)
    assert wanted_lookups(asked, triage("invoice_copy", facts=facts), TEMPLATES) == (("invoice", "NO-1"),)
    assert wanted_lookups(asked, triage(), TEMPLATES) == ()
    assert wanted_lookups(asked, triage("complaint", facts=facts), TEMPLATES) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("intent = ", "x.toml: not valid TOML"),
        ('intent = "a"', "x.toml: variants must be"),
        ('intent = "a"\ncolour = 1\n[[variants]]\nname="b"\nen=["c"]', "x.toml: colour is not a key"),
        ('intent = "a"\n[[variants]]\nname="b"', "x.toml: variants\\[1\\].en must be"),
        ('intent = "a"\n[[variants]]\nname="b"\nen=["{{ticket.id}}"]', "variants\\[1\\].en must be facts as"),
        ('intent = "a"\npassages = 9\n[[variants]]\nname="b"\nen=["c"]', "passages must be 1, 2 or 3"),
    ],
)
def test_a_broken_template_names_file_and_key(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        parse_templates({"x.toml": text})


def test_two_templates_for_one_intent_are_refused() -> None:
    text = 'intent = "a"\n[[variants]]\nname="b"\nen=["c"]'
    with pytest.raises(ConfigurationError, match="another file"):
        parse_templates({"x.toml": text, "y.toml": text})


@settings(max_examples=60, deadline=None)
@given(
    intent=st.sampled_from(sorted(DRAFTED_INTENTS)),
    language=st.sampled_from(["en", "de"]),
    body=st.text(max_size=200),
    name=st.text(max_size=30),
    number=st.none() | st.from_regex(r"[A-Z]{2}-[0-9]{4}-[0-9]{6}", fullmatch=True),
)
def test_whatever_a_customer_writes_an_embedded_draft_passes_its_own_checks(
    intent: str, language: str, body: str, name: str, number: str | None
) -> None:
    facts = {"order_number": number} if number else {}
    the_ticket = ticket(name=name, comments=(comment(body), comment("Noted.", role=Role.AGENT), comment(body or "?")))
    known = triage(intent, language, facts)
    made = draft(the_ticket, known, CONFIG, TEMPLATES, {}, ())
    assert made is not None
    assert (
        not made.complete
        or intent in {"feature_request", "technical_problem", "subscription_change"}
        or number
        or (intent == "refund_status")
    )
    assert not failed(review(made, the_ticket, known, CONFIG, {}))
    assert made.text.endswith(DISCLOSURE[language])
