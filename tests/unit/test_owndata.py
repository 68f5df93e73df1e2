"""Records and articles that are readable and still of no use are named."""

from __future__ import annotations

import json
from pathlib import Path

from connector import starters
from connector.drafting import parse_templates
from connector.intents import parse_catalogue
from connector.knowledge import FolderKnowledge
from connector.owndata import unknown_intents, useless_records

TEMPLATES = parse_templates(starters.folder("templates"))
ARTICLE = "---\ntitle: Opening hours\nlanguage: en\nintents: [{intents}]\n---\nFrom 9 to 5.\n"


def test_a_status_that_no_reply_knows_is_named_with_its_row(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("kind,reference,email,status\norder,1,a@b.example,shipped\norder,2,a@b.example,In transit\n")
    (found,) = useless_records(file, TEMPLATES)
    assert found.startswith("row 2 (order): status 'In transit' is none of announced, delivered, processing, shipped")
    assert "a@b.example" not in found


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = tmp_path / "orders.csv"
    file.write_text("kind,reference,email,state\norder,1,a@b.example,shipped\n")
    assert list(useless_records(file, TEMPLATES)) == ["row 1 (order): there is no status"]


def test_json_invoices_need_their_link_and_kinds_must_be_known(tmp_path: Path) -> None:
    good = {"kind": "invoice", "reference": "R-1", "facts": {"invoice_url": "https://billing.acme.example/R-1"}}
    rows = [good, {"kind": "invoice", "reference": "R-2", "facts": {"invoice_date": "x"}}, {"kind": "orders"}]
    file = tmp_path / "rows.json"
    file.write_text(json.dumps({"rows": rows}))
    assert list(useless_records(file, TEMPLATES)) == [
        "row 2 (invoice): there is no invoice_url",
        "row 3: the kind 'orders' is none of invoice, order",
    ]


def test_the_sample_data_is_of_use() -> None:
    data = Path(__file__).parents[2] / "data"
    assert list(useless_records(data / "lookups.json", TEMPLATES)) == []
    catalogue = parse_catalogue(starters.folder("intents"))
    assert list(unknown_intents(FolderKnowledge(data / "sources").articles, catalogue)) == []


def test_an_article_for_an_unknown_intent_is_named() -> None:
    catalogue = parse_catalogue(starters.folder("intents"))
    knowledge = FolderKnowledge({"hours.md": ARTICLE.format(intents="contact_and_hours, opening_hours")})
    assert list(unknown_intents(knowledge.articles, catalogue)) == ["hours.md: there is no intent 'opening_hours'"]
