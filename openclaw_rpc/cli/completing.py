"""What a shell completes: keys of `gateway.yaml`, and names that the gateway knows."""

from collections.abc import Iterator
from typing import Any, cast

import click


def complete_key(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    """The dotted paths that begin so, one step further than what is written."""
    from openclaw_rpc.config.schema import settings_schema

    schema = settings_schema()
    outer, dot, last = incomplete.rpartition(".")
    at: dict[str, Any] = _resolved(schema, schema)
    for name in outer.split(".") if dot else []:
        values: Any = at.get("additionalProperties")
        inner: Any = at.get("properties", {}).get(name, values)
        at = _resolved(schema, cast("dict[str, Any]", inner) if isinstance(inner, dict) else {})
    return [f"{outer}{dot}{name}" for name in at.get("properties", {}) if name.startswith(last)]


def _resolved(schema: dict[str, Any], part: dict[str, Any]) -> dict[str, Any]:
    """A part of a JSON Schema as the object that it describes, references followed; empty where it is none."""
    for one in _alternatives(schema, part):
        if "properties" in one or isinstance(one.get("additionalProperties"), dict):
            return one
    return {}


def _alternatives(schema: dict[str, Any], part: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "$ref" in part:
        found: Any = schema
        for step in str(part["$ref"]).removeprefix("#/").split("/"):
            found = found[step]
        yield from _alternatives(schema, cast("dict[str, Any]", found))
        return
    yield part
    for key in ("anyOf", "oneOf", "allOf"):
        for one in part.get(key, ()):
            yield from _alternatives(schema, one)
