"""Deciding and settling: one transaction, one reply to one comment, one active write to a ticket."""

from __future__ import annotations

import dataclasses

import pytest

from connector.errors import StoreError
from connector.ledger import SqlLedger
from connector.model import Account, EffectKind, EffectState, Priority, Proof, Status
from connector.records import EventState
from tests.ledger.samples import (
    NOW,
    account,
    claimed,
    claimed_ticket,
    decided,
    delivery,
    effect,
    hand_off,
    later,
    receipt,
    reply,
)


def test_a_decision_stores_receipt_effect_and_hand_off_and_ends_the_events(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    wanted = reply(
        acme.id,
        "7",
        "reply-1",
        tags_add=frozenset({"hr_order", "hr_ü"}),
        priority=Priority.HIGH,
        status=Status.PENDING,
        group_id="55",
    )
    written = receipt(acme.id, "7", body={"requester_id": "u", "nested": {"score": 0.5, "words": ["ä", "\u0000"]}})

    (stored,) = ledger.work.decide(
        taken, written, (wanted,), hand_off(acme.id, "7"), now=later(2), event_state="done", reason="auto_send"
    )

    assert (stored.effect, stored.state, stored.receipt_id) == (wanted, EffectState.PLANNED, written.id)
    assert (stored.attempts, stored.intent_at, stored.proof) == (0, None, None)
    assert ledger.decisions.receipts(acme.id) == (written,)
    assert ledger.decisions.effects(acme.id) == (stored,)
    (event,) = ledger.inbox.events()
    assert (event.state, event.reason, event.finished_at) == (EventState.DONE, "auto_send", later(2))
    assert ledger.watch.hand_offs_overdue(now=later(600)) == (hand_off(acme.id, "7"),)


def test_a_decision_that_fails_leaves_nothing_behind(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")

    with pytest.raises(StoreError):  # two active effects
        decided(ledger, taken, effect(acme.id, "7", "one"), effect(acme.id, "7", "two"))

    assert ledger.decisions.receipts(acme.id) == ()
    assert ledger.decisions.effects(acme.id) == ()
    assert ledger.inbox.events()[0].state is EventState.WAITING
    decided(ledger, taken, effect(acme.id, "7", "one"))


def test_an_effect_that_exists_is_left_as_it_was(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, reply(acme.id, "7", "same", text="first"))
    ledger.work.begin(taken, "same", now=NOW)
    ledger.work.finish(taken, "same", now=NOW, state="done", proof=Proof(remote_id="1", posted_at=NOW))

    (stored,) = decided(ledger, taken, reply(acme.id, "7", "same", text="second"))

    assert (stored.effect.text, stored.state) == ("first", EffectState.DONE)
    assert len(ledger.decisions.effects(acme.id)) == 1


def test_an_effect_of_another_ticket_or_account_cannot_be_settled(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    decided(ledger, claimed_ticket(ledger, acme.id, "7"), effect(acme.id, "7", "theirs"))
    neighbour = claimed_ticket(ledger, acme.id, "8")
    stranger = claimed_ticket(ledger, "bravo", "7")

    for taken in (neighbour, stranger):
        with pytest.raises(StoreError):
            ledger.work.begin(taken, "theirs", now=NOW)
        with pytest.raises(StoreError):
            ledger.work.finish(taken, "theirs", now=NOW, state="void")

    assert ledger.decisions.effects(acme.id)[0].state is EffectState.PLANNED


def test_begin_is_stored_before_the_call_and_counts_calls(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "note"))

    ledger.work.begin(taken, "note", now=later(1))
    ledger.work.begin(taken, "note", now=later(130))  # looked for its marker, not found, tried again

    (stored,) = claimed(ledger, at=131).effects
    assert (stored.state, stored.attempts, stored.intent_at) == (EffectState.INTENT, 2, later(130))


def test_a_proof_comes_back_as_it_was_stored(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "note"))
    proof = Proof(remote_id="audit-99", posted_at=later(3), found=True)
    ledger.work.begin(taken, "note", now=later(2))

    ledger.work.finish(taken, "note", now=later(4), state="done", reason="found", proof=proof)

    (stored,) = ledger.decisions.effects(acme.id)
    assert (stored.state, stored.proof, stored.reason) == (EffectState.DONE, proof, "found")


@pytest.mark.parametrize("state", ["done", "void", "failed", "unknown"])
def test_a_settled_effect_is_settled_for_good(ledger: SqlLedger, acme: Account, state: str) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "note"))
    ledger.work.finish(taken, "note", now=NOW, state=state)

    with pytest.raises(StoreError, match=state):
        ledger.work.begin(taken, "note", now=NOW)
    with pytest.raises(StoreError, match=state):
        ledger.work.finish(taken, "note", now=NOW, state="planned")

    ledger.work.settle(taken, now=NOW, event_state="done", reason="")
    assert ledger.work.next_due_at() is None


def test_an_effect_that_was_surely_not_applied_goes_back_to_planned(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, reply(acme.id, "7", "reply"))
    ledger.work.begin(taken, "reply", now=NOW)

    ledger.work.finish(taken, "reply", now=NOW, state="planned", reason="throttled")

    (stored,) = ledger.decisions.effects(acme.id)
    assert (stored.state, stored.reason, stored.attempts) == (EffectState.PLANNED, "throttled", 1)
    assert ledger.decisions.replied(acme.id, "7") is None
    assert ledger.decisions.sends(acme.id, since=later(-60)) == 0


def test_an_effect_does_not_end_in_intent(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, effect(acme.id, "7", "note"))

    with pytest.raises(StoreError):
        ledger.work.finish(taken, "note", now=NOW, state="intent")


def test_the_note_that_replaces_a_send_is_planned_with_its_end(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, reply(acme.id, "7", "reply"), id="the-receipt")
    note = effect(acme.id, "7", "note")

    ledger.work.finish(taken, "reply", now=NOW, state="void", reason="ticket_changed", instead=(note,))

    newest, replaced = ledger.decisions.effects(acme.id, ticket_id="7")
    assert (newest.effect, newest.state, newest.receipt_id) == (note, EffectState.PLANNED, "the-receipt")
    assert (replaced.state, replaced.reason) == (EffectState.VOID, "ticket_changed")


def test_a_replacement_that_cannot_be_planned_leaves_the_send_as_it_was(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, reply(acme.id, "7", "reply"))
    notes = (effect(acme.id, "7", "one"), effect(acme.id, "7", "two"))

    with pytest.raises(StoreError):
        ledger.work.finish(taken, "reply", now=NOW, state="void", instead=notes)

    (stored,) = ledger.decisions.effects(acme.id)
    assert stored.state is EffectState.PLANNED


# --- What the gate asks ---------------------------------------------------------------------------


def _send(ledger: SqlLedger, account_id: str, ticket_id: str, requester: str, *, at: float, state: str) -> None:
    taken = claimed_ticket(ledger, account_id, ticket_id)
    decided(ledger, taken, reply(account_id, ticket_id, f"r-{ticket_id}"), body={"requester_id": requester})
    ledger.work.begin(taken, f"r-{ticket_id}", now=later(at))
    if state != "intent":
        ledger.work.finish(taken, f"r-{ticket_id}", now=later(at + 1), state=state)
    if state != "intent":
        ledger.work.settle(taken, now=NOW, event_state="done", reason="")


def test_sends_count_what_left_or_may_have_left(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    for ticket, state in (("1", "done"), ("2", "intent"), ("3", "unknown"), ("4", "void"), ("5", "failed")):
        _send(ledger, acme.id, ticket, f"customer-{ticket}", at=10, state=state)
    _send(ledger, acme.id, "6", "customer-1", at=500, state="done")
    _send(ledger, "bravo", "7", "customer-1", at=10, state="done")
    taken = claimed_ticket(ledger, acme.id, "8")
    decided(ledger, taken, effect(acme.id, "8", "note"), body={"requester_id": "customer-1"})
    ledger.work.begin(taken, "note", now=later(10))

    assert ledger.decisions.sends(acme.id, since=NOW) == 4
    assert ledger.decisions.sends(acme.id, since=later(100)) == 1
    assert ledger.decisions.sends(acme.id, since=NOW, requester="customer-1") == 2
    assert ledger.decisions.sends(acme.id, since=NOW, requester="customer-4") == 0


def test_replied_is_the_last_reply_on_this_ticket(ledger: SqlLedger, acme: Account) -> None:
    _send(ledger, acme.id, "1", "customer", at=10, state="done")
    _send(ledger, acme.id, "2", "customer", at=20, state="void")

    assert ledger.decisions.replied(acme.id, "1") == later(10)
    assert ledger.decisions.replied(acme.id, "2") is None
    assert ledger.decisions.replied("bravo", "1") is None


@pytest.mark.parametrize(("state", "is_open"), [("done", False), ("void", False), ("unknown", True)])
def test_a_reply_whose_outcome_is_unknown_is_open(ledger: SqlLedger, acme: Account, state: str, is_open: bool) -> None:
    _send(ledger, acme.id, "1", "customer", at=10, state=state)
    assert ledger.decisions.reply_open(acme.id, "1") is is_open
    assert not ledger.decisions.reply_open(acme.id, "2")
    assert not ledger.decisions.reply_open("bravo", "1")


def test_a_reply_on_its_way_is_open(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, reply(acme.id, "7", "reply"))
    assert not ledger.decisions.reply_open(acme.id, "7")
    ledger.work.begin(taken, "reply", now=NOW)
    assert ledger.decisions.reply_open(acme.id, "7")


def test_a_reply_that_was_refused_and_found_later_counts_as_sent(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    decided(ledger, taken, reply(acme.id, "7", "reply"))
    ledger.work.begin(taken, "reply", now=NOW)
    ledger.work.finish(taken, "reply", now=NOW, state="planned", reason="ticket_changed")
    assert ledger.decisions.sends(acme.id, since=later(-60)) == 0
    ledger.work.finish(taken, "reply", now=NOW, state="done")
    assert ledger.decisions.sends(acme.id, since=later(-60)) == 1


def test_the_revision_is_the_highest_note_on_this_comment(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    for revision in (1, 3, 2):
        decided(ledger, taken, effect(acme.id, "7", f"n{revision}", revision=revision))
        ledger.work.finish(taken, f"n{revision}", now=NOW, state="void")
    decided(ledger, taken, reply(acme.id, "7", "reply", revision=9))

    assert ledger.decisions.revision(acme.id, "7", "comment-1") == 3
    assert ledger.decisions.revision(acme.id, "7", "comment-2") == 0
    assert ledger.decisions.revision(acme.id, "8", "comment-1") == 0


def test_receipts_and_effects_are_listed_newest_first_and_by_ticket(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    ledger.inbox.receive_many([delivery(acme.id, "1"), delivery(acme.id, "2"), delivery("bravo", "1")])
    for _ in range(3):
        taken = claimed(ledger)
        identity = f"{taken.account_id}-{taken.ticket_id}"
        decided(ledger, taken, effect(taken.account_id, taken.ticket_id, identity), id=identity)

    assert [found.id for found in ledger.decisions.receipts(acme.id)] == ["acme-2", "acme-1"]
    assert [found.effect.id for found in ledger.decisions.effects(acme.id)] == ["acme-2", "acme-1"]
    assert [found.id for found in ledger.decisions.receipts(acme.id, ticket_id="1")] == ["acme-1"]
    assert [found.effect.id for found in ledger.decisions.effects(acme.id, ticket_id="1")] == ["acme-1"]
    assert [found.id for found in ledger.decisions.receipts(acme.id, limit=1)] == ["acme-2"]
    assert ledger.decisions.receipts("nobody") == ()


def test_would_sends_are_read_oldest_first_over_all_pages(
    ledger: SqlLedger, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.ledger.decisions._PAGE", 2)
    taken = claimed_ticket(ledger, acme.id, "7")
    for number in range(5):
        decided(ledger, taken, id=f"r{number}", would_send=True, intent="refund" if number == 3 else "order_status")
    decided(ledger, taken, id="not-sent", would_send=False)

    assert [found.id for found in ledger.decisions.would_sends(acme.id)] == ["r0", "r1", "r2", "r3", "r4"]
    assert [found.id for found in ledger.decisions.would_sends(acme.id, intent="refund")] == ["r3"]
    assert list(ledger.decisions.would_sends("bravo")) == []


def test_every_kind_of_effect_is_told_apart(ledger: SqlLedger, acme: Account) -> None:
    taken = claimed_ticket(ledger, acme.id, "7")
    note = dataclasses.replace(effect(acme.id, "7", "n"), tags_remove=frozenset({"hr_old"}))
    (stored,) = decided(ledger, taken, note)

    assert stored.effect == note
    assert stored.effect.kind is EffectKind.NOTE
