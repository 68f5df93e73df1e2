"""The story of a ticket, top to bottom.

    claim -> fetch -> ignore? -> triage -> decide (may we draft?) -> ground -> draft -> review
          -> decide (send, draft or hand off?) -> plan -> commit -> deliver -> settle

`step(now)` advances everything that is due and starts no thread: threads, processes and simulations only drive it.
Every error on the way ends with a person: a card if we can still write one, else a dead letter and an alarm.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from connector.answer import Answer, Answerer
from connector.errors import LeaseLost, StoreUnavailable
from connector.handoff import carries_hand_off
from connector.improvement import Improver
from connector.loopguard import ignore_reason, machine_reason
from connector.model import (
    Account,
    CommentKind,
    EffectKind,
    EffectState,
    EventKind,
    Proof,
    Reason,
    Role,
    Ticket,
    Visibility,
)
from connector.outbox import RESTLESS, THROTTLED, Delivered, Outbox, Outcome
from connector.ports import Allowance, Errand, Guarantee, Ledger, Priority, Provider, errand
from connector.records import Alarm, Claim, EventState, StoredEffect
from connector.setbacks import Setbacks
from connector.suppressed import was_suppressed
from connector.wishes import Wishes

log = structlog.get_logger()

MAX_ROUNDS = 4
"""How often one claim starts again because the ticket moved, before it is given back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """Advances tickets. Everything that is not a value is an argument: ledger, helpdesks, chance and time."""

    ledger: Ledger
    providers: Mapping[str, Provider]
    answerer: Answerer
    outbox: Outbox
    lease_seconds: float
    account_cap: int
    improver: Improver | None = None
    chance: random.Random = field(default_factory=random.SystemRandom)

    def step(self, now: datetime) -> int:
        """Advance every ticket that is due at `now`, then cards that wait for better words; how many claims it had."""
        count = 0
        while self.step_one(now) or self.improve_one(now):
            count += 1
        return count

    def improve_one(self, now: datetime) -> bool:
        """Put one hand-off's card better; False when there is none, no model, or while a ticket is due."""
        return self.improver is not None and self.improver.step_one(now)

    def step_one(self, now: datetime) -> bool:
        """Advance the next due ticket; False when nothing is due."""
        claim = self.ledger.work.claim(now=now, lease_seconds=self.lease_seconds, account_cap=self.account_cap)
        if claim is None:
            return False
        self.advance(claim, now)
        return True

    def advance(self, claim: Claim, now: datetime) -> None:
        """Bring one claimed ticket as far as it will go now. Never raises: errors are turned into what happens next."""
        try:
            self._work(claim, now)
        except LeaseLost:
            log.info("lease_lost", account=claim.account_id, ticket=claim.ticket_id)
        except StoreUnavailable as error:
            # Nothing can be recorded; the lease runs out and the ticket is claimed again.
            log.error("store_unavailable", account=claim.account_id, ticket=claim.ticket_id, error=str(error))
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the ticket must not be lost
            self._after_failure(claim, error, now)

    # --- one claim --------------------------------------------------------------------------------

    def _work(self, claim: Claim, now: datetime) -> None:
        account = self.ledger.accounts.get(claim.account_id)
        if account is None:
            self.ledger.work.settle(claim, now=now, event_state=EventState.IGNORED, reason="account_removed")
            return
        provider = self.providers[account.vendor]
        able = provider.capabilities
        with errand(Priority.LIVE, calls=able.reading + able.writing, write=True) as whole:
            self._advance(account, provider, claim, whole, now)

    def _advance(self, account: Account, provider: Provider, claim: Claim, whole: Errand, now: datetime) -> None:
        pending = claim.effects
        seen: Ticket | None = None
        allowance: Allowance | None = None
        must_answer = bool(claim.events)
        for _ in range(MAX_ROUNDS):
            if pending:
                with self._delivery(account, provider, pending[0], whole):
                    delivered = self.outbox.deliver(account, provider, claim, pending[0], now, seen=seen)
                if delivered.outcome is Outcome.WAIT:
                    self._wait(claim, delivered, now)
                    return
                must_answer = must_answer or delivered.outcome is Outcome.STALE
                pending = self._unsettled(claim)
                seen = None
            elif must_answer:
                must_answer = False
                seen = provider.fetch(account, claim.ticket_id)
                allowance = allowance or self.answerer.allowance()  # once: a ticket that moves gets no second one
                pending = self._answer(account, provider, claim, seen, now, allowance)
            else:
                self.ledger.work.settle(claim, now=now, event_state=EventState.DONE, reason="")
                return
        self._setbacks.try_again(claim, "the ticket keeps moving", now)

    def _delivery(
        self, account: Account, provider: Provider, stored: StoredEffect, whole: Errand
    ) -> AbstractContextManager[Errand]:
        """What the calls of one delivery are for: cards of hand-offs and begun writes go before drafts.

        Where this claim has read the ticket, calls for the write were set aside then.
        """
        if whole.begun:
            return nullcontext(whole)
        calls = provider.capabilities.writing + 1  # all of the ticket is read, not what may have changed
        begun = stored.state is EffectState.INTENT
        urgent = begun or carries_hand_off(stored.effect, account.config.tag_prefix)
        return errand(Priority.URGENT if urgent else Priority.LIVE, calls=calls, write=True)

    def _wait(self, claim: Claim, delivered: Delivered, now: datetime) -> None:
        if delivered.failed:
            self._setbacks.try_again(claim, delivered.why, now)
            return
        if delivered.why == THROTTLED:
            self._setbacks.tell_of_throttling(claim, now)
        elif delivered.why == RESTLESS:
            self._setbacks.tell_of_restlessness(claim, now)
        due_at = delivered.again_at or now + timedelta(seconds=1)
        self.ledger.work.postpone(claim, now=now, due_at=due_at, error=delivered.why, failed=False)

    def _unsettled(self, claim: Claim) -> tuple[StoredEffect, ...]:
        stored = self.ledger.decisions.effects(claim.account_id, ticket_id=claim.ticket_id, limit=20)
        active = (EffectState.PLANNED, EffectState.INTENT)
        return tuple(effect for effect in reversed(stored) if effect.state in active)

    def _answer(
        self,
        account: Account,
        provider: Provider,
        claim: Claim,
        ticket: Ticket,
        now: datetime,
        allowance: Allowance,
    ) -> tuple[StoredEffect, ...]:
        """Decide on the ticket as it is now and commit decision, receipt and effects together."""
        self._note_people_at_work(account, ticket, now)
        barred = self._ignore_reason(account, provider, ticket)
        answer = self._wished(account, provider, claim, ticket, now, allowance, barred)
        reason = barred or self._decided_already(account, claim, ticket)
        if answer is None and reason is not None:
            self._withdraw_twins(account, provider, ticket)
            self._ignore(account, claim, ticket, reason, now)
            return ()
        if answer is None:
            cautious = (
                self._reply_planned(account, ticket)
                or self._was_suppressed(account, ticket)
                or self._forgotten(account, ticket)
            )
            answer = self.answerer.answer(account, provider, ticket, now, cautious=cautious, allowance=allowance)
        stored = self.ledger.work.decide(
            claim,
            answer.receipt,
            answer.effects,
            answer.hand_off,
            now=now,
            event_state=EventState.DONE,
            reason=answer.decision.action,
            alarms=alarms_of(account, ticket, answer, now),
        )
        log.info(
            "decided",
            account=account.id,
            ticket=ticket.id,
            intent=answer.decision.intent,
            action=answer.decision.action,
            reasons=list(dict.fromkeys(item.code for item in answer.decision.reasons)),
        )
        return tuple(effect for effect in stored if effect.state in (EffectState.PLANNED, EffectState.INTENT))

    def _wished(
        self,
        account: Account,
        provider: Provider,
        claim: Claim,
        ticket: Ticket,
        now: datetime,
        allowance: Allowance,
        barred: Reason | None,
    ) -> Answer | None:
        """What an agent asked for in the sidebar, where they did and it may be; else the ticket goes its usual way."""
        if not any(event.kind == EventKind.WISHED for event in claim.events):
            return None
        wishes = Wishes(ledger=self.ledger, answerer=self.answerer)
        return wishes.grant(account, provider, claim, ticket, now, allowance=allowance, barred=barred)

    def _ignore_reason(self, account: Account, provider: Provider, ticket: Ticket) -> Reason | None:
        """Why the ticket is not ours; a reply of ours that only seems to answer the newest message is no reason."""
        reason = ignore_reason(ticket, account.config)
        if reason is not None and reason.code == "nothing_unanswered" and self._talked_past(account, provider, ticket):
            return machine_reason(ticket, account.config)
        return reason

    def _talked_past(self, account: Account, provider: Provider, ticket: Ticket) -> bool:
        """Whether all that was said after the newest message are replies of ours to earlier ones.

        Where a write cannot be fenced (Freshdesk), a customer can write while our reply is on its way.
        """
        newest = ticket.newest_customer_message
        if newest is None or newest.kind is not CommentKind.MESSAGE:
            return False
        since = ticket.comments[ticket.comments.index(newest) + 1 :]
        said = [comment.id for comment in since if comment.visibility is Visibility.PUBLIC]
        stored = self.ledger.decisions.effects(account.id, ticket_id=ticket.id, limit=50)
        replies = [item for item in stored if item.effect.kind is EffectKind.REPLY]
        proofs = [
            # One whose outcome was unknown may have arrived after all.
            item.proof or self._late_proof(account, provider, ticket, item)
            for item in replies
            if item.effect.basis.answers != newest.id
        ]
        return bool(said) and {proof.remote_id.rpartition("/")[2] for proof in proofs if proof}.issuperset(said)

    def _late_proof(self, account: Account, provider: Provider, ticket: Ticket, stored: StoredEffect) -> Proof | None:
        return provider.find_proof(account, ticket, stored.effect) if stored.state is EffectState.UNKNOWN else None

    def _decided_already(self, account: Account, claim: Claim, ticket: Ticket) -> Reason | None:
        """One decision per customer message: duplicates, polls and late events find it made.

        A replay decides again where nothing of that decision was, or may have been, written.
        """
        newest = ticket.newest_customer_message
        receipt = newest and self.ledger.decisions.decided(account.id, ticket.id, newest.id)
        if not receipt:
            return None
        replayed = any(event.kind == EventKind.REPLAYED for event in claim.events)
        if replayed and not any(
            effect.state not in (EffectState.FAILED, EffectState.VOID) for effect in self._effects(account, ticket)
        ):
            return None
        return Reason(code="nothing_new", detail=receipt.id)

    def _reply_planned(self, account: Account, ticket: Ticket) -> bool:
        """Whether a reply to this very message was planned before, whatever became of it."""
        return any(effect.effect.kind is EffectKind.REPLY for effect in self._effects(account, ticket))

    def _was_suppressed(self, account: Account, ticket: Ticket) -> bool:
        """Whether a kill switch kept silent what was decided on this message: it is for a person to send."""
        newest = ticket.newest_customer_message
        receipt = self.ledger.decisions.decided(account.id, ticket.id, newest.id) if newest else None
        return receipt is not None and was_suppressed(receipt)

    def _forgotten(self, account: Account, ticket: Ticket) -> bool:
        """Whether we wrote after this message and know nothing of it: so it is after a restore from a backup.

        A person may have read that draft already, so nothing more is sent; a note of the same message is found.
        """
        newest = ticket.newest_customer_message
        since = ticket.comments[ticket.comments.index(newest) + 1 :] if newest else ()
        ours = {comment.id for comment in since if comment.role is Role.CONNECTOR}
        if not ours:
            return False
        stored = self.ledger.decisions.effects(account.id, ticket_id=ticket.id, limit=50)
        return not ours <= {item.proof.remote_id.rpartition("/")[2] for item in stored if item.proof}

    def _effects(self, account: Account, ticket: Ticket) -> tuple[StoredEffect, ...]:
        """The effects of the message that waits."""
        newest = ticket.newest_customer_message
        stored = self.ledger.decisions.effects(account.id, ticket_id=ticket.id, limit=50)
        return tuple(effect for effect in stored if newest and effect.effect.basis.answers == newest.id)

    def _ignore(self, account: Account, claim: Claim, ticket: Ticket, reason: Reason, now: datetime) -> None:
        receipt = self.answerer.ignored(account, ticket, reason, now)
        self.ledger.work.decide(claim, receipt, (), None, now=now, event_state=EventState.IGNORED, reason=reason.code)
        log.info("ignored", account=account.id, ticket=ticket.id, reason=reason.code)

    def _withdraw_twins(self, account: Account, provider: Provider, ticket: Ticket) -> None:
        """A worker that was paused past its lease and died right after its write leaves a twin: found by the echo."""
        if provider.capabilities.note is not Guarantee.REPAIRABLE:
            return
        for stored in self.ledger.decisions.effects(account.id, ticket_id=ticket.id, limit=5):
            if stored.state is EffectState.DONE:
                provider.repair(account, ticket, stored.effect)

    def _note_people_at_work(self, account: Account, ticket: Ticket, now: datetime) -> None:
        """A person's word or an assignee means that the card was taken [H4]."""
        spoke = any(comment.role is Role.AGENT for comment in ticket.comments)
        if spoke or (ticket.assignee_id and ticket.assignee_id != account.bot_user_id):
            self.ledger.watch.take_hand_off(account.id, ticket.id, now=now)

    # --- failures ---------------------------------------------------------------------------------

    def _after_failure(self, claim: Claim, error: Exception, now: datetime) -> None:
        try:
            self._setbacks.retry_or_bury(claim, error, now)
        except LeaseLost:
            log.info("lease_lost", account=claim.account_id, ticket=claim.ticket_id)
        except StoreUnavailable as store_error:
            log.error("store_unavailable", account=claim.account_id, error=str(store_error))

    @property
    def _setbacks(self) -> Setbacks:
        return Setbacks(ledger=self.ledger, chance=self.chance)


def alarms_of(account: Account, ticket: Ticket, answer: Answer, now: datetime) -> tuple[Alarm, ...]:
    """What of a decision somebody must be told; raised with its commit, or the death of the process would lose it."""
    codes = {reason.code for reason in answer.decision.reasons}
    return tuple(
        Alarm(account_id=account.id, kind=code, subject=ticket.id, detail=code, raised_at=now)
        for code in ("account_cap_reached", "internal_error")
        if code in codes
    )
