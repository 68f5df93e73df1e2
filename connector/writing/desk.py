"""Who drafts, and what of it is left after the checks: the draft that a decision is made on."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import structlog

from connector import drafting
from connector.drafting import EmbeddedDrafter, Templates
from connector.model import AccountConfig, Draft, DraftCheck, Source
from connector.policy.engine import Question, Review
from connector.ports import Allowance, Drafter, LookupAnswers
from connector.writing.authorship import drafted_by, goes_out
from connector.writing.opinion import NO_OPINION

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What a draft may rest on."""

    passages: tuple[Source, ...] = ()
    lookups: LookupAnswers = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A finished draft with its checks; no draft where nothing could be written.

    `author` is who wrote it, as certificates call him.
    """

    draft: Draft | None = None
    checks: tuple[DraftCheck, ...] = ()
    author: str = ""

    @property
    def review(self) -> Review:
        """What the policy is told of it."""
        complete = self.draft is not None and self.draft.complete
        missing = self.draft.missing if self.draft is not None else ()
        past = self.draft is not None and any(source.past for source in self.draft.sources)
        return Review(
            complete=complete, checks=self.checks, drafted=self.draft is not None, missing=missing, past_reply=past
        )

    @property
    def failed(self) -> tuple[str, ...]:
        """The names of the checks that it did not pass."""
        return tuple(check.name for check in self.checks if not check.passed)

    @property
    def withheld(self) -> tuple[str, ...]:
        """The names of the checks that found more than a sentence to look at."""
        return tuple(check.name for check in self.checks if check.withholds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Gives drafts. Without a `drafter` the approved templates do; one without an `author` stands in for them."""

    templates: Templates
    drafter: Drafter | None = None
    author: str = ""

    def drafted(
        self, question: Question, config: AccountConfig, material: Material, *, allowance: Allowance | None = None
    ) -> Drafted:
        """The draft of whoever is to write it; `question.standing.certified` is about the embedded drafter.

        The embedded draft takes the place of a model's in which the checks found something wrong, if it passes them
        itself. One with sentences to look at stays, marked, for a person: the policy never sends it.
        """
        embedded = EmbeddedDrafter(templates=self.templates)
        if NO_OPINION in question.triage.doubts:  # the model did not answer a moment ago: nobody waits for it twice
            return self._finished(embedded, question, config, material)
        if self.drafter is None or not self.author:
            return self._finished(self.drafter or embedded, question, config, material, allowance)
        if goes_out(question, certified=question.standing.certified):
            approved = self._finished(embedded, question, config, material)
            if approved.review.passed:
                return approved
        written = self._finished(self.drafter, question, config, material, allowance)
        if not written.author or not written.withheld:
            return written
        log.warning("model_draft_failed", ticket=question.ticket.id, reasons=written.failed)
        instead = self._finished(embedded, question, config, material)
        if instead.draft is None or instead.failed:
            return written
        unwritten = f"checks: {', '.join(written.failed)}"
        return replace(instead, draft=replace(instead.draft, unwritten=unwritten))

    def _finished(
        self,
        drafter: Drafter,
        question: Question,
        config: AccountConfig,
        material: Material,
        allowance: Allowance | None = None,
    ) -> Drafted:
        ticket, triage = question.ticket, question.triage
        written = drafter.draft(ticket, triage, config, material.passages, material.lookups, allowance=allowance)
        if written is None:
            return Drafted()
        draft, checks = drafting.finish(
            written, ticket, triage, config, self.templates, material.passages, material.lookups
        )
        return Drafted(draft=draft, checks=checks, author=drafted_by(draft, self.author))
