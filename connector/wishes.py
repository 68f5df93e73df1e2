"""What agents ask for in the sidebar, granted by a worker on the ticket as it is now: approve, regenerate, escalate.

Each ends in a decision with its receipt and goes out through the same outbox as every other, under the same ids: one
reply to one customer comment, ever. A wish that cannot be granted is refused with a reason, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, cast

import structlog

from connector import drafting, effects
from connector.answer import Answer, Answerer
from connector.model import (
    Account,
    Action,
    Comment,
    Decision,
    Draft,
    EffectKind,
    Priority,
    Reason,
    Source,
    Statement,
    Ticket,
    Triage,
)
from connector.policy.approval import approve
from connector.policy.document import Policy
from connector.policy.engine import Question, safe_decide
from connector.ports import Allowance, Ledger, Provider
from connector.receipts import Findings
from connector.records import AuditEntry, Claim, DecisionReceipt, Wish, WishVerb
from connector.standing import standing
from connector.writing import Drafted, ModelDrafter

log = structlog.get_logger()

APPROVAL_LASTS = timedelta(minutes=10)
"""After that an approved reply is a surprise: the helpdesk was away, and the agent has gone on."""

ESCALATED = "escalated_by_agent"

_ORDER = (WishVerb.ESCALATE, WishVerb.APPROVE, WishVerb.REGENERATE)
"""Of several wishes at once the most careful one is granted; the others end with it."""


class _Refused(Exception):
    """Why a wish is not granted, as a reason code."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """One wish on one ticket, read again."""

    wish: Wish
    account: Account
    provider: Provider
    policy: Policy | None
    ticket: Ticket
    answered: Comment
    decided: DecisionReceipt | None
    now: datetime
    allowance: Allowance


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Grants wishes. Reads as the answerer does and writes nothing but refusals and the audit log."""

    ledger: Ledger
    answerer: Answerer

    def grant(
        self,
        account: Account,
        provider: Provider,
        claim: Claim,
        ticket: Ticket,
        now: datetime,
        *,
        allowance: Allowance,
        barred: Reason | None,
    ) -> Answer | None:
        """The answer that grants a wish of this claim; None where there is none to grant.

        `barred`: why the ticket is not ours to write on; then every wish is refused with it.
        """
        brought = {event.id for event in claim.events}
        waiting = [wish for wish in self.ledger.sidebar.wishes(account.id, ticket.id) if wish.waits]
        for wish in sorted((item for item in waiting if item.id in brought), key=lambda item: _ORDER.index(item.verb)):
            try:
                answer = self._granted(wish, account, provider, ticket, now, allowance, barred)
            except _Refused as refusal:
                self.ledger.sidebar.refuse(wish, refusal.code)
                self._record(wish, "wish_refused", refusal.code, now)
                continue
            self._record(wish, "wish_granted", answer.receipt.id, now)
            return answer
        return None

    def _granted(
        self,
        wish: Wish,
        account: Account,
        provider: Provider,
        ticket: Ticket,
        now: datetime,
        allowance: Allowance,
        barred: Reason | None,
    ) -> Answer:
        answered = ticket.newest_customer_message
        if barred is not None or answered is None:
            raise _Refused(barred.code if barred else "no_customer_message")
        case = _Case(
            wish=wish,
            account=account,
            provider=provider,
            policy=self.answerer.rulebook.policy(account),
            ticket=ticket,
            answered=answered,
            decided=self.ledger.decisions.decided(account.id, ticket.id, answered.id),
            now=now,
            allowance=allowance,
        )
        if wish.verb is WishVerb.ESCALATE:
            return self._escalated(case)
        if wish.verb is WishVerb.APPROVE:
            return self._approved(case)
        return self._regenerated(case)

    def _record(self, wish: Wish, verb: str, what: str, now: datetime) -> None:
        detail = f"ticket {wish.ticket_id}: {wish.verb.value} for {wish.by}: {what}"
        entry = AuditEntry(account_id=wish.account_id, actor="connector", verb=verb, detail=detail, at=now)
        self.ledger.watch.record(entry)
        log.info(verb, account=wish.account_id, ticket=wish.ticket_id, wish=wish.verb.value, reason=what)

    # --- escalate ---------------------------------------------------------------------------------

    def _escalated(self, case: _Case) -> Answer:
        """A hand-off with its card and route, and a priority that shows that a person asked for it."""
        triage = self.answerer.triager.triage(case.ticket, self.answerer.context(case.account))
        if triage.priority in (Priority.LOW, Priority.NORMAL):
            triage = replace(triage, priority=Priority.HIGH)
        decision = safe_decide(self._question(case, case.ticket, triage, None))
        if not decision.writes:
            raise _Refused(decision.reasons[0].code)
        reason = Reason(code=ESCALATED, detail=case.wish.by)
        decision = replace(decision, action=Action.HAND_OFF, gate=False, reasons=(reason, *decision.reasons))
        card = self.answerer.card(case.account, case.policy, case.ticket, triage, decision, ())
        findings = Findings(triage=triage, card=card)
        answer = self._planned(case, case.ticket, decision, findings)
        rule = case.policy.intents.get(decision.intent) if case.policy else None
        # Whoever escalates a ticket often has it: unlike a hand-off of ours, theirs moves it on.
        free = replace(case.ticket, assignee_id=None)
        group = effects.route(case.account.config, rule.route if rule else "", free)
        return replace(answer, effects=tuple(replace(effect, group_id=group) for effect in answer.effects))

    # --- approve ----------------------------------------------------------------------------------

    def _approved(self, case: _Case) -> Answer:
        """The very draft that was shown, decided on anew with everything as it is now."""
        shown = case.decided
        if case.now >= case.wish.at + APPROVAL_LASTS:
            raise _Refused("approval_too_old")
        if shown is None or shown.id != case.wish.draft:
            raise _Refused("newer_message" if shown is None else "draft_replaced")
        self._refuse_second_reply(case)
        told = shown.body.get("draft")
        if not isinstance(told, dict):
            raise _Refused("no_draft")
        written = stored_draft(told)
        answerer = self.answerer
        triage = answerer.triager.triage(case.ticket, answerer.context(case.account))
        ticket = answerer.verified(case.account, case.provider, case.ticket, triage)
        material = answerer.material(case.account, ticket, triage)
        draft, checks = drafting.finish(
            written, ticket, triage, case.account.config, answerer.templates, material.passages, material.lookups
        )
        if draft.text != written.text:
            raise _Refused("draft_replaced")
        drafted = Drafted(draft=draft, checks=checks)
        decision = approve(self._question(case, ticket, triage, drafted), by=case.wish.by)
        if decision.action is not Action.AUTO_SEND:
            raise _Refused(decision.reasons[0].code)
        card = answerer.card(case.account, case.policy, ticket, triage, decision, material.passages)
        findings = Findings(triage=triage, draft=draft, checks=checks, card=card, passages=material.passages)
        return self._planned(case, ticket, decision, findings)

    def _refuse_second_reply(self, case: _Case) -> None:
        """One reply to one customer comment: where one was planned, whatever became of it, no other will be."""
        stored = self.ledger.decisions.effects(case.account.id, ticket_id=case.ticket.id, limit=50)
        for item in stored:
            if item.effect.kind is EffectKind.REPLY and item.effect.basis.answers == case.answered.id:
                raise _Refused("reply_planned_before")

    # --- regenerate -------------------------------------------------------------------------------

    def _regenerated(self, case: _Case) -> Answer:
        """Another draft for the sidebar alone: no second note on the ticket, and no would-be send to judge."""
        self._refuse_second_reply(case)
        answerer = self.answerer
        if isinstance(answerer.drafter, ModelDrafter) and case.wish.instruction:
            answerer = replace(answerer, drafter=replace(answerer.drafter, instruction=case.wish.instruction))
        before = case.decided.body.get("decision") if case.decided else None
        approval = isinstance(before, dict) and before.get("tier") == "approval"
        answer = answerer.answer(
            case.account, case.provider, case.ticket, case.now, cautious=not approval, allowance=case.allowance
        )
        if answer.decision.action is Action.HAND_OFF or case.decided is None:
            return answer  # what nobody decided on before, and what a person must have, goes its usual way
        decision = replace(answer.decision, writes=False)
        if decision.action is Action.AUTO_SEND:
            decision = replace(decision, action=Action.DRAFT)
        told = {**cast("Mapping[str, Any]", answer.receipt.body["decision"])}
        told |= {"action": decision.action.value, "writes": False}
        receipt = replace(
            answer.receipt,
            action=decision.action,
            would_send=False,
            edition="",
            body={**answer.receipt.body, "decision": told, "wish": case.wish.id},
        )
        return replace(answer, decision=decision, receipt=receipt, effects=(), hand_off=None)

    # --- common -----------------------------------------------------------------------------------

    def _question(self, case: _Case, ticket: Ticket, triage: Triage, drafted: Drafted | None) -> Question:
        found = standing(
            self.ledger, case.account, case.policy, ticket, case.answered, triage, case.now, certified=False
        )
        review = drafted.review if drafted is not None else None
        return Question(ticket=ticket, triage=triage, policy=case.policy, standing=found, review=review)

    def _planned(self, case: _Case, ticket: Ticket, decision: Decision, findings: Findings) -> Answer:
        answer = self.answerer.planned(case.account, case.policy, ticket, case.answered, decision, findings, case.now)
        body = {**answer.receipt.body, "wish": case.wish.id}
        return replace(answer, receipt=replace(answer.receipt, body=body))


def stored_draft(told: Mapping[str, Any]) -> Draft:
    """A draft as its receipt keeps it; how a model came to write it is left where it stands."""
    return Draft(
        text=told["text"],
        language=told["language"],
        author=told["author"],
        template=told["template"],
        sources=tuple(Source(**source) for source in told["sources"]),
        facts=dict(told["facts"]),
        missing=tuple(told["missing"]),
        promises_hand_off=bool(told.get("promises_hand_off")),
        statements=tuple(
            Statement(text=item["text"], sources=tuple(item["sources"])) for item in told.get("statements", ())
        ),
    )
