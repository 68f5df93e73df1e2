"""The history that a new user gives the sandbox before the first import: `python tools/seed_history.py DESK 620`."""

from __future__ import annotations

import json

from tests.sandbox.conftest import Client
from tools import seed_history

MORE_THAN_LABELLED = 620


def test_as_many_tickets_as_were_asked_for_stand_there_answered_and_solved(desk: Client, zendesk: Client) -> None:
    seed_history.main(desk.base, MORE_THAN_LABELLED)
    assert len(seed_history.TICKETS.read_text(encoding="utf-8").splitlines()) < MORE_THAN_LABELLED
    solved = zendesk.get("/search.json", params={"query": "type:ticket status:solved"}).json()
    assert solved["count"] >= MORE_THAN_LABELLED


def test_no_two_histories_have_the_same_sender_or_no_words() -> None:
    made = [ticket for ticket, _ in seed_history.histories(MORE_THAN_LABELLED)]
    assert len({json.dumps(ticket["requester"]) for ticket in made}) == MORE_THAN_LABELLED
    assert all((ticket.get("body") or ticket["body_html"]).strip() for ticket in made)
