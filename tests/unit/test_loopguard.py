"""Each reason to leave a ticket alone, beside the person who looks like it and must be heard."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from connector.loopguard import REASONS, ignore_reason
from connector.model import (
    AccountConfig,
    Comment,
    CommentKind,
    Role,
    SenderWarning,
    Status,
    Ticket,
    TicketFlag,
    Visibility,
)
from tests import builders

NOW = datetime(2025, 11, 4, 9, 12, tzinfo=UTC)
CONFIG = AccountConfig(company="Fjordbike", own_addresses=frozenset({"Help@fjordbike.example"}))


def said(
    role: Role = Role.REQUESTER,
    text: str = "Where is my parcel?",
    *,
    visibility: Visibility = Visibility.PUBLIC,
    kind: CommentKind = CommentKind.MESSAGE,
    warnings: frozenset[SenderWarning] = frozenset(),
) -> Comment:
    return builders.comment(
        text, role, id="1", author_id=role.value, visibility=visibility, created_at=NOW, kind=kind, warnings=warnings
    )


def a_ticket(*comments: Comment, sender: str | None = "mara@example.com", **more: object) -> Ticket:
    entries = [replace(entry, id=str(number)) for number, entry in enumerate(comments or (said(),), start=1)]
    values: dict[str, object] = {
        "account_id": "a",
        "id": "7",
        "subject": "My parcel",
        "requester": builders.requester("Mara", sender, id="r"),
        "comments": tuple(entries),
        "created_at": NOW,
        "read_at": NOW + timedelta(seconds=5),
        "stamp": "1",
    }
    return builders.ticket(**(values | more))


def code(ticket: Ticket, config: AccountConfig = CONFIG) -> str | None:
    reason = ignore_reason(ticket, config)
    return reason.code if reason else None


def with_headers(**headers: str) -> Ticket:
    return a_ticket(headers={name.replace("_", "-"): value for name, value in headers.items()})


def with_subject(subject: str, body: str) -> Ticket:
    return a_ticket(said(text=body), subject=subject)


def test_a_customer_who_waits_is_heard() -> None:
    assert code(a_ticket()) is None
    assert code(a_ticket(sender=None)) is None
    assert code(a_ticket(), AccountConfig(company="x", own_addresses=frozenset({""}))) is None


@pytest.mark.parametrize(
    ("flag", "expected"),
    [
        (TicketFlag.SPAM, "ticket_spam"),
        (TicketFlag.DELETED, "ticket_deleted"),
        (TicketFlag.MERGED, "ticket_merged"),
        (TicketFlag.ARCHIVED, "ticket_archived"),
        (TicketFlag.ASSOCIATED, "ticket_associated"),
        (TicketFlag.REQUESTER_SUSPENDED, "requester_suspended"),
    ],
)
def test_flags(flag: TicketFlag, expected: str) -> None:
    assert code(a_ticket(flags=frozenset({flag}))) == expected


@pytest.mark.parametrize("flag", TicketFlag)
def test_every_flag_has_a_reason(flag: TicketFlag) -> None:
    assert code(a_ticket(said(Role.AGENT), flags=frozenset({flag}))) in REASONS


def test_outbound_until_the_customer_answers() -> None:
    flags = frozenset({TicketFlag.OUTBOUND})
    assert code(a_ticket(said(Role.AGENT), flags=flags)) == "ticket_outbound"
    assert code(a_ticket(said(Role.AGENT), said(), flags=flags)) is None


@pytest.mark.parametrize("status", Status)
def test_only_a_closed_ticket_is_closed(status: Status) -> None:
    assert code(a_ticket(status=status)) == ("ticket_closed" if status is Status.CLOSED else None)


@pytest.mark.parametrize(
    ("comments", "expected"),
    [
        ((said(Role.AGENT),), "no_customer_message"),
        ((said(Role.AGENT, visibility=Visibility.INTERNAL),), "no_customer_message"),
        ((said(visibility=Visibility.INTERNAL),), "no_customer_message"),
        ((said(Role.SYSTEM),), "no_customer_message"),
        ((said(), said(Role.AGENT)), "nothing_unanswered"),
        ((said(), said(Role.CONNECTOR)), "nothing_unanswered"),
        ((said(Role.AGENT), said(kind=CommentKind.SURVEY)), "survey_answer"),
        ((said(Role.AGENT), said(kind=CommentKind.FORWARD)), "forward_only"),
        ((said(Role.AGENT), said(kind=CommentKind.FORWARD), said(kind=CommentKind.SURVEY)), "forward_only"),
        ((said(warnings=frozenset({SenderWarning.MACHINE_GENERATED})),), "machine_generated"),
        # and their look-alikes
        ((said(), said(Role.AGENT, visibility=Visibility.INTERNAL)), None),
        ((said(), said(Role.SYSTEM)), None),
        ((said(), said(Role.AGENT), said()), None),
        ((said(), said(Role.CONNECTOR), said(Role.OTHER_CUSTOMER)), None),
        ((said(), said(kind=CommentKind.SURVEY)), None),
        ((said(), said(kind=CommentKind.FORWARD)), None),
        ((said(kind=CommentKind.OTHER),), None),
        ((said(), said(warnings=frozenset({SenderWarning.MACHINE_GENERATED}))), None),
        ((said(warnings=frozenset(SenderWarning) - {SenderWarning.MACHINE_GENERATED}),), None),
        ((said(warnings=frozenset({SenderWarning.MACHINE_GENERATED})), said(Role.AGENT), said()), None),
    ],
)
def test_whose_turn_it_is(comments: tuple[Comment, ...], expected: str | None) -> None:
    assert code(a_ticket(*comments)) == expected


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        ("help@fjordbike.example", "own_address"),
        (" HELP@Fjordbike.example ", "own_address"),
        ("help+id7K2-91@fjordbike.example", "own_address"),
        ("shop@fjordbike.example", "own_address"),
        ("MAILER-DAEMON@mx.example", "machine_sender"),
        ("postmaster@mx.example", "machine_sender"),
        ("no-reply@shop.example", "machine_sender"),
        ("noreply2@shop.example", "machine_sender"),
        ("do_not_reply@shop.example", "machine_sender"),
        ("orders-noreply@shop.example", "machine_sender"),
        ("bounces+77-mara=example.com@mail.example", "machine_sender"),
        ("nicht-antworten@shop.example", "machine_sender"),
        ("csat@fjordbike.example", "machine_sender"),
        # people
        ("help@other.example", None),
        ("mara+noreplyplease@example.com", None),
        ("noreplyton@example.com", None),
        ("postmasters.guild@example.com", None),
        ("bouncer@club.example", None),
        ("automobile@example.com", None),
        ("npspark@example.com", None),
    ],
)
def test_senders(sender: str, expected: str | None) -> None:
    assert code(a_ticket(sender=sender, reply_from="shop@fjordbike.example")) == expected


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("Auto-Submitted", "auto-replied", "auto_submitted"),
        ("auto-submitted", "Auto-Generated; owner-email=a@b.example", "auto_submitted"),
        ("Auto-Submitted", "auto-notified (a rule)", "auto_submitted"),
        ("X-Autoreply", "yes", "auto_submitted"),
        ("X-Autorespond", "Away", "auto_submitted"),
        ("Precedence", "bulk", "bulk_mail"),
        ("Precedence", "Auto_Reply", "bulk_mail"),
        ("Precedence", "list", "bulk_mail"),
        ("List-Id", "<news.shop.example>", "bulk_mail"),
        ("List-Unsubscribe", "<mailto:stop@shop.example>", "bulk_mail"),
        ("X-Auto-Response-Suppress", "DR, OOF, AutoReply", "auto_response_suppressed"),
        ("X-Auto-Response-Suppress", "All", "auto_response_suppressed"),
        ("Content-Type", "multipart/report; report-type=delivery-status", "delivery_report"),
        ("Content-Type", "Multipart/Report; report-type=disposition-notification", "delivery_report"),
        ("Return-Path", "<>", "delivery_report"),
        ("X-Failed-Recipients", "mara@example.com", "delivery_report"),
        ("Content-Type", 'text/calendar; method="REPLY"', "calendar_reply"),
        ("X-Loop", "help@fjordbike.example", "mail_loop"),
        # people
        ("Auto-Submitted", "no", None),
        ("Auto-Submitted", "No (written by a person)", None),
        ("Auto-Submitted", "", None),
        ("X-Autoreply", "no", None),
        ("Precedence", "normal", None),
        ("Precedence", "first-class", None),
        ("List-Id", "<help.fjordbike.example>", None),
        ("X-Auto-Response-Suppress", "DR, RN, NRN", None),
        ("Content-Type", "multipart/alternative", None),
        ("Content-Type", "text/calendar; method=REQUEST", None),
        ("Return-Path", "<mara@example.com>", None),
        ("X-Loop", "otherhelp@fjordbike.example", None),
        ("X-Priority", "1", None),
        ("In-Reply-To", "<1@fjordbike.example>", None),
        ("From", "mara@example.com", None),
    ],
)
def test_headers(name: str, value: str, expected: str | None) -> None:
    assert code(a_ticket(headers={name: value})) == expected


AWAY = "I am out of the office until Monday."


@pytest.mark.parametrize(
    "subject",
    [
        "Automatic reply: Your order",
        "Auto-Reply: Your order",
        "Automatische Antwort: Ihre Bestellung",
        "Abwesenheitsnotiz",
        "Réponse automatique : Votre commande",
        "Respuesta automática: Su pedido",
        "Risposta automatica: Ordine",
        "Automatisch antwoord: Uw bestelling",
        "Odpowiedź automatyczna: Zamówienie",
        "Out of office: Re: Your ticket",
        "Abwesenheit: AW: Ihre Bestellung",
        "Fuori sede: Re: Ordine",
    ],
)
def test_absence_notes(subject: str) -> None:
    assert code(with_subject(subject, AWAY)) == "out_of_office"
    assert code(with_subject(f"Re: {subject}", AWAY)) is None
    later = a_ticket(said(text=AWAY), said(text="I am back. Where is my parcel?"), subject=subject)
    assert code(later) is None


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Out of office: how do I switch it on?", "I cannot find the setting."),
        ("Out of office", "Where do I set up the note in your app?"),
        ("Automatic reply: can I turn it off?", "Your shop keeps sending them. How do I stop that?"),
        ("Automatic reply settings", "They do not work."),
        ("Abwesenheit", "Ich bin bis 10.12. im Urlaub, bitte liefern Sie erst danach."),
        ("Abwesenheit: bitte später liefern", "Wir sind im Urlaub."),
        ("Automatisch bremsen", "Das Rad bremst nicht."),
        ("Away next week", AWAY),
        ("My out of office reply", "was sent to you by mistake, sorry. Please ship the parcel."),
    ],
)
def test_people_who_write_about_absence(subject: str, body: str) -> None:
    assert code(with_subject(subject, body)) is None


BOUNCE = "The mail server said: 550 5.1.1 User unknown"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Undelivered Mail Returned to Sender", "See attachment."),
        ("Mail delivery failed: returning message to sender", "See attachment."),
        ("Delivery Status Notification (Failure)", "See attachment."),
        ("Returned mail: see transcript for details", "See attachment."),
        ("Undeliverable: Your order", BOUNCE),
        ("failure notice", BOUNCE),
        ("Unzustellbar: Ihre Bestellung", "552 5.2.2 mailbox full"),
        ("Non remis : Votre commande", BOUNCE),
        ("No se puede entregar: Su pedido", BOUNCE),
        ("Recapito non riuscito: Ordine", BOUNCE),
        ("Onbestelbaar: Uw bestelling", BOUNCE),
        ("Niedostarczone: Zamówienie", BOUNCE),
    ],
)
def test_failed_deliveries(subject: str, body: str) -> None:
    assert code(with_subject(subject, body)) == "delivery_failed"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Delivery failed", "The driver did not ring. When does my parcel come?"),
        ("Undeliverable: parcel KL-4471", "The tracking page says so. The address is right."),
        ("Zustellung fehlgeschlagen", "Der Bote war nicht da, mein Postfach ist nebenan."),
        ("Unzustellbar", "Mein Paket kam zurück, E-Mail-Adresse mara@example.com"),
        ("Onbestelbaar: pakket", "Mijn pakket is niet gekomen."),
        ("Undelivered order", "Order 5501 has not come."),
        ("Re: Undelivered Mail Returned to Sender", "Why do your mails come back to me?"),
    ],
)
def test_people_whose_parcel_did_not_come(subject: str, body: str) -> None:
    assert code(with_subject(subject, body)) is None


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Read: Your order", "Your message was read on Tuesday."),
        ("Not read: Your order", "Your message was deleted without being read."),
        ("Gelesen: Ihre Bestellung", "Ihre Nachricht wurde am 4.11. um 9 Uhr gelesen."),
        ("Lu : Votre commande", "Votre message a été lu mardi."),
        ("Leído: Su pedido", "El mensaje fue leído el martes."),
        ("Letto: Ordine", "Il messaggio è stato letto martedì."),
        ("Gelezen: Uw bestelling", "Uw bericht is dinsdag gelezen."),
        ("Przeczytano: Zamówienie", "Wiadomość została przeczytana."),
        ("Return receipt (displayed)", ""),
    ],
)
def test_read_receipts(subject: str, body: str) -> None:
    assert code(with_subject(subject, body)) == "read_receipt"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Read: your terms", "I want to return the bike."),
        ("Gelesen: Ihre AGB", "Was gilt für Sättel?"),
        ("Read your terms", "I have a question."),
        ("Lesebestätigung abschalten", "Wie geht das?"),
    ],
)
def test_people_who_have_read(subject: str, body: str) -> None:
    assert code(with_subject(subject, body)) is None


def test_survey_subjects() -> None:
    assert code(with_subject("survey.answer", "score=4;lang=en")) == "survey_answer"
    assert code(with_subject("CSAT response for ticket 22-101", "Rating: 1")) == "survey_answer"
    assert code(with_subject("Survey feedback", "Your survey page shows an error.")) is None
    assert code(with_subject("CSAT response for my team is missing", "Where is it?")) is None


def test_every_reason_is_explained_to_people() -> None:
    words = tomllib.loads((Path(__file__).parents[2] / "mappings" / "reasons.toml").read_text(encoding="utf-8"))
    assert REASONS.keys() <= words.keys()


def test_header_names_in_any_case() -> None:
    assert code(with_headers(AUTO_SUBMITTED="auto-replied")) == "auto_submitted"
