"""What a draft may take from a past reply: words that hold in general, and neither figure, day, promise nor link."""

from __future__ import annotations

from dataclasses import replace

import pytest
from drafting_builders import CONFIG, model_draft, starter_templates, ticket, triage

from connector.citations import named
from connector.drafting import EmbeddedDrafter, finish
from connector.model import Source
from connector.policy.engine import Question, Standing
from connector.writing import Desk, Material

TICKET_URL = "https://acme.zendesk.com/agent/tickets/7"
REPLY = Source(
    id="reply:7:2#0",
    title="Past reply, 2026-09-24",
    text="Open the settings and choose the language there. The new page costs 20 EUR and comes within 3 days.",
    past=True,
    ticket_url=TICKET_URL,
)
ASKED = ticket("How do I choose the language in the settings?")
READ = triage("product_how_to")


def failed(body: str, source: Source) -> list[str]:
    draft = model_draft(f"Hello Mirela Okafor,\n\n{body}", sources=(source,))
    _, checks = finish(draft, ASKED, READ, CONFIG, starter_templates(), [source], {})
    return [check.name for check in checks if not check.passed]


@pytest.mark.parametrize(
    "figure",
    [
        "The new page costs 20 EUR.",
        "The new page comes within 3 days.",
        "You find it in the reply of 24 September 2026.",
        f"See {TICKET_URL} for more.",
    ],
)
def test_a_figure_or_link_of_a_past_reply_proves_nothing(figure: str) -> None:
    assert failed(f"Open the settings and choose the language there. {figure}", REPLY)
    assert failed("Open the settings and choose the language there.", REPLY) == []


def test_the_same_figure_of_an_article_is_proof() -> None:
    article = replace(REPLY, past=False, title="Languages", ticket_url="")
    assert failed("The new page costs 20 EUR and comes within 3 days.", article) == []


def test_a_draft_that_quotes_a_past_reply_says_so_and_shows_the_customer_no_ticket() -> None:
    question = Question(ticket=ASKED, triage=READ, policy=None, standing=Standing.permissive(), review=None)
    drafted = Desk(templates=starter_templates()).drafted(question, CONFIG, Material(passages=(REPLY,)))
    assert drafted.draft is not None
    assert "choose the language there" in drafted.draft.text
    assert TICKET_URL not in drafted.draft.text
    assert REPLY.title not in drafted.draft.text
    assert drafted.review.past_reply
    assert not drafted.review.passed
    article = replace(REPLY, past=False, text="Open the settings and choose the language there.")
    without = Desk(templates=starter_templates()).drafted(question, CONFIG, Material(passages=(article,)))
    assert not without.review.past_reply
    assert without.review.passed


def test_agents_see_the_day_and_the_ticket() -> None:
    assert named(REPLY, "approved") == f"Past reply, 2026-09-24 - {TICKET_URL}"
    written = EmbeddedDrafter(templates=starter_templates()).draft(ASKED, READ, CONFIG, (REPLY,), {})
    assert written is not None
    assert all(source.url == "" for source in written.sources)
