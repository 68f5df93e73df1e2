"""Drafts without free generation, and the checks that every draft must pass whoever wrote it [G2, G4].

Pure: templates, passages and look-up answers are arguments. `draft` fills the approved template of an
intent; `finish` judges any draft and leaves of it what may be shown; `to_html` makes the text fit to post.
"""

from __future__ import annotations

from connector.drafting.compose import EmbeddedDrafter, draft
from connector.drafting.finish import finish
from connector.drafting.markup import to_html
from connector.drafting.review import CHECK_NAMES, review
from connector.drafting.templates import Template, Templates, Variant, parse_templates, wanted_lookups
from connector.drafting.wording import disclosure_line, without_disclosure

__all__ = [
    "CHECK_NAMES",
    "EmbeddedDrafter",
    "Template",
    "Templates",
    "Variant",
    "disclosure_line",
    "draft",
    "finish",
    "parse_templates",
    "review",
    "to_html",
    "wanted_lookups",
    "without_disclosure",
]
