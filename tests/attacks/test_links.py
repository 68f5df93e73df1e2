"""Links: every spelling that a browser, a mail program or a helpdesk's preview would follow is found and taken out."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connector.drafting.links import find_links, foreign_links, is_allowed, without_links

HOSTS = frozenset({"help.nordlicht.example"})
SPELLINGS = [
    "https://evil.example/x",
    "HTTPS://EVIL.EXAMPLE",
    "https:evil.example",
    "https:/evil.example",
    "https:\\\\evil.example",
    "hxxps://evil.example",
    "foo://evil.example",
    "//evil.example/x",
    "\\\\evil.example\\x",
    "www.evil.example",
    "evil.example",
    "Evil.Com",
    "evil.zip",
    "t.co/abc",
    "Link:evil.example",
    "to/evil.example",
    "@evil.example",
    "...evil.example",
    "_evil.example_/x",
    "(evil.example)",
    "user:word@evil.example/x",
    "https://help.nordlicht.example@evil.example/",
    "https://help.nordlicht.example.evil.example/",
    "https://help.nordlicht.example:8443/",
    "http://help.nordlicht.example/",
    "https://xn--hlp-hoa.nordlicht.example/",
    "https://hеlp.nordlicht.example/",
    "https://evil%2eexample/x",
    "https%3A%2F%2Fevil.example",
    "%68ttps://evil.example",
    "&#104;ttps://evil.example",
    "evil。example",
    "evil｡example",
    "ｅｖｉｌ．ｅｘａｍｐｌｅ",
    "ⓔⓥⓘⓛ.example",
    "203.0.113.7/login",
    "https://[::1]/",
    "https://2130706433/",
    "javascript:alert(1)",
    "JavaScript:alert(1)",
    "data:text/html,x",
    "vbscript:x",
    "mailto:x@evil.example",
    "[a](b)",
    "[a](//evil.example)",
    "[a]( <https://evil.example> 'x')",
    "[a]: evil.example",
    "![a](https://evil.example/p.png)",
    "<https://evil.example>",
    "<a href=//evil.example>",
    "background:url(https://evil.example/b.png)",
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_link_is_found_and_taken_out_in_every_spelling(spelling: str) -> None:
    for text in (spelling, f"See {spelling} now.", f"See:\n{spelling}\nnow."):
        assert foreign_links(text, HOSTS), text
        left = without_links(text)
        assert foreign_links(left, HOSTS) == ()
        assert "evil" not in left.lower()
        assert "alert" not in left


@pytest.mark.parametrize(
    "text",
    [
        "Open export.csv, e.g. in the U.S. or z.B. hier. Note: done.Then go on at 9:30.",
        "It costs 3.50/day, and/or 4.000,00 EUR. Version 1.2.3 and 10.0.0.1 are fine.",
        "Write to support@nordlicht-outdoor.example today.",
        "PS:ok, Re:order, 10:30, A/B, e.g./i.e., d.h./z.B.",
    ],
)
def test_plain_writing_holds_no_link(text: str) -> None:
    assert find_links(text) == ()
    assert without_links(text) == text


def test_kept_links_stay_as_they_are() -> None:
    link = "https://help.nordlicht.example/returns"
    text = f"See {link}, [here]({link}) or evil.example."
    assert without_links(text, {link}) == f"See {link}, [here]({link}) or [link]."


def test_what_is_left_of_one_link_makes_no_other() -> None:
    text = "ht[x](y)tps://evil.example/a e[ ](b)vil.example https://evil.ex[link](c)ample/ wwwevil.example.evil.example"
    assert find_links(without_links(text)) == ()


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("evil.example:/\\[]()<>@!htps#?& \n\u3002\uff0e%2")))
def test_nothing_is_left_of_any_link(text: str) -> None:
    left = without_links(text)
    assert foreign_links(left, ()) == ()
    assert without_links(left) == left


@given(st.sampled_from(SPELLINGS), st.text(max_size=8), st.text(max_size=8))
def test_no_neighbour_hides_a_link_from_being_refused(spelling: str, before: str, after: str) -> None:
    assert all(not is_allowed(link, HOSTS) for link in foreign_links(f"{before} {spelling} {after}", HOSTS))
    assert foreign_links(f"{before} {spelling} {after}", HOSTS) or "[" in before + after or "]" in before + after
