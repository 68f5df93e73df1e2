"""Cursor and offset paging, as Zendesk does both (reference 2.1)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any, TypeVar
from urllib.parse import urlencode

from flask import request

from connector.sandbox.store import ApiError
from connector.sandbox.zendesk import errors

T = TypeVar("T")
MAX_OFFSET_PAGE = 100


def page_of(
    key: str, items: Sequence[T], shape: Callable[[T], Any], identity: Callable[[T], int], *, default: int = 100
) -> dict[str, Any]:
    """One page of `items` under `key`: cursor style when `page[...]` was asked for, else offset style."""
    if any(name.startswith("page[") for name in request.args):
        return _cursor_page(key, items, shape, identity, default)
    return _offset_page(key, items, shape, default)


def address(**changes: Any) -> str:
    """The present address with other query values."""
    merged = {**request.args.to_dict(), **{k: v for k, v in changes.items() if v is not None}}
    path = request.environ.get("sandbox.path", request.path)
    return f"{request.host_url.rstrip('/')}{path}?{urlencode(merged)}"


def whole(name: str, default: int, low: int, high: int) -> int:
    """A whole number of the query, cut to the allowed range; 400 when it is none."""
    text = request.args.get(name)
    if text is None or text == "":
        return default
    if not text.lstrip("-").isdigit():
        raise errors.malformed(f"Invalid parameter: {name} must be an integer")
    return max(low, min(high, int(text)))


def _cursor_page(
    key: str, items: Sequence[T], shape: Callable[[T], Any], identity: Callable[[T], int], default: int
) -> dict[str, Any]:
    size = whole("page[size]", default, 1, 100)
    after, before = request.args.get("page[after]"), request.args.get("page[before]")
    start = 0
    if after:
        start = _position(items, identity, read_cursor(after)) + 1
    elif before:
        start = max(0, _position(items, identity, read_cursor(before)) - size)
    chosen = items[start : start + size]
    more = start + size < len(items)
    last = make_cursor(identity(chosen[-1])) if chosen else None
    first = make_cursor(identity(chosen[0])) if chosen else None
    return {
        key: [shape(item) for item in chosen],
        "meta": {"has_more": more, "after_cursor": last, "before_cursor": first},
        "links": {
            "next": _cursor_address(size, "page[after]", last) if more else None,
            "prev": _cursor_address(size, "page[before]", first) if start > 0 else None,
        },
    }


def _cursor_address(size: int, name: str, cursor: str | None) -> str:
    kept = {k: v for k, v in request.args.items() if k not in ("page[after]", "page[before]", "page[size]")}
    path = request.environ.get("sandbox.path", request.path)
    query = urlencode({**kept, "page[size]": size, name: cursor})
    return f"{request.host_url.rstrip('/')}{path}?{query}"


def make_cursor(identity: int) -> str:
    """An opaque cursor behind the item with this identity."""
    return base64.urlsafe_b64encode(f"v1:{identity}".encode()).decode()


def read_cursor(text: str) -> int:
    """The identity inside a cursor; 400 when it is none of ours."""
    try:
        version, _, identity = base64.urlsafe_b64decode(text.encode()).decode().partition(":")
        if version == "v1":
            return int(identity)
    except (ValueError, binascii.Error):
        pass
    raise ApiError(400, {"errors": [{"code": "InvalidPaginationCursor", "title": "Invalid cursor"}]})


def _position(items: Sequence[T], identity: Callable[[T], int], wanted: int) -> int:
    return next((n for n, item in enumerate(items) if identity(item) == wanted), len(items))


def _offset_page(key: str, items: Sequence[T], shape: Callable[[T], Any], default: int) -> dict[str, Any]:
    page, size = whole("page", 1, 1, 10**9), whole("per_page", default, 1, 100)
    if page > MAX_OFFSET_PAGE:
        detail = "Number of records exceeds the offset pagination limit; use cursor pagination"
        raise ApiError(
            400, {"errors": [{"code": "InvalidPaginationDepth", "title": "Invalid pagination", "detail": detail}]}
        )
    start = (page - 1) * size
    more = start + size < len(items)
    return {
        key: [shape(item) for item in items[start : start + size]],
        "count": len(items),
        "next_page": address(page=page + 1) if more else None,
        "previous_page": address(page=page - 1) if page > 1 else None,
    }
