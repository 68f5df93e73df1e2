"""Invented sidebars: one for every state, in both languages."""

from dataclasses import replace
from datetime import UTC, datetime

from connector.sidebar.view import Card, Draft, HistoryLine, Paragraph, SidebarView, SourceLine, Why

STATES = ("draft", "hand_off", "sent", "shadow", "ignored", "waiting", "unknown", "off")
AT = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
EVERY_ACTION = frozenset({"insert", "approve", "regenerate", "escalate", "posture", "verdict", "feedback"})
HEADLINES = {
    "en": "Where is the order?",
    "de": "Wo bleibt die Bestellung?",
}
TEXT = {
    "en": "Your order 48551 left our warehouse on Friday <and> arrives tomorrow.",
    "de": "Ihre Bestellung 48551 hat am Freitag unser Lager verlassen <und> kommt morgen an.",
}


def view(state: str, language: str, ticket: str) -> SidebarView:
    """The sidebar of a ticket in that state."""
    german = language == "de"
    drafted = state in ("draft", "sent", "shadow", "unknown")
    plain = SidebarView(
        ticket=ticket,
        language=language,
        state=state,  # type: ignore[arg-type]  # the tests go through all of them by name
        headline=f"{HEADLINES[language]} #{ticket}",
        card=_card(german) if state not in ("ignored", "waiting") else None,
        draft=_draft(language) if drafted else None,
        why=Why(
            reasons=("Nur Entwürfe sind hier freigegeben.",) if german else ("Only drafts are released here.",),
            policy_version="v12",
            checks=(
                ("Zahlen stehen in den Quellen" if german else "Figures stand in the sources", True),
                ("Ton", False),
            ),
            decided_at=AT,
        ),
        history=(HistoryLine(at=AT, words="Entwurf geschrieben" if german else "Draft written"),),
        actions=_actions(state),
        verdict_wanted=state == "shadow",
        killed=state == "off",
    )
    sentence = "Das Ticket hat sich geändert." if german else "The helpdesk does not answer; this may be out of date."
    return replace(plain, trouble=sentence) if state == "unknown" else plain


def _actions(state: str) -> frozenset[str]:
    if state == "draft":
        return EVERY_ACTION - {"verdict"}
    if state == "shadow":
        return frozenset({"insert", "verdict", "posture"})
    return frozenset({"escalate", "posture", "feedback"}) if state not in ("ignored", "waiting") else frozenset()


def _card(german: bool) -> Card:
    return Card(
        intent_title="Sendungsstatus" if german else "Order status",
        summary="Fragt nach der Bestellung 48551." if german else "Asks where order 48551 is.",
        priority="Hoch" if german else "High",
        next_action="Sendung beim Paketdienst prüfen" if german else "Check the parcel with the carrier",
        given=(("Bestellnummer" if german else "Order number", "48551"), ("E-Mail", "mara@customer.example")),
        asked=("Lieferadresse" if german else "Delivery address",),
        tried=("Sendungsverfolgung" if german else "Tracking page",),
        sentiment="Ungeduldig" if german else "Impatient",
        language_name="Deutsch" if german else "English",
        why="Der Kunde droht mit Kündigung." if german else "The customer threatens to leave.",
    )


def _draft(language: str) -> Draft:
    second = Paragraph(
        text="This_is_one_very_long_word_that_has_nowhere_to_break_and_must_not_widen_the_page", doubtful=True
    )
    source = "Versandzeiten" if language == "de" else "Delivery times"
    return Draft(
        id="D1",
        paragraphs=(Paragraph(text=TEXT[language], sources=(1, 2)), second),
        sources=(
            SourceLine(number=1, title=source, url="https://help.northwind.example/1"),
            SourceLine(number=2, title="CSV"),
        ),
        doubts=("Datum prüfen" if language == "de" else "Check the date",),
        text=TEXT[language],
        html=f"<p>{TEXT[language].replace('<', '&lt;').replace('>', '&gt;')}</p><p>Northwind</p>",
    )
