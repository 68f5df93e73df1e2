"""What agents do in the sidebar: wishes, feedback, one-time tokens, installations; on both engines."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from connector.errors import StoreError
from connector.ledger import SqlLedger
from connector.model import Account, EventKind
from connector.records import AppInstallation, EventState, Feedback, Wish, WishVerb
from tests.ledger.samples import NOW, later


def wish(account_id: str, ticket_id: str = "7", verb: WishVerb = WishVerb.REGENERATE, at: float = 0) -> Wish:
    return Wish(
        account_id=account_id,
        ticket_id=ticket_id,
        verb=verb,
        by="zendesk agent 31",
        at=later(at),
        draft="r-1",
        instruction="Kürzer, bitte",
    )


def test_a_wish_makes_its_ticket_due_at_once(ledger: SqlLedger, acme: Account) -> None:
    made = ledger.sidebar.wish(wish(acme.id))
    claim = ledger.work.claim(now=later(0), lease_seconds=60, account_cap=4)
    assert claim is not None
    assert [(event.id, event.kind) for event in claim.events] == [(made, EventKind.WISHED)]
    (found,) = ledger.sidebar.wishes(acme.id, "7")
    assert found == replace(wish(acme.id), id=made, waits=True)
    assert ledger.sidebar.waiting(acme.id, "7") == ("wished",)


def test_a_wish_ends_with_its_event(ledger: SqlLedger, acme: Account) -> None:
    ledger.sidebar.wish(wish(acme.id))
    claim = ledger.work.claim(now=later(0), lease_seconds=60, account_cap=4)
    assert claim is not None
    ledger.work.settle(claim, now=later(1), event_state=EventState.DONE, reason="")
    (found,) = ledger.sidebar.wishes(acme.id, "7")
    assert (found.waits, found.refused) == (False, "")
    assert ledger.sidebar.waiting(acme.id, "7") == ()


def test_a_refused_wish_says_why_and_waits_no_more(ledger: SqlLedger, acme: Account) -> None:
    ledger.sidebar.wish(wish(acme.id))
    (waiting,) = ledger.sidebar.wishes(acme.id, "7")
    ledger.sidebar.refuse(waiting, "newer_message")
    (found,) = ledger.sidebar.wishes(acme.id, "7")
    assert (found.waits, found.refused) == (False, "newer_message")
    assert ledger.sidebar.wish(wish(acme.id, at=1)) != waiting.id, "a new one may be wished for"


def test_a_wish_that_was_given_up_failed_and_its_replay_is_none(ledger: SqlLedger, acme: Account) -> None:
    made = ledger.sidebar.wish(wish(acme.id, verb=WishVerb.APPROVE))
    claim = ledger.work.claim(now=later(0), lease_seconds=60, account_cap=4)
    assert claim is not None
    ledger.work.bury(claim, now=later(1), reason="helpdesk_down")
    assert ledger.sidebar.wishes(acme.id, "7")[0].refused == "failed"
    assert ledger.inbox.replay(made, now=later(2))
    assert not ledger.sidebar.wishes(acme.id, "7")[0].waits, "an approval of yesterday does not come back"


def test_clicks_at_once_are_one_wish(ledger: SqlLedger, acme: Account) -> None:
    with ThreadPoolExecutor(8) as pool:
        made = set(pool.map(lambda at: ledger.sidebar.wish(wish(acme.id, at=at)), range(8)))
    assert len(made) == 1
    ledger.sidebar.wish(wish(acme.id, verb=WishVerb.ESCALATE))
    ledger.sidebar.wish(wish(acme.id, ticket_id="8"))
    assert len(ledger.sidebar.wishes(acme.id, "7")) == 2


def test_a_one_time_token_is_used_once_by_whoever_comes_first(ledger: SqlLedger, acme: Account) -> None:
    until = later(60)
    with ThreadPoolExecutor(8) as pool:
        first = list(
            pool.map(lambda _: ledger.sidebar.use_token(acme.id, "d-1", expires_at=until, now=later(0)), range(8))
        )
    assert first.count(True) == 1
    assert ledger.sidebar.use_token(acme.id, "d-2", expires_at=until, now=later(1))
    assert ledger.sidebar.use_token(acme.id, "d-3", expires_at=later(120), now=later(61)), "and d-1 is forgotten now"
    assert ledger.sidebar.use_token(acme.id, "d-1", expires_at=later(120), now=later(61))
    with pytest.raises(StoreError):
        ledger.sidebar.use_token("nobody", "d-1", expires_at=until, now=later(0))


def test_feedback_is_kept_newest_first(ledger: SqlLedger, acme: Account) -> None:
    said = Feedback(
        account_id=acme.id, ticket_id="7", receipt_id="r", value="tone", reason="zu förmlich", by="a", at=NOW
    )
    ledger.sidebar.add_feedback(said)
    other = replace(said, ticket_id="8", at=NOW + timedelta(seconds=1))
    ledger.sidebar.add_feedback(other)
    assert ledger.sidebar.feedback(acme.id) == (other, said)
    assert ledger.sidebar.feedback(acme.id, "7") == (said,)
    with pytest.raises(StoreError):
        ledger.sidebar.add_feedback(replace(said, account_id="nobody"))


def test_an_installation_is_kept_until_the_account_goes(ledger: SqlLedger, acme: Account) -> None:
    assert ledger.sidebar.installation(acme.id) is None
    ledger.sidebar.install(AppInstallation(account_id=acme.id, app_id="5", installation_id="77"), now=NOW)
    again = AppInstallation(account_id=acme.id, app_id="5", installation_id="78", public_key="PEM", key_digest="d")
    ledger.sidebar.install(again, now=NOW)
    assert ledger.sidebar.installation(acme.id) == again
    ledger.accounts.remove(acme.id, now=NOW)
    assert ledger.sidebar.installation(acme.id) is None


def test_what_is_erased_takes_wishes_and_feedback_along(ledger: SqlLedger, acme: Account) -> None:
    for ticket in ("7", "8"):
        ledger.sidebar.wish(wish(acme.id, ticket_id=ticket))
        ledger.sidebar.add_feedback(
            Feedback(account_id=acme.id, ticket_id=ticket, receipt_id="r", value="tone", reason="x", by="a", at=NOW)
        )
    ledger.decisions.erase(acme.id, "7")
    assert ledger.sidebar.wishes(acme.id, "7") == ()
    assert ledger.sidebar.feedback(acme.id, "7") == ()
    assert len(ledger.sidebar.wishes(acme.id, "8")) == len(ledger.sidebar.feedback(acme.id)) == 1


def test_every_process_signs_pages_with_the_same_key(ledger: SqlLedger, open_again: Callable[[], SqlLedger]) -> None:
    key = ledger.sidebar.page_key()
    assert len(key) == 32
    assert open_again().sidebar.page_key() == key
