from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from connector.drafting import to_html

HOSTS = {"help.nordlicht.example"}


class Tags(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.seen: set[str] = set()
        self.links: list[str] = []
        self.text = ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.add(tag)
        self.links += [value or "" for name, value in attrs if name == "href"]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_paragraphs_and_line_breaks() -> None:
    assert to_html("Hello,\n\nfirst\nsecond") == "<p>Hello,</p><p>first<br>second</p>"


def test_only_allowed_links_can_be_clicked() -> None:
    parsed = Tags(to_html("See https://help.nordlicht.example/a?b=1&c=2. Not https://evil.example/x", HOSTS))
    assert parsed.links == ["https://help.nordlicht.example/a?b=1&c=2"]
    assert "https://evil.example/x" in parsed.text


def test_markup_of_the_text_is_shown_not_run() -> None:
    parsed = Tags(to_html('<script>alert(1)</script><img src="x" onerror="y"> & so on'))
    assert parsed.seen == {"p"}
    assert '<script>alert(1)</script><img src="x" onerror="y"> & so on' in parsed.text


def test_template_marks_are_broken_up_but_read_the_same() -> None:
    markup = to_html("{{ticket.requester.email}} {% if a %}")
    assert "{{" not in markup
    assert "{%" not in markup
    assert "}}" not in markup
    assert "{{ticket.requester.email}} {% if a %}" in Tags(markup).text


@settings(deadline=None)
@given(st.text(alphabet=st.sampled_from("{}%<>&\"'/ :ahtps.\n"), max_size=80))
def test_no_text_yields_other_tags_or_template_marks(text: str) -> None:
    markup = to_html(text, HOSTS)
    assert Tags(markup).seen <= {"p", "br", "a"}
    assert not any(mark in markup for mark in ("{{", "{%", "}}", "%}"))
