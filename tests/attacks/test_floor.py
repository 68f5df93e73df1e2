"""The floor holds against tricks: what a reader of the message sees, the rules see, too [D2]."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from connector import starters
from connector.intents import parse_catalogue
from connector.model import FLOOR_SIGNALS, AccountConfig, Signal
from connector.ports import Classification, TriageContext
from connector.triage import EmbeddedTriager, parse_rules
from connector.triage.dataset import ticket_from_row
from connector.triage.footers import footers
from connector.triage.sentences import fold

QUESTION = "Hello, where is my order 48551? Thanks, Mara"
CATALOGUE = parse_catalogue(starters.folder("intents"))


class SureClassifier:
    """Takes every text for a question about an order; only the rules can hold a send back."""

    version = "sure"

    def classify(self, texts: Sequence[str]) -> Sequence[Classification]:
        found = {intent.key: 0.0 for intent in CATALOGUE} | {"order_status": 1.0}
        return [Classification(probabilities=found, out_of_scope=0.0) for _ in texts]


TRIAGER = EmbeddedTriager(CATALOGUE, parse_rules(starters.folder("signals")), SureClassifier())


def is_on_the_floor(body: str, *, thread: Sequence[dict[str, object]] = ()) -> bool:
    row = {"id": "t", "subject": "Where is my order?", "body": body, "from": "mara@example.com", "thread": [*thread]}
    ticket = ticket_from_row(row)
    context = TriageContext(config=AccountConfig(company="Acme"), human_only_intents=CATALOGUE.human_only)
    return bool(TRIAGER.triage(ticket, context).signals & FLOOR_SIGNALS)


@pytest.mark.parametrize(
    "text",
    [
        "I want to speak to a hu\u200cman being.",
        "My law\u200cyer will contact you.",
    ],
)
def test_a_joiner_inside_a_word_hides_nothing(text: str) -> None:
    assert is_on_the_floor(f"{QUESTION} {text.replace(chr(0x200C), '')}"), "the rules do not know the plain words"
    assert is_on_the_floor(f"{QUESTION} {text}")


@pytest.mark.parametrize(
    ("plain", "disguised"),
    [
        ("My lawyer will contact you.", "My l\u0430wyer will contact you."),
        ("I want to speak to a human.", "I want to speak to a hum\u0430n."),
        ("Someone has hacked my account.", "Someone has h\u0430cked my \u0430ccount."),
    ],
)
def test_letters_of_another_script_in_a_word_hide_nothing(plain: str, disguised: str) -> None:
    assert is_on_the_floor(f"{QUESTION} {plain}"), "the rules do not know the plain words"
    assert is_on_the_floor(f"{QUESTION} {disguised}")


@pytest.mark.parametrize("text", ["I_want_to_speak_to_a_human", "I want to speak to a _human_, my _lawyer_ says so."])
def test_underscores_around_words_hide_nothing(text: str) -> None:
    assert is_on_the_floor(f"{QUESTION} {text}")


def test_what_stands_at_the_end_of_a_very_long_message_is_heard() -> None:
    assert is_on_the_floor("Where is my order 48551? " * 850 + "I want to speak to a human being.")


def test_the_newest_message_is_heard_behind_a_very_long_earlier_one() -> None:
    earlier = {"role": "requester", "public": True, "text": "Where is my order 48551? " * 850}
    newest = "Hello again, I have been waiting for days now and I want to speak to a human being about all of this."
    assert is_on_the_floor(newest), "the rules do not know the plain words"
    assert is_on_the_floor(newest, thread=[earlier])


@pytest.mark.parametrize(
    ("words", "dressed"),
    [
        ("No bots. Human agent only.", "-- \n{}"),
        ("GDPR deletion requested", "--\n{}"),
        ("Lawyer informed.", "Best regards,\nMara\n{}"),
        ("My lawyer will sue you.", "Sent from my iPhone - {}"),
        ("I am suing you, my lawyer files suit on Monday.", "Disclaimer: {}"),
    ],
)
def test_a_demand_dressed_as_a_signature_or_footer_is_heard(words: str, dressed: str) -> None:
    assert is_on_the_floor(f"Where is my order 48551? {words}"), "the rules do not know the plain words"
    assert is_on_the_floor(f"{QUESTION}\n\n{dressed.format(words)}")


@pytest.mark.parametrize(
    "words",
    [
        "\u029c\u1d1c\u1d0d\u1d00\u0274 please",  # small capitals
        "\U0001f1ed\U0001f1fa\U0001f1f2\U0001f1e6\U0001f1f3 please",  # regional indicators
        "\uff48\uff55\uff4d\uff41\uff4e please",  # full width
        "\u24a3\u24b0\u24a8\u249c\u24a9 please",  # in parentheses
        "h\u20ddu\u20ddm\u20dda\u20ddn\u20dd please",  # encircled
        "\u04bbum\u0430n please",
    ],
)
def test_letters_in_disguise_hide_nothing(words: str) -> None:
    assert is_on_the_floor(f"{QUESTION} {words}")


@pytest.mark.parametrize(
    ("plain", "disguised"),
    [
        ("human please", "h u m a n please"),
        ("human please", "H.U.M.A.N please"),
        ("I want a human please", "I want a h u m a n p l e a s e"),
        ("human please", "hum4n please"),
        ("I want to speak to a manager.", "I want to speak to a m4n@ger."),
        ("My lawyer will contact you.", "My l4wyer will contact you."),
        ("My lawyer will contact you.", "My l-a-w-y-e-r will contact you."),
        ("I will kill you.", "I will k!ll you."),
        ("Mein Anwalt meldet sich.", "Mein Anw4lt meldet sich."),
        ("Ich will einen Menschen.", "Ich will einen M3nschen."),
    ],
)
def test_letters_spaced_out_or_spelled_with_digits_hide_nothing(plain: str, disguised: str) -> None:
    assert is_on_the_floor(f"{QUESTION} {plain}"), "the rules do not know the plain words"
    assert is_on_the_floor(f"{QUESTION} {disguised}")


@pytest.mark.parametrize(
    "text",
    ["Is it 10x15 or A4?", "Options a b c d e?", "It says NO4411-B2, agent007 wrote account2024.", "J. R. R. T. Quill"],
)
def test_numbers_and_single_letters_stay_what_they_are(text: str) -> None:
    assert fold(text) == text.lower()
    assert not is_on_the_floor(f"{QUESTION} {text}")


@pytest.mark.parametrize(
    "words",
    [
        "Posso falar com uma pessoa?",
        "Bir insanla görüşmek istiyorum.",
        "Jag vill prata med en människa.",
        "Jeg vil gerne tale med et menneske.",
        "Chci mluvit s člověkem.",
        "Позвоните мне, пожалуйста.",
        "Chcę rozmawiać z człowiekiem.",
        "我要转人工服务",
    ],
)
def test_a_wish_in_another_language_inside_an_english_message_is_heard(words: str) -> None:
    assert is_on_the_floor(f"{QUESTION} {words} Thank you!")


def test_a_joiner_in_the_subject_hides_nothing() -> None:
    row = {"id": "t", "subject": "My law\u200dyer", "body": QUESTION, "from": "mara@example.com"}
    context = TriageContext(config=AccountConfig(company="Acme"), human_only_intents=CATALOGUE.human_only)
    assert TRIAGER.triage(ticket_from_row(row), context).signals & FLOOR_SIGNALS


def test_an_exception_far_away_in_a_long_message_takes_nothing_back() -> None:
    filler = "Where is it?\n\n" * 120
    assert is_on_the_floor(f"{filler}My lawyer will contact you.\n\n{filler}No lawyers needed.")


def test_a_message_too_long_to_read_is_held_back() -> None:
    row = {"id": "t", "subject": "Order", "body": "Where is my order 48551? " * 4_000, "from": "mara@example.com"}
    context = TriageContext(config=AccountConfig(company="Acme"), human_only_intents=CATALOGUE.human_only)
    found = TRIAGER.triage(ticket_from_row(row), context)
    assert [hit.signal for hit in found.hits if hit.rule == "too-long"] == [Signal.OUT_OF_SCOPE]


@pytest.mark.parametrize(
    "footer",
    [
        "This e-mail and any attachments are confidential and may be legally privileged. If you are not the intended "
        "recipient, any disclosure or copying is strictly prohibited and may be unlawful.",
        "CONFIDENTIALITY NOTICE: This message may be legally protected. Acme accepts no liability for any virus.",
        "DSGVO-Hinweis: Informationen zum Umgang mit Ihren Daten finden Sie unter https://acme.example/datenschutz",
        "Datenschutzhinweise gemäß Art. 13 DSGVO: https://acme.example/ds",
        "Diese E-Mail enthält vertrauliche und rechtlich geschützte Informationen. Die unbefugte Weitergabe ist nicht "
        "gestattet und kann strafbar sein.",
        "-- \nBirkenweg GmbH\nRegistergericht: Amtsgericht Hamburg, HRB 12345\nUSt-IdNr. gemäß § 27 a UStG: DE1234",
        "-- \nMara Linde\nManaging Director\nPrivacy policy: https://birkenweg.example/privacy",
        "Best regards,\nMara\nManager",
    ],
)
def test_a_usual_footer_raises_nothing(footer: str) -> None:
    assert not is_on_the_floor(f"{QUESTION}\n\n{footer}")


def test_the_history_below_a_reply_raises_nothing() -> None:
    history = "On Mon, 3 Nov 2025 at 10:00, Acme <help@acme.example> wrote:\n> Shall a human call you? Ask your lawyer."
    assert not is_on_the_floor(f"{QUESTION}\n\n{history}")


def test_history_without_a_mark_is_known_by_the_earlier_message() -> None:
    answer = "You can speak to a human being at any time."
    thread = [{"role": "agent", "public": True, "text": answer}]
    row = {"id": "t", "subject": "Order", "body": QUESTION, "from": "mara@example.com", "thread": thread}
    ticket = ticket_from_row(row)
    # What an HTML mail leaves in its whole text where its program marks history by a class only.
    newest = replace(ticket.comments[-1], raw_text=f"{QUESTION}\n\n{answer}")
    quoting = replace(ticket, comments=(ticket.comments[0], newest))
    assert footers(quoting, [newest]) == ""
    assert "human being" in footers(replace(ticket, comments=(newest,)), [newest])
