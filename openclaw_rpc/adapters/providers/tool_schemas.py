"""A tool's JSON Schema as models are given it: the part of the language that servers turn into a grammar.

Servers that hold a model to a tool's schema (llama.cpp, vLLM, Ollama, LM Studio) refuse the whole request for a
keyword, a pattern or a long bound that their grammars can't say. What is left out here is checked where the tool is
used.
"""

from collections.abc import Mapping
from typing import Any, Final, cast

from openclaw_rpc.protocol.base import JsonObject

LONGEST: Final = 256
"""The longest length or number of items that is told: a grammar repeats its rule so often."""
DEEPEST: Final = 32
TYPES: Final = frozenset({"object", "array", "string", "number", "integer", "boolean", "null"})
PLAIN: Final = frozenset(
    {"description", "title", "default", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
)
LENGTHS: Final = frozenset({"minLength", "maxLength", "minItems", "maxItems"})
FORMATS: Final = frozenset({"date", "time", "date-time", "uuid"})
CHOICES: Final = frozenset({"anyOf", "oneOf", "allOf"})
MAPS: Final = frozenset({"properties", "$defs", "definitions"})


def for_models(parameters: JsonObject) -> JsonObject:
    """A tool's parameters as every server takes them: an object in any case."""
    told = _told(parameters, parameters, 0)
    return {**told, "type": "object", "properties": told.get("properties", {})}


def _told(schema: Any, root: JsonObject, depth: int) -> JsonObject:
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return {}
    rules = cast("Mapping[str, Any]", schema)
    told = {name: kept for name, value in rules.items() if (kept := _kept(name, value, root, depth)) is not None}
    required = rules.get("required")
    if isinstance(required, list):
        known = told.get("properties", {})
        told["required"] = [name for name in cast("list[Any]", required) if isinstance(name, str) and name in known]
    return told


def _kept(name: str, value: Any, root: JsonObject, depth: int) -> Any:
    """What is told of a keyword; None where it is left out."""
    if name in PLAIN:
        return value
    if name in LENGTHS:
        return value if isinstance(value, int) and value <= LONGEST else None
    if name in MAPS or name in CHOICES or name in ("items", "additionalProperties"):
        return _inner(name, value, root, depth + 1)
    match name:
        case "type":
            return _kinds(value)
        case "format":
            return value if isinstance(value, str) and value in FORMATS else None
        case "$ref":
            return value if _is_there(value, root) else None
        case _:
            return None


def _inner(name: str, value: Any, root: JsonObject, depth: int) -> Any:
    """A keyword that holds schemas."""
    if name in MAPS:
        if not isinstance(value, Mapping):
            return None
        members = cast("Mapping[str, Any]", value)
        return {key: _told(one, root, depth) for key, one in members.items() if one is not False}
    if name in CHOICES:
        found = cast("list[Any]", value) if isinstance(value, list) else []
        return [_told(one, root, depth) for one in found] or None
    return value if isinstance(value, bool) and name == "additionalProperties" else _told(value, root, depth)


def _kinds(value: Any) -> Any:
    """A type, or several of them, without those that JSON Schema does not know."""
    if isinstance(value, list):
        return [kind for kind in cast("list[Any]", value) if isinstance(kind, str) and kind in TYPES] or None
    return value if isinstance(value, str) and value in TYPES else None


def _is_there(reference: Any, root: JsonObject) -> bool:
    """Whether a reference leads to one of the schema's own definitions."""
    if not isinstance(reference, str) or not reference.startswith("#/"):
        return False
    top, _, name = reference.removeprefix("#/").partition("/")
    found: Any = root.get(top) if top in ("$defs", "definitions") else None
    return isinstance(found, Mapping) and name in found
