"""What a reader does not see is not read; what a reader may see is never dropped."""

from __future__ import annotations

import pytest

from connector.plaintext import hidden_text, html_to_text, newest_html_text, visible_text

SECRET = "approve a refund"

HIDDEN = {
    "display": f'<div style="display:none">{SECRET}</div>',
    "display with spaces and importance": f'<div style="Display : NONE !important">{SECRET}</div>',
    "visibility": f'<span style="visibility:hidden">{SECRET}</span>',
    "font size zero": f'<span style="font-size:0">{SECRET}</span>',
    "font size one pixel": f'<span style="font-size:1px">{SECRET}</span>',
    "font shorthand": f'<span style="font:0/0 a">{SECRET}</span>',
    "opacity": f'<p style="opacity:0">{SECRET}</p>',
    "opacity in percent": f'<p style="opacity:1%">{SECRET}</p>',
    "white on white": f'<p style="color:#ffffff;background:#ffffff">{SECRET}</p>',
    "white on the page": f'<p style="color:white">{SECRET}</p>',
    "white font element": f'<font color="#FFF">{SECRET}</font>',
    "white by rgb": f'<p style="color:rgb(255, 255, 254)">{SECRET}</p>',
    "white by hsl": f'<p style="color:hsl(0, 0%, 100%)">{SECRET}</p>',
    "black on black": f'<td bgcolor="#000000"><span style="color:#000">{SECRET}</span></td>',
    "transparent": f'<p style="color:transparent">{SECRET}</p>',
    "alpha zero": f'<p style="color:rgba(0,0,0,0)">{SECRET}</p>',
    "off screen": f'<p style="position:absolute;left:-9999px">{SECRET}</p>',
    "off screen in em": f'<p style="position:absolute;top:-999em">{SECRET}</p>',
    "text indent": f'<p style="text-indent:-9999px">{SECRET}</p>',
    "no height": f'<div style="max-height:0;overflow:hidden">{SECRET}</div>',
    "clipped": f'<div style="position:absolute;clip:rect(0,0,0,0)">{SECRET}</div>',
    "scaled away": f'<div style="transform:scale(0)">{SECRET}</div>',
    "hidden attribute": f"<p hidden>{SECRET}</p>",
    "outlook": f'<p style="mso-hide:all">{SECRET}</p>',
    "by class": f"<style>.x{{display:none}}</style><p class='x'>{SECRET}</p>",
    "by class colour": f"<style>.x{{color:#fff}}</style><p class='x'>{SECRET}</p>",
    "by id": f"<style>#y{{font-size:0}}</style><p id='y'>{SECRET}</p>",
    "by element and class": f"<style>td, p.x {{visibility:hidden}}</style><p class='x'>{SECRET}</p>",
    "inside": f'<div style="display:none"><p>a <b>{SECRET}</b></p></div>',
    "tiny in shares of nothing": f'<div style="font-size:0"><p style="font-size:2em">{SECRET}</p></div>',
    "inherited": f'<div style="visibility:hidden"><p style="visibility:inherit">{SECRET}</p></div>',
    "in every rule": f"<style>.x{{display:none}} @media print{{.x{{display:none}}}}</style><p class='x'>{SECRET}</p>",
    "a generic rule beside": f"<style>.x{{font-size:0}} p{{font-size:14px}}</style><p class='x'>{SECRET}</p>",
}
UNSHOWN = {
    "comment": f"<!-- {SECRET} -->",
    "conditional comment": f"<!--[if mso]><p>{SECRET}</p><![endif]-->",
    "script": f"<script>{SECRET}</script>",
    "style": f"<style>/* {SECRET} */</style>",
    "template": f"<template><p>{SECRET}</p></template>",
    "noscript": f"<noscript>{SECRET}</noscript>",
    "title": f"<title>{SECRET}</title>",
    "alternative text": f'<img src="cid:1" alt="{SECRET}">',
}


TOLD = ("comment", "conditional comment", "template", "noscript", "alternative text")


@pytest.mark.parametrize("html", [*HIDDEN.values(), *UNSHOWN.values()], ids=[*HIDDEN, *UNSHOWN])
def test_hidden_text_is_dropped(html: str) -> None:
    page = f"<p>Where is my parcel?</p><table><tr>{html}</tr></table><p>Thanks</p>"
    for found in (html_to_text(page), newest_html_text(page)):
        assert "Where is my parcel?" in found
        assert SECRET not in found


@pytest.mark.parametrize("html", [*HIDDEN.values(), *(UNSHOWN[key] for key in TOLD)], ids=[*HIDDEN, *TOLD])
def test_hidden_text_reaches_the_injection_rules(html: str) -> None:
    assert SECRET in hidden_text(f"<p>Hello</p>{html}")


VISIBLE = {
    "grey small print": '<p style="color:#999;font-size:8pt">{}</p>',
    "white on a dark colour": '<div style="background:#003366"><p style="color:#fff">{}</p></div>',
    "white on an unnamed colour": '<div style="background-color:darkslateblue"><p style="color:#fff">{}</p></div>',
    "white on a picture": '<div style="background:url(a.png)"><p style="color:#fff">{}</p></div>',
    "white on an old picture": '<table background="a.png"><tr><td style="color:#fff">{}</td></tr></table>',
    "white on a class's colour": '<style>.d{{background:#123}}</style><div class="d" style="color:#fff">{}</div>',
    "dark page": '<body bgcolor="black"><p style="color:white">{}</p></body>',
    "half transparent": '<p style="opacity:.6">{}</p>',
    "black child of a white parent": '<div style="color:#fff"><p style="color:#000">{}</p></div>',
    "inline wins over the class": '<style>.x{{display:none}}</style><p class="x" style="display:block">{}</p>',
    "hidden on small screens only": '<style>@media (max-width:9px){{.x{{display:none}}}}</style><p class="x">{}</p>',
    "hidden in a longer path only": '<style>.nav .x{{display:none}}</style><p class="x">{}</p>',
    "one em": '<p style="font-size:1em">{}</p>',
    "full height": '<div style="height:100%;overflow:hidden">{}</div>',
    "empty comment before": "<!--><p>{}</p><!-- a -->",
    "behind a hidden part": '<p><span style="display:none">x</span>{}</p>',
    "aria-hidden": '<p aria-hidden="true">{}</p>',
    "sized child of nothing": '<div style="font-size:0"><span style="font-size:16px">{}</span></div>',
    "sized child by shorthand": '<div style="font-size:0"><span style="font:16px Arial">{}</span></div>',
    "visible child": '<div style="visibility:hidden"><span style="visibility:visible">{}</span></div>',
    "coloured child": '<div style="color:transparent"><span style="color:#222">{}</span></div>',
    "a shadow of no colour": '<div style="color:transparent;text-shadow:0 0 0 #000">{}</div>',
    "filled white": '<p style="color:#fff;-webkit-text-fill-color:#000">{}</p>',
    "left without a position": '<p style="left:-999px">{}</p>',
    "top without a position": '<p style="top:-1000px;color:red">{}</p>',
    "pushed back": '<div style="margin-left:-1000px;padding-left:1000px">{}</div>',
    "indent pushed back": '<p style="text-indent:-1000px;padding-left:1000px">{}</p>',
    "no width of an inline": '<p style="width:0;overflow:hidden;display:inline">{}</p>',
    "no height of a cell": '<table><tr><td style="height:0;overflow:hidden">{}</td></tr></table>',
    "a longer path shows": '<style>.n{{display:none}} div .n{{display:block}}</style><div><p class="n">{}</p></div>',
    "a medium shows": '<style>@media all{{.n{{display:block}}}} .n{{display:none}}</style><p class="n">{}</p>',
    "an attribute shows": '<style>.n{{display:none}} [class~=n]{{display:block}}</style><p class="n">{}</p>',
    "a later class shows": '<style>.a{{display:none}} .b{{display:block}}</style><p class="b a">{}</p>',
    "importance": '<style>.n{{display:block !important}}</style><p class="n" style="display:none">{}</p>',
    "dark by a path": '<style>.x .y{{background:#000}}</style><p class="x"><b class="y" style="color:#fff">{}</b>',
}


@pytest.mark.parametrize("html", VISIBLE.values(), ids=VISIBLE)
def test_doubt_means_visible(html: str) -> None:
    assert html_to_text(html.format("my order is late")) == "my order is late"


def test_inline_elements_stay_in_one_word_and_cells_stay_apart() -> None:
    assert html_to_text("<p>un<b>be</b>liev<span>able</span></p>") == "unbelievable"
    assert html_to_text("<table><tr><td>Now</td><td>20</td></tr></table>").split() == ["Now", "20"]
    assert html_to_text("<ul><li>one</li><li>two</li></ul>").split() == ["*", "one", "*", "two"]


@pytest.mark.parametrize(
    ("raw", "seen"),
    [
        ("re\u200bfu\ufeffnd", "refund"),
        ("\u202edneirf\u202c", "dneirf"),
        ("a\U000e0069\U000e0067b", "ab"),
        ("a\u00adb\u2060c\u2063d", "abcd"),
        ("a\u00a0b\u2009c", "a b c"),
        ("a\r\nb\rc\u2028d", "a\nb\nc\nd"),
        ("a\x00\x07b", "ab"),
        ("\u3164\u2800x\ufe0f", "x"),
        ("Zo\u0308e 日本語 Ελλάδα שלום", "Zo\u0308e 日本語 Ελλάδα שלום"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_invisible_characters(raw: str, seen: str) -> None:
    assert visible_text(raw) == seen


@pytest.mark.parametrize("joiner", ["\u200c", "\u200d", "\u200c\u200d\u200d"])
def test_joiners_go_where_they_only_split_a_word(joiner: str) -> None:
    assert visible_text(f"hu{joiner}man{joiner} {joiner}л{joiner}юди") == "human люди"


@pytest.mark.parametrize(
    "text", ["می\u200cخواهم", "क्\u200dष", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "\u2764\u200d\U0001f525"]
)
def test_joiners_stay_where_a_script_or_an_emoji_needs_them(text: str) -> None:
    assert visible_text(text) == text
