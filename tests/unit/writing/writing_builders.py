"""A model that answers as a test says, and tickets, triage and configuration with defaults."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector import starters
from connector.accountconfig import parse_account_config
from connector.drafting import EmbeddedDrafter, parse_templates
from connector.intents import parse_catalogue
from connector.model import (
    Comment,
    LookupAnswer,
    Role,
    Source,
    Ticket,
    Triage,
    Visibility,
)
from connector.ports import Completion, Prompt, Usage
from connector.writing import ModelDrafter, parse_prompts
from tests import builders

CONFIG = parse_account_config(starters.text("accounts/zendesk.toml"))
TEMPLATES = parse_templates(starters.folder("templates"))
CATALOGUE = parse_catalogue(starters.folder("intents"))
PROMPTS = parse_prompts(starters.folder("prompts", ".md"))
FALLBACK = EmbeddedDrafter(templates=TEMPLATES)

RETURNS = Source(
    id="en/returns.md#0",
    title="Returning an item",
    url="https://help.nordlicht.example/returns",
    text="You can return unworn items within 30 days of delivery. The return label is in the parcel.",
)
SHIPPED = LookupAnswer(
    kind="order",
    reference="48551",
    facts={"order_number": "48551", "status": "shipped", "carrier": "Parcelkite", "tracking_number": "PK-4021983310"},
)
GOOD = {
    "statements": [
        {"text": "Thank you for your message.", "sources": []},
        {"text": "You can return unworn items within 30 days of delivery.", "sources": ["s1"]},
        {"text": "The return label is in the parcel.", "sources": ["s1"]},
    ],
    "summary": "Wants to know how to return an item.",
    "next_action": "Check the draft and send it.",
    "promises_hand_off": False,
    "needs_human": False,
}


@dataclass
class ScriptedModel:
    """Implements `ports.ModelClient`: gives `answer`, or what it makes of the document; keeps what it was asked."""

    answer: Mapping[str, Any] | Callable[[dict[str, Any]], Mapping[str, Any]] | Exception
    name: str = "scripted-1"
    prompts: list[Prompt] = field(default_factory=list)

    def complete(self, prompt: Prompt, *, account_id: str, intent: str) -> Completion:
        self.prompts.append(prompt)
        if isinstance(self.answer, Exception):
            raise self.answer
        value = self.answer(json.loads(prompt.user)) if callable(self.answer) else self.answer
        usage = Usage(tokens_in=900, tokens_out=120, cost_micros=345, seconds=0.8)
        return Completion(value=value, model="scripted-1-2025-11", usage=usage)

    @property
    def asked(self) -> dict[str, Any]:
        """The document of the last question."""
        document: dict[str, Any] = json.loads(self.prompts[-1].user)
        return document


def drafter(answer: Any = GOOD) -> tuple[ModelDrafter, ScriptedModel]:
    model = ScriptedModel(answer)
    return ModelDrafter(client=model, prompt=PROMPTS.newest("reply"), fallback=FALLBACK), model


def good(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


def comment(text: str, role: Role = Role.REQUESTER, *, visibility: Visibility = Visibility.PUBLIC) -> Comment:
    return builders.comment(text, role, id=f"c{len(text)}", visibility=visibility)


def ticket(*comments: Comment | str, subject: str = "Return", name: str = "Mirela Okafor") -> Ticket:
    given = comments or ("How long may I send an item back?",)
    said = [item if isinstance(item, Comment) else comment(item) for item in given]
    return builders.ticket(*said, subject=subject, requester=builders.requester(name))


def triage(intent: str = "return_policy", language: str = "en", **changes: Any) -> Triage:
    return builders.triage(intent, language=language, **({"confidence": 0.98} | changes))
