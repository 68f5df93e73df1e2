"""Times and ids as the ledger stores them."""

from __future__ import annotations

import itertools
import secrets
from datetime import UTC, datetime, timedelta

from connector.identifiers import time_sorted_id

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_count = itertools.count(secrets.randbelow(1 << 24))


def micros(moment: datetime) -> int:
    """Microseconds since 1970; TypeError for a time without zone, which would be a guess."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(value: int) -> datetime:
    """The aware time of stored microseconds."""
    return _EPOCH + value * _MICROSECOND


def optional_micros(value: datetime | None) -> int | None:
    """The same where there may be no time."""
    return None if value is None else micros(value)


def optional_moment(value: int | None) -> datetime | None:
    """The same where there may be no time."""
    return None if value is None else moment(value)


def new_id(now: datetime) -> str:
    """An id that sorts by time and, within one process and microsecond, by the order of the calls."""
    return time_sorted_id(now, (next(_count) & 0xFFFFFFFF).to_bytes(4, "big") + secrets.token_bytes(6))
