"""The port to cards of hand-offs that a model puts better [H1]."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from connector.model import Writing
from connector.records import BetterCard, CardClaim, CardState


class Cards(Protocol):
    """One row for each hand-off whose card a model is to put better; it is wanted with the decision itself.

    A claim whose worker dies before it asked is claimed again after its lease; after that it is never asked again.
    """

    def claim(self, *, now: datetime, lease_seconds: float) -> CardClaim | None:
        """The card that waits longest, of a ticket that is not in work: its note is written, or none is to be."""

    def begin(self, claim: CardClaim) -> None:
        """Recorded before the model is asked. LeaseLost: also where the ticket was erased meanwhile."""

    def postpone(self, claim: CardClaim, *, now: datetime, due_at: datetime, reason: str) -> None:
        """Give it back, due later; only before the model was asked. LeaseLost."""

    def end(
        self,
        claim: CardClaim,
        *,
        now: datetime,
        state: CardState,
        reason: str = "",
        summary: str = "",
        next_action: str = "",
        writing: Writing | None = None,
    ) -> None:
        """What became of it, for good. LeaseLost."""

    def of_ticket(self, account_id: str, ticket_id: str) -> tuple[BetterCard, ...]:
        """All of a ticket's, oldest first."""
