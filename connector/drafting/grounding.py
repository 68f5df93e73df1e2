"""Checks that a draft says only what is known: grounded, promises nothing, names nobody else's data."""

from __future__ import annotations

import re

from connector.drafting.evidence import Evidence, dates, numbers, values
from connector.drafting.links import find_emails, find_links
from connector.drafting.sentences import content_stems, fold, sentences, squash

FOREIGN_SENTENCE_SHARE = 0.6
"""A sentence of which more than this share of the meaningful words is known from nowhere is invented."""

_COURTESY = frozenset(
    content_stems(
        "thank thanks writing contacting contact message messages reach reaching question questions request happy "
        "glad help helping assist further anything else know hope helps please find below following information "
        "details answer reply replying team support service customer kind regards best sincerely welcome dear hello "
        "sorry apologise inconvenience understand appreciate patience look forward hearing need needs let want "
        "additional available feel free regarding colleague soon possible check looking simply directly here "
        "vielen dank danke nachricht anfrage frage fragen gerne weiterhelfen hilfe helfen hilft freundliche grüße "
        "viele liebe beste mit guten tag hallo sehr geehrte geehrter melden rückfragen verfügung weitere weiteren "
        "stehen jederzeit team kundenservice entschuldigung unannehmlichkeiten verständnis geduld folgenden finden "
        "informationen antwort antworten falls kollegin kollege bitte unten leider natürlich"
    )
)
_KNOWN_CAPITALS = frozenset(
    re.findall(
        r"\S+",
        "i i'm i'd i'll i've ok okay pdf faq url id mr mrs ms dr e-mail email english german monday tuesday wednesday "
        "thursday friday saturday sunday january february march april may june july august september october "
        "november december mondays tuesdays wednesdays thursdays fridays saturdays sundays "
        "kind best regards hello hi dear ps",
    )
)

# Promises of money, gifts or outcomes, per language; "may be refunded" in a source stays allowed because an
# approved sentence is taken over whole.
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
     |(?:wir|ich)\s+(?:\w+\s+){0,5}?(?:erstatten|erstattet|entschädigen|gutschreiben|gutgeschrieben|garantieren|
        garantiere|versprechen|verspreche|erlassen|übernehmen\s+die\s+kosten|sichern\s+\w+\s+zu|gewähren|genehmig\w+)
     |(?:erstattung|gutschrift|entschädigung|rückzahlung|rabatt|gutschein|ersatz(?:lieferung)?)\s+(?:\w+\s+){0,4}?
        (?:genehmigt|veranlasst|bewilligt|bestätigt|gewährt|ausgezahlt|überwiesen|unterwegs|versandt)
     |(?:sie|du)\s+(?:erhalten|bekommen|erhältst|bekommst)\s+(?:\w+\s+){0,5}?
        (?:erstattung|gutschrift|entschädigung|rabatt|gutschein|geld|ersatz)
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
_REFERENCE = re.compile(
    r"\b(?:[A-Z]{1,4}[ -]?\d{3,}(?:[ -]\d+|-[A-Z0-9]+)*|(?:\d{3} ){2,}\d{3}|\d{3,}(?:-\d{2,})+|\d{5,})\b"
)


def grounded(text: str, evidence: Evidence) -> str:
    """What the draft states that nothing supports; empty when all is known."""
    for value in sorted(values(text) - evidence.proven_values):
        return f"not in any source: {value}"
    for month, day, year in sorted(dates(text), key=str):
        if not any((month, day) == known[:2] and None in (year, known[2], None) for known in evidence.known_dates):
            return f"date not known: {day}.{month}."
        if year and not any(known in ((month, day, year), (month, day, None)) for known in evidence.known_dates):
            return f"date not known: {day}.{month}.{year}"
    for number in sorted(numbers(text) - evidence.known_numbers):
        return f"number not known: {number}"
    return _unknown_address(text, evidence) or _unknown_name(text, evidence) or _invented_sentence(text, evidence)


def _unknown_address(text: str, evidence: Evidence) -> str:
    for link in find_links(text):
        if link not in evidence.proven_links:
            return "a link that is in no source"
    for email in find_emails(text):
        if email not in evidence.known_emails:
            return "a mail address that is in no source"
    return ""


def _unknown_name(text: str, evidence: Evidence) -> str:
    for match in re.finditer(r"\b(?:Herrn?|Frau|Mr\.?|Mrs\.?|Ms\.?|Dr\.?) ([A-ZÄÖÜ][\w'’-]+)", text):
        if fold(match.group(1)) not in evidence.known_words:
            return f"name not known: {match.group(1)}"
    return ""


def unknown_capitals(text: str, evidence: Evidence) -> str:
    """An English proper name inside a sentence that nothing supports (German writes every noun so)."""
    for line in sentences(text):
        for match in re.finditer(r"(?<=[a-z,;] )[A-Z][\w'’-]+", line):
            word = match.group()
            if word.lower() not in _KNOWN_CAPITALS and not set(re.findall(r"\w+", fold(word))) <= evidence.known_words:
                return f"name not known: {word}"
    return ""


def _invented_sentence(text: str, evidence: Evidence) -> str:
    for line in sentences(text):
        if squash(line) in evidence.approved_sentences:
            continue
        stems = [stem for stem in content_stems(line) if stem not in _COURTESY]
        unknown = [stem for stem in stems if stem not in evidence.known_stems]
        if len(unknown) >= 3 and len(unknown) > FOREIGN_SENTENCE_SHARE * len(stems):
            return f"a sentence that no source supports: “{line[:60]}”"
    return ""


def commitment(text: str, evidence: Evidence) -> str:
    """A promise of money or an outcome that no approved text makes, or any legal admission; empty if none."""
    for line in sentences(text):
        admission = _ADMISSIONS.search(line)
        if admission:
            return f"legal admission: “{admission.group()}”"
        promise = _COMMITMENTS.search(line)
        if promise and squash(line) not in evidence.approved_sentences:
            return f"promise: “{promise.group()}”"
    return ""


def foreign_data(text: str, evidence: Evidence) -> str:
    """A reference or mail address that belongs neither to this ticket nor to a source; empty if none."""
    for email in find_emails(text):
        if email not in evidence.known_emails:
            return "a mail address from elsewhere"
    for link in find_links(text):
        text = text.replace(link, " ")
    for match in _REFERENCE.finditer(text):
        if squash(match.group()) not in evidence.squashed:
            return f"a reference from elsewhere: {match.group()}"
    return ""
