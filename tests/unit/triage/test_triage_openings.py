"""A rule is tried only where a match of it can begin, and that finds what trying it everywhere finds."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import starters
from connector.triage.openings import LETTERS, openings, places
from connector.triage.signals import Rules, parse_rules

RULES = parse_rules(starters.folder("signals"))
EVERYWHERE = Rules(rules=tuple(replace(rule, openings=None) for rule in RULES.rules), version="everywhere")
WORDS = sorted({word for row in RULES.rules for word in row.reason.split()})
PHRASES = (
    "charged me twice", "my old phone number", "locked out of my account", "ist gesperrt", "wurde doppelt abgebucht",
    "£4.99", "40 Euro", "you and I", "my solicitor", "delete everything about me", "was hacked", "2FA", "§ 433 BGB",
    "RGPD", "мой аккаунт", "the courts", "a copy of the invoice", "wo ist mein Paket", "l'avocat", "(no)", "-",
)  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("charg(?:ed?|ing)|2x", {"cha", "0x"}),
        ("[£$] ?\\d", {"£0", "£ 0", "$0", "$ 0"}),
        ("(?:my|our) account", {"my ", "our"}),
        ("(?:not )?mine", {"not", "min"}),
        ("ab{1,2}c", {"abb", "abc"}),
        ("a{0}bc", {"bc"}),
        ("x[a-c]", {"xa", "xb", "xc"}),
        ("(?<![^\\W_])(?:no)(?![^\\W_])", {"no"}),
        ("\\??yes", {"?ye", "yes"}),
        ("do.?nt", {"do"}),
        ("a|abc", {"a"}),
        ("(?:ab|cd)|(?:ef)", {"ab", "cd", "ef"}),
    ],
)
def test_the_beginnings_of_a_pattern(pattern: str, expected: set[str]) -> None:
    assert openings(pattern) == frozenset(expected)


@pytest.mark.parametrize("pattern", ["\\w{2,3}x", ".x", "[^a]b", "(?P<name>x)", "(?:a|\\S)x", "a{0,2}", "(?:open"])
def test_what_can_begin_with_anything_is_tried_everywhere(pattern: str) -> None:
    assert openings(pattern) is None


def test_the_places_are_where_words_and_signs_begin() -> None:
    found = places("no. 42 or 7")
    assert {key: list(at) for key, at in found.items() if len(key) == 1} == {
        "n": [0],
        "0": [4, 10],
        "o": [7],
    }
    assert found["no."] == [0]
    assert max(map(len, found)) == LETTERS


def test_most_rules_know_how_they_begin() -> None:
    unknown = [rule.id for rule in RULES.rules if rule.openings is None]
    assert len(unknown) < len(RULES.rules) / 20


@given(st.lists(st.sampled_from([*PHRASES, *WORDS, ".", "?", ",", "\n\n"]), max_size=40).map(" ".join))
def test_the_rules_find_what_they_would_find_everywhere(text: str) -> None:
    found = {hit.rule for hit in RULES.hits(text)}
    assert found >= {hit.rule for hit in EVERYWHERE.hits(text)}
