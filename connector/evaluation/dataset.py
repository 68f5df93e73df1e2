"""Labelled tickets from a JSONL file; `data/README.md` says what the keys mean."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from connector.errors import ConfigurationError, HandrailError
from connector.model import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """One row, and the ticket that a helpdesk would give for it."""

    id: str
    row: Mapping[str, Any]
    ticket: Ticket


def read_rows(path: Path) -> tuple[Labelled, ...]:
    """Every row of the file. ConfigurationError names file, line and remedy; also where there is no row at all."""
    found: dict[str, Labelled] = {}
    for number, text in _lines(path):
        where = f"{path.name} line {number}"
        row = _object(text, where)
        if row["id"] in found:
            raise ConfigurationError(f"{where}: the id {row['id']!r} stands there twice: give every ticket its own.")
        found[row["id"]] = Labelled(id=row["id"], row=row, ticket=_ticket(row, where))
    if not found:
        raise ConfigurationError(f"{path.name} holds no tickets: write one JSON object a line.")
    return tuple(found.values())


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path.name} is not UTF-8 text (byte {error.start}): save it as UTF-8.") from error
    # Not splitlines(): a customer's text may hold other line breaks (U+2028), which JSON allows unescaped.
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line


def _object(text: str, where: str) -> Mapping[str, Any]:
    try:
        row = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{where}: this is not JSON ({error}): write one JSON object a line.") from error
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not row["id"]:
        raise ConfigurationError(f'{where}: this is no ticket: write an object with a text "id".')
    return row


def _ticket(row: Mapping[str, Any], where: str) -> Ticket:
    from connector.triage.dataset import ticket_from_row

    try:
        return ticket_from_row(row)
    except HandrailError as error:
        raise ConfigurationError(f"{where}: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ConfigurationError(
            f"{where}: a key is missing or of the wrong kind ({error}): see data/README.md."
        ) from (error)
