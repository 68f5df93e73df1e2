"""Help centres of two invented companies, kept as Markdown files: `<company>/<language>/<slug>.md`."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from markdown_it import MarkdownIt

COMPANIES = ("northwind", "lumenwerk")
LOCALES = {"en": "en-us", "de": "de"}
_FENCE = "---\n"


@cache
def articles(company: str) -> tuple[dict[str, Any], ...]:
    """All articles of a company, English first, each with the keywords that an account's `add_article` takes.

    Read and rendered on the first call. Raises ValueError for an unknown company or a malformed file.
    """
    if company not in COMPANIES:
        raise ValueError(f"Unknown company {company!r}.")
    renderer = MarkdownIt("commonmark", {"html": False}).enable("table")
    folder = files(__name__) / company
    return tuple(
        _article(file, renderer)
        for language in LOCALES
        for file in sorted((folder / language).iterdir(), key=lambda f: f.name)
        if file.name.endswith(".md")
    )


def changed_at(updated: str | None, now: datetime) -> datetime:
    """Midnight UTC of an ISO date, never after `now`; `now` without a date."""
    return now if updated is None else min(now, datetime.fromisoformat(updated).replace(tzinfo=UTC))


def _article(file: Traversable, renderer: MarkdownIt) -> dict[str, Any]:
    fields, text = _split(file.name, file.read_text(encoding="utf-8"))
    return {
        "title": fields["title"],
        "section": fields["section"],
        "locale": LOCALES[fields["language"]],
        "body": renderer.render(text).strip(),
        "draft": fields.get("draft") == "true",
        "internal": fields.get("internal") == "true",
        "updated": fields["updated"],
    }


def _split(name: str, text: str) -> tuple[dict[str, str], str]:
    """Front matter as words by name, and the Markdown below it."""
    before, fence, rest = text.partition(_FENCE)
    head, closing, body = rest.partition(_FENCE)
    if before or not fence or not closing:
        raise ValueError(f"{name} does not start with front matter.")
    pairs = (line.partition(":") for line in head.splitlines())
    return {key.strip(): value.strip() for key, _, value in pairs}, body.strip()
