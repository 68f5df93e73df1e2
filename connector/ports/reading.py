"""The ports that read a ticket and answer it: triage, sources, look-ups, drafts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from connector.model import (
    AccountConfig,
    Draft,
    LookupAnswer,
    Requester,
    Source,
    Ticket,
    Triage,
)
from connector.ports.model import Allowance

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

LookupAnswers = Mapping[str, LookupAnswer]
"""By kind."""


class Classifier(Protocol):
    """Intent probabilities for a text, without network."""

    version: str

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        """One classification per text."""


class Encoder(Protocol):
    """Places texts by what they mean, whatever the language; no network."""

    name: str
    """With its version: vectors of different encoders cannot be compared."""

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """One row of length 1 for each text; ValueError where the encoder gave something else."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Classification:
    """`probabilities` over the catalogue's intents sum to 1; `out_of_scope` is separate, 0 to 1.

    `person` is the probability that a person must answer, whatever the intent; None from a classifier that never
    learnt it. `signals` by name, 0 to 1; from 0.5 on the text raises the signal.
    """

    probabilities: Mapping[str, float]
    out_of_scope: float
    person: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)


class Knowledge(Protocol):
    """The team's own sources, searched locally [G1]."""

    def passages(
        self, account_id: str, *, intent: str, text: str, language: str, brand: str = ""
    ) -> tuple[Source, ...]:
        """The best passages for this question, best first; empty where nothing fits. `brand` is the ticket's."""


class Lookup(Protocol):
    """Facts about the requester's own things [G6]."""

    def find(self, account_id: str, requester: Requester, kind: str, reference: str) -> LookupAnswer | None:
        """Facts for `kind` ("order", "invoice") and reference, or None when there is none *of this requester*.

        The requester must be verified; an unverified one gets None. LookupFailed when the source is down.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageContext:
    """What triage may know beside the ticket."""

    config: AccountConfig
    human_only_intents: frozenset[str] = field(default_factory=frozenset)


class Triager(Protocol):
    """Reads a ticket [T1-T3]."""

    def triage(self, ticket: Ticket, context: TriageContext) -> Triage:
        """Intent, probabilities, signals, facts, language and priority of the ticket's unanswered messages."""


class Drafter(Protocol):
    """Writes a reply [G2]. What it returns is a proposal: `drafting.finish` decides what of it counts."""

    def draft(
        self,
        ticket: Ticket,
        triage: Triage,
        config: AccountConfig,
        sources: Sequence[Source],
        lookups: LookupAnswers,
        *,
        allowance: Allowance | None = None,
    ) -> Draft | None:
        """A reply to the unanswered messages, or None. Of its `sources` those count that were given, by their id.

        A drafter that asks a model keeps within the allowance; None = the time that is configured.
        """
