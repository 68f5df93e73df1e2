"""Reads the body of a chat completion: what came from outside is data until it has been looked at."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.errors import ModelInvalid, ModelRefused
from connector.llm.schema import check_value

_MOST_TOKENS = 10_000_000
_BYTES_PER_TOKEN = 3
"""For a server that does not count: rather too many tokens than too few, in English and in German."""
_LONGEST_NAME = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A completion as it came: whose, for how many tokens, and the document to read the answer from."""

    model: str
    tokens_in: int
    tokens_out: int
    document: Mapping[str, Any] = field(repr=False)


def read_reply(body: bytes, *, asked: str, asked_bytes: int) -> Reply:
    """The completion and what it counts for. ModelInvalid: no JSON object. `asked` is the model that was asked."""
    document = _document(body, "the server's answer")
    usage = document.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    name = document.get("model")
    named = isinstance(name, str) and 0 < len(name) <= _LONGEST_NAME and name.isascii() and name.isprintable()
    return Reply(
        model=str(name) if named else asked,
        tokens_in=_tokens(usage.get("prompt_tokens"), asked_bytes),
        tokens_out=_tokens(usage.get("completion_tokens"), len(body)),
        document=document,
    )


def read_value(reply: Reply, schema: Mapping[str, object]) -> Mapping[str, object]:
    """The answer that fits the schema. ModelRefused, ModelInvalid."""
    choices = reply.document.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise ModelInvalid("the server's answer holds no message")
    reason = choice.get("finish_reason")
    if message.get("refusal"):
        raise ModelRefused("the model declined to answer")
    if reason == "content_filter":
        raise ModelRefused("a content filter stopped the answer")
    if reason == "length":
        raise ModelInvalid("the answer is cut off at the most tokens allowed")
    content = message.get("content")
    if not isinstance(content, str) or not content.strip():
        raise ModelInvalid("the answer is empty")
    value = _document(content, "the answer")
    check_value(value, schema)
    return value


def _document(text: str | bytes, what: str) -> dict[str, Any]:
    invalid = ModelInvalid(f"{what} is no JSON object")
    try:
        value = json.loads(text, object_pairs_hook=_once)
    except (ValueError, RecursionError):  # too deep, or a number of thousands of digits
        value = None
    if not isinstance(value, dict):
        raise invalid
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names stand there once: of two values nobody could say which was checked and which is meant."""
    value = dict(pairs)
    if len(value) < len(pairs):
        raise ValueError("a name stands there twice")
    return value


def _tokens(stated: object, content_bytes: int) -> int:
    # Some servers state 0 for every answer; none is free, or a budget of cost would never be used up.
    if isinstance(stated, int) and not isinstance(stated, bool) and 0 < stated <= _MOST_TOKENS:
        return stated
    return content_bytes // _BYTES_PER_TOKEN
