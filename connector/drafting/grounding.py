"""Checks that a draft says only what is known: grounded, promises nothing, names nobody else's data."""

from __future__ import annotations

import re

from connector.drafting.commitments import find_admission, find_promise
from connector.drafting.evidence import VALUE_STEMS, Evidence, dates, numbers, values, word_runs
from connector.drafting.links import find_emails, find_links
from connector.drafting.sentences import content_stems, fold, sentences, squash

UNKNOWN_SHARE = 0.5
"""A sentence of which more than this share of the meaningful words is known from nowhere is invented."""

UNPROVEN_SHARE = 0.6
"""The same for words that only the customer used: he may be echoed, but his word is no source."""

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

_REFERENCE = re.compile(
    r"\b(?:[A-Z]{1,4}[ -]?\d{3,}(?:[ -]\d+|-[A-Z0-9]+)*|(?:\d{3} ){2,}\d{3}|\d{3,}(?:-\d{2,})+|\d{5,}"
    r"|(?=[^\W\d_]*\d)(?=\d*[^\W\d_])\w{8,})\b"
)


def grounded(text: str, evidence: Evidence) -> str:
    """What the draft states that nothing supports; empty when all is known."""
    for value in sorted(values(text) - evidence.proven_values):
        return f"not in any source: {value}"
    for month, day, year in sorted(dates(text), key=str):
        if not any((month, day) == known[:2] for known in evidence.proven_dates):
            return f"date not in any source: {day}.{month}."
        if year and not any(known in ((month, day, year), (month, day, None)) for known in evidence.proven_dates):
            return f"date not in any source: {day}.{month}.{year}"
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
        unknown = [stem for stem in stems if stem not in evidence.known_stems | VALUE_STEMS]
        unproven = [stem for stem in stems if stem not in evidence.proven_stems | VALUE_STEMS]
        if len(unknown) > UNKNOWN_SHARE * len(stems):
            return f"a sentence that no source supports: “{line[:60]}”"
        if len(unproven) >= 3 and len(unproven) > UNPROVEN_SHARE * len(stems):
            return f"a sentence that only the ticket supports: “{line[:60]}”"
        if unproven and _copied(line, evidence):
            return f"words of the ticket: “{line[:60]}”"
    return ""


def _copied(line: str, evidence: Evidence) -> bool:
    """Whether the customer's own words speak: a whole sentence of his, or several words in a row that no source has.

    A reply may name what he named. To repeat what he said is how a model is made to say it.
    """
    if squash(line) in evidence.told_sentences:
        return True
    copied = (word_runs(line) & evidence.told_runs) - evidence.proven_runs
    return any(set(content_stems(" ".join(run))) - evidence.proven_stems - _COURTESY for run in copied)


def commitment(text: str, evidence: Evidence) -> str:
    """A promise of money or an outcome that no approved text makes, or any legal admission; empty if none."""
    for line in sentences(text):
        if admission := find_admission(line):
            return f"legal admission: “{admission}”"
        promise = find_promise(line)
        if promise and squash(line) not in evidence.approved_sentences:
            return f"promise: “{promise}”"
    return ""


def foreign_data(text: str, evidence: Evidence) -> str:
    """A reference or mail address that belongs neither to this ticket nor to a source; empty if none."""
    found = foreign_values(text, evidence)
    if not found:
        return ""
    return "a mail address from elsewhere" if "@" in found[0] else f"a reference from elsewhere: {found[0]}"


def foreign_values(text: str, evidence: Evidence) -> tuple[str, ...]:
    """The mail addresses and references, as written, that belong neither to this ticket nor to a source."""
    emails = [email for email in find_emails(text) if email not in evidence.known_emails]
    for link in find_links(text):
        text = text.replace(link, " ")
    references = [
        match.group() for match in _REFERENCE.finditer(text) if squash(match.group()) not in evidence.squashed
    ]
    return tuple(dict.fromkeys((*emails, *references)))
