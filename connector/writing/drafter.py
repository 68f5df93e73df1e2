"""The drafter that asks a model, and has the embedded one beside it for whenever nothing comes of that [G2]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import structlog

from connector.drafting import disclosure_line, without_disclosure
from connector.drafting.wording import greeting_line, signature_lines
from connector.errors import ModelError
from connector.model import AccountConfig, Draft, LookupAnswer, Source, Ticket, Triage, Writing
from connector.ports import Drafter, ModelClient
from connector.ports.model import Allowance, Completion, Prompt
from connector.writing.authorship import named_author
from connector.writing.prompts import PromptFile
from connector.writing.proposal import REPLY_SCHEMA, Matter, Unusable, read_reply
from connector.writing.request import reply_request

log = structlog.get_logger()

MAX_TOKENS = 1200
"""Of an answer: twelve sentences and two lines with room to spare."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDrafter:
    """Implements `ports.Drafter` on a model. `fallback` writes whenever the model cannot or may not.

    `instruction` is what an agent asks of this very draft; the checks are the same for it.
    """

    client: ModelClient
    prompt: PromptFile
    fallback: Drafter
    instruction: str = ""

    @property
    def author(self) -> str:
        """The name of this author in editions of certificates."""
        return named_author(self.prompt, self.client.name)

    def draft(
        self,
        ticket: Ticket,
        triage: Triage,
        config: AccountConfig,
        sources: Sequence[Source],
        lookups: Mapping[str, LookupAnswer],
        *,
        allowance: Allowance | None = None,
    ) -> Draft | None:
        """The model's draft; whatever goes wrong, the fallback's with the reason in `unwritten`."""
        embedded = self.fallback.draft(ticket, triage, config, sources, lookups)
        try:
            return self._written(ticket, triage, config, sources, lookups, embedded, allowance)
        except (ModelError, Unusable) as error:
            why = f"{type(error).__name__}: {error}"
        except Exception as error:  # noqa: BLE001 - whatever an answer does to us, the customer gets the embedded draft
            why = f"{type(error).__name__}"
        log.warning("model_draft_failed", account=ticket.account_id, ticket=ticket.id, reason=why)
        return replace(embedded, unwritten=why) if embedded is not None else None

    def _written(
        self,
        ticket: Ticket,
        triage: Triage,
        config: AccountConfig,
        sources: Sequence[Source],
        lookups: Mapping[str, LookupAnswer],
        embedded: Draft | None,
        allowance: Allowance | None,
    ) -> Draft | None:
        if triage.language not in config.languages or not disclosure_line(config, triage.language):
            return embedded  # nobody could approve a reply in a language that the team does not answer in
        request = reply_request(
            ticket,
            triage.language,
            config,
            sources=_offered(embedded, sources, ticket, config),
            facts=_facts(lookups),
            instruction=self.instruction,
        )
        done = self.client.complete(
            Prompt(
                version=self.prompt.version,
                system=self.prompt.system,
                user=request.user,
                schema_name="reply",
                schema=REPLY_SCHEMA,
                max_tokens=MAX_TOKENS,
                allowance=allowance,
            ),
            account_id=ticket.account_id,
            intent=triage.intent,
        )
        matter = Matter(ticket=ticket, triage=triage, config=config, lookups=lookups)
        writing = writing_of(self.prompt, done)
        return read_reply(done.value, request, matter, author=self.client.name, writing=writing)


def writing_of(prompt: PromptFile, done: Completion) -> Writing:
    """How an answer came about, for the receipt."""
    return Writing(
        prompt=prompt.version,
        model=done.model,
        tokens_in=done.usage.tokens_in,
        tokens_out=done.usage.tokens_out,
        cost_micros=done.usage.cost_micros,
        seconds=done.usage.seconds,
    )


def _offered(
    embedded: Draft | None, sources: Sequence[Source], ticket: Ticket, config: AccountConfig
) -> tuple[Source, ...]:
    """The approved reply, filled in, before the passages; behind them where it only repeats one."""
    if embedded is None:
        return tuple(sources)
    passages = {source.id for source in sources}
    approved = [
        replace(source, text=_body(embedded, ticket, config))
        for source in embedded.sources
        if source.id not in passages
    ]
    repeats = any(source.id in passages for source in embedded.sources)
    return (*sources, *approved) if repeats else (*approved, *sources)


def _body(draft: Draft, ticket: Ticket, config: AccountConfig) -> str:
    """The draft without greeting, signature and disclosure."""
    text = without_disclosure(draft.text, config, draft.language)
    text = text.removesuffix(signature_lines(config, draft.language)).rstrip()
    return text.removeprefix(greeting_line(config, ticket.requester, draft.language)).lstrip()


def _facts(lookups: Mapping[str, LookupAnswer]) -> dict[str, str]:
    """What the look-ups found, by name; a second one of a name has its kind before it."""
    found: dict[str, str] = {}
    for kind, answer in lookups.items():
        for name, value in answer.facts.items():
            found[f"{kind}_{name}" if name in found else name] = value
    return found
