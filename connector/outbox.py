"""Brings one planned effect to its end: exactly once where the helpdesk allows it, else at most once [W1, W2].

The protocol and why each read stands where it does: `docs/explanation/effects.md`. The order is

    due? -> read the ticket -> look for proof -> still fresh? -> commit "intent" -> write -> commit "done"

The ticket is read *before* the proof is looked for: a late write that slips in between moves the ticket's stamp,
and the conditional write is refused. The other way round it would go unseen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from connector.effects import Freshness, freshness, note_in_place_of
from connector.errors import (
    CredentialsRejected,
    HelpdeskDown,
    LeaseLost,
    ProviderRejected,
    ProviderThrottled,
    TicketChanged,
    TicketGone,
    WriteForbidden,
)
from connector.model import Account, Action, Effect, EffectKind, EffectState, Ticket
from connector.ports import Guarantee, Ledger, Provider
from connector.records import Alarm, Claim, StoredEffect


class Outcome(StrEnum):
    """How delivering ended."""

    SETTLED = "settled"  # done, or not written on purpose
    REPLACED = "replaced"  # a note was planned in its place: deliver that
    STALE = "stale"  # the customer wrote again: decide again
    WAIT = "wait"  # not now; `again_at` says when


@dataclass(frozen=True, slots=True)
class Delivered:
    """Outcome of one delivery; the rest goes with WAIT. `failed` counts towards giving up."""

    outcome: Outcome
    again_at: datetime | None = None
    why: str = ""
    failed: bool = False


class Rules(Protocol):
    """What the outbox asks of the account's rules."""

    def replaced(self, account: Account, code: str) -> str:
        """Why the reply stands in a note instead, in the agents' language."""

    def note_tags(self, account: Account, ticket: Ticket, intent: str, action: Action) -> Tags:
        """Tags to add and to remove with a note."""

    def over_caps(self, account: Account, *, to_requester: int, of_account: int) -> bool:
        """Whether these numbers of sends, this one included, are above the caps in force [R5]."""


Tags = tuple[frozenset[str], frozenset[str]]

THROTTLED = "the helpdesk asked us to wait"
RESTLESS = "the ticket changed a moment ago"

APART = timedelta(seconds=60)
"""How far the clocks of one helpdesk's machines may be apart."""

HELD_SECONDS = 30
"""How soon a note that the kill switch holds back is looked at again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbox:
    """Delivers effects under a claim.

    `ambiguity_seconds` is longer than any request can live on its way, `lag_seconds` at least as long as what the
    helpdesk answers to a read may lie behind.
    """

    ledger: Ledger
    rules: Rules
    ambiguity_seconds: float
    lag_seconds: float

    def deliver(
        self,
        account: Account,
        provider: Provider,
        claim: Claim,
        stored: StoredEffect,
        now: datetime,
        *,
        seen: Ticket | None = None,
    ) -> Delivered:
        """One step towards the end of this effect; `seen` is the ticket if this claim has read it already.

        Raises what the provider raises where a retry may help.
        """
        effect = stored.effect
        guarantee = provider.capabilities.guarantee(effect.kind)
        ambiguous = stored.state is EffectState.INTENT
        if ambiguous and stored.intent_at and guarantee is not Guarantee.CONDITIONAL:
            dead_at = stored.intent_at + timedelta(seconds=self.ambiguity_seconds)
            if now < dead_at:  # an earlier request may still be on its way
                return Delivered(Outcome.WAIT, dead_at, "an earlier attempt may still be on its way")
        if guarantee is Guarantee.CONDITIONAL and seen and until_settled(seen, lag_seconds=self.lag_seconds):
            seen = None  # its stamp may stand for words that were not in the copy it came from: nothing of it is kept
        ticket = provider.refresh(account, seen) if seen else provider.fetch(account, claim.ticket_id)
        proof = provider.find_proof(account, ticket, effect)
        if proof is not None:
            if guarantee is Guarantee.REPAIRABLE:
                provider.repair(account, ticket, effect)
            self.ledger.work.finish(claim, effect.id, now=now, state=EffectState.DONE, proof=proof)
            return Delivered(Outcome.SETTLED)
        if ambiguous and guarantee is Guarantee.AT_MOST_ONCE:
            return self._to_a_person(account, claim, ticket, effect, now, EffectState.UNKNOWN, "reply_outcome_unknown")
        return self._write_if_fresh(account, provider, claim, ticket, effect, now, ambiguous=ambiguous)

    def _write_if_fresh(
        self,
        account: Account,
        provider: Provider,
        claim: Claim,
        ticket: Ticket,
        effect: Effect,
        now: datetime,
        *,
        ambiguous: bool = False,
    ) -> Delivered:
        state = freshness(effect, ticket)
        if state is Freshness.AGENT_REPLIED:
            self.ledger.work.finish(claim, effect.id, now=now, state=EffectState.VOID, reason="agent_answered")
            return Delivered(Outcome.SETTLED)
        if state is Freshness.NEWER_MESSAGE:
            self.ledger.work.finish(claim, effect.id, now=now, state=EffectState.VOID, reason="newer_message")
            return Delivered(Outcome.STALE)
        if state is Freshness.CHANGED and effect.kind is EffectKind.REPLY:
            return self._to_a_person(account, claim, ticket, effect, now, EffectState.VOID, "ticket_changed")
        if provider.capabilities.guarantee(effect.kind) is Guarantee.CONDITIONAL:
            wait = until_settled(ticket, lag_seconds=self.lag_seconds)
            if wait:
                return Delivered(Outcome.WAIT, now + wait, RESTLESS)
        return self._write(account, provider, claim, ticket, effect, now, ambiguous=ambiguous)

    def _write(
        self,
        account: Account,
        provider: Provider,
        claim: Claim,
        ticket: Ticket,
        effect: Effect,
        now: datetime,
        *,
        ambiguous: bool = False,
    ) -> Delivered:
        self.ledger.work.begin(claim, effect.id, now=now)
        if effect.kind is EffectKind.REPLY and self._over_caps(account, effect, ticket, now):
            # Counted after our own intent was committed: of two racing workers both see each other.
            return self._called_off(account, claim, ticket, effect, now, "cap_reached", ambiguous=ambiguous)
        try:
            proof = provider.write(account, ticket, effect, permit=lambda: self._permit(account, claim, effect))
        except WriteForbidden:
            return self._held(account, claim, ticket, effect, now, ambiguous=ambiguous)
        except ProviderThrottled as error:
            self._give_back(claim, effect, now, "throttled", ambiguous=ambiguous)
            pause = timedelta(seconds=error.retry_after_seconds or 60)
            return Delivered(Outcome.WAIT, now + pause, THROTTLED)
        except HelpdeskDown:  # no call was made
            self._give_back(claim, effect, now, "helpdesk_down", ambiguous=ambiguous)
            raise
        except TicketChanged:
            # What moved it may be our own earlier try: planned again, that reply would be missing from the caps' count.
            self._give_back(claim, effect, now, "ticket_changed", ambiguous=ambiguous)
            return Delivered(Outcome.WAIT, None, "the ticket moved while we wrote", failed=True)
        except CredentialsRejected:
            self._give_back(claim, effect, now, "credentials", ambiguous=ambiguous)
            raise
        except ProviderRejected as error:
            return self._refused(account, claim, ticket, effect, error, now)
        try:
            self.ledger.work.finish(claim, effect.id, now=now, state=EffectState.DONE, proof=proof)
        except LeaseLost:
            self._withdraw_twin(account, provider, claim, effect)
            raise
        return Delivered(Outcome.SETTLED)

    def _give_back(self, claim: Claim, effect: Effect, now: datetime, reason: str, *, ambiguous: bool) -> None:
        """This try certainly wrote nothing; where an earlier one may have, the effect stays begun."""
        if not ambiguous:
            self.ledger.work.finish(claim, effect.id, now=now, state=EffectState.PLANNED, reason=reason)

    def _permit(self, account: Account, claim: Claim, effect: Effect) -> None:
        """Asked right before each outbound write: a switch on any intent of the message stops it [D6], and so does a
        worker that took the ticket while this one stood still.
        """
        self.ledger.work.confirm(claim)
        for intent in (effect.intent, *effect.also):
            if self.ledger.policies.killed(account.id, intent) is not None:
                raise WriteForbidden("the kill switch is on")

    def _withdraw_twin(self, account: Account, provider: Provider, claim: Claim, effect: Effect) -> None:
        """We were paused past the lease and wrote after all: where nothing fenced us off, one of two notes goes."""
        if provider.capabilities.guarantee(effect.kind) is Guarantee.REPAIRABLE:
            provider.repair(account, provider.fetch(account, claim.ticket_id), effect)

    def _held(
        self, account: Account, claim: Claim, ticket: Ticket, effect: Effect, now: datetime, *, ambiguous: bool
    ) -> Delivered:
        """Killed before the write left: a reply never goes out later by itself, a note waits."""
        if effect.kind is EffectKind.REPLY:
            return self._called_off(account, claim, ticket, effect, now, "kill_switch", ambiguous=ambiguous)
        self.ledger.work.finish(claim, effect.id, now=now, state=EffectState.PLANNED, reason="kill_switch")
        return Delivered(Outcome.WAIT, now + timedelta(seconds=HELD_SECONDS), "the kill switch is on")

    def _called_off(
        self,
        account: Account,
        claim: Claim,
        ticket: Ticket,
        effect: Effect,
        now: datetime,
        code: str,
        *,
        ambiguous: bool,
    ) -> Delivered:
        """End a reply that must not be written now. An earlier try may still arrive: nothing that we do fences it off,
        so nobody may say that it was not sent.
        """
        if ambiguous:
            state, code = EffectState.UNKNOWN, "reply_outcome_unknown"
        else:
            state = EffectState.VOID
        return self._to_a_person(account, claim, ticket, effect, now, state, code)

    def _refused(
        self, account: Account, claim: Claim, ticket: Ticket, effect: Effect, error: ProviderRejected, now: datetime
    ) -> Delivered:
        """The helpdesk said no for good [W4]: tell the admin, never try the same again blindly."""
        reason = f"write_refused:{error.field}" if error.field else "write_refused"
        alarm = Alarm(
            account_id=account.id, kind="write_refused", subject=claim.ticket_id, detail=str(error), raised_at=now
        )
        self.ledger.watch.raise_alarm(alarm)
        if effect.kind is EffectKind.REPLY and not isinstance(error, TicketGone):
            return self._to_a_person(account, claim, ticket, effect, now, EffectState.FAILED, reason)
        self.ledger.work.finish(claim, effect.id, now=now, state=EffectState.FAILED, reason=reason)
        return Delivered(Outcome.SETTLED)

    def _to_a_person(
        self,
        account: Account,
        claim: Claim,
        ticket: Ticket,
        effect: Effect,
        now: datetime,
        state: EffectState,
        code: str,
    ) -> Delivered:
        """End a reply and plan the note that carries it to a person, in one transaction."""
        tags = self.rules.note_tags(account, ticket, effect.intent, Action.DRAFT)
        note = note_in_place_of(effect, tags=tags, why=self.rules.replaced(account, code))
        if state is EffectState.UNKNOWN or code == "cap_reached":
            # First: a process that died after the commit would come back to a settled effect and tell nobody.
            self.ledger.watch.raise_alarm(
                Alarm(account_id=account.id, kind=code, subject=claim.ticket_id, detail=effect.id, raised_at=now)
            )
        self.ledger.work.finish(claim, effect.id, now=now, state=state, reason=code, instead=(note,))
        return Delivered(Outcome.REPLACED)

    def _over_caps(self, account: Account, effect: Effect, ticket: Ticket, now: datetime) -> bool:
        sends = self.ledger.decisions.sends
        day, burst = now - timedelta(days=1), now - timedelta(minutes=10)
        return self.rules.over_caps(
            account,
            to_requester=sends(account.id, since=day, requester=ticket.requester.id),
            of_account=sends(account.id, since=burst),
        )


def until_settled(ticket: Ticket, *, lag_seconds: float) -> timedelta:
    """How long until a read of this ticket is a fence; zero where this one is.

    Zendesk's `updated_at` has steps of one second (zendesk.md 2.3), so a later change within the same second hides
    behind the stamp that was read: while that second lasts, and as long after it as a read may come from a copy that
    still is in the middle of it. A stamp that is far ahead is from before the helpdesk's clock was set back: no change
    of the next minute can bear it.
    """
    since = ticket.read_at.replace(microsecond=0) - ticket.updated_at.replace(microsecond=0)
    whole = timedelta(seconds=1 + lag_seconds)
    if since >= whole or since < -APART:
        return timedelta(0)
    return min(whole, whole - since)
