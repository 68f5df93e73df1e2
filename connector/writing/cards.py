"""The two lines of a hand-off's card as a model would put them [H1]: words for people, held against what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.errors import ModelInvalid
from connector.model import AccountConfig, Signal, Source, Ticket, Triage, Writing
from connector.ports import ModelClient
from connector.ports.model import Allowance, Prompt
from connector.writing.drafter import writing_of
from connector.writing.prompts import PromptFile
from connector.writing.proposal import NEXT_ACTION_CHARS, SUMMARY_CHARS, Matter, card_line
from connector.writing.request import card_request

MAX_TOKENS = 300

CARD_SCHEMA: Mapping[str, object] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["summary", "next_action"],
    "properties": {"summary": {"type": "string"}, "next_action": {"type": "string"}},
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BetterLines:
    """What may stand in place of the card's own lines; "" where the own one stays."""

    summary: str
    next_action: str
    writing: Writing


@dataclass(frozen=True, slots=True, kw_only=True)
class CardWriter:
    """Asks a model to put a card's summary and next action better."""

    client: ModelClient
    prompt: PromptFile

    def lines(
        self,
        ticket: Ticket,
        triage: Triage,
        config: AccountConfig,
        sources: Sequence[Source],
        *,
        usual_action: str,
        allowance: Allowance | None = None,
    ) -> BetterLines:
        """The lines that may be shown. ModelError where the model gave nothing usable."""
        request = card_request(ticket, config, sources=sources, usual_action=usual_action)
        done = self.client.complete(
            Prompt(
                version=self.prompt.version,
                system=self.prompt.system,
                user=request.user,
                schema_name="card",
                schema=CARD_SCHEMA,
                max_tokens=MAX_TOKENS,
                allowance=allowance,
            ),
            account_id=ticket.account_id,
            intent=triage.intent,
        )
        summary, next_action = done.value.get("summary"), done.value.get("next_action")
        if not isinstance(summary, str) or not isinstance(next_action, str):
            raise ModelInvalid("The lines do not fit their schema.")
        matter = Matter(ticket=ticket, triage=triage, config=config, lookups={})
        # The team's own words for this intent are as good as a source.
        known = (Source(id="usual_action", title="", url="", text=usual_action), *sources)
        return BetterLines(
            summary=card_line(summary, request, matter, known, SUMMARY_CHARS),
            next_action=card_line(next_action, request, matter, known, NEXT_ACTION_CHARS, proven=True),
            writing=writing_of(self.prompt, done),
        )


def may_be_asked(triage: Triage, config: AccountConfig) -> bool:
    """Whether a model may word this ticket's card: never one that tries to steer, nor in a language whose personal
    data we do not know how to mask.
    """
    return Signal.INJECTION not in triage.signals and triage.language in config.languages
