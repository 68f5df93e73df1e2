"""What the author of a mail wrote newly: without quoted history, signature and legal footer.

Only fixed-size windows of short lines meet a regular expression, so the time is linear in the size of the text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.once import once
from connector.plaintext.signatures import without_footer
from connector.plaintext.visible import visible_text

_MAX_LINES = 4_000
_LINE_CHARS = 300  # no mail client writes a longer header line; longer lines are the author's own
_LIBRARY_LINES = 200  # the library's pattern backtracks: it sees so many single lines and no more

_WEEKDAY_OR_DIGIT = r"(?=[^\n]{0,200}\d)"
_ATTRIBUTION = re.compile(
    r"[> ]{0,8}(?:"
    r"(?:On|Am|Le|El|Il|Il giorno|Op|Em|Den|Dnia|W dniu|Dne|pon\.|wt\.|śr\.|czw\.|pt\.|sob\.|niedz\.)\s"
    rf"{_WEEKDAY_OR_DIGIT}[^\n]{{4,280}}?\b"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|het volgende geschreven|napisał\(?a?\)?|"
    r"escreveu|skrev|pisze)\b[^\n]{0,160}:|"
    r"\d{4}-\d\d-\d\d \d\d?:\d\d[^\n]{0,40} [^\n]{0,120}<[^\n<>]{3,120}>:|"
    r"[^\n:]{2,100} (?:schrieb am|wrote on|napisał\(?a?\)? w dniu|schreef op|a écrit le|ha scritto il)\b[^\n]{4,100}:"
    r")\s*\Z",
    re.IGNORECASE,
)
# A program names the writer and mostly his address. Who tells what he or somebody else wrote goes on in his own words.
_TOLD = re.compile(
    r"\b(?:I|[Ww]e)\s(?:[\w'’]{1,20}\s){0,4}wrote\b|\bwrote (?:to )?(?:you|me|us|this|that|the following)\b|"
    r"\b(?:[Yy]our|[Mm]y)\s(?:[\w'’-]{1,30}\s){1,4}wrote\b|"
    r"\bschrieb(?:en)? (?:ich|wir|(?:(?:sie|er) )?(?:mir|uns)|(?:[Ii]hr|[Ee]uer|[Dd]ein|[Mm]ein|[Uu]nser)\w{0,2} \w)|"
    r"\b(?:[Ii]ch|[Ww]ir|(?:Ihr|[Ee]uer|[Dd]ein|[Mm]ein|[Uu]nser)\w{0,2}) (?:[\w-]{1,30} ){0,4}schrieb(?:en)?\b|"
    r"\b[Jj]['’]ai (?:\w{1,20} )?écrit\b"
)
_ORIGINAL = re.compile(
    r"[>* ]{0,8}[-_]{2,20}\s?(?:Original[ -]?Message|Original[ -]?Nachricht|Ursprüngliche (?:Nachricht|E-?Mail)|"
    r"Message d['’]origine|Message original|Mensaje original|Messaggio originale|Oorspronkelijk bericht|"
    r"Wiadomość oryginalna|Oryginalna wiadomość|Mensagem original|Reply message)\s?[-_]{2,20}\s*\Z",
    re.IGNORECASE,
)
_FORWARDED = re.compile(
    r"[>* ]{0,8}(?:[-_]{2,20}\s?(?:Forwarded message|Weitergeleitete Nachricht|Message transféré|Mensaje reenviado|"
    r"Messaggio inoltrato|Doorgestuurd bericht|Wiadomość przekazana|Przekazana wiadomość)\s?[-_]{2,20}|"
    r"Begin forwarded message:|Anfang der weitergeleiteten (?:Nachricht|E-Mail):|"
    r"Début du message (?:réexpédié|transféré) ?:|"
    r"Inizio messaggio inoltrato:|Begin doorgestuurd bericht:)\s*\Z",
    re.IGNORECASE,
)
_FROM = re.compile(r"[>* ]{0,8}(?:From|Von|De|Da|Van|Od|Expéditeur|Remitente)\s?:\*?\s*\S", re.IGNORECASE)
_FURTHER = re.compile(
    r"[>* ]{0,8}(?:Sent|Date|To|Cc|Subject|Gesendet|Datum|An|Betreff|Envoyé(?: le)?|À|Objet|Enviado(?: el)?|Fecha|Para|"
    r"Asunto|Inviato|Data|Per|A|Oggetto|Verzonden|Aan|Onderwerp|Wysłano|Wysłane|Do|Temat)\s?:\*?\s*\S",
    re.IGNORECASE,
)
_RULE = re.compile(r"\s*[_-]{10,80}\s*\Z")
_POINTER = re.compile(
    r"\b(?:see (?:below|the (?:mail|message|thread)|attached)|below|fyi|f\.?y\.?i|forward(?:ing|ed)?|fwd|pls see|"
    r"can (?:you|someone) (?:answer|check|handle|look into|take care of|help with) (?:this|it)|"
    r"(?:siehe|s\.) ?(?:unten|u\.|nachfolgend|anbei)|unten|unten ?stehend\w{0,2}|z\. ?k\.|zur kenntnis|weitergeleitet|"
    r"leite (?:ich )?(?:ihnen|euch|das|dies|die)?|bitte (?:um )?(?:prüfen|prüfung|bearbeiten|bearbeitung|erledigen)|"
    r"(?:können|könnten|könnt) (?:sie|ihr) (?:das|dies|hier)|"
    r"voir ci-dessous|ci-dessous|véase|más abajo|vedi sotto|qui sotto|zie (?:hieronder|onder)|"
    r"patrz (?:niżej|poniżej)|poniżej)\b",
    re.IGNORECASE,
)
_POINTER_WORDS = 25
_FORWARD_WORDS = 60
_WORD = re.compile(r"\w+")
_DATE_OR_ADDRESS = re.compile(r"\d|@")


def newest_text(raw: str) -> str:
    """The newly written part of a mail, stripped; the whole visible text on doubt, never empty unless that is.

    A message that was forwarded below a short note stays whole, and so do answers between quoted lines.
    """
    fresh, above, text = _fresh(raw)
    own = without_footer(fresh) if fresh else ""
    return own.strip() or fresh or above or text


def _fresh(raw: str) -> tuple[str, str, str]:
    """The text without quoted history, what stands above the history, and the whole visible text; all stripped."""
    text = visible_text(raw).strip()
    lines = text.split("\n")
    if len(lines) > _MAX_LINES:
        lines = [*lines[: _MAX_LINES - 1], " ".join(lines[_MAX_LINES - 1 :])]
    cut, below = _split_history(lines)
    above = "\n".join(lines[:cut]).strip()
    if cut < len(lines) and not below and _keeps_history(lines[cut], without_quoted_lines(above)):
        # Kept whole on purpose: neither history nor a footer is looked for in it.
        return "", text, text
    return without_quoted_lines("\n".join([above, *below])).strip(), above, text


def without_quoted_lines(text: str) -> str:
    """The text without the lines that begin with ">"."""
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">"))


def points_below(text: str) -> bool:
    """Whether a text is so short, or points so clearly to what stands below it, that both belong together."""
    words = len(_WORD.findall(text[:2_000]))
    return words == 0 or (words <= _POINTER_WORDS and bool(_POINTER.search(text[:2_000])))


def is_forward(text: str) -> bool:
    """Whether a mail client says that it forwards the first history in this text, below a short note."""
    lines = text.split("\n")[:_MAX_LINES]
    cut = _history_at(lines)
    return cut < len(lines) and _is_kept_forward(lines[cut], "\n".join(lines[:cut]))


def _keeps_history(header: str, above: str) -> bool:
    return points_below(above) or _is_kept_forward(header, above)


def _is_kept_forward(header: str, above: str) -> bool:
    if len(header) > _LINE_CHARS or _FORWARDED.match(header) is None:
        return False
    return len(_WORD.findall(above[:4_000])) <= _FORWARD_WORDS or bool(_POINTER.search(above[:4_000]))


def _split_history(lines: Sequence[str]) -> tuple[int, list[str]]:
    """Where the history begins, and the author's own lines below it where an attribution heads marked quotes."""
    cut = _history_at(lines)
    after = next((at for at in range(cut, min(cut + 3, len(lines))) if lines[at].rstrip().endswith(":")), None)
    if after is None or _FORWARDED.match(lines[cut][:_LINE_CHARS]) or _FROM.match(lines[cut][:_LINE_CHARS]):
        return cut, []
    rest = list(lines[after + 1 :])
    if not next((line for line in rest if line.strip()), "").lstrip().startswith(">"):
        return cut, []
    own = [line for line in rest if not line.lstrip().startswith(">")]
    own = own[: _history_at(own)]
    return cut, own if any(line.strip() for line in own) else []


def _history_at(lines: Sequence[str]) -> int:
    """Index of the line where the quoted history begins; the number of lines where there is none."""
    own = next((index for index in range(len(lines)) if _is_header(lines, index)), len(lines))
    return min(own, _library_history_at(lines[:own]))


def _is_header(lines: Sequence[str], index: int) -> bool:
    line = lines[index]
    if not line or len(line) > _LINE_CHARS:
        return False
    if _ORIGINAL.match(line) or _FORWARDED.match(line):
        return True
    if _FROM.match(line):
        return _is_header_block(lines, index)
    if _RULE.match(line):
        following = [index + offset for offset in (1, 2) if index + offset < len(lines)]
        return any(_FROM.match(lines[at][:_LINE_CHARS]) and _is_header_block(lines, at) for at in following)
    return _is_attribution(lines, index)


def _is_header_block(lines: Sequence[str], index: int) -> bool:
    further = [line for line in lines[index + 1 : index + 7] if len(line) <= _LINE_CHARS and _FURTHER.match(line)]
    return len(further) >= 2


def _is_attribution(lines: Sequence[str], index: int) -> bool:
    """Clients wrap "On ... wrote:" over up to three lines; what follows must be a quote, a blank or the end."""
    joined = ""
    for line in lines[index : index + 3]:
        if len(line) > _LINE_CHARS:
            return False
        joined = f"{joined} {line.strip()}".strip()
        if line.rstrip().endswith(":"):
            return _ATTRIBUTION.match(joined) is not None and not _tells(joined)
        if not line.strip():
            return False
    return False


def _tells(line: str) -> bool:
    return "@" not in line and _TOLD.search(line) is not None


def _library_history_at(lines: Sequence[str]) -> int:
    """The same from mail-parser-reply, which knows more languages; it sees one short line at a time."""
    # A date or an address tells a program's line from a sentence that ends in "wrote:".
    likely = [
        index
        for index, line in enumerate(lines)
        if len(line) <= _LINE_CHARS
        and line.rstrip().endswith(":")
        and _DATE_OR_ADDRESS.search(line)
        and not _tells(line)
    ]
    for index in likely[:_LIBRARY_LINES]:
        if _library_headers().fullmatch(lines[index].strip()):
            return index
    return len(lines)


@once
def _library_headers() -> re.Pattern[str]:
    from mailparser_reply.parser import EmailMessage

    languages = ["en", "de", "fr", "es", "it", "nl", "pl", "da", "sv", "cs"]
    pattern: re.Pattern[str] = EmailMessage(text="", languages=languages).HEADER_REGEX
    return pattern
