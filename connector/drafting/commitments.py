"""Promises of money, gifts or outcomes, and legal admissions, in the languages in which a reply can be confirmed.

"may be refunded" in a source stays allowed where an approved sentence is taken over whole; said in other words, a
promise needs a source that makes the same one (`promises.py`).
"""

from __future__ import annotations

import re
from functools import lru_cache

from connector.drafting.vocabulary import COSTS_NOTHING, folded_alike

_COMMITMENTS = re.compile(
    r"""\b(?:
      (?:we|i)(?:'ll|\s+will|\s+have|\s+can|'ve|\s+are|\s+am)?\s+(?:\w+\s+){0,2}?
        (?:refund|refunded|refunding|reimburse\w*|compensat\w*|credit(?:ed|ing)?|waive[ds]?|waiving|guarantee\w*|
           promise[ds]?|discount(?:ed)?|approve[ds]?|grant(?:ed|s)?|pay(?:ing)?\s+(?:for|you)|cover\s+the)
     |(?:refund|credit|compensation|reimbursement|discount|voucher|gift\s*card|replacement)s?\s+
        (?:of\s+\S+(?:\s\S+)?\s+)?(?:has|have|is|are|was|were|will)\s+(?:been\s+|be\s+)?
        (?:approved|issued|granted|processed|sent|confirmed|authori[sz]ed|on\s+(?:its|the)\s+way|paid|yours)
     |(?:you(?:'ll|\s+will)?|you\s+are)\s+(?:\w+\s+){0,2}?(?:receive|get|be\s+given|entitled\s+to|have)\s+
        (?:\w+\s+){0,3}?(?:refund|credit|compensation|discount|voucher|gift\s*card|money\s+back|replacement)
     |refund\s+(?:approved|granted|confirmed)|free\s+of\s+charge|at\s+no\s+(?:extra\s+|additional\s+)?(?:cost|charge)|
      on\s+the\s+house|keep\s+the\s+(?:goods|item|product)|(?:legally\s+)?binding|no\s+questions\s+asked
     |(?:(?:you|it|this|that|everything|amount|money|sum|payment|order|fee)(?:'ll|\s+will|\s+has|\s+have|\s+is|\s+was)\s+
        (?:\w+\s+){0,2}?|(?:been|be|being)\s+(?:\w+\s+){0,2}?)
        (?:refunded|reimbursed|compensated|credited|waived|paid\s+(?:back|out)|returned\s+to\s+your\s+\w+)
     |(?:issu|process|initiat|approv|arrang|authori[sz]|grant|trigger)\w*\s+(?:you\s+)?(?:an?|the|your|this|full|partial)\s+
        (?:\w+\s+){0,2}?(?:refund|credit|reimbursement|compensation|replacement|voucher|discount|payout)
     |(?:full|complete|instant|immediate)\s+(?:refund|reimbursement|compensation)|your\s+money\s+back
     |(?:expect|consider|collect|claim)\s+(?:an?|the|your|it)\s+(?:\w+\s+){0,2}?(?:refund(?:ed)?|compensation|voucher|payout)
     |(?:wir|ich)\s+(?:\w+\s+){0,5}?(?:erstatten|erstattet|entschädigen|gutschreiben|gutgeschrieben|garantieren|
        garantiere|versprechen|verspreche|erlassen|übernehmen\s+die\s+kosten|sichern\s+\w+\s+zu|gewähren|genehmig\w+)
     |(?:erstattung|gutschrift|entschädigung|rückzahlung|rabatt|gutschein|ersatz(?:lieferung)?)\s+(?:\w+\s+){0,4}?
        (?:genehmigt|veranlasst|bewilligt|bestätigt|gewährt|ausgezahlt|überwiesen|unterwegs|versandt)
     |(?:sie|du)\s+(?:erhalten|bekommen|erhältst|bekommst)\s+(?:\w+\s+){0,5}?
        (?:erstattung|gutschrift|entschädigung|rabatt|gutschein|geld|ersatz)
     |(?:wird|werden|wurde|wurden|ist|sind)\s+(?:\w+\s+){0,5}?(?:erstattet|gutgeschrieben|entschädigt|erlassen|zurückgezahlt|
        rückerstattet|zurücküberwiesen)|volle\s+(?:rück)?erstattung|(?:ihr|dein)\s+geld\s+zurück
     |erstatten\s+(?:wir|ihnen)|kostenlos|kostenfrei|gratis|rechtsverbindlich|verbindlich\s+zu
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_ADMISSIONS = re.compile(
    r"""\b(?:
      (?:our|my)\s+(?:own\s+)?(?:fault|negligence|liability|breach)|we\s+(?:are|were)\s+(?:\w+\s+)?(?:liable|negligent|at\s+fault|
        responsible\s+for\s+(?:the|your|this|any))|we\s+(?:admit|acknowledge|accept)\s+(?:\w+\s+){0,3}?(?:liability|fault|
        responsibility|guilt|breach|error)|we\s+broke\s+the\s+law|we\s+violated
     |unsere?\s+(?:eigene\s+)?(?:schuld|verschulden|haftung)|wir\s+(?:haften|tragen\s+die\s+(?:schuld|verantwortung|haftung)|
        räumen\s+\w+\s+(?:fehler|schuld)|erkennen\s+\w+\s+(?:anspruch|forderung)|sind\s+(?:\w+\s+)?(?:schuld|haftbar|
        verantwortlich\s+für))|schadens?ersatz|rechtsverstoß
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# Words that no reply needs but to promise; elsewhere than in an approved sentence they keep it back.
_OTHERS = re.compile(
    r"""\b(?:
      rembours(?:e|ons|ez|é|ée|és|ées|er(?:ons|ai|a|ont)?|ement\s+(?:\w+\s+){0,3}?(?:accord|approuv|valid|effectu|confirm)\w*)|
      (?:nous|je)\s+(?:vous\s+)?(?:\w+\s+){0,2}?(?:garanti\w*|promet\w*|accord\w+|offr\w+|indemnis\w+|crédit\w+)|
      gratuit\w*|sans\s+frais|bon\s+d['’]achat|dédommag\w+
     |reembols\w+|devolver(?:emos|é)\s+(?:\w+\s+){0,3}?(?:dinero|importe)|(?:le|te|os|les)\s+
      (?:garanti[zc]\w+|promet\w+|compens\w+|abon\w+|regal\w+)|garantizamos|prometemos|gratis|gratuit[ao]s?|indemniz\w+
     |rimbors\w+|(?:vi|ti|le)\s+(?:garanti\w+|promett\w+|accredit\w+|regal\w+)|garantiamo|promettiamo|risarcim\w+|
      risarcir\w+|gratuit[aoie]\b|buono\s+(?:sconto|regalo)
     |terugbeta\w+|terugbetaling|betal\w*\s+(?:\w+\s+){0,3}?terug|vergoed\w*|(?:wij|we|ik)\s+(?:\w+\s+){0,2}?(?:garander\w+|belov\w+|crediter\w+)|kosteloos|
      schadevergoeding|geld\s+terug
     |zwróc(?:imy|ę|ono)|zwrot\s+(?:\w+\s+){0,3}?(?:przyznan\w+|zatwierdzon\w+|zlecon\w+|potwierdzon\w+)|gwarantuj\w+|
      obiecuj\w+|odszkodowani\w+|bezpłatn\w+|za\s+darmo|rekompensat\w+
     |ressarci\w+|devolveremos|garantimos|prometemos|indeniza\w+|grátis|gratuit[ao]s?
     |återbetal\w+|ersätt(?:er|ning)\s+(?:\w+\s+){0,3}?(?:godkänd|beviljad|dig|er)|(?:vi|jag)\s+(?:\w+\s+){0,2}?
      (?:garanterar|lovar|krediterar)|kostnadsfri\w*|skadestånd|pengarna\s+tillbaka
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)


# What somebody promises to do, give or let go, apart from the many words for money above.
_DEEDS = re.compile(
    r"""\b(?:
      (?:we|i)(?:'ll|’ll|\s+will|\s+shall|\s+are\s+going\s+to|\s+would\s+be\s+happy\s+to)\s+(?:\w+\s+){0,3}?
        (?:send|ship|replace|exchange|repair|fix|call|phone|ring|deliver|extend|cancel|collect|pick|upgrade|prioriti[sz]e|
           expedite|ensure|make\s+sure|give|offer|provide|add|match|include|resend|reship|reserve|arrange|organi[sz]e|
           deduct|reduce|lower|double|cover|bear)
     |you(?:'ll|’ll|\s+will|\s+are\s+going\s+to)\s+(?:\w+\s+){0,2}?(?:receive|get|be\s+(?:sent|called|contacted|given))
     |(?:will|shall|is\s+going\s+to|are\s+going\s+to)\s+be\s+(?:\w+\s+){0,2}?(?:replaced|exchanged|repaired|resent|
        extended|upgraded|cancelled|waived|reduced)
     |guarantee[ds]?|guaranteed|we\s+promise|rest\s+assured|goodwill|make\s+an\s+exception|exceptionally|as\s+compensation
     |(?:an?\s+|your\s+)?(?:extra\s+)?(?:discount|voucher|gift\s?card|coupon|bonus|credit\s+note|store\s+credit|upgrade)s?
     |(?:is|are|ships?|shipped|delivered|returned|sent)\s+(?:\w+\s+){0,3}?free\b(?!\s+to)|free\s+(?:shipping|delivery|returns?|postage)
     |versandkostenfrei|portofrei|gebührenfrei|umsonst
     |(?:wir|ich)\s+(?:\w+\s+){0,3}?(?:senden|sende|schicken|schicke|ersetzen|ersetze|tauschen|tausche|rufen|rufe|liefern|
        reparieren|verlängern|stornieren|holen|schenken|spendieren|ziehen|reduzieren|senken|bieten|sorgen|stellen\s+sicher|
        übernehmen|verzichten|legen|priorisieren|beschleunigen)
     |(?:senden|schicken|ersetzen|tauschen|rufen|liefern|reparieren|verlängern|stornieren|holen|schenken|übernehmen|
        gewähren|garantieren|versprechen|verzichten|bieten)\s+(?:wir|ich)
     |(?:sie|du)\s+(?:erhalten|bekommen|erhältst|bekommst)|(?:erhalten|bekommen|erhältst|bekommst)\s+(?:sie|du)
     |wird\s+(?:\w+\s+){0,4}?(?:ersetzt|umgetauscht|repariert|verlängert|erlassen|nachgeliefert)
     |garantiert\w*|garantie|kulanz\w*|ausnahmsweise|versprochen|zugesichert|zusichern|entgegenkommen
     |(?:rabatt|gutschein|gutschrift|nachlass|preisnachlass|bonus)\w*
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
# Gifts without a word for money or for free.
_GIFTS = re.compile(
    r"""\b(?:
      (?:is|are|it's|that's|be|goes)\s+on\s+(?:us|the\s+house)|our\s+treat|make\s+(?:it|this|that)\s+up\s+to\s+you|
      (?:for|because\s+of)\s+(?:your|the|all\s+the)\s+(?:trouble|inconvenience)\s+(?:we|i|you)|
      as\s+(?:an?\s+)?(?:thank[- ]you|apology|gesture|gift|token)|half\s+(?:the\s+)?price|
      (?:knock|take)\w*\s+\S+\s+(?:\S+\s+)?off|(?:an?\s+)?extra\s+(?:month|year|week)s?\s+(?:for\s+you|from\s+us)|
      geht\s+(?:\w+\s+){0,3}?(?:auf\s+uns|aufs\s+haus)|aufs\s+haus|auf\s+unsere\s+(?:kosten|rechnung)|
      als\s+(?:\w+\s+)?(?:dankeschön|entschuldigung|ausgleich|wiedergutmachung|geste|geschenk)|zum\s+ausgleich|
      (?:können|dürfen|kannst|darfst)\s+(?:\w+\s+){0,3}?behalten|(?:can|may)\s+keep\s+(?:it|them|the|both|what|this)|
      (?:zum\s+)?halbe[nr]?\s+preis|geschenkt|schenke\w*|kommen\s+(?:wir\s+)?ihnen\s+(?:\w+\s+){0,3}?entgegen
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_NO = re.compile(
    r"(?:\b(?:not|never|cannot|nicht|nie|kein\w{0,2})|n['’]t)\s(?:\w+\s)?\0|\0[^\0]*(?:\b(?:not|never|cannot|nicht|nie|kein\w{0,2})|n['’]t)\b[^\0]*\0"
    r"|\0\s(?:\w+\s){0,2}(?:nicht|kein\w{0,2})\b",
    re.IGNORECASE,
)
_NO_NO = re.compile(
    r"\b(?:not|nicht|n['’]t)\s(?:only|just|nur|allein|but|fail|hesitate|deny|refuse|stop|anders)\b|\bcannot\s(?:but|fail)\b|\bsondern\b",
    re.IGNORECASE,
)
_KINDS = {
    name: re.compile(pattern, re.IGNORECASE)
    for name, pattern in {
        "refund": r"refund|reimburs|money back|pa(?:y|id) back|erstatt|rückzahl|zurückgezahlt|geld\b.{0,30}\bzurück",
        "credit": r"credit|compensat|gutschreib|gutschrift|gutgeschrieben|entschädig|schadensersatz",
        "gift": r"discount|voucher|gift|coupon|bonus|rabatt|gutschein|nachlass|geschenk|schenken|spendier|"
        r"cheaper|günstiger|on the house|reduc|reduzier|ermäßig|\bon us\b|auf uns\b|aufs haus|halbe[nr]? preis|half",
        "free": r"free of|for free|\bfree\b|no (?:extra |additional )?(?:cost|charge)|kostenlos|kostenfrei|gratis|"
        r"umsonst|waive|erlassen|versandkostenfrei|portofrei|without (?:cost|charge)|keine (?:\w+)?(?:kosten|gebühr)",
        "replace": r"replac|exchang|repair|\bfix|ersetz|ersatz|tausch|reparier|resend|reship|nachgeliefert|nachliefer",
        "send": r"\bsend|\bsent\b|\bship|deliver|\bget\b|receive|send(?:en|e)\b|schick|liefer|erhalten|erhältst|bekomm|"
        r"provide|arriv",
        "call": r"\bcall|\bphone|\bring\b|\bruf|anruf|contacted",
        "assure": r"guarante|garant|promis|versprech|versprochen|assured|ensure|make sure|zusicher|zugesichert|"
        r"sorgen|stellen sicher",
        "goodwill": r"goodwill|exception|kulan|ausnahm|entgegenkomm",
        "keep": r"\bkeep (?:it|them|the|both|what|this)\b|behalten",
        "extend": r"exten|verläng",
        "cancel": r"cancel|stornier",
        "cover": r"cover|übernehmen|we pay|wir zahlen|bear the|pay for",
        "faster": r"expedit|priorit|beschleunig|upgrad",
        "collect": r"collect|pick .{0,20}up|holen|abhol",
        "offer": r"\boffer|bieten|\bangebot",
    }.items()
}
_HEDGED = re.compile(
    r"\b(?:may|might|could|possibly|if|unless|possible|subject to|depending|after (?:we|our|"
    r"the) (?:check|review|inspect)"
    r"\w*|können|kann|könnte\w*|möglicherweise|möglich|gegebenenfalls|ggf|wenn|falls|sofern|nach prüfung|vorbehaltlich|"
    r"only|nur)\b",
    re.IGNORECASE,
)
_DONE = re.compile(
    r"\b(?:has|have|had|was|were|'ve|’ve)\s+(?:\w+\s+){0,2}?(?:been\s+)?(?:refund|approv|grant|issu|confirm|process|credit|"
    r"waiv|arrang|initiat|authori|sent|replac|cancel|extend)\w*|approved|granted|"
    r"\b(?:wurde|wurden|ist|sind|haben|habe|hat)\b.{0,60}\b(?:genehmigt|veranlasst|bewilligt|bestätigt|gewährt|überwiesen|"
    r"erstattet|gutgeschrieben|angewiesen|ersetzt|storniert|verlängert|verschickt|versandt)\b",
    re.IGNORECASE,
)


def find_promise(line: str) -> str:
    """The words of a sentence that promise money, a gift or an outcome; empty if none."""
    match = _COMMITMENTS.search(line) or _OTHERS.search(line) or _GIFTS.search(line) or _nothing(line)
    return match.group() if match else ""


def _nothing(line: str) -> re.Match[str] | None:
    return COSTS_NOTHING.search(folded_alike(line))


def is_denied(line: str) -> bool:
    """Whether all that a sentence might promise is what it says will not be: "it can't be paid out in cash"."""
    found = [match for pattern in (_COMMITMENTS, _OTHERS, _DEEDS, _GIFTS) for match in pattern.finditer(line)]
    return bool(found) and _nothing(line) is None and all(_is_denied(line, match) for match in found)


def _is_denied(line: str, match: re.Match[str]) -> bool:
    if promised(match.group()) & {"free"}:
        return False
    around = f"{line[max(0, match.start() - 24) : match.start()]}\0{match.group()}\0{line[match.end() :][:24]}"
    return bool(_NO.search(around)) and not _NO_NO.search(line)


def find_deed(line: str) -> str:
    """The words of a sentence by which we say what we will do or give; empty if none."""
    match = _DEEDS.search(line)
    return match.group() if match else ""


@lru_cache(maxsize=2048)
def promised(line: str) -> frozenset[str]:
    """What kinds of things a sentence speaks of that may be promised: refund, free, replace, ..."""
    found = {name for name, pattern in _KINDS.items() if pattern.search(line)}
    return frozenset(found | {"free"} if _nothing(line) else found)


def is_hedged(line: str) -> bool:
    """Whether a sentence leaves open if it holds: "may", "if", "after we have checked"."""
    return bool(_HEDGED.search(line))


def says_done(line: str) -> bool:
    """Whether a sentence says that something was granted or done already."""
    return bool(_DONE.search(line))


def find_admission(line: str) -> str:
    """The words of a sentence that admit something; empty if none."""
    match = _ADMISSIONS.search(line)
    return match.group() if match else ""
