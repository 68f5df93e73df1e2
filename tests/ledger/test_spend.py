"""Model calls, counted on both engines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from connector.ledger import SqlLedger
from connector.ports import DaySpend, SpendLimit, SpendLimits
from tests.ledger.samples import NOW, later

NONE = SpendLimits()
DAY = 24 * 3600


def reserve(ledger: SqlLedger, limits: SpendLimits, *, intent: str = "refund", at: datetime = NOW) -> SpendLimit | None:
    return ledger.spend.reserve("acme", intent, at=at, limits=limits)


def record(
    ledger: SqlLedger, *, intent: str = "refund", at: datetime = NOW, cost: int = 0, failed: bool = False
) -> None:
    ledger.spend.record("acme", intent, at=at, tokens_in=100, tokens_out=20, cost_micros=cost, failed=failed)


def test_calls_are_counted_per_day_and_intent(ledger: SqlLedger) -> None:
    for intent, at in (("refund", NOW), ("refund", later(5)), ("order_status", NOW), ("refund", later(-DAY))):
        assert reserve(ledger, NONE, intent=intent, at=at) is None
    record(ledger, cost=7)
    record(ledger, cost=0, failed=True)

    assert ledger.spend.spent("acme", since=later(-DAY)) == (
        DaySpend(day=date(2026, 11, 23), intent="order_status", calls=1),
        DaySpend(
            day=date(2026, 11, 23), intent="refund", calls=2, failures=1, tokens_in=200, tokens_out=40, cost_micros=7
        ),
        DaySpend(day=date(2026, 11, 22), intent="refund", calls=1),
    )
    assert len(ledger.spend.spent("acme", since=NOW)) == 2
    assert ledger.spend.spent("other", since=later(-DAY)) == ()


@pytest.mark.parametrize(
    ("limits", "used_up", "of_another_intent"),
    [
        (SpendLimits(calls=3), SpendLimit.ACCOUNT_CALLS, SpendLimit.ACCOUNT_CALLS),
        (SpendLimits(intent_calls=3), SpendLimit.INTENT_CALLS, None),
        (SpendLimits(cost_micros=3000), SpendLimit.ACCOUNT_COST, SpendLimit.ACCOUNT_COST),
        (SpendLimits(calls=9, cost_micros=3000), SpendLimit.ACCOUNT_COST, SpendLimit.ACCOUNT_COST),
    ],
)
def test_a_limit_is_kept_and_named_and_ends_with_the_day(
    limits: SpendLimits, used_up: SpendLimit, of_another_intent: SpendLimit | None, ledger: SqlLedger
) -> None:
    for _ in range(3):
        assert reserve(ledger, limits) is None
        record(ledger, cost=1000)
    before = ledger.spend.spent("acme", since=NOW)
    assert reserve(ledger, limits) is used_up
    assert ledger.spend.spent("acme", since=NOW) == before, "what is refused is not counted"
    assert reserve(ledger, limits, intent="order_status") is of_another_intent
    assert reserve(ledger, limits, at=later(DAY)) is None
    assert ledger.spend.reserve("other", "refund", at=NOW, limits=limits) is None


def test_an_intent_that_is_refused_does_not_use_up_the_account(ledger: SqlLedger) -> None:
    limits = SpendLimits(calls=3, intent_calls=1)
    assert reserve(ledger, limits) is None
    for _ in range(5):
        assert reserve(ledger, limits) is SpendLimit.INTENT_CALLS
    assert reserve(ledger, limits, intent="order_status") is None


def test_the_last_call_is_taken_once_however_many_ask(ledger: SqlLedger, open_again: Callable[[], SqlLedger]) -> None:
    ledgers = (ledger, open_again())

    def ask(number: int) -> SpendLimit | None:
        limits = SpendLimits(calls=25, intent_calls=15)
        return reserve(ledgers[number % 2], limits, intent=("refund", "order_status")[number // 2 % 2])

    with ThreadPoolExecutor(16) as pool:
        granted = [answer for answer in pool.map(ask, range(80)) if answer is None]
    counted = {day.intent: day.calls for day in ledger.spend.spent("acme", since=NOW)}
    assert len(granted) == sum(counted.values()) == 25
    assert max(counted.values()) <= 15


def test_a_day_is_one_of_utc(ledger: SqlLedger) -> None:
    night = datetime(2026, 11, 24, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert reserve(ledger, NONE, at=night) is None
    record(ledger, at=night.astimezone(UTC))
    (day,) = ledger.spend.spent("acme", since=night)
    assert (day.day, day.calls, day.tokens_in) == (date(2026, 11, 23), 1, 100)
