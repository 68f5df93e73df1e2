"""Tickets and small catalogues for the tests of triage."""

from __future__ import annotations

import re
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

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


class WordEncoder:
    """Implements `ports.Encoder` for tests: words in a few places, so that texts that share words lie close."""

    def __init__(self, name: str = "words 1") -> None:
        self.name = name
        self.asked: list[str] = []

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.asked += texts
        found = np.full((len(texts), 64), 0.01, dtype=np.float32)
        for row, text in zip(found, texts, strict=True):
            for word in re.findall(r"[a-z]+", text.lower()):
                row[zlib.crc32(word.encode()) % 64] += 1
        lengths: npt.NDArray[np.float32] = np.linalg.norm(found, axis=1, keepdims=True)
        return found / lengths
