"""Webhooks that never come and echoes of our own writes, between the real processes and a helpdesk."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.long.processes import wait_for
from tests.long.stand import Stand

DROPPED = 8
TURNS = 4
"""How often a machine answers us."""

MACHINE_SIGNS = {"zendesk": {"flags": [4]}, "freshdesk": {"auto_response": True}}
"""How each helpdesk says that nobody wrote a message by hand (Zendesk: flag 4 of a comment)."""


def stand_of(request: pytest.FixtureRequest, folder: Path, mode: str) -> Iterator[Stand]:
    with Stand(request.param, mode, folder) as stand:
        stand.begin(poll_seconds=1)
        yield stand


@pytest.fixture(scope="module", params=["zendesk", "freshdesk"])
def drafting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    yield from stand_of(request, tmp_path_factory.mktemp("deliveries") / "stand", "note")


@pytest.fixture(scope="module", params=["zendesk", "freshdesk"])
def sending(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    yield from stand_of(request, tmp_path_factory.mktemp("deliveries") / "stand", "reply")


def dropped(stand: Stand, *, tickets: int) -> list[int]:
    """No webhook of these tickets comes until the poll has found all of them; then all come, much too late."""
    stand.sandbox.hold()
    written = [stand.customer_writes() for _ in range(tickets)]
    stand.wait_until_all_written(written, seconds=300)
    assert stand.sandbox.deliveries(ticket=written[0])[0]["state"] == "held"
    stand.sandbox.release(shuffle_seed=3)
    stand.wait_until_all_settled(written, seconds=300)
    return written


def test_the_poll_finds_what_no_webhook_told(drafting: Stand) -> None:
    tickets = dropped(drafting, tickets=DROPPED)
    assert drafting.wrong(tickets) == {}


def echoed(stand: Stand, ticket: int, *, copies: int) -> None:
    """Every webhook of this ticket comes again so many times, those of our own writes among them."""
    assert set(stand.sandbox.redeliver(ticket=ticket, copies=copies, connections=4, shuffle_seed=5)) == {"202"}
    stand.wait_until_settled(ticket)


def test_echoes_of_our_own_writes_lead_to_none(sending: Stand) -> None:
    ticket = sending.customer_writes()
    sending.wait_until_settled(ticket)
    writes = len(writing_calls(sending))
    for _ in range(TURNS):
        echoed(sending, ticket, copies=3)
    assert len(writing_calls(sending)) == writes
    assert (sending.notes(ticket), sending.replies(ticket)) == (0, 1)


def writing_calls(stand: Stand) -> list[str]:
    return [call.path for call in stand.sandbox.journal.calls(vendor=stand.vendor) if call.method in ("PUT", "POST")]


def answered_by(stand: Stand, ticket: int, text: str, **signs: object) -> None:
    """A message on the customer's side, and everything that the helpdesk says about it is dealt with."""
    stand.sandbox.add_comment(stand.vendor, ticket, text=text, **signs)
    assert stand.sandbox.drain(60)
    stand.wait_until_settled(ticket)


def has_notes(stand: Stand, ticket: int, notes: int) -> None:
    wait_for(lambda: stand.notes(ticket) >= notes, seconds=180, what=f"note {notes}")


def test_a_machine_that_answers_us_gets_nothing_more(sending: Stand) -> None:
    ticket = sending.customer_writes()
    sending.wait_until_settled(ticket)
    for _ in range(TURNS):
        text = "I am out of the office until Monday."
        answered_by(sending, ticket, text, **MACHINE_SIGNS[sending.vendor])
    answered_by(sending, ticket, "And when will it arrive?")  # a person at last: until here all was looked at
    has_notes(sending, ticket, 1)
    sending.wait_until_settled(ticket)
    assert (sending.notes(ticket), sending.replies(ticket)) == (1, 1)


def test_a_machine_that_writes_like_a_person_is_sent_one_reply(sending: Stand) -> None:
    """Two machines that answer one another would do so for ever."""
    ticket = sending.customer_writes()
    sending.wait_until_settled(ticket)
    for number in range(1, TURNS + 1):
        answered_by(sending, ticket, f"Where is my order {40_000 + number}?")
        has_notes(sending, ticket, number)
    sending.wait_until_settled(ticket)
    assert (sending.notes(ticket), sending.replies(ticket)) == (TURNS, 1)
