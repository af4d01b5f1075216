"""Arguments against a tool's JSON Schema; a whole validator says the same."""

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_rpc.domain.tools import schema
from openclaw_rpc.protocol.errors import InvalidRequest

PATH = {
    "type": "object",
    "properties": {
        "path": {"type": "string", "minLength": 1, "maxLength": 5},
        "mode": {"enum": ["r", "w", 1]},
        "lines": {"type": "integer", "minimum": 1, "maximum": 9},
        "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 2},
        "deep": {"type": "object", "properties": {"on": {"type": ["boolean", "null"]}}, "required": ["on"]},
    },
    "required": ["path"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("params", "field", "reason"),
    [
        ({}, "path", "is missing"),
        ({"path": 1}, "path", "must be string, not integer"),
        ({"path": ""}, "path", "must have at least 1 characters"),
        ({"path": "123456"}, "path", "must have at most 5 characters"),
        ({"path": "a", "pat": 1}, "pat", "is unknown; there are: path, mode, lines, tags, deep"),
        ({"path": "a", "mode": True}, "mode", "must be one of r, w, 1"),
        ({"path": "a", "lines": 0}, "lines", "must be at least 1"),
        ({"path": "a", "lines": True}, "lines", "must be integer, not boolean"),
        ({"path": "a", "lines": 1.5}, "lines", "must be integer, not number"),
        ({"path": "a", "tags": ["a", 2]}, "tags[1]", "must be string, not integer"),
        ({"path": "a", "tags": ["a", "b", "c"]}, "tags", "must have at most 2 items"),
        ({"path": "a", "deep": {}}, "deep.on", "is missing"),
        ({"path": "a", "deep": {"on": 1}}, "deep.on", "must be boolean or null, not integer"),
    ],
)
def test_what_does_not_fit_is_named_with_the_reason(params: dict[str, Any], field: str, reason: str):
    with pytest.raises(InvalidRequest) as caught:
        schema.check("file_read", PATH, params)
    assert (caught.value.field, caught.value.reason) == (field, reason)
    assert caught.value.message == f"file_read: {field} {reason}"


@pytest.mark.parametrize(
    "params",
    [
        {"path": "a"},
        {"path": "a", "lines": 2.0, "mode": 1, "tags": [], "deep": {"on": None, "more": 1}},
    ],
)
def test_what_fits_passes(params: dict[str, Any]):
    schema.check("file_read", PATH, params)


@pytest.mark.parametrize("odd", [{}, {"type": "mystery"}, {"properties": {"a": True}}, {"$ref": "#/x"}, {"type": []}])
def test_what_it_does_not_know_it_lets_pass(odd: dict[str, Any]):
    schema.check("tool", odd, {"a": 1})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 12) | st.sampled_from([1.0, 2.5]) | st.text("ab", max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["path", "mode", "lines", "tags", "deep", "x"]), json_values, max_size=4))
def test_a_whole_validator_agrees(params: dict[str, Any]):
    fits = jsonschema.Draft202012Validator(PATH).is_valid(params)
    try:
        schema.check("tool", PATH, params)
    except InvalidRequest:
        assert not fits
    else:
        assert fits
