"""What we answer to one ticket: read, decide, ground, draft, review, decide again, plan.

Reads helpdesk, sources and look-ups through ports; writes nothing. What goes wrong here becomes a hand-off [D3].
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog

from connector import drafting, effects, handoff, suppressed, writing
from connector.certificates import Certificates, model_named
from connector.citations import card_with
from connector.drafting import Templates
from connector.errors import HandrailError, LookupFailed
from connector.identifiers import time_sorted_id
from connector.intents import Catalogue
from connector.model import (
    UNMAPPED,
    Account,
    Action,
    Card,
    Comment,
    Decision,
    Effect,
    EffectKind,
    LookupAnswer,
    Posture,
    Priority,
    Reason,
    Sentiment,
    Source,
    Stage,
    Ticket,
    Tier,
    Triage,
)
from connector.policy.document import Policy
from connector.policy.engine import Question, safe_decide, would_send
from connector.ports import Allowance, Drafter, Knowledge, Ledger, Lookup, Provider, TriageContext, Triager
from connector.receipts import Findings, receipt_body
from connector.records import DecisionReceipt, HandOff
from connector.rulebook import Rulebook, agents_language
from connector.standing import standing
from connector.writing import Desk, Drafted, Material

log = structlog.get_logger()

TAKE_WITHIN = timedelta(hours=1)
"""How long a card may wait where no policy says it."""

_MAY_DRAFT = (Action.SHADOW, Action.DRAFT, Action.AUTO_SEND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A decision with everything that follows from it, ready to be committed in one transaction."""

    decision: Decision
    receipt: DecisionReceipt
    effects: tuple[Effect, ...]
    hand_off: HandOff | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Answerer:
    """Answers tickets. Shared by threads; holds no state of its own. Without a `drafter` the approved templates do.

    `author` is what certificates call the drafter; a drafter without a name stands in for the embedded one. Without a
    `reader` there is no second opinion. `improves`: a model will put the cards of
    hand-offs better later. `model_seconds` is what all questions to models about one ticket may take
    together, by the clock `monotonic`.
    """

    ledger: Ledger
    rulebook: Rulebook
    catalogue: Catalogue
    templates: Templates
    triager: Triager
    knowledge: Knowledge
    lookup: Lookup
    drafter: Drafter | None = None
    author: str = ""
    reader: writing.ModelReader | None = None
    improves: bool = False
    model_seconds: float = 25.0
    monotonic: Callable[[], float] = time.monotonic
    chance: random.Random = field(default_factory=random.SystemRandom)

    def allowance(self) -> Allowance:
        """The time that models have for a ticket, from now on."""
        return Allowance(ends_at=self.monotonic() + self.model_seconds, monotonic=self.monotonic)

    def answer(
        self,
        account: Account,
        provider: Provider,
        ticket: Ticket,
        now: datetime,
        *,
        cautious: bool = False,
        allowance: Allowance | None = None,
    ) -> Answer:
        """The answer to the ticket's newest customer message (there is one: the loop guard saw to it).

        `cautious`: at most a draft, because a reply to this message was planned before or a kill switch kept it back.
        `allowance`: what is left for models where the ticket is answered again; None = it is answered for the first
        time.
        """
        answered = ticket.newest_customer_message
        if answered is None:
            raise HandrailError("there is no customer message to answer")
        policy = self.rulebook.policy(account)
        try:
            ticket, decision, findings = self._consider(
                account, provider, policy, ticket, answered, now, allowance or self.allowance(), cautious=cautious
            )
        except HandrailError:
            raise  # the helpdesk or the ledger failed: tried again, nothing is lost
        except Exception as error:  # noqa: BLE001 - our own fault must not keep the customer waiting
            log.error("internal_error", account=account.id, ticket=ticket.id, error=type(error).__name__)
            decision, findings = self._unreadable(account, policy, ticket, answered)
        return self.planned(account, policy, ticket, answered, decision, findings, now)

    def ignored(self, account: Account, ticket: Ticket, reason: Reason, now: datetime) -> DecisionReceipt:
        """The receipt of doing nothing, with the reason."""
        newest = ticket.newest_customer_message
        decision = Decision(
            action=Action.IGNORE,
            intent=UNMAPPED,
            tier=Tier.HUMAN_ONLY,
            stage=account.stage,
            reasons=(reason,),
            gate=False,
            writes=False,
            policy_version="",
        )
        return self._receipt(account, ticket, newest.id if newest else "", decision, None, "", now)

    @property
    def certificates(self) -> Certificates:
        """What people's verdicts prove, for the catalogue and templates in use."""
        return Certificates(
            ledger=self.ledger,
            catalogue=self.catalogue,
            templates=self.templates,
            author=self.author,
            reader=self.reader.name if self.reader else "",
        )

    # --- consider ---------------------------------------------------------------------------------

    def _consider(
        self,
        account: Account,
        provider: Provider,
        policy: Policy | None,
        ticket: Ticket,
        answered: Comment,
        now: datetime,
        allowance: Allowance,
        *,
        cautious: bool,
    ) -> tuple[Ticket, Decision, Findings]:
        """Two decisions: may we draft, and with the reviewed draft: may it be sent."""
        triage = self.triager.triage(ticket, self.context(account))
        ticket = self.verified(account, provider, ticket, triage)

        def asked(read: Triage) -> Question:
            certified = self._certified(account, policy, read, author="")
            found = standing(self.ledger, account, policy, ticket, answered, read, now, certified=certified)
            found = replace(found, postures=(*found.postures, Posture.DRAFT)) if cautious else found
            return Question(ticket=ticket, triage=read, policy=policy, standing=found, review=None)

        question = asked(triage)
        decision = safe_decide(question)
        opinion: writing.Opinion | None = None
        if decision.gate and self.reader is not None:  # it costs a call, and nowhere else could it change anything
            triage, opinion = writing.read_again(
                self.reader,
                ticket,
                triage,
                account.config,
                human_only=self.catalogue.human_only,
                allowance=allowance,
            )
            question = asked(triage)
            decision = safe_decide(question)
        drafted, material = Drafted(), Material()
        if decision.action in _MAY_DRAFT:
            material = self.material(account, ticket, triage)
            drafted = self._desk.drafted(question, account.config, material, allowance=allowance)
            if drafted.author:
                certified = self._certified(account, policy, triage, author=drafted.author)
                question = replace(question, standing=replace(question.standing, certified=certified))
            question = replace(question, review=drafted.review)
            decision = safe_decide(question)
        card = self.card(account, policy, ticket, triage, decision, material.passages)
        findings = Findings(
            triage=triage,
            draft=drafted.draft,
            checks=drafted.checks,
            card=card_with(card, drafted.draft) if decision.action is not Action.HAND_OFF else card,
            passages=material.passages,
            would_send=would_send(question, decision),
            author=drafted.author,
            opinion=opinion,
        )
        return ticket, decision, findings

    @property
    def _desk(self) -> Desk:
        return Desk(templates=self.templates, drafter=self.drafter, author=self.author)

    def _certified(self, account: Account, policy: Policy | None, triage: Triage, *, author: str) -> bool:
        model = model_named(triage.model)
        return self.certificates.certified(account, policy, triage.intent, model=model, author=author)

    def context(self, account: Account) -> TriageContext:
        """What triage may know beside the ticket."""
        return TriageContext(config=account.config, human_only_intents=self.catalogue.human_only)

    def verified(self, account: Account, provider: Provider, ticket: Ticket, triage: Triage) -> Ticket:
        """Ask the helpdesk about the requester only where the answer can matter: it costs a call."""
        matters = self.rulebook.tiers.get(triage.intent) is not Tier.HUMAN_ONLY
        if ticket.requester.verified is not None or not matters:
            return ticket
        return replace(ticket, requester=provider.requester(account, ticket))

    def material(self, account: Account, ticket: Ticket, triage: Triage) -> Material:
        """Passages and look-ups that a draft may rest on."""
        text = " ".join((ticket.subject, *(comment.text for comment in ticket.unanswered)))
        passages = self.knowledge.passages(
            account.id, intent=triage.intent, text=text, language=triage.language, brand=ticket.brand_id or ""
        )
        return Material(passages=passages, lookups=self._look_up(account, ticket, triage))

    def _look_up(self, account: Account, ticket: Ticket, triage: Triage) -> Mapping[str, LookupAnswer]:
        found: dict[str, LookupAnswer] = {}
        for kind, reference in drafting.wanted_lookups(ticket, triage, self.templates):
            try:
                answer = self.lookup.find(account.id, ticket.requester, kind, reference)
            except LookupFailed as error:
                log.warning("lookup_failed", account=account.id, ticket=ticket.id, kind=kind, error=str(error))
                continue
            if answer is not None:
                found[kind] = answer
        return found

    def card(
        self,
        account: Account,
        policy: Policy | None,
        ticket: Ticket,
        triage: Triage,
        decision: Decision,
        passages: tuple[Source, ...],
    ) -> Card:
        """The card of this decision."""
        language = agents_language(account)
        rule = policy.intents.get(decision.intent) if policy else None
        return handoff.card(
            ticket,
            triage,
            decision,
            labels=self.rulebook.labels(language),
            owner=self._owner(account, policy, decision.intent),
            sources=passages,
            macros=self._macros(rule.macros if rule else (), language),
            reason_words=tuple(self.rulebook.words.sentence(reason.code, language) for reason in decision.reasons),
        )

    def _macros(self, names: Sequence[str], language: str) -> tuple[str, ...]:
        """Suggested macros by name, each with its reason [W3]."""
        why = self.rulebook.words.sentence("macro_of_intent", language)
        return tuple(f"{name} - {why}" for name in names)

    def _owner(self, account: Account, policy: Policy | None, intent: str) -> str:
        rule = policy.intents.get(intent) if policy else None
        return (rule.owner if rule else "") or account.default_owner or ""

    def _unreadable(
        self, account: Account, policy: Policy | None, ticket: Ticket, answered: Comment
    ) -> tuple[Decision, Findings]:
        """The hand-off for a ticket that our own code could not deal with."""
        triage = Triage(
            intent=UNMAPPED,
            confidence=0.0,
            ranked=((UNMAPPED, 1.0),),
            human_only_probability=1.0,
            out_of_scope=1.0,
            language="und",
            sentiment=Sentiment.NEUTRAL,
            priority=ticket.priority or Priority.NORMAL,
            facts={},
            hits=(),
        )
        killed = self.ledger.policies.killed(account.id, UNMAPPED)
        decision = Decision(
            action=Action.HAND_OFF,
            intent=UNMAPPED,
            tier=Tier.HUMAN_ONLY,
            stage=account.stage,
            reasons=(Reason(code="internal_error"), *((suppressed.reason(killed),) if killed else ())),
            gate=False,
            writes=account.stage not in (Stage.OFF, Stage.SHADOW) and policy is not None and killed is None,
            policy_version=policy.version if policy else "",
        )
        language = agents_language(account)
        card = Card(
            intent=self.rulebook.labels(language)[UNMAPPED][0],
            summary=(ticket.subject or answered.text or answered.raw_text or ticket.id)[:300],
            priority=triage.priority,
            next_action=self.rulebook.words.sentence("internal_error", language),
            facts={},
            asked=(),
            tried=(),
            sentiment=Sentiment.NEUTRAL,
            language="und",
            reasons=(self.rulebook.words.sentence("internal_error", language),),
            owner=self._owner(account, policy, UNMAPPED),
        )
        return decision, Findings(triage=triage, card=card)

    # --- plan -------------------------------------------------------------------------------------

    def planned(
        self,
        account: Account,
        policy: Policy | None,
        ticket: Ticket,
        answered: Comment,
        decision: Decision,
        findings: Findings,
        now: datetime,
    ) -> Answer:
        """What follows from a decision."""
        rule = policy.intents.get(decision.intent) if policy else None
        note_action = Action.DRAFT if decision.action is Action.AUTO_SEND else decision.action
        prefix = account.config.tag_prefix
        changes = effects.FieldChanges(
            note_tags=handoff.tags(prefix, decision.intent, note_action, ticket.tags),
            reply_tags=handoff.tags(prefix, decision.intent, Action.AUTO_SEND, ticket.tags),
            priority=effects.raised_priority(ticket, findings.triage.priority),
            status_after_send=rule.status_after_send if rule else None,
            group_id=effects.route(account.config, rule.route if rule else "", ticket),
        )

        planned = effects.plan(
            decision=decision,
            ticket=ticket,
            answered=answered,
            wording=self._wording(account, findings, note_action),
            changes=changes,
            revision=self.ledger.decisions.revision(account.id, ticket.id, answered.id) + 1,
            also=findings.triage.also,
        )
        template = rule.template if rule else ""
        receipt = self._receipt(account, ticket, answered.id, decision, findings, template, now)
        return Answer(
            decision=decision,
            receipt=receipt,
            effects=planned,
            hand_off=self._hand_off(account, policy, ticket, decision, findings.triage, planned, now),
        )

    def _wording(self, account: Account, findings: Findings, note_action: Action) -> effects.Wording:
        """The texts of this decision; a note shows the draft only where it proposes one."""
        draft = findings.draft if note_action is Action.DRAFT else None

        def note(reference: str) -> str:
            return handoff.render_note(
                note_action,
                findings.card,
                draft,
                reference=reference,
                language=agents_language(account),
                failed_checks=tuple(check for check in findings.checks if not check.passed),
                disclosure=drafting.disclosure_line(account.config, draft.language) if draft else "",
            )

        return effects.Wording(note=note, reply=effects.usable_reply(findings.draft))

    def _hand_off(
        self,
        account: Account,
        policy: Policy | None,
        ticket: Ticket,
        decision: Decision,
        triage: Triage,
        planned: tuple[Effect, ...],
        now: datetime,
    ) -> HandOff | None:
        """A card that waits for a person, watched from now on [H4]; also one that stays in the sidebar."""
        if decision.action is not Action.HAND_OFF:
            return None
        effect = next((item.id for item in planned if item.kind is EffectKind.NOTE), "")
        return HandOff(
            account_id=account.id,
            ticket_id=ticket.id,
            effect_id=effect,
            intent=decision.intent,
            owner=self._owner(account, policy, decision.intent),
            since=now,
            take_by=policy.take_by(now) if policy else now + TAKE_WITHIN,
            improve=self.improves and decision.stage is not Stage.OFF and writing.may_be_asked(triage, account.config),
        )

    def _receipt(
        self,
        account: Account,
        ticket: Ticket,
        answers: str,
        decision: Decision,
        findings: Findings | None,
        template: str,
        now: datetime,
    ) -> DecisionReceipt:
        return DecisionReceipt(
            id=time_sorted_id(now, self.chance.randbytes(8)),
            account_id=account.id,
            ticket_id=ticket.id,
            answers=answers,
            decided_at=now,
            action=decision.action,
            intent=decision.intent,
            template=template,
            policy_version=decision.policy_version,
            would_send=findings is not None and findings.would_send,
            body=receipt_body(ticket, decision, findings),
            edition=self._edition(decision, findings),
        )

    def _edition(self, decision: Decision, findings: Findings | None) -> str:
        """What a would-be send rests on; "" for everything else."""
        if findings is None or not findings.would_send:
            return ""
        return self.certificates.edition(decision.intent, model_named(findings.triage.model), findings.author)
