"""Ways to change one place of a true sentence so that it is wrong: numbers, amounts, dates, links, names, sense. Pure.

Each takes a case and one of its statements and gives every text that the statement may become; it finds what it changes
by patterns of its own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from connector.evaluation import insertions
from connector.evaluation.replies import Reply
from connector.model import Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A reply to be changed, replies of other companies in its language, and where chance comes from."""

    reply: Reply
    others: Sequence[Reply]
    chance: random.Random


_MONTHS = insertions.MONTHS
_DAYS = insertions.DAYS
_ALL_MONTHS = "|".join(dict.fromkeys((*_MONTHS["en"], *_MONTHS["de"])))
_LINK = re.compile(r"https?://\S+[^\s.,;:!?)“”]")
_MONEY = re.compile(r"(?P<sign>[€£$])(?P<number>\d+(?:[.,]\d+)?)|(?P<amount>\d+(?:,\d+)?) (?P<unit>€|Cent)")
_DATE = re.compile(rf"\b(?P<day>\d{{1,2}})(?P<dot>\.?) (?P<month>{_ALL_MONTHS})\b(?: (?P<year>\d{{4}}))?")
_ORDINAL = re.compile(r"\b(?P<day>\d{1,2})(?P<end>(?:st|nd|rd|th)\b|\. (?=eines|jedes|des|bis))")
_PHONE = re.compile(r"\b0\d{3,4} \d{3} \d{3,4}\b")
_CODE = re.compile(r"\b[A-Z]{2}-?[\w-]*\d[\w-]*")
_NUMBER = re.compile(r"(?<![\w.,:])\d+(?:[.,:]\d+)*(?![\w-])")
_WORDS = {"zwei": "drei", "zweimal": "viermal"}

_UNITS: Mapping[str, str] = {
    "working days": "weeks",
    "working day": "week",
    "days": "weeks",
    "weeks": "months",
    "months": "weeks",
    "hours": "days",
    "minutes": "hours",
    "seconds": "minutes",
    "years": "months",
    "year": "month",
    "Werktagen": "Wochen",
    "Werktage": "Wochen",
    "Tagen": "Wochen",
    "Tage": "Wochen",
    "Wochen": "Stunden",  # alike in every case
    "Monate": "Jahre",
    "Monaten": "Jahren",
    "Stunden": "Minuten",
    "Minuten": "Stunden",
    "Sekunden": "Minuten",
    "Jahre": "Monate",
}
_UNIT = re.compile(rf"(?<=\d )(?:{'|'.join(sorted(_UNITS, key=len, reverse=True))})\b")
_EVERY = (("a month", "a year"), ("im Monat", "im Jahr"), ("every 4 weeks", "every 4 days"))


def _cut(text: str, match: re.Match[str], new: str) -> str:
    return text[: match.start()] + new + text[match.end() :]


def _other_number(case: Case, number: str) -> str:
    """The number with another beginning, so that it stands nowhere in what is known."""
    lead = re.match(r"\d+", number)
    value = int(lead[0]) if lead else 0
    known = set(re.findall(r"\d+(?:[.,:]\d+)*", case.reply.everything))
    steps = [value * 2, value + 1, value + 2, value + 3, value + 5, value + 10, value - 1, value - 2, value // 2]
    if ":" in number:
        steps = [hour for hour in (value + 1, value + 2, value - 2, value - 1) if hour < 24]
    case.chance.shuffle(steps)
    for step in (*steps, value * 3, value * 7):
        found = f"{step}{number[len(str(value)) :]}"
        if step > 0 and found not in known:
            return found
    return number


def _plain_numbers(text: str) -> list[re.Match[str]]:
    """Numbers that are no part of a link, an amount, a date, a telephone number or a reference."""
    taken = [
        match.span() for pattern in (_LINK, _MONEY, _DATE, _ORDINAL, _PHONE, _CODE) for match in pattern.finditer(text)
    ]
    return [
        match
        for match in _NUMBER.finditer(text)
        if not any(start < match.end() and match.start() < end for start, end in taken)
    ]


def numbers_changed(case: Case, statement: Statement) -> Iterator[str]:
    """A number, also one in words or of a telephone, that stands nowhere in what is known."""
    for match in _plain_numbers(statement.text):
        yield _cut(statement.text, match, _other_number(case, match[0]))
    for match in _PHONE.finditer(statement.text):
        yield _cut(statement.text, match, match[0][:-2] + f"{(int(match[0][-2:]) + 37) % 100:02}")
    for match in re.finditer(r"\b(?:zwei|zweimal)\b", statement.text):
        yield _cut(statement.text, match, _WORDS[match[0]])


def numbers_swapped(case: Case, statement: Statement) -> Iterator[str]:
    """Another number of the same source, of the same unit where there is one."""
    mine = {match[0] for match in _plain_numbers(statement.text)}
    theirs = [
        (match[0], _next_word(text, match))
        for text in case.reply.proof(statement)
        for match in _plain_numbers(text)
        if match[0] not in mine and statement.sources
    ]
    for match in _plain_numbers(statement.text):
        alike = [number for number, _ in theirs if (":" in number) == (":" in match[0])]
        same = [number for number, unit in theirs if unit == _next_word(statement.text, match) and number in alike]
        if alike:
            yield _cut(statement.text, match, case.chance.choice(same or alike))


def _next_word(text: str, match: re.Match[str]) -> str:
    found = re.match(r"\W*(\w+)", text[match.end() :])
    return found[1] if found else ""


def amounts_changed(case: Case, statement: Statement) -> Iterator[str]:
    """An amount that stands nowhere in what is known."""
    for match in _MONEY.finditer(statement.text):
        yield _cut(statement.text, match, _money(match, _other_number(case, match["number"] or match["amount"])))


def amounts_swapped(case: Case, statement: Statement) -> Iterator[str]:
    """Another amount of the same source and currency."""
    mine = {match[0] for match in _MONEY.finditer(statement.text)}
    for match in _MONEY.finditer(statement.text):
        theirs = [
            found["number"] or found["amount"]
            for text in case.reply.proof(statement)
            for found in _MONEY.finditer(text)
            if found[0] not in mine and (found["sign"], found["unit"]) == (match["sign"], match["unit"])
        ]
        if theirs:
            yield _cut(statement.text, match, _money(match, case.chance.choice(theirs)))


def _money(match: re.Match[str], number: str) -> str:
    return f"{match['sign']}{number}" if match["sign"] else f"{number} {match['unit']}"


def dates_changed(case: Case, statement: Statement) -> Iterator[str]:
    """Another day, month or weekday, or another date of the same look-up."""
    text, language = statement.text, case.reply.language
    for match in _DATE.finditer(text):
        day, month = int(match["day"]), match["month"]
        yield _cut(text, match, match[0].replace(match["day"], str((day + case.chance.randint(7, 12)) % 27 + 1), 1))
        others = [name for name in _MONTHS[language] if name != month]
        yield _cut(text, match, match[0].replace(month, case.chance.choice(others)))
        for iso in _known_dates(case.reply):
            name = _MONTHS[language][int(iso[5:7]) - 1]
            if (int(iso[8:]), name) != (day, month):
                year = f" {iso[:4]}" if match["year"] else ""
                yield _cut(text, match, f"{int(iso[8:])}{match['dot']} {name}{year}")
    for match in _ORDINAL.finditer(text):
        yield _cut(text, match, _ordinal(int(match["day"]), match["end"]))
    for match in re.finditer(rf"\b(?:{'|'.join(_DAYS[language])})(?=s?\b)", text):
        others = [name for name in _DAYS[language] if name not in case.reply.everything]
        if others:
            yield _cut(text, match, case.chance.choice(others))


def _ordinal(day: int, end: str) -> str:
    other = (day + 11) % 28 + 1
    ending = {1: "st", 2: "nd", 3: "rd"}.get(other % 10 if other not in (11, 12, 13) else 0, "th")
    return f"{other}{end if end.startswith('.') else ending}"


def _known_dates(reply: Reply) -> list[str]:
    values = [value for answer in reply.lookups.values() for value in answer.facts.values()]
    return [value for value in values if re.fullmatch(r"\d{4}-\d\d-\d\d", value)]


def units_changed(_case: Case, statement: Statement) -> Iterator[str]:
    """The same number of something longer or shorter."""
    for match in _UNIT.finditer(statement.text):
        yield _cut(statement.text, match, _UNITS[match[0]])
    for was, now in _EVERY:
        if was in statement.text:
            yield statement.text.replace(was, now, 1)


def links_foreign(case: Case, statement: Statement) -> Iterator[str]:
    """A link to a host that nobody allowed."""
    for match in _LINK.finditer(statement.text):
        link = case.chance.choice(insertions.FOREIGN_LINKS)
        yield _cut(statement.text, match, link.format(host=first_host(case.reply).removesuffix(".example")))


def links_elsewhere(case: Case, statement: Statement) -> Iterator[str]:
    """Another page of the same host."""
    for match in _LINK.finditer(statement.text):
        host = match[0].split("/")[2]
        yield _cut(statement.text, match, f"https://{host}{case.chance.choice(insertions.OTHER_PATHS)}")


def first_host(reply: Reply) -> str:
    """The first of the hosts that the company's links lead to."""
    return min(reply.link_hosts)


def names_changed(_case: Case, statement: Statement) -> Iterator[str]:
    """An invented name instead of the one that stands there."""
    for name, other in insertions.NAMES.items():
        match = re.search(rf"\b{re.escape(name)}\b", _LINK.sub(lambda link: "#" * len(link[0]), statement.text))
        if match:
            yield _cut(statement.text, match, other)


def flipped(case: Case, statement: Statement) -> Iterator[str]:
    """The opposite."""
    for pattern, other in insertions.NEGATIONS[case.reply.language]:
        for match in re.finditer(pattern, statement.text):
            yield _cut(statement.text, match, match.expand(other))


def unconditional(case: Case, statement: Statement) -> Iterator[str]:
    """The sentence without what it only holds under."""
    for pattern in insertions.CONDITIONS[case.reply.language]:
        for match in re.finditer(pattern, statement.text):
            text = _cut(statement.text, match, "")
            yield text[:1].upper() + text[1:]
