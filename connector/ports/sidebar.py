"""The port to what agents do in the sidebar of their helpdesk [U1]."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from connector.records import AppInstallation, Feedback, Wish


class Sidebar(Protocol):
    """Wishes, feedback, installations, and what page tokens need."""

    def page_key(self) -> bytes:
        """The key that signs our page tokens: 32 bytes, the same in every process on this ledger."""

    def use_token(self, account_id: str, digest: str, *, expires_at: datetime, now: datetime) -> bool:
        """Note that a one-time token was shown; False when it was before. StoreError: no such account."""

    def wish(self, wish: Wish) -> str:
        """Store it and make its ticket due now, in one transaction; its id. The same wish twice, while the first one
        waits, is one wish.
        """

    def wishes(self, account_id: str, ticket_id: str, *, limit: int = 20) -> tuple[Wish, ...]:
        """Newest first."""

    def refuse(self, wish: Wish, reason: str) -> None:
        """Why it is not done; its event stays as it is."""

    def waiting(self, account_id: str, ticket_id: str) -> tuple[str, ...]:
        """The kinds of the ticket's events that wait, oldest first."""

    def judged(self, account_id: str, ticket_id: str, intent: str, *, who: str, since: datetime) -> bool:
        """Whether they gave a verdict on this ticket's would-be send since then."""

    def add_feedback(self, feedback: Feedback) -> None:
        """Keep it."""

    def feedback(self, account_id: str, ticket_id: str | None = None, *, limit: int = 100) -> tuple[Feedback, ...]:
        """Newest first."""

    def installation(self, account_id: str) -> AppInstallation | None:
        """Our app in this account's helpdesk; None where none was recorded."""

    def install(self, installation: AppInstallation, *, now: datetime) -> None:
        """Record it in place of what was known."""
