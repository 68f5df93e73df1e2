"""Marketplace packages as archives: the same files give the same bytes, on every machine and at any time."""

from __future__ import annotations

import io
import tomllib
import zipfile
from collections.abc import Mapping
from importlib.resources import files

from connector import starters
from connector.web.pages import freshdesk_page

# The earliest time that the format can hold; a file's own time would make each build differ.
EPOCH = (1980, 1, 1, 0, 0, 0)
_PLAIN_FILE = 0o100644 << 16
_UNIX = 3


def archive(content: Mapping[str, bytes]) -> bytes:
    """A zip of these files by path: sorted, with one time and one permission, stored and not deflated, because
    compression differs between releases of the library.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as packed:
        for name in sorted(content):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = _UNIX, _PLAIN_FILE
            packed.writestr(entry, content[name])
    return buffer.getvalue()


def sidebar_files() -> Mapping[str, bytes]:
    """The sidebar's scripts and styles by name, and `index.html`: its page for a package that a helpdesk serves."""
    folder = files("connector").joinpath("web", "static", "sidebar")
    found = {
        entry.name: entry.read_bytes()
        for entry in folder.iterdir()
        if entry.is_file() and entry.name.endswith((".js", ".css"))
    }
    words = tomllib.loads(starters.text("sidebar.toml"))
    page = freshdesk_page(words, styles=("styles/sidebar.css",), scripts=("scripts/freshdesk.js", "scripts/sidebar.js"))
    return found | {"index.html": page.encode()}
