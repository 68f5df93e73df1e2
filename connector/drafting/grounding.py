"""Checks that a draft says only what is known: grounded, promises nothing, names nobody else's data."""

from __future__ import annotations

import re
from collections.abc import Sequence

from connector.drafting.alignment import read_line
from connector.drafting.attribution import REFERENCE
from connector.drafting.commitments import find_admission, find_deed, find_promise
from connector.drafting.courtesy import COURTESY, LITTLE_SAID, is_feeling
from connector.drafting.evidence import Evidence, word_runs
from connector.drafting.links import find_emails, find_links
from connector.drafting.paths import unknown_path
from connector.drafting.sentences import content_stems, sentences, squash
from connector.drafting.statements import LONGEST, Grounds, is_courtesy, promise_made
from connector.drafting.values import VALUE_STEMS, dates, find_values, numbers, values
from connector.drafting.vocabulary import meanings

UNKNOWN_SHARE = 0.5
"""A sentence of which more than this share of the meaningful words is known from nowhere is invented."""

UNKNOWN_BESIDE_FIGURES = 0.7
"""The same where the figures in it tell what it is about."""

UNPROVEN_SHARE = 0.6
"""The same for words that only the customer used: he may be echoed, but his word is no source."""


def grounded(text: str, evidence: Evidence) -> str:
    """What the draft states that nothing supports; empty when all is known."""
    for value in sorted(values(text) - evidence.proven_values):
        if not value.startswith("menu "):
            return f"not in any source: {value}"
    if path := unknown_path(text, evidence.proven_paths):
        return f"not in any source: {path}"
    for month, day, year in sorted(dates(text), key=str):
        if not any((month, day) == known[:2] for known in evidence.proven_dates):
            return f"date not in any source: {day}.{month}."
        if year and not any(known in ((month, day, year), (month, day, None)) for known in evidence.proven_dates):
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
    for line in sentences(text):
        if evidence.grounds.is_approved(line):
            continue
        said = [word.tokens for word in meanings(line[:LONGEST]) if not is_courtesy(word)]
        unknown = [tokens for tokens in said if not tokens & (evidence.known_tokens | VALUE_STEMS)]
        unproven = [tokens for tokens in said if not tokens & (evidence.proven_tokens | VALUE_STEMS)]
        only_told = [tokens for tokens in unproven if tokens & evidence.known_tokens]
        if _is_harmless(line, said, unknown, only_told):
            continue
        most = UNKNOWN_SHARE if not _has_figures(line) else UNKNOWN_BESIDE_FIGURES
        if len(unknown) > most * len(said):
            return f"a sentence that no source supports: “{line[:60]}”"
        if len(unproven) >= 3 and not is_feeling(line) and len(unproven) > UNPROVEN_SHARE * len(said):
            return f"a sentence that only the ticket supports: “{line[:60]}”"
        if unproven and _copied(line, evidence):
            return f"words of the ticket: “{line[:60]}”"
    return ""


def _has_figures(line: str) -> bool:
    """Whether it gives values by which it can be held against a source: those are compared one by one."""
    return any(
        value.kind in ("money", "percent", "span", "date", "phone") for value in read_line(line[:LONGEST]).values
    )


_Said = Sequence[frozenset[str]]


def _is_harmless(line: str, said: _Said, unknown: _Said, only_told: _Said) -> bool:
    """Whether a sentence states nothing: so few words, none put there by the customer, that nothing is said, or thanks
    and regret."""
    if re.search(r"[\d@/<>{}\[\]]", line) or find_promise(line) or find_deed(line) or find_admission(line):
        return False
    if is_feeling(line):
        return not only_told and len(unknown) <= LITTLE_SAID + 1
    return len(said) <= LITTLE_SAID and len(line.split()) > 1 and not only_told


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
