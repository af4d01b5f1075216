"""Schemas of tools are told in the part of JSON Schema that servers' grammars take."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openclaw_rpc.adapters.providers.tool_schemas import CHOICES, LENGTHS, MAPS, PLAIN, for_models
from tests.support.schemas import assert_told

TEXTS = st.sampled_from(["a", "b", "string", "nonsense", "uri", "date", "^(?!a)b$", "#/$defs/a", "#/elsewhere"])
OTHERS = "type format pattern items additionalProperties required $ref not if propertyNames patternProperties nullable"
KEYWORDS = st.sampled_from([*sorted(PLAIN | LENGTHS | CHOICES | MAPS), *OTHERS.split(), "prefixItems", "$schema"])


def anything(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS | TEXTS, inner, max_size=5)


VALUES = st.recursive(st.none() | st.booleans() | st.integers(-3, 5000) | TEXTS, anything, max_leaves=30)


@given(st.dictionaries(KEYWORDS, VALUES, max_size=6))
def test_whatever_a_tool_says_servers_are_told_the_subset(schema: dict[str, Any]) -> None:
    told = for_models(schema)
    assert_told(told)
    assert told["type"] == "object"
    assert set(told.get("required", ())) <= set(told["properties"])


def test_what_grammars_can_say_is_told_as_it_is() -> None:
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {
            "name": {"type": "string", "minLength": 1, "maxLength": 100, "description": "A name."},
            "kind": {"enum": ["a", "b"], "default": "a"},
            "place": {"$ref": "#/$defs/Place"},
            "more": {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
        },
        "required": ["name"],
        "additionalProperties": False,
        "$defs": {"Place": {"type": "object", "properties": {"at": {"type": "integer", "minimum": 0}}}},
    }
    assert for_models(schema) == schema


def test_what_they_can_not_say_is_left_out() -> None:
    schema: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "properties": {
            "a": {"type": "string", "pattern": "^[^\\x00]+$", "maxLength": 100_000, "format": "uri"},
            "b": True,
            "c": False,
            "d": {"$ref": "https://example.org/schema"},
            "e": {"type": "file"},
        },
        "required": ["a", "c"],
    }
    assert for_models(schema) == {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {}, "d": {}, "e": {}},
        "required": ["a"],
    }
