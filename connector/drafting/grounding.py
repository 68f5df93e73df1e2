"""Checks that a draft says only what is known: grounded, promises nothing, names nobody else's data."""

from __future__ import annotations

import re

from connector.drafting.alignment import Line, read_line
from connector.drafting.attribution import REFERENCE
from connector.drafting.commitments import find_admission, find_deed, find_promise, is_denied
from connector.drafting.courtesy import COURTESY, LITTLE_SAID, is_feeling
from connector.drafting.evidence import Evidence, word_runs
from connector.drafting.links import find_emails, find_links
from connector.drafting.paths import unknown_path
from connector.drafting.sentences import content_stems, sentences, squash
from connector.drafting.statements import LONGEST, Grounds, promise_made
from connector.drafting.support import Support, support
from connector.drafting.values import dates, find_values, numbers, values

MOST_ECHOED = 4
"""So many telling words that only the customer used, and hardly any other: he may be echoed, but is no source."""

_ASKING = re.compile(
    r"\?\s*$|\b(?:could you|can you|would you|let us know|tell us|send us|bitte (?:senden|schicken|nennen|teilen)|"
    r"(?:senden|schicken|nennen|teilen) sie uns)\b",
    re.IGNORECASE,
)


def grounded(text: str, evidence: Evidence) -> str:
    """What the draft states that nothing supports; empty when all is known."""
    for value in sorted(values(text) - evidence.proven_values - evidence.stated_values):
        if not value.startswith("menu "):
            return f"not in any source: {value}"
    if path := unknown_path(text, evidence.proven_paths):
        return f"not in any source: {path}"
    days = evidence.proven_dates | evidence.stated_dates
    for month, day, year in sorted(dates(text), key=str):
        if not any((month, day) == known[:2] for known in days):
            return f"date not in any source: {day}.{month}."
        if year and not any(known in ((month, day, year), (month, day, None)) for known in days):
            return f"date not in any source: {day}.{month}.{year}"
    for number in sorted(numbers(_without_values(text)) - evidence.known_numbers):
        return f"number not known: {number}"
    return _unknown_address(text, evidence) or _invented_sentence(text, evidence)


def _without_values(text: str) -> str:
    """The text without what was compared as a value: "5 pm" needs no 5 where the source says 17:00."""
    for value in reversed(find_values(text)):
        if value.kind in ("money", "percent", "span", "hours", "time", "date"):
            text = f"{text[: value.start]} {text[value.end :]}"
    return text


def _unknown_address(text: str, evidence: Evidence) -> str:
    for link in find_links(text):
        if link not in evidence.proven_links:
            return "a link that is in no source"
    for email in find_emails(text):
        if email not in evidence.known_emails:
            return "a mail address that is in no source"
    return ""


def _invented_sentence(text: str, evidence: Evidence) -> str:
    for sentence in sentences(text):
        if evidence.grounds.is_approved(sentence):
            continue
        line = read_line(sentence[:LONGEST])
        found = support(line, evidence.grounds.known_for(sentence), evidence.told_words)
        if found.is_strange and not _is_harmless(line, found):
            return f"a sentence that no source supports: “{sentence[:60]}”"
        if len(found.told) >= MOST_ECHOED and len(found.told) > 2 * len(found.proven) and not is_feeling(sentence):
            return f"a sentence that only the ticket supports: “{sentence[:60]}”"
        if (found.told or found.strange) and _copied(sentence, evidence):
            return f"words of the ticket: “{sentence[:60]}”"
    return ""


def _is_harmless(line: Line, found: Support) -> bool:
    """Whether a sentence states nothing: so few words, none put there by the customer, that nothing is said, or thanks
    and regret, or a question."""
    if re.search(r"[\d@/<>{}\[\]]", line.text) or find_admission(line.text):
        return False
    if (find_promise(line.text) or find_deed(line.text)) and not is_denied(line.text):
        return False
    if is_feeling(line.text) or _ASKING.search(line.text):
        return len(found.strange) <= LITTLE_SAID + 1
    return len(found.strange) < LITTLE_SAID and len(line.text.split()) > 1 and not found.told


def _copied(line: str, evidence: Evidence) -> bool:
    """Whether the customer's own words speak: a whole sentence of his, or several words in a row that no source has.

    A reply may name what he named. To repeat what he said is how a model is made to say it.
    """
    if squash(line) in evidence.told_sentences:
        return True
    copied = (word_runs(line) & evidence.told_runs) - evidence.proven_runs
    return any(set(content_stems(" ".join(run))) - evidence.proven_stems - COURTESY for run in copied)


def commitment(text: str, evidence: Evidence, grounds: Grounds) -> str:
    """A promise of money, a gift, a deed or an outcome that no source makes, or any legal admission; empty if none."""
    lines = sentences(text)
    for line in lines:
        if admission := find_admission(line):
            return f"legal admission: “{admission}”"
        promise = find_promise(line) or find_deed(line)
        if promise and not grounds.is_approved(line) and not promise_made(line, lines, grounds):
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
    references = [match.group() for match in REFERENCE.finditer(text) if squash(match.group()) not in evidence.squashed]
    return tuple(dict.fromkeys((*emails, *references)))
