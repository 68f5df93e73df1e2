"""Tickets and shortcuts for the tests of masking."""

from __future__ import annotations

from dataclasses import replace

from connector.masking import Masked, Masking, mask, masking_for
from connector.model import Ticket
from connector.triage.dataset import ticket_from_row

EVERYWHERE = masking_for(["en", "de", "fr", "es", "it", "nl", "pl"])


def a_ticket(name: str = "Anna Berg", email: str = "x1@example.com", cc: tuple[str, ...] = ()) -> Ticket:
    return replace(ticket_from_row({"id": "t1", "body": "Hello", "from": email, "name": name}), cc=cc)


def masked(
    text: str, *, settings: Masking = EVERYWHERE, ticket: Ticket | None = None, people: tuple[str, ...] = ()
) -> Masked:
    return mask([text], ticket, settings, people=people)


def masked_text(
    text: str, *, settings: Masking = EVERYWHERE, ticket: Ticket | None = None, people: tuple[str, ...] = ()
) -> str:
    return masked(text, settings=settings, ticket=ticket, people=people).texts[0]
