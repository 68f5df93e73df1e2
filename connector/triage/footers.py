"""What customers wrote where signatures and footers stand: the rules of the floor read it, nothing else does."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.model import Comment, Ticket
from connector.plaintext import without_history
from connector.triage.sentences import fold

_COURT_NUMBER = r"(?:,|\||-|/|;)? ?(?:unter )?(?:nr\.? )?(?:hr[ab]|gnr|vr|pr)\b[^\n]{0,20}"
_ARTICLES = r"(?:(?:der|die|den|unsere\w?|art\.?|artikel|\d{1,2}|abs\.?|und|bis|ff\.?|[,/-]) ?){0,8}"
# Set phrases of disclaimers, imprints and links, in folded spelling: they use the words of the law and demand nothing.
# Phrases rather than sentences are taken out, so that a demand wrapped into a disclaimer keeps its own words.
_PHRASES = (
    r"(?:attorney|lawyer|solicitor)[- ]client(?: privileged?| communication| confidential)?",
    r"legally (?:privileged?|protected|binding|confidential)|legal (?:privilege|disclaimer)",
    r"(?:may|might|could|can) (?:also )?be (?:unlawful|illegal)",
    r"(?:prohibited|unauthori[sz]ed|forbidden),? (?:and|or) (?:may be )?(?:unlawful|illegal)",
    r"unlawful (?:use|disclosure|access|copying|distribution)",
    r"(?:no|any|all|not) (?:legal )?(?:liability|liable|responsibility)(?: or (?:liability|responsibility))?"
    r"(?: (?:for|arising))?",
    r"(?:data protection|data privacy|privacy|gdpr) "
    r"(?:polic(?:y|ies)|notices?|statement|information|declaration|complian(?:t|ce))",
    r"(?:processing|processes|process|handling|handle|protection|use|collect) (?:of )?"
    r"(?:your )?personal (?:data|information)",
    r"(?:gdpr|ds-?gvo)[- ](?:konform\w{0,2}|compliant|compliance|hinweis\w{0,2})",
    r"(?:in accordance with|under|pursuant to|according to|in compliance with) (?:the )?(?:eu )?gdpr",
    r"(?:registration|registry|register|district|local|commercial) court:? [^\n]{2,40}?" + _COURT_NUMBER,
    r"rechtlich geschutzt\w{0,2}|(?:kann|konnte) (?:auch )?(?:strafbar|rechtswidrig|illegal)(?: sein)?",
    r"datenschutz-?(?:hinweis\w{0,2}|erklarung\w{0,2}|information\w{0,2}|bestimmung\w{0,2}|richtlini\w{1,2})",
    r"datenschutz ?[:|/-] ?(?=\n|https?:|www\.|impressum|$)|(?:impressum|agb) (?:\||/|-|und|&) datenschutz",
    r"(?:datenschutz|ds-?gvo)[ -](?:hinweis\w{0,2}|information\w{0,2}|erklarung)|unser datenschutz",
    r"(?:hinweise?|information(?:en)?|informationspflicht\w{0,2}) (?:zum|zur|uber|gemass|nach|i\.s\.d\.|laut) "
    + _ARTICLES
    + r"(?:ds-?gvo|datenschutz\w{0,14})?",
    r"(?:gemass|nach|laut|i\.s\.d\.|im sinne der) (?:art\.? 13|artikel 13|der ds-?gvo|ds-?gvo) ?"
    + _ARTICLES
    + r"(?:ds-?gvo)?",
    r"verarbeitung (?:ihrer |von |der )?(?:personenbezogene\w |ihrer )?daten",
    r"(?:register|handelsregister|hr)\w{0,12}:? ?(?:amtsgericht|ag) [^\n,|]{2,40}",
    r"amtsgericht [^\n]{2,40}?" + _COURT_NUMBER,
    r"registergericht|gerichtsstand\w{0,8}|§ ?27 ?a|(?:§ ?)?27 ?a (?:ustg|umsatzsteuergesetz)",
    r"haftungs(?:ausschluss|beschrankt)|(?:keine|keinerlei|jegliche|jede) haftung",
    r"(?:politique|charte|politica|polityka|informativa|aviso|nota)[^\n]{0,25} (?:privacy|privacidad|legal|"
    r"confidentialite|prywatnosci|donnees personnelles|datos(?: personales)?|dati personali)",
    r"(?:ai sensi|conforme|conformement|en cumplimiento|zgodnie|op grond van)[^\n]{0,60} "
    r"(?:gdpr|rgpd|rodo|avg|lopd\w{0,3}|679/2016|2016/679)",
    r"(?:any|of|for|from|by|and|or|auf) (?:computer )?vir(?:us|uses|en)",
    r"(?<=[\w/])/(?:datenschutz|dsgvo|gdpr|privacy|legal)[\w.-]{0,40}",  # the end of a link
    # A line of its own below a name is a title.
    r"(?:^|(?<=\n))(?:manager(?:in)?|operator|representative|(?:kunden)?berater(?:in)?|sachbearbeiter(?:in)?)(?=\n|$)",
    r"(?:protezione|trattamento) dei dati(?: personali)?|traitement de vos donnees(?: personnelles)?",
)
_BOILERPLATE = re.compile("|".join(_PHRASES).replace(" ", r"\s"))


def footers(ticket: Ticket, waiting: Sequence[Comment]) -> str:
    """What `Comment.text` leaves out of these messages beside history, without set phrases; usually empty.

    A line that an earlier message of the ticket holds is history, too, however the mail program marks it.
    """
    parts: list[str] = []
    for comment in waiting:
        if comment.raw_text.strip() == comment.text.strip():
            continue
        known = _lines(comment.text) | _earlier(ticket, comment)
        left = [line for line in without_history(comment.raw_text).split("\n") if _plain(line) not in known]
        parts.append("\n".join(fold(line) for line in left))
    return _BOILERPLATE.sub(" - ", "\n\n".join(part for part in parts if part.strip()))


def _earlier(ticket: Ticket, comment: Comment) -> frozenset[str]:
    before = ticket.comments[: ticket.comments.index(comment)] if comment in ticket.comments else ()
    return frozenset(line for one in before for line in _lines(one.raw_text))


def _lines(text: str) -> frozenset[str]:
    return frozenset(_plain(line) for line in text.split("\n")) | {""}


def _plain(line: str) -> str:
    return " ".join(line.split()).lstrip("> ")
