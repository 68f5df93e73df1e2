"""The floor holds against tricks: what a reader of the message sees, the rules see, too [D2]."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from connector import starters
from connector.intents import parse_catalogue
from connector.model import FLOOR_SIGNALS, HUMAN_ONLY_SIGNALS, AccountConfig, Attachment, Signal, Ticket, Triage
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
        ("I am going to sue you for this mess.", "This e-mail is confidential. {}"),
        ("My account was hacked", "Kind regards\nMara\n--\n{}"),
        ("Card stolen", "Kind regards\nMara\n--\n{}"),
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
        "This message is intended only for the addressee. Unauthorised disclosure may be prosecuted.",
        "> From: orders@acme.example\n> Subject: Your order\n> Cancel any time. Refunds within 30 days.",
    ],
)
def test_a_usual_footer_raises_nothing(footer: str) -> None:
    assert not is_on_the_floor(f"{QUESTION}\n\n{footer}")


HISTORY = "Shall a human call you? Then ask your lawyer about it, or write again to this address at any time."


@pytest.mark.parametrize(
    "quoted",
    [
        f"On Mon, 3 Nov 2025 at 10:00, Acme <help@acme.example> wrote:\n> {HISTORY}",
        "On Mon, 3 Nov 2025 at 10:00, Acme <help@acme.example> wrote:\n> Shall a human call you? Then ask\n> your\n"
        "> lawyer about it, or write again to\n> this address at any time.",
        f"From: Acme <help@acme.example>\nSent: Monday, 3 November 2025 10:00\nTo: Mara\nSubject: Order\n\n{HISTORY}",
    ],
)
def test_history_that_stands_on_the_ticket_raises_nothing(quoted: str) -> None:
    thread = [
        {"role": "requester", "public": True, "text": QUESTION},
        {"role": "agent", "public": True, "text": HISTORY},
    ]
    assert not is_on_the_floor(f"{QUESTION}\n\n{quoted}", thread=thread)
    assert is_on_the_floor(f"{QUESTION}\n\n{quoted}"), "history that stands nowhere is the author's own"


@pytest.mark.parametrize("quote", ["> {}", "{}"])
def test_our_own_line_below_a_quoted_reply_raises_nothing(quote: str) -> None:
    line = "This reply is automatic. Write the word human and a person of our team takes over."
    config = AccountConfig(company="Acme", disclosure={"en": line})
    context = TriageContext(config=config, human_only_intents=CATALOGUE.human_only)
    body = f"{QUESTION}\n\nOn Mon, 3 Nov 2025 at 10:00, Acme <help@acme.example> wrote:\n\n{quote.format(line)}"
    ticket = ticket_from_row({"id": "t", "subject": "Order", "body": body, "from": "mara@example.com"})
    assert not TRIAGER.triage(ticket, context).signals & FLOOR_SIGNALS


@pytest.mark.parametrize(
    "dressed",
    [
        "On 3 November 2025 I already wrote:\n\n{}",
        "Am 03.11.2025 um 10:14 schrieb ich:\n{}",
        "On Monday 3 Nov 2025 at 10:12 M. Okafor <m.okafor@example.com> wrote:\n\n> {}",
        "On 5 November your driver wrote:\n\n'I left it'. {}",
        "From: Acme <help@acme.example>\nSent: Monday\nTo: Mara\nSubject: Order\n\nIt ships soon.\n\nMy answer: {}",
        "-----Original Message-----\nFrom: Mara\nSent: Monday\nTo: Acme\nSubject: Problem\n\n{}",
        "----- Ursprüngliche Nachricht -----\n{}",
        "> {}",
        ">>> {} <<<",
        "From: Hamburg warehouse\nTo: 12 Mill Lane\nDate: 3 November\n\n{}",
        "________________________________\nVon: Acme\nGesendet: Montag\nAn: Mara\nBetreff: Order\n\n{}",
    ],
)
def test_a_demand_dressed_as_history_is_heard(dressed: str) -> None:
    words = "My lawyer will contact you, I was charged twice."
    assert is_on_the_floor(f"{QUESTION}\n\n{dressed.format(words)}")
    assert not is_on_the_floor(f"{QUESTION}\n\n{dressed.format('It has been a while.')}")


def triaged(ticket: Ticket) -> Triage:
    context = TriageContext(config=AccountConfig(company="Acme"), human_only_intents=CATALOGUE.human_only)
    return TRIAGER.triage(ticket, context)


def asked(**row: object) -> Ticket:
    body = {} if "body_html" in row else {"body": QUESTION}
    return ticket_from_row({"id": "t", "subject": "Where is my order?", "from": "mara@example.com", **body, **row})


def drafts(ticket: Ticket) -> set[str]:
    """The rules by which nothing freer than a draft is made of it."""
    return {hit.rule for hit in triaged(ticket).hits if hit.signal is Signal.OUT_OF_SCOPE}


@pytest.mark.parametrize(
    "part",
    [
        "<img src=x alt='{}'>",
        "<noscript>{}</noscript>",
        "<svg><text>{}</text></svg>",
        "<object data=x>{}</object>",
        "<iframe srcdoc='<p>{}</p>'></iframe>",
        "<!--[if mso]><p>{}</p><![endif]-->",
        "<p style='display:none'>{}</p>",
        "<p style='display:none'><img alt='{}'></p>",
        "<p style='max-height:1px;overflow:hidden'>{}</p>",
    ],
)
def test_hidden_words_of_the_floor_end_with_a_draft(part: str) -> None:
    page = f"<p>{QUESTION}</p>{part}"
    assert "hidden-text" in drafts(asked(body_html=page.format("My lawyer will contact you.")))
    assert drafts(asked(body_html=page.format("Your order is on its way."))) == set()


def test_what_the_message_shows_anyway_is_not_hidden() -> None:
    said = "We never asked a lawyer about any of it"
    page = f"<div style='display:none'>{said}</div><p>{QUESTION} {said}</p>"
    assert drafts(asked(body_html=page)) == set()


def test_the_form_is_read() -> None:
    ticket = asked()
    assert not triaged(ticket).signals & FLOOR_SIGNALS
    told = replace(ticket, custom_fields={"360001": "order", "360002": ["My lawyer will contact you."], "360003": 12})
    assert Signal.LEGAL in triaged(told).signals


@pytest.mark.parametrize(
    "tag", ["legal", "fraud_case", "do_not_automate", "No-Bot", "Betrugsverdacht", "rücklastschrift"]
)
def test_a_tag_that_says_that_a_person_must_look_ends_with_a_draft(tag: str) -> None:
    assert drafts(replace(asked(), tags=frozenset({"vip_shop", tag}))) == {"tag"}


def test_other_tags_and_our_own_change_nothing() -> None:
    assert (
        drafts(replace(asked(), tags=frozenset({"order_status", "web_form", "legalease", "hr_legal", "eu"}))) == set()
    )


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("image001.png", False),
        ("logo-acme.PNG", False),
        ("smime.p7s", False),
        ("mara.vcf", False),
        ("IMG_1234.jpg", True),
        ("invoice.pdf", True),
        ("image001.png.exe", True),
        ("", True),
    ],
)
def test_what_nobody_has_opened_ends_with_a_draft(name: str, kept: bool) -> None:
    assert drafts(with_attachment(asked(), name, 9_000)) == ({"attachment"} if kept else set())


def test_a_large_picture_is_no_signature() -> None:
    assert drafts(with_attachment(asked(), "image001.png", 900_000)) == {"attachment"}


def test_the_name_of_an_attachment_is_read() -> None:
    assert Signal.LEGAL in triaged(with_attachment(asked(), "My_lawyer_will_contact_you.pdf", 9_000)).signals


def with_attachment(ticket: Ticket, name: str, size: int) -> Ticket:
    newest = replace(ticket.comments[-1], attachments=(Attachment(name=name, media_type="image/png", size_bytes=size),))
    return replace(ticket, comments=(*ticket.comments[:-1], newest))


@pytest.mark.parametrize(
    "foreign",
    ["Valaki feltörte a fiókomat, kérem hívjanak fel.", "Laite syttyi tuleen ja poltin käteni pahasti."],
)
def test_a_language_nobody_here_reads_ends_with_a_draft(foreign: str) -> None:
    earlier = {"role": "requester", "public": True, "text": foreign}
    assert "other-language" in drafts(asked(thread=[earlier]))
    assert "other-language" in drafts(asked(body=f"{QUESTION}\n\n{foreign}\n\nThank you and kind regards"))


@pytest.mark.parametrize(
    "text",
    [
        "Wo bleibt meine Bestellung 48551? Vielen Dank und schöne Grüße",
        "It was the Château Margaux Grand Cru Classé Rouge, in the box.",
        "My address is Calle de la Princesa 12, 28008 Madrid.",
        "The letter said: Ihre Bestellung wurde heute versandt.",
    ],
)
def test_supported_languages_and_foreign_names_change_nothing(text: str) -> None:
    assert drafts(asked(body=f"{QUESTION}\n\n{text}")) == set()


@pytest.mark.parametrize(
    "below", ["Unfair shop, cancel everything, never again", "Sent from my iPhone, unlike you idiots"]
)
def test_anger_below_the_name_ends_with_a_person(below: str) -> None:
    assert triaged(asked(body=f"{QUESTION}\n\nKind regards\nMara\n{below}")).signals & HUMAN_ONLY_SIGNALS


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
