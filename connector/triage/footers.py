"""What customers wrote where history, signatures and footers stand: the rules of the floor read it, nothing else does.

History is only what stands on the ticket already. Whatever else looks like it (an attribution, a line that begins
with ">", a block of headers) anybody can write by hand, and below it his own words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.model import Comment, Ticket
from connector.plaintext import PLAINTEXT_CHARS, visible_text
from connector.triage.sentences import fold

_RUN = 5
"""So many words in a row make a text known again, however a mail program wraps and marks its lines."""

_WORD = re.compile(r"[^\W_]+")
_MARKS = "> \t"
_COURT_NUMBER = r"(?:,|\||-|/|;)? ?(?:unter )?(?:nr\.? )?(?:hr[ab]|gnr|vr|pr)\b[^\n]{0,20}"
_ARTICLES = r"(?:(?:der|die|den|unsere\w?|art\.?|artikel|\d{1,2}|abs\.?|und|bis|ff\.?|[,/-]) ?){0,8}"
# Set phrases of disclaimers, imprints and links, in folded spelling: they use the words of the law and demand nothing.
# Phrases rather than sentences are taken out, so that a demand wrapped into a disclaimer keeps its own words.
_PHRASES = (
    r"(?:attorney|lawyer|solicitor)[- ]client(?: privileged?| communication| confidential)?",
    r"legally (?:privileged?|protected|binding|confidential)|legal (?:privilege|disclaimer)",
    r"(?:may|might|could|can) (?:also )?be (?:unlawful|illegal|prosecuted|punished|punishable)",
    r"(?:returns|refunds|exchanges) (?:are )?(?:possible |accepted |free )?within \d{1,3} (?:\w{1,10} )?days",
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


def footers(ticket: Ticket, waiting: Sequence[Comment], own: Sequence[str] = ()) -> str:
    """What `Comment.text` leaves out of these messages, without set phrases; usually empty.

    Left out is what stands on the ticket before the message, by whomever, and `own`, what we write below our replies.
    """
    parts: list[str] = []
    for comment in waiting:
        if comment.raw_text.strip() == comment.text.strip():
            continue
        read = (ticket.subject, comment.text, *own, *_earlier(ticket, comment))
        parts.append("\n".join(fold(line) for line in unknown_lines(comment.raw_text, read)))
    return without_phrases("\n\n".join(part for part in parts if part.strip()))


def without_phrases(folded: str) -> str:
    """A folded text without the set phrases of disclaimers, imprints and links."""
    return _BOILERPLATE.sub(" - ", folded)


def unknown_lines(text: str, read: Sequence[str]) -> list[str]:
    """The lines of a text, without the marks of quotes, that do not stand in the texts somebody has read already."""
    lines = [line.lstrip(_MARKS) for line in visible_text(text).split("\n")]
    words = [_words(line) for line in lines]
    whole, runs = _known(read)
    stream = [word for line in words for word in line]
    covered = [False] * len(stream)
    for start in range(len(stream) - _RUN + 1):
        if tuple(stream[start : start + _RUN]) in runs:
            covered[start : start + _RUN] = [True] * _RUN
    left: list[str] = []
    at = 0
    for line, said in zip(lines, words, strict=True):
        known = " ".join(said) in whole or all(covered[at : at + len(said)])
        at += len(said)
        # A line without words still parts those around it.
        if not said or not known:
            left.append(line if said else "")
    return left


def _known(texts: Sequence[str]) -> tuple[frozenset[str], frozenset[tuple[str, ...]]]:
    whole: set[str] = set()
    runs: set[tuple[str, ...]] = set()
    for text in texts:
        stream: list[str] = []
        for line in visible_text(text).split("\n"):
            said = _words(line)
            whole.add(" ".join(said))
            stream += said
        runs.update(tuple(stream[start : start + _RUN]) for start in range(len(stream) - _RUN + 1))
    return frozenset(whole - {""}), frozenset(runs)


def _earlier(ticket: Ticket, comment: Comment) -> tuple[str, ...]:
    """The whole texts of the messages before this one, as far back as they are read."""
    before = ticket.comments[: ticket.comments.index(comment)] if comment in ticket.comments else ()
    found: list[str] = []
    room = PLAINTEXT_CHARS
    for one in reversed(before):
        if room <= 0:
            break
        found.append(one.raw_text[:room])
        room -= len(one.raw_text)
    return tuple(found)


def _words(line: str) -> list[str]:
    return _WORD.findall(line.casefold())
