"""JSON from strangers, bounded before anybody uses it.

A deep nest crashes recursive code, an integer past 2^63 or a lone surrogate fails later, at the database write;
all of them are refused here (reliability is measured against exactly these bodies).
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from connector.errors import WebhookRejected

MAX_BODY_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_INTEGER = 1 << 53

Json = dict[str, Any]

_SURROGATE = re.compile("[\ud800-\udfff]")


def bounded_json(body: bytes, *, strict: bool = True) -> Json:
    """The object in `body`. WebhookRejected 413 when it is too long, 400 when it is no bounded JSON object.

    `strict=False` lets raw control characters stand inside strings, as hand-written webhook templates do.
    """
    if len(body) > MAX_BODY_BYTES:
        raise WebhookRejected("the body is larger than 1 MiB", status=413)
    try:
        value = json.loads(body.decode("utf-8"), strict=strict, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise WebhookRejected("the body is not JSON", status=400) from error
    if not isinstance(value, dict):
        raise WebhookRejected("the body is not a JSON object", status=400)
    fault = _fault(value)
    if fault:
        raise WebhookRejected(f"the body holds {fault}", status=400)
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _fault(value: object) -> str:
    """What is out of bounds in `value`, or "". Walks a list of its own, so depth cannot hurt it."""
    waiting: list[tuple[object, int]] = [(value, 1)]
    while waiting:
        item, depth = waiting.pop()
        if isinstance(item, dict | list) and depth > MAX_DEPTH:
            return "too many nested levels"
        if isinstance(item, dict):
            waiting.extend((part, depth + 1) for part in item)
            waiting.extend((part, depth + 1) for part in item.values())
        elif isinstance(item, list):
            waiting.extend((part, depth + 1) for part in item)
        elif fault := _scalar_fault(item):
            return fault
    return ""


def _scalar_fault(item: object) -> str:
    if isinstance(item, str):
        return "text that is not Unicode" if _SURROGATE.search(item) else ""
    if isinstance(item, int):
        return "" if -MAX_INTEGER < item < MAX_INTEGER else "an integer out of range"
    if isinstance(item, float):
        return "" if math.isfinite(item) else "a number out of range"
    return ""
