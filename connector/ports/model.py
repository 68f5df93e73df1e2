"""The port to a language model: one question, one answer of a given shape [G2]."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """When all questions about one ticket must be over, by a clock that nobody sets. All of them share one."""

    ends_at: float
    monotonic: Callable[[], float] = field(default=time.monotonic, repr=False, compare=False)

    def left(self) -> float:
        """Seconds until then; 0 when it is over."""
        return max(0.0, self.ends_at - self.monotonic())


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """What a model is asked. `version` names the prompt file; the answer must fit `schema`, a strict JSON schema.

    `system` is ours alone; everything that came from outside stands in `user`, marked as data.
    """

    version: str
    system: str = field(repr=False)
    user: str = field(repr=False)
    schema_name: str
    schema: Mapping[str, object] = field(repr=False)
    max_tokens: int
    allowance: Allowance | None = None
    """What is left for this question; None = it is the only one and has the configured time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one answer cost. `cost_micros` is in millionths of the configured currency; 0 where no price is set."""

    tokens_in: int = 0
    tokens_out: int = 0
    cost_micros: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """An answer that fits the schema, by the name of the model that gave it."""

    value: Mapping[str, object] = field(repr=False)
    model: str
    usage: Usage


class ModelClient(Protocol):
    """A language model behind an OpenAI-compatible address. Shared by threads."""

    name: str
    """The configured model; it is part of every receipt."""

    def complete(self, prompt: Prompt, *, account_id: str, intent: str) -> Completion:
        """One answer within the configured time, all tries together, and within the prompt's allowance.

        ModelUnavailable (time-out, too little time left to ask, refused, 429, 5xx, open breaker), ModelRefused
        (refusal, content filter), ModelInvalid (empty, truncated, no JSON, wrong schema, too long),
        BudgetSpent. All are ModelError.
        """
