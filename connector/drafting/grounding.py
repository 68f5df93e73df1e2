"""Checks that a draft says only what is known: grounded, promises nothing, names nobody else's data."""

from __future__ import annotations

import re

from connector.drafting.attribution import REFERENCE
from connector.drafting.commitments import find_admission, find_deed, find_promise, promised
from connector.drafting.courtesy import COURTESY
from connector.drafting.evidence import Evidence, word_runs
from connector.drafting.links import find_emails, find_links
from connector.drafting.paths import unknown_path
from connector.drafting.quantities import CURRENCIES
from connector.drafting.sentences import content_stems, fold, sentences, squash
from connector.drafting.statements import Grounds, promise_made
from connector.drafting.support import is_harmless, weigh
from connector.drafting.values import dates, find_values, numbers, values


def grounded(text: str, evidence: Evidence) -> str:
    """What the draft states that nothing supports; empty when all is known."""
    for value in sorted(values(text) - evidence.proven_values - evidence.told_values):
        if not value.startswith("menu "):
            return f"not in any source: {value}"
    if path := unknown_path(text, evidence.proven_paths):
        return f"not in any source: {path}"
    for month, day, year in sorted(dates(text) - evidence.told_dates, key=str):
        if not any((month, day) == known[:2] for known in evidence.proven_dates):
            return f"date not in any source: {day}.{month}."
        if year and not any(known in ((month, day, year), (month, day, None)) for known in evidence.proven_dates):
            return f"date not in any source: {day}.{month}.{year}"
    for number in sorted(numbers(_without_values(text)) - evidence.known_numbers):
        return f"number not known: {number}"
    if figure := _unknown_figure(text, evidence):
        return f"number not known: {figure}"
    return _unknown_address(text, evidence) or _told_as_ours(text, evidence) or _words_of_the_ticket(text, evidence)


_LETTERED = re.compile(r"(?<![\w.@/-])([^\W\d_]{1,8})\d{1,4}(?![\w/-])")
"""A figure that is part of a name, such as a version: "v30"."""


def _unknown_figure(text: str, evidence: Evidence) -> str:
    """A figure that is no run of ASCII digits: a fraction or numeral in one sign, or part of a name."""
    for sign in text:
        if not sign.isascii() and sign.isnumeric() and sign not in evidence.proof and sign not in evidence.told:
            return sign
    named = (match for match in _LETTERED.finditer(text) if match.group(1).lower() not in CURRENCIES)
    return next((match.group() for match in named if fold(match.group()) not in evidence.known_words), "")


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


_MONEY_MOVED = re.compile(
    r"\b(?:received|arrived|paid|credited|booked|eingegangen|angekommen|erhalten|bezahlt|gezahlt|verbucht)\b",
    re.IGNORECASE,
)
_MONEY_DEMANDED = re.compile(
    r"""\b(?:
      (?:please|kindly|must|(?:have|need)\s+to|should|simply|just|you\s+can|you\s+may|ask\s+you\s+to|to)\s+(?:\w+\s+){0,2}?
        (?:pay|transfer|wire|remit|settle|deposit|send)
     |(?:pay|transfer|wire|remit|settle|deposit)\b[^.!?]{0,60}\bto\s+(?:us|our)|you\s+(?:still\s+)?owe|owed|owing
     |due|overdue|outstanding|payable|unpaid|(?:will|would|shall)\s+be\s+(?:charged|debited|billed|invoiced)
     |(?:we|you)(?:'ll|\s+will|\s+shall)\s+(?:\w+\s+){0,1}?(?:charge|debit|bill|invoice|be\s+charged|be\s+billed)
     |überweis\w*|(?:ein|be)?zahlen\s+(?:sie|du)|zahl(?:e|st)?\s+(?:bitte|du)|begleich\w*|entricht\w*
     |zu\s+(?:be)?zahlen|(?:be|ein)?zahlung\s+(?:von|über|in\s+höhe)|fällig|überfällig|offene[nrsm]?|offen|ausstehend\w*
     |schulde[nt]?|schuldig|(?:ab|ein)buch\w*|abgebucht|eingezogen|berechnen\s+wir|(?:stellen|stelle)\b[^.!?]{0,60}\bin\s+rechnung
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_HIS_PHONE = re.compile(
    r"\b(?:your|ihre[rn]?|deine[rn]?)\b[^.]{0,30}(?:number|phone|mobile|nummer|telefon|handy|mobil)", re.IGNORECASE
)


def _told_as_ours(text: str, evidence: Evidence) -> str:
    """A phone number of the customer's given as ours, or money that only he speaks of as moved or asked for; empty if
    none.

    Elsewhere a person compares what only he named: whoever is paid or called on his word is paid or called wrongly.
    """
    for line in sentences(text):
        if evidence.grounds.is_approved(line):
            continue
        money = {value for value in values(line) - evidence.proven_values if value.startswith("money ")}
        if money and (promised(line) & {"refund", "credit", "gift"} or _MONEY_MOVED.search(line)):
            return f"money that only the ticket speaks of: “{line[:60]}”"
        if money and _MONEY_DEMANDED.search(line):
            return f"a demand for money that only the ticket speaks of: “{line[:60]}”"
        phones = {value.text for value in find_values(line) if value.kind == "phone"}
        if phones - evidence.proven_phones and not _HIS_PHONE.search(line):
            return f"a phone number that is in no source: “{line[:60]}”"
    return ""


def _words_of_the_ticket(text: str, evidence: Evidence) -> str:
    for line in sentences(text):
        if evidence.grounds.is_approved(line):
            continue
        words = weigh(line, evidence)
        if words.unproven and not is_harmless(line, words) and _copied(line, evidence):
            return f"words of the ticket: “{line[:60]}”"
    return ""


def _copied(line: str, evidence: Evidence) -> bool:
    """Whether the customer's own words speak: a whole sentence of his, or several words in a row that no source has.

    A reply may name what he named. To repeat what he said is how a model is made to say it.
    """
    if squash(line) in evidence.told_sentences:
        return True
    copied = (word_runs(line) & evidence.told_runs) - evidence.proven_runs
    return any(set(content_stems(" ".join(run))) - evidence.proven_stems - COURTESY for run in copied)


def commitment(text: str, evidence: Evidence, grounds: Grounds) -> str | tuple[str, ...]:
    """A promise of money, a gift, a deed or an outcome that no source makes, or any legal admission; empty if none.

    Where the sources of a sentence make promises of its kinds, but not so that they are certainly the same, all such
    sentences, for a person to look at.
    """
    lines = sentences(text)
    doubtful = []
    for line in lines:
        if admission := find_admission(line):
            return f"legal admission: “{admission}”"
        promise = find_promise(line) or find_deed(line)
        if promise and not grounds.is_approved(line) and not promise_made(line, lines, grounds):
            if not _is_akin(line, grounds):
                return f"promise: “{promise}”"
            doubtful.append(line)
    return tuple(doubtful)


def _is_akin(line: str, grounds: Grounds) -> bool:
    """Whether one sentence of its sources promises as much: another thing perhaps, but nothing of another kind."""
    kinds = promised(line)
    return bool(kinds) and any(kinds <= promised(other.text) for other in grounds.pool_for(line).lines)


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
