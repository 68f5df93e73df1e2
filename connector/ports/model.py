"""The port to a language model: one question, one answer of a given shape [G2]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol


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
        """One answer within the configured time, all tries together.

        ModelUnavailable (time-out, refused, 429, 5xx, open breaker), ModelRefused (refusal, content filter),
        ModelInvalid (empty, truncated, no JSON, wrong schema, too long), BudgetSpent. All are ModelError.
        """
