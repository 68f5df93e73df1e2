"""The format of the signal rules: words they share, what has to stand near a match, and where near is."""

from __future__ import annotations

import time

import pytest

from connector.errors import ConfigurationError
from connector.model import Signal
from connector.triage.signals import Rules, parse_rules

WORDS = """
[words]
money = ['£ ?\\d{1,4}', 'pounds']
taken = ['took', 'charged']
both = ['{taken} {money}']
"""


def _rules(body: str, words: str = "") -> Rules:
    row = f'[[rule]]\nid = "row"\nlanguages = ["en"]\nreason = "A test."\n{body}\n'
    return parse_rules({"billing_dispute.toml": f"{words}\n{row}"})


def _raised(rules: Rules, text: str) -> bool:
    return Signal.BILLING_DISPUTE in {hit.signal for hit in rules.hits(text)}


def test_a_row_calls_the_words_of_its_file_by_name() -> None:
    rules = _rules("pattern = 'you {both}'", WORDS)
    assert _raised(rules, "You took £ 40.")
    assert _raised(rules, "You charged pounds.")
    assert not _raised(rules, "You took 40.")


def test_a_pattern_may_be_a_list_of_phrases() -> None:
    rules = _rules("pattern = ['first thing', 'second (?:thing|one)']")
    assert _raised(rules, "The first thing.")
    assert _raised(rules, "The second one.")


@pytest.mark.parametrize(
    ("within", "far", "near"),
    [
        ("sentence", "You took it. That is wrong.", "It is wrong that you took it."),
        ("around", "You took it. So it was. In May. That is wrong.", "You took it. That is wrong."),
        ("text", "You took it. So it was.", "That is wrong. So it was. In May. You took it."),
    ],
)
def test_what_has_to_stand_near_a_match_is_looked_for_there_only(within: str, far: str, near: str) -> None:
    rules = _rules(f"pattern = 'you took'\nwith = ['wrong']\nwithin = '{within}'")
    assert not _raised(rules, far)
    assert _raised(rules, near)


def test_every_phrase_of_with_has_to_stand_there() -> None:
    rules = _rules("pattern = 'you took'\nwith = ['wrong', 'bank']")
    assert not _raised(rules, "You took it. That is wrong.")
    assert _raised(rules, "My bank says that you took it. That is wrong.")


def test_an_exception_has_a_place_of_its_own() -> None:
    rules = _rules("pattern = 'you took'\nwith = ['wrong']\nunless = ['by mistake']\nunless_within = 'sentence'")
    assert _raised(rules, "You took it. That is wrong, and I clicked by mistake.")
    assert not _raised(rules, "You took it by mistake. That is wrong.")


def test_a_second_match_counts_where_the_first_is_taken_back() -> None:
    rules = _rules("pattern = 'you took'\nunless = ['thanks']\nunless_within = 'sentence'")
    assert _raised(rules, "Thanks, you took it. You took it again.")


@pytest.mark.parametrize(
    ("body", "words", "message"),
    [
        ("pattern = 'you {money}'", "", r"\{money\} is not in the table"),
        ("pattern = 'you took'\nwithin = 'page'", "", "within: write one of sentence, around, text"),
        ("pattern = 'you took'\nwith = 'wrong'", "", "with: write a list of phrases"),
        ("pattern = ['you took', 3]", "", "pattern: write a list of phrases"),
        ("pattern = []", "", "a pattern is missing"),
        ("pattern = 'you took'", "[words]\nMoney = ['x']", "write the name in small letters"),
        ("pattern = 'you took'", "[words]\nfirst = ['{second}']\nsecond = ['x']", "not above"),
        ("pattern = 'you {all}'", "[words]\nall = ['.{0,9}x', '\\w+']", "bounded repeats"),
        ("pattern = 'you took'\nwith = ['a?']", "", "matches everything"),
    ],
)
def test_a_faulty_row_is_refused(body: str, words: str, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        _rules(body, words)


@pytest.mark.parametrize("within", ["sentence", "around", "text"])
def test_many_matches_cost_one_look_each_place(within: str) -> None:
    rules = _rules(f"pattern = 'took'\nwith = ['wrong']\nwithin = '{within}'\nunless = ['right']")
    began = time.process_time()
    assert not _raised(rules, "They took it. " * 7_000)
    assert time.process_time() - began < 5
