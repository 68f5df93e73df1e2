"""Passwords, and keys and tokens: what opens something for whoever reads it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from connector.masking import words
from connector.masking.kinds import Kind
from connector.masking.references import names_a_thing
from connector.masking.spans import Span

_IS = (
    r"(?:is|was|ist|war|lautet|lautete|heisst|est|etait|es|era|e'?|jest|to|bylo|luidt|currently|aktuell|now|jetzt|"
    r"still|noch|immer|wordt|werd|wird|wurde|became|becomes|will be|should be|sera|sara|bedzie)"
)
_MARK = r"(?::|=>?|->|→|(?<=[ \t])-(?=[ \t]))"
_QUOTED = r"\"[^\"\n]{1,100}\"|'[^'\n]{1,100}'|`[^`\n]{1,100}`"
_PASSWORD = "«password»"  # noqa: S105 - the place of the words for one, not a password
_SAID = words.pattern(
    rf"{_PASSWORD}(?P<gap>[^\n:=]{{0,40}}?)"
    rf"(?:[ \t]{{0,3}}(?P<mark>{_MARK})[ \t]{{0,3}}\n?[ \t]{{0,3}}|[ \t]{{1,3}}(?P<is>{_IS})"
    rf"(?:[ \t]{{1,3}}{_IS}){{0,3}}"
    rf"(?:[ \t]{{0,2}}:)?[ \t]{{1,3}})(?P<value>{_QUOTED}|\S{{1,200}})"
)
_BARE = words.pattern(rf"{_PASSWORD}[ \t]{{1,3}}[(\[]?(?P<value>{_QUOTED}|\S{{4,200}})")
# "Password for my account Blume77": small letters and digits, as no number of an order has them.
_LOOSE = words.pattern(
    rf"{_PASSWORD}(?:[ \t]{{1,2}}[^\W\d]{{1,14}}){{1,4}}[ \t]{{1,2}}"
    rf"(?P<value>{_QUOTED}|(?-i:(?=\S{{0,30}}[a-z])(?=\S{{0,30}}\d))\S{{6,40}})"
)
_SET = words.pattern(
    rf"{_PASSWORD}[^\n.:=]{{0,40}}?[ \t](?:to|auf|in|into|as|a|par|por|con|naar|op|na)[ \t]{{1,3}}"
    rf"(?P<value>{_QUOTED}|\S{{4,200}})"
)
_REVERSED = words.pattern(
    rf"(?P<value>{_QUOTED}|(?<!\S)\S{{4,100}})[ \t]{{1,3}}(?:is|was|ist|war|est|es|e|jest|to|as|als|for|comme|"
    rf"como|come)[ \t]{{1,3}}"
    rf"(?:(?:my|the|our|your|mein|das|unser|dein|ihr|mon|le|mi|la|il|mio|mia|mijn|het|moje|a|ein|new|neues?|old|"
    rf"altes?)[ \t]{{1,3}}){{0,3}}{_PASSWORD}"
)
_PAIR = re.compile(
    r"(?<![^\W_])(?:login|log-in|logins|credentials|zugangsdaten|anmeldedaten|logindaten|identifiants|"
    r"credenciales|credenziali|"
    r"inloggegevens|dane logowania|user|username|benutzer|benutzername)[ \t]{0,2}[:=][ \t]{0,3}"
    r"(?P<user>[^\s/|]{1,80})[ \t]{0,3}[/|,][ \t]{0,3}(?P<value>\S{4,100})",
    re.IGNORECASE,
)
_PHRASE = words.pattern(
    rf"«phrase»[^\n:=]{{0,30}}?(?:(?P<mark>{_MARK})|[ \t]{_IS}[ \t])[ \t]{{0,3}}(?P<value>[^\n]{{2,240}})"
)
_CLAUSE_END = re.compile(
    r"[\"'`)\]]{0,3}(?:[.,;!?]{1,3}(?:\s|$)|\s*$|[ \t]*\n|[ \t]+(?:and|und|but|aber|et|y|e|en|i|or|oder|which|-)"
    r"(?![^\W_]))"
)
_LINE_END = re.compile(r"[ \t]*(?:\n|$)")
_TAIL = ".,;:)]}>\"'`"
_MARKS = "!#$%^&*+=?@_~|"
_LEAST_WORD, _LEAST_DIGITS = 4, 8
_LEAST_KEY, _MIXED_KEY, _LONG_KEY = 12, 20, 32
_KEY_WORD = words.pattern(
    r"«key»[\"']?(?:[ \t]{0,3}(?:[:=]|=>|->)[ \t]{0,3}|[ \t]{1,3}(?:(?:is|ist|lautet|est|es|e|jest|here|hier)"
    r"[ \t:]{1,3})?|[ \t]{0,3}\n[ \t]{0,3})[\"'`(<]?"
    r"(?P<value>[A-Za-z0-9_~+/.=-]{12,4000}|[A-Za-z0-9]{4,8}(?:-[A-Za-z0-9]{4,8}){2,7})"
)


def find_secrets(text: str) -> Iterator[Span]:
    """Passwords and keys."""
    yield from find_keys(text)
    yield from find_passwords(text)


def find_keys(text: str) -> Iterator[Span]:
    """Keys in known forms, and long runs of letters and digits after a word for a key."""
    for form in words.key_forms():
        for match in form.finditer(text):
            yield Span(kind=Kind.KEY, start=match.start(), end=match.end())
    for match in _KEY_WORD.finditer(text):
        value = match["value"].rstrip(".-/")
        if _looks_random(value):
            yield Span(kind=Kind.KEY, start=match.start("value"), end=match.start("value") + len(value))


def _looks_random(value: str) -> bool:
    """Digits among letters, or too long and too mixed for words; an address is neither."""
    digits = sum(map(str.isdigit, value))
    mixed = value != value.lower() and value != value.upper()
    if "//" in value or len(value) < _LEAST_KEY or not any(map(str.isalpha, value)):
        return False
    return digits > 1 or (mixed and (digits > 0 or len(value) >= _LONG_KEY) and len(value) >= _MIXED_KEY)


def find_passwords(text: str) -> Iterator[Span]:
    """What is told as a password, in both orders."""
    for match in _SAID.finditer(text):
        if _strong(match["value"]) or _told(text, match):
            yield _span(match)
    for pattern in (_BARE, _SET, _REVERSED, _PAIR):
        for match in pattern.finditer(text):
            if _strong(match["value"]):
                yield _span(match)
    for match in _LOOSE.finditer(text):
        if _strong(match["value"]) and not names_a_thing(text, match.start("value")):
            yield _span(match)
    for match in _PHRASE.finditer(text):
        if match["mark"] or _plain_word(match["value"].split()[0]) not in words.listed("ordinary"):
            yield _span(match)


def _plain_word(value: str) -> str:
    """The word as the lists spell it."""
    return value.strip(_TAIL + "!?").lower()


def _told(text: str, match: re.Match[str]) -> bool:
    """Whether a plain word directly after "password:" or "password is" is one.

    After a mark every word is that is not an ordinary one. After "is" the clause has to end with it: "password is
    sunshine", not "password is apparently wrong".
    """
    value = match["value"]
    word = _plain_word(value)
    if match["gap"].strip():  # "das neue Passwort ab heute: Dahlie"
        return bool(match["mark"] and word not in words.listed("ordinary") and _LINE_END.match(text, match.end()))
    if "://" in value and match["mark"] != "=":
        return False
    if match["mark"] == "=" or _is_quoted(value) or (len(word) >= _LEAST_WORD and any(map(str.isdigit, word))):
        return True
    if not word or word in words.listed("ordinary"):
        return False
    return bool(match["mark"]) or value[-1] in ".,;!?" or bool(_CLAUSE_END.match(text, match.end()))


def _strong(value: str) -> bool:
    """Whether a run holds what words do not: a digit or a mark beside letters, capitals inside, or many digits."""
    if _is_quoted(value):
        return True
    core = value.strip(_TAIL + "([<{!?")
    if len(core) < _LEAST_WORD or "://" in core or ("@" in core[1:-1] and "." in core.rpartition("@")[2]):
        return False
    if core.isdigit():
        return len(core) >= _LEAST_DIGITS
    inside = core[1:] != core[1:].lower() and core != core.upper()
    return any(map(str.isalpha, core)) and (inside or any(char.isdigit() or char in _MARKS for char in core))


def _is_quoted(value: str) -> bool:
    return len(value) > 2 and value[0] in "\"'`" and value[-1] == value[0]


def _span(match: re.Match[str]) -> Span:
    start, end = match.span("value")
    value = match["value"]
    if _is_quoted(value):
        return Span(kind=Kind.PASSWORD, start=start + 1, end=end - 1)
    while end - start > 1 and match.string[end - 1] in _TAIL:
        end -= 1
    while end - start > 1 and match.string[start] in "\"'`(<[":
        start += 1
    return Span(kind=Kind.PASSWORD, start=start, end=end)
