"""What model calls may cost, asked before each and settled after."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from connector.errors import BudgetSpent, ModelUnavailable, StoreError
from connector.ports import Clock, Spend, SpendLimit, SpendLimits

_WORDS = {
    SpendLimit.ACCOUNT_CALLS: "the account's model calls of today are used up",
    SpendLimit.ACCOUNT_COST: "what the account's model calls may cost today is used up",
    SpendLimit.INTENT_CALLS: "the intent's model calls of today are used up",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Of a million tokens, in the configured currency: so that the same number is the millionths of one token."""

    tokens_in: float = 0.0
    tokens_out: float = 0.0

    def cost_micros(self, tokens_in: int, tokens_out: int) -> int:
        """What these tokens cost, rounded up."""
        return math.ceil(tokens_in * self.tokens_in + tokens_out * self.tokens_out)


class Budget:
    """Counts in the ledger. A call that cannot be counted is not made: ModelUnavailable, so the draft does without."""

    def __init__(self, spend: Spend, *, clock: Clock, limits: SpendLimits, prices: Prices | None = None) -> None:
        self._spend = spend
        self._clock = clock
        self._limits = limits
        self._prices = prices or Prices()

    def reserve(self, account_id: str, intent: str) -> datetime:
        """Count a call that leaves now; the time names it to `record`. BudgetSpent, ModelUnavailable."""
        at = self._clock()
        try:
            used_up = self._spend.reserve(account_id, intent, at=at, limits=self._limits)
        except StoreError as error:
            raise _uncountable(error) from error
        if used_up is not None:
            raise BudgetSpent(_WORDS[used_up])
        return at

    def record(
        self, account_id: str, intent: str, *, at: datetime, tokens_in: int = 0, tokens_out: int = 0, failed: bool
    ) -> int:
        """Add what the call used; its cost in millionths of the currency. ModelUnavailable."""
        cost_micros = self._prices.cost_micros(tokens_in, tokens_out)
        try:
            self._spend.record(
                account_id,
                intent,
                at=at,
                tokens_in=tokens_in,
                tokens_out=tokens_out,
                cost_micros=cost_micros,
                failed=failed,
            )
        except StoreError as error:
            raise _uncountable(error) from error
        return cost_micros


def _uncountable(error: StoreError) -> ModelUnavailable:
    return ModelUnavailable(f"model calls cannot be counted now ({type(error).__name__})")
