"""Signatures, device lines and legal footers below a message."""

from __future__ import annotations

import re
from collections.abc import Sequence

_LINE_CHARS = 300
_TAIL_LINES = 14
_TAIL_LINE_CHARS = 90

_DELIMITER = re.compile(r"(?:--|—|––|- -) ?\Z")
_DEVICE = re.compile(
    r"\s*(?:Sent from (?:my )?"
    r"(?:iPhone|iPad|Android|Samsung|Galaxy|Pixel|mobile|phone|Outlook|Mail|Yahoo|BlackBerry|Proton)|"
    r"Get Outlook for (?:iOS|Android)|Sent with (?:Proton|Spark|Front)|"
    r"Von (?:meinem|meiner) (?:iPhone|iPad|Handy|Smartphone|Mobiltelefon|Tablet|Samsung|Android)[\w -]{0,30} ?gesendet|"
    r"Von unterwegs gesendet|Gesendet (?:von|mit|über) (?:meine[mr]|Outlook|Mail|der|Yahoo|iPhone|TypeApp|GMX|WEB\.DE)|"
    r"Diese Nachricht wurde von meinem (?:Android|Handy|iPhone)|Outlook für (?:iOS|Android) (?:beziehen|herunterladen)|"
    r"Envoyé (?:de mon|depuis mon|à partir de)|Enviado desde (?:mi|Outlook)|Inviato da(?:l mio| iPhone)|"
    r"Verzonden (?:vanaf|met|van) mijn|Verstuurd vanaf mijn|Wysłane? z(?: mojego)? (?:iPhone|telefonu|urządzenia)|"
    r"(?:Virenfrei|Virus-free)\.\s?(?:www\.|\Z))"
    r"[^\n]{0,80}\Z",
    re.IGNORECASE,
)
_LEGAL = re.compile(
    r"\s*(?:\*{0,3}|_{0,3})(?:"
    r"(?:This|The information (?:contained )?in this|The contents? of this) (?:e-?mail|message|communication)\b"
    r"[^\n]{0,120}(?:confidential|privileged|intended (?:only|solely)|legally)|"
    r"If you (?:are not|have received) (?:the|this) (?:intended|e-?mail|message)|"
    r"(?:CONFIDENTIALITY(?: NOTICE)?|DISCLAIMER|Haftungsausschluss|Vertraulichkeitshinweis)\s?[:.]|"
    r"(?:DS-?GVO|GDPR|Datenschutz|Privacy|Data protection)[ -]?"
    r"(?:Hinweise?|Informationen|Erklärung|notice|information|statement|policy)\b[^\n:]{0,60}:|"
    r"The sender of this (?:e-?mail|message) (?:does not|doesn['’]t) accept|"
    r"Please (?:consider|think of) the environment before|"
    r"Bitte (?:denken|prüfen) Sie[^\n]{0,60}(?:ausdrucken|ausgedruckt|Umwelt)|"
    r"(?:Diese|Der Inhalt dieser|Die Informationen in dieser) (?:E-?Mail|Nachricht)\b"
    r"[^\n]{0,120}(?:vertraulich|ausschließlich für|rechtlich geschützt)|"
    r"Wenn Sie nicht der (?:richtige|beabsichtigte|vorgesehene) (?:Adressat|Empfänger)|"
    r"Sollten Sie (?:diese E-?Mail irrtümlich|nicht der (?:richtige|beabsichtigte|vorgesehene))|"
    r"Ce (?:message|courriel)[^\n]{0,80}confidentiel|Este (?:mensaje|correo)[^\n]{0,80}confidencial|"
    r"Questo messaggio[^\n]{0,80}riservat|Dit (?:bericht|e-mailbericht)[^\n]{0,80}vertrouwelijk|"
    r"Ta wiadomość[^\n]{0,80}poufn)",
    re.IGNORECASE,
)
_CLOSING = re.compile(
    r"\s*(?:"
    r"(?:with )?(?:kind|best|warm|many|yours?|sincere)?\s?(?:regards|wishes|thanks)|best|cheers|"
    r"thanks(?: a lot| again| in advance)?|thank you(?: very much)?|many thanks|"
    r"yours (?:sincerely|faithfully|truly)|sincerely|"
    r"(?:mit )?(?:freundlich(?:en|e|em)|besten?|herzlich(?:en|e)|viele[n]?|liebe[n]?|schönen?|sonnigen?|nette[n]?) "
    r"(?:grüßen|grüße|grüssen|grüsse|gruß|gruss|dank)|"
    r"vielen dank(?: im voraus| und [\w ]{3,30})?|danke(?: schön| im voraus| und [\w ]{3,30})?|"
    r"mfg|lg|vg|hochachtungsvoll|gruß|grüße|"
    r"cordialement|bien à vous|(?:un )?saludos?(?: cordiales)?|atentamente|cordiali saluti|distinti saluti|"
    r"met vriendelijke groet(?:en)?|mvg|groeten|pozdrawiam|z poważaniem)\s?[,.!]{0,3}\s*\Z",
    re.IGNORECASE,
)
_SPEAKS_ON = re.compile(
    r"\?|\bP\.? ?P?\.? ?S\.?\b ?[:.]?|\b(?:noch etwas|nachtrag|one more thing|by the way|übrigens|"
    r"please|bitte|could you|can you|kannst|können|könnten|(?:i|we) (?:need|want|would|have|am|are|can|also)|"
    r"(?:ich|wir) (?:brauche|möchte|habe|bin|kann|will)|merci de|por favor|per favore|proszę|graag)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[a-zà-ÿ]{2,} [a-zà-ÿ]{2,} [a-zà-ÿ]{2,} [a-zà-ÿ]{2,}|(?:\w+,? ){3,}\w+[.!]\s*\Z")
# People write the number that a support team will ask for below their name; it is worth more than a clean cut.
_REFERENCE = re.compile(
    r"\b(?:orders?|customer|invoice|booking|workspace|account|member(?:ship)?|contract|tracking|reference|ref|serial|"
    r"ticket|bestell\w*|kunden\w*|rechnung\w*|auftrag\w*|buchung\w*|vertrag\w*|sendung\w*|vorgang\w*|mitglied\w*|"
    r"commande|client|facture|pedido|cliente|factura|ordine|fattura|klant\w*|zamówieni\w*)\b[^\n]{0,30}\d",
    re.IGNORECASE,
)


def without_footer(text: str) -> str:
    """The text without device lines, legal footers and the block below a closing or a `-- ` line.

    A block that goes on talking (a question, a PS, a sentence, an order number) is no signature and stays.
    """
    lines = [line for line in text.split("\n") if len(line) > _LINE_CHARS or _DEVICE.match(line) is None]
    return "\n".join(_without_block(_without_legal(lines)))


def talks(lines: Sequence[str]) -> bool:
    """Whether these lines say something, as a name, a title, an address or a motto does not."""
    return any(_line_talks(line) for line in lines)


def _line_talks(line: str) -> bool:
    if len(line) > _TAIL_LINE_CHARS:
        return True
    return bool(_SPEAKS_ON.search(line) or _SENTENCE.search(line) or _REFERENCE.search(line))


def _without_legal(lines: Sequence[str]) -> list[str]:
    """Drop legal paragraphs; never the first one, which may be about such a footer."""
    kept: list[str] = []
    dropping = False
    seen_text = False
    for line in lines:
        if not line.strip():
            dropping = False
        elif not dropping and seen_text and _LEGAL.match(line[:_LINE_CHARS]):
            dropping = True
        if not dropping:
            kept.append(line)
            seen_text = seen_text or bool(line.strip())
    return kept


def _without_block(lines: Sequence[str]) -> list[str]:
    """Cut at a `-- ` line, or after a closing line and the name below it."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    speaks_last = max((index for index in filled if _line_talks(lines[index])), default=-1)
    later = 0  # how many of `filled` are at or before the line in hand
    for index, line in enumerate(lines):
        while later < len(filled) and filled[later] <= index:
            later += 1
        if index == 0 or len(line) > _LINE_CHARS:
            continue
        if _DELIMITER.match(line) and speaks_last < index:
            return list(lines[:index])
        tail = filled[later : later + _TAIL_LINES + 1]
        if len(tail) > _TAIL_LINES or not _CLOSING.match(line):
            continue
        name = tail[0] if tail else index
        if speaks_last <= name:
            return [*lines[: index + 1], *([lines[name]] if name > index else [])]
    return list(lines)
