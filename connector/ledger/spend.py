"""Model calls, counted per account, intent and day."""

from __future__ import annotations

from datetime import UTC, date, datetime

from connector.ledger.database import Database, Executor
from connector.ports.spend import DaySpend, SpendLimit, SpendLimits

TOTAL = "*"
"""Stands for all intents of the account; no intent's key has this form."""


class _UsedUp(Exception):
    """Takes the transaction back: what was counted in it never happened."""

    def __init__(self, limit: SpendLimit) -> None:
        super().__init__(limit.value)
        self.limit = limit


class SqlSpend:
    """The Spend port."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def reserve(self, account_id: str, intent: str, *, at: datetime, limits: SpendLimits) -> SpendLimit | None:
        """Count a call in the account's sums and in the intent's row, or neither."""
        where = {"account_id": account_id, "day": _day(at)}

        def unit(transaction: Executor) -> None:
            # Always the sums first: two calls of different intents wait for one another and never in a circle.
            if not transaction.run(
                "count_call", **where, intent=TOTAL, most_calls=limits.calls, most_cost=limits.cost_micros
            ):
                row = transaction.one("calls_of_day", **where, intent=TOTAL)
                calls_are_out = row is not None and 0 < limits.calls <= row["calls"]
                raise _UsedUp(SpendLimit.ACCOUNT_CALLS if calls_are_out else SpendLimit.ACCOUNT_COST)
            if not transaction.run("count_call", **where, intent=intent, most_calls=limits.intent_calls, most_cost=0):
                raise _UsedUp(SpendLimit.INTENT_CALLS)

        try:
            self._database.write(unit)
        except _UsedUp as used_up:
            return used_up.limit
        return None

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
        """Add what the call of this day cost to both rows."""

        def unit(transaction: Executor) -> None:
            for row in (TOTAL, intent):
                transaction.run(
                    "record_spend",
                    account_id=account_id,
                    day=_day(at),
                    intent=row,
                    failures=int(failed),
                    tokens_in=tokens_in,
                    tokens_out=tokens_out,
                    cost_micros=cost_micros,
                )

        self._database.write(unit)

    def spent(self, account_id: str, *, since: datetime) -> tuple[DaySpend, ...]:
        """Per day and intent, newest day first."""
        rows = self._database.read(
            lambda view: view.all("list_spend", account_id=account_id, since=_day(since), total=TOTAL)
        )
        return tuple(
            DaySpend(
                day=date.fromisoformat(row["day"]),
                intent=row["intent"],
                calls=row["calls"],
                failures=row["failures"],
                tokens_in=row["tokens_in"],
                tokens_out=row["tokens_out"],
                cost_micros=row["cost_micros"],
            )
            for row in rows
        )


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
