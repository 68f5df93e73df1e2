"""A worker without threads: the pipeline and its chores, advanced by `step(now)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.callmeter import CallMeter
from connector.disconnecting import Withdrawal
from connector.knowledge.sync import Librarian
from connector.model import Account
from connector.pipeline import Pipeline
from connector.presence import Presence
from connector.reconcile import Reconciler
from connector.retention import Eraser
from connector.watchdog import Watchdog


class Chore(Protocol):
    """Something that is done for each account where it is time, and may have to wait for its helpdesk."""

    def tend(self, account: Account, now: datetime) -> int:
        """Do what is due for this account; how much that was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """What an engine drives."""

    pipeline: Pipeline
    reconciler: Reconciler
    watchdog: Watchdog
    librarian: Librarian | None = None
    meter: CallMeter | None = None
    withdrawal: Withdrawal | None = None
    presence: Presence | None = None
    eraser: Eraser | None = None

    def step(self, now: datetime) -> int:
        """Advance all that is due at `now`: lost webhooks are found first, then tickets, then alarms are given."""
        self.chores(now)
        return self.pipeline.step(now)

    def chores(self, now: datetime) -> None:
        """Poll for lost webhooks where it is time, look after cards that nobody took, then after the sources.

        One after the other. An engine with threads runs the watchdog, the meter and each of `rounds` by themselves
        instead, so that no helpdesk that hangs delays an alarm.
        """
        self.reconciler.step(now)
        if self.meter is not None:
            self.meter.step(now)
        self.watchdog.step(now)
        if self.withdrawal is not None:
            for account in self.withdrawal.accounts():
                self.withdrawal.tend(account, now)
        if self.presence is not None:
            for account in self.pipeline.ledger.accounts.all():
                self.presence.tend(account, now)
        if self.eraser is not None:
            self.eraser.step(now)
        if self.librarian is not None:
            self.librarian.step(now)

    @property
    def rounds(self) -> Mapping[str, tuple[Chore, Callable[[], Sequence[Account]]]]:
        """The chores that wait for helpdesks, by name, each with the accounts that it looks after."""
        connected = self.pipeline.ledger.accounts.all
        found: dict[str, tuple[Chore, Callable[[], Sequence[Account]]]] = {"reconcile": (self.reconciler, connected)}
        if self.librarian is not None:
            found["knowledge"] = (self.librarian, connected)
        if self.presence is not None:
            found["presence"] = (self.presence, connected)
        if self.withdrawal is not None:
            found["leaving"] = (self.withdrawal, self.withdrawal.accounts)
        return found
