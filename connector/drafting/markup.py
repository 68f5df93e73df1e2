"""Replies and notes as HTML for helpdesks that take HTML: escaped, plain, links to allowed hosts only."""

from __future__ import annotations

import html
import re
from collections.abc import Collection

import nh3

from connector.drafting.links import is_allowed

_LINK = re.compile(r"https://[^\s<>\"“”„)\]]+")
_TAGS = {"p", "br", "a"}


def to_html(text: str, link_hosts: Collection[str] = ()) -> str:
    """The text as paragraphs with line breaks. Only plain https links to `link_hosts` become clickable.

    Template marks are broken up because a helpdesk would fill them in: Zendesk renders `{{...}}` (Liquid)
    in comments that its API receives.
    """
    paragraphs = re.split(r"\n\s*\n", text.strip().replace("\r\n", "\n"))
    rendered = "".join(f"<p>{_lines(paragraph, link_hosts)}</p>" for paragraph in paragraphs if paragraph.strip())
    clean = nh3.clean(
        rendered,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"https"},
        link_rel="noopener noreferrer",
    )
    return _neutralise(clean)


def _lines(paragraph: str, link_hosts: Collection[str]) -> str:
    return "<br>".join(_linked(line.rstrip(), link_hosts) for line in paragraph.split("\n"))


def _linked(line: str, link_hosts: Collection[str]) -> str:
    parts: list[str] = []
    start = 0
    for match in _LINK.finditer(line):
        link = match.group().rstrip(".,;:!?'")
        parts.append(html.escape(line[start : match.start()]))
        shown = html.escape(link)
        parts.append(f'<a href="{shown}">{shown}</a>' if is_allowed(link, link_hosts) else shown)
        start = match.start() + len(link)
    parts.append(html.escape(line[start:]))
    return "".join(parts)


def _neutralise(text: str) -> str:
    """Braces of a template mark as character references, which every browser shows as the same braces."""
    return re.sub(r"\{(?=[{%])|(?<=[{%])\{", "&#123;", re.sub(r"\}\}|%\}", _closing, text))


def _closing(match: re.Match[str]) -> str:
    return match.group().replace("}", "&#125;")
