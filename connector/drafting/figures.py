"""What a past reply may prove: what holds in general, never a figure that may be one customer's. Pure."""

from __future__ import annotations

import re
from dataclasses import replace

from connector.drafting.attribution import REFERENCE
from connector.drafting.commitments import find_admission, find_deed, find_promise
from connector.drafting.links import find_emails, find_links
from connector.drafting.sentences import sentences
from connector.drafting.values import dates, values
from connector.model import Source

_NUMBERING = re.compile(r"^\s*\d{1,2}[.)]\s+")
_FIGURE = re.compile(r"[\d@€$£%]|://|www\.", re.IGNORECASE)


def is_figure_free(sentence: str) -> bool:
    """Whether no number, amount, date, weekday, reference, link, address, promise or deed stands in the sentence."""
    text = _NUMBERING.sub("", sentence)
    if _FIGURE.search(text) or REFERENCE.search(text) or dates(text) or find_links(text) or find_emails(text):
        return False
    if any(not value.startswith("menu ") for value in values(text)):
        return False
    return not (find_promise(text) or find_deed(text) or find_admission(text))


def proving(source: Source) -> Source:
    """The source as far as it may prove anything: of a past reply no title, no link, and no sentence with a figure."""
    if not source.past:
        return source
    kept = (" ".join(filter(is_figure_free, sentences(line))) for line in source.text.splitlines())
    return replace(source, title="", url="", text="\n".join(line for line in kept if line))
