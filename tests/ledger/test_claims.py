"""Claims: one per ticket, fair between accounts, fenced, and given back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.errors import LeaseLost, StoreError
from connector.ledger import SqlLedger
from connector.model import Account, EffectState
from connector.records import Claim, EventState
from tests.ledger.samples import (
    NOW,
    account,
    claim,
    claimed,
    claimed_ticket,
    decided,
    delivery,
    effect,
    later,
    reply,
)


def test_a_claimed_ticket_is_nobody_elses(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")

    assert taken.lease_until == later(60)
    assert taken.attempts == 0
    assert claim(open_again()) is None


def test_nothing_due_is_no_claim(ledger: SqlLedger, acme: Account) -> None:
    assert claim(ledger) is None
    assert ledger.work.next_due_at() is None


# --- Leases and fences ----------------------------------------------------------------------------


def test_an_expired_lease_is_claimed_again_with_its_events_and_a_new_fence(ledger: SqlLedger, acme: Account) -> None:
    first = claimed_ticket(ledger, acme.id, "7")

    assert claim(ledger, at=59.9) is None
    second = claimed(ledger, at=60)

    assert second.events == first.events
    assert second.fence > first.fence
    assert ledger.work.next_due_at() == later(120)


def test_a_renewed_lease_holds_longer(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")

    ledger.work.renew(taken, now=later(50), lease_seconds=60)

    assert claim(ledger, at=109) is None
    assert claimed(ledger, at=110).ticket_id == "7"


def _decide(ledger: SqlLedger, taken: Claim) -> None:
    decided(ledger, taken, effect(taken.account_id, taken.ticket_id, "zombie"))


ZOMBIE_WRITES: dict[str, Callable[[SqlLedger, Claim], object]] = {
    "renew": lambda ledger, taken: ledger.work.renew(taken, now=NOW, lease_seconds=60),
    "decide": _decide,
    "begin": lambda ledger, taken: ledger.work.begin(taken, "planned", now=NOW),
    "finish": lambda ledger, taken: ledger.work.finish(taken, "planned", now=NOW, state="void"),
    "settle": lambda ledger, taken: ledger.work.settle(taken, now=NOW, event_state="done", reason=""),
    "postpone": lambda ledger, taken: ledger.work.postpone(taken, now=NOW, due_at=NOW, error="", failed=True),
    "bury": lambda ledger, taken: ledger.work.bury(taken, now=NOW, reason=""),
}


@pytest.mark.parametrize("verb", ZOMBIE_WRITES)
def test_no_write_of_a_worker_that_slept_past_its_lease_is_stored(ledger: SqlLedger, acme: Account, verb: str) -> None:
    zombie = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, zombie, effect(acme.id, "7", "planned"))
    heir = claimed(ledger, at=61)

    with pytest.raises(LeaseLost):
        ZOMBIE_WRITES[verb](ledger, zombie)

    (stored,) = ledger.decisions.effects(acme.id)
    assert (stored.effect.id, stored.state) == ("planned", EffectState.PLANNED)
    assert len(ledger.decisions.receipts(acme.id)) == 1
    ledger.work.begin(heir, "planned", now=later(62))


@pytest.mark.parametrize("verb", ZOMBIE_WRITES)
def test_no_write_after_the_claim_was_given_back_is_stored(ledger: SqlLedger, acme: Account, verb: str) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    ledger.work.postpone(taken, now=NOW, due_at=later(10), error="", failed=False)

    with pytest.raises(LeaseLost):
        ZOMBIE_WRITES[verb](ledger, taken)


def test_a_fence_is_never_given_out_twice_although_finished_tickets_are_forgotten(
    ledger: SqlLedger, acme: Account
) -> None:
    fences = []
    for _ in range(3):
        taken = claimed_ticket(ledger, acme.id, "7")
        fences.append(taken.fence)
        ledger.work.settle(taken, now=NOW, event_state="done", reason="")

    assert len(set(fences)) == 3
    assert fences == sorted(fences)


# --- Events that arrive meanwhile -----------------------------------------------------------------


def test_an_event_that_arrives_during_the_lease_makes_the_ticket_due_after_it(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    newer = ledger.inbox.receive(delivery(acme.id, "7", received=5, settle=15)).event_id
    assert claim(ledger, at=30) is None

    ledger.work.settle(taken, now=later(6), event_state="done", reason="draft")

    assert ledger.work.next_due_at() == later(20)
    assert [event.id for event in claimed(ledger, at=20).events] == [newer]
    assert [event.state for event in ledger.inbox.events()] == [EventState.WAITING, EventState.DONE]


def test_a_burst_during_the_lease_settles_as_any_other(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    for received in (5, 10):
        ledger.inbox.receive(delivery(acme.id, "7", received=received, settle=15))
    ledger.work.settle(taken, now=later(6), event_state="done", reason="")
    ledger.inbox.receive(delivery(acme.id, "7", received=20, settle=15))

    assert ledger.work.next_due_at() == later(35)


def test_a_lease_that_expires_takes_the_newer_events_too(ledger: SqlLedger, acme: Account) -> None:
    claimed_ticket(ledger, acme.id, "7")
    ledger.inbox.receive(delivery(acme.id, "7", received=5, settle=15))

    assert len(claimed(ledger, at=60).events) == 2


# --- Given back -----------------------------------------------------------------------------------


def test_settled_events_carry_state_reason_and_time_and_the_ticket_leaves_the_work(
    ledger: SqlLedger, acme: Account
) -> None:
    ledger.work.settle(claimed_ticket(ledger, acme.id, "7"), now=later(3), event_state="ignored", reason="spam")

    (event,) = ledger.inbox.events()
    assert (event.state, event.reason, event.finished_at) == (EventState.IGNORED, "spam", later(3))
    assert ledger.work.next_due_at() is None


def test_a_ticket_with_an_unsettled_effect_stays_in_work(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "planned"))
    ledger.work.settle(taken, now=later(1), event_state="done", reason="")

    again = claimed(ledger, at=1)

    assert again.events == ()
    assert [stored.effect.id for stored in again.effects] == ["planned"]


def test_a_postponed_ticket_comes_back_with_everything_and_counts_its_failures(
    ledger: SqlLedger, acme: Account
) -> None:
    first = claimed_ticket(ledger, acme.id, "7")
    ledger.work.postpone(first, now=NOW, due_at=later(30), error="timed out", failed=True)
    assert claim(ledger, at=29) is None

    second = claimed(ledger, at=30)
    assert (second.events, second.attempts) == (first.events, 1)
    ledger.work.postpone(second, now=NOW, due_at=later(40), error="asked to wait", failed=False)

    assert claimed(ledger, at=40).attempts == 1


def test_success_forgets_the_failures(ledger: SqlLedger, acme: Account) -> None:
    ledger.work.postpone(claimed_ticket(ledger, acme.id, "7"), now=NOW, due_at=later(1), error="", failed=True)
    second = claimed(ledger, at=1)
    ledger.inbox.receive(delivery(acme.id, "7", received=2))
    ledger.work.settle(second, now=later(3), event_state="done", reason="")

    assert claimed(ledger, at=3).attempts == 0


def test_what_arrives_does_not_cut_a_postponement_short(ledger: SqlLedger, acme: Account) -> None:
    ledger.work.postpone(
        claimed_ticket(ledger, acme.id, "7"), now=NOW, due_at=later(120), error="Retry-After", failed=False
    )

    ledger.inbox.receive(delivery(acme.id, "7", received=5, settle=15))

    assert ledger.work.next_due_at() == later(120)
    assert len(claimed(ledger, at=120).events) == 2


def test_a_buried_ticket_leaves_dead_letters_and_no_open_effect(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "planned"))
    ledger.work.postpone(taken, now=NOW, due_at=later(1), error="", failed=True)
    ledger.inbox.receive(delivery(acme.id, "7", received=1))
    taken = claimed(ledger, at=2)

    ledger.work.bury(taken, now=later(3), reason="eight tries")

    (event,) = ledger.inbox.events(state="dead")
    assert (event.reason, event.finished_at) == ("eight tries", later(3))
    (stored,) = ledger.decisions.effects(acme.id)
    assert (stored.state, stored.reason) == (EffectState.FAILED, "eight tries")
    assert claim(ledger, at=100) is None


def test_a_buried_reply_that_may_have_left_is_unknown_not_failed(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, reply(acme.id, "7", "sent?"))
    ledger.work.begin(taken, "sent?", now=NOW)

    ledger.work.bury(taken, now=NOW, reason="eight tries")

    assert ledger.decisions.effects(acme.id)[0].state is EffectState.UNKNOWN
    assert ledger.decisions.replied(acme.id, "7") == NOW


# --- Fairness -------------------------------------------------------------------------------------


def test_a_flood_of_one_account_does_not_starve_another(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    ledger.inbox.receive_many(delivery(acme.id, str(number)) for number in range(50))
    ledger.inbox.receive_many(delivery("bravo", str(number), received=1) for number in range(3))

    served = [claimed(ledger, at=2, cap=100).account_id for _ in range(6)]

    assert served.count("bravo") == 3


def test_an_account_never_has_more_leases_than_its_cap(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive_many(delivery(acme.id, str(number)) for number in range(5))
    first = claimed(ledger, cap=2)
    claimed(ledger, cap=2)

    assert claim(ledger, cap=2) is None
    ledger.work.settle(first, now=NOW, event_state="done", reason="")
    claimed(ledger, cap=2)

    assert claim(ledger, cap=2) is None
    assert claim(ledger, at=61, cap=2) is not None, "an expired lease does not count"


def test_within_an_account_the_ticket_that_waits_longest_comes_first(ledger: SqlLedger, acme: Account) -> None:
    for ticket, received in (("3", 3), ("1", 1), ("2", 2)):
        ledger.inbox.receive(delivery(acme.id, ticket, received=received))

    assert [claimed(ledger, at=5).ticket_id for _ in range(3)] == ["1", "2", "3"]


def test_a_removed_account_is_not_served(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "planned"))
    ledger.inbox.receive(delivery(acme.id, "8"))

    ledger.accounts.remove(acme.id, now=later(1))

    assert claim(ledger, at=600) is None
    assert ledger.work.next_due_at() is None
    with pytest.raises(LeaseLost):
        ledger.work.begin(taken, "planned", now=later(2))
    assert ledger.decisions.effects(acme.id)[0].state is EffectState.VOID
    assert {event.reason for event in ledger.inbox.events()} == {"draft", "account_removed"}


# --- Backlog --------------------------------------------------------------------------------------


def test_the_backlog_counts_what_is_open(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, None))
    ledger.inbox.receive(delivery(acme.id, "later", settle=600))
    ledger.inbox.receive(delivery(acme.id, "due", received=2))
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "planned"))

    backlog = ledger.work.backlog(now=later(10))

    assert (backlog.waiting_events, backlog.due_tickets, backlog.oldest_due_at) == (2, 1, later(2))
    assert (backlog.dead_events, backlog.unsettled_effects, backlog.open_alarms) == (1, 1, 0)
    assert backlog.by_state == {"leased": 1, "planned": 1, "intent": 0, "failed": 0, "unknown": 0}


def test_an_empty_ledger_has_no_backlog(ledger: SqlLedger) -> None:
    backlog = ledger.work.backlog(now=NOW)

    assert (backlog.waiting_events, backlog.due_tickets, backlog.oldest_due_at) == (0, 0, None)


def test_a_receipt_id_is_used_once(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, id="same")

    with pytest.raises(StoreError):
        decided(ledger, taken, id="same")

    assert ledger.watch.verify_chain() is None, "the refused receipt left no trace in the chain"
