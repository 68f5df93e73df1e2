"""Search over the ledger's documents, and what keeps them equal to the helpdesk's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from connector.errors import ConfigurationError, ProviderThrottled, ProviderUnavailable
from connector.knowledge import FolderKnowledge, LedgerKnowledge, MergedKnowledge, document_of, entry_of
from connector.knowledge.sync import Librarian
from connector.ledger import SqlLedger
from connector.model import Account, AccountConfig, Document, DocumentKind, Stage
from connector.ports import DocumentPage

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
ARTICLE, MACRO = DocumentKind.ARTICLE, DocumentKind.MACRO


def document(identity: str, title: str, text: str, *, kind: DocumentKind = ARTICLE, **changes: Any) -> Document:
    return Document(**({"id": identity, "kind": kind, "title": title, "language": "en", "text": text} | changes))


RETURNS = document(
    "a:1", "Returns", "## Deadline\n\nSend unused goods back within 30 days.\n\n## Postage\n\nWe pay it."
)
HOURS = document("a:2", "Opening hours", "The team answers from Monday to Friday.", intents=frozenset({"hours"}))
DELIVERED = document("m:1", "Delivered", "Your parcel was delivered. Ticket [ticket_id] is closed.", kind=MACRO)
GERMAN = document("a:3", "Rückgabe", "Ware nehmen wir 30 Tage lang zurück.", language="de")


@pytest.fixture
def acme(ledger: SqlLedger) -> Account:
    added = Account(
        id="acme",
        name="acme",
        vendor="paper",
        base_url="file:none",
        stage=Stage.SHADOW,
        bot_user_id="1",
        config=AccountConfig(company="Acme"),
        credentials={},
        webhook_secrets=("a-secret-for-tests",),
    )
    ledger.accounts.add(added, now=NOW)
    return added


def put(ledger: SqlLedger, *documents: Document) -> None:
    ledger.documents.put("acme", [entry_of(item) for item in documents], run=1, now=NOW)


def ids(sources: Sequence[Any]) -> list[str]:
    return [source.id for source in sources]


class Meaning:
    """An encoder of three meanings, told by words of several languages."""

    name = "meaning 1"
    _WORDS = (("return", "send", "goods", "rückgabe", "ware", "retour"), ("hour", "monday", "geöffnet"), ("parcel",))

    def encode(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = [[0.01 + sum(word in text.lower() for word in words) for words in self._WORDS] for text in texts]
        found = np.asarray(rows, dtype=np.float32)
        return found / np.linalg.norm(found, axis=1, keepdims=True)


class Paper:
    """A helpdesk whose pages a test writes; an error among them is raised."""

    def __init__(self, *pages: Sequence[Document] | Exception) -> None:
        self.pages = list(pages)
        self.asked: list[str | None] = []
        self.unlisted: frozenset[DocumentKind] = frozenset()
        self.withdrawn: frozenset[str] = frozenset()

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        self.asked.append(cursor)
        at = int(cursor or 0)
        page = self.pages[at]
        if isinstance(page, Exception):
            raise page
        more = at + 1 < len(self.pages)
        return DocumentPage(
            documents=tuple(page),
            cursor=str(at + 1) if more else "",
            more=more,
            unlisted=self.unlisted,
            withdrawn=self.withdrawn,
        )


def librarian(ledger: SqlLedger, desk: Paper, encoder: Meaning | None = None) -> Librarian:
    return Librarian(ledger=ledger, providers={"paper": desk}, encoder=lambda: encoder)  # type: ignore[dict-item] - the one verb that is used


def known(ledger: SqlLedger) -> set[str]:
    return {item.id for item in ledger.documents.all("acme")}


# --- Search -----------------------------------------------------------------------------------------


def test_the_nearest_section_is_given_with_its_link(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, replace(RETURNS, url="https://help.acme.example/1"), HOURS)
    (found, *_) = LedgerKnowledge(ledger.documents).search(acme.id, text="deadline for unused goods", language="en")
    assert (found.id, found.title, found.url) == ("a:1#0", "Returns: Deadline", "https://help.acme.example/1")


def test_a_search_gives_each_document_once(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, RETURNS, HOURS)
    found = LedgerKnowledge(ledger.documents).search(acme.id, text="returns deadline postage team", language="en")
    assert [source.id.rpartition("#")[0] for source in found] == ["a:1", "a:2"]
    assert len(LedgerKnowledge(ledger.documents).search(acme.id, text="returns team", language="en", limit=1)) == 1


def test_what_was_written_for_the_intent_comes_first(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, RETURNS, HOURS)
    search = LedgerKnowledge(ledger.documents)
    question = "Until when may I return unused goods?"
    assert ids(search.passages(acme.id, intent="hours", text=question, language="en"))[0] == "a:2#0"
    assert ids(search.passages(acme.id, intent="other", text=question, language="en")) == ["a:1#0"]
    assert search.passages(acme.id, intent="other", text="Do you sell kayaks?", language="en") == ()
    assert search.passages(acme.id, intent="other", text="", language="en") == ()


def test_a_macro_speaks_only_for_the_intent_it_is_mapped_to_and_never_with_a_slot(
    ledger: SqlLedger, acme: Account
) -> None:
    put(ledger, DELIVERED)
    search = LedgerKnowledge(
        ledger.documents, macros=lambda account, intent: ("Delivered",) if intent == "order_status" else ()
    )
    question = "Was my parcel delivered?"
    assert search.passages(acme.id, intent="delivery_problem", text=question, language="en") == ()
    (source,) = search.passages(acme.id, intent="order_status", text=question, language="en")
    assert source.text == "Your parcel was delivered."


def test_brands_and_languages_stay_apart(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, replace(RETURNS, brand_id="1"), GERMAN)
    search = LedgerKnowledge(ledger.documents)
    question = "unused goods deadline"
    assert ids(search.search(acme.id, text=question, language="en", brand="1")) == ["a:1#0"]
    assert search.search(acme.id, text=question, language="en", brand="2") == ()
    assert search.passages(acme.id, intent="x", text=question, language="en", brand="2") == ()
    assert ids(search.search(acme.id, text="Rückgabe", language="de", brand="2")) == ["a:3#0"]
    assert search.search("stranger", text=question, language="en") == ()


def test_a_change_by_another_process_is_seen_at_once(ledger: SqlLedger, acme: Account) -> None:
    search = LedgerKnowledge(ledger.documents)
    put(ledger, RETURNS)
    assert search.search(acme.id, text="unused goods", language="en")
    ledger.documents.remove(acme.id, RETURNS.id)
    assert search.search(acme.id, text="unused goods", language="en") == ()


def test_meaning_finds_what_shares_no_word(ledger: SqlLedger, acme: Account) -> None:
    encoder = Meaning()
    librarian(ledger, Paper([RETURNS, HOURS]), encoder).sync(acme, now=NOW)
    question = "Wann geöffnet?"
    assert LedgerKnowledge(ledger.documents).search(acme.id, text=question, language="en") == ()
    found = LedgerKnowledge(ledger.documents, encoder=encoder).search(acme.id, text=question, language="en")
    assert found[0].id == "a:2#0"


def test_another_language_serves_only_where_the_customers_has_nothing(ledger: SqlLedger, acme: Account) -> None:
    encoder = Meaning()
    desk = Paper([RETURNS, GERMAN])
    librarian(ledger, desk, encoder).sync(acme, now=NOW)
    search = LedgerKnowledge(ledger.documents, encoder=encoder)
    french = search.passages(acme.id, intent="x", text="Comment faire un retour ?", language="fr")
    assert {source.id for source in french} >= {"a:3#0"}
    german = search.passages(acme.id, intent="x", text="Wie geht die Rückgabe der Ware?", language="de")
    assert ids(german) == ["a:3#0"]


def test_a_folder_and_own_documents_are_one_source(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, RETURNS)
    head = "---\ntitle: Returns of the shop\nlanguage: en\n---\nUnused goods come back to the shop."
    written = head.replace("language: en", "language: en\nintents: [return_policy]")
    question = {"intent": "return_policy", "text": "May I return unused goods to the shop?", "language": "en"}
    own = LedgerKnowledge(ledger.documents)
    plain, mapped = FolderKnowledge({"shop.md": head}), FolderKnowledge({"shop.md": written})
    assert ids(MergedKnowledge(plain, own).passages(acme.id, **question)) == ["a:1#0", "shop.md#0"]
    assert ids(MergedKnowledge(mapped, own).passages(acme.id, **question)) == ["shop.md#0", "a:1#0"]
    alone = MergedKnowledge(mapped, own).passages("other", **question)
    assert alone == mapped.passages("other", **question)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("First. Write to {{agent.name}} now. Last.", "First. Last."),
        ("{{dc.text}}", ""),
        ("Press [enter] twice.", "Press [enter] twice."),
        ("Fine.\n\n{% if x %}maybe", "Fine."),
    ],
)
def test_a_sentence_with_a_placeholder_is_never_quoted(text: str, left: str) -> None:
    sections = entry_of(document("a:9", "T", text)).sections
    assert [section.text for section in sections] == ([left] if left else [])


def test_an_uploaded_file_needs_its_head() -> None:
    made = document_of("a#b.md", "---\ntitle: T\nlanguage: de\nintents: [x]\n---\n\nText.\n")
    assert (made.id, made.kind, made.text, made.intents) == ("file:a-b.md", DocumentKind.FILE, "Text.", {"x"})
    with pytest.raises(ConfigurationError, match=r"b\.md"):
        document_of("b.md", "no head")


# --- Sync -------------------------------------------------------------------------------------------


def test_an_uploaded_file_is_taken_as_a_reader_sees_it() -> None:
    head = "---\ntitle: Ho\u200burs\nlanguage: en\n---\n"
    made = document_of("own.md", f"{head}Open\x00 dai\u00adly {{\u200b{{ticket.id}}\u200b}}.\n\nAt \u202enine.")
    assert (made.title, made.text) == ("Hours", "Open daily {{ticket.id}}.\n\nAt nine.")
    assert [section.text for section in entry_of(made).sections] == ["At nine."]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", "//acme.example/x", "https:///x"])
def test_an_uploaded_file_links_to_the_web_or_nowhere(url: str) -> None:
    with pytest.raises(ConfigurationError, match="url must begin"):
        document_of("own.md", f"---\ntitle: Hours\nlanguage: en\nurl: {url}\n---\nOpen.")


def test_an_uploaded_file_beyond_all_measure_is_refused_and_not_cut() -> None:
    with pytest.raises(ConfigurationError, match="split it"):
        document_of("own.md", "---\ntitle: Hours\nlanguage: en\n---\n" + "Open. " * 40_000)


def test_a_sync_writes_changes_removes_what_is_gone_and_keeps_uploads(ledger: SqlLedger, acme: Account) -> None:
    desk = Paper([RETURNS], [HOURS, DELIVERED])
    worker = librarian(ledger, desk)
    told: list[int] = []
    done = worker.sync(acme, now=NOW, progress=lambda so_far: told.append(so_far.listed))
    assert (done.listed, done.written, done.removed) == (3, 3, 0)
    assert told == [1, 3]
    worker.add(acme, document_of("own.md", "---\ntitle: Own\nlanguage: en\n---\nOurs."), now=NOW)
    desk.pages = [[RETURNS, replace(HOURS, text="Never.")]]
    done = worker.sync(acme, now=NOW + timedelta(hours=1))
    assert (done.listed, done.written, done.removed) == (2, 1, 1)
    assert known(ledger) == {"a:1", "a:2", "file:own.md"}


def test_a_listing_that_fails_half_way_removes_nothing_and_goes_on_later(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, DELIVERED)
    desk = Paper([RETURNS], ProviderUnavailable("down"))
    worker = librarian(ledger, desk)
    with pytest.raises(ProviderUnavailable):
        worker.sync(acme, now=NOW)
    assert known(ledger) == {"a:1", "m:1"}
    desk.pages[1] = [HOURS]
    worker.sync(acme, now=NOW + timedelta(minutes=1))
    assert desk.asked == [None, "1", "1"]
    assert known(ledger) == {"a:1", "a:2"}


def test_what_may_not_be_listed_stays(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, DELIVERED, HOURS)
    desk = Paper([RETURNS])
    desk.unlisted = frozenset({MACRO})
    assert librarian(ledger, desk).sync(acme, now=NOW).unlisted == {MACRO}
    assert known(ledger) == {"a:1", "m:1"}


def test_what_is_withdrawn_goes_at_once_also_where_the_listing_never_ends(ledger: SqlLedger, acme: Account) -> None:
    own = document_of("own.md", "---\ntitle: Own\nlanguage: en\n---\nOurs.")
    put(ledger, RETURNS, HOURS, own)
    desk = Paper([RETURNS], ProviderUnavailable("down"))
    desk.withdrawn = frozenset({RETURNS.id, HOURS.id, own.id, "a:404"})
    with pytest.raises(ProviderUnavailable):
        librarian(ledger, desk).sync(acme, now=NOW)
    assert known(ledger) == {RETURNS.id, own.id}, "listed as public beside it; no sync's business"


class Standing(Paper):
    """A helpdesk whose cursor never moves."""

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        self.asked.append(cursor)
        return DocumentPage(documents=(RETURNS,), cursor="1", more=True)


def test_a_listing_that_does_not_move_on_is_an_error_and_not_asked_for_ever(ledger: SqlLedger, acme: Account) -> None:
    put(ledger, HOURS)
    desk = Standing()
    with pytest.raises(ProviderUnavailable):
        librarian(ledger, desk).sync(acme, now=NOW)
    assert desk.asked == [None, "1"]
    assert known(ledger) == {"a:1", "a:2"}


class Circling(Paper):
    """A helpdesk whose third page leads back to the second."""

    def documents(self, account: Account, *, cursor: str | None) -> DocumentPage:
        self.asked.append(cursor)
        return DocumentPage(documents=(RETURNS,), cursor={None: "1", "1": "2", "2": "3", "3": "1"}[cursor], more=True)


def test_a_listing_that_goes_in_a_circle_is_left_after_a_few_pages(ledger: SqlLedger, acme: Account) -> None:
    desk = Circling()
    with pytest.raises(ProviderUnavailable):
        librarian(ledger, desk).sync(acme, now=NOW)
    assert len(desk.asked) < 12


def test_the_background_does_not_run_in_a_circle_either(ledger: SqlLedger, acme: Account) -> None:
    desk = Circling()
    worker = librarian(ledger, desk)
    for second in range(0, 1200, 4):
        worker.step(NOW + timedelta(seconds=second))
    assert len(desk.asked) < 20


def test_the_background_reads_a_page_now_and_then_and_the_whole_every_hour(ledger: SqlLedger, acme: Account) -> None:
    desk = Paper([RETURNS], [HOURS])
    worker = librarian(ledger, desk)
    seconds = [0, 1, 2, 4, 8, 600, 3500, 4000, 4004]
    for second in seconds:
        worker.step(NOW + timedelta(seconds=second))
    assert desk.asked == [None, "1", None, "1"]


def test_the_background_never_raises_and_waits_as_long_as_it_was_told(ledger: SqlLedger, acme: Account) -> None:
    desk = Paper([RETURNS], ProviderThrottled("slowly", retry_after_seconds=90))
    worker = librarian(ledger, desk)
    for second in (0, 4, 8, 60, 93):
        assert worker.step(NOW + timedelta(seconds=second)) in (0, 1)
    assert desk.asked == [None, "1"]
    desk.pages[1] = [HOURS]
    worker.step(NOW + timedelta(seconds=95))
    assert known(ledger) == {"a:1", "a:2"}
    desk.pages[0] = KeyError("a fault of ours")
    assert worker.step(NOW + timedelta(hours=2)) == 0
    assert known(ledger) == {"a:1", "a:2"}


def test_a_listing_that_stood_still_starts_again(ledger: SqlLedger, acme: Account) -> None:
    desk = Paper([RETURNS], ProviderUnavailable("down"))
    worker = librarian(ledger, desk)
    worker.step(NOW)
    worker.step(NOW + timedelta(hours=7))
    assert desk.asked == [None, None]


def test_a_language_the_helpdesk_does_not_name_is_told_from_the_text(ledger: SqlLedger, acme: Account) -> None:
    german = replace(DELIVERED, id="m:2", language="", title="Zugestellt", text="Ihr Paket wurde heute zugestellt.")
    unsure = replace(DELIVERED, id="m:3", language="", title="48551", text="48551")
    librarian(ledger, Paper([german, unsure])).sync(acme, now=NOW)
    assert {item.id: item.language for item in ledger.documents.all(acme.id)} == {"m:2": "de", "m:3": "en"}


def test_the_encoder_places_new_sections_in_the_background(ledger: SqlLedger, acme: Account) -> None:
    worker = librarian(ledger, Paper([RETURNS, HOURS]), Meaning())
    worker.step(NOW)
    assert ledger.documents.placed(acme.id, Meaning.name) == ()
    worker.step(NOW + timedelta(seconds=10))
    assert len(ledger.documents.placed(acme.id, Meaning.name)) == 3
    assert ledger.documents.unplaced(acme.id, Meaning.name, limit=5) == ()
