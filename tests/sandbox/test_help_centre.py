"""The help centres of the two invented companies, as files and as served."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, date, datetime

import pytest

from connector.sandbox import Sandbox, help_centre
from tests.sandbox.conftest import Client

ALL = [(company, a) for company in help_centre.COMPANIES for a in help_centre.articles(company)]
PUBLISHED = [(company, a) for company, a in ALL if not a["draft"] and not a["internal"]]


def test_there_are_enough_articles_in_both_languages() -> None:
    count = Counter((company, a["locale"]) for company, a in PUBLISHED)
    assert sum(count.values()) >= 124
    assert min(count.values()) >= 20
    assert len(count) == 4
    assert sum(a["draft"] for _, a in ALL) == sum(a["internal"] for _, a in ALL) == 4


def test_every_article_has_headings_a_date_and_links_to_its_company_only() -> None:
    for company, article in ALL:
        assert 2 <= article["body"].count("<h2>") <= 5, article["title"]
        assert date.fromisoformat(article["updated"]) < date(2026, 6, 1)
        hosts = re.findall(r'href="https?://([^/"]+)', article["body"])
        assert set(hosts) <= {f"{company}.example"}, article["title"]


def test_no_title_and_no_paragraph_stands_twice() -> None:
    assert len({a["title"] for _, a in ALL}) == len(ALL)
    paragraphs = Counter(p for _, a in ALL for p in re.findall(r"<p>(.{30,}?)</p>", a["body"]))
    assert [p for p, n in paragraphs.items() if n > 1] == []


def test_unknown_companies_and_malformed_files_are_refused() -> None:
    with pytest.raises(ValueError, match="Unknown company"):
        help_centre.articles("harbour-cycles")
    with pytest.raises(ValueError, match=r"x\.md"):
        help_centre._split("x.md", "title: No fence\n")


def test_a_date_in_the_future_of_the_sandbox_becomes_now() -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert help_centre.changed_at("2026-05-01", now) == now
    assert help_centre.changed_at(None, now) == now
    assert help_centre.changed_at("2025-05-01", now) == datetime(2025, 5, 1, tzinfo=UTC)


def test_zendesk_serves_northwind_and_freshdesk_lumenwerk(sandbox: Sandbox, zendesk: Client, freshdesk: Client) -> None:
    german = zendesk.get("/help_center/de/articles?per_page=100").json()["articles"]
    assert {a["title"] for a in german} >= {"Zelte und Ausrüstung leihen", "Konto gesperrt: was jetzt?"}
    found = freshdesk.get("/search/solutions", params={"term": "Kopplungscode"}).json()
    assert [a["title"] for a in found] == ["Terminal: ein Tablet für alle"]
    assert "<h2>PIN</h2>" in found[0]["description"]
    assert found[0]["updated_at"] == "2026-02-13T00:00:00Z"
    assert not freshdesk.get("/search/solutions", params={"term": "Tindra"}).json()
