"""Cards that a model puts better: wanted with the decision, one worker each, one question at most."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from connector.errors import LeaseLost
from connector.ledger import SqlLedger
from connector.model import Account, Writing
from connector.records import CardClaim, CardState, EventState
from tests.ledger.samples import claimed_ticket, hand_off, later, receipt

WRITING = Writing(prompt="card-1", model="small", tokens_in=900, tokens_out=40, cost_micros=7, seconds=0.5)


def handed_off(ledger: SqlLedger, account_id: str, ticket_id: str, *, improve: bool = True) -> str:
    """The id of the receipt of a hand-off whose ticket is at rest."""
    taken = claimed_ticket(ledger, account_id, ticket_id)
    made = receipt(account_id, ticket_id)
    card = replace(hand_off(account_id, ticket_id), improve=improve)
    ledger.work.decide(taken, made, (), card, now=later(0), event_state=EventState.DONE, reason="hand_off")
    assert ledger.cards.claim(now=later(0), lease_seconds=60) is None, "the ticket is still in work"
    ledger.work.settle(taken, now=later(0), event_state=EventState.DONE, reason="")
    return made.id


def card_claimed(ledger: SqlLedger, at: float = 0) -> CardClaim:
    found = ledger.cards.claim(now=later(at), lease_seconds=60)
    assert found is not None
    return found


def test_a_card_is_claimed_asked_about_and_kept(ledger: SqlLedger, acme: Account) -> None:
    made = handed_off(ledger, acme.id, "7")
    found = card_claimed(ledger)
    assert (found.account_id, found.ticket_id, found.receipt_id, found.attempts) == (acme.id, "7", made, 1)
    assert ledger.cards.claim(now=later(59), lease_seconds=60) is None
    ledger.cards.begin(found)
    assert ledger.cards.claim(now=later(600), lease_seconds=60) is None
    ledger.cards.end(found, now=later(2), state=CardState.DONE, summary="Zürich 100 %", writing=WRITING)
    (card,) = ledger.cards.of_ticket(acme.id, "7")
    assert (card.state, card.summary, card.next_action, card.writing) == (CardState.DONE, "Zürich 100 %", "", WRITING)
    assert card.ended_at == later(2)
    with pytest.raises(LeaseLost):
        ledger.cards.end(found, now=later(3), state=CardState.FAILED)


def test_a_hand_off_without_a_model_wants_nothing(ledger: SqlLedger, acme: Account) -> None:
    handed_off(ledger, acme.id, "7", improve=False)
    assert ledger.cards.of_ticket(acme.id, "7") == ()


def test_a_late_worker_changes_nothing(ledger: SqlLedger, acme: Account) -> None:
    handed_off(ledger, acme.id, "7")
    late = card_claimed(ledger)
    again = card_claimed(ledger, at=61)
    assert again.attempts == 2
    for verb in (
        lambda: ledger.cards.begin(late),
        lambda: ledger.cards.postpone(late, now=later(0), due_at=later(900), reason=""),
        lambda: ledger.cards.end(late, now=later(62), state=CardState.FAILED),
    ):
        with pytest.raises(LeaseLost):
            verb()
    ledger.cards.begin(again)
    with pytest.raises(LeaseLost):
        ledger.cards.begin(again)


def test_a_card_that_was_given_back_comes_later(ledger: SqlLedger, acme: Account) -> None:
    handed_off(ledger, acme.id, "7")
    ledger.cards.postpone(card_claimed(ledger), now=later(0), due_at=later(300), reason="ProviderUnavailable")
    assert ledger.cards.claim(now=later(299), lease_seconds=60) is None
    assert card_claimed(ledger, at=300).attempts == 2


def test_of_many_workers_one_gets_the_card(ledger: SqlLedger, acme: Account) -> None:
    handed_off(ledger, acme.id, "7")
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: ledger.cards.claim(now=later(0), lease_seconds=60), range(8)))
    assert sum(claim is not None for claim in found) == 1


def test_what_is_erased_or_removed_takes_its_cards_along(ledger: SqlLedger, acme: Account) -> None:
    handed_off(ledger, acme.id, "7")
    found = card_claimed(ledger)
    handed_off(ledger, acme.id, "8")
    ledger.decisions.erase(acme.id, "7")
    assert ledger.cards.of_ticket(acme.id, "7") == ()
    assert len(ledger.cards.of_ticket(acme.id, "8")) == 1
    with pytest.raises(LeaseLost):
        ledger.cards.begin(found)
    ledger.accounts.remove(acme.id, now=later(5))
    assert ledger.cards.claim(now=later(600), lease_seconds=60) is None
    assert ledger.cards.of_ticket(acme.id, "8") == ()
