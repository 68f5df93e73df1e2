"""The sidebar's page for a package that a helpdesk serves itself, so that nobody of ours answers for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Flask

PLATFORM_CLIENT = "{{{appclient}}}"
"""What Freshdesk replaces by the address of its client (freshdesk.md 5.2)."""


def freshdesk_page(words: Mapping[str, Mapping[str, Any]], *, styles: Sequence[str], scripts: Sequence[str]) -> str:
    """`app/index.html` of Freshdesk's package. `words` are those of `mappings/sidebar.toml` by language; the addresses
    are relative to the page, the adapter before `sidebar.js`.
    """
    page = Flask("connector.web", static_folder=None).jinja_env.get_template("sidebar/page.html")
    return page.render(
        vendor="freshdesk",
        words={language: words[language]["client"] for language in ("en", "de")},
        language="en",
        scheme="",
        styles=styles,
        scripts=[PLATFORM_CLIENT, *scripts],
        token="",
    )
