"""A clock that was set back by two days: nothing waits until it gets there again."""

from __future__ import annotations

import pytest

from connector.errors import LeaseLost
from connector.ledger import SqlLedger
from connector.model import Account, EffectState
from connector.records import CardState, EventState
from tests.ledger.samples import (
    NOW,
    claim,
    claimed,
    claimed_ticket,
    decided,
    delivery,
    effect,
    hand_off,
    later,
    receipt,
)
from tests.ledger.test_cards import card_claimed, handed_off

BACK = -2 * 86_400.0


def test_what_waits_is_due_at_once(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", settle=15))

    assert claimed(ledger, at=BACK).ticket_id == "7"


def test_clocks_a_minute_apart_are_no_reason(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", settle=15))

    assert claim(ledger, at=-60) is None
    assert claim(ledger, at=14) is None
    assert claimed(ledger, at=15).ticket_id == "7"


def test_what_arrives_by_the_right_clock_is_not_held_by_what_was_there(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", settle=15))
    ledger.inbox.receive(delivery(acme.id, "7", received=BACK, settle=15))

    assert len(claimed(ledger, at=BACK + 1).events) == 2


def test_what_was_put_off_is_due_at_once(ledger: SqlLedger, acme: Account) -> None:
    ledger.work.postpone(claimed_ticket(ledger, acme.id, "7"), now=NOW, due_at=later(900), error="", failed=True)

    assert claimed(ledger, at=BACK).attempts == 1


def test_what_was_left_for_later_by_a_claim_is_due_at_once(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    ledger.inbox.receive(delivery(acme.id, "7", received=5, settle=15))
    ledger.work.settle(taken, now=later(6), event_state=EventState.DONE, reason="")

    assert len(claimed(ledger, at=BACK).events) == 1


def test_a_lease_lasts_as_long_as_it_was_given_for(ledger: SqlLedger, acme: Account) -> None:
    dead = claimed_ticket(ledger, acme.id, "7")

    assert claim(ledger, at=BACK) is None, "its worker may be alive"
    assert claim(ledger, at=BACK + 59) is None
    assert claimed(ledger, at=BACK + 60).events == dead.events
    with pytest.raises(LeaseLost):
        ledger.work.settle(dead, now=later(BACK), event_state=EventState.DONE, reason="")


def test_a_live_worker_keeps_its_ticket_through_the_jump(ledger: SqlLedger, acme: Account) -> None:
    alive = claimed_ticket(ledger, acme.id, "7")
    assert claim(ledger, at=BACK) is None

    ledger.work.renew(alive, now=later(BACK + 50), lease_seconds=60)

    assert claim(ledger, at=BACK + 100) is None
    ledger.work.settle(alive, now=later(BACK + 101), event_state=EventState.DONE, reason="")
    assert ledger.work.next_due_at() is None


def test_a_call_that_may_be_on_its_way_is_waited_for_from_now(ledger: SqlLedger, acme: Account) -> None:
    dead = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, dead, effect(acme.id, "7", "begun"))
    ledger.work.begin(dead, "begun", now=later(1))

    assert claim(ledger, at=BACK) is None
    (stored,) = claimed(ledger, at=BACK + 60).effects

    assert (stored.state, stored.intent_at) == (EffectState.INTENT, later(BACK + 60))


def test_a_card_that_waits_for_better_words_is_taken_at_once(ledger: SqlLedger, acme: Account) -> None:
    handed_off(ledger, acme.id, "7")
    found = card_claimed(ledger, at=BACK)

    assert ledger.cards.claim(now=later(BACK + 59), lease_seconds=60) is None
    ledger.cards.end(found, now=later(BACK), state=CardState.FAILED)


def test_the_lease_of_a_card_does_not_outlive_the_jump(ledger: SqlLedger, acme: Account) -> None:
    handed_off(ledger, acme.id, "7")
    card_claimed(ledger)

    assert ledger.cards.claim(now=later(BACK), lease_seconds=60) is None
    assert card_claimed(ledger, at=BACK + 60).attempts == 2


def test_a_person_has_as_long_for_a_card_as_before_and_no_longer(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    card = hand_off(acme.id, "7", take_by=300)
    ledger.work.decide(taken, receipt(acme.id, "7"), (), card, now=NOW, event_state="done", reason="hand_off")

    assert ledger.watch.hand_offs_overdue(now=later(BACK)) == ()
    (overdue,) = ledger.watch.hand_offs_overdue(now=later(BACK + 301))
    assert (overdue.since, overdue.take_by) == (later(BACK), later(BACK + 300))


def test_a_dead_refresher_of_credentials_is_not_waited_for(ledger: SqlLedger, acme: Account) -> None:
    """It died with the lease in its hand, two days ahead."""
    ledger.database.write(
        lambda transaction: transaction.all(
            "take_token_lease", account_id=acme.id, holder="dead", now=1, lease_until=_micros(60), longest=_micros(120)
        )
    )

    fresh = ledger.accounts.swap_token(acme.id, now=later(BACK), lease_seconds=60, refresh=lambda _: {"token": "new"})

    assert fresh == {"token": "new"}


def _micros(seconds: float) -> int:
    return int(later(seconds).timestamp() * 1_000_000)
