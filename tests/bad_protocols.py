"""Ways of writing that are known to be bad: what the tests must find where they are planted."""

from __future__ import annotations

from connector.model import EffectState
from connector.outbox import Delivered, Outbox, Outcome


class SendThenRecord(Outbox):
    """Writes first and notes it down afterwards; never looks."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        ticket = provider.fetch(account, claim.ticket_id)
        proof = provider.write(account, ticket, stored.effect, permit=lambda: None)
        self.ledger.work.finish(claim, stored.effect.id, now=now, state=EffectState.DONE, proof=proof)
        return Delivered(Outcome.SETTLED)


class RecordThenSend(Outbox):
    """Notes it down as done, then writes."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        ticket = provider.fetch(account, claim.ticket_id)
        self.ledger.work.finish(claim, stored.effect.id, now=now, state=EffectState.DONE)
        provider.write(account, ticket, stored.effect, permit=lambda: None)
        return Delivered(Outcome.SETTLED)


class LookThenSend(Outbox):
    """Looks for the mark, then writes: no wait, no fence, no comparison."""

    def deliver(self, account, provider, claim, stored, now, *, seen=None) -> Delivered:
        ticket = provider.fetch(account, claim.ticket_id)
        proof = provider.find_proof(account, ticket, stored.effect)
        if proof is None:
            self.ledger.work.begin(claim, stored.effect.id, now=now)
            proof = provider.write(account, ticket, stored.effect, permit=lambda: None)
        self.ledger.work.finish(claim, stored.effect.id, now=now, state=EffectState.DONE, proof=proof)
        return Delivered(Outcome.SETTLED)
