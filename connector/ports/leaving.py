"""The port to accounts that were disconnected."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from connector.model import Account, GoneAccount


class Leaving(Protocol):
    """A disconnected account keeps its credentials until its access was given back, its history until it is erased."""

    def leave(self, account_id: str, *, now: datetime, erase_at: datetime) -> None:
        """Stop the account's work at once and forget its webhook secrets; its name is free again. StoreError: there is
        no such account.
        """

    def accounts(self) -> tuple[Account, ...]:
        """Those whose access is still to be given back."""

    def claim(self, account_id: str, *, now: datetime, lease_seconds: float) -> tuple[Account, int] | None:
        """The account and the number of this try, for one caller at a time; None where no try is due."""

    def delay(self, account_id: str, *, until: datetime) -> None:
        """When the next try is due."""

    def end(self, account_id: str) -> None:
        """Forget the credentials: nothing is left that they are needed for."""

    def gone(self, *, now: datetime) -> tuple[GoneAccount, ...]:
        """Those whose history waits for its end, the earliest first. One that left by a clock which was set back since
        has its whole time from now.
        """

    def erase(self, account_id: str, *, now: datetime) -> None:
        """Erase the history of a disconnected account, all but what the chains have signed; never that of another.
        StoreError: it is connected, or there never was one. May be repeated.
        """
