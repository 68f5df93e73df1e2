"""A second opinion on what a ticket is about [T3]. Whatever it says, it can only make a decision stricter."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

import structlog

from connector.errors import ModelError, ModelInvalid
from connector.intents import Catalogue
from connector.model import FLOOR_SIGNALS, UNMAPPED, AccountConfig, Signal, SignalHit, Ticket, Triage, Writing
from connector.ports import ModelClient
from connector.ports.model import Allowance, Prompt
from connector.writing.authorship import named_author
from connector.writing.drafter import writing_of
from connector.writing.prompts import PromptFile
from connector.writing.request import opinion_request

log = structlog.get_logger()

MAX_TOKENS = 300
RULE = "model"
"""The rule's name on signals that a model raised."""

NO_OPINION = "none"
"""The doubt where an opinion is wanted and could not be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a model takes a ticket for."""

    intent: str
    needs_human: bool
    alarms: frozenset[Signal]
    writing: Writing


class Reader(Protocol):
    """Reads a ticket for the second time."""

    def opinion(
        self, ticket: Ticket, triage: Triage, config: AccountConfig, *, allowance: Allowance | None = None
    ) -> Opinion:
        """What this reader takes the ticket for, within the allowance. ModelError where there is none to be had."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelReader:
    """Asks a model what a ticket is about."""

    client: ModelClient
    prompt: PromptFile
    catalogue: Catalogue

    @property
    def name(self) -> str:
        """The name of this reader in editions of certificates."""
        return named_author(self.prompt, self.client.name)

    def opinion(
        self, ticket: Ticket, triage: Triage, config: AccountConfig, *, allowance: Allowance | None = None
    ) -> Opinion:
        """What the model takes the ticket for, within the allowance. ModelError where it gave nothing usable."""
        intents = [(intent.key, intent.summary) for intent in (*self.catalogue, self.catalogue.unmapped)]
        request = opinion_request(ticket, triage.language, config, intents=intents)
        done = self.client.complete(
            Prompt(
                version=self.prompt.version,
                system=self.prompt.system,
                user=request.user,
                schema_name="opinion",
                schema=_schema([name for name, _ in intents]),
                max_tokens=MAX_TOKENS,
                allowance=allowance,
            ),
            account_id=ticket.account_id,
            intent=triage.intent,
        )
        return self._read(done.value, writing_of(self.prompt, done))

    def _read(self, value: object, writing: Writing) -> Opinion:
        if not isinstance(value, dict):
            raise ModelInvalid("The opinion is no object.")
        intent, needs_human, alarms = value.get("intent"), value.get("needs_human"), value.get("alarms")
        known = [signal.value for signal in FLOOR_SIGNALS]
        if not isinstance(intent, str) or (intent not in self.catalogue and intent != UNMAPPED):
            raise ModelInvalid("The opinion names an intent that nobody listed.")
        if (
            not isinstance(needs_human, bool)
            or not isinstance(alarms, list)
            or not all(alarm in known for alarm in alarms)
        ):
            raise ModelInvalid("The opinion does not fit its schema.")
        return Opinion(
            intent=intent,
            needs_human=needs_human,
            alarms=frozenset(Signal(alarm) for alarm in alarms),
            writing=writing,
        )


def stricter(triage: Triage, opinion: Opinion, *, human_only: Collection[str]) -> Triage:
    """The triage with what the opinion has against it; nothing of the triage is taken away.

    An alarm counts as a signal. An intent that only people answer is one the message raises, too. Any other intent, and
    that a person is needed, are doubts: the gate is closed and a person reads the draft.
    """
    hits = tuple(SignalHit(signal=alarm, rule=RULE, matched="") for alarm in sorted(opinion.alarms))
    read = {triage.intent, *triage.also}
    delicate = (opinion.intent,) if opinion.intent in human_only and opinion.intent not in read else ()
    doubts = []
    if opinion.needs_human:
        doubts.append("person")
    if opinion.intent not in read:
        doubts.append(opinion.intent)
    return replace(
        triage,
        hits=(*triage.hits, *(hit for hit in hits if hit.signal not in triage.signals)),
        also=(*triage.also, *delicate),
        doubts=tuple(dict.fromkeys((*triage.doubts, *doubts))),
    )


def read_again(
    reader: Reader,
    ticket: Ticket,
    triage: Triage,
    config: AccountConfig,
    *,
    human_only: Collection[str],
    allowance: Allowance | None = None,
) -> tuple[Triage, Opinion | None]:
    """The triage after a second opinion; without one the gate is closed: every doubt ends with a person."""
    try:
        opinion = reader.opinion(ticket, triage, config, allowance=allowance)
    except ModelError as error:
        log.warning("no_opinion", account=ticket.account_id, ticket=ticket.id, error=type(error).__name__)
    except Exception as error:  # noqa: BLE001 - whatever an answer does to us, it is no opinion
        log.error("no_opinion", account=ticket.account_id, ticket=ticket.id, error=type(error).__name__)
    else:
        return stricter(triage, opinion, human_only=human_only), opinion
    return without_opinion(triage), None


def without_opinion(triage: Triage) -> Triage:
    """The triage where an opinion was wanted and could not be had: in doubt a person reads the draft."""
    return replace(triage, doubts=tuple(dict.fromkeys((*triage.doubts, NO_OPINION))))


def _schema(intents: list[str]) -> dict[str, object]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["intent", "needs_human", "alarms"],
        "properties": {
            "intent": {"type": "string", "enum": intents},
            "needs_human": {"type": "boolean"},
            "alarms": {
                "type": "array",
                "items": {"type": "string", "enum": sorted(signal.value for signal in FLOOR_SIGNALS)},
            },
        },
    }
