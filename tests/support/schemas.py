"""What tests ask of the schemas that models are told."""

from typing import Any

from openclaw_rpc.adapters.providers.tool_schemas import CHOICES, FORMATS, LENGTHS, LONGEST, MAPS, PLAIN, TYPES


def assert_told(schema: Any) -> None:
    """It is a schema of the subset, down to its leaves."""
    assert isinstance(schema, dict)
    for name, value in schema.items():
        if name in LENGTHS:
            assert value <= LONGEST
        elif name == "type":
            assert set(value if isinstance(value, list) else [value]) <= TYPES
        elif name == "format":
            assert value in FORMATS
        elif name in MAPS:
            for one in value.values():
                assert_told(one)
        elif name in CHOICES:
            assert value
            for one in value:
                assert_told(one)
        elif name == "items" or (name == "additionalProperties" and not isinstance(value, bool)):
            assert_told(value)
        else:
            assert name in PLAIN | {"required", "$ref", "additionalProperties"}, name
