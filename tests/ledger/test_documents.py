"""The team's own texts, on both engines: what is written, what vanishes, what a search finds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from connector.errors import StoreError
from connector.knowledge.entries import entry_of
from connector.knowledge.wording import terms_of
from connector.ledger import SqlLedger
from connector.model import SYNCED, Account, Document, DocumentKind, Placed
from tests.ledger.samples import NOW, account, later

MOVED = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


def document(identity: str, title: str, text: str, *, language: str = "en", **changes: object) -> Document:
    values: dict[str, object] = {
        "id": identity,
        "kind": DocumentKind.ARTICLE,
        "title": title,
        "language": language,
        "text": text,
        "updated_at": MOVED,
    }
    return Document(**(values | changes))  # type: ignore[arg-type]  # a test names the fields it is about


RETURNS = document(
    "article:1:en",
    "Returns",
    "How to send things back.\n\n## Deadline\n\nReturn unused goods within 30 days.\n\n## Postage\n\nWe pay it.",
    url="https://help.acme.example/1",
    brand_id="9",
    section="Orders",
    intents=frozenset({"return_policy"}),
    keywords=("refund",),
    only_when=("acme*",),
)
HOURS = document("article:2:en", "Opening hours", "We answer from Monday to Friday.")
POSTAGE = document("article:3:de", "Rücksendung", "Das Rücksendeetikett ist kostenlos.", language="de")


def put(ledger: SqlLedger, account_id: str, *documents: Document, run: int = 1) -> int:
    return ledger.documents.put(account_id, [entry_of(item) for item in documents], run=run, now=NOW)


def found(ledger: SqlLedger, account_id: str, question: str, language: str = "en") -> list[tuple[str, int]]:
    hits = ledger.documents.search(account_id, terms_of(question, language), language=language, limit=10)
    return [(hit.document_id, hit.position) for hit in hits]


def test_a_document_is_kept_whole_and_read_in_every_process(
    ledger: SqlLedger, acme: Account, open_again: Callable[[], SqlLedger]
) -> None:
    assert put(ledger, acme.id, RETURNS, HOURS) == 2
    other = open_again()
    assert other.documents.all(acme.id) == (HOURS, RETURNS)
    assert [(item.document_id, item.position, item.heading) for item in other.documents.sections(acme.id)] == [
        ("article:1:en", 0, ""),
        ("article:1:en", 1, "Deadline"),
        ("article:1:en", 2, "Postage"),
        ("article:2:en", 0, ""),
    ]


def test_only_changes_are_written(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, acme.id, RETURNS, HOURS)
    before = ledger.documents.revision(acme.id)
    assert put(ledger, acme.id, RETURNS, HOURS, run=2) == 0
    assert ledger.documents.revision(acme.id) == before
    shorter = document(RETURNS.id, "Returns", "Fourteen days, no longer.")
    assert put(ledger, acme.id, shorter, HOURS, run=3) == 1
    assert ledger.documents.revision(acme.id) > before
    assert found(ledger, acme.id, "fourteen") == [(RETURNS.id, 0)]
    assert found(ledger, acme.id, "postage deadline unused") == []


def test_what_a_later_listing_does_not_name_is_removed_with_its_words(ledger: SqlLedger, acme: Account) -> None:
    upload = document("file:hours.md", "Hours of the shop", "Open until five.", kind=DocumentKind.FILE)
    put(ledger, acme.id, RETURNS, HOURS, upload)
    put(ledger, acme.id, HOURS, run=5)
    assert ledger.documents.sweep(acme.id, SYNCED, run=5) == 1
    assert [item.id for item in ledger.documents.all(acme.id)] == [HOURS.id, upload.id]
    assert found(ledger, acme.id, "return unused goods") == []
    assert ledger.documents.sweep(acme.id, SYNCED, run=5) == 0


def test_an_older_run_takes_nothing_from_a_newer_one(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, acme.id, RETURNS, run=7)
    put(ledger, acme.id, RETURNS, run=3)
    assert ledger.documents.sweep(acme.id, SYNCED, run=7) == 0
    assert ledger.documents.sweep(acme.id, SYNCED, run=3) == 0


def test_a_document_is_removed_by_its_id(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, acme.id, RETURNS)
    assert ledger.documents.remove(acme.id, RETURNS.id)
    assert not ledger.documents.remove(acme.id, RETURNS.id)
    assert ledger.documents.all(acme.id) == ledger.documents.sections(acme.id) == ()
    assert found(ledger, acme.id, "return") == []


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("What is the deadline for returning something?", ("article:1:en", 1)),
        ("Who pays for postage?", ("article:1:en", 2)),
        ("When are you open on Mondays?", ("article:2:en", 0)),
        ("Are refunds sent in things like vouchers?", ("article:1:en", 0)),
    ],
)
def test_the_nearest_section_comes_first(
    ledger: SqlLedger, acme: Account, question: str, best: tuple[str, int]
) -> None:
    put(ledger, acme.id, RETURNS, HOURS, POSTAGE)
    assert found(ledger, acme.id, question)[0] == best


def test_a_rare_word_counts_for_more_than_a_common_one(ledger: SqlLedger, acme: Account) -> None:
    many = [document(f"article:{n}:en", f"Order {n}", "Your order and our order form.") for n in range(10, 20)]
    rare = document("article:30:en", "Kayaks", "Kayaks are sent with an order.")
    put(ledger, acme.id, *many, rare)
    assert found(ledger, acme.id, "my order of kayaks")[0] == (rare.id, 0)


def test_compounds_are_found_by_their_beginning_and_with_or_without_umlauts(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, acme.id, RETURNS, POSTAGE)
    assert found(ledger, acme.id, "Wie geht die Rücksendung?", "de") == [(POSTAGE.id, 0)]
    assert found(ledger, acme.id, "ruecksendeetiketten kostenloser", "de") == [(POSTAGE.id, 0)]
    assert found(ledger, acme.id, "Wie geht die Rücksendung?", "en") == []


def test_the_search_takes_hostile_words_for_words(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, acme.id, RETURNS)
    for terms in (['"', "a' OR 1=1"], ["NEAR(", "*"], [""], []):
        assert ledger.documents.search(acme.id, terms, language="en", limit=5) == ()
    assert ledger.documents.search(acme.id, ["return", "' | x"], language="en", limit=5)


def test_accounts_do_not_see_one_another(ledger: SqlLedger, acme: Account) -> None:
    other = account("birch")
    ledger.accounts.add(other, now=NOW)
    put(ledger, acme.id, RETURNS)
    put(ledger, other.id, HOURS)
    assert found(ledger, other.id, "return unused goods") == []
    assert [item.id for item in ledger.documents.all(other.id)] == [HOURS.id]
    assert not ledger.documents.remove(other.id, RETURNS.id)
    ledger.documents.sweep(other.id, SYNCED, run=99)
    assert ledger.documents.all(acme.id) == (RETURNS,)


def test_nothing_is_kept_for_an_unknown_account(ledger: SqlLedger) -> None:
    with pytest.raises(StoreError):
        put(ledger, "nobody", RETURNS)


def test_vectors_stay_with_their_section_until_it_changes(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, acme.id, RETURNS, HOURS)
    waiting = ledger.documents.unplaced(acme.id, "e1", limit=10)
    assert [(item.document_id, item.position) for item in waiting][:2] == [(RETURNS.id, 0), (RETURNS.id, 1)]
    assert len(ledger.documents.unplaced(acme.id, "e1", limit=2)) == 2
    placed = [
        Placed(document_id=item.document_id, position=item.position, vectors=bytes([n, 0, 255, 1]))
        for n, item in enumerate(waiting)
    ]
    before = ledger.documents.revision(acme.id)
    ledger.documents.place(acme.id, "e1", [*placed, Placed(document_id="gone", position=0, vectors=b"1234")])
    assert ledger.documents.revision(acme.id) > before
    assert ledger.documents.placed(acme.id, "e1") == tuple(placed)
    assert ledger.documents.placed(acme.id, "e2") == ()
    assert len(ledger.documents.unplaced(acme.id, "e2", limit=10)) == 4
    put(ledger, acme.id, document(HOURS.id, "Opening hours", "Never."), run=2)
    assert [item.text for item in ledger.documents.unplaced(acme.id, "e1", limit=10)] == ["Never."]


def test_a_removed_account_leaves_no_documents(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, acme.id, RETURNS)
    ledger.accounts.remove(acme.id, now=later(1))
    assert ledger.documents.all(acme.id) == ()


def test_past_replies_go_with_their_ticket_and_with_the_setting(ledger: SqlLedger, acme: Account) -> None:
    allowed = replace(acme, config=replace(acme.config, learn_replies=True))
    kind = DocumentKind.REPLY
    said = [document(f"reply:{number}:2", "Past reply", f"Text {number}.", kind=kind) for number in (1, 11)]
    with pytest.raises(StoreError, match="does not let"):
        put(ledger, acme.id, *said)
    ledger.accounts.update(allowed, now=NOW)
    put(ledger, acme.id, HOURS, *said)
    ledger.history.forget(acme.id, "1")
    assert {item.id for item in ledger.documents.all(acme.id)} == {HOURS.id, "reply:11:2"}
    ledger.accounts.update(acme, now=NOW)
    assert {item.id for item in ledger.documents.all(acme.id)} == {HOURS.id}
