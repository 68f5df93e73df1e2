"""Receiving: once, durable, and due when the ticket has settled."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from connector.errors import StoreError
from connector.ledger import SqlLedger
from connector.model import Account
from connector.records import EventState
from tests.ledger.samples import NOW, account, claim, claimed, delivery, later


def test_a_delivery_is_there_for_everybody_when_receive_returns(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    receipt = ledger.inbox.receive(delivery(acme.id, "7", settle=15))

    (event,) = open_again().inbox.events()

    assert not receipt.duplicate
    assert (event.id, event.account_id, event.ticket_id) == (receipt.event_id, acme.id, "7")
    assert (event.state, event.received_at, event.due_at) == (EventState.WAITING, NOW, later(15))
    assert (event.kind, event.vendor_kind) == ("customer_replied", "ticket.comment_added")


def test_a_repeated_delivery_is_stored_once_and_named_a_duplicate(ledger: SqlLedger, acme: Account) -> None:
    first = ledger.inbox.receive(delivery(acme.id, "7", key="same"))
    second = ledger.inbox.receive(delivery(acme.id, "7", key="same", received=3600))

    assert second.duplicate
    assert second.event_id == first.event_id
    assert len(ledger.inbox.events()) == 1


def test_the_same_key_of_another_account_is_another_event(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)

    ledger.inbox.receive(delivery(acme.id, "7", key="same"))

    assert not ledger.inbox.receive(delivery("bravo", "7", key="same")).duplicate
    assert len(ledger.inbox.events(account_id="bravo")) == 1


def test_a_duplicate_does_not_bring_a_finished_ticket_back(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", key="same"))
    ledger.work.settle(claimed(ledger), now=NOW, event_state="done", reason="")

    ledger.inbox.receive(delivery(acme.id, "7", key="same", received=10))

    assert claim(ledger, at=60) is None


def test_a_page_is_received_in_its_own_order_with_its_duplicates(ledger: SqlLedger, acme: Account) -> None:
    known = ledger.inbox.receive(delivery(acme.id, "1", key="known"))

    receipts = ledger.inbox.receive_many(
        [
            delivery(acme.id, "9", key="z"),
            delivery(acme.id, "1", key="known"),
            delivery(acme.id, "3", key="a"),
            delivery(acme.id, "3", key="a"),
        ]
    )

    assert [receipt.duplicate for receipt in receipts] == [False, True, False, True]
    assert receipts[1].event_id == known.event_id
    assert receipts[3].event_id == receipts[2].event_id
    assert {event.ticket_id for event in ledger.inbox.events()} == {"1", "3", "9"}


def test_an_empty_page_is_nothing(ledger: SqlLedger) -> None:
    assert ledger.inbox.receive_many([]) == ()


def test_a_delivery_without_ticket_is_a_dead_letter_with_a_reason(ledger: SqlLedger, acme: Account) -> None:
    receipt = ledger.inbox.receive(delivery(acme.id, None))

    (event,) = ledger.inbox.events(state="dead")

    assert (event.id, event.reason, event.finished_at) == (receipt.event_id, "no_ticket_id", NOW)
    assert claim(ledger, at=60) is None
    assert not ledger.inbox.replay(event.id, now=NOW)


def test_our_own_echo_is_stored_as_ignored_and_starts_no_work(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", ignore="own_echo"))

    (event,) = ledger.inbox.events(state="ignored")

    assert event.reason == "own_echo"
    assert claim(ledger, at=60) is None


def test_a_delivery_for_an_unknown_account_is_refused(ledger: SqlLedger) -> None:
    with pytest.raises(StoreError):
        ledger.inbox.receive(delivery("nobody", "7"))


def test_a_delivery_that_races_the_removal_of_its_account_is_ignored(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.remove(acme.id, now=NOW)

    ledger.inbox.receive(delivery(acme.id, "7"))

    (event,) = ledger.inbox.events()
    assert (event.state, event.reason) == (EventState.IGNORED, "account_removed")
    assert claim(ledger, at=60) is None


def test_events_are_listed_newest_first_and_by_account_and_state(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    ids = [ledger.inbox.receive(delivery(acme.id, str(number))).event_id for number in range(5)]
    other = ledger.inbox.receive(delivery("bravo", None)).event_id

    assert [event.id for event in ledger.inbox.events(account_id=acme.id)] == ids[::-1]
    assert [event.id for event in ledger.inbox.events(limit=2)] == [other, ids[4]]
    assert [event.id for event in ledger.inbox.events(state="dead")] == [other]
    assert ledger.inbox.events(account_id=acme.id, state="dead") == ()
    assert len(ledger.inbox.events(account_id=acme.id, state="waiting", limit=3)) == 3


def test_text_no_database_takes_is_stored_without_its_impossible_parts(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7\x00", key="bad \ud800 key \x00 ü"))

    assert ledger.inbox.receive(delivery(acme.id, "7\x00", key="bad \ud800 key \x00 ü")).duplicate
    assert claimed(ledger).ticket_id == "7"


# --- Settle time ----------------------------------------------------------------------------------


def test_a_ticket_is_due_when_it_has_settled_and_not_before(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", settle=15))

    assert ledger.work.next_due_at() == later(15)
    assert claim(ledger, at=14.9) is None
    assert claimed(ledger, at=15).ticket_id == "7"


def test_each_message_starts_the_settle_time_again_and_one_claim_takes_all(ledger: SqlLedger, acme: Account) -> None:
    for received in (0, 10, 20):
        ledger.inbox.receive(delivery(acme.id, "7", received=received, settle=15))

    assert claim(ledger, at=34.9) is None
    assert len(claimed(ledger, at=35).events) == 3
    assert claim(ledger, at=36) is None


def test_an_endless_burst_is_answered_after_eight_settle_times(ledger: SqlLedger, acme: Account) -> None:
    for received in range(0, 200, 10):
        ledger.inbox.receive(delivery(acme.id, "7", received=received, settle=15))

    assert ledger.work.next_due_at() == later(8 * 15)
    assert len(claimed(ledger, at=120).events) == 20


def test_the_order_of_arrival_does_not_change_when_a_ticket_is_due(ledger: SqlLedger, acme: Account) -> None:
    for received in (20, 0, 10):
        ledger.inbox.receive(delivery(acme.id, "7", received=received, settle=15))

    assert ledger.work.next_due_at() == later(35)


def test_a_late_event_without_settle_time_does_not_cut_the_burst_short(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", received=0, settle=15))
    ledger.inbox.receive(delivery(acme.id, "7", received=5, settle=0))

    assert ledger.work.next_due_at() == later(15)


def test_one_ticket_that_has_not_settled_does_not_hold_up_another(ledger: SqlLedger, acme: Account) -> None:
    ledger.inbox.receive(delivery(acme.id, "7", settle=600))
    ledger.inbox.receive(delivery(acme.id, "8", settle=15))

    assert claimed(ledger, at=20).ticket_id == "8"


# --- Replay ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["dead", "done", "ignored"])
def test_a_finished_event_can_be_replayed_and_is_due_at_once(ledger: SqlLedger, acme: Account, state: str) -> None:
    event_id = ledger.inbox.receive(delivery(acme.id, "7", settle=15)).event_id
    ledger.work.settle(claimed(ledger, at=15), now=later(16), event_state=state, reason="why")

    assert ledger.inbox.replay(event_id, now=later(100))

    (event,) = claimed(ledger, at=100).events
    assert (event.id, event.state, event.reason, event.due_at) == (event_id, EventState.WAITING, "", later(100))
    assert event.received_at == NOW
    assert event.finished_at is None


def test_there_is_no_replay_of_what_does_not_exist_or_waits_already(ledger: SqlLedger, acme: Account) -> None:
    waiting = ledger.inbox.receive(delivery(acme.id, "7")).event_id

    assert not ledger.inbox.replay(waiting, now=NOW)
    assert not ledger.inbox.replay("no-such-event", now=NOW)


def test_a_replay_does_not_wait_for_a_postponed_ticket(ledger: SqlLedger, acme: Account) -> None:
    dead = ledger.inbox.receive(delivery(acme.id, "7")).event_id
    ledger.work.bury(claimed(ledger), now=NOW, reason="gave up")
    ledger.inbox.receive(delivery(acme.id, "7"))
    ledger.work.postpone(claimed(ledger), now=NOW, due_at=later(3600), error="down", failed=True)

    ledger.inbox.replay(dead, now=later(1))

    again = claimed(ledger, at=1)
    assert len(again.events) == 2
    assert again.attempts == 0
