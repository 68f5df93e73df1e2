"""Promises of money, gifts or outcomes, and legal admissions, in the languages in which a reply can be confirmed.

"may be refunded" in a source stays allowed because an approved sentence is taken over whole.
"""

from __future__ import annotations

import re

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


def find_promise(line: str) -> str:
    """The words of a sentence that promise something; empty if none."""
    match = _COMMITMENTS.search(line) or _OTHERS.search(line)
    return match.group() if match else ""


def find_admission(line: str) -> str:
    """The words of a sentence that admit something; empty if none."""
    match = _ADMISSIONS.search(line)
    return match.group() if match else ""
