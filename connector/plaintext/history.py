"""Where the history of an HTML mail stands, by the marks that mail programs set around it."""

from __future__ import annotations

import re
from typing import Any

from connector.plaintext.signatures import talks

_QUOTE_CLASSES = frozenset(
    {
        "gmail_attr",
        "gmail_quote",
        "gmail_quote_container",
        "freshdesk_quote",
        "zd-comment-quote",
        "yahoo_quoted",
        "protonmail_quote",
        "moz-cite-prefix",
        "moz-forward-container",
        "tutanota_quote",
        "zmail_extra",
        "ms-outlook-mobile-reference-message",
    }
)
_SIGNATURES = frozenset(
    {
        "gmail_signature",
        "moz-signature",
        "protonmail_signature_block",
        "applemailsignature",
        "linebreakatbeginningofsignature",
        "signature",
        "ms-outlook-mobile-signature",
        "ms-outlook-mobile-body-separator-line",
    }
)
# Gmail puts answers between the quotes inside this frame, so it is no quote itself where quotes are marked in it.
_FRAMES = frozenset({"gmail_quote", "gmail_quote_container"})
# Outlook marks where the history begins and wraps nothing: everything after it is old.
_HISTORY_IDS = frozenset({"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"})
_HISTORY_WORDS = re.compile(r"\s*(?:From|Von|De|Da|Van|Od|Fra|Från)\s?:", re.IGNORECASE)
_PREFIX = re.compile(r"(?:x_){1,5}")  # Outlook renames what it passes on
_MARK = "> [...]"


def cut_history(root: Any) -> None:
    """Take history and signatures out of the tree; each quote leaves a line that begins with ">".

    That line tells the search in plain text that an attribution above it belongs to a quote, and that what
    follows is the author's own again.
    """
    waiting = list(reversed(root))
    while waiting:
        element = waiting.pop()
        if not isinstance(element.tag, str):
            continue
        if _begins_history(element):
            _drop_from(element)
            return
        if _is_quote(element):
            _replace(element)
        elif _is_signature(element):
            element.drop_tree()
        else:
            waiting.extend(reversed(element))


def _names(element: Any) -> frozenset[str]:
    words = [*(element.get("class") or "").lower().split()[:20], (element.get("id") or "").lower()]
    return frozenset(_PREFIX.sub("", word, count=1) if word.startswith("x_") else word for word in words)


def _is_quote(element: Any) -> bool:
    if element.tag == "blockquote" and (element.get("type") or "").lower() == "cite":
        return True
    found = _names(element) & _QUOTE_CLASSES
    if found and found <= _FRAMES and element.tag != "blockquote":
        return next(element.iterdescendants("blockquote"), None) is None
    return bool(found)


def _is_signature(element: Any) -> bool:
    if not _names(element) & _SIGNATURES:
        return False
    return not talks("\n".join(element.itertext()).split("\n"))


def _begins_history(element: Any) -> bool:
    if _names(element) & _HISTORY_IDS:
        return True
    style = (element.get("style") or "")[:2_000].lower().replace(" ", "")
    if "border-top:solid" not in style:
        return False
    # A border alone may frame a signature or a table.
    return bool(_HISTORY_WORDS.match("".join(element.itertext()).strip()))


def _replace(element: Any) -> None:
    for child in list(element):
        element.remove(child)
    element.attrib.clear()
    element.tag, element.text = "div", _MARK


def _drop_from(element: Any) -> None:
    """Remove the element and everything behind it in the order of the document."""
    current, parent = element, element.getparent()
    while parent is not None:
        for later in list(current.itersiblings()):
            parent.remove(later)
        current.tail = None
        current, parent = parent, parent.getparent()
    element.getparent().remove(element)
