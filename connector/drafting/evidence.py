"""What a statement of a draft may rest on, in a form in which spellings of one value are equal."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from connector.drafting.links import find_emails, find_links
from connector.drafting.sentences import content_stems, fold, sentences, squash, words
from connector.drafting.wording import disclosure_line, greeting_line, signature_lines
from connector.model import AccountConfig, Draft, LookupAnswer, Role, Ticket, Triage, Visibility

RUN = 4
"""So many words in a row are no chance."""

_NUMBER = r"(?<!\d)(?:\d{1,3}(?:[.,' \u00a0]\d{3}){1,5}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,2})?)"
_CURRENCIES = {
    "€": "EUR", "eur": "EUR", "euro": "EUR", "euros": "EUR", "$": "USD", "usd": "USD", "dollar": "USD",
    "dollars": "USD", "£": "GBP", "gbp": "GBP", "pounds": "GBP", "chf": "CHF", "franken": "CHF", "francs": "CHF",
    "zł": "PLN", "pln": "PLN", "sek": "SEK", "nok": "NOK", "dkk": "DKK",
}  # fmt: skip
_CURRENCY = "|".join(re.escape(word) for word in sorted(_CURRENCIES, key=len, reverse=True))
_MONEY = re.compile(
    rf"(?:(?P<before>{_CURRENCY})\s?(?P<amount>{_NUMBER})|(?P<amount2>{_NUMBER})(?:,-)?\s?(?P<after>{_CURRENCY}))(?!\w)",
    re.IGNORECASE,
)
_PERCENT = re.compile(rf"({_NUMBER})\s?(?:%|percent\b|per cent\b|prozent\b)", re.IGNORECASE)
_UNITS = {
    "minute": "minute", "minutes": "minute", "minuten": "minute", "hour": "hour", "hours": "hour",
    "stunde": "hour", "stunden": "hour", "day": "day", "days": "day", "tag": "day", "tage": "day", "tagen": "day",
    "working day": "workday", "working days": "workday", "business day": "workday", "business days": "workday",
    "werktag": "workday", "werktage": "workday", "werktagen": "workday", "arbeitstage": "workday",
    "arbeitstagen": "workday", "week": "week", "weeks": "week", "woche": "week", "wochen": "week",
    "month": "month", "months": "month", "monat": "month", "monate": "month", "monaten": "month",
    "year": "year", "years": "year", "jahr": "year", "jahre": "year", "jahren": "year",
}  # fmt: skip
_WORD_NUMBERS = {
    word: number
    for number, spelled in {
        1: "one ein eine einen einem einer", 2: "two zwei", 3: "three drei", 4: "four vier", 5: "five fünf",
        6: "six sechs", 7: "seven sieben", 8: "eight acht", 9: "nine neun", 10: "ten zehn", 11: "eleven elf",
        12: "twelve zwölf", 14: "fourteen vierzehn", 20: "twenty zwanzig", 24: "twenty-four vierundzwanzig",
        30: "thirty dreißig", 60: "sixty sechzig", 100: "hundred hundert",
    }.items()
    for word in spelled.split()
}  # fmt: skip
_DURATION = re.compile(
    rf"\b(\d+|{'|'.join(_WORD_NUMBERS)})(?:[\s-]+(?:calendar|full))?[\s-]+"
    rf"({'|'.join(re.escape(unit) for unit in sorted(_UNITS, key=len, reverse=True))})\b",
    re.IGNORECASE,
)
_MONTH_NAMES = {
    name: at
    for at, names in enumerate(
        (
            "january januar jan", "february februar feb", "march märz mar", "april apr", "may mai",
            "june juni jun", "july juli jul", "august aug", "september sep sept", "october oktober oct okt",
            "november nov", "december dezember dec dez",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_MONTH = "|".join(sorted(_MONTH_NAMES, key=len, reverse=True))
_DATES = (
    re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b"),
    re.compile(r"\b(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>\d{4}))?"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?\s(?P<name>{_MONTH})\b\.?(?:\s(?P<year>\d{{4}}))?", re.I),
    re.compile(rf"\b(?P<name>{_MONTH})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s(?P<year>\d{{4}}))?", re.I),
)
_TIME = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s?(?:(uhr)\b|(a\.?m\b|p\.?m\b))|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE)
_WEEKDAYS = {
    name: at
    for at, names in enumerate(
        (
            "monday mondays montag montags", "tuesday tuesdays dienstag dienstags",
            "wednesday wednesdays mittwoch mittwochs", "thursday thursdays donnerstag donnerstags",
            "friday fridays freitag freitags", "saturday saturdays samstag samstags sonnabend",
            "sunday sundays sonntag sonntags",
        )
    )
    for name in names.split()
}  # fmt: skip
_NEAR = re.compile(
    r"\b(today|tomorrow|tonight|heute|(?<!guten )morgen|übermorgen|this week|next week|diese woche|nächste woche)\b",
    re.IGNORECASE,
)
_MENU = re.compile(r"(?<![\w&-])[\w&-]{1,40}(?: [\w&-]{1,40}){0,3}(?: ?[>›→] ?[\w&-]{1,40}(?: [\w&-]{1,40}){0,3}){1,6}")


VALUE_STEMS = frozenset(content_stems(" ".join([*_WORD_NUMBERS, *_UNITS, *_MONTH_NAMES, *_WEEKDAYS])))
"""Beginnings of the words that make values: those are compared as values."""


def values(text: str) -> frozenset[str]:
    """Money, percentages, spans of time, dates, times, days and menu paths in one spelling each.

    These are the values that make a promise; a model gets none of them from anywhere but a source.
    """
    found = {f"money {_amount(m['amount'] or m['amount2'])} {_currency(m)}" for m in _MONEY.finditer(text)}
    found |= {f"percent {_amount(m.group(1))}" for m in _PERCENT.finditer(text)}
    found |= {f"span {_count(m.group(1))} {_UNITS[m.group(2).lower()]}" for m in _DURATION.finditer(text)}
    found |= {f"time {clock}" for clock in _times(text)}
    found |= {f"day {_WEEKDAYS[word]}" for word in re.findall(r"\w+", text.lower()) if word in _WEEKDAYS}
    found |= {f"near {m.group(1).lower()}" for m in _NEAR.finditer(text)}
    found |= {f"menu {squash(m.group())}" for m in _MENU.finditer(text)}
    return frozenset(found)


def dates(text: str) -> frozenset[tuple[int, int, int | None]]:
    """Days named in the text as (month, day, year or None)."""
    found = set()
    for pattern in _DATES:
        for match in pattern.finditer(text):
            groups = match.groupdict()
            month = _MONTH_NAMES.get((groups.get("name") or "").lower()) or int(groups.get("month") or 0)
            if 1 <= month <= 12 and 1 <= int(groups["day"]) <= 31:
                found.add((month, int(groups["day"]), int(groups["year"]) if groups.get("year") else None))
    return frozenset(found)


def numbers(text: str) -> frozenset[str]:
    """Runs of digits without leading zeros, and without the numbering of a list."""
    unlisted = re.sub(r"^\s*\d{1,2}[.)]\s", "", text, flags=re.MULTILINE)
    return frozenset(run.lstrip("0") or "0" for run in re.findall(r"\d+", unlisted))


def word_runs(text: str) -> frozenset[tuple[str, ...]]:
    """Every `RUN` words in a row, folded."""
    found = [fold(word) for word in words(text)]
    return frozenset(tuple(found[at : at + RUN]) for at in range(len(found) - RUN + 1))


def _amount(text: str) -> str:
    """A number in one spelling: `1.234,50` and `1,234.5` are `1234.5`."""
    text = re.sub(r"[' \u00a0]", "", text)
    whole, cents = text, ""
    match = re.fullmatch(r"(.*)[.,](\d{1,2})", text)
    if match:
        whole, cents = match.group(1), match.group(2).rstrip("0")
    whole = re.sub(r"[.,]", "", whole).lstrip("0") or "0"
    return f"{whole}.{cents}" if cents else whole


def _currency(match: re.Match[str]) -> str:
    return _CURRENCIES[(match["before"] or match["after"]).lower()]


def _count(text: str) -> str:
    return str(_WORD_NUMBERS.get(text.lower(), text)).lstrip("0") or "0"


def _times(text: str) -> set[str]:
    found = set()
    for match in _TIME.finditer(text):
        hour, minute = int(match.group(1) or match.group(5)), match.group(2) or match.group(6) or "00"
        half = (match.group(4) or "").lower()
        if half.startswith("p") and hour < 12:
            hour += 12
        found.add(f"{hour:02d}:{minute}")
    return found


@dataclass(frozen=True)
class Evidence:
    """Two pools. `proof` (sources, look-ups, account) supports any statement; `told` (what was said on the
    ticket) supports only an echo: a promise, an amount or a link in the ticket proves nothing."""

    proof: str
    told: str
    approved: str  # the part of the proof that is approved prose: sources and the account's own lines
    requester_email: str = ""

    @cached_property
    def proven_values(self) -> frozenset[str]:
        """Values in the proof."""
        return values(self.proof)

    @cached_property
    def proven_dates(self) -> frozenset[tuple[int, int, int | None]]:
        """Days in the proof: a day that only the customer names is a wish."""
        return dates(self.proof)

    @cached_property
    def known_numbers(self) -> frozenset[str]:
        """Runs of digits in either pool."""
        runs = re.findall(r"\d+", f"{self.proof}\n{self.told}")
        return frozenset(run.lstrip("0") or "0" for run in runs)

    @cached_property
    def known_stems(self) -> frozenset[str]:
        """Word beginnings in either pool."""
        return frozenset(content_stems(f"{self.proof}\n{self.told}"))

    @cached_property
    def proven_stems(self) -> frozenset[str]:
        """Word beginnings in the proof."""
        return frozenset(content_stems(self.proof))

    @cached_property
    def told_runs(self) -> frozenset[tuple[str, ...]]:
        """Every `RUN` words in a row that stand on the ticket."""
        return word_runs(self.told)

    @cached_property
    def proven_runs(self) -> frozenset[tuple[str, ...]]:
        """Every `RUN` words in a row that stand in the proof."""
        return word_runs(self.proof)

    @cached_property
    def told_sentences(self) -> frozenset[str]:
        """Sentences and lines of the ticket, without layout."""
        return frozenset(
            squash(line) for text in (self.told, self.told.replace(":", ".\n")) for line in sentences(text)
        )

    @cached_property
    def known_words(self) -> frozenset[str]:
        """Folded words in either pool."""
        return frozenset(re.findall(r"\w+", fold(f"{self.proof}\n{self.told}")))

    @cached_property
    def squashed(self) -> str:
        """Both pools without layout, to find references whatever their spacing."""
        return squash(self.proof) + " " + squash(self.told)

    @cached_property
    def proven_links(self) -> frozenset[str]:
        """Links in the proof."""
        return frozenset(find_links(self.proof))

    @cached_property
    def known_emails(self) -> frozenset[str]:
        """Mail addresses in the proof, and the requester's: one that he names may be anybody's."""
        return frozenset(find_emails(f"{self.proof}\n{self.requester_email}"))

    @cached_property
    def approved_sentences(self) -> frozenset[str]:
        """Sentences that stand in approved prose, without layout."""
        return frozenset(squash(line) for line in sentences(self.approved))


def gather(
    draft: Draft, ticket: Ticket, triage: Triage, config: AccountConfig, lookups: Mapping[str, LookupAnswer]
) -> Evidence:
    """Everything this draft may rest on."""
    language = draft.language
    approved = [
        disclosure_line(config, language),
        greeting_line(config, ticket.requester, language),
        signature_lines(config, language),
        *(line for source in draft.sources for line in (source.title, source.text)),
    ]
    proof = [
        *approved,
        config.company,
        *(text for texts in config.facts.values() for text in texts.values()),
        *config.own_addresses,
        *(source.url for source in draft.sources),
        *(text for answer in lookups.values() for text in (answer.reference, *answer.facts.values())),
    ]
    told = [
        ticket.subject,
        ticket.requester.name,
        ticket.requester.email or "",
        *triage.facts.values(),
        *(comment.text for comment in ticket.comments if _counts(comment.role, comment.visibility)),
    ]
    return Evidence(
        proof="\n".join(proof),
        told="\n".join(told),
        approved="\n".join(approved),
        requester_email=ticket.requester.email or "",
    )


def _counts(role: Role, visibility: Visibility) -> bool:
    """Internal notes are not for the customer's eyes, so nothing may be quoted from them."""
    return visibility is Visibility.PUBLIC and role is not Role.SYSTEM
