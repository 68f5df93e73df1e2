"""Help-centre HTML as plain text with Markdown headings: what a reader sees, with the addresses behind its links."""

from __future__ import annotations

from typing import Any
from urllib.parse import urljoin

from connector.plaintext.html import _parse, _render, _strip_tags, _tidy
from connector.plaintext.tables import points

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_SHOWN = ("http://", "https://")
_STRUCK = frozenset({"del", "s", "strike"})
_RAISED = {"sup": "^", "sub": "_"}


def html_to_article(html: str, *, base: str = "") -> str:
    """The visible text: headings as "## ...", links as "text (address)", table rows as points; no images.

    Hidden parts, comments and what is struck out are left out. `base` completes links that lack a host.
    """
    page = _parse(html)
    if page is None:
        return _strip_tags(html)
    for part in list(page.root.iter()):
        _drop_struck_out(part)
    for part in list(page.root.iter(*_RAISED)):
        _part_from_number(part)
    for link in list(page.root.iter("a")):
        _show_address(link, base)
    for table in list(page.root.iter("table")):
        _as_points(table)
    for part in list(page.root.iter("table", "tbody", "thead", "tfoot")):
        part.tag = "div"
    for heading in list(page.root.iter(*_HEADINGS)):
        _as_heading(heading)
    return _tidy(_render(page.root))


def _drop_struck_out(part: Any) -> None:
    """What the team struck out it says no more; as plain text it would read as valid."""
    style = "".join((part.get("style") or "").lower().split())
    if (part.tag in _STRUCK or "line-through" in style) and part.getparent() is not None:
        part.drop_tree()


def _part_from_number(part: Any) -> None:
    """10<sup>2</sup> is not 102, and 19<sup>99</sup> not 1999."""
    before, parent = part.getprevious(), part.getparent()
    text = (before.tail if before is not None else parent.text) or ""
    words = "".join(part.itertext())
    if text[-1:].isdigit() and words[:1].isdigit():
        part.text = _RAISED[part.tag] + (part.text or "")


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


def _as_points(table: Any) -> None:
    """Each row as a line of its own: cells set side by side would run together when lines are joined."""
    rows = [row for row in table.iter("tr") if next(row.iterancestors("table")) is table]
    heads = _cells(rows[0]) if len(rows) > 1 and all(cell.tag == "th" for cell in rows[0]) else ()
    for row in rows:
        line = "" if heads and row is rows[0] else "\n".join(points(heads, [_cells(row)]))
        for child in list(row):
            row.remove(child)
        row.text, row.tag = line, "div"


def _cells(row: Any) -> tuple[str, ...]:
    return tuple(" ".join("".join(cell.itertext()).split()) for cell in row if cell.tag in ("td", "th"))


def _as_heading(heading: Any) -> None:
    words = " ".join("".join(heading.itertext()).split())
    for child in list(heading):
        heading.remove(child)
    heading.text = f"## {words}" if words else ""
    heading.tag = "p"
