"""The few sentences a scripted model says without a source: courtesies, and how it puts facts into words."""

from __future__ import annotations

from collections.abc import Mapping

THANKS = {
    "en": "Thank you for your message.",
    "de": "vielen Dank für Ihre Nachricht.",
    "fr": "Merci pour votre message.",
    "es": "Gracias por su mensaje.",
    "it": "Grazie per il suo messaggio.",
    "nl": "Bedankt voor uw bericht.",
    "pl": "Dziękujemy za wiadomość.",
    "pt": "Obrigado pela sua mensagem.",
}
FAMILIAR_THANKS = {"de": "vielen Dank für deine Nachricht."}
CLOSING = {
    "en": "Please let us know if you have further questions.",
    "de": "Bei weiteren Fragen melden Sie sich jederzeit gern.",
}
FAMILIAR_CLOSING = {"de": "Bei weiteren Fragen melde dich jederzeit gern."}

STATUS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "delivered": "Your order {number} is recorded as delivered.",
        "shipped": "Your order {number} has left our warehouse.",
        "announced": "Your order {number} is packed and announced to the carrier.",
        "processing": "Your order {number} has reached us and is being prepared.",
        "": "The present status of your order {number} is: {status}.",
    },
    "de": {
        "delivered": "Ihre Bestellung {number} ist als zugestellt vermerkt.",
        "shipped": "Ihre Bestellung {number} hat unser Lager verlassen.",
        "announced": "Ihre Bestellung {number} ist gepackt und beim Paketdienst angekündigt.",
        "processing": "Ihre Bestellung {number} liegt uns vor und wird gerade vorbereitet.",
        "": "Der jetzige Stand Ihrer Bestellung {number} lautet: {status}.",
    },
}
FACTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "delivered_on": "The date of delivery on record is {value}.",
        "shipped_on": "It was handed to the carrier on {value}.",
        "dispatch_by": "The planned dispatch date is {value}.",
        "carrier": "The carrier is {value}.",
        "expected_on": "The announced delivery date is {value}.",
        "tracking_number": "Your tracking number is {value}.",
        "tracking_url": "You can follow the parcel here: {value}",
        "invoice_url": "You can download the invoice here: {value}",
    },
    "de": {
        "delivered_on": "Als Tag der Zustellung ist der {value} eingetragen.",
        "shipped_on": "Die Übergabe an den Paketdienst war am {value}.",
        "dispatch_by": "Als Versandtag ist der {value} geplant.",
        "carrier": "Der Paketdienst ist {value}.",
        "expected_on": "Als Liefertag ist der {value} angekündigt.",
        "tracking_number": "Ihre Sendungsnummer lautet {value}.",
        "tracking_url": "Hier können Sie das Paket verfolgen: {value}",
        "invoice_url": "Die Rechnung können Sie hier herunterladen: {value}",
    },
}
NEXT_ACTION = {
    "en": {
        "send": "Check the draft against “{title}” and send it.",
        "facts": "Check the draft against the order data and send it.",
        "person": "Answer this yourself: no source covers the question.",
    },
    "de": {
        "send": "Entwurf mit „{title}“ vergleichen und senden.",
        "facts": "Entwurf mit den Bestelldaten vergleichen und senden.",
        "person": "Bitte selbst beantworten: Keine Quelle deckt die Frage ab.",
    },
}


def thanks(language: str, *, familiar: bool) -> str:
    """A courtesy in that language; the English one where it is unknown."""
    return (FAMILIAR_THANKS.get(language) if familiar else None) or THANKS.get(language, THANKS["en"])


def closing(language: str, *, familiar: bool) -> str:
    """The last sentence; "" in a language in which there is none."""
    return (FAMILIAR_CLOSING.get(language) if familiar else None) or CLOSING.get(language, "")
