"""Whether a model's line may stand on the card: short, without links, and every detail in it known [H1].

A summary may repeat what the customer says. The next action is an advice to the team, so amounts, dates and spans of
time must be proven by a source or a look-up, and the customer's own sentences are none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from connector.drafting.commitments import find_admission, find_promise
from connector.drafting.evidence import word_runs
from connector.drafting.links import find_emails, find_links
from connector.drafting.sentences import fold
from connector.drafting.values import dates, numbers, values
from connector.model import LookupAnswer, Role, Source, Ticket, Triage, Visibility
from connector.plaintext import visible_text

_NAME = re.compile(r"(?<=[\w,;] )[A-ZÄÖÜ][\w'’-]+")
_MARKUP = re.compile(r"[<>{}\[\]|`]|-{3,}|\*\*")


def checked_line(
    text: str,
    ticket: Ticket,
    triage: Triage,
    sources: Sequence[Source],
    lookups: Mapping[str, LookupAnswer],
    *,
    limit: int,
    proven: bool,
) -> str:
    """The line in one piece, or "" where anything in it is unknown, leads elsewhere or is no plain line.

    `proven`: what only the customer says is not enough for values, and none of his sentences may be repeated.
    """
    line = " ".join(visible_text(text).split())
    if not line or len(line) > limit or _MARKUP.search(line) or find_links(line) or find_emails(line):
        return ""
    proof = "\n".join(
        [
            *(part for source in sources for part in (source.title, source.text)),
            *(part for answer in lookups.values() for part in (answer.reference, *answer.facts.values())),
        ]
    )
    told = "\n".join(
        [
            ticket.subject,
            ticket.requester.name,
            *triage.facts.values(),
            *(
                comment.text
                for comment in ticket.comments
                if comment.visibility is Visibility.PUBLIC and comment.role is not Role.SYSTEM
            ),
        ]
    )
    known = f"{proof}\n{told}"
    believed = proof if proven else known
    if values(line) - values(believed) or dates(line) - dates(believed) or numbers(line) - numbers(known):
        return ""
    if _unknown_names(line, known):
        return ""
    if proven and (
        find_promise(line) or find_admission(line) or word_runs(line) & (word_runs(told) - word_runs(proof))
    ):
        return ""
    return line


def _unknown_names(line: str, known: str) -> bool:
    """Words with a capital inside the line that stand nowhere. German writes every noun so: there they count, too, and
    a line that is dropped for one costs nothing but itself.
    """
    words = frozenset(re.findall(r"\w+", fold(known)))
    return any(not set(re.findall(r"\w+", fold(word))) <= words for word in _NAME.findall(line) if not _plain(word))


def _plain(word: str) -> bool:
    """Words of a support desk that name nobody."""
    return fold(word) in _DESK


_DESK = frozenset(
    fold(
        "Kunde Kundin Kunden Anfrage Frage Fragen Bestellung Bestellnummer Lieferung Rechnung Antwort Nachricht Status "
        "Sendung Rücksendung Rückgabe Erstattung Konto Passwort Link Entwurf Quelle Quellen Angabe Angaben Auskunft "
        "Information Informationen Versand Tarif Stand Produkt Artikel Problem Fehler Termin Lieferadresse Sie Ihr "
        "Ihre Ihrer Ihren Ihnen I Team Ticket Anliegen Bitte Möglichkeit Preis Preise Kosten Dauer Adresse Frist "
        "Details Befund Auskünfte Teile Teil"
    ).split()
)
