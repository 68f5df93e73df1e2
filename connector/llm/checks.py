"""What `handrail doctor` says of the model: set, reachable, and what is left of today's budgets."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from connector.errors import ModelError
from connector.ports import Check, CheckState, Ledger, SpendLimits
from connector.runbooks import Runbook

if TYPE_CHECKING:
    from connector.llm.client import OpenAIModel

NAME = "model"
LITTLE = 0.1
"""Of a budget: less than this share left is worth a warning."""


def examine_model(model: OpenAIModel | None, ledger: Ledger, limits: SpendLimits, *, now: datetime) -> Check:
    """Asks the model one tiny question, which no budget counts. StoreError."""
    if model is None:
        return Check(name=NAME, state=CheckState.PASS, found="none is set: the embedded drafter writes")
    try:
        usage = model.probe()
    except ModelError as error:
        return Check(
            name=NAME,
            state=CheckState.WARN,
            found=f"{model.name} gave no answer to a tiny question: {error}",
            fix="Drafts come from the embedded drafter meanwhile; check HANDRAIL_LLM_BASE_URL, _API_KEY, _MODEL and "
            "_TOKENS_FIELD, and that the server knows strict JSON schemas.",
            runbook=Runbook.MODEL_DOWN,
        )
    found = f"{model.name} answered in {usage.seconds:.1f} s"
    if low := _low(ledger, limits, now):
        return Check(
            name=NAME,
            state=CheckState.WARN,
            found=f"{found}; little or nothing is left of today's budget of {', '.join(low)}",
            fix="`handrail usage` shows what was used; raise HANDRAIL_LLM_BUDGET, _INTENT_BUDGET or _COST_BUDGET.",
            runbook=Runbook.MODEL_DOWN,
        )
    return Check(name=NAME, state=CheckState.PASS, found=f"{found}; today's budgets are not used up")


def _low(ledger: Ledger, limits: SpendLimits, now: datetime) -> Sequence[str]:
    """The accounts, and intents of accounts, that are near or over a limit."""
    low = []
    for account in ledger.accounts.all():
        days = ledger.spend.spent(account.id, since=now)
        calls, cost = sum(day.calls for day in days), sum(day.cost_micros for day in days)
        if _near(calls, limits.calls) or _near(cost, limits.cost_micros):
            low.append(account.name)
        low += [f"{account.name} / {day.intent}" for day in days if _near(day.calls, limits.intent_calls)]
    return low


def _near(used: int, limit: int) -> bool:
    return limit > 0 and used > limit * (1 - LITTLE)
