"""Drafts without free generation, and the checks that every draft must pass whoever wrote it [G2, G4].

Pure: templates, passages and look-up answers are arguments. `draft` fills the approved template of an
intent; `review` judges any finished draft; `to_html` makes the text fit to post.
"""

from __future__ import annotations

from connector.drafting.compose import draft
from connector.drafting.markup import to_html
from connector.drafting.review import CHECK_NAMES, review
from connector.drafting.templates import Template, Templates, Variant, parse_templates, wanted_lookups
from connector.drafting.wording import disclosure_line, without_disclosure

__all__ = [
    "CHECK_NAMES",
    "Template",
    "Templates",
    "Variant",
    "disclosure_line",
    "draft",
    "parse_templates",
    "review",
    "to_html",
    "wanted_lookups",
    "without_disclosure",
]
