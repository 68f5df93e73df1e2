"""One customer's message must not hold up everybody else's."""

import time
from contextlib import suppress

import pytest

from connector import starters
from connector.errors import ConfigurationError
from connector.knowledge.articles import chunks, parse_article, plain
from connector.triage import parse_rules
from connector.triage.language import detect

HEAD = "---\ntitle: T\nlanguage: en\n---\n"


@pytest.mark.parametrize("text", ["." * 20_000, "a" * 200_000])
def test_the_language_of_a_long_line_without_spaces_is_found_in_less_than_a_second(text: str) -> None:
    detect("The model is loaded by now, so that only the text counts.")
    began = time.process_time()
    detect(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize("piece", [".", "[", "._", ". ", ".\n\n"])
def test_the_rules_pass_over_signs_without_words(piece: str) -> None:
    rules = parse_rules(starters.folder("signals"))
    began = time.process_time()
    rules.hits(piece * (200_000 // len(piece)))
    assert time.process_time() - began < 2


@pytest.mark.parametrize("piece", ["[", "[a](", "![a", "<!-- ", "<b ", "`<b>", "**a ", "_a ", "# a ##"])
def test_an_article_of_nothing_but_openings_is_read_in_seconds(piece: str) -> None:
    began = time.process_time()
    body = piece * (100_000 // len(piece))
    plain(body)
    with suppress(ConfigurationError):  # some are refused; what counts is how soon
        chunks(parse_article("a.md", HEAD + body))
    assert time.process_time() - began < 5


def test_the_bounds_on_mark_up_leave_ordinary_mark_up_alone() -> None:
    written = "<!-- note -->![shot](a.png)See **the [guide](https://acme.example/a_(b)) now** or _ask_ <!-- us -->"
    (only,) = chunks(parse_article("a.md", HEAD + written))
    assert only.text == "See the guide (https://acme.example/a_(b)) now or ask"
