"""Help-centre HTML as plain text with Markdown headings: what a reader sees, with the addresses behind its links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from connector.plaintext.html import _parse, _render, _strip_tags, _tidy

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SHOWN = ("http://", "https://")


def html_to_article(html: str, *, base: str = "") -> str:
    """The visible text: headings as "## ...", links as "text (address)", table rows as points; no images.

    Hidden parts and comments are left out. `base` completes links that lack a host.
    """
    page = _parse(html)
    if page is None:
        return _strip_tags(html)
    for link in list(page.root.iter("a")):
        _show_address(link, base)
    for row in list(page.root.iter("tr")):
        _as_point(row)
    for table in list(page.root.iter("table", "tbody", "thead", "tfoot")):
        table.tag = "div"
    for heading in list(page.root.iter(*_HEADINGS)):
        _as_heading(heading)
    return _tidy(_render(page.root))


def _show_address(link: Any, base: str) -> None:
    address = urljoin(base, (link.get("href") or "").strip())
    words = " ".join("".join(link.itertext()).split())
    if not address.lower().startswith(_SHOWN) or any(char.isspace() for char in address) or not words:
        return
    bare = address.split("://", 1)[1].rstrip("/")
    if words.split("://", 1)[-1].rstrip("/") == bare:
        return  # the text is the address already
    last = link[-1] if len(link) else None
    if last is None:
        link.text = f"{(link.text or '').rstrip()} ({address})"
    else:
        last.tail = f"{(last.tail or '').rstrip()} ({address})"


def _as_point(row: Any) -> None:
    """A table's row as one line of its own: cells set side by side would run together when lines are joined."""
    cells = [" ".join("".join(cell.itertext()).split()) for cell in row if cell.tag in ("td", "th")]
    for child in list(row):
        row.remove(child)
    row.text = "- " + " | ".join(cell for cell in cells if cell) if any(cells) else ""
    row.tag = "p"


def _as_heading(heading: Any) -> None:
    words = " ".join("".join(heading.itertext()).split())
    for child in list(heading):
        heading.remove(child)
    heading.text = f"## {words}" if words else ""
    heading.tag = "p"
