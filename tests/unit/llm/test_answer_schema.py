"""The strict subset of JSON schema, looked at from both sides."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import ModelInvalid
from connector.llm.schema import check_schema, check_value

SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "maxLength": 5},
        "kind": {"type": "string", "enum": ["a", "b"], "description": "which"},
        "done": {"type": "boolean"},
        "count": {"type": "integer", "minimum": 0, "maximum": 9},
        "tags": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
    },
    "required": ["tags", "name", "kind", "done", "count"],
    "additionalProperties": False,
}
GOOD: dict[str, Any] = {"name": "Ann", "kind": "a", "done": False, "count": 3, "tags": ["x"]}


def test_what_fits_passes() -> None:
    check_schema(SCHEMA)
    check_value(GOOD, SCHEMA)


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": None}, "answer.name is not a text"),
        ({"name": "longer"}, "answer.name is too long"),
        ({"name": "a\x00"}, "answer.name holds a sign"),
        ({"name": "\udc00"}, "answer.name holds a sign"),
        ({"kind": "c"}, "answer.kind is none"),
        ({"kind": ["a"]}, "answer.kind is not a text"),
        ({"done": 0}, "answer.done is neither"),
        ({"done": "false"}, "answer.done is neither"),
        ({"count": True}, "answer.count is not a whole number"),
        ({"count": 3.0}, "answer.count is not a whole number"),
        ({"count": 10}, "answer.count is too small or too large"),
        ({"tags": []}, "answer.tags has too few or too many"),
        ({"tags": ["x", "y", "z"]}, "answer.tags has too few or too many"),
        ({"tags": "x"}, "answer.tags is not an array"),
        ({"tags": ["x", 1]}, r"answer.tags\[1\] is not a text"),
        ({"secret": 1}, "answer has a property"),
    ],
)
def test_what_does_not_fit_is_named_by_its_place(change: dict[str, Any], place: str) -> None:
    with pytest.raises(ModelInvalid, match=place) as caught:
        check_value(GOOD | change, SCHEMA)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("name", GOOD)
def test_nothing_may_be_missing(name: str) -> None:
    with pytest.raises(ModelInvalid, match=f"answer.{name} is missing"):
        check_value({key: value for key, value in GOOD.items() if key != name}, SCHEMA)


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"type": "number"},
        {"type": ["string", "null"]},
        {"type": "string", "pattern": "x"},
        {"type": "string", "enum": "ab"},
        {"type": "array"},
        {"type": "array", "items": {"type": "null"}},
        {"type": "object", "properties": {}, "required": []},
        {"type": "object", "properties": {}, "required": [], "additionalProperties": True},
        {"type": "object", "properties": {"a": {"type": "string"}}, "required": [], "additionalProperties": False},
        {"type": "object", "properties": {"a": 1}, "required": ["a"], "additionalProperties": False},
    ],
)
def test_a_schema_we_would_not_look_at_wholly_is_refused(schema: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="schema"):
        check_schema(schema)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from([*GOOD, "other"]), inner),
    max_leaves=12,
)


@given(JSON)
def test_any_value_fits_or_is_invalid(value: object) -> None:
    try:
        check_value(value, SCHEMA)
    except ModelInvalid:
        return
    assert isinstance(value, dict)
    assert set(value) == set(GOOD)
