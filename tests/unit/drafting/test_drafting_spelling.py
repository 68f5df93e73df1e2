"""Values as a customer reads them."""

from __future__ import annotations

import pytest
from drafting_builders import CONFIG, starter_templates, ticket, triage

from connector.drafting import draft, review
from connector.drafting.spelling import is_code, spelt
from connector.model import LookupAnswer

TEMPLATES = starter_templates()


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        ("2025-11-10", "10 November 2025", "10. November 2025"),
        ("2025-03-01T23:30:00Z", "1 March 2025", "1. März 2025"),
        ("2025-03-01 08:15", "1 March 2025", "1. März 2025"),
        ("49.9", "49.9", "49.9"),
        ("49.90 EUR", "49.90 EUR", "49,90 EUR"),
        ("1234.50 €", "1,234.50 €", "1.234,50 €"),
        ("4,90 EUR", "4.90 EUR", "4,90 EUR"),
        ("$12", "$12", "$12"),
        ("1.234,50 €", "1.234,50 €", "1.234,50 €"),
        ("2025-02-30", "2025-02-30", "2025-02-30"),
        ("NO-2025-118204", "NO-2025-118204", "NO-2025-118204"),
    ],
)
def test_values_in_both_languages(value: str, english: str, german: str) -> None:
    assert spelt(value, "en") == english
    assert spelt(value, "de") == german
    assert spelt(value, "fr") == value


def test_a_code_is_no_word_for_a_customer() -> None:
    assert is_code("carrier", "dhl_express")
    assert is_code("status", "IN_TRANSIT")
    assert not is_code("tracking_number", "AB_12345")
    assert not is_code("carrier", "Paketbär")


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_reply_with_a_time_and_a_code_reads_well_and_passes_its_checks(language: str) -> None:
    facts = {"status": "shipped", "carrier": "dhl_express", "shipped_on": "2025-11-10T14:05:00Z"}
    found = {"order": LookupAnswer(kind="order", reference="NO-1", facts=facts)}
    asked, known = ticket("Where is NO-1?"), triage(language=language, facts={"order_number": "NO-1"})
    made = draft(asked, known, CONFIG, TEMPLATES, found, ())
    assert made is not None
    assert "dhl" not in made.text
    assert ("10 November 2025" if language == "en" else "10. November 2025") in made.text
    assert [check for check in review(made, asked, known, CONFIG, found) if not check.passed] == []
