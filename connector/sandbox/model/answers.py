"""What the scripted model answers, by mode, in the shape of OpenAI's chat completions.

Shape: https://platform.openai.com/docs/api-reference/chat/object
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.sandbox.model import misdeeds
from connector.sandbox.model.opinion import opinion
from connector.sandbox.model.reply import reply

MODEL = "handrail-scripted-1"
HUGE = 1_000_000
"""Characters in the answer of the mode "huge"."""
RETRY_AFTER_SECONDS = 120
"""The longest pause that the openai client would sleep through by itself."""

MODES = (
    *("good", "slow", "invent", "obey"),
    *("drip", "timeout", "429", "500", "reset"),
    *("truncated", "empty", "bad_json", "wrong_schema", "refusal", "content_filter", "huge"),
)
"""The first four answer in shape, the next five break the transport, the rest answer what nobody can use."""

_ERRORS = {
    "429": (429, "rate_limit_exceeded", "Rate limit reached on purpose."),
    "500": (500, "server_error", "The server had an error on purpose."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One HTTP answer as JSON."""

    status: int
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict)


def answer(mode: str, request: Mapping[str, Any], *, number: int, at: int) -> Answer:
    """The answer to a chat completion in that mode; 400 where the request is none."""
    if not isinstance(request.get("messages"), list) or not request["messages"]:
        return refused(400, "invalid_request_error", "'messages' must be a list with at least one message.")
    if request.get("stream"):
        return refused(400, "invalid_request_error", "This server does not stream; leave 'stream' out.")
    if mode in _ERRORS:
        status, kind, text = _ERRORS[mode]
        return refused(status, kind, text, {"Retry-After": str(RETRY_AFTER_SECONDS)} if status == 429 else {})
    message, reason = _message(mode, request)
    asked = sum(len(str(part.get("content", ""))) for part in request["messages"] if isinstance(part, Mapping))
    tokens_in, tokens_out = tokens(asked), tokens(len(str(message["content"] or message["refusal"] or "")))
    body = {
        "id": f"chatcmpl-scripted-{number}",
        "object": "chat.completion",
        "created": at,
        "model": str(request.get("model") or MODEL),
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": {"prompt_tokens": tokens_in, "completion_tokens": tokens_out, "total_tokens": tokens_in + tokens_out},
    }
    return Answer(status=200, body=body)


def refused(status: int, kind: str, text: str, headers: Mapping[str, str] | None = None) -> Answer:
    """An error in OpenAI's shape."""
    return Answer(
        status=status,
        body={"error": {"message": text, "type": kind, "param": None, "code": kind}},
        headers=headers or {},
    )


def tokens(characters: int) -> int:
    """A token is about four characters; at least one."""
    return max(1, characters // 4)


def _message(mode: str, request: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    content: str | None = None
    refusal: str | None = None
    reason = "stop"
    if mode == "refusal":
        refusal = "I'm sorry, I can't help with that request."
    elif mode == "content_filter":
        reason = "content_filter"
    elif mode == "empty":
        content = ""
    elif mode == "bad_json":
        content = 'Sure! Here is the reply you asked for: {"statements": [{"text": "Hello",}]'
    elif mode == "wrong_schema":
        content = json.dumps({"answer": "You can return everything.", "confidence": "high"})
    else:
        content = json.dumps(_value(mode, request), ensure_ascii=False)
        if mode == "truncated":
            content, reason = content[: len(content) * 2 // 3], "length"
    return {"role": "assistant", "content": content, "refusal": refusal}, reason


def _value(mode: str, request: Mapping[str, Any]) -> dict[str, Any]:
    name, schema = _wanted(request)
    if name == "probe":
        return {"ready": True}
    document = _document(request)
    if name == "opinion" or (name != "reply" and "intents" in document):
        writers = {"invent": misdeeds.invent_opinion, "obey": misdeeds.obey_opinion}
        value = writers.get(mode, opinion)(document)
    else:
        value = {"invent": misdeeds.invent, "obey": misdeeds.obey}.get(mode, reply)(document)
        if mode == "huge":
            value["statements"] = [{"text": ("So weit so gut. " * (HUGE // 16))[:HUGE], "sources": []}]
    return _fitted(value, schema)


def _wanted(request: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    form = request.get("response_format")
    wanted = form.get("json_schema") if isinstance(form, Mapping) else None
    if not isinstance(wanted, Mapping):
        return "", {}
    schema = wanted.get("schema")
    return str(wanted.get("name", "")), schema if isinstance(schema, Mapping) else {}


def _document(request: Mapping[str, Any]) -> Mapping[str, Any]:
    said = [part for part in request["messages"] if isinstance(part, Mapping) and part.get("role") == "user"]
    content = said[-1].get("content", "") if said else ""
    if isinstance(content, list):
        content = "".join(str(part.get("text", "")) for part in content if isinstance(part, Mapping))
    try:
        document = json.loads(str(content))
    except ValueError:
        document = None
    if isinstance(document, Mapping):
        return document
    return {"language": "en", "messages": [{"from": "customer", "text": str(content)}]}


def _fitted(value: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """The value as a server with strict schemas gives it: only the properties asked for, only enumerated words."""
    properties = schema.get("properties")
    if not isinstance(properties, Mapping):
        return value
    fitted = {name: part for name, part in value.items() if name in properties}
    alarms = _enumerated(properties.get("alarms"))
    if alarms is not None and "alarms" in fitted:
        fitted["alarms"] = [alarm for alarm in fitted["alarms"] if alarm in alarms]
    return fitted


def _enumerated(schema: Any) -> list[Any] | None:
    items = schema.get("items") if isinstance(schema, Mapping) else None
    words = items.get("enum") if isinstance(items, Mapping) else None
    return words if isinstance(words, list) else None
