"""What of a failed draft may stand in a note or card: its words, without anything that leads or tells elsewhere."""

from __future__ import annotations

import re
from collections.abc import Collection

from connector.drafting.evidence import Evidence
from connector.drafting.grounding import foreign_values
from connector.drafting.hygiene import secrets
from connector.drafting.links import is_allowed, without_links
from connector.plaintext import visible_text

REMOVED = "[removed]"

_IMAGE = re.compile(r"!\s?\[[^\]\n]{0,200}\](?:\([^)\n]{0,2000}\)|\[[^\]\n]{0,200}\])?")
_TAG = re.compile(r"<\s?/?[a-z][a-z0-9]{0,20}(?:[\s/][^<>]{0,2000})?>|<!--.{0,2000}?-->", re.IGNORECASE | re.DOTALL)
# The lines by which a note says where a draft begins and ends.
_RULER = re.compile(r"-{4,}")


def shown(text: str, evidence: Evidence, link_hosts: Collection[str]) -> str:
    """The text without hidden characters, images, markup, links that nobody gave, secrets and foreign references."""
    text = visible_text(text)
    text = _IMAGE.sub("[image]", text)
    text = _TAG.sub(" ", text)
    text = _RULER.sub("–", text)
    # Also on our own hosts there are pages for one customer only: a link has to stand in what was given for this one.
    text = without_links(text, {link for link in evidence.proven_links if is_allowed(link, link_hosts)})
    for value in sorted({*secrets(text), *foreign_values(text, evidence)}, key=len, reverse=True):
        text = re.sub(re.escape(value), REMOVED, text, flags=re.IGNORECASE)
    return text
