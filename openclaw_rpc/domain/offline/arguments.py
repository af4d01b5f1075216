"""A typed command's words as a tool's arguments, by the tool's JSON Schema."""

import contextlib
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from openclaw_rpc.domain.tools import schema
from openclaw_rpc.domain.tools.ports import ToolSpec
from openclaw_rpc.protocol.base import JsonObject
from openclaw_rpc.protocol.errors import InvalidRequest


def arguments_of(spec: ToolSpec, words: str) -> JsonObject:
    """The arguments that ``words`` mean: JSON, ``key=value`` pairs, or a text for the only parameter needed.

    Raises:
        InvalidRequest: they mean none of these, or do not fit.
    """
    properties = cast("Mapping[str, JsonObject]", spec.parameters.get("properties") or {})
    needed = cast("Sequence[str]", spec.parameters.get("required") or list(properties))
    plain = len(needed) == 1 and properties.get(needed[0], {}).get("type") == "string"
    try:
        if words.startswith("{"):
            found = msgspec.json.decode(words, type=dict[str, Any])
        elif words and plain and not ("=" in words and words.partition("=")[0] in properties):
            found = {needed[0]: words}
        else:
            found = _pairs(shlex.split(words), properties)
    except (ValueError, RecursionError) as error:
        raise InvalidRequest(f"{spec.name}: {error}") from None
    schema.check(spec.name, spec.parameters, found)
    return found


def _pairs(parts: Sequence[str], properties: Mapping[str, JsonObject]) -> JsonObject:
    found: JsonObject = {}
    last: str | None = None
    for part in parts:
        key, equals, value = part.partition("=")
        if equals and key in properties:
            found[key], last = value, key
        elif last is not None and not (equals and key.isidentifier()):
            found[last] += f" {part}"  # a value with spaces that was not quoted
        else:
            raise ValueError(f"there is no parameter {key!r}")
    return {key: _typed(properties[key].get("type", "string"), value) for key, value in found.items()}


def _typed(kind: Any, value: str) -> Any:
    """A value as its type wants it; where that can't be, the text, which the schema then refuses."""
    if kind != "string":
        with contextlib.suppress(msgspec.DecodeError, RecursionError):
            return msgspec.json.decode(value)
    return value.split(",") if kind == "array" else value
