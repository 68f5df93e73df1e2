"""Runs labelled tickets through triage, decision, draft and review, as the worker does, without any helpdesk.

The moment is assumed to be perfect (`Standing.permissive`): what is measured is what the rules make of the message.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from connector import drafting, handoff
from connector.drafting import EmbeddedDrafter, Templates
from connector.errors import LookupFailed
from connector.evaluation.dataset import Labelled
from connector.intents import Catalogue
from connector.loopguard import ignore_reason
from connector.model import (
    AccountConfig,
    Action,
    Card,
    Decision,
    Draft,
    DraftCheck,
    LookupAnswer,
    Reason,
    Source,
    Stage,
    Ticket,
    Triage,
)
from connector.policy.document import Policy
from connector.policy.engine import Question, Review, Standing, decide
from connector.policy.reasons import ReasonWords
from connector.policy.rules import RULES, Kind
from connector.ports import Drafter, Knowledge, Lookup, TriageContext, Triager

ACCOUNT = "evaluation"

_MAY_DRAFT = (Action.SHADOW, Action.DRAFT, Action.AUTO_SEND)
_FIRST_KEY = frozenset({"floor_intent", "tier_human_only", "tier_approval", "unmapped", "intent_not_in_policy"})
"""Reasons about the intent's tier; the gate's other reasons are about the message and make up the second key."""
_SECOND_KEY = frozenset(rule.code for rule in RULES if rule.kind is Kind.MESSAGE) - _FIRST_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Workbench:
    """Everything an evaluation needs."""

    catalogue: Catalogue
    words: ReasonWords
    policy: Policy | None
    config: AccountConfig
    triager: Triager
    templates: Templates
    knowledge: Knowledge
    lookup: Lookup
    stage: Stage = Stage.LIVE
    drafter: Drafter | None = None


def evaluate(bench: Workbench, labelled: Labelled) -> Mapping[str, Any]:
    """What would become of one ticket, as the output line of `handrail eval`."""
    started = time.perf_counter()
    ticket = _with_known_requester(labelled)
    triage = bench.triager.triage(ticket, _context(bench))
    triaged = (time.perf_counter() - started) * 1000
    decision, draft, checks, sources = _considered(bench, ticket, triage)
    card = _card(bench, ticket, triage, decision, sources)
    took = (time.perf_counter() - started) * 1000
    codes = [reason.code for reason in decision.reasons]
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
        "priority": triage.priority.value,
        "facts": dict(triage.facts),
        "action": decision.action.value,
        "reasons": codes,
        "checks": [{"name": item.name, "passed": item.passed, "detail": item.detail} for item in checks],
        "draft": draft.text if draft is not None else None,
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


def _with_known_requester(labelled: Labelled) -> Ticket:
    """The sender counts as verified: whether a helpdesk vouches for it is not what is measured here."""
    ticket = labelled.ticket
    email = str(labelled.row.get("from") or "") or ticket.requester.email
    return replace(ticket, requester=replace(ticket.requester, email=email, verified=True))


def _context(bench: Workbench) -> TriageContext:
    return TriageContext(config=bench.config, human_only_intents=bench.catalogue.human_only)


def _considered(
    bench: Workbench, ticket: Ticket, triage: Triage
) -> tuple[Decision, Draft | None, tuple[DraftCheck, ...], tuple[Source, ...]]:
    standing = Standing.permissive(bench.config.languages, stage=bench.stage)
    question = Question(ticket=ticket, triage=triage, policy=bench.policy, standing=standing, review=None)
    decision = decide(question)
    reason = ignore_reason(ticket, bench.config)
    if reason is not None:
        return _ignored(decision, reason), None, (), ()
    if decision.action not in _MAY_DRAFT:
        return decision, None, (), ()
    draft, checks, sources = _drafted(bench, ticket, triage)
    review = Review(
        complete=draft is not None and draft.complete,
        checks=checks,
        drafted=draft is not None,
        missing=draft.missing if draft is not None else (),
        past_reply=draft is not None and any(source.past for source in draft.sources),
    )
    return decide(replace(question, review=review)), draft, checks, sources


def _ignored(decision: Decision, reason: Reason) -> Decision:
    """The loop guard comes before any decision: nothing is sent and nothing is written."""
    return replace(decision, action=Action.IGNORE, gate=False, writes=False, reasons=(reason, *decision.reasons))


def _drafted(
    bench: Workbench, ticket: Ticket, triage: Triage
) -> tuple[Draft | None, tuple[DraftCheck, ...], tuple[Source, ...]]:
    found = _look_up(bench, ticket, triage)
    text = " ".join((ticket.subject, *(comment.text for comment in ticket.unanswered)))
    sources = bench.knowledge.passages(ACCOUNT, intent=triage.intent, text=text, language=triage.language)
    drafter = bench.drafter or EmbeddedDrafter(templates=bench.templates)
    written = drafter.draft(ticket, triage, bench.config, sources, found)
    if written is None:
        return None, (), sources
    draft, checks = drafting.finish(written, ticket, triage, bench.config, bench.templates, sources, found)
    return draft, checks, sources


def _look_up(bench: Workbench, ticket: Ticket, triage: Triage) -> Mapping[str, LookupAnswer]:
    found: dict[str, LookupAnswer] = {}
    for kind, reference in drafting.wanted_lookups(ticket, triage, bench.templates):
        try:
            answer = bench.lookup.find(ACCOUNT, ticket.requester, kind, reference)
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
