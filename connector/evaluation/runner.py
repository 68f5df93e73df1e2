"""Runs labelled tickets through triage, decision, draft and review, as the worker does, without any helpdesk.

The second opinion is asked and the draft is written by the same functions as in `connector.answer`. The moment is
assumed to be perfect (`Standing.permissive`): what is measured is what the rules make of the message. Certified are the
drafts of the author that is measured, and no other's: where a model fails, the embedded draft in its place is a draft.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector import drafting, handoff
from connector.drafting import Templates
from connector.errors import LookupFailed
from connector.evaluation.dataset import Labelled
from connector.intents import Catalogue
from connector.loopguard import ignore_reason
from connector.model import (
    AccountConfig,
    Action,
    Card,
    Decision,
    LookupAnswer,
    Reason,
    Source,
    Stage,
    Ticket,
    Triage,
)
from connector.policy.document import Policy
from connector.policy.engine import Question, Standing, decide
from connector.policy.reasons import ReasonWords
from connector.policy.rules import RULES, Kind
from connector.ports import Drafter, Knowledge, Lookup, TriageContext, Triager
from connector.triage.language import detect
from connector.writing import Desk, Drafted, Material, Reader, read_again

_MAY_DRAFT = (Action.SHADOW, Action.DRAFT, Action.AUTO_SEND)
_FIRST_KEY = frozenset({"floor_intent", "tier_human_only", "tier_approval", "unmapped", "intent_not_in_policy"})
"""Reasons about the intent's tier; the gate's other reasons are about the message and make up the second key."""
_SECOND_KEY = frozenset(rule.code for rule in RULES if rule.kind is Kind.MESSAGE) - _FIRST_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Everything an evaluation needs.

    `account_id` is whose sources and look-ups are asked. Without a `drafter` the approved templates write; one without
    an `author` stands in for them. Without a `reader` there is no second opinion.
    """

    catalogue: Catalogue
    words: ReasonWords
    policy: Policy | None
    config: AccountConfig
    triager: Triager
    templates: Templates
    knowledge: Knowledge
    lookup: Lookup
    stage: Stage = Stage.LIVE
    account_id: str = "evaluation"
    drafter: Drafter | None = None
    author: str = ""
    reader: Reader | None = None

    @property
    def desk(self) -> Desk:
        """Who drafts."""
        return Desk(templates=self.templates, drafter=self.drafter, author=self.author)

    def context(self) -> TriageContext:
        """What triage may know beside the ticket."""
        return TriageContext(config=self.config, human_only_intents=self.catalogue.human_only)

    def question(self, ticket: Ticket, triage: Triage) -> Question:
        """What is asked of the policy about this reading, before there is a draft."""
        standing = Standing.permissive(self.config.languages, stage=self.stage)
        standing = replace(standing, certified=not self.author)  # as in the product: about the embedded drafter
        return Question(ticket=ticket, triage=triage, policy=self.policy, standing=standing, review=None)


def evaluate(bench: Workbench, labelled: Labelled) -> Mapping[str, Any]:
    """What would become of one ticket, as the output line of `handrail eval`."""
    started = time.perf_counter()
    ticket = with_known_requester(labelled)
    triage = bench.triager.triage(ticket, bench.context())
    triaged = (time.perf_counter() - started) * 1000
    triage, decision, drafted, sources = _considered(bench, ticket, triage)
    card = _card(bench, ticket, triage, decision, sources)
    took = (time.perf_counter() - started) * 1000
    codes = [reason.code for reason in decision.reasons]
    draft = drafted.draft
    return {
        "id": labelled.id,
        "gate": decision.gate,
        "keys": {"intent": not _FIRST_KEY & set(codes), "message": not _SECOND_KEY & set(codes)},
        "intent": triage.intent,
        "confidence": round(triage.confidence, 6),
        "human_only_probability": round(triage.human_only_probability, 6),
        "out_of_scope": round(triage.out_of_scope, 6),
        "language": triage.language,
        "signals": sorted(signal.value for signal in triage.signals),
        "doubts": list(triage.doubts),
        "priority": triage.priority.value,
        "facts": dict(triage.facts),
        "action": decision.action.value,
        "reasons": codes,
        "checks": [{"name": item.name, "passed": item.passed, "detail": item.detail} for item in drafted.checks],
        "draft": draft.text if draft is not None else None,
        # Of its words, not of what it is said to be: a template may lie in the wrong place.
        "draft_language": detect(draft.text) if draft is not None else None,
        "author": draft.author if draft is not None else None,
        "card": {
            "intent": card.intent,
            "summary": card.summary,
            "priority": card.priority.value,
            "next_action": card.next_action,
            "facts": dict(card.facts),
        },
        "ms": round(took, 3),
        "ms_triage": round(triaged, 3),
    }


def with_known_requester(labelled: Labelled) -> Ticket:
    """The ticket, its sender verified: whether a helpdesk vouches for him is not what is measured here."""
    ticket = labelled.ticket
    email = str(labelled.row.get("from") or "") or ticket.requester.email
    return replace(ticket, requester=replace(ticket.requester, email=email, verified=True))


def _considered(
    bench: Workbench, ticket: Ticket, triage: Triage
) -> tuple[Triage, Decision, Drafted, tuple[Source, ...]]:
    question = bench.question(ticket, triage)
    decision = decide(question)
    reason = ignore_reason(ticket, bench.config)
    if reason is not None:
        return triage, _ignored(decision, reason), Drafted(), ()
    if decision.gate and bench.reader is not None:
        human_only = bench.catalogue.human_only
        triage, _ = read_again(bench.reader, ticket, triage, bench.config, human_only=human_only)
        question = bench.question(ticket, triage)
        decision = decide(question)
    if decision.action not in _MAY_DRAFT:
        return triage, decision, Drafted(), ()
    material = _material(bench, ticket, triage)
    drafted = bench.desk.drafted(question, bench.config, material)
    standing = replace(question.standing, certified=drafted.author == bench.author)
    decision = decide(replace(question, standing=standing, review=drafted.review))
    return triage, decision, drafted, material.passages


def _ignored(decision: Decision, reason: Reason) -> Decision:
    """The loop guard comes before any decision: nothing is sent and nothing is written."""
    return replace(decision, action=Action.IGNORE, gate=False, writes=False, reasons=(reason, *decision.reasons))


def _material(bench: Workbench, ticket: Ticket, triage: Triage) -> Material:
    text = " ".join((ticket.subject, *(comment.text for comment in ticket.unanswered)))
    passages = bench.knowledge.passages(
        bench.account_id, intent=triage.intent, text=text, language=triage.language, brand=ticket.brand_id or ""
    )
    return Material(passages=passages, lookups=_look_up(bench, ticket, triage))


def _look_up(bench: Workbench, ticket: Ticket, triage: Triage) -> Mapping[str, LookupAnswer]:
    found: dict[str, LookupAnswer] = {}
    for kind, reference in drafting.wanted_lookups(ticket, triage, bench.templates):
        try:
            answer = bench.lookup.find(bench.account_id, ticket.requester, kind, reference)
        except LookupFailed:  # the draft does without it, as the worker's would
            continue
        if answer is not None:
            found[kind] = answer
    return found


def _card(bench: Workbench, ticket: Ticket, triage: Triage, decision: Decision, sources: tuple[Source, ...]) -> Card:
    language = bench.config.languages[0] if bench.config.languages else "en"
    rule = bench.policy.intents.get(decision.intent) if bench.policy else None
    return handoff.card(
        ticket,
        triage,
        decision,
        labels={
            intent.key: (intent.label_in(language), intent.next_action_in(language))
            for intent in (*bench.catalogue, bench.catalogue.unmapped)
        },
        owner=rule.owner if rule else "",
        sources=sources,
        macros=rule.macros if rule else (),
        reason_words=tuple(bench.words.sentence(reason.code, language) for reason in decision.reasons),
    )
