"""Whatever comes in: no error, nothing lost entirely, and an end."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.plaintext import hidden_text, html_to_text, newest_html_text, newest_text, visible_text

LINES = [
    "Where is my parcel?",
    "",
    "> quoted",
    ">> On 4 Nov 2025, at 09:12, X wrote:",
    "On 4 Nov 2025, X wrote:",
    "Am 4.11.2025 schrieb X:",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "From: a@b.example",
    "Sent: today",
    "Betreff: AW",
    "-- ",
    "Kind regards",
    "Mara",
    "Sent from my iPhone",
    "This e-mail is confidential",
    "________________________________",
]
TAGS = [
    "<div>",
    "</div>",
    "<p hidden>",
    "<blockquote type=cite>",
    "</blockquote>",
    '<div class="gmail_quote">',
    '<div id="divRplyFwdMsg">',
    '<span style="display:none">',
    "<table><tr><td>",
    "</table>",
    "<!--",
    "-->",
    "<style>.x{color:#fff",
    "</style>",
    "<p class=x>",
    "<",
    "&#x",
    "\ud800",
    "\x00",
]
mails = st.lists(st.sampled_from(LINES) | st.text(max_size=40), max_size=25).map("\n".join)
pages = st.lists(st.sampled_from(TAGS + LINES) | st.text(max_size=20), max_size=30).map("".join)
careful = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.too_slow])


@careful
@given(mails)
def test_newest_text_never_comes_out_empty(raw: str) -> None:
    found = newest_text(raw)
    assert bool(found) == bool(visible_text(raw).strip())
    assert found == found.strip()


@careful
@given(mails)
def test_newest_text_only_leaves_out(raw: str) -> None:
    assert set(newest_text(raw).split()) <= set(visible_text(raw).split())


@careful
@given(mails)
def test_a_second_pass_leaves_a_text_that_is_not_empty(raw: str) -> None:
    once = newest_text(raw)
    twice = newest_text(once)
    assert bool(twice) == bool(once)
    assert len(twice) <= len(once)
    assert visible_text(visible_text(raw)) == visible_text(raw)


@careful
@given(pages)
def test_newest_html_text_never_comes_out_empty(html: str) -> None:
    whole = html_to_text(html)
    assert bool(newest_html_text(html)) == bool(whole)
    assert isinstance(hidden_text(html), str)


@careful
@given(st.binary(max_size=400))
def test_any_bytes(raw: bytes) -> None:
    text = raw.decode("latin-1")
    assert isinstance(newest_text(text), str)
    assert isinstance(newest_html_text(text), str)


MIB = 1_048_576
HOSTILE_TEXT = {
    "attribution words": ("On " + "1 wrote " * 35 + "\n") * 3_600,
    "attribution words and colons": ("Am " + "1 schrieb " * 28 + ":\n") * 3_600,
    "header words": "From: x\nSent: y\n" * 60_000,
    "signature lines": "--\n" * (MIB // 3),
    "closings": "Regards\nx\n" * (MIB // 10),
    "quote marks": "> " * (MIB // 2),
    "quoted lines": ">\n" * (MIB // 2),
    "line ends": "\n" * MIB + "x",
    "spaces": (" " * 299 + "\n") * 3_500 + "x",
    "zero-width characters": "\u200b" * MIB,
    "tag characters": "\U000e0041" * MIB,
    "one long line": "On x wrote:" * (MIB // 11),
}
HOSTILE_HTML = {
    "deep nesting": "<div>" * (MIB // 5) + "x",
    "deep formatting": "<font><b>" * (MIB // 9) + "x",
    "deep tables": "<table><tr><td>" * (MIB // 15) + "x",
    "deep quotes": "<blockquote type=cite>" * (MIB // 22) + "x",
    "open brackets": "<" * MIB,
    "open tags": "<a " * (MIB // 3),
    "open comments": "<!--" * (MIB // 4),
    "many comments": "<!-- -->" * (MIB // 8) + "x",
    "open styles": "<style>" * (MIB // 7) + "x",
    "open rules": "<style>" + "{" * MIB + "</style>x",
    "many rules": "<style>" + ".a{color:#fff}" * (MIB // 14) + "</style>x",
    "long style": '<p style="' + "a:b;" * 200_000 + '">x</p>',
    "many elements": "<p>x" * (MIB // 4),
    "wide and tall table": "<table><tr>" + "<td>x</td>" * 10_000 + "<td>" + "<br>x" * 10_000 + "</td></tr></table>",
    "long and tall cells": "<table><td>" + "x " * 200_000 + "</td><td>" + "<br>" * 20_000 + "y</td></table>",
    "line ends": "<table><td>" + "x" * 200_000 + "</td><td><pre>" + "y\n" * 200_000 + "</pre></td></table>",
}


@pytest.mark.timeout(60)
@pytest.mark.parametrize("raw", HOSTILE_TEXT.values(), ids=HOSTILE_TEXT)
def test_hostile_text_comes_to_an_end(raw: str) -> None:
    assert bool(newest_text(raw)) == bool(visible_text(raw).strip())


@pytest.mark.timeout(60)
@pytest.mark.parametrize("html", HOSTILE_HTML.values(), ids=HOSTILE_HTML)
def test_hostile_html_comes_to_an_end(html: str) -> None:
    assert bool(newest_html_text(html)) == bool(html_to_text(html))
    assert isinstance(hidden_text(html), str)
