"""What a help-centre article says in plain text is what it says to its reader."""

from __future__ import annotations

import pytest

from connector.plaintext import html_to_article


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Return it within <del>14</del> 30 days.</p>", "Return it within 30 days."),
        ("<p>Within <s>14</s> <strike>20</strike> 30 days.</p>", "Within 30 days."),
        ("<p>Within <span style='text-decoration: Line-Through'>14 <b>days</b></span> 30 days.</p>", "Within 30 days."),
        ("<p>It costs 19<sup>99</sup> euros for 10<sub>2</sub> grams.</p>", "It costs 19^99 euros for 10_2 grams."),
        ("<p>H<sub>2</sub>O, the 2<sup>nd</sup> and <b>1</b>0<sup>2</sup></p>", "H2O, the 2nd and 10^2"),
    ],
)
def test_what_is_struck_out_or_raised_says_in_plain_text_what_it_says_to_a_reader(html: str, text: str) -> None:
    assert html_to_article(html) == text
