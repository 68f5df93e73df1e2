"""Finding the right article: what is asked, what counts as found, and both ways to search side by side."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from connector.errors import ConfigurationError
from connector.evaluation.help_centre import COMPANIES, documents, filled_ledger
from connector.evaluation.quoting import measure_quoted, sealed
from connector.evaluation.report import retrieval_rows
from connector.evaluation.retrieval import (
    Answered,
    Question,
    ask_all,
    band_of,
    figures_of,
    gain,
    measure_retrieval,
    overlap,
    read_questions,
)
from connector.knowledge import LedgerKnowledge
from connector.model import Document, DocumentKind

QUESTIONS = Path(__file__).parents[3] / "data" / "retrieval" / "questions.jsonl"


def document(slug: str, title: str, text: str, language: str = "en") -> Document:
    return Document(id=f"acme/{language}/{slug}", kind=DocumentKind.ARTICLE, title=title, language=language, text=text)


RETURNS = document("returns", "Sending goods back", "You have thirty days.\n\n## Label\n\nWe mail you a label.")
HOURS = document("hours", "When we answer", "Our team answers from Monday to Friday.")
POSTAGE = document("porto", "Versandkosten", "Der Versand kostet vier Euro.", language="de")
SHELVES = {"acme": (RETURNS, HOURS, POSTAGE)}


def question(identity: str, text: str, *answers: Document, **changes: Any) -> Question:
    values = {"company": "acme", "language": answers[0].language, "subject": ""} | changes
    return Question(id=identity, text=text, answers=tuple(answer.id for answer in answers), **values)


LABEL = question("q1", "Where is my label?", RETURNS)
SUNDAY = question("q2", "Is anybody there at weekends?", HOURS)
PORTO = question("q3", "Was kostet der Versand?", POSTAGE)


class Weekends:
    """Places everything about the week in one direction and the rest in another."""

    name = "weekends 1"

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        week = [any(word in text for word in ("Monday", "weekends")) for text in texts]
        return np.array([[1.0, 0.0] if one else [0.0, 1.0] for one in week], dtype=np.float32)


def answered(place: int | None, asked: Question = LABEL, shared: float = 0.3) -> Answered:
    return Answered(question=asked, overlap=shared, place=place, ms=2.0)


def test_the_questions_are_many_and_ask_for_every_published_article() -> None:
    questions = read_questions(QUESTIONS)
    published = {document.id: document for company in COMPANIES for document in documents(company)}
    asked = Counter(question.answers[0] for question in questions)
    assert len(questions) >= 320
    assert asked.keys() == published.keys()
    assert min(asked.values()) >= 2
    assert sum(bool(question.subject) for question in questions) >= 20
    for one in questions:
        assert all(name.split("/")[:2] == [one.company, one.language] for name in one.answers)
        assert published.keys() >= set(one.answers)
    assert len({one.asked for one in questions}) == len(questions)


def test_what_the_public_may_not_read_is_not_searched() -> None:
    from connector.sandbox import help_centre

    hidden = [
        article["title"]
        for company in COMPANIES
        for article in help_centre.articles(company)
        if article["draft"] or article["internal"]
    ]
    public = [document.title for company in COMPANIES for document in documents(company)]
    assert hidden
    assert len(public) == len(set(public) - set(hidden)) >= 120


def test_an_article_has_the_name_of_its_file() -> None:
    from importlib.resources import files

    from connector.sandbox import help_centre

    for company in COMPANIES:
        for one in documents(company):
            text = (files(help_centre) / f"{one.id}.md").read_text(encoding="utf-8")
            assert f"title: {one.title}\n" in text


@pytest.mark.parametrize(
    "line",
    [
        "no json",
        "[]",
        '{"id": "q1"}',
        json.dumps({"id": "q", "company": "a", "language": "en", "subject": "", "text": "t", "answer": []}),
    ],
)
def test_a_line_that_is_no_question_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "questions.jsonl"
    path.write_text(line + "\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"questions\.jsonl line 1"):
        read_questions(path)


def test_an_id_stands_once(tmp_path: Path) -> None:
    row = {"id": "q", "company": "a", "language": "en", "subject": "", "text": "t", "answer": ["a/en/x"]}
    path = tmp_path / "questions.jsonl"
    path.write_text(f"{json.dumps(row)}\n{json.dumps(row)}\n", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"line 2: q stands there twice"):
        read_questions(path)


def test_both_ways_are_asked_the_same() -> None:
    encoder = Weekends()
    with filled_ledger(SHELVES, encoder) as ledger:
        found = measure_retrieval([LABEL, SUNDAY, PORTO], SHELVES, ledger.documents, encoder)
    assert found["words"]["recall_at_5"]["all"]["hits"] == 2, "the weekend shares no word with any article"
    assert found["encoder"]["recall_at_5"]["all"]["hits"] == 3
    assert found["encoder"]["recall_at_5"]["de"]["n"] == 1
    assert found["gain"]["difference"] == pytest.approx(1 / 3)
    assert found["words"]["bands"]["0-10%"] | {"low": 0, "high": 0} == {
        "hits": 0,
        "n": 1,
        "share": 0.0,
        "low": 0,
        "high": 0,
    }
    assert found["words"]["ms"]["median"] > 0


def test_without_an_encoder_the_table_says_so() -> None:
    with filled_ledger(SHELVES) as ledger:
        found = measure_retrieval([LABEL, SUNDAY], SHELVES, ledger.documents, None)
    assert found["encoder"] is None
    rows = {row.figure: row for row in retrieval_rows(found)}
    assert rows["among five, all"].open.startswith("50.0%")
    assert rows["among five, all"].sealed == "not installed"
    assert rows["more among five than by words alone"].sealed == "not installed"


def test_an_article_that_is_not_there_is_no_miss() -> None:
    stray = question("q9", "Hello?", document("gone", "Gone", "Gone."))
    with pytest.raises(ConfigurationError, match="acme/en/gone"), filled_ledger(SHELVES) as ledger:
        measure_retrieval([stray], SHELVES, ledger.documents, None)


def test_the_subject_is_searched_too() -> None:
    ticket = question("q4", "Hello, it never came.", RETURNS, subject="Label")
    assert ticket.asked == "Label Hello, it never came."


def test_words_are_shared_with_the_nearest_of_the_right_articles() -> None:
    known = {one.id: one for one in SHELVES["acme"]}
    assert overlap(LABEL, known) == 1.0
    assert overlap(SUNDAY, known) == 0.0
    assert overlap(question("q5", "label", HOURS, RETURNS), known) == 1.0
    assert overlap(question("q6", "label, parrot", RETURNS), known) == 0.5
    assert overlap(question("q7", "And the?", RETURNS), known) == 0.0


@pytest.mark.parametrize(
    ("value", "band"),
    [(0.0, "0-10%"), (0.1, "10-25%"), (0.25, "25-50%"), (0.49, "25-50%"), (0.5, "50% and more"), (1.0, "50% and more")],
)
def test_bands_meet_without_a_gap(value: float, band: str) -> None:
    assert band_of(value) == band


def test_any_right_article_counts_where_it_first_stands() -> None:
    both = question("q8", "?", RETURNS, HOURS)
    found = ask_all([both, LABEL], [0.0, 0.0], lambda _question: (POSTAGE.id, HOURS.id, RETURNS.id))
    assert [item.place for item in found] == [2, 3]
    nothing = ask_all([LABEL], [0.0], lambda _question: ())
    assert nothing[0].place is None
    assert not nothing[0].within(5)


def test_recall_is_counted_at_one_and_at_five() -> None:
    found = figures_of([answered(1), answered(5), answered(None), answered(2, PORTO, 0.7)])
    assert found["recall_at_1"]["all"]["hits"] == 1
    assert found["recall_at_5"]["all"]["hits"] == 3
    assert found["recall_at_5"]["de"]["share"] == 1.0
    assert found["bands"]["50% and more"]["n"] == 1
    assert found["tickets"]["n"] == 0
    assert found["ms"] == {"median": 2.0, "p95": 2.0}


def test_the_gain_counts_what_is_lost_too() -> None:
    before = [answered(1), answered(None, SUNDAY), answered(None, PORTO), answered(9, PORTO)]
    after = [answered(None), answered(2, SUNDAY), answered(3, PORTO), answered(5, PORTO)]
    found = gain(before, after)
    assert found["difference"] == 0.5
    assert found["low"] < 0.5 < found["high"]


def test_what_a_draft_would_quote_is_right_another_or_nothing() -> None:
    shelves = {**SHELVES, "other": (document("label", "Labels", "Where is the label? We print it."),)}
    asked = [LABEL, question("q4", "Are unicorns vegetarians?", HOURS), question("q5", "Sending the label?", HOURS)]
    with filled_ledger(shelves) as ledger:
        found = measure_quoted(asked, LedgerKnowledge(ledger.documents), shelves)
    assert {name: found[name]["hits"] for name in ("right", "other", "nothing", "elsewhere")} == {
        "right": 1,
        "other": 1,
        "nothing": 1,
        "elsewhere": 1,
    }
    assert found["elsewhere"]["n"] == 3


def test_the_sealed_half_is_the_same_in_every_run() -> None:
    questions = read_questions(QUESTIONS)
    half = sealed(questions)
    assert 0.4 < len(half) / len(questions) < 0.6
    assert half == sealed(questions)
