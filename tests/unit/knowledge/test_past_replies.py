"""Past replies as a source: which are taken, what of them stays, and what takes them away again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector import starters
from connector.drafting.figures import is_figure_free, proving
from connector.drafting.sentences import sentences
from connector.errors import ConfigurationError, StoreError
from connector.knowledge import FolderKnowledge, LedgerKnowledge, MergedKnowledge, entry_of
from connector.knowledge import learning as learning_module
from connector.knowledge.duplicates import NearDuplicates
from connector.knowledge.general import general_text, parse_phrases
from connector.knowledge.learning import Learned, Learner
from connector.knowledge.replies import Left, Reading
from connector.ledger import SqlLedger, open_ledger
from connector.masking import masking_for
from connector.model import (
    Account,
    AccountConfig,
    Channel,
    Comment,
    CommentKind,
    Contentment,
    Document,
    DocumentKind,
    HistoryPage,
    PastMetrics,
    PastTicket,
    Rating,
    Requester,
    Role,
    Source,
    Stage,
    Status,
    Ticket,
    TicketFlag,
    Visibility,
)
from connector.model.history import first_reply
from connector.triage import parse_rules

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PHRASES = parse_phrases(starters.text("replies.toml"))
RULES = parse_rules(starters.folder("signals"))
DISCLOSURE = {"en": "This reply was written automatically; ask for a person at any time."}
CONFIG = AccountConfig(company="Acme", learn_replies=True, disclosure=DISCLOSURE)
ASKED = "How can I send something back?"
RETURNS = (
    "Hi Mara,\n\nYou can return unused goods by post in their original packaging. "
    "Please put the returns slip into the parcel and hand it in at any post office.\n\nBest regards,\nTom Baker"
)
LANGUAGES = "Open the settings of the account and choose the language there. The page then loads again by itself."


def said(number: int, role: Role, text: str, *, at: datetime, **changes: Any) -> Comment:
    made = Comment(
        id=str(number), author_id=role.value, role=role, visibility=Visibility.PUBLIC, text=text, raw_text=text,
        created_at=at + timedelta(minutes=number),
    )  # fmt: skip
    return replace(made, **changes)


def past(
    number: int,
    reply: str = RETURNS,
    *,
    asked: str = ASKED,
    days_ago: int = 60,
    then: tuple[tuple[Role, str], ...] = (),
    rating: Contentment | None = None,
    reopens: int = 0,
    **changes: Any,
) -> PastTicket:
    at = NOW - timedelta(days=days_ago, minutes=number)
    told = ((Role.REQUESTER, asked), (Role.AGENT, reply), *then)
    comments = tuple(said(place, role, text, at=at) for place, (role, text) in enumerate(told, 1))
    ticket = Ticket(
        account_id="acme",
        id=str(number),
        subject="Returns",
        requester=Requester(id=f"7{number}", name="Mara Linde", email="mara@birkenweg.example", verified=None),
        status=Status.RESOLVED,
        vendor_status="solved",
        priority=None,
        vendor_priority=None,
        channel=Channel.EMAIL,
        vendor_channel="email",
        tags=frozenset(),
        comments=comments,
        created_at=at,
        updated_at=at + timedelta(hours=1),
        read_at=NOW,
        stamp="s",
        url=f"https://acme.zendesk.com/agent/tickets/{number}",
    )
    first, ours = first_reply(comments)
    given_rating = Rating(vendor_score=rating.value, contentment=rating) if rating else None
    return PastTicket(
        ticket=replace(ticket, **changes),
        reply=first,
        solved_at=at + timedelta(hours=1),
        metrics=PastMetrics(replies=1, reopens=reopens),
        rating=given_rating,
        ours=ours,
    )


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[SqlLedger]:
    opened = open_ledger(str(tmp_path / "handrail.db"), keys=("a-key-for-tests-only",))
    opened.migrate()
    yield opened
    opened.close()


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


# --- What of a reply stays --------------------------------------------------------------------------


def general(text: str, language: str = "en") -> str:
    masking = masking_for(("en", "de"), spared=("Acme",))
    return general_text(text, past(1).ticket, language, PHRASES[language], masking, spared=("Acme",))


@pytest.mark.parametrize(
    ("language", "single"),
    [
        ("en", "The neighbour named peter takes the parcel."),
        ("en", "The customer's wife takes the parcel at the flat on the third floor."),
        ("en", "The parcel belongs to jonas weber from hamburg."),
        ("en", "The diagnosis of cancer makes returns possible."),
        ("en", "The code word is bluebird and works always."),
        ("de", "Die Nachbarin im Hinterhaus nimmt das Paket an."),
        ("de", "Das Paket gehört der familie weber aus hamburg."),
        ("de", "Das Konto der Tochter nimmt das Paket an."),
        ("de", "Der Kunde mit Diabetes kann das Paket zurückgeben."),
        ("de", "Der Aktionscode lautet Sommerglück."),
        ("de", "Die Adresse ist Am Alten Hafen in Wismar."),
    ],
)
def test_who_belongs_to_a_customer_how_he_is_and_what_only_he_was_told_is_no_rule(language: str, single: str) -> None:
    rule = {
        "en": "You can return unused goods by post in their original packaging.",
        "de": "Unbenutzte Ware kann in der Originalverpackung per Post zurückgesendet werden.",
    }[language]
    assert general(f"{rule} {single}", language) == rule


def test_the_general_sentences_stay_without_greeting_and_signature() -> None:
    assert general(RETURNS) == (
        "You can return unused goods by post in their original packaging. "
        "Please put the returns slip into the parcel and hand it in at any post office."
    )
    german = "Hallo Mara,\nunbenutzte Ware nehmen wir in der Originalverpackung zurück.\n\nViele Grüße\nTom Becker"
    assert general(german, "de") == "Unbenutzte Ware nehmen wir in der Originalverpackung zurück."


@pytest.mark.parametrize(
    "single",
    [
        "Your refund of 20 EUR is on its way.",
        "We have refunded the amount to your card.",
        "I have reset the password for you.",
        "Your order 48551 has been shipped with Parcelkite.",
        "The parcel will arrive by Monday.",
        "Write to sabine.kunze@acme.example for the papers.",
        "The invoice lies at https://billing.acme.example/R-1 for you.",
        "We will send a new one to Birkenweg 12 in 10115 Berlin.",
        "Mara, the parcel of Mrs Linde waits at the counter.",
        "Unfortunately the parcel was lost on the way.",
        "As an exception the return costs nothing.",
        "Could you tell us the number of the order?",
        "Call Sabine Kunze at +49 30 901820 about the papers.",
    ],
)
def test_what_speaks_of_one_case_goes_with_what_follows_it(single: str) -> None:
    general_one = "Unused goods travel back in their original packaging with the returns slip."
    kept = general(f"{general_one} {single} Every post office takes parcels with the returns slip.")
    assert kept in (general_one, "")
    assert general(f"{single}\n\n{general_one}") == general_one


def test_a_rule_does_not_stay_without_its_exception() -> None:
    assert (
        general("Unused goods can be sent back by post at any time. But not after 2 March, as for order 48551.") == ""
    )


def test_a_paragraph_that_leans_on_one_that_went_goes() -> None:
    text = "Your order 48551 waits in the shop.\n\nThis costs nothing and needs no form at the counter of any shop."
    assert general(text) == ""


PERSONAL = st.sampled_from(
    [
        "Mara Linde",
        "Mara",
        "mara@birkenweg.example",
        "+49 30 901820",
        "DE44 5001 0517 5407 3249 31",
        "4111 1111 1111 1111",
    ]
)
FIGURES = st.one_of(
    st.integers(0, 10**9).map(str),
    st.decimals(0, 9999, places=2).map(lambda amount: f"{amount} EUR"),
    st.dates().map(lambda day: f"{day:%d.%m.%Y}"),
    st.sampled_from(["Monday", "2 weeks", "ten days", "twenty percent", "3 March", "#48551", "half of it"]),
)
FRAMES = st.sampled_from(
    [
        "Returns are sent back with {} in the original packaging.",
        "Please put {} into the parcel with the returns slip.",
        "The settings of the account show {} beside the language.",
        "Hello {}, unused goods travel back in their original packaging.",
        "{}",
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(FRAMES, PERSONAL | FIGURES), min_size=1, max_size=4), st.sampled_from([" ", "\n", "\n\n"]))
def test_nothing_personal_and_no_figure_ever_stays(parts: list[tuple[str, str]], between: str) -> None:
    kept = general(between.join(frame.format(value) for frame, value in parts) + between + LANGUAGES)
    for word in ("Mara", "Linde", "birkenweg", "901820", "5001", "4111"):
        assert word not in kept
    assert all(is_figure_free(sentence) for sentence in sentences(kept))
    assert not any(char.isdigit() for char in kept)


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


def test_a_past_reply_proves_neither_its_day_nor_a_figure() -> None:
    source = Source(
        id="reply:1:2#0",
        title="Past reply, 2026-09-24",
        text="Goods travel back by post. It costs 5 EUR and takes 3 days.\nWe will refund you. Keep the slip.",
        past=True,
        ticket_url="https://acme.zendesk.com/agent/tickets/1",
    )
    assert (proving(source).title, proving(source).url) == ("", "")
    assert proving(source).text == "Goods travel back by post.\nKeep the slip."
    article = replace(source, past=False)
    assert proving(article) is article
