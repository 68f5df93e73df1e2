"""Imported history and the results of back-tests, on both engines."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.errors import StoreError
from connector.ledger import SqlLedger
from connector.ledger.past import past_from_text, past_to_text
from connector.model import (
    Account,
    Attachment,
    Channel,
    Comment,
    Contentment,
    HistoryPage,
    PastMetrics,
    PastReply,
    PastTicket,
    Priority,
    Rating,
    Requester,
    Role,
    SenderWarning,
    Status,
    Ticket,
    TicketFlag,
    Visibility,
)
from connector.ports.history import StoredResult
from tests.ledger.samples import NOW, account, later


def past(number: int, *, at: datetime = NOW, text: str = "Where is it?", rating: Rating | None = None) -> PastTicket:
    created = at - timedelta(minutes=number)
    asked = Comment(
        id=f"{number}1",
        author_id="7",
        role=Role.REQUESTER,
        visibility=Visibility.PUBLIC,
        text=text,
        raw_text=text,
        created_at=created,
        attachments=(Attachment(name="a.png", media_type="image/png", size_bytes=3),),
        warnings=frozenset({SenderWarning.UNTRUSTED}),
    )
    ticket = Ticket(
        account_id="acme",
        id=str(number),
        subject="Frage zu \u2028 Größe",
        requester=Requester(id="7", name="Mara", email="m@x.example", verified=None, tags=frozenset({"b", "a"})),
        status=Status.RESOLVED,
        vendor_status="solved",
        priority=Priority.HIGH,
        vendor_priority="high",
        channel=Channel.EMAIL,
        vendor_channel="email",
        tags=frozenset({"x", "y"}),
        comments=(asked,),
        created_at=created,
        updated_at=at,
        read_at=at,
        stamp="s",
        custom_fields={"12": ["a", 1, None]},
        cc=("c@x.example",),
        flags=frozenset({TicketFlag.ASSOCIATED}),
        headers={"from": "m@x.example"},
    )
    return PastTicket(
        ticket=ticket,
        reply=PastReply(comment_id="2", at=created, author_id="9", text="On Monday."),
        solved_at=at,
        metrics=PastMetrics(first_reply_minutes=3.5, reopens=1, replies=2, groups=2),
        rating=rating,
        hidden="hidden words",
        ours=True,
    )


def page(*pasts: PastTicket, cursor: str = "c1", more: bool = False, **changes: object) -> HistoryPage:
    return HistoryPage(tickets=pasts, cursor=cursor, more=more, **changes)  # type: ignore[arg-type]  # named by the test


GOOD = Rating(vendor_score="good", contentment=Contentment.GOOD)


def test_a_past_ticket_comes_back_as_it_was(ledger: SqlLedger, acme: Account) -> None:
    kept = past(1, rating=GOOD)
    ledger.history.keep(acme.id, page(kept), since=None, now=NOW)
    assert list(ledger.history.tickets(acme.id)) == [kept]


def test_a_field_of_a_later_release_is_passed_over() -> None:
    text = (
        past_to_text(past(1)).replace('"hidden":', '"later":1,"hidden":').replace('"subject":', '"newer":2,"subject":')
    )
    assert '"newer"' in text
    assert past_from_text(text) == past(1)


def test_a_page_and_its_cursor_are_one(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger], monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger.history.keep(acme.id, page(past(1), cursor="c1", more=True), since=later(-99), now=NOW)
    monkeypatch.setattr("connector.ledger.history.micros", _failing_at(cursor_time := later(77)))
    with pytest.raises(RuntimeError):
        ledger.history.keep(acme.id, page(past(2), cursor="c2"), since=later(-99), now=cursor_time)
    other = open_again()
    state = other.history.imported(acme.id)
    assert state is not None
    assert (state.cursor, state.since, state.finished_at) == ("c1", later(-99), None)
    assert [item.ticket.id for item in other.history.tickets(acme.id)] == ["1"]


def _failing_at(moment: datetime) -> Callable[[datetime], int]:
    from connector.ledger.moments import micros

    def wrapped(value: datetime) -> int:
        if value == moment:
            raise RuntimeError("the process dies here, after the rows and before the cursor")
        return micros(value)

    return wrapped


def test_a_later_export_replaces_and_an_older_one_does_not(ledger: SqlLedger, acme: Account) -> None:
    ledger.history.keep(acme.id, page(past(1, rating=GOOD)), since=None, now=NOW)
    newer = past(1, at=later(60), text="newer")
    ledger.history.keep(acme.id, page(newer), since=None, now=NOW)
    ledger.history.keep(acme.id, page(past(1, text="older")), since=None, now=NOW)
    # The survey's answer came apart from the ticket and stays.
    assert list(ledger.history.tickets(acme.id)) == [replace(newer, rating=GOOD)]
    assert ledger.history.count(acme.id) == 1


def test_ratings_and_deletions_come_without_their_tickets(ledger: SqlLedger, acme: Account) -> None:
    bad = Rating(vendor_score="-103", contentment=Contentment.BAD)
    ledger.history.keep(acme.id, page(past(1), past(2)), since=None, now=NOW)
    ledger.history.put_results(acme.id, "run", [result("2")], now=NOW)
    ledger.history.keep(acme.id, page(ratings={"1": bad, "404": bad}, gone=("2", "404")), since=None, now=NOW)
    assert list(ledger.history.tickets(acme.id)) == [past(1, rating=bad)]
    assert list(ledger.history.results(acme.id, "run")) == []


def test_the_newest_come_first_in_pages(ledger: SqlLedger, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connector.ledger.history.PAGE", 2)
    same = [replace(past(n), ticket=replace(past(n).ticket, created_at=NOW)) for n in range(1, 4)]
    ledger.history.keep(acme.id, page(*same, past(4), past(5)), since=None, now=NOW)
    assert [item.ticket_id for item in ledger.history.stored(acme.id)] == ["3", "2", "1", "4", "5"]
    assert [item.ticket_id for item in ledger.history.stored(acme.id, limit=3)] == ["3", "2", "1"]


def result(ticket: str, *, at: datetime = NOW, **body: object) -> StoredResult:
    return StoredResult(ticket_id=ticket, updated_at=at, body={"ticket": ticket, **body})


def test_a_run_knows_what_is_done_and_what_has_changed(
    ledger: SqlLedger, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connector.ledger.history.PAGE", 1)
    ledger.history.keep(acme.id, page(past(1), past(2)), since=None, now=NOW)
    ledger.history.put_results(acme.id, "run", [result("1"), result("2")], now=NOW)
    ledger.history.put_results(acme.id, "run", [result("1", ours="send")], now=NOW)
    rows = list(ledger.history.stored(acme.id))
    assert ledger.history.done(acme.id, "run", rows) == {"1", "2"}
    assert ledger.history.done(acme.id, "other", rows) == frozenset()
    assert [item.body for item in ledger.history.results(acme.id, "run")] == [
        {"ticket": "1", "ours": "send"},
        {"ticket": "2"},
    ]
    ledger.history.keep(acme.id, page(past(2, at=later(60))), since=None, now=NOW)
    assert ledger.history.done(acme.id, "run", ledger.history.stored(acme.id)) == {"1"}


def test_history_goes_with_its_account_and_stays_out_of_others(ledger: SqlLedger, acme: Account) -> None:
    other = account("other")
    ledger.accounts.add(other, now=NOW)
    for owner in (acme, other):
        ledger.history.keep(owner.id, page(past(1)), since=None, now=NOW)
        ledger.history.put_results(owner.id, "run", [result("1")], now=NOW)
    ledger.history.forget(other.id, "1")
    assert (ledger.history.count(acme.id), ledger.history.count(other.id)) == (1, 0)
    ledger.accounts.remove(acme.id, now=NOW)
    assert ledger.history.count(acme.id) == 0
    assert ledger.history.imported(acme.id) is None
    assert list(ledger.history.results(acme.id, "run")) == []
    with pytest.raises(StoreError):
        ledger.history.keep(acme.id, page(past(1)), since=None, now=NOW)
    with pytest.raises(StoreError):
        ledger.history.put_results(acme.id, "run", [result("1")], now=NOW)


def test_memory_stays_the_same_however_many_tickets_there_are(ledger: SqlLedger, acme: Account) -> None:
    """20,000 rows through the verbs: storing and reading all of them takes a few pages' worth at its peak."""
    one = past(1)
    for start in range(0, 20_000, 500):
        if start == 19_500:  # tracing slows down by far, and a page is like another
            tracemalloc.start()
        pasts = [replace(one, ticket=replace(one.ticket, id=str(start + n))) for n in range(500)]
        ledger.history.keep(acme.id, page(*pasts, cursor=str(start), more=True), since=None, now=NOW)
    count = size = 0
    for item in ledger.history.stored(acme.id):
        count, size = count + 1, size + len(item.body)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 20_000
    assert peak < size / 3, f"{peak >> 20} MiB of {size >> 20} MiB"
