"""Single values of vendor payloads, read without trust: ids, times, text, lists."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from connector.errors import ProviderUnavailable

_IDENTIFIER = re.compile(r"[1-9][0-9]{0,18}")


def identifier(value: object) -> str | None:
    """A vendor's numeric id as text; None for anything else. Ids exceed 2^31 and come as number or text."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if 0 < value < 10**19 else ""
    if isinstance(value, str) and _IDENTIFIER.fullmatch(value):
        return value
    return None


def moment(value: object) -> datetime:
    """An ISO 8601 time in UTC; ValueError where it is none. A time without zone is UTC (both vendors say so)."""
    if not isinstance(value, str):
        raise ValueError("not a time")
    parsed = datetime.fromisoformat(value)
    try:
        return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)
    except OverflowError as error:  # the first or last hours of the calendar, in a zone that leads out of it
        raise ValueError("not a time") from error


def optional_moment(value: object) -> datetime | None:
    """The same, or None where there is no readable time."""
    try:
        return moment(value)
    except ValueError:
        return None


def text(value: object) -> str:
    """The value if it is text, else ""."""
    return value if isinstance(value, str) else ""


def rows(value: object) -> list[dict[str, Any]]:
    """The objects in a list; nothing where the vendor sends null in place of an empty list."""
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []


def words(value: object) -> tuple[str, ...]:
    """The texts in a list, or nothing."""
    return tuple(word for word in value if isinstance(word, str)) if isinstance(value, list) else ()


def identifiers(value: object) -> tuple[str, ...]:
    """The ids in a list, or nothing."""
    found: Iterable[str | None] = (identifier(item) for item in value) if isinstance(value, list) else ()
    return tuple(item for item in found if item)


def path_id(value: str) -> str:
    """An id that may stand in a URL; ProviderUnavailable never, ValueError where it is not digits."""
    if not _IDENTIFIER.fullmatch(value):
        raise ValueError("not an id")
    return value


def garbled(vendor: str, what: str) -> ProviderUnavailable:
    """The error for an answer of status 200 that does not say what it must."""
    return ProviderUnavailable(f"{vendor} answered something that is not a {what}")
