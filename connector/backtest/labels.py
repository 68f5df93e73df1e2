"""The words of a report, in English and German."""

from __future__ import annotations

from collections.abc import Mapping

LANGUAGES = ("en", "de")

_WORDS: Mapping[str, tuple[str, str]] = {
    "title": ("Back-test", "Rückblick-Test"),
    "lead": (
        "What Handrail would have done with past tickets, against what people did. Each was read as it stood before "
        "the first answer; nothing that came later was seen.",
        "Was Handrail mit früheren Tickets getan hätte, verglichen mit dem, was Menschen taten. Jedes wurde gelesen, "
        "wie es vor der ersten Antwort stand; nichts Späteres wurde gesehen.",
    ),
    "account": ("Account", "Konto"),
    "tickets": ("tickets", "Tickets"),
    "policy": ("policy", "Regelwerk"),
    "stage": ("stage", "Stufe"),
    "model": ("model", "Modell"),
    "left_out": ("left out", "ausgelassen"),
    "no_customer_message": ("no customer had written", "kein Kunde hatte geschrieben"),
    "ours_before": ("we had answered first", "wir hatten zuerst geantwortet"),
    "failed": ("could not be compared", "konnten nicht verglichen werden"),
    "intervals": (
        "Shares with 95% Wilson intervals; medians with 95% intervals by rank. No number stands where there is nothing "
        "to count.",
        "Anteile mit 95-%-Wilson-Intervallen, Mediane mit 95-%-Rangintervallen. Wo nichts zu zählen ist, steht keine "
        "Zahl.",
    ),
    "per_intent": ("Per intent", "Je Anliegen"),
    "intent": ("intent", "Anliegen"),
    "all": ("all", "alle"),
    "n": ("n", "n"),
    "send": ("sent", "gesendet"),
    "draft": ("draft", "Entwurf"),
    "hand_off": ("to a person", "an Menschen"),
    "ignore": ("ignored", "ignoriert"),
    "agreement": ("agreement", "Übereinstimmung"),
    "violations": ("would-be violations of sent", "Verstöße unter Gesendeten"),
    "f1": ("common words (median F1)", "gemeinsame Wörter (Median F1)"),
    "distance": ("edit distance (median)", "Bearbeitungsabstand (Median)"),
    "against": ("Our action against people's", "Unser Handeln gegen das der Menschen"),
    "ours": ("ours", "unser"),
    "short": ("one short reply", "eine kurze Antwort"),
    "person": ("a person's answer", "persönliche Antwort"),
    "escalated": ("escalated or moved", "eskaliert oder verschoben"),
    "unanswered": ("not answered", "nicht beantwortet"),
    "connector": ("answered by us", "von uns beantwortet"),
    "macros": (
        "Short replies whose words stand in at least three tickets (macros)",
        "Kurze Antworten, deren Wörter in mindestens drei Tickets stehen (Makros)",
    ),
    "overlap": ("Drafts and sent replies", "Entwürfe und gesendete Antworten"),
    "overlap_note": (
        "Share of drafts that have at least so many words in common with the reply that was sent.",
        "Anteil der Entwürfe, die mindestens so viele Wörter mit der gesendeten Antwort gemeinsam haben.",
    ),
    "at_least": ("F1 of at least", "F1 von mindestens"),
    "share_drafts": ("share of drafts", "Anteil der Entwürfe"),
    "would": ("Would-be violations", "Mögliche Verstöße"),
    "would_note": (
        "Replies that would have been sent although people's acts speak against it. Look at each.",
        "Antworten, die gesendet worden wären, obwohl das Handeln der Menschen dagegen spricht. Sehen Sie jede an.",
    ),
    "none": ("None was found.", "Es wurde keiner gefunden."),
    "kind": ("kind", "Art"),
    "count": ("count", "Anzahl"),
    "ticket": ("ticket", "Ticket"),
    "asked": ("the customer wrote", "der Kunde schrieb"),
    "replied": ("the agent sent", "der Agent sandte"),
    "drafted": ("we would have sent", "wir hätten gesendet"),
    "reply_promises": ("the reply promised money or a result", "die Antwort versprach Geld oder ein Ergebnis"),
    "reply_apologises": ("the reply apologised", "die Antwort entschuldigte sich"),
    "reply_escalates": ("the reply passed it on", "die Antwort gab es weiter"),
    "asked_for_more": ("the agent asked for something", "der Agent fragte nach etwas"),
    "reopened": ("the ticket was reopened", "das Ticket wurde wieder geöffnet"),
    "rated_bad": ("the customer was unhappy", "der Kunde war unzufrieden"),
    "later_signal": ("a later message needed a person", "eine spätere Nachricht brauchte einen Menschen"),
    "difference": ("What would change", "Was sich ändern würde"),
    "compared_with": ("compared with", "verglichen mit"),
    "changed": ("changed", "geändert"),
    "before": ("before", "vorher"),
    "after": ("after", "nachher"),
    "people": ("people", "Menschen"),
    "first_listed": ("At most 200 are listed.", "Höchstens 200 sind aufgeführt."),
    "actions": ("What would be done, per intent", "Was getan würde, je Anliegen"),
    "actions_note": (
        "Share of each intent's tickets; the numbers stand in the table.",
        "Anteil an den Tickets jedes Anliegens; die Zahlen stehen in der Tabelle.",
    ),
}


def word(key: str, language: str) -> str:
    """The label in this language; the key itself where there is none."""
    found = _WORDS.get(key)
    return key if found is None else found[LANGUAGES.index(language)]
