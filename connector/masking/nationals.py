"""Numbers that a state gave a person: those with a form of their own, and plain numbers that a word names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from connector.masking import checksums, words
from connector.masking.kinds import Kind
from connector.masking.references import names_a_thing
from connector.masking.spans import Span

_S = r"[ ./-]?"
_ALONE, _END = r"(?<![^\W_])(?<![\d][.,/-])", r"(?![^\W_])(?![.,/-]?\d)"
_BETWEEN = (
    r"[^\w\n]{0,4}(?:(?:is|ist|lautet|number|nummer|numero|no|nr|est|es|e|jest|to|of|my|meine?|:)[^\w\n]{0,4}){0,3}"
)


@dataclass(frozen=True, slots=True)
class _Form:
    """A form, its check, and whether a word has to name it because it is a plain number otherwise."""

    pattern: words.WordPattern
    check: Callable[[str], bool]
    named: bool


def _form(pattern: str, check: Callable[[str], bool], named_by: str = "") -> _Form:
    before = f"«{named_by}»{_BETWEEN}" if named_by else _ALONE
    return _Form(words.pattern(f"{before}(?P<number>{pattern}){_END}"), check, bool(named_by))


_FORMS = (
    _form(r"\d{3}-\d{2}-\d{4}", checksums.ssn),
    _form(r"\d{3}[ .-]?\d{2}[ .-]?\d{4}", checksums.ssn, "ssn"),
    _form(r"[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]", checksums.nino),
    _form(r"\d{2} \d{3} \d{3} \d{3}", checksums.steuer_id),
    _form(rf"\d{{2}}{_S}\d{{3}}{_S}\d{{3}}{_S}\d{{3}}", checksums.steuer_id, "steuer_id"),
    _form(rf"\d{{2}}{_S}\d{{6}}{_S}[A-Z]{_S}\d{{2}}{_S}\d", checksums.pension_number),
    _form(rf"\d{{3,4}}{_S}\d{{2}}{_S}\d{{3}}|\d{{8,9}}", checksums.bsn, "bsn"),
    _form(
        rf"(?:\d{{8}}|\d{{2}}\.\d{{3}}\.\d{{3}}|[XYZ]{_S}\d{{7}}|[XYZ]{_S}\d\.?\d{{3}}\.?\d{{3}}){_S}[A-Z]",
        checksums.dni,
    ),
    _form(
        r"[A-Z]{3} ?[A-Z]{3} ?[0-9LMNP-V]{2}[A-EHLMPRST][0-9LMNP-V]{2} ?[A-Z][0-9LMNP-V]{3} ?[A-Z]",
        checksums.codice_fiscale,
    ),
    _form(
        rf"[1-478]{_S}\d{{2}}{_S}(?:0[1-9]|1[0-2]|[2-9]\d){_S}(?:\d{{2}}|"
        rf"2[AB]){_S}\d{{3}}{_S}\d{{3}}[ ./-]{{0,3}}\d{{2}}",
        checksums.nir,
    ),
    _form(rf"[12]{_S}\d{{2}}{_S}\d{{2}}{_S}(?:\d{{2}}|2[AB]){_S}\d{{3}}{_S}\d{{3}}", lambda _: True, "nir"),
    _form(r"\d{11}|\d{6}[ -]\d{5}", checksums.pesel, "pesel"),
    _form(rf"756{_S}\d{{4}}{_S}\d{{4}}{_S}\d{{2}}", checksums.ahv),
    _form(r"\d{4}[ -]?\d{6}", checksums.austrian_sv, "svnr"),
    _form(r"\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}", checksums.belgian),
)
_DOCUMENT = words.pattern(
    rf"«document»{_BETWEEN}(?P<number>(?=[A-Z]{{0,5}}[ -]?\d)[A-Z0-9](?:[ -]?[A-Z0-9]){{5,17}}){_END}"
)


def find_nationals(text: str) -> Iterator[Span]:
    """National numbers whose check is right, and the numbers of identity documents that are named as such."""
    for form in _FORMS:
        for match in form.pattern.finditer(text):
            number = re.sub(r"[^A-Z0-9]", "", match["number"].upper())
            if not form.check(number):
                continue
            if not form.named and names_a_thing(text, match.start("number")):
                continue
            yield Span(kind=Kind.NATIONAL_ID, start=match.start("number"), end=match.end("number"))
    for match in _DOCUMENT.finditer(text):
        number = _with_digits(match["number"])
        if sum(char.isdigit() for char in number) >= 4:
            yield Span(kind=Kind.NATIONAL_ID, start=match.start("number"), end=match.start("number") + len(number))


def _with_digits(run: str) -> str:
    """The run up to its last group that holds a digit: words that follow are swallowed otherwise."""
    groups = re.split(r"([ -])", run)
    while len(groups) > 1 and not any(char.isdigit() for char in groups[-1]):
        groups = groups[:-2]
    return "".join(groups)
