"""The language model of a team's own choice: one client for every OpenAI-compatible address [G2].

The openai library takes a second to load: it is imported when a worker opens a model, not before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.ports import Clock, Spend, SpendLimits

if TYPE_CHECKING:
    from connector.llm.client import OpenAIModel
    from connector.settings import Settings


def open_model(settings: Settings, spend: Spend, clock: Clock) -> OpenAIModel | None:
    """The model that is set, or None: the embedded drafter. ConfigurationError where only half of it is set."""
    from connector.settings import model_address

    address = model_address(settings)
    if address is None:
        return None
    from connector.llm.breaker import breaker_of
    from connector.llm.budget import Budget, Prices
    from connector.llm.client import OpenAIModel

    return OpenAIModel(
        address=address,
        name=settings.llm_model,
        key=settings.llm_api_key,
        budget=Budget(
            spend,
            clock=clock,
            limits=spend_limits(settings),
            prices=Prices(tokens_in=settings.llm_price_in, tokens_out=settings.llm_price_out),
        ),
        breaker=breaker_of(address),
        seconds=settings.llm_seconds,
        tokens_field=settings.llm_tokens_field,
    )


def spend_limits(settings: Settings) -> SpendLimits:
    """The budgets of a day as they are set."""
    return SpendLimits(
        calls=settings.llm_budget,
        intent_calls=settings.llm_intent_budget,
        cost_micros=round(settings.llm_cost_budget * 1_000_000),
    )


__all__ = ["open_model", "spend_limits"]
