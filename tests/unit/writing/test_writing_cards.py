"""A hand-off's card as a model puts it: masked on the way there, held against what is known on the way back."""

from __future__ import annotations

from typing import Any

import pytest
from writing_builders import CONFIG, PROMPTS, RETURNS, ScriptedModel, ticket, triage

from connector.errors import ModelInvalid
from connector.model import Signal, SignalHit
from connector.writing import CARD, BetterLines, CardWriter, may_be_asked

USUAL = "Read the policy with the customer's case in mind and answer."
LINES = {"summary": "Wants to return a jacket.", "next_action": "Explain the return within 30 days of delivery."}


def written(answer: Any, *, said: str = "Hello, I want to return the jacket. Mirela Okafor") -> BetterLines:
    writer = CardWriter(client=ScriptedModel(answer), prompt=PROMPTS.newest(CARD))
    return writer.lines(ticket(said), triage(), CONFIG, (RETURNS,), usual_action=USUAL)


def test_good_lines_come_back_with_how_they_came_about() -> None:
    lines = written(LINES)
    assert (lines.summary, lines.next_action) == (LINES["summary"], LINES["next_action"])
    assert (lines.writing.prompt, lines.writing.model) == ("card-1", "scripted-1-2025-11")
    assert (lines.writing.tokens_in, lines.writing.tokens_out, lines.writing.cost_micros) == (900, 120, 345)


def test_what_identifies_the_customer_does_not_leave_and_comes_back_in_the_summary() -> None:
    seen: list[str] = []

    def answer(document: dict[str, Any]) -> dict[str, str]:
        seen.append(str(document))
        return {"summary": "[PII_NAME_1] wants to return a jacket.", "next_action": document["usual_action"]}

    lines = written(answer, said="I am Mirela Okafor, m.okafor@example.com, and want to return the jacket.")
    assert "Mirela" not in seen[0]
    assert "m.okafor" not in seen[0]
    assert lines.summary == "Mirela Okafor wants to return a jacket."
    assert lines.next_action == USUAL


@pytest.mark.parametrize(
    "next_action",
    [
        "Refund 80 EUR to the customer.",
        "Send the customer to https://evil.example now.",
        "Answer within 3 days.",
        "Ask Bartholomew about it.",
        "We promise a full refund.",
        "**Escalate**",
        "Say what [PII_IBAN_7] is.",
        "x" * 201,
        "",
    ],
)
def test_a_line_with_anything_unknown_in_it_is_dropped_and_the_other_one_stays(next_action: str) -> None:
    lines = written({**LINES, "next_action": next_action}, said="Refund me 80 EUR, I want to return the jacket.")
    assert lines.next_action == ""
    assert lines.summary == LINES["summary"]


def test_an_answer_of_another_shape_is_no_answer() -> None:
    with pytest.raises(ModelInvalid):
        written({"summary": ["a"], "next_action": 1})


def test_a_ticket_that_steers_or_is_in_another_language_is_not_shown_to_the_model() -> None:
    steers = triage(hits=(SignalHit(signal=Signal.INJECTION, rule="r", matched=""),))
    assert not may_be_asked(steers, CONFIG)
    assert not may_be_asked(triage(language="pl"), CONFIG)
    assert may_be_asked(triage(language="de"), CONFIG)
