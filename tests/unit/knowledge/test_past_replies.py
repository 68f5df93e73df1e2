"""Past replies as a source: which are taken, where they stand in a search, and what takes them away again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from past_tickets import LANGUAGES, NOW, PHRASES, RETURNS, past

from connector import starters
from connector.errors import ConfigurationError, StoreError
from connector.knowledge import FolderKnowledge, LedgerKnowledge, MergedKnowledge, entry_of
from connector.knowledge import learning as learning_module
from connector.knowledge.duplicates import NearDuplicates
from connector.knowledge.learning import Learned, Learner
from connector.knowledge.replies import Left, Reading
from connector.ledger import SqlLedger
from connector.model import (
    Account,
    AccountConfig,
    CommentKind,
    Contentment,
    Document,
    DocumentKind,
    HistoryPage,
    PastTicket,
    Rating,
    Role,
    Stage,
    Status,
    TicketFlag,
    Visibility,
)
from connector.triage import parse_rules

RULES = parse_rules(starters.folder("signals"))
DISCLOSURE = {"en": "This reply was written automatically; ask for a person at any time."}
CONFIG = AccountConfig(company="Acme", learn_replies=True, disclosure=DISCLOSURE)


@pytest.fixture
def acme(ledger: SqlLedger) -> Account:
    added = Account(
        id="acme",
        name="acme",
        vendor="zendesk",
        base_url="https://acme.zendesk.com",
        stage=Stage.SHADOW,
        bot_user_id="1",
        config=CONFIG,
        credentials={},
        webhook_secrets=("a-secret-for-tests",),
    )
    ledger.accounts.add(added, now=NOW)
    return added


def keep(ledger: SqlLedger, *pasts: PastTicket, gone: tuple[str, ...] = ()) -> None:
    page = HistoryPage(tickets=pasts, cursor="c", more=False, gone=gone)
    ledger.history.keep("acme", page, since=None, now=NOW)


def learner(ledger: SqlLedger) -> Learner:
    return Learner(
        ledger=ledger,
        reading=lambda account: Reading(config=account.config, rules=RULES, phrases=PHRASES),
        digest="tests",
    )


def learn(ledger: SqlLedger, acme: Account, *, since: datetime | None = None, now: datetime = NOW) -> Learned:
    return learner(ledger).run(acme, since=since, now=now)


def replies(ledger: SqlLedger) -> dict[str, Document]:
    return {item.id: item for item in ledger.documents.all("acme") if item.kind is DocumentKind.REPLY}


# --- Which are taken --------------------------------------------------------------------------------


def test_a_final_reply_becomes_a_document_with_its_day_and_a_link_for_agents(ledger: SqlLedger, acme: Account) -> None:
    keep(ledger, past(1))
    done = learn(ledger, acme)
    (found,) = replies(ledger).values()
    assert (found.id, found.language, found.title) == ("reply:1:2", "en", "Past reply, 2026-09-24")
    assert found.url == "https://acme.zendesk.com/agent/tickets/1"
    assert (done.written, done.kept, done.left) == (1, 1, {})
    (given_source, *_) = LedgerKnowledge(ledger.documents).passages(
        "acme", intent="return_policy", text="How do I return unused goods?", language="en"
    )
    assert given_source.past
    assert (given_source.url, given_source.ticket_url) == ("", found.url)


@pytest.mark.parametrize(
    ("why", "ticket"),
    [
        (Left.NOT_SOLVED, past(1, status=Status.OPEN)),
        (Left.TOO_RECENT, past(1, days_ago=3)),
        (Left.REOPENED, past(1, reopens=1)),
        (Left.RATED_BAD, past(1, rating=Contentment.BAD)),
        (Left.FLAGGED, past(1, flags=frozenset({TicketFlag.SPAM}))),
        (Left.CUSTOMER_WROTE_AGAIN, past(1, then=((Role.REQUESTER, "That did not work."),))),
        (Left.NO_REPLY, past(1, then=((Role.CONNECTOR, LANGUAGES),))),
        (Left.OURS, past(1, f"{LANGUAGES}\n\n{DISCLOSURE['en']}")),
        (Left.NEEDS_PERSON, past(1, asked="You charged me twice. I dispute this invoice, my lawyer will sue you.")),
        (Left.LANGUAGE, past(1, "Vous pouvez renvoyer les articles non utilisés par la poste dans leur emballage.")),
        (Left.NOTHING_GENERAL, past(1, "Hi Mara, I have sent it to you on Monday. Best regards, Tom")),
    ],
)
def test_what_is_left_out_and_why(ledger: SqlLedger, acme: Account, why: Left, ticket: PastTicket) -> None:
    keep(ledger, ticket)
    done = learn(ledger, acme)
    assert (done.kept, done.left) == (0, {why.value: 1})


def test_notes_and_survey_answers_are_no_replies(ledger: SqlLedger, acme: Account) -> None:
    ticket = past(1, then=((Role.AGENT, LANGUAGES), (Role.REQUESTER, "Great")))
    asked, reply, note, survey = ticket.ticket.comments
    comments = (
        asked,
        reply,
        replace(note, visibility=Visibility.INTERNAL),
        replace(survey, kind=CommentKind.SURVEY),
    )
    keep(ledger, replace(ticket, ticket=replace(ticket.ticket, comments=comments)))
    learn(ledger, acme)
    assert set(replies(ledger)) == {"reply:1:2"}


def test_of_nearly_equal_replies_the_newest_stays(ledger: SqlLedger, acme: Account) -> None:
    newer = RETURNS.replace("Tom Baker", "Ann Miller").replace("Hi Mara", "Hello Mara")
    keep(ledger, past(1, days_ago=90), past(2, newer, days_ago=40), past(3, LANGUAGES))
    done = learn(ledger, acme)
    assert set(replies(ledger)) == {"reply:2:2", "reply:3:2"}
    assert done.left == {"duplicate": 1}
    keep(ledger, past(4, RETURNS, days_ago=5))
    assert learn(ledger, acme, now=NOW + timedelta(days=10)).left == {"duplicate": 1, "read_before": 1}
    assert set(replies(ledger)) == {"reply:3:2", "reply:4:2"}


def test_only_the_newest_are_kept(ledger: SqlLedger, acme: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learning_module, "MOST", 1)
    keep(ledger, past(1, days_ago=90), past(2, LANGUAGES, days_ago=40))
    assert learn(ledger, acme).left == {"too_many": 1}
    assert set(replies(ledger)) == {"reply:2:2"}


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.sampled_from(["alpha", "beta", "gamma", "delta"]), min_size=1, max_size=9), max_size=8))
def test_duplicates_are_found_as_by_comparing_each_with_each(texts: list[list[str]]) -> None:
    def runs(said: list[str]) -> set[tuple[str, ...]]:
        return {tuple(said[at : at + 3]) for at in range(max(1, len(said) - 2))}

    near = NearDuplicates()
    for number, words in enumerate(texts):
        like = [
            str(other)
            for other, old in enumerate(texts[:number])
            if len(runs(words) & runs(old)) >= 0.8 * len(runs(words) | runs(old))
        ]
        assert list(near.like(" ".join(words))) == like
        near.add(str(number), " ".join(words))


# --- Again, stopped, taken away ---------------------------------------------------------------------


def test_a_second_run_changes_nothing_and_reads_only_what_is_new(
    ledger: SqlLedger, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(ledger, past(1), past(2, "I sent it to you."))
    learn(ledger, acme)
    revision = ledger.documents.revision("acme")
    read: list[str] = []
    whole = learning_module.document_from

    def counting(ticket: PastTicket, *rest: Any) -> Any:
        read.append(ticket.ticket.id)
        return whole(ticket, *rest)

    monkeypatch.setattr(learning_module, "document_from", counting)
    again = learn(ledger, acme)
    assert (again.written, again.removed, again.kept, again.left) == (0, 0, 1, {"read_before": 1})
    assert (read, ledger.documents.revision("acme")) == ([], revision)
    keep(ledger, past(3, LANGUAGES, days_ago=10))
    assert learn(ledger, acme, now=NOW + timedelta(days=9)).written == 1
    assert read == ["3"]


def test_a_run_that_was_killed_goes_on_where_it_was(
    ledger: SqlLedger, acme: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(learning_module, "PAGE", 2)
    texts = [
        LANGUAGES.replace("language", f"{word} of the {word} page") for word in ("colour", "sound", "paper", "map")
    ]
    keep(ledger, *(past(number, text) for number, text in enumerate(texts)))
    read: list[str] = []
    whole = learning_module.document_from

    def dying(ticket: PastTicket, *rest: Any) -> Any:
        if len(read) == 3:
            read.append("killed")
            raise KeyboardInterrupt
        read.append(ticket.ticket.id)
        return whole(ticket, *rest)

    monkeypatch.setattr(learning_module, "document_from", dying)
    with pytest.raises(KeyboardInterrupt):
        learn(ledger, acme)
    assert len(replies(ledger)) == 2
    done = learn(ledger, acme)
    assert read == ["0", "1", "2", "killed", "2", "3"]
    assert (done.kept, len(replies(ledger))) == (4, 4)


def test_what_an_import_brings_later_is_read_though_it_changed_long_ago(ledger: SqlLedger, acme: Account) -> None:
    page = HistoryPage(tickets=(past(1),), cursor="c", more=True)
    ledger.history.keep("acme", page, since=None, now=NOW)  # the import goes on
    assert learn(ledger, acme).kept == 1
    keep(ledger, past(2, LANGUAGES, days_ago=40))
    assert learn(ledger, acme, now=NOW + timedelta(days=99)).kept == 2
    second = LANGUAGES.replace("language", "colour of every page")
    page = HistoryPage(tickets=(past(3, second, days_ago=-30),), cursor="d", more=False)
    ledger.history.keep("acme", page, since=None, now=NOW + timedelta(days=100))
    assert learn(ledger, acme, now=NOW + timedelta(days=101)).kept == 3


def test_another_day_to_begin_with_reads_anew(ledger: SqlLedger, acme: Account) -> None:
    keep(ledger, past(1, days_ago=90), past(2, LANGUAGES, days_ago=40))
    assert learn(ledger, acme, since=NOW - timedelta(days=50)).left == {"before_since": 1}
    assert learn(ledger, acme).left == {"before_since": 1}
    assert learn(ledger, acme, since=NOW - timedelta(days=99)).kept == 2


def test_what_was_reopened_or_rated_badly_later_goes(ledger: SqlLedger, acme: Account) -> None:
    keep(ledger, past(1), past(2, LANGUAGES))
    learn(ledger, acme)
    ratings = {"1": Rating(vendor_score="bad", contentment=Contentment.BAD)}
    ledger.history.keep("acme", HistoryPage(tickets=(), cursor="c", more=False, ratings=ratings), since=None, now=NOW)
    keep(ledger, past(2, LANGUAGES, reopens=1))
    assert learn(ledger, acme).removed == 2
    assert replies(ledger) == {}


def test_erasing_a_ticket_takes_its_reply(ledger: SqlLedger, acme: Account) -> None:
    texts = [LANGUAGES.replace("language", word) for word in ("colour of every page", "sound of all bells")]
    keep(ledger, past(1), past(11, texts[0]), past(2, texts[1]), past(3, LANGUAGES))
    learn(ledger, acme)
    assert len(replies(ledger)) == 4
    ledger.history.forget("acme", "1")
    assert set(replies(ledger)) == {"reply:11:2", "reply:2:2", "reply:3:2"}
    keep(ledger, gone=("2",))
    ledger.decisions.erase("acme", "3")
    assert set(replies(ledger)) == {"reply:11:2"}
    assert ledger.documents.search("acme", ("sound", "bells"), language="en", limit=5) == ()
    assert ledger.documents.forget_replies("acme", "11") == 1
    assert ledger.documents.sections("acme") == ()


def test_a_removed_account_leaves_none(ledger: SqlLedger, acme: Account) -> None:
    keep(ledger, past(1))
    learn(ledger, acme)
    ledger.accounts.remove("acme", now=NOW)
    assert replies(ledger) == {}


def test_without_the_setting_there_are_none(ledger: SqlLedger, acme: Account) -> None:
    keep(ledger, past(1))
    learn(ledger, acme)
    (document,) = replies(ledger).values()
    off = replace(acme, config=replace(acme.config, learn_replies=False))
    ledger.accounts.update(off, now=NOW)
    assert replies(ledger) == {}
    with pytest.raises(ConfigurationError, match="learn_replies = true"):
        learn(ledger, off)
    with pytest.raises(ConfigurationError, match="learn_replies = true"):
        learn(ledger, acme)  # an account as it was read before it was turned off
    with pytest.raises(StoreError, match="does not let"):
        ledger.documents.put("acme", [entry_of(document)], run=1, now=NOW)
    ledger.accounts.update(acme, now=NOW)
    assert learn(ledger, acme).kept == 1


def test_it_is_off_by_default() -> None:
    assert not AccountConfig(company="Acme").learn_replies


# --- Where they stand in a search -------------------------------------------------------------------


def test_a_past_reply_answers_only_where_nothing_else_does(ledger: SqlLedger, acme: Account) -> None:
    keep(ledger, past(1))
    learn(ledger, acme)
    knowledge = LedgerKnowledge(ledger.documents)
    asked: dict[str, Any] = {"intent": "return_policy", "text": "How do I return unused goods?", "language": "en"}
    assert [item.id for item in knowledge.passages("acme", **asked)] == ["reply:1:2#0"]
    folder = FolderKnowledge({"a.md": "---\ntitle: Returns\nlanguage: en\n---\nUnused goods can be returned.\n"})
    merged = MergedKnowledge(folder, knowledge)
    assert [item.id for item in merged.passages("acme", **asked)] == ["a.md#0"]
    article = Document(
        id="article:1", kind=DocumentKind.ARTICLE, title="Return", language="en", text="Unused goods may be returned."
    )
    ledger.documents.put("acme", [entry_of(article)], run=1, now=NOW)
    assert [item.id for item in knowledge.passages("acme", **asked)] == ["article:1#0"]


def test_without_replies_none_is_ever_given(ledger: SqlLedger, acme: Account) -> None:
    keep(ledger, past(1))
    learn(ledger, acme)
    of_then = LedgerKnowledge(ledger.documents).without_replies()
    text = "How do I return unused goods?"
    assert of_then.passages("acme", intent="return_policy", text=text, language="en") == ()
    assert of_then.search("acme", text=text, language="en") == ()
    assert LedgerKnowledge(ledger.documents).search("acme", text=text, language="en")
