"""What of a past reply holds in general, and what it may prove."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from past_tickets import LANGUAGES, PHRASES, RETURNS, past

from connector.drafting.figures import is_figure_free, proving
from connector.drafting.sentences import sentences
from connector.knowledge.general import general_text
from connector.masking import masking_for
from connector.model import Source


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
