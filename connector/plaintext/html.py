"""HTML mail as plain text: what a reader sees, and what the author wrote newly."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import unescape
from typing import Any

from connector.plaintext.css import (
    DOUBTFUL,
    WHITE,
    Colour,
    Sheet,
    declared_colour,
    is_hidden,
    is_same_colour,
    is_see_through,
    is_tiny,
    is_unseen,
    parse_sheet,
)
from connector.plaintext.history import cut_history
from connector.plaintext.quotes import is_forward, newest_text, points_below, without_quoted_lines
from connector.plaintext.visible import visible_text

HIDDEN_TEXT_FIELD = "handrail_hidden_text"
"""Key of `Ticket.custom_fields` under which a provider may leave the hidden text of the unanswered messages.

Only the rules read it; it is never shown to a model.
"""

MAX_HTML_CHARS = 1_048_576
_MAX_DEPTH = 80  # real mail nests some 30 levels; inscriptis recurses, so deeper parts become flat text
_MAX_ELEMENTS = 50_000
_DROPPED = frozenset({"script", "style", "head", "template", "noscript", "img", "svg", "object", "iframe", "title"})
_CODE = frozenset({"script", "style", "head"})
_TAG = re.compile(r"<[^<>]{0,2000}>")
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}\?>|<!doctype[^>]{0,500}>", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*){2,}")
_MAX_CLASSES = 20
# inscriptis sets the cells of a row side by side and pads them all: this many characters may come of that.
_MAX_TABLE_CELLS = 4_000_000
_BREAKING = frozenset({"br", "tr", "p", "div", "li", "pre", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "hr"})
_TABLE_PARTS = frozenset({"table", "tbody", "thead", "tfoot", "tr", "td", "th"})


@dataclass(slots=True)
class _Page:
    """A parsed page without its hidden parts, and the text of those."""

    root: Any
    hidden: list[str]


def html_to_text(html: str) -> str:
    """The visible text of a mail, without images, scripts, comments and hidden parts. Empty where nothing shows."""
    page = _parse(html)
    return _tidy(_render(page.root)) if page else _strip_tags(html)


def hidden_text(html: str) -> str:
    """What the mail carries but does not show (comments and what stands for pictures included); for the rules only."""
    page = _parse(html)
    _, comments = _split_comments(html[:MAX_HTML_CHARS])
    parts = [*comments, *(page.hidden if page else ())]
    return visible_text("\n".join(part.strip() for part in parts if part.strip()))


def newest_html_text(html: str) -> str:
    """The visible text that the author wrote newly; the whole visible text where all of it seems quoted.

    A forwarded message below a short "see below" is kept: it is what the customer asks about.
    """
    page = _parse(html)
    if page is None:
        return newest_text(_strip_tags(html))
    whole = _tidy(_render(page.root))
    cut_history(page.root)
    kept = _tidy(_render(page.root))
    own = without_quoted_lines(kept).strip()
    if not own or points_below(own) or is_forward(whole):
        return newest_text(whole)
    return newest_text(kept)


def _parse(html: str) -> _Page | None:
    """The page, or None where it holds nothing the parser can use."""
    # Imported here: a process that only receives webhooks needs no parser. lxml ships no types.
    import lxml.etree  # type: ignore[import-untyped]
    import lxml.html  # type: ignore[import-untyped]

    html, _ = _split_comments(html[:MAX_HTML_CHARS])
    html = _DECLARATION.sub("", html).replace("\x00", "").strip()
    html = html.encode("utf-8", "ignore").decode()  # a lone surrogate makes libxml2 see an empty document
    parser = lxml.html.HTMLParser(remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    try:
        root = lxml.html.document_fromstring(html, parser=parser)
    except (lxml.etree.LxmlError, ValueError):
        return None
    if sum(1 for _ in root.iter()) > _MAX_ELEMENTS or (not "".join(root.itertext()).strip()):
        return None
    sheets = "\n".join(style.text or "" for style in root.iter("style"))
    page = _Page(root=root, hidden=[])
    _drop_hidden(page, parse_sheet(sheets))
    _flatten_tables(page.root)
    return page


def _split_comments(html: str) -> tuple[str, list[str]]:
    """The page without its comments, and the comments; a scan, because a pattern would be quadratic."""
    kept: list[str] = []
    comments: list[str] = []
    at = 0
    while (start := html.find("<!--", at)) >= 0:
        end = html.find("-->", start + 2)  # `<!-->` is a whole comment
        if end < 0:
            break
        kept.append(html[at:start])
        comments.append(html[start + 4 : end])
        at = end + 3
    return "".join([*kept, html[at:]]), comments


@dataclass(frozen=True, slots=True)
class _Look:
    """What an element hands on to its children."""

    colour: Colour | None = (0, 0, 0)
    ground: Colour | None = WHITE
    unseen: bool = False
    tiny: bool = False
    see_through: bool = False

    def of(self, element: Any, css: Mapping[str, str]) -> _Look:
        """The look of a child."""
        picture = "url(" if element.get("background") else None
        inks = (css.get("-webkit-text-fill-color"), css.get("color"), element.get("color"))
        return _Look(
            colour=declared_colour(self.colour, *inks),
            ground=declared_colour(
                self.ground,
                css.get("background-image"),
                picture,
                css.get("background-color"),
                css.get("background"),
                element.get("bgcolor"),
            ),
            unseen=is_unseen(css, inherited=self.unseen),
            tiny=is_tiny(css, inherited=self.tiny),
            see_through=is_see_through(css, inherited=self.see_through),
        )

    @property
    def hides(self) -> bool:
        """Whether nobody can read text of this look."""
        return self.unseen or self.tiny or self.see_through or is_same_colour(self.colour, self.ground)


def _drop_hidden(page: _Page, sheet: Sheet) -> None:
    waiting: list[tuple[Any, _Look, int]] = [(page.root, _Look(), 0)]
    while waiting:
        element, look, depth = waiting.pop()
        if not isinstance(element.tag, str):
            continue
        if element.tag in _DROPPED:
            page.hidden.extend(_unshown(element))
            _drop(element)
            continue
        css = sheet.declarations(
            element.tag,
            (element.get("class") or "").lower().split()[:_MAX_CLASSES],
            (element.get("id") or "").lower(),
            element.get("style") or "",
        )
        look = look.of(element, css)
        if (element.get("hidden") is not None and "display" not in css) or is_hidden(css, element.tag):
            page.hidden.append(" ".join(element.itertext()))
            page.hidden.extend(text for one in element.iter("img") for text in _unshown(one))
            _drop(element)
            continue
        if css.get("display") == DOUBTFUL:
            element.attrib.pop("style", None)  # the renderer would go by it
        if look.hides:
            _blank_own_text(element, page.hidden)
        if depth >= _MAX_DEPTH:
            _flatten(element)
            continue
        waiting.extend((child, look, depth + 1) for child in element)


def _unshown(element: Any) -> Iterator[str]:
    """What some programs show in place of an element that we leave out."""
    if element.tag in _CODE:
        return
    yield from (text for name in ("alt", "aria-label", "summary") if (text := element.get(name)))
    yield _TAG.sub(" ", element.get("srcdoc") or "")
    yield " ".join(element.itertext())


def _blank_own_text(element: Any, hidden: list[str]) -> None:
    """Take away the unreadable text of the element itself; a child may have a colour of its own."""
    if element.text and element.text.strip():
        hidden.append(element.text)
        element.text = " "
    for child in element:
        if child.tail and child.tail.strip():
            hidden.append(child.tail)
            child.tail = " "


def _drop(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()  # keeps the text behind the element


def _flatten(element: Any) -> None:
    text = " ".join(element.itertext())
    for child in list(element):
        element.remove(child)
    element.text = text


def _flatten_tables(root: Any) -> None:
    """Turn tables that only arrange the page, or would be padded beyond all measure, into blocks."""
    budget = _MAX_TABLE_CELLS
    for table in list(root.iter("table")):
        inside = list(table.iter())
        width = sum(len(text) for text in table.itertext())
        height = 1 + sum(1 for element in inside if element.tag in _BREAKING)
        height += sum((element.text or "").count("\n") for element in table.iter("pre"))
        arranges = next(table.iterdescendants("table"), None) is not None
        if not arranges and width * height <= budget:
            budget -= width * height
            continue
        for element in (table, *_own_parts(table)):
            element.tag = "div"


def _own_parts(table: Any) -> list[Any]:
    """The rows and cells of this table, not those of a table in one of its cells."""
    found: list[Any] = []
    waiting = list(table)
    while waiting:
        element = waiting.pop()
        if element.tag in _TABLE_PARTS and element.tag != "table":
            found.append(element)
            waiting.extend(element)
    return found


def _render(root: Any) -> str:
    import inscriptis
    from inscriptis.css_profiles import STRICT_CSS_PROFILE
    from inscriptis.model.config import ParserConfig

    config = ParserConfig(css=STRICT_CSS_PROFILE, display_links=False, display_images=False)
    return str(inscriptis.Inscriptis(root, config).get_text())


def _strip_tags(html: str) -> str:
    """A crude last resort for pages that the parser cannot read: all text outside scripts, hidden or not."""
    text, _ = _split_comments(html[:MAX_HTML_CHARS])
    for name in ("script", "style", "template", "noscript"):
        text = _without_element(text, name)
    return _tidy(unescape(_TAG.sub(" ", text)))


def _without_element(html: str, name: str) -> str:
    """The page without these elements; a scan, because a pattern would be quadratic."""
    kept: list[str] = []
    at = 0
    for start in re.finditer(rf"<{name}\b", html, re.IGNORECASE):
        if start.start() < at:
            continue
        kept.append(html[at : start.start()])
        end = re.compile(rf"</{name}\b", re.IGNORECASE).search(html, start.end())
        if end is None:
            return "".join(kept)
        at = end.start()
    return "".join([*kept, html[at:]])


def _tidy(text: str) -> str:
    lines = [line.rstrip() for line in visible_text(text).split("\n")]
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
