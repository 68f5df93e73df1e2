"""Protocols and guards known to be bad, planted one at a time: the simulation must find each of them.

A mutant that nobody finds is a hole of the simulation, not a proof of anything.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import connector.answer
import connector.outbox
import connector.pipeline
import providers.freshdesk.provider
import providers.zendesk.webhooks
from connector.effects import Freshness
from connector.errors import StoreError
from connector.ledger.work import SqlWork
from connector.model import EffectState, Role
from connector.outbox import Delivered, Outbox, Outcome
from connector.pipeline import Pipeline
from connector.reconcile import Reconciler
from connector.standing import standing
from connector.suppressed import Suppressed
from providers._budget import MemoryBudget
from providers._gate import Gate
from providers.freshdesk.provider import Freshdesk
from providers.zendesk.provider import Zendesk
from tests.bad_protocols import LookThenSend, RecordThenSend, SendThenRecord
from tests.simulation.reading import ScriptedModel
from tests.simulation.service import Parts, Receiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """What is wrong, which invariants it breaks, and how it is planted: classes, statements or single names."""

    name: str
    breaks: frozenset[str]
    parts: Mapping[str, Any] = field(default_factory=dict)
    statements: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # name: (what stands there, what instead)
    names: tuple[tuple[Any, str, Any], ...] = ()  # (module or class, name, what instead)


class ProofBeforeTicket(Outbox):
    """On Zendesk, looks for the mark before it reads the ticket: a write that lands in between is not fenced off."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        if provider.name != "zendesk":
            return Outbox.deliver(self, account, provider, claim, stored, now, seen=seen)
        known = provider.fetch(account, claim.ticket_id)
        proof = provider.find_proof(account, known, stored.effect)
        ticket = provider.fetch(account, claim.ticket_id)
        if proof is None:
            ambiguous = stored.state is EffectState.INTENT
            return self._write_if_fresh(account, provider, claim, ticket, stored.effect, now, ambiguous=ambiguous)
        self.ledger.work.finish(claim, stored.effect.id, now=now, state=EffectState.DONE, proof=proof)
        return Delivered(Outcome.SETTLED)


class RetriedReply(Outbox):
    """Sends a reply of unknown outcome again, without looking for the first one."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        if stored.state is not EffectState.INTENT:
            return Outbox.deliver(self, account, provider, claim, stored, now, seen=seen)
        ticket = provider.fetch(account, claim.ticket_id)
        return self._write(account, provider, claim, ticket, stored.effect, now, ambiguous=True)


class NewIdEachTime(Outbox):
    """Marks each attempt with an id of its own, so that no attempt ever finds an earlier one."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        fresh = f"{claim.fence:08d}{stored.effect.id[8:]}"
        marked = replace(
            stored.effect, id=fresh, text=stored.effect.text.replace(stored.effect.reference, f"HR-{claim.fence:08d}")
        )
        forgiving = _Renaming(provider, marked)
        return Outbox.deliver(self, account, forgiving, claim, stored, now, seen=seen)


class _Renaming:
    """A provider that is asked for one effect and works on another."""

    def __init__(self, provider: Any, effect: Any) -> None:
        self._provider, self._effect = provider, effect

    def __getattr__(self, name: str) -> Any:
        return getattr(self._provider, name)

    def find_proof(self, account, ticket, _effect):
        return self._provider.find_proof(account, ticket, self._effect)

    def write(self, account, ticket, _effect, *, permit):
        return self._provider.write(account, ticket, self._effect, permit=permit)

    def repair(self, account, ticket, _effect) -> None:
        self._provider.repair(account, ticket, self._effect)


class UnfencedZendesk(Zendesk):
    """Writes without the stamp."""

    def write(self, account, ticket, effect, *, permit):
        update = self._client.update

        def unfenced(account, ticket_id, fields, *, permit):
            kept = {key: value for key, value in fields.items() if key not in ("safe_update", "updated_stamp")}
            return update(account, ticket_id, kept, permit=permit)

        self._client.update = unfenced  # type: ignore[method-assign]  # the mutant
        try:
            return super().write(account, ticket, effect, permit=permit)
        finally:
            self._client.update = update  # type: ignore[method-assign]  # as it was


class UnrepairedFreshdesk(Freshdesk):
    """Leaves a younger twin where it is."""

    def repair(self, account, ticket, effect) -> None:
        return None


class ForgottenUnknown(Outbox):
    """A reply of unknown outcome is put down as such, and that is all."""

    def _to_a_person(self, account, claim, ticket, effect, now, state, code) -> Delivered:
        if state is not EffectState.UNKNOWN:
            return Outbox._to_a_person(self, account, claim, ticket, effect, now, state, code)
        self.ledger.work.finish(claim, effect.id, now=now, state=state, reason=code)
        return Delivered(Outcome.SETTLED)


class TalkativePipeline(Pipeline):
    """Logs the account's credentials where something failed."""

    def _after_failure(self, claim, error, now) -> None:
        account = self.ledger.accounts.get(claim.account_id)
        connector.pipeline.log.warning("failed", credentials=dict(account.credentials) if account else {})
        Pipeline._after_failure(self, claim, error, now)


class AlwaysNew(Pipeline):
    """Decides on a message again whenever an event comes in."""

    def _decided_already(self, account, claim, ticket):
        return None


class EarlyReceiver(Receiver):
    """Answers before it has stored."""

    def store(self, delivery) -> None:
        try:
            super().store(delivery)
        except StoreError:
            return


def _decide_without_fence(self, claim, receipt, effects, hand_off, **options):
    """The decision of a worker whose lease is long over is committed, too."""
    careless = copy.copy(self)
    careless._fenced = lambda _claim, unit: self._database.write(lambda transaction: unit(transaction, {}))
    return _DECIDE(careless, claim, receipt, effects, hand_off, **options)


_DECIDE = SqlWork.decide

_UNCONFIRMED = (SqlWork, "confirm", lambda self, claim: None)
"""The look at the lease right before a write would stop what the transaction let pass."""


_SETTLE = SqlWork.settle


def _settle_and_tamper(self, claim, **options) -> None:
    _SETTLE(self, claim, **options)
    self._database.connection.execute("UPDATE receipts SET action = 'shadow' WHERE action = 'auto_send'")


def _any_note_of_ours(ticket, effect):
    return [entry for entry in ticket.comments if entry.role is Role.CONNECTOR and entry.visibility == "internal"]


def _drafted_from_a_cache(self, question, config, material, *, allowance=None):
    kept = self.__dict__.setdefault("kept", {})
    if question.ticket.id not in kept:
        kept[question.ticket.id] = _DRAFTED(self, question, config, material, allowance=allowance)
    return kept[question.ticket.id]


_DRAFTED = ScriptedModel.drafted


def _verified(*given, **options):
    return replace(standing(*given, **options), requester_verified=True)


def _unguarded(request, account, *, now, tolerance_seconds=300.0) -> None:
    providers.zendesk.webhooks._is_genuine(request, account.webhook_secrets, now, tolerance_seconds)


def _room_for_all(self, account, errand, credits, ceiling, writing, now) -> None:
    account.held += credits - errand.held
    errand.held = credits


def _without(name: str, condition: str, instead: str = "") -> dict[str, tuple[str, str]]:
    return {name: (condition, instead)}


_TWICE = frozenset({"I2"})

MUTANTS: tuple[Mutant, ...] = (
    # The protocols of the exactly-once table.
    Mutant(name="send, then record", breaks=_TWICE, parts={"outbox": SendThenRecord, "zendesk": UnfencedZendesk}),
    Mutant(name="record, then send", breaks=frozenset({"I4"}), parts={"outbox": RecordThenSend}),
    Mutant(name="look, then send", breaks=_TWICE, parts={"outbox": LookThenSend, "zendesk": UnfencedZendesk}),
    Mutant(name="a write without the stamp", breaks=frozenset({"I2", "W2"}), parts={"zendesk": UnfencedZendesk}),
    Mutant(name="the proof is read before the ticket", breaks=_TWICE, parts={"outbox": ProofBeforeTicket}),
    Mutant(name="an ambiguous reply is sent again", breaks=_TWICE, parts={"outbox": RetriedReply}),
    Mutant(name="an id of its own for each attempt", breaks=_TWICE, parts={"outbox": NewIdEachTime}),
    Mutant(name="no repair of twins", breaks=_TWICE, parts={"freshdesk": UnrepairedFreshdesk}),
    Mutant(
        name="a repair that does not look at the reference",
        breaks=frozenset({"I4"}),
        names=((providers.freshdesk.provider, "_twins", _any_note_of_ours),),
    ),
    Mutant(
        name="an unknown reply that nobody hears of", breaks=frozenset({"I3", "I4"}), parts={"outbox": ForgottenUnknown}
    ),
    # Leases and fences.
    Mutant(
        name="commits without the fence",
        breaks=frozenset({"I2", "I4"}),
        statements=_without("hold_ticket", "AND fence = :fence AND lease_until IS NOT NULL"),
        names=(_UNCONFIRMED,),
    ),
    Mutant(
        name="a decision without the lease",
        breaks=frozenset({"I2", "I4"}),
        names=((SqlWork, "decide", _decide_without_fence), _UNCONFIRMED),
    ),
    Mutant(name="a decision for each event", breaks=_TWICE, parts={"pipeline": AlwaysNew}),
    Mutant(
        name="a claim that ends events it never read",
        breaks=frozenset({"I4"}),
        statements=_without("end_events", "AND fence = :fence "),
        names=((Reconciler, "step", lambda self, now: 0),),
    ),
    # Freshness.
    Mutant(
        name="no second look before the write",
        breaks=frozenset({"W2"}),
        names=((connector.outbox, "freshness", lambda effect, ticket: Freshness.CURRENT),),
    ),
    Mutant(
        name="a read within the second counts as a fence",
        breaks=frozenset({"W2", "I2"}),
        names=((connector.outbox, "until_settled", lambda ticket, lag_seconds: timedelta(0)),),
    ),
    # What may be sent.
    Mutant(
        name="the kill switch is not asked at the write",
        breaks=frozenset({"I5"}),
        names=((Outbox, "_permit", lambda self, account, claim, effect: self.ledger.work.confirm(claim)),),
    ),
    Mutant(
        name="what the kill switch kept silent stays silent",
        breaks=frozenset({"I4"}),
        names=((Suppressed, "requeue", lambda self, now: 0),),
    ),
    Mutant(
        name="caps are not counted at the write",
        breaks=frozenset({"I5"}),
        names=((Outbox, "_over_caps", lambda self, account, effect, ticket, now: False),),
    ),
    Mutant(
        name="everybody counts as verified",
        breaks=frozenset({"I5"}),
        names=((connector.answer, "standing", _verified),),
    ),
    # Receiving.
    Mutant(name="answered before it is stored", breaks=frozenset({"I1"}), parts={"receiver": EarlyReceiver}),
    Mutant(
        name="a signature that breaks the receiver",
        breaks=frozenset({"I8"}),
        names=((providers.zendesk.webhooks, "verify", _unguarded),),
    ),
    Mutant(name="nobody polls", breaks=frozenset({"I4"}), names=((Reconciler, "step", lambda self, now: 0),)),
    # Everything else.
    Mutant(
        name="a cache of drafts by ticket number alone",
        breaks=frozenset({"I6"}),
        names=((ScriptedModel, "drafted", _drafted_from_a_cache),),
    ),
    Mutant(name="credentials in a log line", breaks=frozenset({"I7"}), parts={"pipeline": TalkativePipeline}),
    Mutant(
        name="first come, first served over all accounts",
        breaks=frozenset({"I9"}),
        statements=dict.fromkeys(
            ("next_account", "next_account_skipping"),
            ("ORDER BY turns.served, turns.account_id", "ORDER BY turns.account_id"),
        ),
    ),
    Mutant(
        name="a receipt that can be changed",
        breaks=frozenset({"I10"}),
        names=((SqlWork, "settle", _settle_and_tamper),),
    ),
    Mutant(
        name="Retry-After is not kept",
        breaks=frozenset({"rate"}),
        names=((Gate, "_hold_back", lambda self, account_id: None),),
    ),
    Mutant(
        name="calls are counted and nothing follows from it",
        breaks=frozenset({"rate"}),
        names=((MemoryBudget, "_hold", _room_for_all),),
    ),
)


def planted(mutant: Mutant) -> Parts:
    """The parts of a service with this mutant in it."""
    parts = Parts()
    for name, part in mutant.parts.items():
        setattr(parts, name, part)
    parts.statements = mutant.statements
    parts.names = mutant.names
    return parts
