"""The values in a text, in a form in which spellings of one value are equal, and where they stand."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from connector.drafting.quantities import CURRENCIES, LARGER, MEASURES, NUMBERS, ORDINALS, UNITS
from connector.drafting.sentences import content_stems, squash

_NUMBER = r"(?<!\d)(?:\d{1,3}(?:[.,' \u00a0]\d{3}){1,5}(?:[.,]\d{1,2})?|\d{1,15}(?:[.,]\d{1,2})?)"
_CURRENCY = "|".join(re.escape(word) for word in sorted(CURRENCIES, key=len, reverse=True))
_MONEY = re.compile(
    rf"(?:(?<![^\W\d_])(?P<before>{_CURRENCY})\s?(?P<amount>{_NUMBER})|(?P<amount2>{_NUMBER})(?:,-)?\s?(?P<after>{_CURRENCY}))(?!\w)",
    re.IGNORECASE,
)
_PERCENT = re.compile(rf"({_NUMBER})\s?(?:%|percent\b|per cent\b|prozent\b)", re.IGNORECASE)
_DURATION = re.compile(
    rf"\b(\d+|{'|'.join(NUMBERS)})(?:[\s-]+(?:calendar|full))?[\s-]*"
    rf"({'|'.join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))})\b",
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
    re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?:\b|(?=T\d))"),
    re.compile(r"\b(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>\d{4}))?"),
    re.compile(rf"\b(?P<day>\d{{1,2}})(?:\.|st|nd|rd|th)?\s(?P<name>{_MONTH})\b\.?(?:\s(?P<year>\d{{4}}))?", re.I),
    re.compile(rf"\b(?P<name>{_MONTH})\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,?\s(?P<year>\d{{4}}))?", re.I),
)
_TIME = re.compile(r"\b(\d{1,2})(?:[:.](\d{2}))?\s?(?:(uhr)\b|(a\.?m\b|p\.?m\b))|\b(\d{1,2}):(\d{2})\b", re.IGNORECASE)
_WEEKDAYS = {
    name: at
    for at, names in enumerate(
        (
            "monday mondays montag montags montagen mon", "tuesday tuesdays dienstag dienstags dienstagen tue",
            "wednesday wednesdays mittwoch mittwochs mittwochen wed", "thursday thursdays donnerstag donnerstags thu",
            "friday fridays freitag freitags freitagen fri", "saturday saturdays samstag samstags samstagen sonnabend",
            "sunday sundays sonntag sonntags sonntagen sonn",
        )
    )
    for name in names.split()
}  # fmt: skip
_STEPS = {
    word: step
    for step, listed in {
        "this": "this current dies", "next": "next following coming nächst kommend folgend",
    }.items()
    for word in listed.split()
}  # fmt: skip
_NEAR = re.compile(
    r"\b(?:(today|tomorrow|tonight|heute|(?<!guten )morgen|übermorgen)"
    rf"|({'|'.join(_STEPS)})(?:e[rsmn]?)? (weekend|week|month|year|wochenende|woche|monat|jahr)(?:[ns]|es)?)\b",
    re.IGNORECASE,
)
_GERMAN = {"wochenende": "weekend", "woche": "week", "monat": "month", "jahr": "year"}
_MEASURED = "|".join(re.escape(unit) for unit in sorted(MEASURES, key=len, reverse=True))
# Which of the figures is the day and which the month nobody can tell: they have to stand so in a source.
_SLASHED = re.compile(r"(?<![\w/.])(\d{1,4})/(\d{1,4}|[IVX]{1,4})(?:/(\d{1,4}))?(?![\w/])")
_BARE_MONTH = re.compile(
    r"\b(?:in|of|since|until|till|by|from|to|early|mid|late|im|seit|bis|ab|anfang|mitte|ende)[ -]"
    rf"(?-i:({'|'.join(name.capitalize() for name in sorted(_MONTH_NAMES, key=len, reverse=True) if len(name) > 3)}))"
    r"\b(?!\.? \d{1,2}\b(?!\d))",
    re.IGNORECASE,
)
_ORDINAL_DAY = re.compile(
    rf"\b({'|'.join(sorted(ORDINALS, key=len, reverse=True))})(?: of)? ({_MONTH})\b", re.IGNORECASE
)
_MENU = re.compile(r"(?<![\w&-])[\w&-]{1,40}(?: [\w&-]{1,40}){0,3}(?: ?[>›→] ?[\w&-]{1,40}(?: [\w&-]{1,40}){0,3}){1,6}")


VALUE_STEMS = frozenset(content_stems(" ".join([*NUMBERS, *UNITS, *_MONTH_NAMES, *_WEEKDAYS])))
"""Beginnings of the words that make values: those are compared as values."""


@lru_cache(maxsize=2048)
def values(text: str) -> frozenset[str]:
    """Money, percentages, spans of time, dates, times, days and menu paths in one spelling each.

    These are the values that make a promise; a model gets none of them from anywhere but a source.
    """
    found = {f"money {_amount(m['amount'] or m['amount2'])} {_currency(m)}" for m in _MONEY.finditer(text)}
    found |= {f"percent {_amount(m.group(1))}" for m in _PERCENT.finditer(text)}
    found |= {f"span {' '.join(_span(m.group(1), m.group(2)))}" for m in _DURATION.finditer(text)}
    found |= {f"time {clock}" for clock in _times(text)}
    found |= {f"day {_WEEKDAYS[word]}" for word in re.findall(r"\w+", text.lower()) if word in _WEEKDAYS}
    found |= {f"near {_near(m)}" for m in _NEAR.finditer(text)}
    found |= {f"measure {_measured(m)}" for m in _MEASURE.finditer(text)}
    found |= {f"month {_MONTH_NAMES[m.group(1).lower()]}" for m in _BARE_MONTH.finditer(text)}
    for match in _SLASHED.finditer(text):
        parts = [part.lstrip("0") for part in match.groups() if part]
        found |= {f"figures {'/'.join(parts)}", f"figures {'/'.join(parts[:2])}"}
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
    for match in _ORDINAL_DAY.finditer(text):
        found.add((_MONTH_NAMES[match.group(2).lower()], ORDINALS[match.group(1).lower()], None))
    return frozenset(found)


def numbers(text: str) -> frozenset[str]:
    """Runs of digits without leading zeros, and without the numbering of a list."""
    unlisted = re.sub(r"^\s*\d{1,2}[.)]\s", "", text, flags=re.MULTILINE)
    return frozenset(run.lstrip("0") or "0" for run in re.findall(r"\d+", unlisted))


def _near(match: re.Match[str]) -> str:
    if match.group(1):
        return match.group(1).lower()
    unit = match.group(3).lower()
    return f"{_STEPS[match.group(2).lower()]} {_GERMAN.get(unit, unit)}"


def _measured(match: re.Match[str]) -> str:
    number = match.group(1)
    return f"{_count(number) if number.lower() in NUMBERS else _amount(number)} {MEASURES[match.group(2).lower()]}"


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
    return CURRENCIES[(match["before"] or match["after"]).lower()]


def _count(text: str) -> str:
    return str(NUMBERS.get(text.lower(), text)).lstrip("0") or "0"


def _span(number: str, unit: str) -> tuple[str, str]:
    """Count and unit: two weeks are 14 days, a year is 12 months."""
    count, name = _count(number), UNITS[unit.lower()]
    factor, smaller = LARGER.get(name, (1, name))
    return (str(int(count) * factor) if count.isdecimal() else count), smaller


def _times(text: str) -> set[str]:
    found = set()
    for match in _TIME.finditer(text):
        hour, minute = int(match.group(1) or match.group(5)), match.group(2) or match.group(6) or "00"
        half = (match.group(4) or "").lower()
        if half and hour <= 12:
            hour = hour % 12 + (12 if half.startswith("p") else 0)
        found.add(f"{hour:02d}:{minute}")
    return found


@dataclass(frozen=True, slots=True)
class Value:
    """A value where it stands. `kind`: money, percent, span, measure, hours, time, days, date, near, menu, phone or
    count.

    `text` is one spelling of it, `unit` what it is measured in or what is counted; `low` and `high` are equal but
    in a range.
    """

    kind: str
    text: str
    start: int
    end: int
    unit: str = ""
    low: str = ""
    high: str = ""


_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_TO = r"(?:\s?(?:-|–|—|to|bis|and|und|or|oder)\s?)"
_PLAIN = rf"(?:\d{{1,4}}|{'|'.join(sorted(NUMBERS, key=len, reverse=True))})"
_MEASURE = re.compile(
    rf"(?<![\w.,])({_NUMBER}(?=[\s-]?[^\W\d]|\s?[°‰])|{_PLAIN}(?=[\s-]))[\s-]?({_MEASURED})(?![\w²³])", re.IGNORECASE
)
_SPAN = re.compile(
    rf"(?<![\w.,])(?:({_PLAIN}){_TO})?({_PLAIN})(?:[\s-]+(?:calendar|full|more|further|weitere[nr]?|volle[nr]?))?[\s-]*({_UNIT})\b",
    re.IGNORECASE,
)
_CLOCK = r"(?:\d{1,2}(?:[:.]\d{2})?(?:\s?(?:uhr|a\.?m|p\.?m))?\b\.?)"
_HOURS = re.compile(rf"(?<![\d:.])({_CLOCK})\s?(?:-|–|—|to|until|till|bis|and|und)\s?({_CLOCK})", re.IGNORECASE)
_DAY = "|".join(sorted(_WEEKDAYS, key=len, reverse=True))
_DAYS = re.compile(rf"\b({_DAY})\b(?:\s?(?:-|–|—|to|through|until|bis|and|und|,)\s?({_DAY})\b)?", re.IGNORECASE)
_JOINED = re.compile(r"(?:and|und|,)", re.IGNORECASE)
_PHONE = re.compile(r"(?<![\w.,-])(?:\+\d{1,3}[ /-]?|0)\d{2,5}(?:[ /-]\d{2,8}){1,4}(?![\w-])")
_COUNT = re.compile(r"(?<![\w.,:-])\d{1,7}(?:[.,]\d{1,3})*(?![\w:])")
_COUNTED = re.compile(rf"\b({'|'.join(sorted(NUMBERS, key=len, reverse=True))})\b", re.IGNORECASE)
_LISTED = re.compile(r"^\s*\d{1,2}[.)]\s", re.MULTILINE)
_TAKEN = "\x01"
_ARTICLES = frozenset(("one", "ein", "eine", "einen", "einem", "einer"))


def find_values(text: str) -> tuple[Value, ...]:
    """Every value in the text in order; none inside another (a time is no count, hours are no two times)."""
    found: list[Value] = [Value("near", _near(match), *match.span()) for match in _NEAR.finditer(text)]
    rest = _LISTED.sub(lambda match: _TAKEN * len(match.group()), text)
    for finder in (
        _moneys,
        _percents,
        _phones,
        _full_dates,
        _spans,
        _measures,
        _opening_hours,
        _clock_times,
        _week_days,
        _counts,
    ):
        here = list(finder(rest))
        found += here
        # What was read is hidden from the finders that follow, at its place.
        pieces, at = [], 0
        for value in sorted(here, key=lambda value: value.start):
            pieces += [rest[at : value.start], _TAKEN * (value.end - max(at, value.start))]
            at = max(at, value.end)
        rest = "".join((*pieces, rest[at:]))
    return tuple(sorted(found, key=lambda value: value.start))


def _moneys(text: str) -> Iterator[Value]:
    for m in _MONEY.finditer(text):
        yield Value("money", f"{_amount(m['amount'] or m['amount2'])} {_currency(m)}", *m.span(), unit=_currency(m))


def _percents(text: str) -> Iterator[Value]:
    for match in _PERCENT.finditer(text):
        yield Value("percent", f"{_amount(match.group(1))} %", *match.span())


def _phones(text: str) -> Iterator[Value]:
    for match in _PHONE.finditer(text):
        yield Value("phone", squash(match.group()), *match.span())


def _full_dates(text: str) -> Iterator[Value]:
    for pattern in _DATES:
        for match in pattern.finditer(text):
            for month, day, year in dates(match.group()):
                yield Value("date", f"{month}-{day}", *match.span(), unit=str(year or ""))


def _spans(text: str) -> Iterator[Value]:
    for match in _SPAN.finditer(text):
        high, unit = _span(match.group(2), match.group(3))
        low = _span(match.group(1), match.group(3))[0] if match.group(1) else high
        number = high if low == high else f"{low}-{high}"
        yield Value("span", f"{number} {unit}", *match.span(), unit=unit, low=low, high=high)


def _measures(text: str) -> Iterator[Value]:
    for match in _MEASURE.finditer(text):
        yield Value("measure", _measured(match), *match.span(), unit=MEASURES[match.group(2).lower()])


def _opening_hours(text: str) -> Iterator[Value]:
    for match in _HOURS.finditer(text):
        if not re.search(r"[:.]\d{2}|uhr|[ap]\.?m", match.group(), re.IGNORECASE):
            continue
        marks = re.search(r"(uhr|a\.?m|p\.?m)", match.group(2), re.IGNORECASE)
        first, last = match.group(1), match.group(2)
        if not re.search(r"[:a-z]", first, re.IGNORECASE):
            first += f" {marks.group(1)}" if marks and marks.group(1).lower() == "uhr" else " am" if marks else ":00"
        low, high = min(_times(first), default=""), min(_times(last), default="")
        if low and high:
            yield Value("hours", f"{low}-{high}", *match.span(), low=low, high=high)


def _clock_times(text: str) -> Iterator[Value]:
    for match in _TIME.finditer(text):
        for clock in _times(match.group()):
            yield Value("time", clock, *match.span(), low=clock, high=clock)


def _week_days(text: str) -> Iterator[Value]:
    for match in _DAYS.finditer(text):
        first = _WEEKDAYS[match.group(1).lower()]
        last = _WEEKDAYS[match.group(2).lower()] if match.group(2) else first
        between = match.group()[len(match.group(1)) : match.end(2) - match.start() - len(match.group(2) or "")]
        if match.group(2) and _JOINED.search(between):
            days = sorted({first, last})
        else:
            days = [(first + step) % 7 for step in range((last - first) % 7 + 1)]
        yield Value("days", "".join(map(str, days)), *match.span())


def _counts(text: str) -> Iterator[Value]:
    for match in _COUNT.finditer(text):
        yield Value("count", _amount(match.group()), *match.span())
    for match in _COUNTED.finditer(text):
        if match.group(1).lower() not in _ARTICLES:
            yield Value("count", _count(match.group(1)), *match.span())
