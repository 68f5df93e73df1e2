"""A thousand webhooks, each delivered five times, shuffled, over eight connections: each effect once."""

from collections import Counter

import pytest

from connector.sandbox import Sandbox
from tests.pipeline.service import Service

TICKETS = 500  # on each helpdesk; a Zendesk ticket sends one webhook when it is made, as a Freshdesk one does

QUESTIONS = (
    "Hello, where is my order {n}? When will it arrive?",
    "Guten Tag, wo ist meine Bestellung {n} gerade?",
    "You charged my card twice for order {n}. I want the second amount back.",
    "Hi, how long may I return something from order {n} after it has arrived?",
)


@pytest.mark.timeout(600)
def test_every_webhook_has_exactly_its_effect(sandbox: Sandbox, service: Service) -> None:
    for vendor in ("zendesk", "freshdesk"):
        service.connect(sandbox, vendor, name=f"acme-{vendor}")
    sandbox.hold()
    tickets = [
        (vendor, sandbox.add_ticket(vendor, **_question(number)))
        for number in range(TICKETS)
        for vendor in ("zendesk", "freshdesk")
    ]
    held = len(sandbox.deliveries())
    assert held >= 2 * TICKETS
    for vendor, ticket in tickets[:: len(tickets) // 40]:
        sandbox.change(vendor, ticket, tags=["seen_by_a_colleague"])  # more webhooks for the same tickets
    sandbox.release(shuffle_seed=5)
    assert sandbox.drain(120)
    statuses = sandbox.redeliver(copies=4, shuffle_seed=6, connections=8)
    assert set(map(str, statuses)) == {"202"}
    service.wait_until_quiet(seconds=300)
    assert sandbox.drain(60)
    service.wait_until_quiet(seconds=60)

    notes = Counter((entry.vendor, entry.ticket) for entry in sandbox.journal.entries(verb="note", by="integration"))
    assert sandbox.journal.entries(verb="reply", by="integration") == []
    assert {ticket: notes[ticket] for ticket in tickets if notes[ticket] != 1} == {}
    assert sum(notes.values()) == len(tickets)
    assert service.command("events", "--state", "dead") == []


def _question(number: int) -> dict[str, object]:
    return {
        "subject": f"Question {number}",
        "body": QUESTIONS[number % len(QUESTIONS)].format(n=40_000 + number),
        "requester": {"name": "Mara Lindqvist", "email": f"mara{number}@example.com", "verified": True},
        "channel": "email",
    }
