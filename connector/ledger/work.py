"""Tickets in work: one claim per ticket, leased and fenced."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from connector.errors import LeaseLost
from connector.ledger.cards import want_card
from connector.ledger.chain import Chain
from connector.ledger.database import Database, Executor, Row, Value
from connector.ledger.decisions import insert_hand_off, insert_receipt
from connector.ledger.effects import begin_effect, end_effect, find_effect, plan_effects, stored_effect
from connector.ledger.inbox import stored_event
from connector.ledger.moments import micros, moment, optional_moment
from connector.ledger.rewind import bring_back, horizon
from connector.ledger.watch import insert_alarm
from connector.model import Effect, EffectState, Proof
from connector.records import Alarm, Backlog, Claim, DecisionReceipt, EventState, HandOff, StoredEffect, WaitingTicket

T = TypeVar("T")

_LONGEST_SETTLE = 8
"""A ticket that never comes to rest is answered after eight settle times; the same number stands in inbox.sql."""

_CLAIM_TRIES = 5
"""How often a claim looks again when another worker was faster; work it misses then is found by the next scan."""


class SqlWork:
    """The Work port."""

    def __init__(self, database: Database, receipts: Callable[[], Chain]) -> None:
        self._database = database
        self._receipts = receipts

    def claim(self, *, now: datetime, lease_seconds: float, account_cap: int) -> Claim | None:
        """The next due ticket, or None."""
        lease_until = now + timedelta(seconds=lease_seconds)
        for attempt in range(_CLAIM_TRIES):
            # A read first: an idle worker must not write.
            ahead, account = self._database.read(
                lambda view: (
                    view.one("work_ahead", horizon=horizon(now)),
                    view.one("next_account", now=micros(now), account_cap=account_cap),
                )
            )
            if ahead and attempt == 0:
                bring_back(self._database, "bring_work_back", now)
                continue
            if account is None:
                return None
            claim = self._database.write(
                lambda transaction: _claim(transaction, now=now, lease_until=lease_until, account_cap=account_cap)
            )
            if claim is not None:
                return claim
        return None

    def renew(self, claim: Claim, *, now: datetime, lease_seconds: float) -> None:
        """Prolong the lease. LeaseLost."""
        until = micros(now + timedelta(seconds=lease_seconds))

        def unit(transaction: Executor) -> None:
            changed = transaction.run(
                "renew_lease",
                account_id=claim.account_id,
                ticket_id=claim.ticket_id,
                fence=claim.fence,
                now=micros(now),
                lease_until=until,
            )
            if not changed:
                raise _lost(claim)

        self._database.write(unit)

    def confirm(self, claim: Claim) -> None:
        """Nothing where the ticket is still this claim's. LeaseLost."""
        where: dict[str, Value] = {
            "account_id": claim.account_id,
            "ticket_id": claim.ticket_id,
            "fence": claim.fence,
        }
        if self._database.read(lambda view: view.one("held_ticket", **where)) is None:
            raise _lost(claim)

    def decide(
        self,
        claim: Claim,
        receipt: DecisionReceipt,
        effects: Sequence[Effect],
        hand_off: HandOff | None,
        *,
        now: datetime,
        event_state: str,
        reason: str,
        alarms: Sequence[Alarm] = (),
    ) -> tuple[StoredEffect, ...]:
        """Receipt, effects, hand-off, alarms and the end of the claim's events, together or not at all."""
        chain = self._receipts()
        requester = receipt.body.get("requester_id")

        def unit(transaction: Executor, _held: Row) -> tuple[StoredEffect, ...]:
            insert_receipt(transaction, chain, receipt)
            plan_effects(
                transaction,
                effects,
                receipt_id=receipt.id,
                requester_id=None if requester is None else str(requester),
                now=now,
            )
            _end_events(transaction, claim, now=now, state=event_state, reason=reason)
            if hand_off is not None:
                insert_hand_off(transaction, hand_off)
                if hand_off.improve:
                    want_card(transaction, receipt)
            for alarm in alarms:
                insert_alarm(transaction, alarm)
            return tuple(
                stored_effect(find_effect(transaction, claim.account_id, claim.ticket_id, effect.id))
                for effect in effects
            )

        return self._fenced(claim, unit)

    def begin(self, claim: Claim, effect_id: str, *, now: datetime) -> None:
        """Planned (or ambiguous) -> intent, before the call leaves. LeaseLost."""

        def unit(transaction: Executor, _held: Row) -> None:
            begin_effect(transaction, find_effect(transaction, claim.account_id, claim.ticket_id, effect_id), now)

        self._fenced(claim, unit)

    def finish(
        self,
        claim: Claim,
        effect_id: str,
        *,
        now: datetime,
        state: str,
        reason: str = "",
        proof: Proof | None = None,
        instead: Sequence[Effect] = (),
    ) -> None:
        """Settle an effect; `planned` gives it back where certainly nothing was applied."""

        def unit(transaction: Executor, _held: Row) -> None:
            row = find_effect(transaction, claim.account_id, claim.ticket_id, effect_id)
            end_effect(transaction, row, state=EffectState(state), reason=reason, proof=proof, now=now)
            plan_effects(transaction, instead, receipt_id=row["receipt_id"], requester_id=row["requester_id"], now=now)

        self._fenced(claim, unit)

    def settle(self, claim: Claim, *, now: datetime, event_state: str, reason: str) -> None:
        """End the claim. A ticket with newer events or with an unsettled effect stays in work."""

        def unit(transaction: Executor, held: Row) -> None:
            _end_events(transaction, claim, now=now, state=event_state, reason=reason)
            _leave(transaction, claim, held, now)

        self._fenced(claim, unit)

    def postpone(self, claim: Claim, *, now: datetime, due_at: datetime, error: str, failed: bool) -> None:
        """Give the ticket back; it is held until `due_at`, whatever arrives meanwhile."""

        def unit(transaction: Executor, held: Row) -> None:
            transaction.run(
                "release_ticket",
                account_id=claim.account_id,
                ticket_id=claim.ticket_id,
                now=micros(now),
                ready_at=micros(due_at),
                not_before=micros(due_at),
                attempts=held["attempts"] + (1 if failed else 0),
                error=error,
            )

        self._fenced(claim, unit)

    def bury(self, claim: Claim, *, now: datetime, reason: str) -> None:
        """Events become dead letters, unsettled effects fail (a begun reply: outcome unknown)."""

        def unit(transaction: Executor, held: Row) -> None:
            if not _end_events(transaction, claim, now=now, state=EventState.DEAD, reason=reason):
                transaction.run(
                    "end_decided_event",
                    account_id=claim.account_id,
                    ticket_id=claim.ticket_id,
                    reason=reason,
                    now=micros(now),
                )
            transaction.run(
                "fail_effects",
                account_id=claim.account_id,
                ticket_id=claim.ticket_id,
                reason=reason,
                now=micros(now),
            )
            _leave(transaction, claim, held, now)

        self._fenced(claim, unit)

    def next_due_at(self) -> datetime | None:
        """When something can next be claimed: a ticket is due or, where its worker died, its lease ends."""
        row = self._database.read(lambda view: view.one("next_ready_at"))
        return optional_moment(row["ready_at"]) if row else None

    def backlog(self, *, now: datetime) -> Backlog:
        """What waits. `by_state` counts open things only: leased tickets, and effects by state."""
        row = self._database.read(lambda view: view.all("backlog", now=micros(now))[0])
        return Backlog(
            waiting_events=row["waiting"],
            due_tickets=row["due"],
            oldest_due_at=optional_moment(row["oldest"]),
            dead_events=row["dead"],
            unsettled_effects=row["planned"] + row["intent"],
            open_alarms=row["alarms"],
            by_state={name: row[name] for name in ("leased", "planned", "intent", "failed", "unknown")},
        )

    def hurry(self, account_id: str | None = None, *, now: datetime) -> int:
        """Make due what failed and waits; what a worker holds or a helpdesk throttles stays as it is."""
        return self._database.write(
            lambda transaction: transaction.run("hurry_tickets", account_id=account_id, now=micros(now))
        )

    def waiting(self, account_id: str | None = None, *, now: datetime, limit: int = 100) -> tuple[WaitingTicket, ...]:
        """Those first that have waited longest."""
        rows = self._database.read(lambda view: view.all("waiting_tickets", account_id=account_id, limit=limit))
        return tuple(
            WaitingTicket(
                account_id=row["account_id"],
                ticket_id=row["ticket_id"],
                since=moment(row["since"]),
                ready_at=moment(row["ready_at"]),
                attempts=row["attempts"],
                leased=row["lease_until"] is not None and row["lease_until"] > micros(now),
                error=row["error"],
            )
            for row in rows
        )

    def _fenced(self, claim: Claim, unit: Callable[[Executor, Row], T]) -> T:
        """Run `unit` in a transaction that holds the ticket under the claim's fence. LeaseLost."""

        def fenced(transaction: Executor) -> T:
            held = transaction.one(
                "hold_ticket", account_id=claim.account_id, ticket_id=claim.ticket_id, fence=claim.fence
            )
            if held is None:
                raise _lost(claim)
            return unit(transaction, held)

        return self._database.write(fenced)


def _claim(transaction: Executor, *, now: datetime, lease_until: datetime, account_cap: int) -> Claim | None:
    """Lease one ticket; None when another worker was faster."""
    moment_of_claim = micros(now)
    account = transaction.one("next_account_skipping", now=moment_of_claim, account_cap=account_cap)
    if account is None:
        account = _wait_for_turn(transaction, moment_of_claim, account_cap)
    if account is None:
        return None
    account_id = account["account_id"]
    # Counted again: what the first look saw may be older than the lock.
    leased = transaction.all("leased_count", account_id=account_id, now=moment_of_claim)[0]["count"]
    ticket = transaction.one("next_ticket", account_id=account_id, now=moment_of_claim)
    if ticket is None or leased >= account_cap:
        return None
    ticket_id = ticket["ticket_id"]
    fence = transaction.all("take_turn", account_id=account_id)[0]["fence"]
    transaction.run(
        "lease_ticket",
        account_id=account_id,
        ticket_id=ticket_id,
        fence=fence,
        now=moment_of_claim,
        lease_until=micros(lease_until),
    )
    transaction.run("take_events", account_id=account_id, ticket_id=ticket_id, fence=fence)
    events = transaction.all("taken_events", account_id=account_id, ticket_id=ticket_id, fence=fence)
    effects = _unsettled(transaction, account_id, ticket_id, now)
    return Claim(
        account_id=account_id,
        ticket_id=ticket_id,
        fence=fence,
        attempts=ticket["attempts"],
        lease_until=moment(micros(lease_until)),
        events=tuple(stored_event(row) for row in events),
        effects=tuple(stored_effect(row) for row in effects),
    )


def _unsettled(transaction: Executor, account_id: str, ticket_id: str, now: datetime) -> Sequence[Row]:
    """The effects still to be written; none of them was begun in the future."""
    where: dict[str, Value] = {"account_id": account_id, "ticket_id": ticket_id}
    effects = transaction.all("unsettled_effects", **where)
    if any(row["intent_at"] is not None and row["intent_at"] > horizon(now) for row in effects):
        transaction.run("redate_intents", **where, now=micros(now), horizon=horizon(now))
        return transaction.all("unsettled_effects", **where)
    return effects


def _wait_for_turn(transaction: Executor, now: int, account_cap: int) -> Row | None:
    """Every account with work is being served this instant: wait until the first of them is free."""
    account = transaction.one("next_account", now=now, account_cap=account_cap)
    return account and transaction.one("wait_for_turn", account_id=account["account_id"])


def _end_events(transaction: Executor, claim: Claim, *, now: datetime, state: str, reason: str) -> int:
    """How many events of the claim had not ended yet."""
    return transaction.run(
        "end_events",
        account_id=claim.account_id,
        ticket_id=claim.ticket_id,
        fence=claim.fence,
        state=EventState(state),
        reason=reason,
        now=micros(now),
    )


def _leave(transaction: Executor, claim: Claim, held: Row, now: datetime) -> None:
    """Take the ticket out of work, or make it due for what is left to do."""
    where = {"account_id": claim.account_id, "ticket_id": claim.ticket_id}
    if transaction.all("unsettled_effects", **where):
        ready_at = micros(now)
    elif held["first_at"] is not None:
        ready_at = min(held["latest_at"], held["first_at"] + _LONGEST_SETTLE * held["settle"])
    else:
        transaction.run("drop_ticket", **where)
        return
    transaction.run("release_ticket", **where, now=micros(now), ready_at=ready_at, not_before=0, attempts=0, error="")


def _lost(claim: Claim) -> LeaseLost:
    return LeaseLost(f"ticket {claim.ticket_id} of account {claim.account_id} is no longer ours")
