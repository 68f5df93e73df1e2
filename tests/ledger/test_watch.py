"""Hand-offs, alarms, cursors, audit."""

from __future__ import annotations

import dataclasses

from connector.ledger import SqlLedger
from connector.model import Account
from connector.records import Alarm, AuditEntry, HandOff
from tests.ledger.samples import NOW, account, claimed_ticket, hand_off, later, receipt

ALARM = Alarm(account_id="acme", kind="hand_off_not_taken", subject="7", detail="refund waits", raised_at=NOW)


def _handed_off(ledger: SqlLedger, card: HandOff) -> None:
    taken = claimed_ticket(ledger, card.account_id, card.ticket_id)
    written = receipt(card.account_id, card.ticket_id)
    ledger.work.decide(taken, written, (), card, now=NOW, event_state="done", reason="hand_off")
    ledger.work.settle(taken, now=NOW, event_state="done", reason="")


def test_a_card_is_overdue_after_its_time_until_somebody_takes_it(ledger: SqlLedger, acme: Account) -> None:
    card = hand_off(acme.id, "7", effect_id="note-7")
    _handed_off(ledger, card)

    assert ledger.watch.hand_offs_overdue(now=later(59)) == ()
    assert ledger.watch.hand_offs_overdue(now=later(61)) == (card,)

    ledger.watch.take_hand_off(acme.id, "7", now=later(62))

    assert ledger.watch.hand_offs_overdue(now=later(600)) == ()


def test_taking_one_tickets_card_leaves_the_others(ledger: SqlLedger, acme: Account) -> None:
    ledger.accounts.add(account("bravo"), now=NOW)
    for card in (hand_off(acme.id, "7"), hand_off(acme.id, "8"), hand_off("bravo", "7")):
        _handed_off(ledger, card)

    ledger.watch.take_hand_off(acme.id, "7", now=NOW)

    overdue = {(card.account_id, card.ticket_id) for card in ledger.watch.hand_offs_overdue(now=later(61))}
    assert overdue == {("acme", "8"), ("bravo", "7")}


def test_an_alarm_tells_of_an_overdue_card_once_and_ends_when_it_is_taken(ledger: SqlLedger, acme: Account) -> None:
    _handed_off(ledger, hand_off(acme.id, "7"))

    assert ledger.watch.raise_alarm(ALARM)
    assert ledger.watch.hand_offs_overdue(now=later(61)) == ()
    ledger.watch.take_hand_off(acme.id, "7", now=later(70))

    assert ledger.watch.alarms() == ()


def test_a_card_that_was_taken_does_not_come_back_with_the_same_note(ledger: SqlLedger, acme: Account) -> None:
    _handed_off(ledger, hand_off(acme.id, "7", effect_id="note"))
    ledger.watch.take_hand_off(acme.id, "7", now=NOW)

    _handed_off(ledger, hand_off(acme.id, "7", effect_id="note"))

    assert ledger.watch.hand_offs_overdue(now=later(61)) == ()


def test_a_new_card_on_a_ticket_waits_again(ledger: SqlLedger, acme: Account) -> None:
    for identity in ("", "note-1", ""):
        _handed_off(ledger, hand_off(acme.id, "7", effect_id=identity))
        ledger.watch.take_hand_off(acme.id, "7", now=NOW)
    _handed_off(ledger, hand_off(acme.id, "7"))
    _handed_off(ledger, hand_off(acme.id, "7"))

    assert len(ledger.watch.hand_offs_overdue(now=later(61))) == 1


def test_one_alarm_is_open_per_kind_and_subject(ledger: SqlLedger) -> None:
    assert ledger.watch.raise_alarm(ALARM)
    assert not ledger.watch.raise_alarm(dataclasses.replace(ALARM, detail="again"))
    other = dataclasses.replace(ALARM, account_id="bravo", raised_at=later(1))
    assert ledger.watch.raise_alarm(other)

    assert ledger.watch.alarms() == (ALARM, other)
    assert ledger.watch.alarms("bravo") == (other,)
    assert ledger.work.backlog(now=NOW).open_alarms == 2


def test_a_cleared_alarm_can_be_raised_again(ledger: SqlLedger) -> None:
    ledger.watch.raise_alarm(ALARM)

    ledger.watch.clear_alarm("acme", ALARM.kind, "7", now=later(1))

    assert ledger.watch.alarms() == ()
    assert ledger.watch.raise_alarm(ALARM)


def test_a_cursor_is_where_it_was_moved_last(ledger: SqlLedger) -> None:
    assert ledger.watch.cursor("acme", "updates") == (None, None)

    ledger.watch.move_cursor("acme", "updates", "a", now=NOW)
    ledger.watch.move_cursor("acme", "updates", "b", now=later(60))

    assert ledger.watch.cursor("acme", "updates") == ("b", later(60))
    assert ledger.watch.cursor("acme", "articles") == (None, None)
    assert ledger.watch.cursor("bravo", "updates") == (None, None)


def test_the_audit_trail_is_newest_first_and_by_account(ledger: SqlLedger) -> None:
    entries = [
        AuditEntry(account_id=name, actor="ann", verb="policy.publish", detail=f"entry {number} ü", at=later(number))
        for number, name in enumerate((None, "acme", "bravo"))
    ]
    for entry in entries:
        ledger.watch.record(entry)

    assert ledger.watch.audit() == tuple(reversed(entries))
    assert ledger.watch.audit("acme") == (entries[1],)
    assert ledger.watch.audit(limit=1) == (entries[2],)
