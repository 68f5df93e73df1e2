"""Whether a model's answer fits the schema it was asked for: the strict subset of JSON schema that our prompts use.

Our own check, because a server may ignore the schema, enforce half of it, or be somebody else's.
Messages name places in our schema, never what stands there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from connector.errors import ModelInvalid

_KEYWORDS: Mapping[str, frozenset[str]] = {
    "object": frozenset({"properties", "required", "additionalProperties"}),
    "array": frozenset({"items", "minItems", "maxItems"}),
    "string": frozenset({"enum", "maxLength"}),
    "integer": frozenset({"minimum", "maximum"}),
    "boolean": frozenset(),
}
_REMARKS = frozenset({"type", "title", "description"})


def check_schema(schema: Mapping[str, object], at: str = "schema") -> None:
    """ValueError where the schema says something that `check_value` would not look at: a mistake in our own prompt."""
    kind = schema.get("type")
    if not isinstance(kind, str) or kind not in _KEYWORDS:
        raise ValueError(f"{at}: type must be one of {', '.join(sorted(_KEYWORDS))}")
    if unknown := sorted(set(schema) - _KEYWORDS[kind] - _REMARKS):
        raise ValueError(f"{at}: {unknown[0]} is not supported for {kind}")
    if kind == "array":
        check_schema(_mapping(schema.get("items"), f"{at}.items"), f"{at}[]")
    if kind == "object":
        properties = _mapping(schema.get("properties"), f"{at}.properties")
        if schema.get("additionalProperties") is not False:
            raise ValueError(f"{at}: additionalProperties must be false")
        if set(_sequence(schema.get("required"), f"{at}.required")) != set(properties):
            raise ValueError(f"{at}: every property must be required")
        for name, inner in properties.items():
            check_schema(_mapping(inner, f"{at}.{name}"), f"{at}.{name}")
    if "enum" in schema:
        _sequence(schema["enum"], f"{at}.enum")


def check_value(value: object, schema: Mapping[str, object], at: str = "answer") -> None:
    """ModelInvalid names the first place that does not fit."""
    _CHECKS[str(schema["type"])](value, schema, at)


def _object(value: object, schema: Mapping[str, object], at: str) -> None:
    if not isinstance(value, dict):
        raise ModelInvalid(f"{at} is not an object")
    properties = _mapping(schema["properties"], at)
    if missing := [name for name in properties if name not in value]:
        raise ModelInvalid(f"{at}.{missing[0]} is missing")
    if len(value) > len(properties):
        raise ModelInvalid(f"{at} has a property that was not asked for")
    for name, inner in properties.items():
        check_value(value[name], _mapping(inner, at), f"{at}.{name}")


def _array(value: object, schema: Mapping[str, object], at: str) -> None:
    if not isinstance(value, list):
        raise ModelInvalid(f"{at} is not an array")
    if not _within(len(value), schema.get("minItems"), schema.get("maxItems")):
        raise ModelInvalid(f"{at} has too few or too many items")
    items = _mapping(schema["items"], at)
    for index, item in enumerate(value):
        check_value(item, items, f"{at}[{index}]")


def _string(value: object, schema: Mapping[str, object], at: str) -> None:
    if not isinstance(value, str):
        raise ModelInvalid(f"{at} is not a text")
    if "enum" in schema and value not in _sequence(schema["enum"], at):
        raise ModelInvalid(f"{at} is none of the values allowed")
    if not _within(len(value), None, schema.get("maxLength")):
        raise ModelInvalid(f"{at} is too long")
    # JSON can spell half of a character and a NUL; no helpdesk and no database can keep them.
    if "\x00" in value or any("\ud800" <= sign <= "\udfff" for sign in value):
        raise ModelInvalid(f"{at} holds a sign that is no text")


def _integer(value: object, schema: Mapping[str, object], at: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ModelInvalid(f"{at} is not a whole number")
    if not _within(value, schema.get("minimum"), schema.get("maximum")):
        raise ModelInvalid(f"{at} is too small or too large")


def _boolean(value: object, _schema: Mapping[str, object], at: str) -> None:
    if not isinstance(value, bool):
        raise ModelInvalid(f"{at} is neither true nor false")


_CHECKS: Mapping[str, Callable[[object, Mapping[str, object], str], None]] = {
    "object": _object,
    "array": _array,
    "string": _string,
    "integer": _integer,
    "boolean": _boolean,
}


def _within(number: int, least: object, most: object) -> bool:
    return (not isinstance(least, int) or least <= number) and (not isinstance(most, int) or number <= most)


def _mapping(value: object, at: str) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise ValueError(f"{at} must be an object")
    return value


def _sequence(value: object, at: str) -> Sequence[object]:
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise ValueError(f"{at} must be a list")
    return value
