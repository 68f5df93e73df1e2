"""Figures of masking on a handful of marked texts and labelled tickets."""

from __future__ import annotations

from connector.evaluation.dataset import Labelled
from connector.evaluation.masking import MarkedText, marked_texts, measure_masking, measure_references
from connector.masking import Kind, Masking, Span
from connector.triage.dataset import ticket_from_row


def labelled(body: str, **facts: str) -> Labelled:
    row = {"id": "t1", "from": "x1@example.com", "subject": "", "body": body, "facts": facts}
    return Labelled(id="t1", row=row, ticket=ticket_from_row(row))


def test_recall_counts_whole_values_and_precision_what_was_marked() -> None:
    texts = [
        MarkedText(text="me: anna@example.com", spans=(Span(kind=Kind.MAIL, start=4, end=20),)),
        MarkedText(text="it is Ruritania", spans=(Span(kind=Kind.MAIL, start=6, end=15),)),
        MarkedText(text="also bob@example.com", spans=()),
        MarkedText(text="or eve@example.com", spans=(), others=((3, 18),)),
    ]
    found = measure_masking(texts, Masking())["by_kind"]["mail"]
    assert (found["recall"]["hits"], found["recall"]["n"]) == (1, 2)
    assert (found["precision"]["hits"], found["precision"]["n"]) == (2, 3)
    assert found["recall"]["low"] < 0.5 < found["recall"]["high"]


def test_a_value_that_is_masked_in_part_is_not_found() -> None:
    marked = MarkedText(text="see Annastrasse 5 gone", spans=(Span(kind=Kind.ADDRESS, start=4, end=22),))
    found = measure_masking([marked], Masking())["by_kind"]["place"]
    assert found["recall"]["hits"] == 0
    assert found["precision"]["hits"] == 1


def test_rows_of_the_public_set_are_read_and_foreign_kinds_are_others() -> None:
    row = {
        "full_text": "Anna in Oslo",
        "spans": [
            {"entity_type": "PERSON", "start_position": 0, "end_position": 4},
            {"entity_type": "GPE", "start_position": 8, "end_position": 12},
        ],
    }
    assert marked_texts([row]) == (
        MarkedText(text="Anna in Oslo", spans=(Span(kind=Kind.NAME, start=0, end=4),), others=((8, 12),)),
    )


def test_a_reference_that_is_masked_is_counted_and_named() -> None:
    rows = [
        labelled("order 48551 please", order_number="48551"),
        labelled("my code is 48551, thanks", order_number="48551"),
        labelled("invoice RE 88214", invoice_number="RE 88214", other_invoice_number="RE 1"),
    ]
    found = measure_references(rows, Masking())
    assert (found["masked"]["hits"], found["masked"]["n"]) == (1, 3)
    assert found["ids"] == ["t1"]


def test_the_facts_that_are_measured_can_be_chosen() -> None:
    found = measure_references([labelled("call 0171 3920044", phone="0171 3920044")], Masking(), facts=("phone",))
    assert found["masked"]["share"] == 1.0
