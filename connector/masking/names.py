"""Names of people that nobody told us, where a name stands: after a greeting, a title, "my name is", a sign-off."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator

from connector.masking import words
from connector.masking.kinds import Kind
from connector.masking.known import joined, whole
from connector.masking.spans import Span

# A word with a capital, of the scripts that have them; "Jannis's" is Jannis.
_CAP = r"[A-Z\u00c0-\u024f\u0391-\u03a9\u0410-\u042f](?:(?!'s(?![^\W_]))['-]?[^\W\d_]){0,40}\.?"
_PARTICLES = "von van de den der della del di da du la le el bin al ter ten zu zum dos y"
_PARTICLE = rf"(?:(?:{_PARTICLES.replace(' ', '|')})[ ]){{0,3}}"
_NAME = rf"{_PARTICLE}{_CAP}(?:[ ]{_PARTICLE}{_CAP}){{0,3}}"
_TITLES = r"(?:«honorific»\.?[ \t]{1,2}|(?:Dr|Prof|Ing|Mag|Dott|med)\.[ ]){0,4}"
_LINE = r"(?:^|\n)[ \t>*]{0,4}"
_SENTENCE = r"(?:^|[\n>.!?,;:)])[ \t>*]{0,4}"
_NEXT_LINE = r"[ \t]{0,3}[,.!;:~-]{0,3}[ \t]{0,3}\n(?:[ \t>]{0,4}\n){0,3}[ \t>*_~-]{0,4}"
_SIGN_OFF = r"«sign_off»(?:[ ](?i:and|und|&|et|y|e|en|i)[ ]«sign_off»)?"
_END = r"(?=[ \t]{0,2}(?:[,.!(|/;*·•-]|\n|$|from|aus|von|at))"
_PLACES = (
    words.pattern(rf"{_SENTENCE}«greeting»[ \t]{{1,2}}{_TITLES}(?P<name>{_NAME})", ignore_case=False),
    words.pattern(rf"{_LINE}«greeting»[ \t]{{1,2}}(?P<name>[a-z]{{3,20}})[ \t]?(?:[,!\n]|$)"),
)
# What is found here is looked for in the rest of the ticket, too.
_LASTING = (
    words.pattern(rf"«honorific»\.?[ \t]{{1,2}}{_TITLES}(?P<name>{_NAME})", ignore_case=False),
    words.pattern(
        rf"«introduction»[ \t]{{0,3}}(?P<name>{_NAME}|[a-z]{{3,20}}(?:[ ][a-z]{{3,20}})?(?=[ \t]?(?:[,.\n]|$)))",
        ignore_case=False,
    ),
    words.pattern(
        rf"(?:{_SENTENCE}|[ ])(?i:this is|here is|it's|hier ist|hier spricht|ici|soy|sono|met)[ ](?P<name>{_NAME})"
        r"(?=[ ](?:from|von|de|aus|here|again|speaking|calling)(?![^\W_]))",
        ignore_case=False,
    ),
    words.pattern(rf"{_SENTENCE}{_SIGN_OFF}{_NEXT_LINE}(?P<name>{_NAME}){_END}", ignore_case=False),
    words.pattern(
        rf"{_SENTENCE}{_SIGN_OFF}[ \t]{{0,3}}[,.!:-]{{0,2}}[ \t]{{1,3}}(?P<name>{_NAME}){_END}", ignore_case=False
    ),
    words.pattern(
        rf"{_SENTENCE}{_SIGN_OFF}(?:{_NEXT_LINE}|[ \t]{{0,3}}[,.!:-]{{0,2}}[ \t]{{1,3}})"
        r"(?P<name>(?:[a-z]\.?[ ])?[a-z]{2,20}(?:[ ][a-z]{2,20})?)(?=[ \t]*(?:\n|$))",
        ignore_case=False,
    ),
    # The last line, or two or three capitalised words after the last sentence.
    words.pattern(rf"\n[ \t>]*[-~/*]{{0,2}}[ ]?(?P<name>{_NAME})\s*\Z", ignore_case=False),
    words.pattern(rf"[.!?)][ ](?P<name>{_CAP}(?:[ ]{_PARTICLE}{_CAP}){{1,2}})\s*\Z", ignore_case=False),
)
_FIRM = re.compile(
    r"(?<![^\W_])(?:Ltd|GmbH|AG|KG|UG|OHG|e\.?K|Inc|LLC|LLP|S\.?A|S\.?L|B\.?V|SARL|SAS|Team|Support)(?![^\W_])",
    re.IGNORECASE,
)
_SURE_CHARS = 3


def find_written(text: str, spared: Collection[str]) -> tuple[list[Span], frozenset[str]]:
    """The names, and their parts as written that are worth looking for elsewhere.

    `spared` are words that are nobody's name, such as the team's own company.
    """
    lasting = [span for pattern in _LASTING for match in pattern.finditer(text) for span in _names(match, spared)]
    others = [span for pattern in _PLACES for match in pattern.finditer(text) for span in _names(match, spared)]
    return lasting + others, _lasting_parts((text[span.start : span.end] for span in lasting), spared)


def _names(match: re.Match[str], spared: Collection[str]) -> Iterator[Span]:
    """The words up to the first that is nobody's name."""
    ordinary = words.listed("not_name") | words.listed("greeting") | words.listed("sign_off")
    start = end = match.start("name")
    for word in re.finditer(r"\S+", match["name"]):
        low = word.group().lower().rstrip(".,")
        if low in spared or low.endswith("team") or (low in ordinary and low not in _PARTICLES.split()):
            break
        end = start + word.end()
    found = match.string[start:end].rstrip(".")
    if len(found) > 1 and found.lower() not in _PARTICLES.split() and not _FIRM.search(match["name"]):
        yield Span(kind=Kind.NAME, start=start, end=start + len(found))


def _lasting_parts(names: Iterable[str], spared: Collection[str]) -> frozenset[str]:
    usual = words.listed("not_name") | words.listed("common") | words.listed("role") | frozenset(spared)
    parts = (word for name in names for word in re.split(r"[^\w'-]+", name))
    return frozenset(
        word for word in parts if len(word) >= _SURE_CHARS and word[0].isupper() and word.lower() not in usual
    )


def find_repeated(text: str, parts: Collection[str]) -> Iterator[Span]:
    """Other places of names that were found, as they were written or in capitals."""
    if parts:
        spelled = {*parts, *(part.upper() for part in parts)}
        yield from joined(text, [match.span() for match in whole(spelled, 0).finditer(text)])
