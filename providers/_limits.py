"""What both vendors' headers say of an account's limits."""

from __future__ import annotations

import re
from collections.abc import Mapping

_LIMITS = ("x-rate-limit", "ratelimit-limit", "x-ratelimit-total")
_LEFT = ("x-rate-limit-remaining", "ratelimit-remaining", "x-ratelimit-remaining")
_COST = "x-ratelimit-used-currentrequest"
_ENDPOINT = re.compile(r"total=(\d{1,9})\s*;\s*remaining=(\d{1,9})")
_NAMED = "zendesk-ratelimit-"


def per_minute(headers: Mapping[str, str]) -> int | None:
    """Calls a minute of the whole account."""
    return _number(headers, _LIMITS)


def remaining(headers: Mapping[str, str]) -> int | None:
    """Calls of this minute that nobody has made yet."""
    return _number(headers, _LEFT)


def cost(headers: Mapping[str, str]) -> int | None:
    """Credits that this call took."""
    return _number(headers, (_COST,))


def endpoint_limit(headers: Mapping[str, str]) -> int:
    """The limit in a header such as `zendesk-ratelimit-incremental-exports: total=10; remaining=9; resets=41`; or 0."""
    totals = [
        int(found[1])
        for name, value in headers.items()
        if name.lower().startswith(_NAMED) and (found := _ENDPOINT.search(value))
    ]
    return min(totals, default=0)


def _number(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    for name in names:
        given = headers.get(name, "")
        if given.isascii() and given.isdigit():
            return min(int(given), 1_000_000)
    return None
