"""Tickets and small catalogues for the tests of triage."""

from __future__ import annotations

from typing import Any

from connector.intents import Catalogue, Intent
from connector.model import Ticket, Tier
from connector.triage.dataset import ticket_from_row


def ticket(body: str, subject: str = "", **row: Any) -> Ticket:
    return ticket_from_row({"id": "t-1", "subject": subject, "body": body, "from": "maren@example.com", **row})


def _intent(key: str, tier: Tier, examples: dict[str, tuple[str, ...]], *, floor: bool = False) -> Intent:
    return Intent(
        key=key,
        tier=tier,
        floor=floor,
        summary=key,
        label={"en": key},
        next_action={"en": "Answer."},
        examples=examples,
    )


def small_catalogue() -> Catalogue:
    """Three plain intents and the class "none of these", quick to learn."""
    status = tuple(f"where is my parcel number {n}, when does it arrive" for n in range(6))
    hours = tuple(f"what are your opening hours on day {n}, when are you open" for n in range(6))
    dispute = tuple(f"you charged me twice, charge {n} is wrong, money back" for n in range(6))
    other = tuple(f"we sell cheap advertising space, offer {n}" for n in range(6))
    return Catalogue(
        intents={
            "order_status": _intent("order_status", Tier.AUTO, {"en": status}),
            "contact_and_hours": _intent("contact_and_hours", Tier.AUTO, {"en": hours}),
            "billing_dispute": _intent("billing_dispute", Tier.HUMAN_ONLY, {"en": dispute}, floor=True),
        },
        unmapped=_intent("unmapped", Tier.HUMAN_ONLY, {"en": other}),
        version="small",
    )
