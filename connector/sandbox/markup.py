"""HTML as the vendors keep it: cleaning what is written through the API, and the plain text beside it."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import nh3
from markdown_it import MarkdownIt

_MARKDOWN = MarkdownIt("commonmark", {"breaks": True, "html": False})
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "blockquote",
        "div",
        "dd",
        "dl",
        "dt",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tr",
        "ul",
    ]
)
_SILENT = frozenset({"script", "style", "head", "title", "template"})
_VOID = frozenset({"br", "hr", "img", "input", "meta", "link", "area", "base", "col", "embed", "source", "wbr"})
_HIDING = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?!\.)"
)
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "*": {"class", "dir"}}
_MAIL_ATTRIBUTES = {**_ATTRIBUTES, "*": {"class", "dir", "style", "title"}}


class _Visible(HTMLParser):
    """Rebuilds the markup without comments and without elements a reader would not see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.parts: list[str] = []
        self._hidden_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        hides = any(
            name == "hidden" or (name == "style" and value and _HIDING.search(value.lower())) for name, value in attrs
        )
        if self._hidden_depth or hides:
            if tag not in _VOID:
                self._hidden_depth += 1
            return
        self.parts.append(self.get_starttag_text() or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not self._hidden_depth:
            self.parts.append(self.get_starttag_text() or "")

    def handle_endtag(self, tag: str) -> None:
        if not self._hidden_depth:
            self.parts.append(f"</{tag}>")
        elif tag not in _VOID:
            self._hidden_depth -= 1

    def handle_data(self, data: str) -> None:
        if not self._hidden_depth:
            self.parts.append(data)

    def handle_entityref(self, name: str) -> None:
        self.handle_data(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self.handle_data(f"&#{name};")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._silent_depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SILENT:
            self._silent_depth += 1
        elif tag == "br":
            self.parts.append("\n")
        elif tag in _BLOCKS:
            self.parts.append("\0")

    def handle_endtag(self, tag: str) -> None:
        if tag in _SILENT:
            self._silent_depth = max(0, self._silent_depth - 1)
        elif tag in _BLOCKS:
            self.parts.append("\0")

    def handle_data(self, data: str) -> None:
        if not self._silent_depth:
            self.parts.append(re.sub(r"[ \t\r\n\f]+", " ", data))


def clean_written(markup: str) -> str:
    """Markup as a vendor keeps it when it came through the API: no scripts, styles or hidden elements."""
    visible = _Visible()
    visible.feed(markup)
    visible.close()
    return nh3.clean("".join(visible.parts), attributes=_ATTRIBUTES, link_rel="noopener noreferrer")


def clean_mail(markup: str) -> str:
    """Markup of an incoming mail: scripts go, inline styles stay, so text can still be hidden by style."""
    return nh3.clean(markup, attributes=_MAIL_ATTRIBUTES, link_rel="noopener noreferrer")


def to_text(markup: str) -> str:
    """The text of `markup` with line breaks where blocks end."""
    reader = _Text()
    reader.feed(markup)
    reader.close()
    text = re.sub(r" *\0[\0 ]*", "\0", "".join(reader.parts)).strip("\0 \n")
    text = re.sub(r"[ \t]*\n[ \t]*", "\n", text.replace("\0", "\n"))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def to_flat_text(markup: str) -> str:
    """The text of `markup` in one line, the way Freshdesk fills `body_text`."""
    return re.sub(r"\s+", " ", to_text(markup)).strip()


def from_text(text: str) -> str:
    """Escaped paragraphs for plain text."""
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").strip())
    return "".join(f"<p>{html.escape(part, quote=False).replace(chr(10), '<br>')}</p>" for part in paragraphs)


def from_markdown(text: str) -> str:
    """What Zendesk renders for `body`, which is Markdown."""
    return str(_MARKDOWN.render(text)).strip()


def strip_tags(text: str) -> str:
    """`text` without anything that looks like markup; Zendesk does this to `body`."""
    return html.unescape(nh3.clean(text, tags=set()))
