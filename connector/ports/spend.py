"""The port to the count of model calls: what they may cost a day, and what they did cost [G2]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class SpendLimit(StrEnum):
    """Which budget of the day is used up."""

    ACCOUNT_CALLS = "account_calls"
    ACCOUNT_COST = "account_cost"
    INTENT_CALLS = "intent_calls"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendLimits:
    """The most of a day (UTC); 0 = no limit. `cost_micros` is in millionths of the configured currency."""

    calls: int = 0
    intent_calls: int = 0
    cost_micros: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySpend:
    """What one intent's calls were on one day (UTC); `failures` of the `calls` gave nothing usable."""

    day: date
    intent: str
    calls: int = 0
    failures: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0


class Spend(Protocol):
    """Model calls of an account, counted per intent and day."""

    def reserve(self, account_id: str, intent: str, *, at: datetime, limits: SpendLimits) -> SpendLimit | None:
        """Count a call before it leaves; where a budget of this day is used up nothing is counted, and it is named.

        All processes together keep to the limits of calls. The cost of a call is known when it is over, so that the
        calls on their way may overshoot the limit of cost. StoreUnavailable.
        """

    def record(
        self,
        account_id: str,
        intent: str,
        *,
        at: datetime,
        tokens_in: int,
        tokens_out: int,
        cost_micros: int,
        failed: bool,
    ) -> None:
        """Add to the call reserved at this time what it cost, and whether it failed. StoreUnavailable."""

    def spent(self, account_id: str, *, since: datetime) -> tuple[DaySpend, ...]:
        """Whole days from the day of `since`, newest first, then by intent."""
