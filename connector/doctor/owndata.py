"""What the team brings along: look-ups, articles, the encoder, and the words of `mappings/`."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from connector.doctor.findings import failed, passed, warned
from connector.errors import HandrailError
from connector.ports import Check

if TYPE_CHECKING:
    from connector.app import App

MOST_NAMED = 5
"""Rows and files that one check names; a wrong column would name them all."""


def own_data(app: App) -> Iterator[Check]:
    """Whether a worker can read the team's own look-ups and sources, and has the encoder that is asked for; without
    them none starts.
    """
    yield _readable("look-ups", "HANDRAIL_LOOKUPS", app.settings.lookups, lambda: app.lookup)
    yield _readable("sources", "HANDRAIL_SOURCES", app.settings.sources, lambda: app.folder)
    yield _encoder(app)


def use_of_own_data(app: App, name: str) -> Iterator[Check]:
    """What is readable and still of no effect; nothing is checked that is not set or lies behind an address."""
    from connector.knowledge import FolderKnowledge
    from connector.owndata import unknown_intents, useless_records

    lookups = app.settings.lookups.strip()
    if name == "look-ups" and lookups and "://" not in lookups:
        found = [f"{Path(lookups).name}, {sentence}" for sentence in useless_records(Path(lookups), app.templates)]
        yield _useful(
            "look-up rows", found, "Correct these rows: no reply can use them (docs/how-to/feed-the-drafts.md)."
        )
    if name == "sources" and isinstance(app.folder, FolderKnowledge) and app.folder.articles:
        found = list(unknown_intents(app.folder.articles, app.catalogue))
        known = ", ".join(sorted(app.catalogue.intents))
        yield _useful("article intents", found, f"Correct `intents:` in these files; the catalogue has {known}.")


def mappings(app: App) -> Check:
    """Whether intents, templates, reasons and prompts can be read: a support manager may change them."""
    try:
        intents, templates = app.catalogue.intents, app.templates.by_intent
        words, _ = app.words, app.prompts
    except (HandrailError, OSError, ValueError) as error:
        fix = "Correct the file in `mappings/`, or bring back the release's own; no worker starts before."
        return failed("mappings", str(error), fix)
    return passed("mappings", f"{len(intents)} intents, {len(templates)} templates, {len(words.sentences)} reasons")


def _useful(name: str, useless: list[str], fix: str) -> Check:
    if not useless:
        return passed(name, "all can be used")
    more = f" (and {len(useless) - MOST_NAMED} more)" if len(useless) > MOST_NAMED else ""
    return warned(name, "; ".join(useless[:MOST_NAMED]) + more, fix)


def _encoder(app: App) -> Check:
    try:
        opened = app.encoder
    except HandrailError as error:
        return failed("encoder", str(error), "install it, or unset HANDRAIL_ENCODER; no worker starts before")
    return passed("encoder", f"{opened.name} works" if opened else "none (HANDRAIL_ENCODER is not set)")


def _readable(name: str, variable: str, setting: str, read: Callable[[], object]) -> Check:
    if not setting.strip():
        return passed(name, f"none ({variable} is not set)")
    try:
        read()
    except (HandrailError, ValueError, csv.Error) as error:
        why = re.sub(r"\[Errno \d+\] ", "", str(error)).rstrip(".")
        found = f"{variable} cannot be used: {why}"
        return failed(name, found, f"correct the file or {variable}; no worker starts before")
    return passed(name, "readable")
